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

/// Where a byte string stands: the size of its slot in the upper bits, its number in the lower ones.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
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
    classes: [Class; SIZES.len() + 1],
}

/// The slots of one size.
#[derive(Debug, Default)]
struct Class {
    /// Of [`SLOTS`] slots each; of a single one in the class of long byte strings.
    chunks: Vec<Box<[u8]>>,
    free: Vec<u32>,
    used: u32,
}

impl Slab {
    /// Stores a byte string.
    pub(super) fn insert(&mut self, bytes: &[u8]) -> Slot {
        let class = class_of(bytes);
        let slots = &mut self.classes[class];
        let number = slots.free.pop().unwrap_or_else(|| {
            slots.used += 1;
            slots.used - 1
        });
        let slot = Slot::new(class, number);
        if class == LONG {
            match slots.chunks.get_mut(number as usize) {
                Some(chunk) => *chunk = bytes.into(),
                None => slots.chunks.push(bytes.into()),
            }
        } else {
            if slots.used as usize > slots.chunks.len() * SLOTS {
                let chunk = vec![0; SIZES[class] * SLOTS];
                slots.chunks.push(chunk.into_boxed_slice());
            }
            self.bytes_mut(slot)[..bytes.len()].copy_from_slice(bytes);
        }
        slot
    }

    /// Stores a byte string in the place of another; says where it then stands.
    pub(super) fn replace(&mut self, slot: Slot, bytes: &[u8]) -> Slot {
        if slot.class() != LONG && class_of(bytes) == slot.class() {
            self.bytes_mut(slot)[..bytes.len()].copy_from_slice(bytes);
            return slot;
        }
        self.remove(slot);
        self.insert(bytes)
    }

    /// The byte string of a slot, and whatever stands after it.
    pub(super) fn get(&self, slot: Slot) -> &[u8] {
        let chunks = &self.classes[slot.class()].chunks;
        match place(slot) {
            Some((chunk, range)) => &chunks[chunk][range],
            None => &chunks[slot.number() as usize],
        }
    }

    fn bytes_mut(&mut self, slot: Slot) -> &mut [u8] {
        let chunks = &mut self.classes[slot.class()].chunks;
        match place(slot) {
            Some((chunk, range)) => &mut chunks[chunk][range],
            None => &mut chunks[slot.number() as usize],
        }
    }

    pub(super) fn remove(&mut self, slot: Slot) {
        let slots = &mut self.classes[slot.class()];
        if slot.class() == LONG {
            slots.chunks[slot.number() as usize] = Box::default();
        }
        slots.free.push(slot.number());
    }

    /// The bytes of memory that it takes.
    pub(super) fn memory(&self) -> usize {
        let chunks = self.classes.iter().flat_map(|class| &class.chunks);
        let free = self.classes.iter().map(|class| class.free.capacity() * 4);
        chunks.map(|chunk| chunk.len()).sum::<usize>() + free.sum::<usize>()
    }
}

/// The class of the shortest slots that a byte string fits.
fn class_of(bytes: &[u8]) -> usize {
    SIZES.partition_point(|size| *size < bytes.len())
}

/// In which chunk a slot lies, and where in it; `None` for a chunk of its own.
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
                    held[at] = (slab.replace(held[at].0, &bytes), bytes);
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
