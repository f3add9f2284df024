//! The aggregates table: what anybody may read, and what the function keeps beside it under names that begin with `_`.

use aws_sdk_dynamodb::operation::put_item::PutItemError;
use aws_sdk_dynamodb::types::ReturnValuesOnConditionCheckFailure;
use chrono::{SecondsFormat, Utc};
use futures_util::StreamExt;
use futures_util::stream;
use tripline_engine::Time;

use super::attributes::{
    Attributes, applied, bytes, get_applied, get_bytes, get_integer, get_text, number, published,
    seconds, text,
};
use super::{AT_ONCE, Aws, fault, timed};
use crate::row_item::{RowItem, RowName};
use crate::store::{Fault, Rows, Unwritten};

/// The most keys that are asked for at once.
const KEYS: usize = 100;

impl Rows for Aws {
    async fn load_rows(&self, names: &[RowName]) -> Vec<Result<Option<RowItem>, Fault>> {
        let table = &self.names.aggregates;
        let loaded = stream::iter(names.chunks(KEYS))
            .map(|names| self.get(table, names.iter().map(key).collect(), "partitionKey"))
            .buffered(AT_ONCE)
            .collect::<Vec<_>>()
            .await;
        let mut rows = Vec::with_capacity(names.len());
        for (names, loaded) in names.chunks(KEYS).zip(loaded) {
            for name in names {
                rows.push(match &loaded {
                    Err(fault) => Err(fault.clone()),
                    Ok(found) => {
                        let is_it = |item: &&Attributes| {
                            get_text(item, "partitionKey") == Some(&name.partition)
                                && get_text(item, "sortKey") == Some(&name.sort)
                        };
                        found.iter().find(is_it).map(read).transpose()
                    }
                });
            }
        }
        rows
    }

    async fn put_row(&self, name: &RowName, row: &RowItem) -> Result<(), Unwritten<RowItem>> {
        let put = self
            .dynamodb
            .put_item()
            .table_name(&self.names.aggregates)
            .set_item(Some(written(name, row)));
        let put = match row.version {
            1 => put.condition_expression("attribute_not_exists(partitionKey)"),
            version => put
                .condition_expression("#v = :before")
                .expression_attribute_names("#v", "_v")
                .expression_attribute_values(":before", number(version - 1)),
        };
        let put = put
            .return_values_on_condition_check_failure(ReturnValuesOnConditionCheckFailure::AllOld);
        match timed(&self.dynamodb_time, put.send()).await {
            Ok(_) => Ok(()),
            Err(error) => match error.as_service_error() {
                Some(PutItemError::ConditionalCheckFailedException(failed)) => {
                    let stored = failed.item().map(read).transpose();
                    Err(Unwritten::Conflict(stored.map_err(Unwritten::Fault)?))
                }
                _ => Err(Unwritten::Fault(fault(error))),
            },
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
        expires: get_integer(item, "expiresAt").map(|seconds| Time((seconds - 1) * 1_000)),
    })
}
