use std::collections::HashMap;

use foldhash::fast::FixedState;

use super::Patterns;

/// Finds the rules that take an event by its type.
#[derive(Debug, Default)]
pub(crate) struct Dispatch {
    /// Rules by the exact event types they name.
    exact: HashMap<String, Vec<usize>, FixedState>,
    /// The other rules: those with a prefix or `*`.
    other: Vec<(usize, Patterns)>,
}

impl Dispatch {
    /// Files rules, each given with its number, in ascending order.
    pub(super) fn new<'r>(rules: impl Iterator<Item = (usize, &'r Patterns)>) -> Dispatch {
        let mut dispatch = Dispatch::default();
        for (index, on) in rules {
            match on.exact() {
                Some(kinds) => kinds.for_each(|kind| {
                    let rules = dispatch.exact.entry(kind.to_owned()).or_default();
                    rules.push(index);
                }),
                None => dispatch.other.push((index, on.clone())),
            }
        }
        dispatch
    }

    /// The rules that take events of this type, in order.
    pub(crate) fn matching(&self, kind: Option<&str>) -> impl Iterator<Item = usize> {
        let exact = kind
            .and_then(|kind| self.exact.get(kind))
            .map_or(&[][..], Vec::as_slice);
        let mut exact = exact.iter().copied().peekable();
        let mut other = self
            .other
            .iter()
            .filter(move |(_, on)| on.matches(kind))
            .map(|(index, _)| *index)
            .peekable();
        std::iter::from_fn(move || match (exact.peek(), other.peek()) {
            (Some(a), Some(b)) if a < b => exact.next(),
            (_, Some(_)) => other.next(),
            (_, None) => exact.next(),
        })
    }
}
