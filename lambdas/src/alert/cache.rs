//! Items that a warm function remembers, so that it need not read them again.
//!
//! What is remembered may be out of date; a write that is based on it then finds so, since it is conditional.

use std::collections::HashMap;

use crate::item::{Item, Name};

/// How much is remembered, in bytes; then all of it is forgotten.
const MAX_BYTES: usize = 8 << 20;

/// Items as they were last written or read.
#[derive(Debug, Default)]
pub(super) struct Cache {
    items: HashMap<Name, Item>,
    bytes: usize,
}

impl Cache {
    pub(super) fn get(&self, name: &Name) -> Option<&Item> {
        self.items.get(name)
    }

    /// Remembers an item of which nothing is left to be sent; one that has such a rest is to be read anew.
    pub(super) fn put(&mut self, name: &Name, item: &Item) {
        self.forget(name);
        if item.outbox.is_empty() {
            if self.bytes + item.bytes() > MAX_BYTES {
                *self = Cache::default();
            }
            self.bytes += item.bytes();
            self.items.insert(name.clone(), item.clone());
        }
    }

    /// How much is remembered, in bytes.
    pub(super) fn bytes(&self) -> usize {
        self.bytes
    }

    pub(super) fn forget(&mut self, name: &Name) {
        if let Some(item) = self.items.remove(name) {
            self.bytes = self.bytes.saturating_sub(item.bytes());
        }
    }
}
