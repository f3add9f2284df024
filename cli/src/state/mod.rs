//! The state file: an SQLite database that keeps the state of a program between runs.
//!
//! | table | what it holds |
//! |---|---|
//! | `alerts` | for each alert its name and definition, which say what its states belong to |
//! | `states` | for each alert and key its state, and when it is due without an event |
//! | `aggregates` | for each aggregate its name and definition, which say what its rows belong to |
//! | `rows` | the aggregate rows |
//! | `input` | one row: the progress of the input |
//!
//! A run is one transaction: it is stored whole or, if it fails, not at all.

mod store;

use std::fmt;
use std::path::{Path, PathBuf};

use rusqlite::{Connection, ErrorCode, OpenFlags, OptionalExtension};
use tripline_engine::{
    AggregateRule, Alert, CodecError, Definition, Input, KeyState, Program, StateKey, Time,
};

pub(crate) use store::SqliteStore;

/// "TrLn", so that a database of another program is told apart.
const APPLICATION: i32 = 0x5472_4c6e;
/// How to go on without what a file holds.
const ANEW: &str = "; it is left as it was: to start anew, remove it or name another file";
/// The version of the tables.
const VERSION: i32 = 1;
const TABLES: &str = "
    CREATE TABLE alerts (name TEXT PRIMARY KEY, definition BLOB NOT NULL) WITHOUT ROWID, STRICT;
    CREATE TABLE states (
        alert TEXT NOT NULL, key TEXT NOT NULL, timer INTEGER, state BLOB NOT NULL,
        PRIMARY KEY (alert, key)
    ) WITHOUT ROWID, STRICT;
    CREATE INDEX states_by_timer ON states (timer) WHERE timer IS NOT NULL;
    CREATE TABLE aggregates (name TEXT PRIMARY KEY, definition BLOB NOT NULL) WITHOUT ROWID, STRICT;
    CREATE TABLE rows (
        aggregate TEXT NOT NULL, start INTEGER NOT NULL, key TEXT NOT NULL, row BLOB NOT NULL,
        PRIMARY KEY (aggregate, start, key)
    ) WITHOUT ROWID, STRICT;
    CREATE TABLE input (id INTEGER PRIMARY KEY CHECK (id = 0), input BLOB NOT NULL) STRICT;
";

/// Why a state file cannot be used; it is left as it was.
#[derive(Debug)]
pub(crate) struct StateError {
    path: PathBuf,
    cause: Cause,
}

#[derive(Debug)]
enum Cause {
    Database(rusqlite::Error),
    Foreign,
    Folder,
    /// Its tables are of this version.
    Newer(i32),
    Damaged(String),
    /// What is stored for this alert and key.
    Entry(String, CodecError),
}

impl fmt::Display for StateError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let path = self.path.display();
        match &self.cause {
            Cause::Database(error) => match error.sqlite_error_code() {
                Some(ErrorCode::NotADatabase) => {
                    write!(f, "{path} is no state file: it is not an SQLite database")
                }
                Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked) => {
                    write!(
                        f,
                        "the state file {path} is in use by another run: wait for its end"
                    )
                }
                _ => write!(f, "cannot use the state file {path}: {error}"),
            },
            Cause::Folder => write!(f, "{path} is no state file: it is a folder"),
            Cause::Foreign => write!(
                f,
                "{path} is no state file: it is the database of another program"
            ),
            Cause::Newer(version) => write!(
                f,
                "the state file {path} has version {version}, and this program knows versions up to \
                 {VERSION}: use the newer program"
            ),
            Cause::Damaged(what) => write!(f, "the state file {path} is damaged: {what}"),
            Cause::Entry(what, CodecError::Newer(_)) => write!(
                f,
                "a newer program wrote {what} in the state file {path}: use that one"
            ),
            Cause::Entry(what, error) => {
                write!(f, "the state file {path} is damaged: {what} is {error}")
            }
        }?;
        f.write_str(match &self.cause {
            Cause::Database(error) => match error.sqlite_error_code() {
                Some(ErrorCode::NotADatabase | ErrorCode::DatabaseCorrupt) => ANEW,
                _ => "; it is left as it was",
            },
            Cause::Folder => ": name a file in it",
            Cause::Foreign => "; it is left as it was: name another file",
            Cause::Newer(_) | Cause::Entry(_, CodecError::Newer(_)) => "; it is left as it was",
            Cause::Damaged(_) | Cause::Entry(..) => ANEW,
        })
    }
}

/// An open state file.
#[derive(Debug)]
pub(crate) struct StateFile {
    path: PathBuf,
    connection: Connection,
}

/// What a state file holds of an alert.
#[derive(Debug)]
pub(crate) struct StoredAlert {
    pub(crate) definition: Definition,
    pub(crate) keys: u64,
}

