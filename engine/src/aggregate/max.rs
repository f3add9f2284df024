//! `max(value [where condition])`: the greatest of the numbers.
//!
//! Events whose value is no number do not count. Exact; unknown of nothing. With two or more arguments and
//! no window, `max` is the function of that name.

use std::cmp::Ordering;

use super::{Aggregate, Gives, Spec, Takes};
use crate::number::Number;

pub(super) const SPEC: Spec = Spec {
    name: "max",
    signature: "max(value [where condition])",
    summary: "The greatest of the numbers.",
    error: "exact",
    make: |_, _| Aggregate::Max,
    takes: Takes::Number,
    gives: Gives::Number,
    examples: &[("[]", "?"), ("[2, 1.5, null]", "2")],
};

pub(super) fn add(held: &mut Option<Number>, number: Number) {
    if held.is_none_or(|held| number.compare(held) == Ordering::Greater) {
        *held = Some(number);
    }
}
