//! Windows: the events of a group, summed up in panes.

use std::cmp::Ordering;
use std::collections::VecDeque;

use serde::{Deserialize, Serialize};

use crate::event::Datum;
use crate::number::{Number, finite};
use crate::program::Node;
use crate::time::Time;

/// Lengths that a pane may have, in milliseconds, longest first.
const PANES: [i64; 17] = [
    86_400_000, 43_200_000, 21_600_000, 7_200_000, 3_600_000, 1_800_000, 900_000, 600_000, 300_000,
    120_000, 60_000, 30_000, 15_000, 10_000, 5_000, 2_000, 1_000,
];

/// How the windows of one aggregate lie in time.
///
/// Pane number of a time x: floor(x / pane), from the Unix epoch. At time t the window holds the panes
/// from that of `t − reach` to that of t, so pane p leaves it at `(p + 1) · pane + reach`. A sliding
/// window reaches back its length; a tumbling one is a single pane and reaches back nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct Frame {
    /// Length of a pane, in milliseconds.
    pub(crate) pane: i64,
    /// How far back the window reaches beyond the pane that holds the clock, in milliseconds.
    pub(crate) reach: i64,
    /// Length of the window, in milliseconds.
    pub(crate) length: i64,
}

impl Frame {
    /// The trailing window of `length` milliseconds.
    pub(crate) fn over(length: i64) -> Frame {
        let fits = |pane: &&i64| length % **pane == 0 && (**pane * 60 <= length || **pane == 1_000);
        let pane = PANES.iter().find(fits).copied().unwrap_or(1_000);
        Frame {
            pane,
            reach: length,
            length,
        }
    }

    /// The tumbling window of `length` milliseconds.
    pub(crate) fn per(length: i64) -> Frame {
        Frame {
            pane: length,
            reach: 0,
            length,
        }
    }

    pub(crate) fn is_tumbling(self) -> bool {
        self.reach == 0
    }

    fn number(self, time: Time) -> i64 {
        time.0.div_euclid(self.pane)
    }

    /// The oldest pane that the window holds at `clock`.
    fn oldest(self, clock: Time) -> i64 {
        (clock.0 - self.reach).div_euclid(self.pane)
    }

    fn leaves(self, pane: i64) -> Time {
        Time((pane + 1) * self.pane + self.reach)
    }

    /// When the pane that holds `time` began.
    pub(crate) fn pane_start(self, time: Time) -> Time {
        Time(self.number(time) * self.pane)
    }

    /// When the pane that holds `clock` ends.
    pub(crate) fn pane_end(self, clock: Time) -> Time {
        Time((self.number(clock) + 1) * self.pane)
    }

    /// When the first window that lies wholly after `birth` is over.
    pub(crate) fn first_full(self, birth: Time) -> Time {
        birth.plus(self.length + self.pane)
    }

    /// The most panes that can be held at once.
    pub(crate) fn panes(self) -> i64 {
        self.reach / self.pane + 1
    }
}

/// The aggregates.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Aggregate {
    Count,
    Sum,
    Avg,
    Min,
    Max,
}

impl Aggregate {
    /// The most bytes that one pane takes in stored state, its number included.
    pub(crate) fn pane_bytes(self) -> i64 {
        match self {
            Aggregate::Count => 21,
            Aggregate::Min | Aggregate::Max => 22,
            Aggregate::Sum | Aggregate::Avg => 50,
        }
    }
}

/// A window of an alert: what it adds up and for how long.
#[derive(Debug)]
pub(crate) struct Window {
    /// Its canonical text, the key of its value in an alert's evidence.
    pub(crate) text: String,
    pub(crate) aggregate: Aggregate,
    pub(crate) value: Option<Node>,
    pub(crate) filter: Option<Node>,
    pub(crate) frame: Frame,
}

/// What one pane has summed up; which fields are used depends on the aggregate.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
enum Pane {
    Count(u64),
    Sum(Sum),
    Extreme(Number),
}

/// A sum that keeps integers exact: they and the doubles are added up apart.
#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize, Deserialize)]
struct Sum {
    integers: i128,
    doubles: f64,
    /// How many doubles were added.
    double_count: u64,
    /// How many numbers were added.
    count: u64,
}

