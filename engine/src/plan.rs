//! Planning: which states a batch of events touches, before any of them is loaded.

use std::hash::{BuildHasher, Hash};

use ecow::EcoString;
use foldhash::fast::FixedState;

use crate::apply::Advance;
use crate::eval::Scope;
use crate::event::{Datum, Event, Rejection, Slots, Source, Times, Value, text_of};
use crate::index::Scratch;
use crate::interned::Interned;
use crate::program::{Kind, Program};
use crate::row::RowKey;
use crate::store::{Input, StateKey};
use crate::time::Time;

/// A batch of events with what each of them touches.
#[derive(Debug, Default)]
pub struct Plan<'a> {
    pub(crate) events: Vec<Planned>,
    /// The events that a rule has something to do with.
    pub(crate) kept: Vec<Event<'a>>,
    pub(crate) touches: Vec<Touch>,
    /// The aggregate rows that events belong to: indices into `rows`.
    pub(crate) counts: Vec<u32>,
    keys: Interned<StateKey>,
    rows: Interned<RowKey>,
    /// The time of the first event.
    pub(crate) first: Option<Time>,
    /// Whether the alerts without `by` are to be born with the first event.
    pub(crate) births: bool,
    arrival: Option<Time>,
    /// Where the next event is read into.
    slots: Slots<'a>,
    /// Memory for the values of further events.
    spare: Vec<Vec<Value<'a>>>,
}

/// What a plan does to some of the keys, so that several parts can be applied side by side.
#[derive(Debug)]
pub struct Partition<'p, 'a> {
    pub(crate) plan: &'p Plan<'a>,
    /// How many of the plan's events, from the first on.
    events: usize,
    /// From which event on it fires alerts that need no state: for one event in so many, and which of them.
    fires_from: usize,
    number: usize,
    of: usize,
    keys: Share<'p, StateKey>,
    rows: Share<'p, RowKey>,
}

/// Some of a plan's events, keys and rows, for a shell whose states need not all be equally far.
#[derive(Debug, Clone, Default)]
pub struct Selection {
    /// How many of the plan's events, from the first on.
    pub events: usize,
    /// The first event that alerts which need no state have not fired for.
    pub fires_from: usize,
    /// Indices into [`Plan::keys`], each with the first event that its state does not hold.
    pub keys: Vec<(usize, usize)>,
    /// Indices into [`Plan::rows`], each with the first event that the row does not hold.
    pub rows: Vec<(usize, usize)>,
}

/// The first event of a plan for each of its keys and rows; of a key that no event touches, the number of events.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FirstEvents {
    /// For each of [`Plan::keys`].
    pub keys: Vec<usize>,
    /// For each of [`Plan::rows`].
    pub rows: Vec<usize>,
}

/// Those of a plan's keys that a part holds.
#[derive(Debug)]
enum Share<'p, K> {
    All(&'p [K]),
    Some {
        list: Vec<K>,
        /// Where each of the plan's keys stands in the list, and from which event on it takes part.
        places: Vec<Option<(u32, u32)>>,
    },
}

