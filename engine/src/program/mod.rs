//! The compiled form of all rules.

mod aggregate;
mod dispatch;
mod falling;
mod list;
mod node;
mod rule;
mod sharing;
mod template;

pub use aggregate::AggregateRule;
pub(crate) use dispatch::Dispatch;
pub(crate) use falling::stays_untrue;
pub(crate) use list::{Members, Network, Networks, Parsed};
pub(crate) use node::{Constant, ItemList, Node, Operator, Step, Test};
pub use rule::AlertRule;
pub(crate) use rule::{Evidence, Grouping, Kind, Observed, Patterns, canonical_number, scalar};
pub(crate) use sharing::Sharing;
pub(crate) use template::{Part, Template};

use crate::event::{Envelope, Event, Projection, Rejection, Slots, Source, Times, text_of};
use crate::ids;
use crate::index::Index;
use crate::route::Routes;
use crate::row::RowKey;
use crate::silence::Silence;
use crate::store::StateKey;
use crate::time::Time;

/// All rules, compiled: what decodes events, plans and applies them.
#[derive(Debug)]
pub struct Program {
    pub(crate) envelope: Envelope,
    pub(crate) projection: Projection,
    /// Sorted by name.
    pub(crate) alerts: Vec<AlertRule>,
    /// The distinct `by` clauses.
    pub(crate) groupings: Vec<Grouping>,
    /// Sorted by name.
    pub(crate) aggregates: Vec<AggregateRule>,
    /// Finds the alerts per event that an event may fire.
    pub(crate) index: Index,
    /// Finds the alerts per key that take an event.
    pub(crate) alert_dispatch: Dispatch,
    pub(crate) aggregate_dispatch: Dispatch,
    pub(crate) silences: Vec<Silence>,
    pub(crate) routes: Routes,
    fingerprint: [u8; 16],
}

impl Program {
    pub(crate) fn new(
        envelope: Envelope,
        projection: Projection,
        alerts: Vec<AlertRule>,
        aggregates: Vec<AggregateRule>,
        groupings: Vec<Grouping>,
    ) -> Program {
        let fields: Vec<&[u8]> = alerts
            .iter()
            .map(|alert| alert.fingerprint.as_slice())
            .collect();
        let fingerprint = ids::hash(&fields);
        let (per_event, per_key): (Vec<_>, Vec<_>) = alerts
            .iter()
            .enumerate()
            .partition(|(_, rule)| rule.is_per_event());
        let per_event = per_event.into_iter();
        let per_key = per_key.into_iter();
        Program {
            envelope,
            projection,
            index: Index::new(per_event.map(|(alert, rule)| (alert, &rule.on, &rule.when))),
            alert_dispatch: Dispatch::new(per_key.map(|(alert, rule)| (alert, &rule.on))),
            aggregate_dispatch: Dispatch::new(aggregates.iter().map(|rule| &rule.on).enumerate()),
            alerts,
            aggregates,
            groupings,
            silences: Vec::new(),
            routes: Routes::default(),
            fingerprint,
        }
    }

    /// The alert rules, sorted by name.
    pub fn alerts(&self) -> impl ExactSizeIterator<Item = &AlertRule> {
        self.alerts.iter()
    }

    /// The aggregate rules, sorted by name.
    pub fn aggregates(&self) -> impl ExactSizeIterator<Item = &AggregateRule> {
        self.aggregates.iter()
    }

    /// The alert rule that a state belongs to.
    pub fn alert(&self, key: &StateKey) -> Option<&AlertRule> {
        self.alerts.get(key.alert as usize)
    }

    /// The aggregate rule that a row belongs to.
    pub fn aggregate(&self, key: &RowKey) -> Option<&AggregateRule> {
        self.aggregates.get(key.aggregate as usize)
    }

    /// Files the alerts anew after a change of their conditions.
    pub(crate) fn reindex(&mut self) {
        let rules = self.alerts.iter().enumerate();
        let per_event = rules.filter(|(_, rule)| rule.is_per_event());
        self.index = Index::new(per_event.map(|(alert, rule)| (alert, &rule.on, &rule.when)));
    }

    /// Without its alert rules: for who keeps aggregates only.
    pub fn without_alerts(self) -> Program {
        Program {
            alerts: Vec::new(),
            index: Index::new(std::iter::empty()),
            alert_dispatch: Dispatch::new(std::iter::empty()),
            ..self
        }
    }

    /// Without its aggregate rules: for who evaluates alerts only.
    pub fn without_aggregates(self) -> Program {
        Program {
            aggregates: Vec::new(),
            aggregate_dispatch: Dispatch::new(std::iter::empty()),
            ..self
        }
    }

    /// Whether there is a silence for some keys of an alert.
    pub(crate) fn may_silence(&self, rule: &AlertRule) -> bool {
        let mut silences = self.silences.iter();
        silences.any(|one| one.alerts.matches(&rule.name, rule.severity, &rule.labels))
    }

    /// Where the messages of alerts go.
    pub fn routes(&self) -> &Routes {
        &self.routes
    }

    /// Names the state that this program's rules own.
    pub fn fingerprint(&self) -> [u8; 16] {
        self.fingerprint
    }

    /// Decodes the bytes of one JSON object into an event; reads only the fields that rules name.
    ///
    /// Rejects, with the reason, what is not an object of at most [`crate::MAX_EVENT_BYTES`] and
    /// [`crate::MAX_EVENT_NESTING`] levels, or has neither a usable time nor an arrival.
    pub fn decode<'a>(
        &self,
        bytes: &'a [u8],
        source: Source<&'a str>,
    ) -> Result<Event<'a>, Rejection> {
        self.decode_at(bytes, None, source)
    }

    /// As [`Program::decode`], of an event that arrived at this time, unless the rules say that it holds its arrival itself.
    pub fn decode_at<'a>(
        &self,
        bytes: &'a [u8],
        arrival: Option<Time>,
        source: Source<&'a str>,
    ) -> Result<Event<'a>, Rejection> {
        let mut slots = Slots::default();
        let times = self.read(text_of(bytes)?, arrival, &mut slots)?;
        Ok(self.envelope.event(times, &mut slots, Vec::new(), source))
    }

    /// Reads the values of an event into `slots`.
    pub(crate) fn read<'a>(
        &self,
        text: &'a str,
        arrival: Option<Time>,
        slots: &mut Slots<'a>,
    ) -> Result<Times, Rejection> {
        self.envelope.read(&self.projection, text, arrival, slots)
    }
}