impl Sum {
    fn add(&mut self, number: Number) {
        match number {
            // 2^64 numbers of 2^63 fit 128 bits; only what was stored wrong goes past them.
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

    fn merge(&mut self, other: Sum) {
        self.integers = self.integers.saturating_add(other.integers);
        self.doubles += other.doubles;
        self.double_count = self.double_count.saturating_add(other.double_count);
        self.count = self.count.saturating_add(other.count);
    }

    fn total(self) -> Option<Number> {
        match i64::try_from(self.integers) {
            Ok(integer) if self.double_count == 0 => Some(Number::Integer(integer)),
            _ => finite(self.integers as f64 + self.doubles),
        }
    }
}

/// The panes of one window of one group, oldest first, none of them empty.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub(crate) struct Panes(VecDeque<(i64, Pane)>);

impl Panes {
    /// Adds an event of `time` (with the number that its value is) if the window still holds its pane.
    pub(crate) fn add(&mut self, window: &Window, time: Time, clock: Time, value: Option<Number>) {
        let number = window.frame.number(time);
        if number < window.frame.oldest(clock) {
            return;
        }
        let new = match (window.aggregate, value) {
            (Aggregate::Count, _) => Pane::Count(0),
            (Aggregate::Sum | Aggregate::Avg, Some(_)) => Pane::Sum(Sum::default()),
            (Aggregate::Min | Aggregate::Max, Some(value)) => Pane::Extreme(value),
            (_, None) => return,
        };
        // Most events belong to the newest pane.
        let at = match self.0.back() {
            Some((newest, _)) if *newest == number => self.0.len() - 1,
            Some((newest, _)) if *newest > number => {
                match self.0.binary_search_by_key(&number, |pane| pane.0) {
                    Ok(at) => at,
                    Err(at) => {
                        self.0.insert(at, (number, new));
                        at
                    }
                }
            }
            _ => {
                self.0.push_back((number, new));
                self.0.len() - 1
            }
        };
        match (&mut self.0[at].1, value) {
            (Pane::Count(count), _) => *count = count.saturating_add(1),
            (Pane::Sum(sum), Some(value)) => sum.add(value),
            (Pane::Extreme(extreme), Some(value)) => {
                *extreme = more_extreme(window.aggregate, *extreme, value)
            }
            (_, None) => {}
        }
    }

    /// Drops the panes that the window no longer holds at `clock`.
    pub(crate) fn expire(&mut self, frame: Frame, clock: Time) {
        let oldest = frame.oldest(clock);
        while self.0.front().is_some_and(|(number, _)| *number < oldest) {
            self.0.pop_front();
        }
    }

    /// When the oldest pane leaves the window.
    pub(crate) fn next_leave(&self, frame: Frame) -> Option<Time> {
        self.0.front().map(|(number, _)| frame.leaves(*number))
    }

    /// The value of the window, folded over its panes from the oldest on, so that the same panes always
    /// give the same bits.
    pub(crate) fn value(&self, aggregate: Aggregate) -> Datum<'static> {
        let mut count = 0_u64;
        let mut sum = Sum::default();
        let mut extreme: Option<Number> = None;
        for (_, pane) in &self.0 {
            match pane {
                Pane::Count(events) => count = count.saturating_add(*events),
                Pane::Sum(pane) => sum.merge(*pane),
                Pane::Extreme(pane) => {
                    extreme = Some(
                        extreme.map_or(*pane, |extreme| more_extreme(aggregate, extreme, *pane)),
                    );
                }
            }
        }
        let number = match aggregate {
            Aggregate::Count => Some(Number::Integer(i64::try_from(count).unwrap_or(i64::MAX))),
            Aggregate::Sum => sum.total(),
            Aggregate::Avg => sum
                .total()
                .and_then(|total| total.divide(Number::Double(sum.count as f64))),
            Aggregate::Min | Aggregate::Max => extreme,
        };
        number.map_or(Datum::Empty, Datum::Number)
    }

    /// Whether the panes fit the window at `clock`, for state that comes from outside.
    pub(crate) fn fits(&self, window: &Window, clock: Time) -> bool {
        let held = window.frame.oldest(clock)..=window.frame.number(clock);
        let can_be = |pane: &Pane| match (pane, window.aggregate) {
            (Pane::Count(_), Aggregate::Count) => true,
            (Pane::Sum(_), Aggregate::Sum | Aggregate::Avg) => true,
            (Pane::Extreme(number), Aggregate::Min | Aggregate::Max) => number.to_f64().is_finite(),
            _ => false,
        };
        let panes = self
            .0
            .iter()
            .all(|(number, pane)| held.contains(number) && can_be(pane));
        let sorted = self
            .0
            .iter()
            .zip(self.0.iter().skip(1))
            .all(|(a, b)| a.0 < b.0);
        panes && sorted
    }
}

fn more_extreme(aggregate: Aggregate, held: Number, new: Number) -> Number {
    let wanted = if aggregate == Aggregate::Min {
        Ordering::Less
    } else {
        Ordering::Greater
    };
    if new.compare(held) == wanted {
        new
    } else {
        held
    }
}

#[cfg(test)]
mod tests {
    use super::Frame;
    use crate::time::Time;

    #[test]
    fn the_pane_is_the_largest_that_divides_and_is_at_most_a_sixtieth() {
        let pane = |seconds: i64| Frame::over(seconds * 1_000).pane / 1_000;
        assert_eq!(pane(1), 1);
        assert_eq!(pane(300), 5);
        assert_eq!(pane(3_600), 60);
        assert_eq!(pane(7_200), 120);
        assert_eq!(pane(901), 1);
        assert_eq!(pane(86_400), 900);
        assert_eq!(pane(31 * 86_400), 43_200);
    }

    #[test]
    fn a_window_reaches_back_its_length_and_at_most_a_pane_more() {
        let frame = Frame::over(3_600_000);
        let pane = frame.number(Time(0));
        let leaves = frame.leaves(pane);
        assert_eq!(leaves, Time(3_660_000));
        assert!(frame.oldest(Time(leaves.0 - 1)) <= pane);
        assert!(frame.oldest(leaves) > pane);
        assert_eq!(frame.number(Time(-1)), -1);
    }
}
