//! Planning: which states a batch of events touches, before any of them is loaded.

mod partition;

use ecow::EcoString;

pub use self::partition::{FirstEvents, Partition, Selection};

use crate::apply::Advance;
use crate::eval::Scope;
use crate::event::{Datum, Event, Rejection, Slots, Source, Times, Value, text_of};
use crate::index::Scratch;
use crate::interned::{Hashed, Interned, Keys};
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
    made: Keys,
    /// The time of the first event.
    pub(crate) first: Option<Time>,
    /// Whether the alerts without `by` are to be born with the first event.
    pub(crate) births: bool,
    arrival: Option<Time>,
    clamped: u64,
    /// Where the next event is read into.
    slots: Slots<'a>,
    /// Memory for the values of further events.
    spare: Vec<Vec<Value<'a>>>,
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
            mut made,
            mut spare,
            ..
        } = self;
        spare.extend(kept.drain(..).map(|event| event.slots));
        events.clear();
        touches.clear();
        counts.clear();
        keys.clear(&mut made);
        rows.clear(&mut made);
        Plan {
            events,
            kept: Vec::with_capacity(kept.capacity()),
            touches,
            counts,
            keys,
            rows,
            made,
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

    /// How many of its events said that they happened too far ahead of their arrival, and count from there.
    pub fn clamped(&self) -> u64 {
        self.clamped
    }

    /// When its first event happened.
    pub fn first(&self) -> Option<Time> {
        self.first
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
                let is_global = program.groupings[rule.grouping].is_global();
                if rule.kind == Kind::PerKey && is_global && rule.has_own_states() {
                    let key = self.made.hashed("[]");
                    self.keys.intern(alert as u32, key, &mut self.made);
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
        let hashed = self.made.hashed(&key.key);
        self.keys.find(key.alert, hashed).is_some()
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
    /// Whether the alert rules, and the aggregate rules, are planned for.
    plans: (bool, bool),
    groups: Vec<Group>,
    event: u64,
    scratch: Scratch,
}

/// The key of an event in one grouping.
#[derive(Debug, Clone, Default)]
struct Group {
    /// The number of the event.
    event: u64,
    /// Whether it has all values of the key.
    is_whole: bool,
    text: String,
    hash: u64,
}

impl<'p> Planner<'p> {
    /// A planner of this program's rules.
    pub fn new(program: &'p Program) -> Planner<'p> {
        Planner {
            program,
            plans: (true, true),
            groups: vec![Group::default(); program.groupings.len()],
            event: 0,
            scratch: Scratch::default(),
        }
    }

    /// A planner of this program's alert rules only.
    pub fn of_alerts(program: &'p Program) -> Planner<'p> {
        Planner {
            plans: (true, false),
            ..Planner::new(program)
        }
    }

    /// A planner of this program's aggregate rules only.
    pub fn of_aggregates(program: &'p Program) -> Planner<'p> {
        Planner {
            plans: (false, true),
            ..Planner::new(program)
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
        source: impl FnOnce() -> Source<&'a str>,
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
        source: impl FnOnce() -> Source<&'a str>,
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
        source: impl FnOnce() -> Source<&'a str>,
    ) -> Result<(), Rejection> {
        self.add_arrived(plan, text, None, source)
    }

    fn add_arrived<'a>(
        &mut self,
        plan: &mut Plan<'a>,
        text: &'a str,
        arrival: Option<Time>,
        source: impl FnOnce() -> Source<&'a str>,
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
        let times = Times {
            time: event.time,
            arrival: event.arrival,
            clamped: event.clamped,
        };
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
        let (alerts, aggregates) = self.plans;
        if alerts {
            self.touch_alerts(plan, kind, scope);
        }
        if !aggregates {
            return;
        }
        for aggregate in program.aggregate_dispatch.matching(kind) {
            let rule = &program.aggregates[aggregate];
            if let Some(key) = self.group(rule.grouping, scope, &plan.made) {
                let of = (aggregate as u32, rule.window_start(times.time));
                let row = plan.rows.intern(of, key, &mut plan.made);
                plan.counts.push(row);
            }
        }
    }

    /// Finds the alerts that an event of these values concerns.
    fn touch_alerts(&mut self, plan: &mut Plan<'_>, kind: Option<&str>, scope: Scope<'_>) {
        let program = self.program;
        program.index.candidates(kind, &scope, &mut self.scratch);
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
            let Some(group) = self.group(rule.grouping, scope, &plan.made) else {
                continue;
            };
            let alert = alert as u32;
            plan.touches.push(match rule.kind {
                Kind::PerEvent if rule.cooldown.is_none() => Touch::Fire {
                    alert,
                    key: (!program.groupings[rule.grouping].is_global())
                        .then(|| group.text().into()),
                },
                Kind::PerEvent | Kind::PerKey => Touch::Group {
                    key: plan.keys.intern(alert, group, &mut plan.made),
                },
            });
        }
    }

    /// The key of the present event in a grouping, if it has one; it is written and hashed once.
    fn group(&mut self, grouping: usize, scope: Scope<'_>, keys: &Keys) -> Option<Hashed<'_>> {
        let group = &mut self.groups[grouping];
        if group.event != self.event {
            group.event = self.event;
            group.is_whole = self.program.groupings[grouping].key(scope, &mut group.text);
            group.hash = keys.hash(&group.text);
        }
        let key = Hashed::new(&group.text, group.hash);
        group.is_whole.then_some(key)
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
        self.clamped += u64::from(times.clamped);
        self.events.push(Planned {
            arrival: times.arrival,
            kept: self.kept.len() as u32,
            touches: self.touches.len() as u32,
            counts: self.counts.len() as u32,
        });
    }
}