impl StateFile {
    /// Opens the state file for a run, and makes it if there is none.
    pub(crate) fn open(path: &Path) -> Result<StateFile, StateError> {
        let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_CREATE;
        let mut file = StateFile::connect(path, flags)?;
        file.run("BEGIN IMMEDIATE")?;
        if file.check_kind()? {
            file.run(&format!(
                "{TABLES} PRAGMA application_id = {APPLICATION}; PRAGMA user_version = {VERSION};"
            ))?;
        }
        Ok(file)
    }

    /// Opens a state file that there must be, to look at it.
    pub(crate) fn read(path: &Path) -> Result<StateFile, StateError> {
        let mut file = StateFile::connect(path, OpenFlags::SQLITE_OPEN_READ_ONLY)?;
        file.run("BEGIN")?;
        if file.check_kind()? {
            return Err(file.error(Cause::Damaged("it is empty".to_owned())));
        }
        Ok(file)
    }

    fn connect(path: &Path, flags: OpenFlags) -> Result<StateFile, StateError> {
        let failed = |error| StateError {
            path: path.to_owned(),
            cause: Cause::Database(error),
        };
        if path.is_dir() {
            return Err(StateError {
                path: path.to_owned(),
                cause: Cause::Folder,
            });
        }
        let flags = flags | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        let connection = Connection::open_with_flags(path, flags).map_err(failed)?;
        connection
            .busy_timeout(std::time::Duration::ZERO)
            .map_err(failed)?;
        Ok(StateFile {
            path: path.to_owned(),
            connection,
        })
    }

    /// Refuses a database that is not a whole state file of a known version; tells whether it is new.
    fn check_kind(&mut self) -> Result<bool, StateError> {
        let number = |file: &StateFile, pragma: &str| {
            let read = file
                .connection
                .query_row(&format!("PRAGMA {pragma}"), [], |row| row.get::<_, i32>(0));
            read.map_err(|error| file.error(Cause::Database(error)))
        };
        let (application, version) = (
            number(self, "application_id")?,
            number(self, "user_version")?,
        );
        if application == 0 && version == 0 && number(self, "schema_version")? == 0 {
            return Ok(true);
        }
        if application != APPLICATION {
            return Err(self.error(Cause::Foreign));
        }
        if version != VERSION {
            return Err(self.error(Cause::Newer(version)));
        }
        // SQLite takes the part of the last page that is missing for zeros.
        let pages = i64::from(number(self, "page_count")?) * i64::from(number(self, "page_size")?);
        let is_short =
            |file: std::fs::Metadata| i64::try_from(file.len()).is_ok_and(|len| len < pages);
        if self.path.metadata().is_ok_and(is_short) {
            return Err(self.error(Cause::Damaged("its end is missing".to_owned())));
        }
        let found: Result<String, _> =
            self.connection
                .query_row("PRAGMA quick_check(1)", [], |row| row.get(0));
        match found {
            Ok(found) if found == "ok" => Ok(false),
            Ok(found) => Err(self.error(Cause::Damaged(found))),
            Err(error) => Err(self.error(Cause::Damaged(error.to_string()))),
        }
    }

    fn run(&self, sql: &str) -> Result<(), StateError> {
        let done = self.connection.execute_batch(sql);
        done.map_err(|error| self.error(Cause::Database(error)))
    }

    fn error(&self, cause: Cause) -> StateError {
        StateError {
            path: self.path.clone(),
            cause,
        }
    }

    /// What is known of the input.
    pub(crate) fn input(&self) -> Result<Input, StateError> {
        let stored: Option<Vec<u8>> = self
            .connection
            .query_row("SELECT input FROM input", [], |row| row.get(0))
            .optional()
            .map_err(|error| self.error(Cause::Database(error)))?;
        stored.map_or(Ok(Input::default()), |bytes| {
            let what = "the progress of the input".to_owned();
            Input::decode(&bytes).map_err(|error| self.error(Cause::Entry(what, error)))
        })
    }

    /// The state of one key, if there is one that belongs to the program's rule as it is now.
    pub(crate) fn state(
        &self,
        program: &Program,
        key: &StateKey,
    ) -> Result<Option<KeyState>, StateError> {
        let Some(rule) = program.alert(key) else {
            return Ok(None);
        };
        let stored: Option<Vec<u8>> = self
            .connection
            .query_row(
                "SELECT state FROM states WHERE alert = ?1 AND key = ?2",
                (&rule.name, &*key.key),
                |row| row.get(0),
            )
            .optional()
            .map_err(|error| self.error(Cause::Database(error)))?;
        match stored.map(|bytes| KeyState::decode(&bytes, rule)) {
            None | Some(Err(CodecError::OtherRule)) => Ok(None),
            Some(Ok(state)) => Ok(Some(state)),
            Some(Err(error)) => {
                let what = entry(&rule.name, &key.key);
                Err(self.error(Cause::Entry(what, error)))
            }
        }
    }

