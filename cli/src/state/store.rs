//! The state file as the engine's store.

use rusqlite::OptionalExtension;
use tripline_engine::{Checkpoint, Input, KeyState, Program, StateKey, Store, Stored, Time};

use super::{Cause, StateError, StateFile, entry};

/// The states of a program in a state file.
#[derive(Debug)]
pub(crate) struct SqliteStore<'p> {
    file: StateFile,
    /// The names of the program's alerts, by their index.
    names: Vec<&'p str>,
    program: &'p Program,
}

impl<'p> SqliteStore<'p> {
    /// The file must have adopted the program.
    pub(crate) fn new(file: StateFile, program: &'p Program) -> Self {
        let names = program.alerts().map(|rule| rule.name.as_str()).collect();
        SqliteStore {
            file,
            names,
            program,
        }
    }

    /// Makes lasting what was done since the file was opened.
    pub(crate) fn finish(self) -> Result<(), StateError> {
        self.file.run("COMMIT")
    }

    fn name(&self, key: &StateKey) -> &'p str {
        self.names.get(key.alert as usize).copied().unwrap_or("")
    }

    fn failed(&self, error: rusqlite::Error) -> StateError {
        self.file.error(Cause::Database(error))
    }

    fn key(&self, alert: &str, key: &str) -> Option<StateKey> {
        let alert = self.names.binary_search(&alert).ok()?;
        Some(StateKey {
            alert: alert as u32,
            key: key.into(),
        })
    }
}

impl Store for SqliteStore<'_> {
    type Error = StateError;

    fn input(&mut self) -> Result<Input, StateError> {
        self.file.input()
    }

    fn due(&mut self, until: Time, limit: usize) -> Result<Vec<StateKey>, StateError> {
        let read = || -> rusqlite::Result<Vec<StateKey>> {
            let mut query = self.file.connection.prepare_cached(
                "SELECT alert, key FROM states WHERE timer < ?1 ORDER BY timer, alert, key LIMIT ?2",
            )?;
            let limit = i64::try_from(limit).unwrap_or(i64::MAX);
            let mut rows = query.query((until.0, limit))?;
            let mut keys = Vec::new();
            while let Some(row) = rows.next()? {
                keys.extend(self.key(row.get_ref(0)?.as_str()?, row.get_ref(1)?.as_str()?));
            }
            Ok(keys)
        };
        read().map_err(|error| self.failed(error))
    }

    fn load(&mut self, keys: &[StateKey]) -> Result<Vec<(StateKey, KeyState)>, StateError> {
        let failed = |error| self.failed(error);
        let mut query = self
            .file
            .connection
            .prepare_cached("SELECT state FROM states WHERE alert = ?1 AND key = ?2")
            .map_err(failed)?;
        let mut states = Vec::new();
        for key in keys {
            let name = self.name(key);
            let bytes: Option<Vec<u8>> = query
                .query_row((name, &*key.key), |row| row.get(0))
                .optional()
                .map_err(failed)?;
            if let (Some(bytes), Some(rule)) = (bytes, self.program.alert(key)) {
                let state = KeyState::decode(&bytes, rule)
                    .map_err(|error| self.file.error(Cause::Entry(entry(name, &key.key), error)))?;
                states.push((key.clone(), state));
            }
        }
        Ok(states)
    }

    fn commit(&mut self, checkpoint: Checkpoint) -> Result<(), StateError> {
        let write = || -> rusqlite::Result<()> {
            let connection = &self.file.connection;
            let mut input = connection
                .prepare_cached("INSERT OR REPLACE INTO input (id, input) VALUES (0, ?1)")?;
            input.execute([checkpoint.input.encode()])?;
            let mut put = connection.prepare_cached(
                "INSERT INTO states (alert, key, timer, state) VALUES (?1, ?2, ?3, ?4)
                 ON CONFLICT (alert, key) DO UPDATE SET timer = excluded.timer, state = excluded.state",
            )?;
            let mut remove =
                connection.prepare_cached("DELETE FROM states WHERE alert = ?1 AND key = ?2")?;
            for Stored { key, state, timer } in &checkpoint.states {
                let name = self.name(key);
                match (state, self.program.alert(key)) {
                    (Some(state), Some(rule)) => {
                        let timer = timer.map(|timer| timer.0);
                        put.execute((name, &*key.key, timer, state.encode(rule)))?
                    }
                    _ => remove.execute((name, &*key.key))?,
                };
            }
            Ok(())
        };
        write().map_err(|error| self.failed(error))
    }
}
