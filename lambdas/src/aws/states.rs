//! The state table.
//!
//! | attribute | what it holds |
//! |---|---|
//! | `pk`, `sk` | what it is: `<fingerprint>#<key>`, `shard#<shard>` or `aside#<hash>`; `state` |
//! | `v` | counts the writes; every write is conditional on it |
//! | `state` | the encoded state |
//! | `applied` | for each shard the last record that the state holds |
//! | `outbox` | what is to be sent, as JSON |
//! | `timer` | when the state changes without an event |
//! | `bucket`, `due` | the index `due`: when a tick is to look at it |
//! | `firing`, `alert`, `definition` | the index `firing`, and the rule, while the key fires |
//! | `key` | the key, where it is too long to stand in `pk` |
//! | `expiresAt` | its time to live |

use std::sync::Arc;

use aws_sdk_dynamodb::types::AttributeValue;
use futures_util::StreamExt;
use futures_util::stream;
use sha2::{Digest, Sha256};
use tripline_engine::{Definition, Time};

use super::attributes::{
    Attributes, applied, bytes, get_applied, get_bytes, get_integer, get_text, number, seconds,
    text,
};
use super::table::Table;
use super::{AT_ONCE, Aws, fault, timed};
use crate::item::{Item, Name};
use crate::store::{Fault, States, Unwritten};

/// The index of what is due.
const DUE_INDEX: &str = "due";
/// The index of what fires.
const FIRING_INDEX: &str = "firing";
/// Among how many partitions each index is spread: one takes a thousand writes a second.
const BUCKETS: u32 = 16;
/// The longest key that stands in `pk`, in bytes.
const MAX_KEY_BYTES: usize = 1_500;
const SORT: &str = "state";
/// What an item has at some times and not at others; a key that is too long for `pk` is so always.
const OPTIONAL: [&str; 9] = [
    "state",
    "outbox",
    "timer",
    "bucket",
    "due",
    "firing",
    "alert",
    "definition",
    "expiresAt",
];

impl States for Aws {
    async fn load(&self, names: &[Name]) -> Vec<Result<Option<Item>, Fault>> {
        let keys: Vec<Attributes> = names.iter().map(|name| key(&pk(name))).collect();
        self.load_all(&self.state_table(), &keys, read).await
    }

    async fn put(&self, name: &Name, item: &Item) -> Result<(), Unwritten<Item>> {
        let written = written(name, item).map_err(Unwritten::Fault)?;
        self.put_next(
            &self.state_table(),
            written,
            item.version,
            Some(&OPTIONAL),
            read,
        )
        .await
    }

    async fn due(&self, before: Time, limit: usize) -> Result<Vec<Name>, Fault> {
        let limit = i32::try_from(limit).unwrap_or(i32::MAX).max(1);
        let found = stream::iter(0..BUCKETS)
            .map(|bucket| async move {
                let query = self
                    .dynamodb
                    .query()
                    .table_name(&self.names.state)
                    .index_name(DUE_INDEX)
                    .key_condition_expression("#bucket = :bucket AND due < :before")
                    // It is a reserved word.
                    .expression_attribute_names("#bucket", "bucket")
                    .expression_attribute_values(":bucket", text(bucket.to_string()))
                    .expression_attribute_values(":before", number(before.0))
                    .limit(limit);
                let given = timed(&self.dynamodb_time, query.send())
                    .await
                    .map_err(fault)?;
                Ok::<_, Fault>(given.items.unwrap_or_default())
            })
            .buffer_unordered(AT_ONCE)
            .collect::<Vec<_>>()
            .await;
        let mut names = Vec::new();
        for items in found {
            names.extend(self.names_of(&items?).await?);
        }
        Ok(names)
    }

    async fn firing(&self) -> Result<Vec<Name>, Fault> {
        let mut names = Vec::new();
        for bucket in 0..BUCKETS {
            let query = self
                .dynamodb
                .query()
                .table_name(&self.names.state)
                .index_name(FIRING_INDEX)
                .key_condition_expression("firing = :bucket")
                .expression_attribute_values(":bucket", text(bucket.to_string()));
            let mut pages = query.into_paginator().send();
            while let Some(page) = timed(&self.dynamodb_time, pages.next()).await {
                let items = page.map_err(fault)?.items.unwrap_or_default();
                names.extend(self.names_of(&items).await?);
            }
        }
        Ok(names)
    }
}

impl Aws {
    fn state_table(&self) -> Table<'_> {
        Table {
            name: &self.names.state,
            partition: "pk",
            sort: "sk",
            version: "v",
        }
    }

    /// The names of items of an index.
    async fn names_of(&self, items: &[Attributes]) -> Result<Vec<Name>, Fault> {
        let mut names = Vec::with_capacity(items.len());
        for item in items {
            let Some(pk) = get_text(item, "pk") else {
                continue;
            };
            match name_of(pk, None) {
                Some(name) => names.push(name),
                // Its key is too long to stand there.
                None => {
                    let stored = self.get(&self.names.state, vec![key(pk)]).await?;
                    let stored = stored.first();
                    let whole = stored.and_then(|item| get_text(item, "key"));
                    names.extend(whole.and_then(|whole| name_of(pk, Some(whole))));
                }
            }
        }
        Ok(names)
    }
}

