//! The store of a process: states in little memory.

use std::cmp::Ordering;
use std::collections::HashMap;
use std::convert::Infallible;
use std::hash::BuildHasher;
use std::hint::black_box;

use foldhash::fast::RandomState;
use hashbrown::HashTable;

use super::calendar::{Bucket, Calendar, NOWHERE, bucket};
use super::slab::{LONGEST, Slab, Slot};
use super::{Checkpoint, Input, StateKey, Store, Stored};
use crate::row::{Row, RowKey};
use crate::state::{KeyState, Spare};
use crate::time::Time;
use crate::wire;

/// The memory of so many keys is fetched at once: it must not drive itself out of the nearest cache again.
const AHEAD: usize = 128;

/// Keeps states in memory, for as long as the program runs.
///
/// Between batches the state of a key is packed into a few bytes, in the layout of stored state. A large one
/// stays as it is.
#[derive(Debug, Default)]
pub struct MemoryStore {
    input: Input,
    /// Where each key stands.
    index: HashTable<Slot>,
    hasher: RandomState,
    /// For each key what its head says, its name and, if it is small, its state.
    slab: Slab,
    /// The states that are too large for the slab; `None` while they are handed out.
    large: HashMap<Slot, Option<KeyState>, RandomState>,
    calendar: Calendar,
    rows: HashMap<RowKey, Row, RandomState>,
    /// What was loaded since the last commit, which brings it back in that order: hashes, and where it stands.
    loaded: Vec<(u64, Option<Slot>)>,
    packed: Vec<u8>,
    /// What packed states leave to those that are loaded next.
    spare: Spare,
}

/// What stands before the name of a key.
#[derive(Debug, Clone, Copy)]
struct Head {
    /// When it is due; [`Time::MAX`] for never.
    timer: Time,
    /// Where it stands in the calendar, which is no later than its timer.
    bucket: Bucket,
}

impl Head {
    const BYTES: usize = 12;

    /// The head of a slot, be it free.
    fn read(packed: &[u8]) -> Option<Head> {
        let (timer, rest) = packed.split_first_chunk()?;
        Some(Head {
            timer: Time(i64::from_le_bytes(*timer)),
            bucket: Bucket::from_le_bytes(*rest.first_chunk()?),
        })
    }

    fn write(self, packed: &mut [u8]) {
        if let Some((timer, rest)) = packed.split_first_chunk_mut() {
            *timer = self.timer.0.to_le_bytes();
            if let Some(bucket) = rest.first_chunk_mut() {
                *bucket = self.bucket.to_le_bytes();
            }
        }
    }
}

impl MemoryStore {
    /// An empty store.
    pub fn new() -> Self {
        Self::default()
    }

    /// How many keys have a state.
    pub fn len(&self) -> usize {
        self.index.len()
    }

    /// The aggregate rows, by aggregate, window and key.
    pub fn rows(&self) -> impl Iterator<Item = (&RowKey, &Row)> {
        let mut rows: Vec<_> = self.rows.iter().collect();
        rows.sort_unstable_by_key(|(key, _)| *key);
        rows.into_iter()
    }

    /// Whether no key has a state.
    pub fn is_empty(&self) -> bool {
        self.index.is_empty()
    }

    fn hash(&self, key: &StateKey) -> u64 {
        self.hasher.hash_one(name_of(key))
    }

    fn find(&self, hash: u64, key: &StateKey) -> Option<Slot> {
        let is_it = |&slot: &Slot| is_named(self.slab.get(slot), key);
        self.index.find(hash, is_it).copied()
    }

    /// Finds out where keys stand, most likely, and has the processor fetch the memory of them all at once, before they
    /// are looked at one by one: past its caches, each would take longer to arrive than to be worked on.
    ///
    /// One step at a time for all of them: the fewer instructions lie between two that wait for memory, the more of them
    /// wait at once.
    fn locate(&mut self, keys: &[StateKey]) {
        let start = self.loaded.len();
        for key in keys {
            let hash = self.hash(key);
            self.loaded.push((hash, None));
        }
        for (hash, slot) in &mut self.loaded[start..] {
            *slot = self.index.find(*hash, |_| true).copied();
        }
        let slots = self.loaded[start..].iter().filter_map(|(_, slot)| *slot);
        let bytes = slots.filter_map(|slot| {
            let packed = self.slab.get(slot);
            Some(packed.first()? ^ packed.last()?)
        });
        black_box(bytes.fold(0_u8, |sum, byte| sum ^ byte));
    }

