//! Watching one key of an alert: every event and timer of it, as all keys have them, with what comes of each.

use std::ops::RangeInclusive;

use super::Explanation;
use super::counted::{Counted, WindowHeld};
use crate::apply::Advance;
use crate::event::Event;
use crate::output::Output;
use crate::plan::Plan;
use crate::program::{AlertRule, Kind, Program};
use crate::state::KeyState;
use crate::store::{Checkpoint, Input, Snapshot, StateKey, Stored};
use crate::time::Time;

/// One key of one alert. What other keys and alerts do has no say in it.
#[derive(Debug)]
pub(super) struct Watch<'p> {
    program: &'p Program,
    alert: usize,
    key: StateKey,
    input: Input,
    state: Option<KeyState>,
    /// When the key is looked at again if no event comes before.
    next: Option<Time>,
    counted: Counted,
    /// The time in which every evaluation is shown; outside of it those of which something comes.
    range: RangeInclusive<Time>,
}

/// An evaluation of the key.
pub(super) struct Glance<'g> {
    pub(super) explanation: Explanation,
    /// The event that was evaluated; a timer's evaluation has none.
    pub(super) event: Option<&'g Event<'g>>,
    /// What its windows held.
    held: &'g dyn Fn() -> Vec<WindowHeld>,
}

impl Glance<'_> {
    pub(super) fn held(&self) -> Vec<WindowHeld> {
        (self.held)()
    }
}

