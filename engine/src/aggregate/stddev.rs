//! `stddev(value [where condition])`: the standard deviation of the numbers, the population's.
//!
//! It is the root of the mean squared distance from the mean (the divisor is n). Events whose value is no number do
//! not count. Numbers are taken as doubles. Of one number it is 0; unknown of nothing, and where
//! the deviation itself is past the doubles.
//!
//! Error: Chan's recurrence, with the mean in two doubles, so that numbers close to one another but far from
//! 0 lose nothing. The recurrence runs on the deviation, not on its square, so that numbers of 1e300 do not
//! overflow and those of 1e-300 do not vanish.

use serde::{Deserialize, Serialize};

use super::{Aggregate, Gives, Spec, Takes};
use crate::number::{Number, finite};
use crate::wire;

pub(super) const SPEC: Spec = Spec {
    name: "stddev",
    signature: "stddev(value [where condition])",
    summary: "The standard deviation of the numbers, with divisor n.",
    error: "the rounding of doubles",
    make: |_, _| Aggregate::StdDev,
    takes: Takes::Number,
    gives: Gives::Number,
    examples: &[
        ("[]", "?"),
        ("[7]", "0.0"),
        ("[1, 3]", "1.0"),
        ("[1e300, -1e300]", "1e300"),
    ],
};

/// An integer of 64 bits and three doubles.
pub(super) const MAX_BYTES: i64 = 10 + 3 * 8;

/// Numbers as their count, mean and deviation.
#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize, Deserialize)]
pub(crate) struct Deviation {
    count: u64,
    mean: f64,
    /// What the mean is more than the double nearest to it.
    rest: f64,
    deviation: f64,
}

impl Deviation {
    pub(super) fn add(&mut self, number: Number) {
        self.merge(&Deviation {
            count: 1,
            mean: number.to_f64(),
            rest: 0.0,
            deviation: 0.0,
        });
    }

    /// With n = a + b and d the distance of the means, the squared deviation of the union is
    /// a/n · s_a² + b/n · s_b² + ab/n² · d².
    pub(super) fn merge(&mut self, other: &Deviation) {
        if self.count == 0 {
            *self = *other;
            return;
        }
        if other.count == 0 {
            return;
        }
        let (a, b) = (self.count as f64, other.count as f64);
        let n = a + b;
        // Half the distance is never past the doubles.
        let half = (other.mean / 2.0 - self.mean / 2.0) + (other.rest / 2.0 - self.rest / 2.0);
        let between = half.abs() * (2.0 * (a / n * (b / n)).sqrt());
        let within = length(
            self.deviation * (a / n).sqrt(),
            other.deviation * (b / n).sqrt(),
        );
        // From the mean of more numbers, so that the step is at most half the distance.
        let (mean, rest, step) = if a >= b {
            (self.mean, self.rest, half * (2.0 * (b / n)))
        } else {
            (other.mean, other.rest, -half * (2.0 * (a / n)))
        };
        let step = rest + step;
        self.mean = mean + step;
        // Knuth's exact error of a sum.
        let added = self.mean - mean;
        self.rest = (mean - (self.mean - added)) + (step - added);
        self.deviation = length(within, between);
        self.count = self.count.saturating_add(other.count);
    }

    pub(super) fn write(&self, bytes: &mut Vec<u8>) {
        wire::put_integer(bytes, self.count);
        for double in [self.mean, self.rest, self.deviation] {
            wire::put_double(bytes, double);
        }
    }

    pub(super) fn read(bytes: &mut &[u8]) -> Option<Deviation> {
        Some(Deviation {
            count: wire::take_integer(bytes)?,
            mean: wire::take_double(bytes)?,
            rest: wire::take_double(bytes)?,
            deviation: wire::take_double(bytes)?,
        })
    }

    pub(super) fn value(&self) -> Option<Number> {
        (self.count > 0).then(|| finite(self.deviation)).flatten()
    }

    pub(super) fn fits(&self) -> bool {
        self.mean.is_finite() && self.rest.is_finite() && self.deviation >= 0.0
    }
}

/// The root of x² + y², of which neither square need be a double. Only operations that are exact to the last bit on every
/// machine are used, which the library's `hypot` is not.
fn length(x: f64, y: f64) -> f64 {
    let (small, large) = if x < y { (x, y) } else { (y, x) };
    if large == 0.0 || large.is_infinite() {
        return large;
    }
    let ratio = small / large;
    large * (1.0 + ratio * ratio).sqrt()
}
