//! Applying: events and timers in order, from the states before to the states after and the alerts.

use std::cmp::Reverse;
use std::collections::{BinaryHeap, HashMap};

use crate::eval::Scope;
use crate::event::{Datum, Event, Value};
use crate::ids;
use crate::number::Number;
use crate::output::{Alert, EndReason, Status};
use crate::plan::{Plan, Touch};
use crate::program::{AlertRule, Observed, Program, Template, scalar};
use crate::state::{Episode, KeyState, Transition};
use crate::store::{Checkpoint, Input, Snapshot, StateKey, Stored};
use crate::time::Time;

/// What came of a plan.
#[derive(Debug, Default)]
pub struct Outcome {
    /// What to commit before anything is sent.
    pub checkpoint: Checkpoint,
    /// The alerts, in the order in which the changes happened.
    pub alerts: Vec<Alert>,
}

impl Program {
    /// Applies a plan to the states it needs, then runs the timers that are due before `now`.
    ///
    /// The snapshot must hold the states of [`Plan::keys`] and of every key that is due before
    /// [`Plan::progress`], as far as they have any.
    pub fn apply(&self, plan: Plan<'_>, snapshot: Snapshot, now: Option<Time>) -> Outcome {
        let mut run = Run::new(self, &plan, snapshot);
        let births = plan.births;
        for (index, planned) in plan.events.iter().enumerate() {
            let event = &planned.event;
            run.progress_to(event.arrival);
            if births && index == 0 {
                run.give_birth(&plan, event.time);
            }
            for touch in &planned.touches {
                match touch {
                    Touch::Fire { alert, key } => run.fire(*alert, key.as_deref(), event),
                    Touch::Group { key } => run.event(*key, event),
                }
            }
        }
        // A late event may have set timers that are due already.
        if let Some(until) = run.input.progress.max(now) {
            run.progress_to(until);
        }
        run.finish(!plan.events.is_empty())
    }
}

/// The states of a batch while it is applied.
struct Run<'p> {
    program: &'p Program,
    input: Input,
    /// The plan's keys first, in its order; then those that are due.
    cells: Vec<Cell>,
    /// Timers as (time, rank of the cell, cell); one that is not its cell's next timer any more is stale.
    timers: BinaryHeap<Reverse<(Time, u32, usize)>>,
    alerts: Vec<Alert>,
}

struct Cell {
    key: StateKey,
    state: Option<KeyState>,
    timer: Option<Time>,
    /// Place among the keys in order.
    rank: u32,
}

impl<'p> Run<'p> {
    fn new(program: &'p Program, plan: &Plan<'_>, snapshot: Snapshot) -> Self {
        let mut states: HashMap<StateKey, KeyState> = snapshot.states.into_iter().collect();
        let mut cells: Vec<Cell> = plan
            .keys()
            .iter()
            .map(|key| Cell {
                key: key.clone(),
                state: states.remove(key),
                timer: None,
                rank: 0,
            })
            .collect();
        cells.extend(states.into_iter().map(|(key, state)| Cell {
            key,
            state: Some(state),
            timer: None,
            rank: 0,
        }));
        let mut order: Vec<usize> = (0..cells.len()).collect();
        order.sort_unstable_by(|&a, &b| cells[a].key.cmp(&cells[b].key));
        for (rank, cell) in order.into_iter().enumerate() {
            cells[cell].rank = rank as u32;
        }
        let mut run = Run {
            program,
            input: snapshot.input,
            cells,
            timers: BinaryHeap::new(),
            alerts: Vec::new(),
        };
        (0..run.cells.len()).for_each(|cell| run.schedule(cell));
        run
    }