impl<'p, K: Clone + Hash> Share<'p, K> {
    fn new(keys: &'p [K], number: usize, of: usize) -> Share<'p, K> {
        if of == 1 {
            return Share::All(keys);
        }
        let mut list = Vec::new();
        let places = keys.iter().map(|key| {
            // The same for every plan, so that a key is always in the same part.
            let hash = FixedState::default().hash_one(key);
            (hash % of as u64 == number as u64).then(|| {
                list.push(key.clone());
                (list.len() as u32 - 1, 0)
            })
        });
        let places = places.collect();
        Share::Some { list, places }
    }

    /// These of the keys, each from some event on.
    fn select(keys: &'p [K], selected: &[(usize, usize)]) -> Share<'p, K> {
        let mut places = vec![None; keys.len()];
        let selected = selected.iter().zip(0..).map(|((key, from), place)| {
            places[*key] = Some((place, *from as u32));
            keys[*key].clone()
        });
        let list = selected.collect();
        Share::Some { list, places }
    }

    fn list(&self) -> &[K] {
        match self {
            Share::All(list) => list,
            Share::Some { list, .. } => list,
        }
    }

    fn place(&self, key: u32, event: usize) -> Option<usize> {
        match self {
            Share::All(_) => Some(key as usize),
            Share::Some { places, .. } => places[key as usize]
                .filter(|(_, from)| *from as usize <= event)
                .map(|(place, _)| place as usize),
        }
    }
}

impl Partition<'_, '_> {
    /// The states that the events touch, as far as they are in this part, none twice.
    pub fn keys(&self) -> &[StateKey] {
        self.keys.list()
    }

    /// The aggregate rows that the events belong to, as far as they are in this part, none twice.
    pub fn rows(&self) -> &[RowKey] {
        self.rows.list()
    }

    /// How far timers are to run, and whether the events touch a state, are the plan's.
    pub fn plan(&self) -> &Plan<'_> {
        self.plan
    }

    /// Its events, in order.
    pub(crate) fn events(&self) -> &[Planned] {
        &self.plan.events[..self.events]
    }

    /// Whether it is this part that fires alerts that need no state for an event.
    pub(crate) fn fires(&self, event: usize) -> bool {
        event >= self.fires_from && event % self.of == self.number
    }

    /// Where one of the plan's keys stands among those of the part, if this event is for it.
    pub(crate) fn cell(&self, key: u32, event: usize) -> Option<usize> {
        self.keys.place(key, event)
    }

    /// Where one of the plan's rows stands among those of the part, if this event is for it.
    pub(crate) fn row(&self, row: u32, event: usize) -> Option<usize> {
        self.rows.place(row, event)
    }
}

/// An event of a plan: what it touches ends here, and begins where the one before ends.
#[derive(Debug)]
pub(crate) struct Planned {
    pub(crate) arrival: Time,
    pub(crate) kept: u32,
    pub(crate) touches: u32,
    pub(crate) counts: u32,
}

/// What an event does to one alert.
#[derive(Debug)]
pub(crate) enum Touch {
    /// It fires a per-event alert.
    Fire { alert: u32, key: Option<EcoString> },
    /// It concerns the state of a key: an index into the plan's keys.
    Group { key: u32 },
}

impl<'a> Plan<'a> {
    /// An empty plan in the memory of this one, for other events.
    pub fn reuse<'b>(self) -> Plan<'b> {
        let Plan {
            mut events,
            mut kept,
            mut touches,
            mut counts,
            mut keys,
            mut rows,
            mut spare,
            ..
        } = self;
        spare.extend(kept.drain(..).map(|event| event.slots));
        events.clear();
        touches.clear();
        counts.clear();
        keys.clear();
        rows.clear();
        Plan {
            events,
            touches,
            counts,
            keys,
            rows,
            spare: spare.into_iter().map(emptied).collect(),
            ..Plan::default()
        }
    }
}

/// The memory of values, for values that are borrowed from elsewhere.
fn emptied<'b>(mut values: Vec<Value<'_>>) -> Vec<Value<'b>> {
    values.clear();
    // Of what is collected from itself the memory stays.
    values.into_iter().map(|_| Value::Missing).collect()
}

impl<'a> Plan<'a> {
    /// All of it, as one part.
    pub fn whole(&self) -> Partition<'_, 'a> {
        self.partition(0, 1)
    }

    /// One of several parts, counted from 0: each key is in one of them, and in the same one in every plan.
    ///
    /// It comes after [`Plan::add_births`].
    pub fn partition(&self, number: usize, of: usize) -> Partition<'_, 'a> {
        Partition {
            plan: self,
            events: self.len(),
            fires_from: 0,
            number,
            of,
            keys: Share::new(self.keys(), number, of),
            rows: Share::new(self.rows(), number, of),
        }
    }

    /// A part of some events, keys and rows.
    ///
    /// It comes after [`Plan::add_births`].
    pub fn select(&self, selection: &Selection) -> Partition<'_, 'a> {
        Partition {
            plan: self,
            events: selection.events.min(self.len()),
            fires_from: selection.fires_from,
            number: 0,
            of: 1,
            keys: Share::select(self.keys(), &selection.keys),
            rows: Share::select(self.rows(), &selection.rows),
        }
    }

    /// The first event for each key and row.
    pub fn first_events(&self) -> FirstEvents {
        let mut keys = vec![self.len(); self.keys().len()];
        let mut rows = vec![self.len(); self.rows().len()];
        let (mut touch, mut count) = (self.touches.len(), self.counts.len());
        // From the last event on, so that the first is what stays.
        for (index, _) in self.events.iter().enumerate().rev() {
            let before = index.checked_sub(1).map(|before| &self.events[before]);
            let (touches, counts) = before.map_or((0, 0), |event| (event.touches, event.counts));
            for touched in &self.touches[touches as usize..touch] {
                if let Touch::Group { key } = touched {
                    keys[*key as usize] = index;
                }
            }
            for row in &self.counts[counts as usize..count] {
                rows[*row as usize] = index;
            }
            (touch, count) = (touches as usize, counts as usize);
        }
        FirstEvents { keys, rows }
    }

