//! What the page and the terminal ask of the tables.

use rusqlite::{OptionalExtension, params};
use tripline_engine::Time;

use super::World;
use crate::failure::Failure;

/// A key of an alert rule as it is stored.
pub(in crate::dev) struct KeyItem {
    pub(in crate::dev) key: String,
    pub(in crate::dev) state: Vec<u8>,
}

/// An aggregate row as it is stored; key and values are JSON objects.
pub(in crate::dev) struct StoredRow {
    pub(in crate::dev) start: Time,
    pub(in crate::dev) end: Time,
    pub(in crate::dev) key: String,
    pub(in crate::dev) values: String,
}

/// An entry of quarantine.
pub(in crate::dev) struct Unusable {
    pub(in crate::dev) id: i64,
    pub(in crate::dev) place: String,
    pub(in crate::dev) at: Time,
    pub(in crate::dev) reason: String,
    pub(in crate::dev) payload: Vec<u8>,
    /// The length of all of it.
    pub(in crate::dev) bytes: u64,
}

impl World {
    /// The names of the alerts that fire, with the number of keys.
    pub(in crate::dev) fn firing_by_name(&self) -> Result<Vec<(String, u64)>, Failure> {
        self.pairs(
            "SELECT firing, count(*) FROM states WHERE firing IS NOT NULL GROUP BY firing",
            [],
        )
    }

    /// How many keys a rule has a state of.
    pub(in crate::dev) fn key_count(&self, rule: [u8; 16]) -> Result<u64, Failure> {
        let count = self
            .connection
            .prepare_cached("SELECT count(*) FROM states WHERE rule = ?1 AND state IS NOT NULL")
            .and_then(|mut query| query.query_row([rule], |row| row.get::<_, i64>(0)));
        count
            .map(i64::unsigned_abs)
            .map_err(|error| self.failed(error))
    }

    /// The keys of a rule, those that fire first, but so many at most.
    pub(in crate::dev) fn keys(
        &self,
        rule: [u8; 16],
        most: usize,
    ) -> Result<Vec<KeyItem>, Failure> {
        let read = || -> rusqlite::Result<Vec<KeyItem>> {
            let mut query = self.connection.prepare_cached(
                "SELECT key, state FROM states WHERE rule = ?1 AND state IS NOT NULL ORDER BY firing IS NULL, key LIMIT ?2",
            )?;
            let rows = query.query_map(params![rule, most as i64], |row| {
                Ok(KeyItem {
                    key: row.get(0)?,
                    state: row.get(1)?,
                })
            })?;
            rows.collect()
        };
        read().map_err(|error| self.failed(error))
    }

    /// The state of one key.
    pub(in crate::dev) fn state(
        &self,
        rule: [u8; 16],
        key: &str,
    ) -> Result<Option<Vec<u8>>, Failure> {
        let read = self
            .connection
            .prepare_cached("SELECT state FROM states WHERE rule = ?1 AND key = ?2")
            .and_then(|mut query| {
                query
                    .query_row(params![rule, key], |row| row.get(0))
                    .optional()
            });
        read.map(Option::flatten)
            .map_err(|error| self.failed(error))
    }

    /// The newest notifications, with their numbers; of one alert, if it is named.
    pub(in crate::dev) fn alerts(
        &self,
        name: Option<&str>,
        most: usize,
    ) -> Result<Vec<(i64, String)>, Failure> {
        let (sql, name) = match name {
            Some(name) => (
                "SELECT seq, alert FROM alerts WHERE name = ?1 ORDER BY seq DESC LIMIT ?2",
                name,
            ),
            None => (
                "SELECT seq, alert FROM alerts WHERE ?1 = '' ORDER BY seq DESC LIMIT ?2",
                "",
            ),
        };
        let read = || -> rusqlite::Result<Vec<(i64, String)>> {
            let mut query = self.connection.prepare_cached(sql)?;
            let rows = query.query_map(params![name, most as i64], |row| {
                Ok((row.get(0)?, row.get(1)?))
            })?;
            rows.collect()
        };
        read().map_err(|error| self.failed(error))
    }

    /// When each alert last said that it fires.
    pub(in crate::dev) fn last_fired(&self, name: &str) -> Result<Option<String>, Failure> {
        self.text(
            "SELECT alert ->> 'at' FROM alerts WHERE name = ?1 AND alert ->> 'status' = 'firing' ORDER BY seq DESC LIMIT 1",
            [name],
        )
    }

    /// How many rows an aggregate has.
    pub(in crate::dev) fn row_count(&self, aggregate: &str) -> Result<u64, Failure> {
        let count = self
            .connection
            .prepare_cached("SELECT count(*) FROM rows WHERE aggregate = ?1")
            .and_then(|mut query| query.query_row([aggregate], |row| row.get::<_, i64>(0)));
        count
            .map(i64::unsigned_abs)
            .map_err(|error| self.failed(error))
    }

