//! The file of `tripline dev`: an SQLite database that any tool can read while the command runs.
//!
//! | table or view | what it holds |
//! |---|---|
//! | `recent_events`, `events` | the last events, in a ring: an event takes the place of the one that is the ring's length older |
//! | `sent_alerts`, `alerts` | the last notifications; `alert` is their JSON |
//! | `aggregates`, `rows` | the aggregate rows; `key` and `vals` are JSON |
//! | `states` | for each rule (by its fingerprint) and key its state, when it is due, and whether it fires |
//! | `quarantine` | what could not be read as an event, and why |
//! | `sources` | how far each source has been read |
//! | `totals` | one row: what was counted, and the number of the last record |
//!
//! The views are for people: their times are text, those of the tables milliseconds since 1970.

use std::fs::{self, File, TryLockError};
use std::path::{Path, PathBuf};

use rusqlite::{Connection, ErrorCode, OpenFlags};

use crate::failure::Failure;

/// "TrLd", so that a database of another program, and the state of a run, are told apart.
const APPLICATION: i32 = 0x5472_4c64;
/// The version of the tables.
const VERSION: i32 = 1;
const TABLES: &str = "
    CREATE TABLE events (
        place INTEGER PRIMARY KEY, number INTEGER NOT NULL, id TEXT NOT NULL, type TEXT, time INTEGER NOT NULL,
        arrival INTEGER NOT NULL, event TEXT NOT NULL
    ) STRICT;
    CREATE TABLE alerts (
        seq INTEGER PRIMARY KEY AUTOINCREMENT, notification TEXT NOT NULL UNIQUE, name TEXT NOT NULL, alert TEXT NOT NULL
    ) STRICT;
    CREATE INDEX alerts_by_name ON alerts (name, seq);
    CREATE TABLE states (
        rule BLOB NOT NULL, key TEXT NOT NULL, version INTEGER NOT NULL, state BLOB, applied TEXT NOT NULL, outbox TEXT,
        timer INTEGER, due INTEGER, firing TEXT, definition BLOB, expires INTEGER,
        PRIMARY KEY (rule, key)
    ) WITHOUT ROWID, STRICT;
    CREATE INDEX states_by_due ON states (due) WHERE due IS NOT NULL;
    CREATE INDEX states_that_fire ON states (firing) WHERE firing IS NOT NULL;
    CREATE TABLE rows (
        partition TEXT NOT NULL, sort TEXT NOT NULL, version INTEGER NOT NULL, applied TEXT NOT NULL, row BLOB NOT NULL,
        aggregate TEXT NOT NULL, rule BLOB NOT NULL, start INTEGER NOT NULL, finish INTEGER NOT NULL, key TEXT NOT NULL,
        vals TEXT NOT NULL, events INTEGER NOT NULL, expires INTEGER,
        PRIMARY KEY (partition, sort)
    ) WITHOUT ROWID, STRICT;
    CREATE INDEX rows_by_start ON rows (aggregate, start);
    CREATE TABLE quarantine (
        id INTEGER PRIMARY KEY AUTOINCREMENT, place TEXT NOT NULL UNIQUE, at INTEGER NOT NULL, reason TEXT NOT NULL,
        payload BLOB NOT NULL, bytes INTEGER NOT NULL
    ) STRICT;
    CREATE TABLE sources (name TEXT PRIMARY KEY, position TEXT NOT NULL) WITHOUT ROWID, STRICT;
    CREATE TABLE totals (id INTEGER PRIMARY KEY CHECK (id = 0), totals TEXT NOT NULL) STRICT;
    CREATE VIEW recent_events AS
        SELECT number, id, type, strftime('%Y-%m-%dT%H:%M:%fZ', time / 1000.0, 'unixepoch') AS time, event
        FROM events ORDER BY number DESC;
    CREATE VIEW sent_alerts AS
        SELECT seq, alert ->> 'at' AS at, alert ->> 'status' AS status, alert ->> 'severity' AS severity, name,
               alert -> 'key' AS key, alert ->> 'summary' AS summary, alert
        FROM alerts ORDER BY seq DESC;
    CREATE VIEW aggregates AS
        SELECT aggregate, strftime('%Y-%m-%dT%H:%M:%fZ', start / 1000.0, 'unixepoch') AS start,
               strftime('%Y-%m-%dT%H:%M:%fZ', finish / 1000.0, 'unixepoch') AS finish, key, vals, events
        FROM rows ORDER BY aggregate, rows.start DESC, key;
