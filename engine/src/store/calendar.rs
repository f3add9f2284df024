//! When keys are due: slots in buckets of some seconds, so that a timer that moves to later costs nothing.

use std::collections::BTreeMap;

use super::slab::Slot;
use crate::time::Time;

/// A place of the calendar: 4096 ms, counted from the year 1900. Those of times out of reach are the last.
pub(super) type Bucket = u32;

/// The bucket of a slot that stands in none.
pub(super) const NOWHERE: Bucket = Bucket::MAX;

/// The bucket of a time.
pub(super) fn bucket(time: Time) -> Bucket {
    const ORIGIN: i64 = -2_208_988_800_000;
    let number = time.0.saturating_sub(ORIGIN) >> 12;
    number.clamp(0, i64::from(NOWHERE) - 1) as Bucket
}

/// What stands in the buckets. A slot may stand in several; only the one that it says it stands in counts.
#[derive(Debug, Default)]
pub(super) struct Calendar {
    buckets: BTreeMap<Bucket, Slots>,
}

#[derive(Debug)]
struct Slots {
    slots: Vec<Slot>,
    /// No slot in here that counts is due before.
    earliest: Time,
}

impl Calendar {
    /// Puts a slot into the bucket of its timer.
    pub(super) fn put(&mut self, slot: Slot, timer: Time) {
        let slots = self.buckets.entry(bucket(timer)).or_insert_with(|| Slots {
            slots: Vec::new(),
            earliest: timer,
        });
        slots.slots.push(slot);
        slots.earliest = slots.earliest.min(timer);
    }

    /// Notes the timer of a slot that stands in its bucket already.
    pub(super) fn hasten(&mut self, timer: Time) {
        if let Some(slots) = self.buckets.get_mut(&bucket(timer)) {
            slots.earliest = slots.earliest.min(timer);
        }
    }

    /// Takes out the first bucket, if it may hold a slot that is due before `until`.
    pub(super) fn pop(&mut self, until: Time) -> Option<(Bucket, Vec<Slot>)> {
        let first = self.buckets.first_entry()?;
        if first.get().earliest >= until {
            return None;
        }
        let (bucket, slots) = first.remove_entry();
        Some((bucket, slots.slots))
    }

    /// The bytes of memory that it takes, about.
    pub(super) fn memory(&self) -> usize {
        let slots = self.buckets.values().map(|bucket| &bucket.slots);
        slots
            .map(|slots| slots.capacity() * 4 + size_of::<(Bucket, Slots)>())
            .sum()
    }
}