    /// The newest rows of an aggregate whose key has this text in it, and how many there are.
    pub(in crate::dev) fn rows(
        &self,
        aggregate: &str,
        search: &str,
        most: usize,
    ) -> Result<(u64, Vec<StoredRow>), Failure> {
        let found = format!(
            "%{}%",
            search
                .replace('\\', "\\\\")
                .replace('%', "\\%")
                .replace('_', "\\_")
        );
        let total = self
            .connection
            .prepare_cached(
                "SELECT count(*) FROM rows WHERE aggregate = ?1 AND key LIKE ?2 ESCAPE '\\'",
            )
            .and_then(|mut query| query.query_row([aggregate, &found], |row| row.get::<_, i64>(0)))
            .map_err(|error| self.failed(error))?;
        let sql = "SELECT start, finish, key, vals FROM rows WHERE aggregate = ?1 AND key LIKE ?2 ESCAPE '\\'
                   ORDER BY start DESC, key LIMIT ?3";
        let rows = self.stored_rows(sql, params![aggregate, found, most as i64])?;
        Ok((total.unsigned_abs(), rows))
    }

    /// The newest rows of one key of an aggregate, newest first.
    pub(in crate::dev) fn rows_of_key(
        &self,
        aggregate: &str,
        key: &str,
        most: usize,
    ) -> Result<Vec<StoredRow>, Failure> {
        let sql = "SELECT start, finish, key, vals FROM rows WHERE aggregate = ?1 AND key = ?2
                   ORDER BY start DESC LIMIT ?3";
        self.stored_rows(sql, params![aggregate, key, most as i64])
    }

    fn stored_rows(
        &self,
        sql: &str,
        arguments: impl rusqlite::Params,
    ) -> Result<Vec<StoredRow>, Failure> {
        let read = || -> rusqlite::Result<Vec<StoredRow>> {
            let mut query = self.connection.prepare_cached(sql)?;
            let rows = query.query_map(arguments, |row| {
                Ok(StoredRow {
                    start: Time(row.get(0)?),
                    end: Time(row.get(1)?),
                    key: row.get(2)?,
                    values: row.get(3)?,
                })
            })?;
            rows.collect()
        };
        read().map_err(|error| self.failed(error))
    }

    /// The newest entries of quarantine, and how many there are.
    pub(in crate::dev) fn unusable(&self, most: usize) -> Result<(u64, Vec<Unusable>), Failure> {
        let total = self.one("SELECT count(*) FROM quarantine")?;
        let sql = "SELECT id, place, at, reason, payload, bytes FROM quarantine ORDER BY id DESC LIMIT ?1";
        let read = || -> rusqlite::Result<Vec<Unusable>> {
            let mut query = self.connection.prepare_cached(sql)?;
            query.query_map([most as i64], unusable)?.collect()
        };
        let entries = read().map_err(|error| self.failed(error))?;
        Ok((total.unsigned_abs(), entries))
    }

    /// One entry of quarantine.
    pub(in crate::dev) fn unusable_of(&self, id: i64) -> Result<Option<Unusable>, Failure> {
        let sql = "SELECT id, place, at, reason, payload, bytes FROM quarantine WHERE id = ?1";
        let read = self.connection.query_row(sql, [id], unusable).optional();
        read.map_err(|error| self.failed(error))
    }

    /// Takes an entry out of quarantine.
    pub(in crate::dev) fn release(&self, id: i64) -> Result<(), Failure> {
        let released = self
            .connection
            .execute("DELETE FROM quarantine WHERE id = ?1", [id]);
        released.map(drop).map_err(|error| self.failed(error))
    }

    /// Hands the events that are kept to `take`, the oldest first, with the times of their arrival.
    pub(in crate::dev) fn each_event(
        &self,
        mut take: impl FnMut(&str, Time),
    ) -> Result<(), Failure> {
        let mut read = || -> rusqlite::Result<()> {
            let mut query = self
                .connection
                .prepare_cached("SELECT event, arrival FROM events ORDER BY number")?;
            let mut rows = query.query([])?;
            while let Some(row) = rows.next()? {
                take(row.get_ref(0)?.as_str()?, Time(row.get(1)?));
            }
            Ok(())
        };
        read().map_err(|error| self.failed(error))
    }

    /// The times of the oldest and the newest event that are kept.
    pub(in crate::dev) fn kept(&self) -> Result<Option<(Time, Time)>, Failure> {
        let sql = "SELECT min(time), max(time) FROM events";
        let read = self.connection.query_row(sql, [], |row| {
            let ends: (Option<i64>, Option<i64>) = (row.get(0)?, row.get(1)?);
            Ok(ends.0.map(Time).zip(ends.1.map(Time)))
        });
        read.map_err(|error| self.failed(error))
    }

    fn pairs(
        &self,
        sql: &str,
        arguments: impl rusqlite::Params,
    ) -> Result<Vec<(String, u64)>, Failure> {
        let read = || -> rusqlite::Result<Vec<(String, u64)>> {
            let mut query = self.connection.prepare_cached(sql)?;
            let rows = query.query_map(arguments, |row| {
                Ok((row.get(0)?, row.get::<_, i64>(1)?.unsigned_abs()))
            })?;
            rows.collect()
        };
        read().map_err(|error| self.failed(error))
    }
}

fn unusable(row: &rusqlite::Row<'_>) -> rusqlite::Result<Unusable> {
    Ok(Unusable {
        id: row.get(0)?,
        place: row.get(1)?,
        at: Time(row.get(2)?),
        reason: row.get(3)?,
        payload: row.get(4)?,
        bytes: row.get::<_, i64>(5)?.unsigned_abs(),
    })
}
