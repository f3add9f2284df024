//! Panes of any aggregate, each an accumulator.

use std::collections::VecDeque;
use std::ops::Range;

use serde::{Deserialize, Serialize};

use crate::aggregate::{Accumulator, Aggregate};
use crate::event::Datum;
use crate::time::Time;

/// From how many panes on their fold is kept.
const MANY: usize = 3;

/// Accumulators by the number of their pane, oldest first.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(transparent)]
pub(crate) struct Sums {
    #[serde(with = "crate::deltas")]
    panes: VecDeque<(i64, Accumulator)>,
    /// What folding the panes from the oldest on gives, so that an event need not look at all of them: of all panes
    /// but the newest or, for an aggregate that [can be added to a fold](Aggregate::adds_to_fold), of all.
    #[serde(skip)]
    fold: Option<Box<Accumulator>>,
}

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
        let fold = self.fold.as_deref();
        let accumulators = self.panes.iter().map(|pane| &pane.1).chain(fold);
        self.panes.capacity() * size_of::<(i64, Accumulator)>()
            + fold.map_or(0, size_of_val)
            + accumulators.map(Accumulator::memory).sum::<usize>()
    }

    /// Adds an event to the pane of that number.
    pub(super) fn add(&mut self, aggregate: Aggregate, number: i64, value: Datum<'_>, time: Time) {
        let Some((newest, pane)) = self.panes.back_mut() else {
            self.push(aggregate, number, value, time);
            return;
        };
        if *newest > number {
            return self.add_late(aggregate, number, value, time);
        }
        if aggregate.adds_to_fold() {
            if let Some(fold) = &mut self.fold {
                fold.add(value.clone(), time);
            }
        } else if *newest < number
            && let Some(fold) = &mut self.fold
        {
            fold.merge(pane);
        }
        if *newest == number {
            pane.add(value, time);
        } else {
            self.push(aggregate, number, value, time);
        }
    }

    fn push(&mut self, aggregate: Aggregate, number: i64, value: Datum<'_>, time: Time) {
        let mut pane = Accumulator::new(aggregate);
        pane.add(value, time);
        self.panes.push_back((number, pane));
    }

    fn add_late(&mut self, aggregate: Aggregate, number: i64, value: Datum<'_>, time: Time) {
        self.fold = None;
        match self.panes.binary_search_by_key(&number, |pane| pane.0) {
            Ok(at) => self.panes[at].1.add(value, time),
            Err(at) => {
                let mut pane = Accumulator::new(aggregate);
                pane.add(value, time);
                self.panes.insert(at, (number, pane));
            }
        }
    }

    /// Drops the panes before `oldest`.
    pub(super) fn expire(&mut self, oldest: i64) {
        while self
            .panes
            .front()
            .is_some_and(|(number, _)| *number < oldest)
        {
            self.panes.pop_front();
            self.fold = None;
        }
    }

    /// Sees to it that the fold of the panes is at hand.
    pub(super) fn keep_fold(&mut self, aggregate: Aggregate) {
        if self.fold.is_none() && self.panes.len() >= MANY {
            let rest = usize::from(!aggregate.adds_to_fold());
            let fold = self.folded(aggregate, 0..self.panes.len() - rest);
            self.fold = Some(Box::new(fold));
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

    /// The value of the first panes.
    pub(super) fn value(&self, aggregate: Aggregate, entered: usize) -> Datum<'_> {
        if aggregate == Aggregate::Last {
            return self.value_from(aggregate, 0, entered);
        }
        match (&self.fold, self.panes.back()) {
            (Some(fold), _) if aggregate.adds_to_fold() => fold.number(aggregate),
            (Some(fold), Some((_, newest))) => {
                let mut fold = Accumulator::clone(fold);
                fold.merge(newest);
                fold.number(aggregate)
            }
            _ => self.value_from(aggregate, 0, entered),
        }
    }

    /// The value of the panes from one on to before another.
    pub(super) fn value_from(&self, aggregate: Aggregate, start: usize, end: usize) -> Datum<'_> {
        let panes = start..end.max(start);
        if aggregate == Aggregate::Last {
            let newest = self.panes.range(panes).next_back();
            return newest.map_or(Datum::Empty, |(_, pane)| pane.value(aggregate));
        }
        self.folded(aggregate, panes).number(aggregate)
    }

    /// Folds panes from the oldest on, so that the same panes always give the same bits.
    fn folded(&self, aggregate: Aggregate, panes: Range<usize>) -> Accumulator {
        let mut fold = Accumulator::new(aggregate);
        let panes = self.panes.range(panes);
        panes.for_each(|(_, pane)| fold.merge(pane));
        fold
    }

    pub(super) fn fits(&self, aggregate: Aggregate) -> bool {
        self.panes.iter().all(|(_, pane)| pane.fits(aggregate))
    }
}
