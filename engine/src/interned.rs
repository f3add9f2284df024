//! Values that stand once in a list, found by hash.

use std::hash::{BuildHasher, Hash};

use foldhash::fast::RandomState;
use hashbrown::HashTable;

/// The distinct values of many, in the order in which they were first met.
#[derive(Debug)]
pub(crate) struct Interned<K> {
    list: Vec<K>,
    index: HashTable<u32>,
    hasher: RandomState,
}

impl<K> Default for Interned<K> {
    fn default() -> Self {
        Interned {
            list: Vec::new(),
            index: HashTable::new(),
            hasher: RandomState::default(),
        }
    }
}

impl<K: Eq + Hash> Interned<K> {
    /// The place of a value, which is added if it is new.
    pub(crate) fn intern(&mut self, key: K) -> u32 {
        let Interned {
            list,
            index,
            hasher,
        } = self;
        if list.is_empty() {
            // A batch that has one has many.
            index.reserve(256, |&at| hasher.hash_one(&list[at as usize]));
            list.reserve(256);
        }
        let found = index.entry(
            hasher.hash_one(&key),
            |&at| list[at as usize] == key,
            |&at| hasher.hash_one(&list[at as usize]),
        );
        let place = list.len() as u32;
        match found {
            hashbrown::hash_table::Entry::Occupied(found) => *found.get(),
            hashbrown::hash_table::Entry::Vacant(free) => {
                free.insert(place);
                list.push(key);
                place
            }
        }
    }

    /// The place of a value that was added.
    pub(crate) fn find(&self, key: &K) -> Option<u32> {
        let is_it = |&at: &u32| self.list[at as usize] == *key;
        self.index.find(self.hasher.hash_one(key), is_it).copied()
    }

    pub(crate) fn clear(&mut self) {
        self.list.clear();
        self.index.clear();
    }

    pub(crate) fn list(&self) -> &[K] {
        &self.list
    }
}
