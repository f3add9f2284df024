//! The panes of one window of one group.

mod counts;
mod sums;

use self::counts::{Counts, SpareCounts};
use self::sums::{SpareSums, Sums};
use super::{Frame, Window};
use crate::aggregate::{Accumulator, Aggregate};
use crate::event::Datum;
use crate::time::Time;

/// The panes of one window of one group, oldest first, none of them empty.
///
/// They are those that the window holds for the slowest of the alerts that have it and, with an offset, those that are yet
/// to enter it.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Panes {
    Counts(Counts),
    Sums(Box<Sums>),
}

/// The memory of panes that are gone.
#[derive(Debug, Default)]
pub(crate) struct SparePanes {
    counts: SpareCounts,
    sums: SpareSums,
}

impl Panes {
    /// No panes, of a window of this aggregate.
    pub(crate) fn new(aggregate: Aggregate) -> Panes {
        match aggregate {
            Aggregate::Count | Aggregate::Rate { .. } => Panes::Counts(Counts::default()),
            _ => Panes::Sums(Box::default()),
        }
    }

    /// The most bytes that they take in stored state.
    pub(crate) fn max_bytes(aggregate: Aggregate, frame: Frame) -> i64 {
        let kept = frame.kept();
        if let Panes::Counts(_) = Panes::new(aggregate) {
            return Counts::max_bytes(kept);
        }
        // How many there are, and the number of the first, are two integers of 64 bits. Panes side by side
        // have a distance of one byte; of panes further apart there are fewer, which saves more than the
        // longer distances cost.
        20 + kept
            + match aggregate {
                // Of the panes that have entered the window, only the newest keeps its value.
                Aggregate::Last => (frame.waiting() + 1) * aggregate.max_bytes() + 2 * kept,
                _ => kept * aggregate.max_bytes(),
            }
    }

    /// The bytes of memory that they take beside themselves.
    pub(crate) fn memory(&self) -> usize {
        match self {
            Panes::Counts(counts) => counts.memory(),
            Panes::Sums(sums) => size_of::<Sums>() + sums.memory(),
        }
    }

    /// Adds an event of `time` with its value, if the window still holds or has yet to take in its pane.
    pub(crate) fn add(&mut self, window: &Window, time: Time, clock: Time, value: Datum<'_>) {
        let number = window.frame.number(time);
        if number < window.frame.oldest(clock) || !window.aggregate.takes(&value) {
            return;
        }
        match self {
            Panes::Counts(counts) => counts.add(number),
            Panes::Sums(sums) => sums.add(window.aggregate, number, value, time),
        }
    }

    /// Drops what the window no longer holds at `clock`.
    pub(crate) fn expire(&mut self, window: &Window, clock: Time) {
        let Window {
            frame, aggregate, ..
        } = window;
        let oldest = frame.oldest(clock);
        match self {
            Panes::Counts(counts) => counts.expire(oldest),
            Panes::Sums(sums) => {
                sums.expire(oldest);
                let entered = entered(sums, *frame, clock);
                if *aggregate == Aggregate::Last {
                    sums.clear_all_but_last(entered);
                } else {
                    sums.keep_fold(*aggregate, entered);
                }
            }
        }
    }

    /// When a pane next enters or leaves the window, if none is added before.
    pub(crate) fn next_change(&self, frame: Frame, clock: Time) -> Option<Time> {
        let oldest = match self.oldest()? {
            oldest if frame.leaves(oldest) > clock => oldest,
            _ => self.oldest_of(frame.oldest(clock))?,
        };
        let leaves = frame.leaves(oldest);
        let newest = frame.newest(clock);
        let waiting = match self {
            _ if frame.offset == 0 => None,
            Panes::Counts(counts) => counts
                .panes()
                .map(|pane| pane.0)
                .find(|number| *number > newest),
            Panes::Sums(sums) => sums
                .panes()
                .get(entered(sums, frame, clock))
                .map(|pane| pane.0),
        };
        Some(waiting.map_or(leaves, |number| leaves.min(frame.enters(number))))
    }

    fn oldest(&self) -> Option<i64> {
        match self {
            Panes::Counts(counts) => counts.oldest(),
            Panes::Sums(sums) => sums.panes().front().map(|pane| pane.0),
        }
    }

    /// The oldest pane from that of a number on.
    fn oldest_of(&self, number: i64) -> Option<i64> {
        match self {
            Panes::Counts(counts) => counts.panes().map(|pane| pane.0).find(|one| *one >= number),
            Panes::Sums(sums) => sums.panes().get(sums.before(number)).map(|pane| pane.0),
        }
    }

