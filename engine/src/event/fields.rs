use std::collections::HashMap;

use super::projection::Field;

/// How many fields are looked through one by one.
const FEW: usize = 12;

/// The fields that are read beneath one place of an event.
#[derive(Debug, Default)]
pub(super) struct Fields {
    names: Vec<Box<str>>,
    /// In the order of their names.
    list: Vec<Field>,
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
