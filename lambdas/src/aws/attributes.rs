//! Attributes of items, as they are written and read.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use aws_sdk_dynamodb::primitives::Blob;
use aws_sdk_dynamodb::types::AttributeValue;
use serde_json::Value;
use tripline_engine::Time;

use crate::sequence::Sequence;

/// The attributes of an item, by name.
pub(super) type Attributes = HashMap<String, AttributeValue>;

pub(super) fn text(text: impl Into<String>) -> AttributeValue {
    AttributeValue::S(text.into())
}

pub(super) fn number(number: impl ToString) -> AttributeValue {
    AttributeValue::N(number.to_string())
}

pub(super) fn bytes(bytes: Vec<u8>) -> AttributeValue {
    AttributeValue::B(Blob::new(bytes))
}

/// A time as time-to-live wants it: in seconds, rounded up.
pub(super) fn seconds(time: Time) -> AttributeValue {
    number(time.0.div_euclid(1_000) + 1)
}

pub(super) fn get_text<'a>(item: &'a Attributes, name: &str) -> Option<&'a str> {
    item.get(name)?.as_s().ok().map(String::as_str)
}

pub(super) fn get_integer(item: &Attributes, name: &str) -> Option<i64> {
    item.get(name)?.as_n().ok()?.parse().ok()
}

pub(super) fn get_bytes(item: &Attributes, name: &str) -> Option<Vec<u8>> {
    Some(item.get(name)?.as_b().ok()?.as_ref().to_vec())
}

/// The last record of each shard.
pub(super) fn applied(applied: &BTreeMap<Arc<str>, Sequence>) -> AttributeValue {
    let shards = applied
        .iter()
        .map(|(shard, sequence)| (shard.to_string(), text(sequence.to_string())));
    AttributeValue::M(shards.collect())
}

pub(super) fn get_applied(item: &Attributes, name: &str) -> BTreeMap<Arc<str>, Sequence> {
    let shards = item.get(name).and_then(|value| value.as_m().ok());
    let shards = shards.into_iter().flatten().filter_map(|(shard, value)| {
        let sequence = Sequence::new(value.as_s().ok()?)?;
        Some((shard.as_str().into(), sequence))
    });
    shards.collect()
}

/// A value for anybody to read. Numbers that DynamoDB cannot hold are written as text.
pub(super) fn published(value: &Value) -> AttributeValue {
    match value {
        Value::String(value) => text(value.as_str()),
        Value::Bool(value) => AttributeValue::Bool(*value),
        Value::Number(value) => {
            let size = value.as_f64().unwrap_or_default().abs();
            let fits = size == 0.0 || (1e-129..1e125).contains(&size);
            if fits {
                number(value)
            } else {
                text(value.to_string())
            }
        }
        other => text(other.to_string()),
    }
}