    fn rule(&self, cell: usize) -> &'p AlertRule {
        &self.program.alerts[self.cells[cell].key.alert as usize]
    }

    fn is_global(&self, rule: &AlertRule) -> bool {
        self.program.groupings[rule.grouping].is_global()
    }

    fn schedule(&mut self, cell: usize) {
        let rule = self.rule(cell);
        let is_global = self.is_global(rule);
        let cell_of = &mut self.cells[cell];
        let timer = cell_of
            .state
            .as_ref()
            .and_then(|state| state.next_timer(rule, is_global));
        if timer != cell_of.timer {
            cell_of.timer = timer;
            if let Some(timer) = timer {
                self.timers.push(Reverse((timer, cell_of.rank, cell)));
            }
        }
    }

    /// Runs the timers before `time`; those of later times stay.
    fn progress_to(&mut self, time: Time) {
        let progress = self
            .input
            .progress
            .map_or(time, |progress| progress.max(time));
        while let Some(&Reverse((due, _, cell))) = self.timers.peek()
            && due < progress
        {
            self.timers.pop();
            if self.cells[cell].timer == Some(due) {
                self.timer(cell, due);
            }
        }
        // The end of time is no progress that a later event could be measured against.
        if time != Time::MAX {
            self.input.progress = Some(progress);
        }
    }

    fn timer(&mut self, cell: usize, due: Time) {
        let rule = self.rule(cell);
        let is_global = self.is_global(rule);
        let Some(mut state) = self.cells[cell].state.take() else {
            return;
        };
        let transition = state.timer(rule, due);
        self.announce(cell, &state, transition, None);
        if state.forgotten_at(rule, is_global) == Some(due) {
            if let Some(episode) = state.firing() {
                self.message(
                    cell,
                    &state,
                    episode,
                    Status::Resolved,
                    Some(EndReason::Forgotten),
                    None,
                );
            }
        } else {
            self.cells[cell].state = Some(state);
        }
        self.schedule(cell);
    }

    /// Makes the one key of each alert without `by` that has none yet, unless the event touches it anyway.
    fn give_birth(&mut self, plan: &Plan<'_>, time: Time) {
        for cell in 0..plan.keys().len() {
            let rule = self.rule(cell);
            if self.is_global(rule) && self.cells[cell].state.is_none() {
                let touched = plan.events[0]
                    .touches
                    .iter()
                    .any(|touch| matches!(touch, Touch::Group { key } if *key == cell));
                if !touched {
                    self.cells[cell].state = Some(KeyState::born_unseen(rule, time));
                    self.schedule(cell);
                }
            }
        }
    }

    fn event(&mut self, cell: usize, event: &Event<'_>) {
        let rule = self.rule(cell);
        let mut state = self.cells[cell]
            .state
            .take()
            .unwrap_or_else(|| KeyState::new(rule, event.time));
        let transition = state.event(rule, event, self.input.progress.unwrap_or(event.arrival));
        self.announce(cell, &state, transition, Some(event));
        self.cells[cell].state = Some(state);
        self.schedule(cell);
    }

    fn announce(
        &mut self,
        cell: usize,
        state: &KeyState,
        transition: Option<Transition>,
        event: Option<&Event<'_>>,
    ) {
        match transition {
            Some(Transition::Fired(episode)) => {
                self.message(cell, state, episode, Status::Firing, None, event)
            }
            Some(Transition::Resolved(episode)) => {
                self.message(cell, state, episode, Status::Resolved, None, event);
            }
            Some(Transition::Pending | Transition::Dropped) | None => {}
        }
    }

    fn message(
        &mut self,
        cell: usize,
        state: &KeyState,
        episode: Episode,
        status: Status,
        reason: Option<EndReason>,
        event: Option<&Event<'_>>,
    ) {
        let rule = self.rule(cell);
        let key = &self.cells[cell].key.key;
        let id = ids::hash(&[
            rule.name.as_bytes(),
            key.as_bytes(),
            &episode.since.0.to_be_bytes(),
            &episode.ordinal.to_be_bytes(),
        ]);
        let windows = state.values(rule);
        let about = About {
            rule,
            id,
            status,
            at: state.clock(),
            key: Some(key),
            event,
            stale: event.is_some_and(|event| state.is_late(event)),
            windows: &windows,
        };
        let alert = Alert {
            since: Some(episode.since),
            reason,
            ..self.alert(about)
        };
        self.alerts.push(alert);
    }

    /// A per-event alert: it fires once, and there is no state to it.
    fn fire(&mut self, alert: usize, key: Option<&str>, event: &Event<'_>) {
        let rule = &self.program.alerts[alert];
        let id = ids::hash(&[rule.name.as_bytes(), event.id().as_bytes()]);
        let about = About {
            rule,
            id,
            status: Status::Firing,
            at: event.time,
            key,
            event: Some(event),
            stale: false,
            windows: &[],
        };
        let alert = self.alert(about);
        self.alerts.push(alert);
    }

    fn alert(&self, about: About<'_>) -> Alert {
        let About {
            rule,
            id,
            status,
            at,
            key,
            event,
            stale,
            windows,
        } = about;
        let slots = event.filter(|_| !stale).map(|event| event.slots.as_slice());
        let scope = Scope { slots, windows };
        let parts: Vec<serde_json::Value> = key
            .and_then(|key| serde_json::from_str(key).ok())
            .unwrap_or_default();
        let shown: Vec<Datum<'_>> = parts.iter().map(datum_of).collect();
        let fill = |template: &Option<Template>| Some(template.as_ref()?.fill(scope, &shown));
        let (summary, description) = (fill(&rule.summary), fill(&rule.description));
        let names = self.program.groupings[rule.grouping]
            .parts
            .iter()
            .map(|(name, _)| name.clone());
        let key = key.map(|_| names.zip(parts).collect());
        let values = rule.evidence.iter().filter_map(|evidence| {
            let value = match evidence.observed {
                Observed::Slot(slot) => scalar(slots?.get(slot)?)?,
                Observed::Window(window) => scalar_of(windows[window])?,
            };
            Some((evidence.text.clone(), value))
        });
        let status_text = status.to_string();
        let notification = ids::hash(&[&id, status_text.as_bytes(), &0_u32.to_be_bytes()]);
        Alert {
            id: ids::hex(&id),
            notification: ids::hex(&notification),
            status,
            alert: rule.name.clone(),
            key,
            severity: rule.severity,
            at,
            since: None,
            summary,
            description,
            runbook: rule.runbook.clone(),
            labels: rule.labels.clone(),
            values: values.collect(),
            reason: None,
            source: event.map(|event| event.source.clone()),
        }
    }

    fn finish(mut self, had_events: bool) -> Outcome {
        if had_events {
            self.input.program = Some(self.program.fingerprint());
        }
        self.cells.sort_unstable_by_key(|cell| cell.rank);
        let states = self
            .cells
            .into_iter()
            .map(
                |Cell {
                     key, state, timer, ..
                 }| Stored { key, state, timer },
            )
            .collect();
        Outcome {
            checkpoint: Checkpoint {
                input: self.input,
                states,
            },
            alerts: self.alerts,
        }
    }
}

/// What a message is made of.
struct About<'a> {
    rule: &'a AlertRule,
    id: [u8; 16],
    status: Status,
    at: Time,
    key: Option<&'a str>,
    event: Option<&'a Event<'a>>,
    /// Whether the event is late, so that its fields tell nothing of the present.
    stale: bool,
    windows: &'a [Datum<'a>],
}

fn scalar_of(datum: Datum<'_>) -> Option<serde_json::Value> {
    match datum {
        Datum::Number(number) => scalar(&Value::Number(number)),
        _ => None,
    }
}

/// The value of a part of a key, which is text, a number or a boolean.
fn datum_of(part: &serde_json::Value) -> Datum<'_> {
    match part {
        serde_json::Value::Bool(bool) => Datum::Bool(*bool),
        serde_json::Value::String(text) => Datum::Text(text),
        serde_json::Value::Number(number) => {
            let number = number
                .as_i64()
                .map(Number::Integer)
                .or(number.as_f64().map(Number::Double));
            number.map_or(Datum::Unread, Datum::Number)
        }
        _ => Datum::Unread,
    }
}
