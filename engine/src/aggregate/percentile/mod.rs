//! `percentile(value, p [where condition])`: the value that p percent of the numbers do not exceed.
//!
//! `p` is a number from 0 to 100, written out: `percentile(data.latencyMs, 99.9)`. Nearest rank: of n
//! numbers in order the one at place p/100 · n, rounded up, and the first for p = 0. Up to six decimals of `p` are heeded. Events whose value is
//! no number do not count. Numbers are taken as doubles; what it gives is a double. Unknown of nothing.
//!
//! Error: at most 1 % of the value, by a DDSketch; the least and the greatest number are exact. The sketch
//! keeps 2,048 bins. Numbers of one sign that span less than twelve powers of ten never need more; where
//! they do, the lowest numbers lose their precision first. Merging in any order gives the same bytes.

mod sketch;

pub(super) use sketch::{MAX_BYTES, Sketch};

use super::{Aggregate, Gives, Spec, Takes};

pub(super) const SPEC: Spec = Spec {
    name: "percentile",
    signature: "percentile(value, p [where condition])",
    summary: "The value that p percent of the numbers do not exceed, within 1 % of it; p is from 0 to 100.",
    error: "at most 1 % of the value",
    make: |_, millionths| Aggregate::Percentile { millionths },
    takes: Takes::Percentile,
    gives: Gives::Number,
    examples: &[("[]", "?"), ("[7]", "7.0"), ("[1, 2, null]", "1.0")],
};