    /// The alerts that the file holds states of, sorted by name.
    pub(crate) fn alerts(&self) -> Result<Vec<StoredAlert>, StateError> {
        let read = || -> rusqlite::Result<Vec<(String, Vec<u8>, i64)>> {
            let mut query = self.connection.prepare(
                "SELECT name, definition, (SELECT count(*) FROM states WHERE alert = name)
                 FROM alerts ORDER BY name",
            )?;
            let rows = query.query_map([], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))?;
            rows.collect()
        };
        let rows = read().map_err(|error| self.error(Cause::Database(error)))?;
        let stored = rows.into_iter().map(|(name, bytes, keys)| {
            let what = format!("the definition of `{name}`");
            match Definition::decode(name, &bytes) {
                Ok(definition) => Ok(StoredAlert {
                    definition,
                    keys: keys.unsigned_abs(),
                }),
                Err(error) => Err(self.error(Cause::Entry(what, error))),
            }
        });
        stored.collect()
    }

    /// Makes the states of a program out of those that the file holds: ends what belongs to rules that were
    /// edited or are gone, and gives the messages that say so, in order.
    pub(crate) fn adopt(&mut self, program: &Program) -> Result<Vec<Alert>, StateError> {
        let now = program.definitions();
        let at = self.input()?.progress;
        let mut alerts = Vec::new();
        for StoredAlert { definition, .. } in self.alerts()? {
            let stays = now.iter().any(|new| {
                new.name == definition.name && new.fingerprint == definition.fingerprint
            });
            if stays {
                continue;
            }
            if let Some(at) = at {
                self.retire(program, &definition, at, &mut alerts)?;
            }
            self.execute("DELETE FROM states WHERE alert = ?1", &definition.name)?;
            self.execute("DELETE FROM alerts WHERE name = ?1", &definition.name)?;
        }
        for definition in now {
            let stored = self.connection.execute(
                "INSERT INTO alerts (name, definition) VALUES (?1, ?2)
                 ON CONFLICT (name) DO UPDATE SET definition = excluded.definition",
                (&definition.name, definition.encode()),
            );
            stored.map_err(|error| self.error(Cause::Database(error)))?;
        }
        self.adopt_aggregates(program)?;
        Ok(alerts)
    }

    /// Drops the rows of aggregates that were edited or are gone.
    fn adopt_aggregates(&self, program: &Program) -> Result<(), StateError> {
        let read = || -> rusqlite::Result<Vec<(String, Vec<u8>)>> {
            let mut query = self
                .connection
                .prepare("SELECT name, definition FROM aggregates ORDER BY name")?;
            let rows = query.query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?;
            rows.collect()
        };
        for (name, bytes) in read().map_err(|error| self.error(Cause::Database(error)))? {
            let fingerprint = AggregateRule::decode_fingerprint(&bytes).map_err(|error| {
                self.error(Cause::Entry(format!("the definition of `{name}`"), error))
            })?;
            let stays = program
                .aggregates()
                .any(|rule| rule.name == name && rule.fingerprint() == fingerprint);
            if !stays {
                self.execute("DELETE FROM rows WHERE aggregate = ?1", &name)?;
                self.execute("DELETE FROM aggregates WHERE name = ?1", &name)?;
            }
        }
        for rule in program.aggregates() {
            let stored = self.connection.execute(
                "INSERT OR IGNORE INTO aggregates (name, definition) VALUES (?1, ?2)",
                (&rule.name, rule.encode_fingerprint()),
            );
            stored.map_err(|error| self.error(Cause::Database(error)))?;
        }
        Ok(())
    }

    fn execute(&self, sql: &str, name: &str) -> Result<(), StateError> {
        match self.connection.execute(sql, [name]) {
            Ok(_) => Ok(()),
            Err(error) => Err(self.error(Cause::Database(error))),
        }
    }

    fn retire(
        &self,
        program: &Program,
        definition: &Definition,
        at: Time,
        alerts: &mut Vec<Alert>,
    ) -> Result<(), StateError> {
        let mut read = || -> rusqlite::Result<Result<(), StateError>> {
            let mut query = self
                .connection
                .prepare("SELECT key, state FROM states WHERE alert = ?1 ORDER BY key")?;
            let mut rows = query.query([&definition.name])?;
            while let Some(row) = rows.next()? {
                let (key, state): (String, Vec<u8>) = (row.get(0)?, row.get(1)?);
                match program.retire(definition, &key, &state, at) {
                    Ok(alert) => alerts.extend(alert),
                    Err(error) => {
                        let what = entry(&definition.name, &key);
                        return Ok(Err(self.error(Cause::Entry(what, error))));
                    }
                }
            }
            Ok(Ok(()))
        };
        read().map_err(|error| self.error(Cause::Database(error)))?
    }
}

fn entry(alert: &str, key: &str) -> String {
    format!("the state of `{alert}` for {key}")
}
