//! Delivery in another order: what does not depend on it must be the same once all has arrived.
//!
//! A late event still counts in the window that holds it, but what is evaluated when it comes is another moment. So
//! only this is promised: an alert per event tells the same messages, a row holds the same values, and a key whose condition
//! asks nothing but its windows fires or not as it would have, whenever everything up to some event has arrived. What remembers more
//! than its windows (`for`, `until`, a cooldown of single events) or asks the event at hand depends on the order.

use std::collections::BTreeSet;

use serde_json::Value;

use super::RuleTest;
use super::run::Random;
use super::store::{Bytes, step_from};
use crate::aggregate::Aggregate;
use crate::apply::Advance;
use crate::output::Output;
use crate::plan::{Plan, Planner};
use crate::program::{AggregateRule, AlertRule, Program};
use crate::row::AggregateRow;
use crate::time::Time;
use crate::trace::Stage;
use crate::window::Window;

/// How far two sums of the same numbers may be apart, of their size.
const SUMS_AGREE: f64 = 1e-9;

/// How events overtake each other, in milliseconds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Disorder {
    /// Every event is delayed by less than this.
    pub reorder: i64,
    /// One event in eight, by this.
    pub late: i64,
}

impl AlertRule {
    /// Whether what it gives once all events have arrived is the same in whatever order they came.
    pub fn bears_disorder(&self) -> bool {
        if self.is_per_event() {
            return self.cooldown.is_none();
        }
        self.until.is_none()
            && self.hold.is_none()
            && self.ticks.is_empty()
            && !self.when.reads_event()
            && self.windows.iter().all(bears_disorder)
    }
}

impl AggregateRule {
    /// Whether its rows are the same in whatever order events come.
    fn bears_disorder(&self) -> bool {
        self.compute.iter().all(bears_disorder)
    }
}

/// Of two events of one time, the last one to come is the last.
fn bears_disorder(window: &Window) -> bool {
    !matches!(window.aggregate, Aggregate::Last)
}

/// What is the same in whatever order the events come.
struct Settled {
    /// The keys that fire whenever all events up to some have arrived: alert and key.
    firing: Vec<BTreeSet<(String, String)>>,
    /// The messages of alerts per event: when, alert and episode.
    messages: BTreeSet<(Time, String, String)>,
    rows: Vec<AggregateRow>,
}

impl RuleTest {
    /// Runs the test in an order drawn from a seed, and says what is not as in order though it should be.
    pub fn disorder(&self, program: &Program, disorder: Disorder, seed: u64) -> Option<String> {
        let order = self.shuffled(disorder, seed);
        let in_order: Vec<usize> = (0..order.len()).collect();
        let segments = segments(&order);
        let calm = self.settle(program, &in_order, &segments);
        let other = self.settle(program, &order, &segments);
        let ends = segments.iter().map(|end| self.events[end - 1].arrival);
        let pairs = calm.firing.iter().zip(&other.firing);
        for ((calm, other), end) in pairs.zip(ends.chain([self.end])) {
            if let Some((alert, key)) = calm.symmetric_difference(other).next() {
                let at = self.offset(end);
                let instead = match calm.contains(&(alert.clone(), key.clone())) {
                    true => "does not fire",
                    false => "fires",
                };
                return Some(format!(
                    "{alert} {key} {instead} once all up to {at} have come"
                ));
            }
        }
        let mut messages = calm.messages.symmetric_difference(&other.messages);
        if let Some((at, alert, _)) = messages.next() {
            let at = self.offset(*at);
            return Some(format!("{alert} does not tell the same of {at}"));
        }
        let is_same = calm.rows.len() == other.rows.len();
        let mut pairs = calm.rows.iter().zip(&other.rows);
        match pairs.find(|(calm, other)| !agree(calm, other)) {
            Some((row, _)) => Some(format!("a row of {} is not the same", row.aggregate)),
            None if !is_same => Some("there are not as many rows".to_owned()),
            None => None,
        }
    }

