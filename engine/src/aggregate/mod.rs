//! Aggregates: what a window or an aggregate rule adds up.
//!
//! Each has a file of its own, whose opening comment is its documentation; [`AGGREGATES`] lists them all.
//! Adding one touches its file, a `mod` line, [`Aggregate`] and the list; one that adds up something new has its
//! [`Accumulator`] and the bytes of that, too.

mod avg;
mod bytes;
mod count;
mod distinct;
mod last;
mod max;
mod min;
mod percentile;
mod rate;
mod stddev;
mod sum;

use serde::{Deserialize, Serialize};

pub(crate) use self::bytes::KINDS;
use crate::event::Datum;
use crate::number::Number;
use crate::time::Time;

/// Every aggregate, in the order in which they are explained.
pub(crate) const AGGREGATES: &[Spec] = &[
    count::SPEC,
    sum::SPEC,
    avg::SPEC,
    min::SPEC,
    max::SPEC,
    stddev::SPEC,
    last::SPEC,
    distinct::SPEC,
    percentile::SPEC,
    rate::SPEC,
];

/// What rule authors must know of an aggregate.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Spec {
    pub(crate) name: &'static str,
    /// How it is written, without its window.
    pub(crate) signature: &'static str,
    /// What it gives, in one sentence.
    pub(crate) summary: &'static str,
    /// How far off it can be.
    pub(crate) error: &'static str,
    /// The aggregate over a window of so many milliseconds, and of this percentile in millionths.
    pub(crate) make: fn(i64, u32) -> Aggregate,
    pub(crate) takes: Takes,
    pub(crate) gives: Gives,
    /// Values as a JSON list, and what they give, `?` being unknown.
    pub(crate) examples: &'static [(&'static str, &'static str)],
}

/// What stands in an aggregate's brackets.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Takes {
    /// A condition, or nothing.
    Condition,
    /// A number and, if need be, `where` and a condition.
    Number,
    /// Any single value and, if need be, `where` and a condition.
    Scalar,
    /// A number and a percentile and, if need be, `where` and a condition.
    Percentile,
}

/// What is known of an aggregate's value before any event is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Gives {
    Number,
    /// What the events hold.
    Anything,
}

/// The aggregate of that name.
pub(crate) fn find(name: &str) -> Option<&'static Spec> {
    AGGREGATES.iter().find(|spec| spec.name == name)
}

/// An aggregate with all that its value depends on beside the events.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Aggregate {
    Count,
    /// Events a second.
    Rate {
        /// The window's length, in milliseconds.
        length: i64,
    },
    Sum,
    Avg,
    Min,
    Max,
    StdDev,
    Last,
    Distinct,
    Percentile {
        /// The percentile in millionths, so that ranks are computed exactly: 99.9 % are 99,900,000.
        millionths: u32,
    },
}

impl Aggregate {
    /// Whether an event with this value adds anything.
    pub(crate) fn takes(self, value: &Datum<'_>) -> bool {
        match self {
            Aggregate::Count | Aggregate::Rate { .. } => true,
            Aggregate::Last => last::takes(value),
            Aggregate::Distinct => distinct::takes(value),
            _ => matches!(value, Datum::Number(_)),
        }
    }

    /// Whether adding an event to a fold of panes gives what adding it to the newest of them and folding again
    /// gives, to the bit. Sums of doubles do not: they are rounded as they are added.
    pub(crate) fn adds_to_fold(self) -> bool {
        matches!(
            self,
            Aggregate::Min | Aggregate::Max | Aggregate::Distinct | Aggregate::Percentile { .. }
        )
    }

    /// The most bytes that an accumulator takes in stored state.
    pub(crate) fn max_bytes(self) -> i64 {
        // The variant of the accumulator is the first byte.
        1 + match self {
            Aggregate::Count | Aggregate::Rate { .. } => count::MAX_BYTES,
            Aggregate::Sum | Aggregate::Avg => sum::MAX_BYTES,
            Aggregate::Min | Aggregate::Max => min::MAX_BYTES,
            Aggregate::StdDev => stddev::MAX_BYTES,
            Aggregate::Last => last::MAX_BYTES,
            Aggregate::Distinct => distinct::MAX_BYTES,
            Aggregate::Percentile { .. } => percentile::MAX_BYTES,
        }
    }
}

/// What an aggregate has added up, of one pane or of several.
///
/// It stands by itself: made by [`Accumulator::new`], merged, and written and read: in rows with serde, in panes by
/// [`Accumulator::write`], which gives the same bytes.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) enum Accumulator {
    Count(u64),
    Sum(sum::Sum),
    Min(Option<Number>),
    Max(Option<Number>),
    StdDev(stddev::Deviation),
    Last(last::Last),
    Distinct(distinct::Distinct),
    Percentile(percentile::Sketch),
}

impl Default for Accumulator {
    fn default() -> Self {
        Accumulator::Count(0)
    }
}

impl Accumulator {
    /// Makes an accumulator that holds nothing.
    pub(crate) fn new(aggregate: Aggregate) -> Accumulator {
        match aggregate {
            Aggregate::Count | Aggregate::Rate { .. } => Accumulator::Count(0),
            Aggregate::Sum | Aggregate::Avg => Accumulator::Sum(sum::Sum::default()),
            Aggregate::Min => Accumulator::Min(None),
            Aggregate::Max => Accumulator::Max(None),
            Aggregate::StdDev => Accumulator::StdDev(stddev::Deviation::default()),
            Aggregate::Last => Accumulator::Last(last::Last::default()),
            Aggregate::Distinct => Accumulator::Distinct(distinct::Distinct::default()),
            Aggregate::Percentile { .. } => Accumulator::Percentile(percentile::Sketch::default()),
        }
    }