/// Who is shown evaluations.
pub(super) type Look<'l> = &'l mut dyn FnMut(Glance<'_>);

/// What an event is to the key that is watched.
pub(super) enum Concern {
    /// It is one of its events.
    Key,
    /// It is of another key, whose values these are.
    Other(StateKey),
    /// It has no value for some part of `by`.
    Keyless,
    /// It is of a type that the alert does not take.
    Nothing,
}

impl<'p> Watch<'p> {
    pub(super) fn new(
        program: &'p Program,
        alert: usize,
        key: StateKey,
        range: RangeInclusive<Time>,
    ) -> Watch<'p> {
        Watch {
            program,
            alert,
            key,
            input: Input::default(),
            state: None,
            next: None,
            counted: Counted::new(&program.alerts[alert]),
            range,
        }
    }

    pub(super) fn program(&self) -> &'p Program {
        self.program
    }

    pub(super) fn key(&self) -> &StateKey {
        &self.key
    }

    pub(super) fn rule(&self) -> &'p AlertRule {
        &self.program.alerts[self.alert]
    }

    /// How far the input has come.
    pub(super) fn progress(&self) -> Option<Time> {
        self.input.progress
    }

    /// How far the key itself has come, if it has a state.
    pub(super) fn clock(&self) -> Option<Time> {
        self.state.as_ref().map(KeyState::clock)
    }

    /// What an event is to the key.
    pub(super) fn concern(&self, event: &Event<'_>) -> Concern {
        if !self.rule().on.matches(event.kind()) {
            return Concern::Nothing;
        }
        match self.program.concern(self.alert, event) {
            Ok(key) if key == self.key => Concern::Key,
            Ok(key) => Concern::Other(key),
            Err(_) => Concern::Keyless,
        }
    }

    /// Takes the next event of the input.
    pub(super) fn event(&mut self, event: &Event<'_>, concern: &Concern, look: Look<'_>) {
        let progress = self.input.progress.max(Some(event.arrival));
        let advance = Advance {
            to: progress,
            ..Advance::default()
        };
        self.advance(advance, look);
        if matches!(concern, Concern::Key) {
            let state = self.state.take();
            let (program, key) = (self.program, self.key.clone());
            let (explanation, checkpoint) =
                program.explain_event(self.alert, &key, event.clone(), self.input, state);
            self.adopt(checkpoint);
            let rule = self.rule();
            if let Some(state) = &self.state {
                self.counted.add(rule, event, state.clock());
            }
            if self.range.contains(&explanation.at) || says_something(&explanation) {
                let held = || self.held(self.state.as_ref());
                look(Glance {
                    explanation,
                    event: Some(event),
                    held: &held,
                });
            }
        } else if self.input.program.is_none() {
            self.give_birth(event.time);
        }
        self.input.program = Some(self.program.fingerprint());
        // A late event may have set timers that are due already.
        self.advance(advance, look);
    }

    /// The one key of an alert without `by` is born with the first event of any type.
    fn give_birth(&mut self, time: Time) {
        let rule = self.rule();
        let is_global = self.program.groupings[rule.grouping].is_global();
        if is_global && rule.kind == Kind::PerKey {
            let state = KeyState::born_unseen(self.program, rule, time);
            self.next = state.next_timer(0, rule, is_global, true);
            self.state = Some(state);
        }
    }

    /// Lets time pass: runs the timers before it.
    pub(super) fn advance(&mut self, advance: Advance, look: Look<'_>) {
        let Some(until) = advance.until() else {
            return;
        };
        if self.next.is_none_or(|next| next >= until) {
            if !advance.until_end {
                self.input.progress = self.input.progress.max(Some(until));
            }
            return;
        }
        let (input, state) = (self.input, self.state.clone());
        let (output, checkpoint) = self.timers(input, self.state.clone(), advance);
        self.adopt(checkpoint);
        self.show_timers(input, state, until, output, look);
    }

    /// Shows the evaluations of timers one by one, with what came of running them all at once.
    fn show_timers(
        &self,
        mut input: Input,
        mut state: Option<KeyState>,
        until: Time,
        output: Output,
        look: Look<'_>,
    ) {
        let last = output.alerts.iter().map(|alert| alert.at);
        let last = last.chain(output.trace.iter().map(|line| line.at)).max();
        let (start, end) = (*self.range.start(), *self.range.end());
        let Some(last) = last.max(Some(end).filter(|end| start <= *end && start < until)) else {
            return;
        };
        let rule = self.rule();
        let is_global = self.program.groupings[rule.grouping].is_global();
        let (mut alerts, mut trace) = (output.alerts.into_iter().peekable(), output.trace);
        while let Some(next) = state
            .as_ref()
            .and_then(|state| state.next_timer(0, rule, is_global, true))
            .filter(|next| *next < until && *next <= last)
        {
            let advance = Advance {
                to: Some(next.plus(1)),
                ..Advance::default()
            };
            // A key that is forgotten is shown as it is just then.
            let mut before = state.clone();
            let (_, checkpoint) = self.timers(input, state.take(), advance);
            input = checkpoint.input;
            state = checkpoint.states.into_iter().find_map(|one| one.state);
            if let Some(before) = before.as_mut().filter(|_| !rule.is_per_event()) {
                before.pass(rule, next);
                before.evaluate(0, rule, None);
            }
            let shown = state.as_ref().or(before.as_ref());
            let mut explanation = self.moment(shown, next);
            while let Some(alert) = alerts.next_if(|alert| alert.at <= next) {
                explanation.alerts.push(alert);
            }
            let later = trace.iter().position(|line| line.at > next);
            let rest = trace.split_off(later.unwrap_or(trace.len()));
            explanation.trace = std::mem::replace(&mut trace, rest);
            if self.range.contains(&next) || says_something(&explanation) {
                let held = || self.held(shown);
                look(Glance {
                    explanation,
                    event: None,
                    held: &held,
                });
            }
        }
    }

    /// The key as it will stand at a time if no event comes before; none if it has no state by then.
    pub(super) fn at(&self, time: Time) -> Option<Explanation> {
        let advance = Advance {
            to: Some(time.plus(1)),
            ..Advance::default()
        };
        let (_, checkpoint) = self.timers(self.input, self.state.clone(), advance);
        let mut state = checkpoint.states.into_iter().find_map(|one| one.state)?;
        let rule = self.rule();
        if rule.kind == Kind::PerKey && state.clock() < time {
            // Panes of a key at rest leave without a timer.
            state.pass(rule, time);
            state.evaluate(0, rule, None);
        }
        Some(self.moment(Some(&state), time))
    }

    /// An evaluation without an event.
    fn moment(&self, state: Option<&KeyState>, at: Time) -> Explanation {
        let rule = self.rule();
        let mut explanation = Explanation::new(rule, at);
        let state = state.filter(|_| rule.kind == Kind::PerKey);
        explanation.look(rule, state, None);
        explanation.at = at;
        explanation
    }

    fn timers(
        &self,
        input: Input,
        state: Option<KeyState>,
        advance: Advance,
    ) -> (Output, Checkpoint) {
        let snapshot = Snapshot {
            input,
            states: vec![Stored::new(self.key.clone(), state)],
            rows: Vec::new(),
        };
        let advance = Advance {
            trace: true,
            ..advance
        };
        let outcome = self.program.apply(&Plan::default(), snapshot, advance);
        (outcome.output, outcome.checkpoint)
    }

    fn adopt(&mut self, checkpoint: Checkpoint) {
        self.input = checkpoint.input;
        let mut states = checkpoint.states.into_iter();
        let stored = states.find(|stored| stored.key == self.key);
        (self.state, self.next) = stored.map_or((None, None), |one| (one.state, one.timer));
    }

    fn held(&self, state: Option<&KeyState>) -> Vec<WindowHeld> {
        let rule = self.rule();
        let state = state.filter(|_| rule.kind == Kind::PerKey);
        state.map_or_else(Vec::new, |state| self.counted.held(rule, state))
    }
}

fn says_something(explanation: &Explanation) -> bool {
    !explanation.alerts.is_empty() || !explanation.trace.is_empty()
}
