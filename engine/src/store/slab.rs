//! Many small byte strings in little memory: slots of fixed sizes, side by side.

use std::ops::Range;

/// The slots of a chunk.
const SLOTS: usize = 256;
/// The sizes of slots: every eighth byte up to 128, then in steps of a fifth to a quarter.
const SIZES: [usize; 24] = [
    8, 16, 24, 32, 40, 48, 56, 64, 72, 80, 88, 96, 104, 112, 120, 128, 160, 192, 224, 256, 320,
    384, 448, 512,
];
/// The longest byte string that has a slot of its size; a longer one has memory of its own.
pub(super) const LONGEST: usize = SIZES[SIZES.len() - 1];
/// The class of those that are longer.
const LONG: usize = SIZES.len();

/// What a slot holds that has held no byte string.
pub(super) const EMPTY: u8 = 0xff;

/// Where a byte string stands: the size of its slot in the upper bits, its number in the lower ones.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) struct Slot(u32);

const NUMBER_BITS: u32 = 27;

impl Slot {
    fn new(class: usize, number: u32) -> Slot {
        Slot((class as u32) << NUMBER_BITS | number)
    }

    fn class(self) -> usize {
        (self.0 >> NUMBER_BITS) as usize
    }

    fn number(self) -> u32 {
        self.0 & ((1 << NUMBER_BITS) - 1)
    }
}

/// Byte strings.
#[derive(Debug, Default)]
pub(super) struct Slab {
    classes: [Class; SIZES.len()],
    long: Long,
}

/// The slots of one size.
#[derive(Debug, Default)]
struct Class {
    chunks: Vec<Chunk>,
    /// The chunks that have a free slot.
    open: Vec<u32>,
}

/// Slots side by side, of which some are free.
#[derive(Debug, Default)]
struct Chunk {
    /// Nothing, as long as all slots are free.
    bytes: Box<[u8]>,
    /// One bit for each slot that is taken.
    taken: [u64; SLOTS / 64],
}

/// Byte strings that have memory of their own.
#[derive(Debug, Default)]
struct Long {
    strings: Vec<Box<[u8]>>,
    free: Vec<u32>,
}

impl Chunk {
    fn free(&self) -> Option<usize> {
        let word = self.taken.iter().position(|word| *word != u64::MAX)?;
        Some(word * 64 + self.taken[word].trailing_ones() as usize)
    }

    fn set(&mut self, slot: usize, taken: bool) {
        let bit = 1 << (slot % 64);
        match taken {
            true => self.taken[slot / 64] |= bit,
            false => self.taken[slot / 64] &= !bit,
        }
    }

    fn is_full(&self) -> bool {
        self.free().is_none()
    }

    fn is_empty(&self) -> bool {
        self.taken.iter().all(|word| *word == 0)
    }
}

impl Class {
    /// Takes a free slot.
    fn take(&mut self, size: usize) -> u32 {
        let chunk = match self.open.last() {
            Some(chunk) => *chunk as usize,
            None => {
                self.open.push(self.chunks.len() as u32);
                self.chunks.push(Chunk::default());
                self.chunks.len() - 1
            }
        };
        let slots = &mut self.chunks[chunk];
        if slots.bytes.is_empty() {
            slots.bytes = vec![EMPTY; size * SLOTS].into_boxed_slice();
        }
        // An open chunk has one.
        let slot = slots.free().unwrap_or(0);
        slots.set(slot, true);
        if slots.is_full() {
            self.open.pop();
        }
        (chunk * SLOTS + slot) as u32
    }

    fn give_back(&mut self, number: u32) {
        let chunk = number as usize / SLOTS;
        let slots = &mut self.chunks[chunk];
        if slots.is_full() {
            self.open.push(chunk as u32);
        }
        slots.set(number as usize % SLOTS, false);
        // As all keys grow, all of them move on to longer slots, one after the other.
        if slots.is_empty() {
            slots.bytes = Box::default();
        }
    }
}

