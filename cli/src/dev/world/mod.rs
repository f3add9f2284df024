//! The world of the functions on one machine: their tables, their stream and their topics in one SQLite database.
//!
//! A batch is one transaction: what it writes, what it sends and how far its source has been read are there together or not at all.

mod file;
mod looks;
mod tables;

use std::cell::{Cell, RefCell};
use std::collections::{BTreeMap, BTreeSet};
use std::fs::File;
use std::path::{Path, PathBuf};

use rusqlite::{Connection, OptionalExtension};
use serde::{Deserialize, Serialize};
use tripline_engine::{Input, Program, Time};

use crate::failure::Failure;

/// The one shard: all sources are one stream.
pub(super) const SHARD: &str = "dev";
/// The longest payload that quarantine keeps, in bytes.
const MAX_PAYLOAD: usize = 64 << 10;
/// How many notifications, and entries of quarantine, are kept.
const MOST_KEPT: i64 = 50_000;

/// What was counted since the store was made.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub(super) struct Totals {
    /// The number of the last record.
    pub(super) records: u64,
    pub(super) events: u64,
    pub(super) rejected: u64,
    pub(super) alerts: u64,
    pub(super) late: u64,
    pub(super) suppressed: u64,
}

/// An alert that was sent.
pub(super) struct Sent {
    pub(super) seq: i64,
    /// Its JSON as it was sent.
    pub(super) line: String,
    /// The same, read.
    pub(super) alert: serde_json::Value,
}

/// The tables, and what was done in the transaction that is open.
pub(super) struct World {
    connection: Connection,
    /// Kept until the end.
    _lock: Option<File>,
    path: Option<PathBuf>,
    /// How many events the ring holds.
    ring: u64,
    /// The number of the last event.
    number: Cell<u64>,
    /// Alerts that were sent in this transaction, each with its JSON and its rule.
    sent: RefCell<Vec<(String, String)>>,
    /// How much could not be used in this transaction.
    rejected: Cell<u64>,
    /// When what is quarantined came, in the time of the stream.
    now: Cell<Time>,
    /// The fingerprints of the aggregate rules.
    aggregates: RefCell<BTreeMap<String, [u8; 16]>>,
    /// What the database first failed with.
    failure: RefCell<Option<String>>,
}

impl World {
    pub(super) fn open(path: Option<&Path>, ring: u64) -> Result<World, Failure> {
        let file::Opened { connection, lock } = match path {
            Some(path) => file::open(path)?,
            None => file::ephemeral()?,
        };
        let world = World {
            connection,
            _lock: lock,
            path: path.map(Path::to_owned),
            ring: ring.max(1),
            number: Cell::new(0),
            sent: RefCell::default(),
            rejected: Cell::new(0),
            now: Cell::new(Time(0)),
            aggregates: RefCell::default(),
            failure: RefCell::default(),
        };
        let last = world.one("SELECT coalesce(max(number), 0) FROM events")?;
        world.number.set(last.unsigned_abs());
        Ok(world)
    }

    pub(super) fn begin(&self, now: Time) -> Result<(), Failure> {
        self.now.set(now);
        self.execute("BEGIN IMMEDIATE")
    }

    /// Makes lasting what was done since it began, and hands over what was sent, in the order in which it changed.
    pub(super) fn commit(&self, totals: &Totals) -> Result<Vec<Sent>, Failure> {
        let sent = self.keep_alerts().map_err(|error| self.failed(error))?;
        if let Some(failure) = self.failure.take() {
            return Err(self.failed(failure));
        }
        let text = serde_json::to_string(totals).unwrap_or_default();
        let written = self
            .connection
            .prepare_cached("INSERT OR REPLACE INTO totals (id, totals) VALUES (0, ?1)")
            .and_then(|mut put| put.execute([text]));
        written.map_err(|error| self.failed(error))?;
        self.execute("COMMIT")?;
        Ok(sent)
    }

    /// How much could not be used since it was asked last.
    pub(super) fn take_rejected(&self) -> u64 {
        self.rejected.take()
    }

    pub(super) fn totals(&self) -> Result<Totals, Failure> {
        let text = self.text("SELECT totals FROM totals", [])?;
        Ok(text.map_or_else(Totals::default, |text| {
            serde_json::from_str(&text).unwrap_or_default()
        }))
    }

    /// How far time has come in the stream.
    pub(super) fn input(&self) -> Result<Input, Failure> {
        let bytes: Option<Option<Vec<u8>>> = self
            .connection
            .prepare_cached("SELECT state FROM states WHERE rule = x'' AND key = ?1")
            .and_then(|mut read| read.query_row([SHARD], |row| row.get(0)).optional())
            .map_err(|error| self.failed(error))?;
        let read = bytes.flatten().map(|bytes| Input::decode(&bytes));
        read.unwrap_or(Ok(Input::default()))
            .map_err(|error| self.failed(error))
    }

