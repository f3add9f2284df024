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
use crate::state::KeyState;
use crate::time::Time;
use crate::wire;

/// Keeps states in memory, for as long as the program runs.
///
/// Between batches the state of a key is packed into a few bytes, in the layout of stored state. A large one
/// stays as it is.
#[derive(Debug, Default)]
pub struct MemoryStore {
    input: Input,
    cells: Vec<Cell>,
    free: Vec<u32>,
    /// Cells by their key.
    index: HashTable<u32>,
    hasher: RandomState,
    /// The key of each cell, and its state if it is small.
    slab: Slab,
    /// The states that are too large for the slab, by cell; `None` while they are handed out.
    large: HashMap<u32, Option<KeyState>, RandomState>,
    calendar: Calendar,
    rows: HashMap<RowKey, Row, RandomState>,
    /// Where the states stand that have been loaded since the last commit, which brings them back in that order.
    loaded: Vec<Option<u32>>,
    packed: Vec<u8>,
}

/// A place for the state of one key.
#[derive(Debug)]
struct Cell {
    /// When it is due; [`Time::MAX`] for never.
    timer: Time,
    slot: Slot,
    /// Where it stands in the calendar, which is no later than its timer.
    bucket: Bucket,
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

    fn find(&self, key: &StateKey) -> Option<u32> {
        let hash = self.hasher.hash_one(name_of(key));
        let is_it = |&place: &u32| self.name(place) == name_of(key);
        self.index.find(hash, is_it).copied()
    }

    /// Has the processor fetch the memory of many keys at once, before they are looked at one by one: past its
    /// caches, each would take longer to arrive than to be worked on.
    fn touch(&self, keys: &[StateKey]) {
        let likely = keys.iter().filter_map(|key| {
            let hash = self.hasher.hash_one(name_of(key));
            self.index.find(hash, |_| true).copied()
        });
        let likely: Vec<u32> = likely.collect();
        let slots = likely.iter().map(|place| self.cells[*place as usize].slot);
        let slots: Vec<Slot> = slots.collect();
        let bytes = slots.iter().filter_map(|slot| self.slab.get(*slot).first());
        black_box(bytes.fold(0_u8, |sum, byte| sum ^ byte));
    }

    /// The alert and the key of a cell.
    fn name(&self, place: u32) -> (u32, &[u8]) {
        name(self.slab.get(self.cells[place as usize].slot))
    }

    /// The state in a cell. A large one is handed out, and brought back by the commit that follows.
    fn take(&mut self, place: u32) -> Option<KeyState> {
        if let Some(large) = self.large.get_mut(&place) {
            return large.take();
        }
        let mut packed = self.slab.get(self.cells[place as usize].slot);
        let _name: (u32, &[u8]) = wire::take(&mut packed)?;
        KeyState::read(&mut packed)
    }

    fn put(&mut self, found: Option<u32>, key: &StateKey, state: KeyState, timer: Option<Time>) {
        let was_large = found.is_some_and(|cell| self.large.contains_key(&cell));
        // What was too large once is not tried again.
        let is_small = !was_large && self.pack(key, Some(&state)) <= LONGEST;
        if !is_small {
            self.pack(key, None);
        }
        let cell = match found {
            Some(cell) => {
                let slot = &mut self.cells[cell as usize].slot;
                *slot = self.slab.replace(*slot, &self.packed);
                cell
            }
            None => self.new_cell(key),
        };
        if !is_small {
            self.large.insert(cell, Some(state));
        }
        self.set_timer(cell, timer.unwrap_or(Time::MAX));
    }

    /// Packs a key and perhaps its state; says how long that is.
    fn pack(&mut self, key: &StateKey, state: Option<&KeyState>) -> usize {
        self.packed.clear();
        wire::put(&mut self.packed, &key.alert);
        wire::put(&mut self.packed, key.key.as_str());
        if let Some(state) = state {
            state.write(&mut self.packed);
        }
        self.packed.len()
    }

    /// Where the state stands that is the `number`th to be brought back.
    fn place(&self, number: usize, key: &StateKey) -> Option<u32> {
        let place = self.loaded.get(number).copied().flatten();
        place
            .filter(|place| self.name(*place) == name_of(key))
            .or_else(|| self.find(key))
    }

