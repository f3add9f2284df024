use std::collections::HashMap;

use super::projection::Field;

/// How many fields are looked through one by one.
const FEW: usize = 12;

/// A name of at most 15 bytes as a number, which is compared at once.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Short(u128);

impl Short {
    pub(super) const EMPTY: Short = Short(0);

    pub(super) fn of(name: &str) -> Option<Short> {
        let mut bytes = [0; 16];
        // A zero byte would be taken for the end.
        if name.len() >= bytes.len() || name.contains('\0') {
            return None;
        }
        bytes[..name.len()].copy_from_slice(name.as_bytes());
        Some(Short(u128::from_le_bytes(bytes)))
    }

    /// The bytes of the name, and zeros.
    pub(super) fn bits(self) -> u128 {
        self.0
    }
}

/// The fields that are read beneath one place of an event.
#[derive(Debug, Default)]
pub(super) struct Fields {
    names: Vec<Box<str>>,
    /// In the order of their names.
    list: Vec<Field>,
    /// The names again, where they are short.
    shorts: Vec<Option<Short>>,
    /// Their places in the list, once they are many.
    index: HashMap<Box<str>, usize, foldhash::fast::RandomState>,
}

impl Fields {
    /// The field of this name, made if it is new.
    pub(super) fn entry(&mut self, name: &str) -> &mut Field {
        let index = match self.find(name) {
            Some(index) => index,
            None => {
                self.names.push(name.into());
                self.list.push(Field::default());
                self.shorts.push(Short::of(name));
                self.index.insert(name.into(), self.list.len() - 1);
                self.list.len() - 1
            }
        };
        &mut self.list[index]
    }

    /// The field of this name with its place in the list.
    pub(super) fn get(&self, name: &str) -> Option<(usize, &Field)> {
        let index = self.find(name)?;
        Some((index, &self.list[index]))
    }

    /// As [`Fields::get`], of a short name.
    #[inline]
    pub(super) fn get_short(&self, name: Short) -> Option<(usize, &Field)> {
        let index = if self.list.len() > FEW {
            let bytes = name.0.to_le_bytes();
            let last = bytes.iter().rposition(|byte| *byte != 0);
            let length = last.map_or(0, |last| last + 1);
            self.find(std::str::from_utf8(&bytes[..length]).ok()?)?
        } else {
            self.shorts.iter().position(|short| *short == Some(name))?
        };
        Some((index, &self.list[index]))
    }

    /// Whether there is a field of this name.
    pub(super) fn has(&self, name: &str) -> bool {
        self.find(name).is_some()
    }

    fn find(&self, name: &str) -> Option<usize> {
        if self.list.len() > FEW {
            return self.index.get(name).copied();
        }
        self.names.iter().position(|field| **field == *name)
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = &Field> {
        self.list.iter()
    }

    pub(super) fn len(&self) -> usize {
        self.list.len()
    }
}
