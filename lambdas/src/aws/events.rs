//! The events table.

use std::collections::{BTreeMap, BTreeSet};

use aws_sdk_dynamodb::types::{PutRequest, WriteRequest};
use chrono::Utc;
use futures_util::StreamExt;
use futures_util::stream;
use tripline_engine::Time;

use super::attributes::{Attributes, get_text, number, seconds, text};
use super::{AT_ONCE, Aws, backoff, fault, timed};
use crate::store::{Events, Fault, RawEvent};

/// The most items that are written at once.
const ITEMS: usize = 25;
/// The longest event that is stored; the archive has longer ones.
const MAX_EVENT_BYTES: usize = 380_000;
/// How long an event is kept.
const KEPT: i64 = 30 * 86_400_000;

impl Events for Aws {
    async fn put_events(&self, events: &[RawEvent<'_>]) -> Vec<Result<(), Fault>> {
        let Some(table) = &self.names.events else {
            return events.iter().map(|_| Ok(())).collect();
        };
        // Of events with one id the last one stays.
        let last: BTreeMap<&str, usize> = (events.iter().map(|event| event.id.as_str()))
            .zip(0..)
            .collect();
        let chosen: Vec<usize> = last.into_values().collect();
        let now = now();
        let written = stream::iter(chosen.chunks(ITEMS))
            .map(|chosen| {
                let items = chosen.iter().map(|at| item(&events[*at], now));
                self.put_all(table, "id", items.collect())
            })
            .buffer_unordered(AT_ONCE)
            .collect::<Vec<_>>()
            .await;
        let failed: BTreeMap<String, Fault> = written.into_iter().flatten().collect();
        let events = events.iter();
        events
            .map(|event| failed.get(&event.id).cloned().map_or(Ok(()), Err))
            .collect()
    }
}

impl Aws {
    /// Writes up to 25 items; gives the keys of those that are not written.
    pub(super) async fn put_all(
        &self,
        table: &str,
        key: &str,
        items: Vec<Attributes>,
    ) -> Vec<(String, Fault)> {
        let mut left: Vec<WriteRequest> = Vec::with_capacity(items.len());
        let mut failed = Vec::new();
        for item in items {
            let name = get_text(&item, key).unwrap_or_default().to_owned();
            match PutRequest::builder().set_item(Some(item)).build() {
                Ok(put) => left.push(WriteRequest::builder().put_request(put).build()),
                Err(error) => failed.push((name, fault(error))),
            }
        }
        let names = |left: &[WriteRequest]| -> BTreeSet<String> {
            let items = left
                .iter()
                .filter_map(|one| Some(one.put_request()?.item()));
            let names = items.filter_map(|item| get_text(item, key));
            names.map(str::to_owned).collect()
        };
        let mut why = Fault(
            "DynamoDB leaves writes undone: it is asked for more than its capacity".to_owned(),
        );
        for tried in 0..backoff::TRIES {
            if left.is_empty() {
                return failed;
            }
            if tried > 0 {
                backoff::wait(tried).await;
            }
            let write = self
                .dynamodb
                .batch_write_item()
                .request_items(table, left.clone());
            match timed(&self.dynamodb_time, write.send()).await {
                Ok(given) => {
                    let unprocessed = given.unprocessed_items.unwrap_or_default();
                    left = unprocessed.into_values().flatten().collect();
                }
                // The SDK has tried again already.
                Err(error) => {
                    why = fault(error);
                    break;
                }
            }
        }
        failed.extend(names(&left).into_iter().map(|name| (name, why.clone())));
        failed
    }
}

#[allow(
    clippy::disallowed_methods,
    reason = "`processedAt` tells when the event was written, and nothing depends on it"
)]
fn now() -> Time {
    Time(Utc::now().timestamp_millis())
}

fn item(event: &RawEvent<'_>, now: Time) -> Attributes {
    let mut all = Attributes::new();
    let mut set = |name: &str, value| all.insert(name.to_owned(), value);
    set("id", text(event.id.as_str()));
    if let Some(kind) = &event.kind {
        set(
            "eventType",
            text(kind.chars().take(1_000).collect::<String>()),
        );
    }
    set("time", text(event.time.to_string()));
    set("arrival", text(event.arrival.to_string()));
    set("shard", text(event.shard.as_ref()));
    set("sequence", text(event.sequence.to_string()));
    set("processedAt", text(now.to_string()));
    if event.json.len() <= MAX_EVENT_BYTES {
        set("event", text(event.json));
    } else {
        set("omittedBytes", number(event.json.len()));
    }
    set("expiresAt", seconds(now.plus(KEPT)));
    all
}