    /// The state in a slot. A large one is handed out, and brought back by the commit that follows.
    fn take(&mut self, slot: Slot, key: &StateKey) -> Option<KeyState> {
        if !self.large.is_empty()
            && let Some(large) = self.large.get_mut(&slot)
        {
            return large.take();
        }
        let mut packed = after_name(self.slab.get(slot), key)?;
        KeyState::read(&mut packed, usize::MAX, &mut self.spare)
    }

    /// Brings a state back, which is taken out of its place if it is large.
    fn put(&mut self, number: usize, key: &StateKey, state: &mut Option<KeyState>, timer: Time) {
        let (hash, found) = self.located(number, key);
        let was_large = found.is_some_and(|slot| self.large.contains_key(&slot));
        // What was too large once is not tried again.
        let is_small = !was_large && self.pack(key, state.as_ref()) <= LONGEST;
        if !is_small {
            self.pack(key, None);
        }
        let held = found.and_then(|slot| Head::read(self.slab.get(slot)));
        let mut head = Head {
            timer,
            bucket: held.map_or(NOWHERE, |held| held.bucket),
        };
        // Where it stands in an earlier bucket, it is moved on once its turn comes.
        let place = bucket(timer).cmp(&head.bucket);
        if place == Ordering::Less && timer < Time::MAX {
            head.bucket = bucket(timer);
        }
        head.write(&mut self.packed);
        let slot = match found {
            Some(slot) if self.slab.replace(slot, &self.packed) => {
                match place {
                    _ if timer == Time::MAX => {}
                    Ordering::Less => self.calendar.put(slot, timer),
                    Ordering::Equal => self.calendar.hasten(timer),
                    Ordering::Greater => {}
                }
                slot
            }
            _ => {
                let is_due = timer < Time::MAX;
                head.bucket = if is_due { bucket(timer) } else { NOWHERE };
                head.write(&mut self.packed);
                let slot = self.slab.insert(&self.packed);
                if is_due {
                    self.calendar.put(slot, timer);
                }
                match found {
                    Some(old) => self.move_to(hash, old, slot),
                    None => self.insert(hash, slot),
                }
                slot
            }
        };
        match state {
            Some(state) if is_small => state.leave(&mut self.spare),
            Some(large) => {
                large.shed();
                self.large.insert(slot, state.take());
            }
            None => {}
        }
    }

    /// Packs a key and perhaps its state behind the place of a head; says how long that is.
    fn pack(&mut self, key: &StateKey, state: Option<&KeyState>) -> usize {
        self.packed.clear();
        self.packed.extend_from_slice(&[0; Head::BYTES]);
        wire::put(&mut self.packed, &key.alert);
        wire::put(&mut self.packed, key.key.as_str());
        if let Some(state) = state {
            state.write(&mut self.packed);
        }
        self.packed.len()
    }

    /// The hash of the state that is the `number`th to be brought back, and where it stands.
    fn located(&self, number: usize, key: &StateKey) -> (u64, Option<Slot>) {
        if let Some(&(hash, Some(slot))) = self.loaded.get(number)
            && is_named(self.slab.get(slot), key)
        {
            return (hash, Some(slot));
        }
        let hash = self.hash(key);
        (hash, self.find(hash, key))
    }

    fn insert(&mut self, hash: u64, slot: Slot) {
        let (slab, hasher) = (&self.slab, &self.hasher);
        let hash_of = |&slot: &Slot| hasher.hash_one(name(slab.get(slot)));
        self.index.insert_unique(hash, slot, hash_of);
    }

    fn move_to(&mut self, hash: u64, old: Slot, new: Slot) {
        if let Some(slot) = self.index.find_mut(hash, |slot| *slot == old) {
            *slot = new;
        }
        self.free(old);
    }

    /// Frees a slot. The calendar may name it still, and must find it in no bucket.
    fn free(&mut self, slot: Slot) {
        let head = Head {
            timer: Time::MAX,
            bucket: NOWHERE,
        };
        head.write(self.slab.get_mut(slot));
        self.slab.remove(slot);
    }

    fn remove(&mut self, number: usize, key: &StateKey) {
        let (hash, found) = self.located(number, key);
        if let Some(slot) = found
            && let Ok(entry) = self.index.find_entry(hash, |at| *at == slot)
        {
            entry.remove();
            self.large.remove(&slot);
            self.free(slot);
        }
    }

    /// Puts a key that stands in no bucket into that of its timer.
    fn put_back(&mut self, slot: Slot, timer: Time) {
        let head = Head {
            timer,
            bucket: bucket(timer),
        };
        head.write(self.slab.get_mut(slot));
        self.calendar.put(slot, timer);
    }