fn key(pk: &str) -> Attributes {
    Attributes::from([("pk".to_owned(), text(pk)), ("sk".to_owned(), text(SORT))])
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn pk(name: &Name) -> String {
    match name {
        Name::Shard(shard) => format!("shard#{shard}"),
        Name::Aside(hash) => format!("aside#{hash}"),
        Name::Key { fingerprint, key } if key.len() <= MAX_KEY_BYTES => {
            format!("{}#{key}", hex(fingerprint))
        }
        Name::Key { fingerprint, key } => {
            format!(
                "{}~{}",
                hex(fingerprint),
                hex(&Sha256::digest(key.as_bytes()))
            )
        }
    }
}

/// The name that a `pk` is of; `key` is its key, where it does not stand in it.
fn name_of(pk: &str, key: Option<&str>) -> Option<Name> {
    if let Some(shard) = pk.strip_prefix("shard#") {
        return Some(Name::Shard(shard.into()));
    }
    if let Some(hash) = pk.strip_prefix("aside#") {
        return Some(Name::Aside(hash.into()));
    }
    let (digits, rest) = pk.split_at_checked(32)?;
    let mut fingerprint = [0; 16];
    for (byte, at) in fingerprint.iter_mut().zip((0..).step_by(2)) {
        *byte = u8::from_str_radix(digits.get(at..at + 2)?, 16).ok()?;
    }
    let key: Arc<str> = match (rest.strip_prefix('#'), key) {
        (Some(key), _) | (None, Some(key)) => key.into(),
        (None, None) => return None,
    };
    Some(Name::Key { fingerprint, key })
}

fn written(name: &Name, item: &Item) -> Result<Attributes, Fault> {
    let pk = pk(name);
    let bucket = crc32fast::hash(pk.as_bytes()) % BUCKETS;
    let mut all = key(&pk);
    let mut set = |name: &str, value: AttributeValue| all.insert(name.to_owned(), value);
    set("v", number(item.version));
    set("applied", applied(&item.applied));
    if let Some(state) = &item.state {
        set("state", bytes(state.clone()));
    }
    if !item.outbox.is_empty() {
        let outbox = serde_json::to_string(&item.outbox);
        let outbox = outbox.map_err(fault)?;
        set("outbox", text(outbox));
    }
    if let Some(timer) = item.timer {
        set("timer", number(timer.0));
    }
    if let Some(due) = item.due() {
        set("bucket", text(bucket.to_string()));
        set("due", number(due.0));
    }
    if let Some(definition) = &item.firing {
        set("firing", text(bucket.to_string()));
        set("alert", text(definition.name.as_str()));
        set("definition", bytes(definition.encode()));
    }
    if let (Name::Key { key, .. }, true) = (name, pk.contains('~')) {
        set("key", text(key.as_ref()));
    }
    if let Some(expires) = item.expires {
        set("expiresAt", seconds(expires));
    }
    Ok(all)
}

fn read(item: &Attributes) -> Result<Item, Fault> {
    let version = get_integer(item, "v").and_then(|version| u64::try_from(version).ok());
    let version =
        version.ok_or_else(|| Fault("an item of the state table has no version".to_owned()))?;
    let outbox = match get_text(item, "outbox") {
        None => Vec::new(),
        Some(outbox) => serde_json::from_str(outbox).map_err(fault)?,
    };
    let definition = get_text(item, "alert").zip(get_bytes(item, "definition"));
    Ok(Item {
        version,
        state: get_bytes(item, "state"),
        applied: get_applied(item, "applied"),
        outbox,
        timer: get_integer(item, "timer").map(Time),
        firing: definition
            .and_then(|(name, bytes)| Definition::decode(name.to_owned(), &bytes).ok()),
        expires: get_integer(item, "expiresAt").map(|seconds| Time((seconds - 1) * 1_000)),
    })
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use std::collections::BTreeMap;

    use tripline_engine::Time;

    use super::{name_of, pk, read, written};
    use crate::item::{Item, Name, Notification};
    use crate::sequence::Sequence;

    fn key(key: &str) -> Name {
        Name::Key {
            fingerprint: [7; 16],
            key: key.into(),
        }
    }

    #[test]
    fn names_are_found_again() {
        let long = format!("[\"{}\"]", "x".repeat(5_000));
        for name in [
            key("[\"alice\"]"),
            key("[]"),
            Name::Shard("shardId-0".into()),
            Name::Aside("0f".into()),
        ] {
            assert_eq!(name_of(&pk(&name), None), Some(name));
        }
        let pk = pk(&key(&long));
        assert!(pk.len() < 2_048);
        assert_eq!(name_of(&pk, None), None);
        assert_eq!(name_of(&pk, Some(&long)), Some(key(&long)));
    }

    #[test]
    fn items_are_read_as_they_were_written() {
        let item = Item {
            version: 3,
            state: Some(vec![1, 2, 3]),
            applied: BTreeMap::from([("shard".into(), Sequence::new("4959").unwrap())]),
            outbox: vec![Notification {
                id: "1".into(),
                topic: "topic".into(),
                alert: "{}".into(),
                shard: Some("shard".into()),
                call: "call".into(),
                after: 5,
                failure: None,
            }],
            timer: Some(Time(1_000)),
            firing: None,
            expires: Some(Time(86_400_000)),
        };
        let attributes = written(&key("[]"), &item).unwrap();
        assert_eq!(attributes["due"].as_n().unwrap(), "0");
        assert_eq!(read(&attributes).unwrap(), item);
    }
}
