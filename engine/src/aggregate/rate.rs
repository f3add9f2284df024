//! `rate([condition])`: how many events there are a second.
//!
//! It is `count([condition])` divided by the window's length in seconds: over 5 minutes, 300 events give
//! 1.0. A sliding window can reach back a pane more than its length; it is divided by its length still. Of
//! nothing it is 0, so it is never unknown.

use super::{Aggregate, Gives, Spec, Takes};
use crate::number::{Number, finite};

pub(super) const SPEC: Spec = Spec {
    name: "rate",
    signature: "rate([condition])",
    summary: "How many events there are a second, or on how many of them the condition is true.",
    error: "one division of doubles",
    make: |length, _| Aggregate::Rate { length },
    takes: Takes::Condition,
    gives: Gives::Number,
    examples: &[("[]", "0.0"), ("[1, 1, 1]", "0.05")],
};

/// The rate of `count` events in `length` milliseconds.
pub(super) fn value(count: u64, length: i64) -> Option<Number> {
    finite(count as f64 / (length as f64 / 1_000.0))
}