    /// The bytes of memory that the states of keys take.
    pub fn memory(&self) -> usize {
        let large = self.large.values().flatten();
        large.map(KeyState::memory).sum::<usize>()
            + self.slab.memory()
            + self.index.allocation_size()
            + self.calendar.memory()
            + self.large.capacity() * size_of::<(Slot, KeyState)>()
    }
}

/// The alert and the key of a slot; none of a free one that has lost its memory.
fn name(packed: &[u8]) -> (u32, &[u8]) {
    let mut name = packed.get(Head::BYTES..).unwrap_or_default();
    take_name(&mut name).unwrap_or_default()
}

/// What stands after the head and the name of a slot that is of this key; `None` if it is of another.
#[inline]
fn after_name<'b>(packed: &'b [u8], key: &StateKey) -> Option<&'b [u8]> {
    let (alert, text) = name_of(key);
    let mut named = packed.get(Head::BYTES..)?;
    // Most names are short: a number in a byte, and a length in another.
    if alert < 0x80 && text.len() < 0x80 {
        let short = named.strip_prefix(&[alert as u8, text.len() as u8])?;
        return short.strip_prefix(text);
    }
    (take_name(&mut named)? == (alert, text)).then_some(named)
}

fn is_named(packed: &[u8], key: &StateKey) -> bool {
    after_name(packed, key).is_some()
}

fn take_name<'b>(packed: &mut &'b [u8]) -> Option<(u32, &'b [u8])> {
    wire::take(packed)
}

fn name_of(key: &StateKey) -> (u32, &[u8]) {
    (key.alert, key.key.as_bytes())
}

impl Store for MemoryStore {
    type Error = Infallible;

    fn input(&mut self) -> Result<Input, Infallible> {
        Ok(self.input)
    }

    fn due(&mut self, until: Time, limit: usize) -> Result<Vec<StateKey>, Infallible> {
        let mut due = Vec::new();
        while let Some((number, slots)) = self.calendar.pop(until) {
            for slot in slots {
                let Some(head) = Head::read(self.slab.get(slot)) else {
                    continue;
                };
                if head.bucket != number {
                    continue;
                }
                let taken = Head {
                    bucket: NOWHERE,
                    ..head
                };
                taken.write(self.slab.get_mut(slot));
                if head.timer < until {
                    due.push((head.timer, slot));
                } else if head.timer < Time::MAX {
                    self.put_back(slot, head.timer);
                }
            }
        }
        if due.len() > limit {
            due.sort_by_key(|(timer, slot)| (*timer, name(self.slab.get(*slot))));
            for (timer, slot) in due.split_off(limit) {
                self.put_back(slot, timer);
            }
        }
        let keys = due.into_iter().map(|(_, slot)| {
            let (alert, key) = name(self.slab.get(slot));
            let key = String::from_utf8_lossy(key).into();
            StateKey { alert, key }
        });
        let mut keys: Vec<_> = keys.collect();
        keys.sort_unstable();
        Ok(keys)
    }

    fn load(&mut self, keys: &[StateKey], states: &mut Vec<Stored>) -> Result<(), Infallible> {
        for keys in keys.chunks(AHEAD) {
            let start = self.loaded.len();
            self.locate(keys);
            for (number, key) in keys.iter().enumerate() {
                let (hash, likely) = self.loaded[start + number];
                let slot = match likely {
                    Some(slot) if !is_named(self.slab.get(slot), key) => self.find(hash, key),
                    likely => likely,
                };
                self.loaded[start + number].1 = slot;
                let state = slot.and_then(|slot| self.take(slot, key));
                states.push(Stored::new(key.clone(), state));
            }
        }
        Ok(())
    }

    /// Hands the rows out; the commit that follows brings them back.
    fn load_rows(&mut self, keys: &[RowKey]) -> Result<Vec<Option<Row>>, Infallible> {
        let rows = keys.iter().map(|key| self.rows.get_mut(key).map(Row::take));
        Ok(rows.collect())
    }

    fn commit(&mut self, mut checkpoint: Checkpoint) -> Result<(), Infallible> {
        self.rows.extend(checkpoint.rows);
        self.input = checkpoint.input;
        for (number, stored) in checkpoint.states.iter_mut().enumerate() {
            let Stored { key, state, timer } = stored;
            match state {
                Some(_) => self.put(number, key, state, timer.unwrap_or(Time::MAX)),
                None => self.remove(number, key),
            }
        }
        self.loaded.clear();
        Ok(())
    }
}

#[cfg(test)]
mod tests;
