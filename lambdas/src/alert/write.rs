//! Writing an item so that it holds no matter who else writes it.

use super::AlertFunction;
use crate::item::{Item, Name};
use crate::store::{Fault, Quarantine, Sink, States, Stream, Unwritten};

/// How often a write that came second is done again; past that the records are delivered again.
const TRIES: usize = 12;

impl<W: States + Quarantine + Sink + Stream> AlertFunction<'_, W> {
    /// Reads items, remembered ones only if that is allowed; those that there are not are empty ones.
    pub(super) async fn load(&self, names: &[Name], remembered: bool) -> Vec<Result<Item, Fault>> {
        let known: Vec<Option<Item>> = {
            let cache = self.cache.borrow();
            let known = |name| remembered.then(|| cache.get(name).cloned()).flatten();
            names.iter().map(known).collect()
        };
        let missing = names
            .iter()
            .zip(&known)
            .filter(|(_, known)| known.is_none());
        let missing: Vec<Name> = missing.map(|(name, _)| name.clone()).collect();
        let mut loaded = if missing.is_empty() {
            Vec::new()
        } else {
            self.meter
                .count(|metrics| metrics.reads += missing.len() as u64);
            self.world.load(&missing).await
        }
        .into_iter();
        let items = known.into_iter().map(|known| match known {
            Some(item) => Ok(item),
            None => match loaded.next() {
                Some(Ok(item)) => Ok(item.unwrap_or_default()),
                Some(Err(fault)) => Err(fault),
                None => Err(Fault("the store answered for too few items".to_owned())),
            },
        });
        items.collect()
    }

    /// Writes what `next` makes of an item, and makes it anew of what is stored if somebody else came first.
    ///
    /// Gives the item as it is stored then; `next` gives none where nothing is to be written.
    pub(super) async fn write(
        &self,
        name: &Name,
        mut base: Item,
        mut prepared: Option<Item>,
        next: impl Fn(&Item) -> Result<Option<Item>, Fault>,
    ) -> Result<Item, Fault> {
        for _ in 0..TRIES {
            let made = match prepared.take() {
                Some(made) => Some(made),
                None => next(&base)?,
            };
            let Some(mut item) = made else {
                return Ok(base);
            };
            item.version = base.version + 1;
            self.meter.count(|metrics| metrics.writes += 1);
            match self.world.put(name, &item).await {
                Ok(()) => {
                    self.cache.borrow_mut().put(name, &item);
                    return Ok(item);
                }
                Err(unwritten) => {
                    self.cache.borrow_mut().forget(name);
                    base = match unwritten {
                        Unwritten::Conflict(Some(stored)) => stored,
                        Unwritten::Conflict(None) => self.load_one(name).await?,
                        Unwritten::Fault(fault) => return Err(fault),
                    };
                    self.meter.count(|metrics| metrics.conflicts += 1);
                }
            }
        }
        Err(Fault(format!("written by others {TRIES} times in a row")))
    }

    /// Reads an item as it is stored.
    pub(super) async fn load_one(&self, name: &Name) -> Result<Item, Fault> {
        let loaded = self.load(std::slice::from_ref(name), false).await;
        let nothing = || Err(Fault("the store did not answer".to_owned()));
        loaded.into_iter().next().unwrap_or_else(nothing)
    }
}
