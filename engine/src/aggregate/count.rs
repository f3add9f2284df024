//! `count([condition])`: how many events there are.
//!
//! With a condition it counts the events on which that is true; unknown is not true. Of nothing it is 0,
//! so it is never unknown. Exact.

use super::{Aggregate, Gives, Spec, Takes};
use crate::number::Number;

pub(super) const SPEC: Spec = Spec {
    name: "count",
    signature: "count([condition])",
    summary: "How many events there are, or on how many of them the condition is true.",
    error: "exact",
    make: |_, _| Aggregate::Count,
    takes: Takes::Condition,
    gives: Gives::Number,
    examples: &[("[]", "0"), ("[5, \"text\", null]", "3")],
};

/// A variable-length integer of 64 bits.
pub(super) const MAX_BYTES: i64 = 10;

/// A count as a number of the language, which has no larger integers.
pub(super) fn value(count: u64) -> Number {
    Number::Integer(i64::try_from(count).unwrap_or(i64::MAX))
}
