//! Windows, recomputed from every event that was kept.

use std::cmp::Ordering;
use std::ops::Range;

use serde_json::Value;
use tripline_grammar::ast::{Call, FrameKind};

use super::datum::{Datum, number_order};
use super::expression::{Scope, evaluate};

const PANES_SECONDS: [i64; 17] = [
    1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1_800, 3_600, 7_200, 21_600, 43_200, 86_400,
];

/// A window of a rule.
#[derive(Debug, Clone)]
pub(super) struct Window {
    /// The aggregate as written, spans left out.
    pub(super) call: Call,
    /// Its length in milliseconds.
    pub(super) length: i64,
    /// Its pane in milliseconds; `per` is one pane.
    pub(super) pane: i64,
    /// Whether it is `per`.
    pub(super) tumbles: bool,
}

/// What one event gave to a window: when it happened, and the number that it added.
#[derive(Debug, Clone)]
pub(super) struct Contribution {
    /// The event time.
    pub(super) time: i64,
    /// The number; 1 for `count`.
    pub(super) number: Datum,
}

impl Window {
    /// Makes a window of an aggregate that has a frame.
    pub(super) fn new(call: &Call) -> Option<Window> {
        let frame = call.frame.as_ref()?;
        let length = frame.length.seconds as i64;
        let tumbles = frame.kind == FrameKind::Per;
        let fits = |pane: &&i64| length % **pane == 0 && **pane * 60 <= length;
        let pane = match tumbles {
            true => length,
            false => PANES_SECONDS.iter().rev().find(fits).copied().unwrap_or(1),
        };
        Some(Window {
            call: call.clone(),
            length: length * 1_000,
            pane: pane * 1_000,
            tumbles,
        })
    }

    /// What an event gives to the window; none if it does not count in it.
    pub(super) fn contribution(&self, event: &Value, time: i64) -> Option<Contribution> {
        let scope = Scope {
            event: Some(event),
            windows: &[],
        };
        let holds = |expr| evaluate(expr, scope) == Datum::Bool(true);
        if self
            .call
            .filter
            .as_deref()
            .is_some_and(|filter| !holds(filter))
        {
            return None;
        }
        let number = match (self.call.name.text.as_str(), self.call.args.first()) {
            ("count", None) => Datum::Int(1),
            ("count", Some(condition)) => {
                if !holds(condition) {
                    return None;
                }
                Datum::Int(1)
            }
            (_, Some(value)) => evaluate(value, scope),
            (_, None) => Datum::Unread,
        };
        number.is_number().then_some(Contribution { time, number })
    }

    /// The event times that the window, evaluated at `clock`, holds.
    pub(super) fn reach(&self, clock: i64) -> Range<i64> {
        let pane = |time: i64| time.div_euclid(self.pane);
        let oldest = if self.tumbles {
            pane(clock)
        } else {
            pane(clock - self.length)
        };
        oldest * self.pane..(pane(clock) + 1) * self.pane
    }

    /// The moment when the pane of an event leaves the window.
    pub(super) fn leaves_at(&self, time: i64) -> i64 {
        let end = (time.div_euclid(self.pane) + 1) * self.pane;
        if self.tumbles { end } else { end + self.length }
    }

    /// The moment when all that happened by `time` has left the window for sure.
    pub(super) fn settles_at(&self, time: i64) -> i64 {
        time + self.length + self.pane
    }

    /// What the aggregate gives at `clock`.
    pub(super) fn value(&self, contributions: &[Contribution], clock: i64) -> Datum {
        let reach = self.reach(clock);
        let held: Vec<&Datum> = contributions
            .iter()
            .filter(|contribution| reach.contains(&contribution.time))
            .map(|contribution| &contribution.number)
            .collect();
        let best = |wanted| {
            let better = |best, next| {
                if number_order(next, best) == Some(wanted) {
                    next
                } else {
                    best
                }
            };
            held.iter()
                .copied()
                .reduce(better)
                .cloned()
                .unwrap_or(Datum::Empty)
        };
        match self.call.name.text.as_str() {
            "count" => Datum::Int(held.len() as i64),
            "sum" => sum(&held),
            "avg" if held.is_empty() => Datum::Empty,
            "avg" => match sum(&held).as_double() {
                Some(sum) => Datum::Double(sum / held.len() as f64),
                None => Datum::Empty,
            },
            "min" => best(Ordering::Less),
            "max" => best(Ordering::Greater),
            _ => Datum::Unread,
        }
    }
}

/// Adds integers exactly and doubles in the order given, then both.
fn sum(numbers: &[&Datum]) -> Datum {
    let mut integers: i128 = 0;
    let mut doubles: Option<f64> = None;
    for number in numbers {
        match number {
            Datum::Int(integer) => integers += i128::from(*integer),
            Datum::Double(double) => doubles = Some(doubles.unwrap_or(0.0) + double),
            _ => {}
        }
    }
    match doubles {
        None => Datum::of_exact(integers),
        Some(doubles) => {
            let sum = integers as f64 + doubles;
            if sum.is_finite() {
                Datum::Double(sum)
            } else {
                Datum::Empty
            }
        }
    }
}
