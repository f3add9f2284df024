//! Planning: which states a batch of events touches, before any of them is loaded.

use std::collections::HashMap;
use std::hash::Hash;
use std::sync::{Arc, PoisonError};

use crate::apply::Advance;
use crate::eval::Scope;
use crate::event::{Datum, Event};
use crate::index::Scratch;
use crate::program::{Kind, Program};
use crate::row::RowKey;
use crate::store::{Input, StateKey};
use crate::time::Time;

/// A batch of events with what each of them touches.
#[derive(Debug)]
pub struct Plan<'a> {
    pub(crate) events: Vec<Planned<'a>>,
    pub(crate) keys: Vec<StateKey>,
    rows: Vec<RowKey>,
    /// Whether the alerts without `by` are to be born with the first event.
    pub(crate) births: bool,
    progress: Option<Time>,
}

#[derive(Debug)]
pub(crate) struct Planned<'a> {
    pub(crate) event: Event<'a>,
    /// In the order of the alerts' names.
    pub(crate) touches: Vec<Touch>,
    /// The aggregate rows it belongs to: indices into the plan's rows.
    pub(crate) rows: Vec<usize>,
}

/// What an event does to one alert.
#[derive(Debug)]
pub(crate) enum Touch {
    /// It fires a per-event alert.
    Fire { alert: usize, key: Option<Arc<str>> },
    /// It concerns the state of a key: an index into the plan's keys.
    Group { key: usize },
}

impl Plan<'_> {
    /// The states that the events touch, none twice.
    pub fn keys(&self) -> &[StateKey] {
        &self.keys
    }

    /// The aggregate rows that the events belong to, none twice.
    pub fn rows(&self) -> &[RowKey] {
        &self.rows
    }

    /// How far timers are to run: those that are due before it must be loaded, too.
    pub fn progress(&self, advance: Advance) -> Option<Time> {
        self.progress.max(advance.until())
    }
}

impl Program {
    /// Finds out what a batch of events touches; decides per-event alerts, which need no state.
    pub fn plan<'a>(&self, events: Vec<Event<'a>>, input: &Input) -> Plan<'a> {
        let mut keys = Interned::default();
        let mut rows = Interned::default();
        let births = !events.is_empty() && input.program != Some(self.fingerprint());
        if births {
            for (alert, rule) in self.alerts.iter().enumerate() {
                if rule.kind == Kind::PerKey && self.groupings[rule.grouping].is_global() {
                    keys.intern(StateKey {
                        alert: alert as u32,
                        key: Arc::from("[]"),
                    });
                }
            }
        }
        let mut progress = input.progress;
        let mut groups: Vec<Option<Option<Arc<str>>>> = Vec::new();
        // What another thread may learn meanwhile is lost; it is no more than a matter of speed.
        let learnt = || self.scratch.lock().unwrap_or_else(PoisonError::into_inner);
        let mut scratch = std::mem::take(&mut *learnt());
        let events = events
            .into_iter()
            .map(|event| {
                progress = progress.max(Some(event.arrival));
                groups.clear();
                groups.resize(self.groupings.len(), None);
                let touches = self.touches(&event, &mut scratch, &mut groups, &mut keys);
                let rows = self.rows(&event, &mut groups, &mut rows);
                Planned {
                    event,
                    touches,
                    rows,
                }
            })
            .collect();
        *learnt() = scratch;
        Plan {
            events,
            keys: keys.list,
            rows: rows.list,
            births,
            progress,
        }
    }

    fn touches(
        &self,
        event: &Event<'_>,
        scratch: &mut Scratch,
        groups: &mut [Option<Option<Arc<str>>>],
        keys: &mut Interned<StateKey>,
    ) -> Vec<Touch> {
        let mut touches = Vec::new();
        let kind = event.kind.as_deref();
        self.index.candidates(kind, &event.slots, scratch);
        let scope = Scope::of_event(event);
        scratch.retain(|alert| scope.condition(&self.alerts[alert].when) == Datum::Bool(true));
        let mut per_event = scratch
            .found()
            .iter()
            .map(|alert| *alert as usize)
            .peekable();
        let mut per_key = self.alert_dispatch.matching(kind).peekable();
        let ascending = std::iter::from_fn(|| match (per_event.peek(), per_key.peek()) {
            (Some(a), Some(b)) if a < b => per_event.next(),
            (_, Some(_)) => per_key.next(),
            (_, None) => per_event.next(),
        });
        for alert in ascending {
            let rule = &self.alerts[alert];
            let grouping = &self.groupings[rule.grouping];
            let group =
                groups[rule.grouping].get_or_insert_with(|| grouping.key(event).map(Arc::from));
            let Some(group) = group else { continue };
            touches.push(match rule.kind {
                Kind::PerEvent if rule.cooldown.is_none() => Touch::Fire {
                    alert,
                    key: (!grouping.is_global()).then(|| group.clone()),
                },
                Kind::PerEvent | Kind::PerKey => Touch::Group {
                    key: keys.intern(StateKey {
                        alert: alert as u32,
                        key: group.clone(),
                    }),
                },
            });
        }
        touches
    }

    fn rows(
        &self,
        event: &Event<'_>,
        groups: &mut [Option<Option<Arc<str>>>],
        rows: &mut Interned<RowKey>,
    ) -> Vec<usize> {
        let matching = self.aggregate_dispatch.matching(event.kind.as_deref());
        let rows = matching.filter_map(|aggregate| {
            let rule = &self.aggregates[aggregate];
            let grouping = &self.groupings[rule.grouping];
            let group =
                groups[rule.grouping].get_or_insert_with(|| grouping.key(event).map(Arc::from));
            Some(rows.intern(RowKey {
                aggregate: aggregate as u32,
                start: rule.window_start(event.time),
                key: group.clone()?,
            }))
        });
        rows.collect()
    }
}

/// The distinct keys of a plan, in the order in which they were first met.
struct Interned<K> {
    list: Vec<K>,
    index: HashMap<K, usize>,
}

impl<K> Default for Interned<K> {
    fn default() -> Self {
        Interned {
            list: Vec::new(),
            index: HashMap::new(),
        }
    }
}

impl<K: Clone + Eq + Hash> Interned<K> {
    fn intern(&mut self, key: K) -> usize {
        let list = &mut self.list;
        *self.index.entry(key).or_insert_with_key(|key| {
            list.push(key.clone());
            list.len() - 1
        })
    }
}