    /// Empties it for an aggregate. Where it was of such a one, its memory stays.
    pub(crate) fn clear(&mut self, aggregate: Aggregate) {
        match (&mut *self, aggregate) {
            (Accumulator::Distinct(distinct), Aggregate::Distinct) => distinct.clear(),
            (Accumulator::Percentile(sketch), Aggregate::Percentile { .. }) => sketch.clear(),
            _ => *self = Accumulator::new(aggregate),
        }
    }

    /// Adds an event: its value, and when it happened. A value that [`Aggregate::takes`] not adds nothing.
    pub(crate) fn add(&mut self, value: Datum<'_>, time: Time) {
        match (self, value) {
            (Accumulator::Count(count), _) => *count = count.saturating_add(1),
            (Accumulator::Sum(sum), Datum::Number(number)) => sum.add(number),
            (Accumulator::Min(held), Datum::Number(number)) => min::add(held, number),
            (Accumulator::Max(held), Datum::Number(number)) => max::add(held, number),
            (Accumulator::StdDev(deviation), Datum::Number(number)) => deviation.add(number),
            (Accumulator::Percentile(sketch), Datum::Number(number)) => sketch.add(number),
            (Accumulator::Last(last), value) => last.add(value, time),
            (Accumulator::Distinct(distinct), value) => distinct.add(value),
            _ => {}
        }
    }

    /// Adds what another accumulator of the same aggregate holds; one of another aggregate adds nothing.
    pub(crate) fn merge(&mut self, other: &Accumulator) {
        match (self, other) {
            (Accumulator::Count(count), Accumulator::Count(more)) => {
                *count = count.saturating_add(*more);
            }
            (Accumulator::Sum(sum), Accumulator::Sum(more)) => sum.merge(more),
            (Accumulator::Min(held), Accumulator::Min(Some(other))) => min::add(held, *other),
            (Accumulator::Max(held), Accumulator::Max(Some(other))) => max::add(held, *other),
            (Accumulator::StdDev(deviation), Accumulator::StdDev(other)) => deviation.merge(other),
            (Accumulator::Last(last), Accumulator::Last(other)) => last.merge(other),
            (Accumulator::Distinct(distinct), Accumulator::Distinct(other)) => {
                distinct.merge(other);
            }
            (Accumulator::Percentile(sketch), Accumulator::Percentile(other)) => {
                sketch.merge(other);
            }
            _ => {}
        }
    }

    /// What has been added up, for one of the aggregates that the accumulator is of.
    pub(crate) fn value(&self, aggregate: Aggregate) -> Datum<'_> {
        match self {
            Accumulator::Last(last) => last.value(),
            _ => self.number(aggregate),
        }
    }

    /// As [`Accumulator::value`], of an aggregate that gives a number; empty for another.
    pub(crate) fn number(&self, aggregate: Aggregate) -> Datum<'static> {
        let number = match (self, aggregate) {
            (Accumulator::Count(count), Aggregate::Rate { length }) => rate::value(*count, length),
            (Accumulator::Count(count), _) => Some(count::value(*count)),
            (Accumulator::Sum(sum), Aggregate::Avg) => avg::value(sum),
            (Accumulator::Sum(sum), _) => sum.value(),
            (Accumulator::Min(extreme) | Accumulator::Max(extreme), _) => *extreme,
            (Accumulator::StdDev(deviation), _) => deviation.value(),
            (Accumulator::Distinct(distinct), _) => Some(count::value(distinct.value())),
            (Accumulator::Percentile(sketch), Aggregate::Percentile { millionths }) => {
                sketch.value(millionths)
            }
            (Accumulator::Percentile(_) | Accumulator::Last(_), _) => None,
        };
        number.map_or(Datum::Empty, Datum::Number)
    }

    /// The bytes of memory that it takes beside itself.
    pub(crate) fn memory(&self) -> usize {
        match self {
            Accumulator::Last(last) => last.memory(),
            Accumulator::Distinct(distinct) => distinct.memory(),
            Accumulator::Percentile(sketch) => sketch.memory(),
            _ => 0,
        }
    }

    /// Forgets the value of a pane that only its time still matters of.
    pub(crate) fn clear_last(&mut self) {
        if let Accumulator::Last(last) = self {
            *last = last::Last::default();
        }
    }

    /// Whether it can be of this aggregate and holds nothing impossible, for state that comes from outside.
    pub(crate) fn fits(&self, aggregate: Aggregate) -> bool {
        match (self, aggregate) {
            (Accumulator::Count(_), Aggregate::Count | Aggregate::Rate { .. }) => true,
            (Accumulator::Sum(sum), Aggregate::Sum | Aggregate::Avg) => sum.fits(),
            (Accumulator::Min(extreme), Aggregate::Min)
            | (Accumulator::Max(extreme), Aggregate::Max) => extreme.is_none_or(Number::fits),
            (Accumulator::StdDev(deviation), Aggregate::StdDev) => deviation.fits(),
            (Accumulator::Last(last), Aggregate::Last) => last.fits(),
            (Accumulator::Distinct(distinct), Aggregate::Distinct) => distinct.fits(),
            (Accumulator::Percentile(sketch), Aggregate::Percentile { .. }) => sketch.fits(),
            _ => false,
        }
    }
}

#[cfg(test)]
mod tests;
