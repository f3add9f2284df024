//! The traits by which the functions know the world, on the tables of the database.

use std::collections::BTreeMap;
use std::fmt::Write;
use std::sync::Arc;

use rusqlite::{OptionalExtension, Row, params};
use serde_json::Value;
use tripline_engine::{Definition, Time};
use tripline_lambdas::item::{Item, Name};
use tripline_lambdas::notification::Publication;
use tripline_lambdas::quarantine::Quarantined;
use tripline_lambdas::row_item::{RowItem, RowName};
use tripline_lambdas::sequence::Sequence;
use tripline_lambdas::store::{
    Events, Fault, Quarantine, RawEvent, Rows, Sink, States, Stream, Unsent, Unwritten,
};

use super::{MAX_PAYLOAD, SHARD, Sent, World};

impl World {
    /// Notes the first failure, which ends the command: a database that fails once is not to be trusted with the rest.
    fn fault(&self, error: rusqlite::Error) -> Fault {
        let text = error.to_string();
        self.failure
            .borrow_mut()
            .get_or_insert_with(|| text.clone());
        Fault(text)
    }

    fn load_item(&self, name: &Name) -> rusqlite::Result<Option<Item>> {
        let (rule, key) = filed(name);
        self.connection
            .prepare_cached(
                "SELECT version, state, applied, outbox, timer, firing, definition, expires FROM states
                 WHERE rule = ?1 AND key = ?2",
            )?
            .query_row(params![rule, key], item)
            .optional()
    }

    fn put_item(&self, name: &Name, item: &Item) -> rusqlite::Result<bool> {
        let (rule, key) = filed(name);
        let outbox = (!item.outbox.is_empty())
            .then(|| serde_json::to_string(&item.outbox).unwrap_or_default());
        let firing = item.firing.as_ref();
        let version = number(item.version);
        let changed = self
            .connection
            .prepare_cached(
                "INSERT INTO states (rule, key, version, state, applied, outbox, timer, due, firing, definition, expires)
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11)
                 ON CONFLICT (rule, key) DO UPDATE SET version = excluded.version, state = excluded.state,
                     applied = excluded.applied, outbox = excluded.outbox, timer = excluded.timer, due = excluded.due,
                     firing = excluded.firing, definition = excluded.definition, expires = excluded.expires
                 WHERE version = excluded.version - 1",
            )?
            .execute(params![
                rule,
                key,
                version,
                item.state,
                applied_text(&item.applied),
                outbox,
                item.timer.map(|time| time.0),
                item.due().map(|time| time.0),
                firing.map(|definition| definition.name.as_str()),
                firing.map(Definition::encode),
                item.expires.map(|time| time.0),
            ])?;
        Ok(changed == 1)
    }

    fn load_row(&self, name: &RowName) -> rusqlite::Result<Option<RowItem>> {
        self.connection
            .prepare_cached(
                "SELECT version, applied, row, expires FROM rows WHERE partition = ?1 AND sort = ?2",
            )?
            .query_row([&name.partition, &name.sort], |row| {
                Ok(RowItem {
                    version: row.get::<_, i64>(0)?.unsigned_abs(),
                    applied: applied(row.get_ref(1)?.as_str()?),
                    row: row.get(2)?,
                    published: None,
                    anew: false,
                    expires: row.get::<_, Option<i64>>(3)?.map(Time),
                })
            })
            .optional()
    }

    fn write_row(&self, name: &RowName, row: &RowItem) -> rusqlite::Result<bool> {
        let Some(published) = &row.published else {
            return Ok(false);
        };
        let object =
            |pairs: &[(String, Value)]| Value::Object(pairs.iter().cloned().collect()).to_string();
        let rules = self.aggregates.borrow();
        let rule = rules.get(&published.aggregate).copied().unwrap_or_default();
        let changed = self
            .connection
            .prepare_cached(
                "INSERT INTO rows (partition, sort, version, applied, row, aggregate, rule, start, finish, key, vals, events, expires)
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13)
                 ON CONFLICT (partition, sort) DO UPDATE SET version = excluded.version, applied = excluded.applied,
                     row = excluded.row, rule = excluded.rule, key = excluded.key, vals = excluded.vals,
                     finish = excluded.finish, events = excluded.events, expires = excluded.expires
                 WHERE version = excluded.version - 1",
            )?
            .execute(params![
                name.partition,
                name.sort,
                number(row.version),
                applied_text(&row.applied),
                row.row,
                published.aggregate,
                rule,
                published.window.start.0,
                published.window.end.0,
                object(&published.key),
                object(&published.values),
                number(published.events),
                row.expires.map(|time| time.0),
            ])?;
        Ok(changed == 1)
    }

    fn put_event(&self, event: &RawEvent<'_>) -> rusqlite::Result<()> {
        let next = self.number.get() + 1;
        self.connection
            .prepare_cached(
                "INSERT OR REPLACE INTO events (place, number, id, type, time, arrival, event)
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
            )?
            .execute(params![
                number(next % self.ring),
                number(next),
                event.id,
                event.kind,
                event.time.0,
                event.arrival.0,
                event.json,
            ])?;
        self.number.set(next);
        Ok(())
    }

    /// Keeps the alerts of this transaction, by time, then alert, then key; gives those that are new.
    pub(super) fn keep_alerts(&self) -> rusqlite::Result<Vec<Sent>> {
        let read = self.sent.take().into_iter().map(|(line, name)| {
            let alert: Value = serde_json::from_str(&line).unwrap_or_default();
            (line, name, alert)
        });
        let mut read: Vec<(String, String, Value)> = read.collect();
        read.sort_by_cached_key(|(_, name, alert)| {
            let at = alert["at"].as_str().unwrap_or_default().to_owned();
            (at, name.clone(), alert["key"].to_string())
        });
        let mut sent = Vec::with_capacity(read.len());
        for (line, name, alert) in read {
            let kept = self
                .connection
                .prepare_cached(
                    "INSERT OR IGNORE INTO alerts (notification, name, alert) VALUES (?1, ?2, ?3)",
                )?
                .execute(params![alert["notification"].as_str(), name, line])?;
            if kept == 1 {
                let seq = self.connection.last_insert_rowid();
                sent.push(Sent { seq, line, alert });
            }
        }
        Ok(sent)
    }

    fn put_unusable(&self, one: &Quarantined) -> rusqlite::Result<()> {
        let payload = &one.payload[..one.payload.len().min(MAX_PAYLOAD)];
        let kept = self
            .connection
            .prepare_cached(
                "INSERT OR IGNORE INTO quarantine (place, at, reason, payload, bytes) VALUES (?1, ?2, ?3, ?4, ?5)",
            )?
            .execute(params![
                one.position,
                one.arrival.unwrap_or(self.now.get()).0,
                one.reason,
                payload,
                number(one.payload.len() as u64),
            ])?;
        self.rejected.set(self.rejected.get() + kept as u64);
        Ok(())
    }
}

