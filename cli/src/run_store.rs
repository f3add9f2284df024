//! What a run needs of its store beside the engine's own use of it.

use tripline_engine::{AggregateRow, MemoryStore, Program, Store};

use crate::failure::Failure;
use crate::state::SqliteStore;

/// A store that a run ends with.
pub(crate) trait RunStore: Store + Sized {
    /// Hands every aggregate row that is still kept in one of the stores to `take`, by aggregate, window and key.
    fn each_row(
        stores: &mut [Self],
        program: &Program,
        take: impl FnMut(AggregateRow) -> Result<(), Failure>,
    ) -> Result<(), Failure>;

    /// How many keys have a state in memory, and the bytes that those take; none if they are kept elsewhere.
    fn memory(&self) -> Option<(u64, u64)>;

    /// Makes the state lasting.
    fn finish(self) -> Result<(), Failure>;
}

impl RunStore for MemoryStore {
    fn each_row(
        stores: &mut [Self],
        program: &Program,
        take: impl FnMut(AggregateRow) -> Result<(), Failure>,
    ) -> Result<(), Failure> {
        // All of them have seen all events arrive.
        let progress = match stores.first_mut().map(Store::input) {
            Some(Ok(input)) => input.progress,
            None => None,
        };
        let mut rows: Vec<_> = stores.iter().flat_map(MemoryStore::rows).collect();
        rows.sort_unstable_by_key(|(key, _)| *key);
        rows.into_iter()
            .filter_map(|(key, row)| program.row(key, row, progress))
            .try_for_each(take)
    }

    fn memory(&self) -> Option<(u64, u64)> {
        Some((self.len() as u64, MemoryStore::memory(self) as u64))
    }

    /// There is nothing to keep; as the process ends, not even the memory is worth giving back.
    fn finish(self) -> Result<(), Failure> {
        std::mem::forget(self);
        Ok(())
    }
}

impl RunStore for SqliteStore<'_> {
    fn each_row(
        stores: &mut [Self],
        _: &Program,
        mut take: impl FnMut(AggregateRow) -> Result<(), Failure>,
    ) -> Result<(), Failure> {
        stores
            .iter_mut()
            .try_for_each(|store| store.rows(&mut take))
    }

    fn memory(&self) -> Option<(u64, u64)> {
        None
    }

    fn finish(self) -> Result<(), Failure> {
        self.commit_all()
            .map_err(|error| Failure::Message(error.to_string()))
    }
}