";

/// An open database, kept from others while it is.
pub(super) struct Opened {
    pub(super) connection: Connection,
    /// The lock goes with it, however the process ends.
    pub(super) lock: Option<File>,
}

/// Opens the file, and makes it if there is none.
pub(super) fn open(path: &Path) -> Result<Opened, Failure> {
    let lock = Some(lock(path)?);
    let told = |error: rusqlite::Error| told(path, &error);
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE
        | OpenFlags::SQLITE_OPEN_CREATE
        | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection = Connection::open_with_flags(path, flags).map_err(told)?;
    let number = |pragma: &str| {
        let read =
            connection.query_row(&format!("PRAGMA {pragma}"), [], |row| row.get::<_, i32>(0));
        read.map_err(told)
    };
    let (application, version) = (number("application_id")?, number("user_version")?);
    let is_new = application == 0 && version == 0 && number("schema_version")? == 0;
    if !is_new && application != APPLICATION {
        return Err(Failure::Message(format!(
            "{} is the database of another program; it is left as it was: name another file with --store",
            path.display()
        )));
    }
    if !is_new && version != VERSION {
        return Err(Failure::Message(format!(
            "{} has version {version}, and this program knows version {VERSION}; it is left as it was: to start anew, \
             remove it or name another file with --store",
            path.display()
        )));
    }
    // What is committed outlives the process, however it ends; a loss of power may take the last commits, whole.
    let set =
        "PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL; PRAGMA wal_autocheckpoint = 8000;";
    connection.execute_batch(set).map_err(told)?;
    prepare(&connection, is_new).map_err(told)?;
    Ok(Opened { connection, lock })
}

/// A database in memory.
pub(super) fn ephemeral() -> Result<Opened, Failure> {
    let path = Path::new("the store in memory");
    let connection = Connection::open_in_memory().map_err(|error| told(path, &error))?;
    prepare(&connection, true).map_err(|error| told(path, &error))?;
    Ok(Opened {
        connection,
        lock: None,
    })
}

fn prepare(connection: &Connection, is_new: bool) -> rusqlite::Result<()> {
    connection.set_prepared_statement_cache_capacity(64);
    connection.execute_batch("PRAGMA cache_size = -65536; PRAGMA temp_store = MEMORY;")?;
    if is_new {
        connection.execute_batch(&format!(
            "BEGIN; {TABLES} PRAGMA application_id = {APPLICATION}; PRAGMA user_version = {VERSION}; COMMIT;"
        ))?;
    }
    Ok(())
}

/// Takes the lock of a file, which stands beside it.
fn lock(path: &Path) -> Result<File, Failure> {
    let folder = path.parent().unwrap_or(Path::new(""));
    if !folder.as_os_str().is_empty() && !folder.exists() {
        fs::create_dir_all(folder).map_err(|error| Failure::path("create", folder, &error))?;
        // What is kept there is nobody else's.
        let ignored = folder.join(".gitignore");
        fs::write(&ignored, "*\n").map_err(|error| Failure::path("create", &ignored, &error))?;
    }
    let beside = PathBuf::from(format!("{}.lock", path.display()));
    let file = File::create(&beside).map_err(|error| Failure::path("create", &beside, &error))?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(TryLockError::WouldBlock) => Err(Failure::Message(format!(
            "{} is in use by another `tripline dev`: stop that one, or name another file with --store, or use --ephemeral",
            path.display()
        ))),
        Err(TryLockError::Error(error)) => Err(Failure::path("lock", &beside, &error)),
    }
}

fn told(path: &Path, error: &rusqlite::Error) -> Failure {
    let path = path.display();
    Failure::Message(match error.sqlite_error_code() {
        Some(ErrorCode::NotADatabase | ErrorCode::DatabaseCorrupt) => format!(
            "{path} is no SQLite database, or damaged; it is left as it was: to start anew, remove it or name another \
             file with --store"
        ),
        _ => format!("cannot use {path}: {error}"),
    })
}
