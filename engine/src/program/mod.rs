//! The compiled form of all rules.

mod node;
mod rule;
mod template;

use std::collections::HashMap;

pub(crate) use node::{Constant, Node, Operator, Step, Test};
pub use rule::AlertRule;
pub(crate) use rule::{Evidence, Grouping, Kind, Observed, Patterns, scalar};
pub(crate) use template::{Part, Template};

use crate::event::{Envelope, Event, Projection, Rejection, Source};
use crate::ids;
use crate::store::StateKey;

/// All rules, compiled: what decodes events, plans and applies them.
#[derive(Debug)]
pub struct Program {
    pub(crate) envelope: Envelope,
    pub(crate) projection: Projection,
    /// Sorted by name.
    pub(crate) alerts: Vec<AlertRule>,
    /// The distinct `by` clauses.
    pub(crate) groupings: Vec<Grouping>,
    /// Alerts by the exact event types they name.
    exact: HashMap<String, Vec<usize>>,
    /// The other alerts: those with a prefix or `*`.
    other: Vec<usize>,
    fingerprint: [u8; 16],
}

impl Program {
    pub(crate) fn new(
        envelope: Envelope,
        projection: Projection,
        alerts: Vec<AlertRule>,
        groupings: Vec<Grouping>,
    ) -> Program {
        let mut exact: HashMap<String, Vec<usize>> = HashMap::new();
        let mut other = Vec::new();
        for (index, alert) in alerts.iter().enumerate() {
            match alert.on.exact() {
                Some(kinds) => {
                    kinds.for_each(|kind| exact.entry(kind.to_owned()).or_default().push(index))
                }
                None => other.push(index),
            }
        }
        let fields: Vec<&[u8]> = alerts
            .iter()
            .map(|alert| alert.fingerprint.as_slice())
            .collect();
        let fingerprint = ids::hash(&fields);
        Program {
            envelope,
            projection,
            alerts,
            groupings,
            exact,
            other,
            fingerprint,
        }
    }

    /// The alert rules, sorted by name.
    pub fn alerts(&self) -> impl ExactSizeIterator<Item = &AlertRule> {
        self.alerts.iter()
    }

    /// The alert rule that a state belongs to.
    pub fn alert(&self, key: &StateKey) -> Option<&AlertRule> {
        self.alerts.get(key.alert as usize)
    }

    /// Names the state that this program's rules own.
    pub fn fingerprint(&self) -> [u8; 16] {
        self.fingerprint
    }

    /// Decodes the bytes of one JSON object into an event; reads only the fields that rules name.
    ///
    /// Rejects, with the reason, what is not an object of at most [`crate::MAX_EVENT_BYTES`] and
    /// [`crate::MAX_EVENT_NESTING`] levels, or has neither a usable time nor an arrival.
    pub fn decode<'a>(&self, bytes: &'a [u8], source: Source) -> Result<Event<'a>, Rejection> {
        self.envelope.decode(&self.projection, bytes, source)
    }

    /// The alerts that take events of this type, in the order of their names.
    pub(crate) fn matching(&self, kind: Option<&str>) -> impl Iterator<Item = usize> {
        let exact = kind
            .and_then(|kind| self.exact.get(kind))
            .map_or(&[][..], Vec::as_slice);
        let mut exact = exact.iter().copied().peekable();
        let mut other = self
            .other
            .iter()
            .copied()
            .filter(move |&index| self.alerts[index].on.matches(kind))
            .peekable();
        std::iter::from_fn(move || match (exact.peek(), other.peek()) {
            (Some(a), Some(b)) if a < b => exact.next(),
            (_, Some(_)) => other.next(),
            (_, None) => exact.next(),
        })
    }
}