    /// The events in another order; the first stays the first, since alerts without `by` begin with it.
    fn shuffled(&self, disorder: Disorder, seed: u64) -> Vec<usize> {
        let mut random = Random(seed);
        let mut order: Vec<(Time, usize)> = Vec::with_capacity(self.events.len());
        for (number, event) in self.events.iter().enumerate() {
            let reach = usize::try_from(disorder.reorder).unwrap_or(usize::MAX);
            let mut delay = random.below(reach) as i64;
            if random.below(8) == 0 {
                delay = delay.saturating_add(disorder.late);
            }
            if number == 0 {
                delay = 0;
            }
            order.push((Time(event.arrival.0.saturating_add(delay)), number));
        }
        order.sort();
        order.into_iter().map(|(_, number)| number).collect()
    }

    /// Delivers the events in some order, in batches that end where nothing is missing.
    fn settle(&self, program: &Program, order: &[usize], segments: &[usize]) -> Settled {
        let mut store = Bytes::new(program);
        let mut planner = Planner::new(program);
        let mut settled = Settled {
            firing: Vec::with_capacity(segments.len()),
            messages: BTreeSet::new(),
            rows: Vec::new(),
        };
        let mut firing = BTreeSet::new();
        let mut begin = 0;
        for end in segments {
            let batch = &order[begin..*end];
            begin = *end;
            let mut plan = Plan::default();
            for number in batch {
                // What is no event is none in any order.
                let _ = self.plan(&mut planner, &mut plan, *number);
            }
            let advance = Advance {
                to: self.events.get(end - 1).map(|event| event.arrival),
                trace: true,
                ..Advance::default()
            };
            let output = step_from(program, &mut store, &mut plan, 0, advance);
            settled.tell(program, output, &mut firing);
        }
        let advance = Advance {
            to: Some(self.end.plus(1)),
            trace: true,
            ..Advance::default()
        };
        let output = step_from(program, &mut store, &mut Plan::default(), 0, advance);
        settled.tell(program, output, &mut firing);
        settled.rows = store.rows();
        let rules = || program.aggregates.iter();
        let bears = |row: &AggregateRow| {
            rules().any(|rule| rule.name == row.aggregate && rule.bears_disorder())
        };
        settled.rows.retain(bears);
        settled
    }
}

impl Settled {
    fn tell(&mut self, program: &Program, output: Output, firing: &mut BTreeSet<(String, String)>) {
        let rule = |name: &str| {
            let mut rules = program.alerts.iter();
            rules.find(|rule| rule.name == name && rule.bears_disorder())
        };
        for line in output.trace {
            if rule(&line.alert).is_some_and(|rule| !rule.is_per_event()) {
                let key = line.key.unwrap_or_default();
                let key: Vec<String> = key
                    .iter()
                    .map(|(name, of)| format!("{name}={of}"))
                    .collect();
                let key = (line.alert, key.join(" "));
                match line.to {
                    Stage::Firing => firing.insert(key),
                    Stage::Inactive | Stage::Pending => firing.remove(&key),
                };
            }
        }
        self.firing.push(firing.clone());
        for alert in output.alerts {
            if rule(&alert.alert).is_some_and(AlertRule::is_per_event) {
                self.messages.insert((alert.at, alert.alert, alert.id));
            }
        }
    }
}

/// How many events have come at each point at which none is missing before the newest.
fn segments(order: &[usize]) -> Vec<usize> {
    let mut newest = 0;
    let mut ends = Vec::new();
    for (come, number) in order.iter().enumerate() {
        newest = newest.max(*number);
        if newest == come {
            ends.push(come + 1);
        }
    }
    ends
}

/// Whether two rows are of the same key and hold the same, but for the last digits of sums.
fn agree(one: &AggregateRow, other: &AggregateRow) -> bool {
    let close = |one: &Value, other: &Value| match (one.as_f64(), other.as_f64()) {
        (Some(one), Some(other)) => {
            (one - other).abs() <= SUMS_AGREE * one.abs().max(other.abs()).max(1.0)
        }
        _ => one == other,
    };
    let mut pairs = one.values.iter().zip(&other.values);
    one.aggregate == other.aggregate
        && one.key == other.key
        && one.window == other.window
        && one.events == other.events
        && one.values.len() == other.values.len()
        && pairs.all(|(one, other)| one.0 == other.0 && close(&one.1, &other.1))
}
