//! `sum(value [where condition])`: the sum of the numbers.
//!
//! Events whose value is no number add nothing. Integers add up exactly; a sum of integers past 64 bits,
//! and any sum with a double in it, is a double. Doubles are added in the order of delivery within a pane.
//! Of nothing it is 0; unknown only if the sum is past the doubles.

use serde::{Deserialize, Serialize};

use super::{Aggregate, Gives, Spec, Takes};
use crate::number::{Number, finite};
use crate::wire;

pub(super) const SPEC: Spec = Spec {
    name: "sum",
    signature: "sum(value [where condition])",
    summary: "The sum of the numbers.",
    error: "exact for integers; doubles are rounded as they are added",
    make: |_, _| Aggregate::Sum,
    takes: Takes::Number,
    gives: Gives::Number,
    examples: &[
        ("[]", "0"),
        ("[1, 2, \"text\", null]", "3"),
        ("[1, 2.5]", "3.5"),
        ("[9223372036854775807, 1]", "9.223372036854776e18"),
    ],
};

/// An integer of 128 bits, a double, two integers of 64 bits.
pub(super) const MAX_BYTES: i64 = 19 + 8 + 10 + 10;

/// A sum that keeps integers exact: they and the doubles are added up apart.
#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize, Deserialize)]
pub(crate) struct Sum {
    integers: i128,
    doubles: f64,
    /// How many doubles were added.
    double_count: u64,
    /// How many numbers were added.
    count: u64,
}

impl Sum {
    pub(super) fn add(&mut self, number: Number) {
        match number {
            // 2^64 numbers of 2^63 fit 128 bits.
            Number::Integer(integer) => {
                self.integers = self.integers.saturating_add(i128::from(integer));
            }
            Number::Double(double) => {
                self.doubles += double;
                self.double_count = self.double_count.saturating_add(1);
            }
        }
        self.count = self.count.saturating_add(1);
    }

    pub(super) fn merge(&mut self, other: &Sum) {
        self.integers = self.integers.saturating_add(other.integers);
        self.doubles += other.doubles;
        self.double_count = self.double_count.saturating_add(other.double_count);
        self.count = self.count.saturating_add(other.count);
    }

    pub(super) fn write(&self, bytes: &mut Vec<u8>) {
        match i64::try_from(self.integers) {
            Ok(integers) => wire::put_signed(bytes, integers),
            Err(_) => wire::put(bytes, &self.integers),
        }
        wire::put_double(bytes, self.doubles);
        wire::put_integer(bytes, self.double_count);
        wire::put_integer(bytes, self.count);
    }

    pub(super) fn read(bytes: &mut &[u8]) -> Option<Sum> {
        let mut quick = *bytes;
        let integers = match wire::take_signed(&mut quick) {
            Some(integers) => {
                *bytes = quick;
                i128::from(integers)
            }
            None => wire::take(bytes)?,
        };
        Some(Sum {
            integers,
            doubles: wire::take_double(bytes)?,
            double_count: wire::take_integer(bytes)?,
            count: wire::take_integer(bytes)?,
        })
    }

    pub(super) fn value(&self) -> Option<Number> {
        match i64::try_from(self.integers) {
            Ok(integer) if self.double_count == 0 => Some(Number::Integer(integer)),
            _ => finite(self.integers as f64 + self.doubles),
        }
    }

    pub(super) fn count(&self) -> u64 {
        self.count
    }

    /// A sum past the doubles is infinite or, once both infinities met, not a number: that is possible.
    pub(super) fn fits(&self) -> bool {
        self.double_count <= self.count && (self.double_count > 0 || self.doubles == 0.0)
    }
}
