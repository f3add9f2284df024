//! Panes of any aggregate, each an accumulator.

use std::collections::VecDeque;

use crate::aggregate::{Accumulator, Aggregate, KINDS};
use crate::event::Datum;
use crate::pool::Pool;
use crate::time::Time;
use crate::{deltas, wire};

/// From how many panes on their fold is kept.
const MANY: usize = 2;

/// Accumulators by the number of their pane, oldest first.
#[derive(Debug, Clone, Default)]
pub(crate) struct Sums {
    panes: VecDeque<(i64, Accumulator)>,
    /// What folding the first panes from the oldest on gives, so that an event need not look at all of them.
    fold: Accumulator,
    /// How many panes that are.
    folded: usize,
    /// The memory of panes that are gone, for those that come.
    gone: Vec<Accumulator>,
}

/// Sums that are gone, by the kind of their accumulators.
pub(crate) type SpareSums = [Pool<Box<Sums>>; KINDS];

impl PartialEq for Sums {
    fn eq(&self, other: &Sums) -> bool {
        self.panes == other.panes
    }
}

impl Sums {
    pub(super) fn panes(&self) -> &VecDeque<(i64, Accumulator)> {
        &self.panes
    }

    #[cfg(test)]
    pub(super) fn panes_mut(&mut self) -> &mut VecDeque<(i64, Accumulator)> {
        &mut self.panes
    }

    /// The bytes of memory that they take beside themselves.
    pub(super) fn memory(&self) -> usize {
        let panes = self.panes.iter().map(|pane| &pane.1);
        let accumulators = panes.chain(&self.gone).chain([&self.fold]);
        self.panes.capacity() * size_of::<(i64, Accumulator)>()
            + self.gone.capacity() * size_of::<Accumulator>()
            + accumulators.map(Accumulator::memory).sum::<usize>()
    }

    /// Adds an event to the pane of that number.
    pub(super) fn add(&mut self, aggregate: Aggregate, number: i64, value: Datum<'_>, time: Time) {
        let at = self.place(aggregate, number);
        if at < self.folded {
            if aggregate.adds_to_fold() && at + 1 == self.panes.len() {
                self.fold.add(value.clone(), time);
            } else {
                self.folded = 0;
            }
        }
        self.panes[at].1.add(value, time);
    }

    /// Where the pane of that number stands, be it a new one.
    fn place(&mut self, aggregate: Aggregate, number: i64) -> usize {
        let place = match self.panes.back() {
            Some((newest, _)) if *newest == number => Ok(self.panes.len() - 1),
            Some((newest, _)) if *newest > number => {
                self.panes.binary_search_by_key(&number, |pane| pane.0)
            }
            _ => Err(self.panes.len()),
        };
        place.unwrap_or_else(|at| {
            let pane = self.new_pane(aggregate);
            self.panes.insert(at, (number, pane));
            at
        })
    }

    fn new_pane(&mut self, aggregate: Aggregate) -> Accumulator {
        let mut pane = self.gone.pop().unwrap_or_default();
        pane.clear(aggregate);
        pane
    }

    /// Drops the panes before `oldest`.
    pub(super) fn expire(&mut self, oldest: i64) {
        while let Some((number, _)) = self.panes.front()
            && *number < oldest
        {
            let pane = self.panes.pop_front();
            self.folded = 0;
            self.gone
                .extend(pane.map(|pane| pane.1).filter(|pane| pane.memory() > 0));
        }
    }

    /// Gives back the memory of panes that are gone, but for the next one that comes.
    pub(super) fn shed(&mut self) {
        self.gone.truncate(1);
    }

    /// Sees to it that the fold of the first panes is at hand: of so many or, where an event that is yet to come
    /// [cannot be added to it](Aggregate::adds_to_fold), of all but the last of them.
    pub(super) fn keep_fold(&mut self, aggregate: Aggregate, entered: usize) {
        if entered < MANY {
            return;
        }
        if self.folded == 0 {
            self.fold.clear(aggregate);
        }
        let rest = usize::from(!aggregate.adds_to_fold());
        while self.folded < entered - rest {
            self.fold.merge(&self.panes[self.folded].1);
            self.folded += 1;
        }
    }

    /// Keeps only the newest value of the first panes; the others are there for the time at which they leave.
    pub(super) fn clear_all_but_last(&mut self, entered: usize) {
        for (_, pane) in self.panes.range_mut(..entered.saturating_sub(1)) {
            pane.clear_last();
        }
    }

    /// How many panes there are before that of a number.
    pub(super) fn before(&self, number: i64) -> usize {
        self.panes.partition_point(|pane| pane.0 < number)
    }

    /// The value of the panes from one on to before another.
    ///
    /// They are folded from the oldest on, so that the same panes always give the same bits.
    pub(super) fn value(&self, aggregate: Aggregate, start: usize, end: usize) -> Datum<'_> {
        let panes = self.panes.range(start..end.max(start));
        if aggregate == Aggregate::Last || panes.len() == 1 {
            let newest = panes.last();
            return newest.map_or(Datum::Empty, |(_, pane)| pane.value(aggregate));
        }
        let folded = if start == 0 && self.folded <= end {
            self.folded
        } else {
            0
        };
        if folded == end && folded > 0 {
            return self.fold.number(aggregate);
        }
        let mut fold = match folded {
            0 => Accumulator::new(aggregate),
            _ => self.fold.clone(),
        };
        panes.skip(folded).for_each(|(_, pane)| fold.merge(pane));
        fold.number(aggregate)
    }

    /// Appends their stored form.
    pub(super) fn write(&self, bytes: &mut Vec<u8>) {
        wire::put_integer(bytes, self.panes.len() as u64);
        let mut last = 0_i64;
        for (number, pane) in &self.panes {
            wire::put_signed(bytes, number.wrapping_sub(last));
            pane.write(bytes);
            last = *number;
        }
    }

    /// Takes what [`Sums::write`] wrote off the front; `None` for what it cannot have written.
    pub(super) fn read(bytes: &mut &[u8], spare: &mut SpareSums) -> Option<Box<Sums>> {
        let count = wire::take_length(bytes)?;
        if count == 0 {
            return Some(Box::default());
        }
        let mut delta = wire::take_signed(bytes)?;
        let spare = spare.get_mut(usize::from(*bytes.first()?))?;
        let mut sums = spare.take().unwrap_or_default();
        let mut last = None;
        // Nothing is reserved by the announced length: it may be a lie.
        for at in 0..count {
            if at > 0 {
                delta = wire::take_signed(bytes)?;
            }
            let number = deltas::next(last, delta)?;
            if at == sums.panes.len() {
                let pane = sums.gone.pop().unwrap_or_default();
                sums.panes.push_back((number, pane));
            }
            let pane = &mut sums.panes[at];
            pane.0 = number;
            pane.1.read(bytes)?;
            last = Some(number);
        }
        let gone = sums.panes.drain(count..).map(|pane| pane.1);
        sums.gone.extend(gone.filter(|pane| pane.memory() > 0));
        sums.folded = 0;
        Some(sums)
    }

    /// Leaves their memory for others.
    pub(super) fn leave(self: Box<Self>, spare: &mut SpareSums) {
        if let Some((_, pane)) = self.panes.front()
            && let Some(spare) = spare.get_mut(usize::from(pane.kind()))
        {
            spare.put(self);
        }
    }

    pub(super) fn fits(&self, aggregate: Aggregate) -> bool {
        self.panes.iter().all(|(_, pane)| pane.fits(aggregate))
    }
}
