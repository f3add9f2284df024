//! What each aggregate takes from an event, and what it makes of what it took.

use std::cmp::Ordering;
use std::collections::BTreeSet;

use tripline_grammar::ast::Call;

use super::datum::{Datum, number_order};
use super::expression::{Scope, evaluate};

/// The names of the aggregates.
const NAMES: [&str; 10] = [
    "count",
    "sum",
    "avg",
    "min",
    "max",
    "stddev",
    "last",
    "distinct",
    "percentile",
    "rate",
];

/// What one event gave to an aggregate: when it happened, and the value.
#[derive(Debug, Clone)]
pub(super) struct Contribution {
    /// The event time.
    pub(super) time: i64,
    /// The value; 1 for `count` and `rate`.
    pub(super) value: Datum,
}

/// Whether a call is one of an aggregate; `min` and `max` of more values are functions.
pub(super) fn is_aggregate(call: &Call) -> bool {
    let name = call.name.text.as_str();
    let function = matches!(name, "min" | "max") && call.args.len() > 1;
    NAMES.contains(&name) && !function
}

/// What an event gives to an aggregate; none if it does not count in it.
pub(super) fn contribution(call: &Call, scope: Scope<'_>) -> Option<Contribution> {
    let holds = |expr| evaluate(expr, scope) == Datum::Bool(true);
    if call.filter.as_deref().is_some_and(|filter| !holds(filter)) {
        return None;
    }
    let argument = call.args.first();
    let value = match call.name.text.as_str() {
        "count" | "rate" => argument.is_none_or(holds).then_some(Datum::Int(1)),
        name => {
            let value = evaluate(argument?, scope);
            let fits = match name {
                "distinct" | "last" => value.to_key().is_some(),
                _ => value.is_number(),
            };
            fits.then_some(value)
        }
    };
    Some(Contribution {
        time: scope.clock,
        value: value?,
    })
}

/// What an aggregate makes of contributions in the order of delivery, over so many seconds.
pub(super) fn value(call: &Call, held: &[&Contribution], seconds: i64) -> Datum {
    let values: Vec<&Datum> = held.iter().map(|held| &held.value).collect();
    match call.name.text.as_str() {
        "count" => Datum::Int(values.len() as i64),
        "rate" => Datum::Double(values.len() as f64 / seconds as f64),
        "sum" => sum(&values),
        "distinct" => {
            let members: BTreeSet<String> = values
                .iter()
                .filter_map(|value| value.to_key())
                .map(|key| key.to_string())
                .collect();
            Datum::Int(members.len() as i64)
        }
        _ if values.is_empty() => Datum::Empty,
        "avg" => mean(&values).map_or(Datum::Empty, Datum::Double),
        "stddev" => stddev(&values).map_or(Datum::Empty, Datum::Double),
        "min" => best(&values, Ordering::Less),
        "max" => best(&values, Ordering::Greater),
        // Of equal maxima `max_by_key` gives the last.
        "last" => held
            .iter()
            .max_by_key(|held| held.time)
            .map_or(Datum::Empty, |held| held.value.clone()),
        "percentile" => percentile(&values, call),
        _ => Datum::Unread,
    }
}

fn best(values: &[&Datum], wanted: Ordering) -> Datum {
    let better = |best, next| match number_order(next, best) == Some(wanted) {
        true => next,
        false => best,
    };
    let best = values.iter().copied().reduce(better);
    best.cloned().unwrap_or(Datum::Empty)
}

fn mean(values: &[&Datum]) -> Option<f64> {
    let mean = sum(values).as_double()? / values.len() as f64;
    mean.is_finite().then_some(mean)
}

/// The deviation of the population.
fn stddev(values: &[&Datum]) -> Option<f64> {
    let mean = mean(values)?;
    let squares = values.iter().filter_map(|value| value.as_double());
    let squares: f64 = squares.map(|value| (value - mean).powi(2)).sum();
    let deviation = (squares / values.len() as f64).sqrt();
    deviation.is_finite().then_some(deviation)
}

/// The value of the nearest rank.
fn percentile(values: &[&Datum], call: &Call) -> Datum {
    let nowhere = Scope::nowhere();
    let percent = call.args.get(1).map(|percent| evaluate(percent, nowhere));
    let Some(percent) = percent.and_then(|percent| percent.as_double()) else {
        return Datum::Unread;
    };
    let mut sorted = values.to_vec();
    sorted.sort_by(|left, right| number_order(left, right).unwrap_or(Ordering::Equal));
    let rank = (percent * sorted.len() as f64 / 100.0).ceil() as usize;
    let value = sorted.get(rank.max(1) - 1);
    value.map_or(Datum::Empty, |value| (*value).clone())
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
