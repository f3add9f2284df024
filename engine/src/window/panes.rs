//! The panes of one window of one group.

use std::collections::VecDeque;

use serde::{Deserialize, Serialize};

use super::{Frame, Window};
use crate::aggregate::{Accumulator, Aggregate};
use crate::event::Datum;
use crate::time::Time;

/// The panes of one window of one group, oldest first, none of them empty.
///
/// They are those that the window holds and, with an offset, those that are yet to enter it. In stored
/// state a pane is the distance of its number from the one before, and what it has added up.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub(crate) struct Panes(#[serde(with = "crate::deltas")] VecDeque<(i64, Accumulator)>);

impl Panes {
    /// The most bytes that they take in stored state.
    pub(crate) fn max_bytes(aggregate: Aggregate, frame: Frame) -> i64 {
        // How many there are, and the number of the first, are two integers of 64 bits. Panes side by side
        // have a distance of one byte; of panes further apart there are fewer, which saves more than the
        // longer distances cost.
        let kept = frame.kept();
        20 + kept
            + match aggregate {
                // Of the panes that have entered the window, only the newest keeps its value.
                Aggregate::Last => (frame.waiting() + 1) * aggregate.max_bytes() + 2 * kept,
                _ => kept * aggregate.max_bytes(),
            }
    }

    /// Adds an event of `time` with its value, if the window still holds or has yet to take in its pane.
    pub(crate) fn add(&mut self, window: &Window, time: Time, clock: Time, value: Datum<'_>) {
        let number = window.frame.number(time);
        if number < window.frame.oldest(clock) || !window.aggregate.takes(&value) {
            return;
        }
        // Most events belong to the newest pane.
        let at = match self.0.back() {
            Some((newest, _)) if *newest == number => self.0.len() - 1,
            Some((newest, _)) if *newest > number => {
                match self.0.binary_search_by_key(&number, |pane| pane.0) {
                    Ok(at) => at,
                    Err(at) => {
                        self.0
                            .insert(at, (number, Accumulator::new(window.aggregate)));
                        at
                    }
                }
            }
            _ => {
                self.0
                    .push_back((number, Accumulator::new(window.aggregate)));
                self.0.len() - 1
            }
        };
        self.0[at].1.add(value, time);
    }

    /// Drops what the window no longer holds at `clock`.
    pub(crate) fn expire(&mut self, window: &Window, clock: Time) {
        let oldest = window.frame.oldest(clock);
        while self.0.front().is_some_and(|(number, _)| *number < oldest) {
            self.0.pop_front();
        }
        if window.aggregate == Aggregate::Last {
            // A pane that has a newer one is there only for the time at which it leaves.
            let entered = self.entered(window.frame, clock);
            for (_, pane) in self.0.range_mut(..entered.saturating_sub(1)) {
                pane.clear_last();
            }
        }
    }

    /// How many of the panes the window holds at `clock`; the others are yet to enter it.
    fn entered(&self, frame: Frame, clock: Time) -> usize {
        if frame.offset == 0 {
            return self.0.len();
        }
        let newest = frame.newest(clock);
        self.0.partition_point(|(number, _)| *number <= newest)
    }

    /// When a pane next enters or leaves the window, if none is added before.
    pub(crate) fn next_change(&self, frame: Frame, clock: Time) -> Option<Time> {
        let leaves = frame.leaves(self.0.front()?.0);
        let waiting = self.0.get(self.entered(frame, clock));
        Some(waiting.map_or(leaves, |(number, _)| leaves.min(frame.enters(*number))))
    }

    /// The latest time before `time` at which one of the panes leaves the window.
    pub(crate) fn last_left(&self, frame: Frame, time: Time) -> Option<Time> {
        let leaving = self.0.iter().rev().map(|(number, _)| frame.leaves(*number));
        leaving.into_iter().find(|leaves| *leaves < time)
    }

    /// The value of the window at `clock`, folded over its panes from the oldest on, so that the same
    /// panes always give the same bits.
    pub(crate) fn value(&self, window: &Window, clock: Time) -> Datum<'_> {
        let mut held = self.0.range(..self.entered(window.frame, clock));
        if window.aggregate == Aggregate::Last {
            let newest = held.next_back();
            return newest.map_or(Datum::Empty, |(_, pane)| pane.value(window.aggregate));
        }
        let mut sum = Accumulator::new(window.aggregate);
        held.for_each(|(_, pane)| sum.merge(pane));
        sum.number(window.aggregate)
    }

    /// Whether the panes can be the window's at `clock`, for state that comes from outside.
    pub(crate) fn fits(&self, window: &Window, clock: Time) -> bool {
        // That they ascend was checked when they were read.
        let held = window.frame.oldest(clock)..=window.frame.number(clock);
        self.0
            .iter()
            .all(|(number, pane)| held.contains(number) && pane.fits(window.aggregate))
    }
}

#[cfg(test)]
mod tests;