    /// How far a source has been read, as it wrote it down.
    pub(super) fn position(&self, source: &str) -> Result<Option<String>, Failure> {
        self.text("SELECT position FROM sources WHERE name = ?1", [source])
    }

    pub(super) fn put_position(&self, source: &str, position: &str) -> Result<(), Failure> {
        let put = "INSERT OR REPLACE INTO sources (name, position) VALUES (?1, ?2)";
        let written = self.connection.prepare_cached(put);
        let written = written.and_then(|mut put| put.execute([source, position]));
        written.map(drop).map_err(|error| self.failed(error))
    }

    /// Takes the fingerprints of the aggregate rules, which their rows are filed under; it comes before any event.
    pub(super) fn know(&self, program: &Program) {
        let rules = program.aggregates();
        let rules = rules.map(|rule| (rule.name.clone(), rule.fingerprint()));
        *self.aggregates.borrow_mut() = rules.collect();
    }

    /// Drops what belongs to rules that were edited or are gone, once their episodes are ended.
    pub(super) fn adopt(&self, program: &Program) -> Result<(), Failure> {
        let alerts = program.alerts().map(|rule| rule.fingerprint().to_vec());
        let alerts: BTreeSet<Vec<u8>> = alerts.collect();
        let rows = program.aggregates().map(|rule| rule.fingerprint().to_vec());
        let rows: BTreeSet<Vec<u8>> = rows.collect();
        for rule in self.blobs("SELECT DISTINCT rule FROM states WHERE length(rule) = 16")? {
            if !alerts.contains(&rule) {
                self.delete("DELETE FROM states WHERE rule = ?1", &rule)?;
            }
        }
        for rule in self.blobs("SELECT DISTINCT rule FROM rows")? {
            if !rows.contains(&rule) {
                self.delete("DELETE FROM rows WHERE rule = ?1", &rule)?;
            }
        }
        Ok(())
    }

    /// Drops what is kept no longer at this time of the stream.
    pub(super) fn sweep(&self, progress: Option<Time>) -> Result<(), Failure> {
        if let Some(Time(at)) = progress {
            for table in ["states", "rows"] {
                let sql = format!("DELETE FROM {table} WHERE expires < ?1");
                let swept = self.connection.execute(&sql, [at]);
                swept.map_err(|error| self.failed(error))?;
            }
        }
        for (table, id) in [("alerts", "seq"), ("quarantine", "id")] {
            let sql =
                format!("DELETE FROM {table} WHERE {id} <= (SELECT max({id}) FROM {table}) - ?1");
            let swept = self.connection.execute(&sql, [MOST_KEPT]);
            swept.map_err(|error| self.failed(error))?;
        }
        Ok(())
    }

    /// The bytes of the file; none in memory.
    pub(super) fn bytes(&self) -> Option<u64> {
        let size = |path: &Path| path.metadata().ok().map(|file| file.len());
        let path = self.path.as_ref()?;
        let log = size(Path::new(&format!("{}-wal", path.display())));
        Some(size(path)? + log.unwrap_or(0))
    }

    fn blobs(&self, sql: &str) -> Result<Vec<Vec<u8>>, Failure> {
        let read = || -> rusqlite::Result<Vec<Vec<u8>>> {
            let mut query = self.connection.prepare(sql)?;
            query.query_map([], |row| row.get(0))?.collect()
        };
        read().map_err(|error| self.failed(error))
    }

    fn delete(&self, sql: &str, rule: &[u8]) -> Result<(), Failure> {
        let deleted = self.connection.execute(sql, [rule]);
        deleted.map(drop).map_err(|error| self.failed(error))
    }

    fn execute(&self, sql: &str) -> Result<(), Failure> {
        let done = self.connection.prepare_cached(sql);
        let done = done.and_then(|mut statement| statement.execute([]));
        done.map(drop).map_err(|error| self.failed(error))
    }

    fn text(&self, sql: &str, arguments: impl rusqlite::Params) -> Result<Option<String>, Failure> {
        let read = self.connection.query_row(sql, arguments, |row| row.get(0));
        read.optional().map_err(|error| self.failed(error))
    }

    fn one(&self, sql: &str) -> Result<i64, Failure> {
        let read = self.connection.query_row(sql, [], |row| row.get(0));
        read.map_err(|error| self.failed(error))
    }

    fn failed(&self, error: impl std::fmt::Display) -> Failure {
        let path = self.path.as_ref().map(|path| path.display().to_string());
        let path = path.unwrap_or_else(|| "in memory".to_owned());
        Failure::Message(format!(
            "the store {path} cannot be used: {error}; what was committed is kept, and a restart goes on from there"
        ))
    }
}
