//! The state file as the engine's store.

use rusqlite::OptionalExtension;
use tripline_engine::{
    AggregateRow, AggregateRule, Checkpoint, Input, KeyState, Program, Row, RowKey, StateKey,
    Store, Stored, Time,
};

use crate::failure::Failure;

use super::{Cause, StateError, StateFile, entry};

/// The states of a program in a state file.
#[derive(Debug)]
pub(crate) struct SqliteStore<'p> {
    file: StateFile,
    /// The names of the program's alerts, by their index.
    names: Vec<&'p str>,
    /// The program's aggregates, by their index, which is that of their names in order.
    aggregates: Vec<&'p AggregateRule>,
    program: &'p Program,
}

impl<'p> SqliteStore<'p> {
    /// The file must have adopted the program.
    pub(crate) fn new(file: StateFile, program: &'p Program) -> Self {
        let names = program.alerts().map(|rule| rule.name.as_str()).collect();
        SqliteStore {
            file,
            names,
            aggregates: program.aggregates().collect(),
            program,
        }
    }

    /// Hands every aggregate row that is still kept to `take`, by aggregate, window and key, and drops the
    /// others.
    pub(crate) fn rows(
        &mut self,
        mut take: impl FnMut(AggregateRow) -> Result<(), Failure>,
    ) -> Result<(), Failure> {
        let told = |error: StateError| Failure::Message(error.to_string());
        let failed = |error| told(self.failed(error));
        let progress = self.file.input().map_err(told)?.progress;
        let mut expired = Vec::new();
        let mut query = self
            .file
            .connection
            .prepare("SELECT aggregate, start, key, row FROM rows ORDER BY aggregate, start, key")
            .map_err(failed)?;
        let mut rows = query.query([]).map_err(failed)?;
        while let Some(row) = rows.next().map_err(failed)? {
            let stored = || -> rusqlite::Result<(String, i64, String, Vec<u8>)> {
                Ok((row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?))
            };
            let (name, start, key, bytes) = stored().map_err(failed)?;
            let Some((index, rule)) = self.aggregate(&name) else {
                continue;
            };
            let key = RowKey {
                aggregate: index,
                start: Time(start),
                key: key.into(),
            };
            let row = self.decode_row(&key, &bytes, rule).map_err(told)?;
            match self.program.row(&key, &row, progress) {
                Some(row) => take(row)?,
                None => expired.push(key),
            }
        }
        for key in expired {
            let dropped = self.file.connection.prepare_cached(
                "DELETE FROM rows WHERE aggregate = ?1 AND start = ?2 AND key = ?3",
            );
            let name = self.program.aggregate(&key).map_or("", |rule| &rule.name);
            let dropped = dropped.and_then(|mut drop| drop.execute((name, key.start.0, &*key.key)));
            dropped.map_err(failed)?;
        }
        Ok(())
    }

    fn aggregate(&self, name: &str) -> Option<(u32, &'p AggregateRule)> {
        let index = self
            .aggregates
            .binary_search_by(|rule| rule.name.as_str().cmp(name));
        index
            .ok()
            .map(|index| (index as u32, self.aggregates[index]))
    }

    fn decode_row(
        &self,
        key: &RowKey,
        bytes: &[u8],
        rule: &AggregateRule,
    ) -> Result<Row, StateError> {
        Row::decode(bytes, rule).map_err(|error| {
            let what = format!("a row of `{}` for {}", rule.name, key.key);
            self.file.error(Cause::Entry(what, error))
        })
    }

    /// Makes lasting what was done since the file was opened.
    pub(crate) fn commit_all(self) -> Result<(), StateError> {
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

    fn load(&mut self, keys: &[StateKey], states: &mut Vec<Stored>) -> Result<(), StateError> {
        let failed = |error| self.failed(error);
        let mut query = self
            .file
            .connection
            .prepare_cached("SELECT state FROM states WHERE alert = ?1 AND key = ?2")
            .map_err(failed)?;
        let mut load = |key: &StateKey| {
            let name = self.name(key);
            let bytes: Option<Vec<u8>> = query
                .query_row((name, &*key.key), |row| row.get(0))
                .optional()
                .map_err(failed)?;
            let (Some(bytes), Some(rule)) = (bytes, self.program.alert(key)) else {
                return Ok(None);
            };
            KeyState::decode(&bytes, rule)
                .map(Some)
                .map_err(|error| self.file.error(Cause::Entry(entry(name, &key.key), error)))
        };
        for key in keys {
            states.push(Stored::new(key.clone(), load(key)?));
        }
        Ok(())
    }

    fn load_rows(&mut self, keys: &[RowKey]) -> Result<Vec<Option<Row>>, StateError> {
        let failed = |error| self.failed(error);
        let mut query = self
            .file
            .connection
            .prepare_cached("SELECT row FROM rows WHERE aggregate = ?1 AND start = ?2 AND key = ?3")
            .map_err(failed)?;
        let load = |key: &RowKey| {
            let Some(rule) = self.program.aggregate(key) else {
                return Ok(None);
            };
            let bytes: Option<Vec<u8>> = query
                .query_row((&rule.name, key.start.0, &*key.key), |row| row.get(0))
                .optional()
                .map_err(failed)?;
            bytes
                .map(|bytes| self.decode_row(key, &bytes, rule))
                .transpose()
        };
        keys.iter().map(load).collect()
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
            let mut put_row = connection.prepare_cached(
                "INSERT OR REPLACE INTO rows (aggregate, start, key, row) VALUES (?1, ?2, ?3, ?4)",
            )?;
            for (key, row) in &checkpoint.rows {
                if let Some(rule) = self.program.aggregate(key) {
                    put_row.execute((&rule.name, key.start.0, &*key.key, row.encode(rule)))?;
                }
            }
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
