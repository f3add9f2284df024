//! The aggregates table: what anybody may read, and what the function keeps beside it under names that begin with `_`.

use chrono::{SecondsFormat, Utc};
use tripline_engine::Time;

use super::Aws;
use super::attributes::{
    Attributes, applied, bytes, get_applied, get_bytes, get_integer, number, published, seconds,
    text,
};
use super::table::Table;
use crate::row_item::{RowItem, RowName};
use crate::store::{Fault, Rows, Unwritten};

impl Rows for Aws {
    async fn load_rows(&self, names: &[RowName]) -> Vec<Result<Option<RowItem>, Fault>> {
        let keys: Vec<Attributes> = names.iter().map(key).collect();
        self.load_all(&self.aggregates_table(), &keys, read).await
    }

    async fn put_row(&self, name: &RowName, row: &RowItem) -> Result<(), Unwritten<RowItem>> {
        let item = written(name, row);
        // What another rule computed does not stay.
        let optional: Option<&[&str]> = (!row.anew).then_some(&["expiresAt"]);
        self.put_next(&self.aggregates_table(), item, row.version, optional, read)
            .await
    }
}

impl Aws {
    fn aggregates_table(&self) -> Table<'_> {
        Table {
            name: &self.names.aggregates,
            partition: "partitionKey",
            sort: "sortKey",
            version: "_v",
        }
    }
}

fn key(name: &RowName) -> Attributes {
    Attributes::from([
        ("partitionKey".to_owned(), text(name.partition.as_str())),
        ("sortKey".to_owned(), text(name.sort.as_str())),
    ])
}

#[allow(
    clippy::disallowed_methods,
    reason = "`lastUpdated` tells when the row was written, and nothing depends on it"
)]
fn now() -> String {
    Utc::now().to_rfc3339_opts(SecondsFormat::Millis, true)
}

fn written(name: &RowName, row: &RowItem) -> Attributes {
    let mut all = key(name);
    let mut set = |name: &str, value| all.insert(name.to_owned(), value);
    if let Some(row) = &row.published {
        for (name, value) in &row.values {
            set(name, published(value));
        }
        set("events", number(row.events));
        set("windowStart", text(row.window.start.to_string()));
        set("windowEnd", text(row.window.end.to_string()));
        let key = row.key.iter().map(|(_, value)| value);
        set(
            "_key",
            text(serde_json::Value::from_iter(key.cloned()).to_string()),
        );
    }
    set("lastUpdated", text(now()));
    set("_v", number(row.version));
    set("_applied", applied(&row.applied));
    set("_row", bytes(row.row.clone()));
    if let Some(expires) = row.expires {
        set("expiresAt", seconds(expires));
    }
    all
}

fn read(item: &Attributes) -> Result<RowItem, Fault> {
    let version = get_integer(item, "_v").and_then(|version| u64::try_from(version).ok());
    let (Some(version), Some(row)) = (version, get_bytes(item, "_row")) else {
        let what = "an item of the aggregates table was not written by this function";
        return Err(Fault(what.to_owned()));
    };
    Ok(RowItem {
        version,
        applied: get_applied(item, "_applied"),
        row,
        published: None,
        anew: false,
        expires: get_integer(item, "expiresAt").map(|seconds| Time((seconds - 1) * 1_000)),
    })
}