impl States for &World {
    async fn load(&self, names: &[Name]) -> Vec<Result<Option<Item>, Fault>> {
        let load = |name| self.load_item(name).map_err(|error| self.fault(error));
        names.iter().map(load).collect()
    }

    async fn put(&self, name: &Name, item: &Item) -> Result<(), Unwritten<Item>> {
        match self.put_item(name, item) {
            Ok(true) => Ok(()),
            Ok(false) => Err(Unwritten::Conflict(None)),
            Err(error) => Err(Unwritten::Fault(self.fault(error))),
        }
    }

    async fn due(&self, before: Time, limit: usize) -> Result<Vec<Name>, Fault> {
        let read = || -> rusqlite::Result<Vec<Name>> {
            let mut query = self.connection.prepare_cached(
                "SELECT rule, key FROM states WHERE due < ?1 ORDER BY due, rule, key LIMIT ?2",
            )?;
            let rows = query.query_map([before.0, number(limit as u64)], named)?;
            rows.collect()
        };
        read().map_err(|error| self.fault(error))
    }

    async fn firing(&self) -> Result<Vec<Name>, Fault> {
        let read = || -> rusqlite::Result<Vec<Name>> {
            let sql = "SELECT rule, key FROM states WHERE firing IS NOT NULL ORDER BY rule, key";
            let mut query = self.connection.prepare_cached(sql)?;
            query.query_map([], named)?.collect()
        };
        read().map_err(|error| self.fault(error))
    }
}

impl Rows for &World {
    async fn load_rows(&self, names: &[RowName]) -> Vec<Result<Option<RowItem>, Fault>> {
        let load = |name| self.load_row(name).map_err(|error| self.fault(error));
        names.iter().map(load).collect()
    }

