//! Names of what belongs to groups, each once in a list and found by hash.

use std::hash::{BuildHasher, Hash};

use ecow::EcoString;
use foldhash::SharedSeed;
use foldhash::fast::{FixedState, SeedableRandomState};
use hashbrown::HashTable;
use hashbrown::hash_table::Entry;

/// The longest key that an [`EcoString`] holds in itself.
const SHORT: usize = EcoString::INLINE_LIMIT;

/// A name: the key of a group, and what else tells it from others.
pub(crate) trait Name: Sized {
    /// All of it but the key.
    type Of: Copy + Eq + Hash;

    fn new(of: Self::Of, key: EcoString) -> Self;

    fn of(&self) -> Self::Of;

    fn key(&self) -> &str;

    fn into_key(self) -> EcoString;
}

/// A key that is looked up. It is hashed once, however many names it is part of.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Hashed<'k> {
    text: &'k str,
    hash: u64,
}

impl<'k> Hashed<'k> {
    pub(crate) fn new(text: &'k str, hash: u64) -> Self {
        Hashed { text, hash }
    }

    pub(crate) fn text(self) -> &'k str {
        self.text
    }

    /// The hash of a name that it is part of. That of the key has a seed already.
    fn with(self, of: impl Hash) -> u64 {
        FixedState::default().hash_one((self.hash, of))
    }
}

/// What keys are made of: the seed of their hashes, and the memory of keys that are gone.
#[derive(Debug)]
pub(crate) struct Keys {
    hasher: SeedableRandomState,
    spare: Vec<EcoString>,
}

impl Default for Keys {
    fn default() -> Self {
        Keys {
            // One seed for the whole process: a key has the same hash wherever it is met.
            hasher: SeedableRandomState::with_seed(0, SharedSeed::global_random()),
            spare: Vec::new(),
        }
    }
}

impl Keys {
    pub(crate) fn hash(&self, text: &str) -> u64 {
        self.hasher.hash_one(text)
    }

    pub(crate) fn hashed<'k>(&self, text: &'k str) -> Hashed<'k> {
        Hashed::new(text, self.hash(text))
    }

    /// Makes a key; one that is too long to be its own place goes where an earlier one was.
    fn make(&mut self, text: &str) -> EcoString {
        if text.len() <= SHORT {
            return EcoString::from(text);
        }
        let mut key = self.spare.pop().unwrap_or_default();
        key.push_str(text);
        key
    }

    /// Takes the memory of a key, unless others have the key, too.
    fn take_back(&mut self, mut key: EcoString) {
        if key.len() > SHORT {
            key.clear();
            self.spare.push(key);
        }
    }
}

/// The distinct names of many, in the order in which they were first met.
#[derive(Debug)]
pub(crate) struct Interned<N> {
    list: Vec<N>,
    hashes: Vec<u64>,
    index: HashTable<u32>,
}

impl<N> Default for Interned<N> {
    fn default() -> Self {
        Interned {
            list: Vec::new(),
            hashes: Vec::new(),
            index: HashTable::new(),
        }
    }
}

impl<N: Name> Interned<N> {
    /// The place of a name, which is added if it is new.
    pub(crate) fn intern(&mut self, of: N::Of, key: Hashed<'_>, keys: &mut Keys) -> u32 {
        let Interned {
            list,
            hashes,
            index,
        } = self;
        if list.is_empty() {
            // A batch that has one has many.
            index.reserve(256, |&at| hashes[at as usize]);
            list.reserve(256);
        }
        let hash = key.with(of);
        let is_it = |&at: &u32| is_named(&list[at as usize], of, key.text);
        let found = index.entry(hash, is_it, |&at| hashes[at as usize]);
        let place = list.len() as u32;
        match found {
            Entry::Occupied(found) => *found.get(),
            Entry::Vacant(free) => {
                free.insert(place);
                list.push(N::new(of, keys.make(key.text)));
                hashes.push(hash);
                place
            }
        }
    }

    /// The place of a name that was added.
    pub(crate) fn find(&self, of: N::Of, key: Hashed<'_>) -> Option<u32> {
        let is_it = |&at: &u32| is_named(&self.list[at as usize], of, key.text);
        self.index.find(key.with(of), is_it).copied()
    }

    /// Forgets all names, and keeps the memory of their keys.
    pub(crate) fn clear(&mut self, keys: &mut Keys) {
        let names = self.list.drain(..);
        names.for_each(|name| keys.take_back(name.into_key()));
        self.hashes.clear();
        self.index.clear();
    }

    pub(crate) fn list(&self) -> &[N] {
        &self.list
    }

    /// The hash of each name: in one process, every list has the same one of it.
    pub(crate) fn hashes(&self) -> &[u64] {
        &self.hashes
    }
}

fn is_named<N: Name>(name: &N, of: N::Of, key: &str) -> bool {
    name.of() == of && name.key() == key
}

#[cfg(test)]
mod tests {
    use super::{Interned, Keys};
    use crate::store::StateKey;

    #[test]
    fn a_name_has_one_place_whatever_came_before() {
        let (mut keys, mut names) = (Keys::default(), Interned::<StateKey>::default());
        for round in 0..3 {
            let mut places = Vec::new();
            for number in (0..2_000).chain(0..2_000) {
                // Short and long ones, of two alerts each.
                let text = format!("[{}]", "x".repeat(number / 2 % 40) + &number.to_string());
                for alert in [0, 1] {
                    let place = names.intern(alert, keys.hashed(&text), &mut keys);
                    assert_eq!(names.find(alert, keys.hashed(&text)), Some(place));
                    let name = &names.list()[place as usize];
                    assert_eq!((name.alert, name.key.as_str()), (alert, text.as_str()));
                    places.push(place);
                }
            }
            assert_eq!(names.list().len(), 4_000, "{round}");
            assert_eq!(places[..4_000], places[4_000..]);
            assert_eq!(names.find(2, keys.hashed("[0]")), None);
            // What somebody holds on to stays as it is.
            let held = names.list().to_vec();
            names.clear(&mut keys);
            names.intern(0, keys.hashed(&"y".repeat(60)), &mut keys);
            assert!(held.iter().all(|name| !name.key.contains('y')));
            names.clear(&mut keys);
        }
    }
}
