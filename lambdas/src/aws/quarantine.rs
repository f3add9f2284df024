//! The quarantine table.

use futures_util::StreamExt;
use futures_util::stream;

use super::attributes::{
    Attributes, bytes, get_bytes, get_integer, get_text, number, seconds, text,
};
use super::{AT_ONCE, Aws, fault, timed};
use crate::quarantine::{Quarantined, unpacked};
use crate::store::{Fault, Quarantine};
use tripline_engine::Time;

/// How long it is kept after it arrived: as long as somebody may take to look at it.
const KEPT: i64 = 60 * 86_400_000;

impl Quarantine for Aws {
    async fn quarantine(&self, all: &[Quarantined]) -> Vec<Result<(), Fault>> {
        stream::iter(all)
            .map(|one| async move {
                let put = self
                    .dynamodb
                    .put_item()
                    .table_name(&self.names.quarantine)
                    .set_item(Some(item(one)));
                let put = timed(&self.dynamodb_time, put.send()).await;
                put.map(|_| ()).map_err(fault)
            })
            .buffered(AT_ONCE)
            .collect()
            .await
    }
}

/// An entry of the quarantine table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// What is in quarantine; its payload is empty if it was too long to be kept.
    pub quarantined: Quarantined,
    /// How long the payload is, kept or not.
    pub bytes: u64,
    /// Whether the payload was kept.
    pub is_whole: bool,
}

impl Aws {
    /// All that is in quarantine, by shard and position.
    ///
    /// # Errors
    ///
    /// If the table cannot be read.
    pub async fn in_quarantine(&self) -> Result<Vec<Entry>, Fault> {
        let scan = self.dynamodb.scan().table_name(&self.names.quarantine);
        let mut pages = scan.into_paginator().send();
        let mut entries = Vec::new();
        while let Some(page) = pages.next().await {
            let items = page.map_err(fault)?.items.unwrap_or_default();
            entries.extend(items.iter().filter_map(entry));
        }
        let name = |entry: &Entry| {
            let one = &entry.quarantined;
            (one.shard.clone(), one.position.clone())
        };
        entries.sort_by_key(name);
        Ok(entries)
    }

    /// Takes an entry out of quarantine.
    ///
    /// # Errors
    ///
    /// If the table cannot be written.
    pub async fn release(&self, entry: &Entry) -> Result<(), Fault> {
        let delete = self
            .dynamodb
            .delete_item()
            .table_name(&self.names.quarantine)
            .key("shard", text(entry.quarantined.shard.as_ref()))
            .key("position", text(entry.quarantined.position.as_str()));
        delete.send().await.map(|_| ()).map_err(fault)
    }
}

fn entry(item: &Attributes) -> Option<Entry> {
    let payload = get_bytes(item, "payload").and_then(|packed| unpacked(&packed).ok());
    Some(Entry {
        is_whole: payload.is_some(),
        bytes: get_integer(item, "bytes").and_then(|bytes| u64::try_from(bytes).ok())?,
        quarantined: Quarantined {
            shard: get_text(item, "shard")?.into(),
            position: get_text(item, "position")?.to_owned(),
            arrival: get_text(item, "arrival").and_then(Time::parse),
            reason: get_text(item, "reason")?.to_owned(),
            payload: payload.unwrap_or_default(),
            partition_key: get_text(item, "partitionKey").map(str::to_owned),
        },
    })
}

#[allow(
    clippy::disallowed_methods,
    reason = "nothing depends on when exactly an entry expires"
)]
fn now() -> Time {
    Time(chrono::Utc::now().timestamp_millis())
}

fn item(one: &Quarantined) -> Attributes {
    let mut all = Attributes::new();
    let mut set = |name: &str, value| all.insert(name.to_owned(), value);
    set("shard", text(one.shard.as_ref()));
    set("position", text(one.position.as_str()));
    set("reason", text(one.reason.as_str()));
    set("bytes", number(one.payload.len()));
    if let Some(arrival) = one.arrival {
        set("arrival", text(arrival.to_string()));
    }
    if let Some(key) = &one.partition_key {
        set("partitionKey", text(key.as_str()));
    }
    if let Some(packed) = one.packed() {
        set("payload", bytes(packed));
    }
    set("expiresAt", seconds(now().plus(KEPT)));
    all
}