    async fn put_row(&self, name: &RowName, row: &RowItem) -> Result<(), Unwritten<RowItem>> {
        match self.write_row(name, row) {
            Ok(true) => Ok(()),
            Ok(false) => Err(Unwritten::Conflict(None)),
            Err(error) => Err(Unwritten::Fault(self.fault(error))),
        }
    }
}

impl Events for &World {
    async fn put_events(&self, events: &[RawEvent<'_>]) -> Vec<Result<(), Fault>> {
        // Of a batch that is longer than the ring the first are gone by its end.
        let put = |event| self.put_event(event).map_err(|error| self.fault(error));
        events.iter().map(put).collect()
    }
}

impl Quarantine for &World {
    async fn quarantine(&self, all: &[Quarantined]) -> Vec<Result<(), Fault>> {
        let put = |one| self.put_unusable(one).map_err(|error| self.fault(error));
        all.iter().map(put).collect()
    }
}

impl Sink for &World {
    async fn publish(&self, all: &[Publication]) -> Vec<Result<(), Unsent>> {
        let publish = |one: &Publication| {
            let by_protocol: BTreeMap<String, String> =
                serde_json::from_str(&one.message).unwrap_or_default();
            let lines = by_protocol
                .get("default")
                .map_or("", String::as_str)
                .lines();
            let lines = lines.map(|line| (line.to_owned(), one.alert.clone()));
            self.sent.borrow_mut().extend(lines);
            Ok(())
        };
        all.iter().map(publish).collect()
    }
}

impl Stream for &World {
    async fn shards(&self) -> Result<Vec<Arc<str>>, Fault> {
        Ok(vec![SHARD.into()])
    }

    /// Whoever ticks knows what has come by then, and names a time before which nothing else will.
    async fn is_drained(&self, _: &str, _: Option<&Sequence>) -> Result<bool, Fault> {
        Ok(true)
    }
}

/// SQLite's integers have a sign; what is counted here does not come near it.
fn number(number: u64) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}

/// What an item is filed under.
fn filed(name: &Name) -> (&[u8], &str) {
    match name {
        Name::Key { fingerprint, key } => (fingerprint, key),
        Name::Shard(shard) => (b"", shard),
        Name::Aside(hash) => (b"aside", hash),
    }
}

fn named(row: &Row<'_>) -> rusqlite::Result<Name> {
    let (rule, key) = (row.get_ref(0)?.as_blob()?, row.get_ref(1)?.as_str()?);
    Ok(match (<[u8; 16]>::try_from(rule), rule) {
        (Ok(fingerprint), _) => Name::Key {
            fingerprint,
            key: key.into(),
        },
        (Err(_), b"") => Name::Shard(key.into()),
        (Err(_), _) => Name::Aside(key.into()),
    })
}

fn item(row: &Row<'_>) -> rusqlite::Result<Item> {
    let outbox = row.get_ref(3)?.as_str_or_null()?;
    let outbox = outbox.map(|text| serde_json::from_str(text).unwrap_or_default());
    let definition = row.get::<_, Option<Vec<u8>>>(6)?;
    let firing = row.get::<_, Option<String>>(5)?.zip(definition);
    Ok(Item {
        version: row.get::<_, i64>(0)?.unsigned_abs(),
        state: row.get(1)?,
        applied: applied(row.get_ref(2)?.as_str()?),
        outbox: outbox.unwrap_or_default(),
        timer: row.get::<_, Option<i64>>(4)?.map(Time),
        firing: firing.and_then(|(name, bytes)| Definition::decode(name, &bytes).ok()),
        expires: row.get::<_, Option<i64>>(7)?.map(Time),
    })
}

/// `shard number`, one a line.
fn applied_text(applied: &BTreeMap<Arc<str>, Sequence>) -> String {
    let mut text = String::new();
    for (shard, sequence) in applied {
        let _ = writeln!(text, "{shard} {sequence}");
    }
    text
}

fn applied(text: &str) -> BTreeMap<Arc<str>, Sequence> {
    let lines = text.lines().filter_map(|line| line.split_once(' '));
    let lines = lines.filter_map(|(shard, digits)| Some((shard.into(), Sequence::new(digits)?)));
    lines.collect()
}
