//! `min(value [where condition])`: the least of the numbers.
//!
//! Events whose value is no number do not count. Exact; unknown of nothing. With two or more arguments and
//! no window, `min` is the function of that name.

use std::cmp::Ordering;

use super::{Aggregate, Gives, Spec, Takes};
use crate::number::Number;

pub(super) const SPEC: Spec = Spec {
    name: "min",
    signature: "min(value [where condition])",
    summary: "The least of the numbers.",
    error: "exact",
    make: |_, _| Aggregate::Min,
    takes: Takes::Number,
    gives: Gives::Number,
    examples: &[("[]", "?"), ("[2, 1.5, null]", "1.5")],
};

/// Whether there is a number, of which kind, and the number itself.
pub(super) const MAX_BYTES: i64 = 1 + 1 + 10;

pub(super) fn add(held: &mut Option<Number>, number: Number) {
    if held.is_none_or(|held| number.compare(held) == Ordering::Less) {
        *held = Some(number);
    }
}
