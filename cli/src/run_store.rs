//! What a run needs of its store beside the engine's own use of it.

use tripline_engine::{AggregateRow, MemoryStore, Program, Store};

use crate::failure::Failure;
use crate::state::SqliteStore;

/// A store that a run ends with.
pub(crate) trait RunStore: Store {
    /// Hands every aggregate row that is still kept to `take`, by aggregate, window and key.
    fn each_row(
        &mut self,
        program: &Program,
        take: impl FnMut(AggregateRow) -> Result<(), Failure>,
    ) -> Result<(), Failure>;

    /// Makes the state lasting.
    fn finish(self) -> Result<(), Failure>;
}

impl RunStore for MemoryStore {
    fn each_row(
        &mut self,
        program: &Program,
        take: impl FnMut(AggregateRow) -> Result<(), Failure>,
    ) -> Result<(), Failure> {
        let Ok(input) = self.input();
        let rows = self.rows();
        rows.filter_map(|(key, row)| program.row(key, row, input.progress))
            .try_for_each(take)
    }

    /// There is nothing to keep.
    fn finish(self) -> Result<(), Failure> {
        Ok(())
    }
}

impl RunStore for SqliteStore<'_> {
    fn each_row(
        &mut self,
        _: &Program,
        take: impl FnMut(AggregateRow) -> Result<(), Failure>,
    ) -> Result<(), Failure> {
        self.rows(take)
    }

    fn finish(self) -> Result<(), Failure> {
        self.commit_all()
            .map_err(|error| Failure::Message(error.to_string()))
    }
}
