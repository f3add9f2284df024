//! When keys are due: cells in buckets of some seconds, so that a timer that moves to later costs nothing.

use std::collections::BTreeMap;

use crate::time::Time;

/// A place of the calendar: 4096 ms, counted from the year 1900. Those of times out of reach are the last.
pub(super) type Bucket = u32;

/// The bucket of a cell that stands in none.
pub(super) const NOWHERE: Bucket = Bucket::MAX;

/// The bucket of a time.
pub(super) fn bucket(time: Time) -> Bucket {
    const ORIGIN: i64 = -2_208_988_800_000;
    let number = time.0.saturating_sub(ORIGIN) >> 12;
    number.clamp(0, i64::from(NOWHERE) - 1) as Bucket
}

/// What stands in the buckets. A cell may stand in several; only the one that it says it stands in counts.
#[derive(Debug, Default)]
pub(super) struct Calendar {
    buckets: BTreeMap<Bucket, Cells>,
}

#[derive(Debug)]
struct Cells {
    cells: Vec<u32>,
    /// No cell in here that counts is due before.
    earliest: Time,
}

impl Calendar {
    /// Puts a cell into the bucket of its timer.
    pub(super) fn put(&mut self, cell: u32, timer: Time) {
        let cells = self.buckets.entry(bucket(timer)).or_insert_with(|| Cells {
            cells: Vec::new(),
            earliest: timer,
        });
        cells.cells.push(cell);
        cells.earliest = cells.earliest.min(timer);
    }

    /// Notes the timer of a cell that stands in its bucket already.
    pub(super) fn hasten(&mut self, timer: Time) {
        if let Some(cells) = self.buckets.get_mut(&bucket(timer)) {
            cells.earliest = cells.earliest.min(timer);
        }
    }

    /// Takes out the first bucket, if it may hold a cell that is due before `until`.
    pub(super) fn pop(&mut self, until: Time) -> Option<(Bucket, Vec<u32>)> {
        let first = self.buckets.first_entry()?;
        if first.get().earliest >= until {
            return None;
        }
        let (bucket, cells) = first.remove_entry();
        Some((bucket, cells.cells))
    }

    /// The bytes of memory that it takes, about.
    pub(super) fn memory(&self) -> usize {
        let cells = self.buckets.values().map(|bucket| &bucket.cells);
        cells
            .map(|cells| cells.capacity() * 4 + size_of::<(Bucket, Cells)>())
            .sum()
    }
}
