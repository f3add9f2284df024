//! The quarantine table.

use futures_util::StreamExt;
use futures_util::stream;

use super::attributes::{Attributes, bytes, number, seconds, text};
use super::{AT_ONCE, Aws, fault, timed};
use crate::quarantine::Quarantined;
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
