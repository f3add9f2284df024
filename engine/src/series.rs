//! The past of one key of an alert, evaluated once more from events that were kept.

use crate::apply::Advance;
use crate::look::{scope_of, values};
use crate::plan::{Plan, Planner};
use crate::program::Program;
use crate::state::KeyState;
use crate::store::{Input, Snapshot, StateKey, Stored};
use crate::time::Time;
use crate::trace::Stage;

/// Evaluates one key of one alert, event by event, and keeps what its terms were.
///
/// It begins with nothing: what had been in the windows before the first event is not known.
#[derive(Debug)]
pub struct Past<'p> {
    program: &'p Program,
    planner: Planner<'p>,
    key: StateKey,
    state: Option<KeyState>,
    input: Input,
    /// How far apart moments are that are kept, in milliseconds.
    step: i64,
    series: Series,
}

/// What the terms of a rule were over time, and when the key fired.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Series {
    /// The moments, ascending.
    pub times: Vec<Time>,
    /// For each moment the values of the terms.
    pub values: Vec<Vec<Option<f64>>>,
    /// From when to when it fired; one that goes on has no end.
    pub episodes: Vec<(Time, Option<Time>)>,
}

impl<'p> Past<'p> {
    /// The past of a key, which is the canonical JSON array of its values; `None` if there is no such alert.
    ///
    /// Of the moments within one `step`, in milliseconds, the last is kept.
    pub fn new(program: &'p Program, alert: &str, key: &str, step: i64) -> Option<Past<'p>> {
        let (alert, _) = program.alert_named(alert)?;
        Some(Past {
            program,
            planner: Planner::new(program),
            key: StateKey {
                alert,
                key: key.into(),
            },
            state: None,
            input: Input::default(),
            step: step.max(1),
            series: Series::default(),
        })
    }

    /// Takes an event that arrived at this time; one that is none of the key's lets time go on.
    pub fn event(&mut self, json: &str, arrival: Time) {
        let source = crate::event::Source::File {
            file: "past",
            line: 0,
        };
        let decoded = self
            .program
            .decode_at(json.as_bytes(), Some(arrival), source);
        let Ok(event) = decoded else { return };
        let alert = self.key.alert as usize;
        let time = event.time();
        if self.program.concern(alert, &event).ok().as_ref() != Some(&self.key) {
            return;
        }
        self.fill_to(time);
        let mut plan = Plan::default();
        self.planner.add_event(&mut plan, event);
        plan.retain_alert(alert);
        self.apply(&plan, Advance::default());
        self.note();
    }

    /// What is known at a time, the timers until then included.
    pub fn at(mut self, now: Time) -> Series {
        self.fill_to(now);
        let advance = Advance {
            to: Some(now),
            ..Advance::default()
        };
        self.apply(&Plan::default(), advance);
        self.sample(now);
        self.series
    }

    fn apply(&mut self, plan: &Plan<'_>, advance: Advance) {
        let snapshot = Snapshot {
            input: self.input,
            states: vec![Stored::new(self.key.clone(), self.state.take())],
            rows: Vec::new(),
        };
        let advance = Advance {
            trace: true,
            ..advance
        };
        let outcome = self.program.apply(plan, snapshot, advance);
        self.input = outcome.checkpoint.input;
        let states = outcome.checkpoint.states.into_iter();
        let mut states = states.filter(|stored| stored.key == self.key);
        self.state = states.next().and_then(|stored| stored.state);
        for line in outcome.output.trace {
            match (line.from, line.to) {
                (Stage::Firing, Stage::Firing) => {}
                (_, Stage::Firing) => self.series.episodes.push((line.at, None)),
                (Stage::Firing, _) => {
                    if let Some((_, end @ None)) = self.series.episodes.last_mut() {
                        *end = Some(line.at);
                    }
                }
                _ => {}
            }
        }
    }

    /// Notes what the windows said between events, until a time.
    fn fill_to(&mut self, time: Time) {
        while let Some(last) = self.series.times.last()
            && last.plus(self.step) < time
        {
            self.sample(last.plus(self.step));
        }
    }

    /// Notes the state after an event.
    fn note(&mut self) {
        if let Some(state) = &self.state {
            self.sample(state.clock());
        }
    }

    fn sample(&mut self, at: Time) {
        let rule = self.program.alert(&self.key);
        let (Some(state), Some(rule)) = (&self.state, rule) else {
            return;
        };
        let aged = state.aged(rule, at);
        let now = values(rule, scope_of(&aged, rule));
        let series = &mut self.series;
        let cell = |time: Time| time.0.div_euclid(self.step);
        if series
            .times
            .last()
            .is_some_and(|last| cell(*last) == cell(at))
        {
            series.times.pop();
            series.values.pop();
        }
        series.times.push(at);
        series.values.push(now);
    }
}