    /// The arrival of each event, in order.
    pub fn arrivals(&self) -> impl ExactSizeIterator<Item = Time> {
        self.events.iter().map(|event| event.arrival)
    }
}

impl Plan<'_> {
    /// The states that the events touch, none twice.
    pub fn keys(&self) -> &[StateKey] {
        self.keys.list()
    }

    /// The aggregate rows that the events belong to, none twice.
    pub fn rows(&self) -> &[RowKey] {
        self.rows.list()
    }

    /// How many events it holds.
    pub fn len(&self) -> usize {
        self.events.len()
    }

    /// Whether it holds no event.
    pub fn is_empty(&self) -> bool {
        self.events.is_empty()
    }

    /// Adds the keys that are born with the first event that a program sees: those of alerts without `by`.
    ///
    /// It comes after the last event is added, and before [`Plan::keys`] are loaded.
    pub fn add_births(&mut self, program: &Program, input: &Input) {
        self.births = !self.is_empty() && input.program != Some(program.fingerprint());
        if self.births {
            for (alert, rule) in program.alerts.iter().enumerate() {
                if rule.kind == Kind::PerKey && program.groupings[rule.grouping].is_global() {
                    let alert = alert as u32;
                    let key = EcoString::from("[]");
                    self.keys.intern(StateKey { alert, key });
                }
            }
        }
    }

    /// How far timers are to run after `input`: those that are due before it must be loaded, too.
    pub fn progress(&self, input: &Input, advance: Advance) -> Option<Time> {
        input.progress.max(self.arrival).max(advance.until())
    }

    /// Whether the events touch this state.
    pub fn touches(&self, key: &StateKey) -> bool {
        self.keys.find(key).is_some()
    }

    /// Leaves only what the events do to one alert.
    pub(crate) fn retain_alert(&mut self, alert: usize) {
        let keys = self.keys.list();
        let concerns = |touch: &Touch| match touch {
            Touch::Fire { alert: fired, .. } => *fired as usize == alert,
            Touch::Group { key } => keys[*key as usize].alert as usize == alert,
        };
        let mut start = 0;
        let mut kept = 0;
        for planned in &mut self.events {
            let touches = &self.touches[start..planned.touches as usize];
            start = planned.touches as usize;
            kept += touches.iter().filter(|touch| concerns(touch)).count() as u32;
            planned.touches = kept;
            planned.counts = 0;
        }
        self.touches.retain(concerns);
        self.counts.clear();
        self.rows = Interned::default();
    }
}

/// Decodes events and finds out what they touch; decides per-event alerts, which need no state.
///
/// It keeps nothing of an event but memory to reuse and what it learns of how often conditions hold, which
/// makes it faster and changes no result. So one planner serves any number of plans, and several planners of a
/// program may work side by side.
#[derive(Debug)]
pub struct Planner<'p> {
    program: &'p Program,
    /// The group of the present event by grouping, if its number is that of the present event.
    groups: Vec<(u64, Option<EcoString>)>,
    event: u64,
    text: String,
    scratch: Scratch,
}

impl<'p> Planner<'p> {
    /// A planner of this program's rules.
    pub fn new(program: &'p Program) -> Planner<'p> {
        Planner {
            program,
            groups: vec![(0, None); program.groupings.len()],
            event: 0,
            text: String::new(),
            scratch: Scratch::default(),
        }
    }

    /// Adds the event that a JSON object is; its `source` is asked for if a rule has to do with it.
    ///
    /// # Errors
    ///
    /// With the reason, for what [`Program::decode`] rejects; the plan is as it was.
    pub fn add<'a>(
        &mut self,
        plan: &mut Plan<'a>,
        bytes: &'a [u8],
        source: impl FnOnce() -> Source,
    ) -> Result<(), Rejection> {
        self.add_arrived(plan, text_of(bytes)?, None, source)
    }