    fn new_cell(&mut self, key: &StateKey) -> u32 {
        let cell = Cell {
            timer: Time::MAX,
            slot: self.slab.insert(&self.packed),
            bucket: NOWHERE,
        };
        let place = match self.free.pop() {
            Some(place) => {
                self.cells[place as usize] = cell;
                place
            }
            None => {
                self.cells.push(cell);
                self.cells.len() as u32 - 1
            }
        };
        let (cells, slab, hasher) = (&self.cells, &self.slab, &self.hasher);
        let hash_of = |&cell: &u32| {
            let packed = slab.get(cells[cell as usize].slot);
            hasher.hash_one(name(packed))
        };
        let hash = hasher.hash_one(name_of(key));
        self.index.insert_unique(hash, place, hash_of);
        place
    }

    fn set_timer(&mut self, place: u32, timer: Time) {
        let cell = &mut self.cells[place as usize];
        cell.timer = timer;
        if timer == Time::MAX {
            return;
        }
        // Where it stands in an earlier bucket, it is moved on once its turn comes.
        match bucket(timer).cmp(&cell.bucket) {
            Ordering::Less => {
                cell.bucket = bucket(timer);
                self.calendar.put(place, timer);
            }
            Ordering::Equal => self.calendar.hasten(timer),
            Ordering::Greater => {}
        }
    }

    fn remove(&mut self, key: &StateKey) {
        let hash = self.hasher.hash_one(name_of(key));
        let (cells, slab) = (&self.cells, &self.slab);
        let is_it = |&cell: &u32| name(slab.get(cells[cell as usize].slot)) == name_of(key);
        let Ok(found) = self.index.find_entry(hash, is_it) else {
            return;
        };
        let (place, _) = found.remove();
        let cell = &mut self.cells[place as usize];
        cell.bucket = NOWHERE;
        self.slab.remove(cell.slot);
        self.large.remove(&place);
        self.free.push(place);
    }

    /// The bytes of memory that the states of keys take, but for the inside of large ones.
    pub fn memory(&self) -> usize {
        self.slab.memory()
            + self.cells.capacity() * size_of::<Cell>()
            + self.index.allocation_size()
            + self.free.capacity() * size_of::<u32>()
            + self.calendar.memory()
            + self.large.capacity() * size_of::<(u32, KeyState)>()
    }
}

/// The alert and the key that begin a packed state.
fn name(mut packed: &[u8]) -> (u32, &[u8]) {
    wire::take(&mut packed).unwrap_or_default()
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
        while let Some((number, places)) = self.calendar.pop(until) {
            for place in places {
                let cell = &mut self.cells[place as usize];
                if cell.bucket != number {
                    continue;
                }
                cell.bucket = NOWHERE;
                if cell.timer < until {
                    due.push(place);
                } else {
                    let timer = cell.timer;
                    self.set_timer(place, timer);
                }
            }
        }
        if due.len() > limit {
            due.sort_by_key(|place| (self.cells[*place as usize].timer, self.name(*place)));
            for place in due.split_off(limit) {
                self.set_timer(place, self.cells[place as usize].timer);
            }
        }
        let keys = due.into_iter().map(|place| {
            let (alert, key) = self.name(place);
            let key = String::from_utf8_lossy(key).into();
            StateKey { alert, key }
        });
        let mut keys: Vec<_> = keys.collect();
        keys.sort_unstable();
        Ok(keys)
    }

    fn load(&mut self, keys: &[StateKey], states: &mut Vec<Stored>) -> Result<(), Infallible> {
        self.touch(keys);
        for key in keys {
            let place = self.find(key);
            self.loaded.push(place);
            let state = place.and_then(|place| self.take(place));
            states.push(Stored::new(key.clone(), state));
        }
        Ok(())
    }

    /// Hands the rows out; the commit that follows brings them back.
    fn load_rows(&mut self, keys: &[RowKey]) -> Result<Vec<Option<Row>>, Infallible> {
        let rows = keys.iter().map(|key| self.rows.get_mut(key).map(Row::take));
        Ok(rows.collect())
    }

    fn commit(&mut self, checkpoint: Checkpoint) -> Result<(), Infallible> {
        self.rows.extend(checkpoint.rows);
        self.input = checkpoint.input;
        for (number, Stored { key, state, timer }) in checkpoint.states.into_iter().enumerate() {
            match state {
                Some(state) => self.put(self.place(number, &key), &key, state, timer),
                None => self.remove(&key),
            }
        }
        self.loaded.clear();
        Ok(())
    }
}