impl Slab {
    /// Stores a byte string.
    pub(super) fn insert(&mut self, bytes: &[u8]) -> Slot {
        let class = class_of(bytes);
        let Some(slots) = self.classes.get_mut(class) else {
            let Long { strings, free } = &mut self.long;
            let number = free.pop().unwrap_or(strings.len() as u32);
            match strings.get_mut(number as usize) {
                Some(place) => *place = bytes.into(),
                None => strings.push(bytes.into()),
            }
            return Slot::new(class, number);
        };
        let slot = Slot::new(class, slots.take(SIZES[class]));
        self.get_mut(slot)[..bytes.len()].copy_from_slice(bytes);
        slot
    }

    /// Stores a byte string in the place of another, if it suits the slot.
    pub(super) fn replace(&mut self, slot: Slot, bytes: &[u8]) -> bool {
        let suits = class_of(bytes) == slot.class();
        if suits && slot.class() == LONG {
            self.long.strings[slot.number() as usize] = bytes.into();
        } else if suits {
            self.get_mut(slot)[..bytes.len()].copy_from_slice(bytes);
        }
        suits
    }

    /// The byte string of a slot, and whatever stands after it. Of a free slot it is any bytes, or none.
    pub(super) fn get(&self, slot: Slot) -> &[u8] {
        match place(slot) {
            Some((chunk, range)) => {
                let chunk = &self.classes[slot.class()].chunks[chunk];
                chunk.bytes.get(range).unwrap_or_default()
            }
            None => &self.long.strings[slot.number() as usize],
        }
    }

    /// As [`Slab::get`], to be changed.
    pub(super) fn get_mut(&mut self, slot: Slot) -> &mut [u8] {
        match place(slot) {
            Some((chunk, range)) => &mut self.classes[slot.class()].chunks[chunk].bytes[range],
            None => &mut self.long.strings[slot.number() as usize],
        }
    }

    pub(super) fn remove(&mut self, slot: Slot) {
        match self.classes.get_mut(slot.class()) {
            Some(slots) => slots.give_back(slot.number()),
            None => {
                self.long.strings[slot.number() as usize] = Box::default();
                self.long.free.push(slot.number());
            }
        }
    }

    /// The bytes of memory that it takes.
    pub(super) fn memory(&self) -> usize {
        let chunks = self.classes.iter().flat_map(|class| &class.chunks);
        let long = self.long.strings.iter();
        chunks
            .map(|chunk| chunk.bytes.len() + size_of::<Chunk>())
            .chain(long.map(|string| string.len() + size_of::<Box<[u8]>>()))
            .sum()
    }
}

/// The class of the shortest slots that a byte string fits.
fn class_of(bytes: &[u8]) -> usize {
    SIZES.partition_point(|size| *size < bytes.len())
}

/// In which chunk a slot lies, and where in it; `None` for a byte string that is too long for one.
fn place(slot: Slot) -> Option<(usize, Range<usize>)> {
    let size = *SIZES.get(slot.class())?;
    let number = slot.number() as usize;
    let start = number % SLOTS * size;
    Some((number / SLOTS, start..start + size))
}

#[cfg(test)]
mod tests {
    use super::{LONGEST, SIZES, Slab};

    #[test]
    fn byte_strings_come_back_whatever_else_comes_and_goes() {
        let mut random = fastrand::Rng::with_seed(1);
        let mut slab = Slab::default();
        let mut held = Vec::new();
        for _ in 0..20_000 {
            let bytes: Vec<u8> = (0..random.usize(0..=LONGEST + 40))
                .map(|_| random.u8(..))
                .collect();
            match random.u32(0..3) {
                0 if !held.is_empty() => {
                    let (slot, _) = held.swap_remove(random.usize(0..held.len()));
                    slab.remove(slot);
                }
                1 if !held.is_empty() => {
                    let at = random.usize(0..held.len());
                    if !slab.replace(held[at].0, &bytes) {
                        slab.remove(held[at].0);
                        held[at].0 = slab.insert(&bytes);
                    }
                    held[at].1 = bytes;
                }
                _ => held.push((slab.insert(&bytes), bytes)),
            }
        }
        for (slot, bytes) in &held {
            assert!(slab.get(*slot).starts_with(bytes));
        }
        assert!(SIZES.is_sorted());
    }
}