    /// As [`Planner::add`], of an event that arrived at this time, unless the rules say that it holds its arrival itself.
    ///
    /// # Errors
    ///
    /// As [`Planner::add`].
    pub fn add_at<'a>(
        &mut self,
        plan: &mut Plan<'a>,
        bytes: &'a [u8],
        arrival: Option<Time>,
        source: impl FnOnce() -> Source,
    ) -> Result<(), Rejection> {
        self.add_arrived(plan, text_of(bytes)?, arrival, source)
    }

    /// As [`Planner::add`], of what is known to be text: it is faster to see to that for many events at once.
    ///
    /// # Errors
    ///
    /// As [`Planner::add`].
    pub fn add_text<'a>(
        &mut self,
        plan: &mut Plan<'a>,
        text: &'a str,
        source: impl FnOnce() -> Source,
    ) -> Result<(), Rejection> {
        self.add_arrived(plan, text, None, source)
    }

    fn add_arrived<'a>(
        &mut self,
        plan: &mut Plan<'a>,
        text: &'a str,
        arrival: Option<Time>,
        source: impl FnOnce() -> Source,
    ) -> Result<(), Rejection> {
        let mut slots = std::mem::take(&mut plan.slots);
        let read = self.program.read(text, arrival, &mut slots);
        if let Ok(times) = read {
            self.touch(plan, &slots, times);
            if plan.is_touched() {
                let envelope = &self.program.envelope;
                let spare = plan.spare.pop().unwrap_or_default();
                plan.kept
                    .push(envelope.event(times, &mut slots, spare, source()));
            }
            plan.close(times);
        }
        plan.slots = slots;
        read.map(|_| ())
    }

    /// Adds an event that [`Program::decode`] gave.
    pub fn add_event<'a>(&mut self, plan: &mut Plan<'a>, event: Event<'a>) {
        let (time, arrival) = (event.time, event.arrival);
        let times = Times { time, arrival };
        self.touch(plan, &event.slots, times);
        if plan.is_touched() {
            plan.kept.push(event);
        }
        plan.close(times);
    }

    /// Finds what an event of these values touches.
    fn touch(&mut self, plan: &mut Plan<'_>, slots: &[Value<'_>], times: Times) {
        self.event += 1;
        let program = self.program;
        let scope = Scope::of_values(slots, times.time);
        let kind = program.envelope.kind(slots);
        program.index.candidates(kind, slots, &mut self.scratch);
        self.scratch
            .retain(|alert| scope.condition(&program.alerts[alert].when) == Datum::Bool(true));
        let mut fired = 0;
        let mut per_key = program.alert_dispatch.matching(kind).peekable();
        // The alerts of both kinds in the order of their names.
        loop {
            let per_event = self.scratch.found().get(fired).map(|alert| *alert as usize);
            let alert = match (per_event, per_key.peek()) {
                (Some(alert), Some(&other)) if other < alert => other,
                (Some(alert), _) => alert,
                (None, Some(&other)) => other,
                (None, None) => break,
            };
            if per_event == Some(alert) {
                fired += 1;
            } else {
                per_key.next();
            }
            let rule = &program.alerts[alert];
            let Some(group) = self.group(rule.grouping, scope) else {
                continue;
            };
            let alert = alert as u32;
            plan.touches.push(match rule.kind {
                Kind::PerEvent if rule.cooldown.is_none() => Touch::Fire {
                    alert,
                    key: (!program.groupings[rule.grouping].is_global()).then_some(group),
                },
                Kind::PerEvent | Kind::PerKey => Touch::Group {
                    key: plan.keys.intern(StateKey { alert, key: group }),
                },
            });
        }
        for aggregate in program.aggregate_dispatch.matching(kind) {
            let rule = &program.aggregates[aggregate];
            if let Some(key) = self.group(rule.grouping, scope) {
                let start = rule.window_start(times.time);
                let aggregate = aggregate as u32;
                plan.counts.push(plan.rows.intern(RowKey {
                    aggregate,
                    start,
                    key,
                }));
            }
        }
    }

    /// The key of the present event in a grouping, if it has one; it is made once.
    fn group(&mut self, grouping: usize, scope: Scope<'_>) -> Option<EcoString> {
        let (made, group) = &mut self.groups[grouping];
        if *made != self.event {
            *made = self.event;
            let is_whole = self.program.groupings[grouping].key(scope, &mut self.text);
            *group = is_whole.then(|| EcoString::from(self.text.as_str()));
        }
        group.clone()
    }
}

impl Plan<'_> {
    /// Whether something of the last event was found that is not closed yet.
    fn is_touched(&self) -> bool {
        let (touches, counts) = self
            .events
            .last()
            .map_or((0, 0), |event| (event.touches, event.counts));
        self.touches.len() > touches as usize || self.counts.len() > counts as usize
    }

    fn close(&mut self, times: Times) {
        self.first.get_or_insert(times.time);
        self.arrival = self.arrival.max(Some(times.arrival));
        self.events.push(Planned {
            arrival: times.arrival,
            kept: self.kept.len() as u32,
            touches: self.touches.len() as u32,
            counts: self.counts.len() as u32,
        });
    }
}