    /// The latest time before `time` at which one of the panes leaves the window.
    pub(crate) fn last_left(&self, frame: Frame, time: Time) -> Option<Time> {
        if frame.leaves(self.oldest()?) >= time {
            return None;
        }
        let mut last = None;
        self.each_number(|number| {
            last = last.max(Some(frame.leaves(number)).filter(|at| *at < time))
        });
        last
    }

    fn each_number(&self, mut take: impl FnMut(i64)) {
        match self {
            Panes::Counts(counts) => counts.panes().for_each(|pane| take(pane.0)),
            Panes::Sums(sums) => sums.panes().iter().for_each(|pane| take(pane.0)),
        }
    }

    /// The value of the window at `clock`.
    pub(crate) fn value(&self, window: &Window, clock: Time) -> Datum<'_> {
        let Window {
            frame, aggregate, ..
        } = window;
        let number = |count| Accumulator::Count(count).number(*aggregate);
        // What has left by this clock may still be there for another that is behind it.
        let all_are_held = self.oldest().is_none_or(|pane| frame.leaves(pane) > clock);
        match self {
            Panes::Counts(counts) if frame.offset == 0 && all_are_held => number(counts.total()),
            Panes::Counts(counts) => {
                let held = frame.oldest(clock)..=frame.newest(clock);
                let held = counts.panes().filter(|pane| held.contains(&pane.0));
                number(held.map(|pane| pane.1).sum())
            }
            Panes::Sums(sums) => {
                let start = match all_are_held {
                    true => 0,
                    false => sums.before(frame.oldest(clock)),
                };
                sums.value(*aggregate, start, entered(sums, *frame, clock))
            }
        }
    }

    /// Whether the panes can be the window's at `clock`, for state that comes from outside.
    pub(crate) fn fits(&self, window: &Window, clock: Time) -> bool {
        // That they ascend was checked when they were read.
        let held = window.frame.oldest(clock)..=window.frame.number(clock);
        let mut are_held = true;
        self.each_number(|number| are_held &= held.contains(&number));
        let are_of_kind = match (self, Panes::new(window.aggregate)) {
            (Panes::Counts(_), Panes::Counts(_)) => true,
            (Panes::Sums(sums), Panes::Sums(_)) => sums.fits(window.aggregate),
            _ => false,
        };
        are_held && are_of_kind
    }

    /// Appends their stored form.
    pub(crate) fn write(&self, bytes: &mut Vec<u8>) {
        match self {
            Panes::Counts(counts) => counts.write(bytes),
            Panes::Sums(sums) => {
                bytes.push(SUMS);
                sums.write(bytes);
            }
        }
    }

    /// Takes what [`Panes::write`] wrote off the front; `None` for what it cannot have written.
    pub(crate) fn read(bytes: &mut &[u8], spare: &mut SparePanes) -> Option<Panes> {
        match bytes.split_first()? {
            (&SUMS, rest) => {
                *bytes = rest;
                Sums::read(bytes, &mut spare.sums).map(Panes::Sums)
            }
            _ => Counts::read(bytes, &mut spare.counts).map(Panes::Counts),
        }
    }

    /// Whether they have memory beside themselves.
    #[inline]
    pub(crate) fn has_memory(&self) -> bool {
        match self {
            Panes::Counts(counts) => counts.has_memory(),
            Panes::Sums(_) => true,
        }
    }

    /// Leaves their memory for others; they are no panes then.
    pub(crate) fn leave(&mut self, spare: &mut SparePanes) {
        match self {
            Panes::Counts(counts) => counts.leave(&mut spare.counts),
            Panes::Sums(_) => {
                if let Panes::Sums(sums) = std::mem::replace(self, Panes::Counts(Counts::default()))
                {
                    sums.leave(&mut spare.sums);
                }
            }
        }
    }

    /// Gives back memory that is not needed as long as no event comes.
    pub(crate) fn shed(&mut self) {
        if let Panes::Sums(sums) = self {
            sums.shed();
        }
    }
}

/// What begins stored panes that are no counts.
const SUMS: u8 = 3;

/// How many of the panes the window holds at `clock`; the others are yet to enter it.
fn entered(sums: &Sums, frame: Frame, clock: Time) -> usize {
    if frame.offset == 0 {
        return sums.panes().len();
    }
    let newest = frame.newest(clock);
    sums.panes()
        .partition_point(|(number, _)| *number <= newest)
}

#[cfg(test)]
mod tests;
