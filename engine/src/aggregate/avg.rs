//! `avg(value [where condition])`: the mean of the numbers.
//!
//! It is `sum(value)` divided by how many numbers there are, always a double. Events whose value is no number do not count.
//! Unknown of nothing, and if the sum is past the doubles.

use super::sum::Sum;
use super::{Aggregate, Gives, Spec, Takes};
use crate::number::Number;

pub(super) const SPEC: Spec = Spec {
    name: "avg",
    signature: "avg(value [where condition])",
    summary: "The mean of the numbers.",
    error: "that of the sum, and one division of doubles",
    make: |_, _| Aggregate::Avg,
    takes: Takes::Number,
    gives: Gives::Number,
    examples: &[("[]", "?"), ("[1, 2, null]", "1.5")],
};

pub(super) fn value(sum: &Sum) -> Option<Number> {
    sum.value()?.divide(Number::Double(sum.count() as f64))
}
