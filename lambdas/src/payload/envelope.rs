//! Objects that events are wrapped in: messages of log subscriptions, events of EventBridge, changes of a table.
//!
//! What is within is given the fields that an event has, before its own: of equal keys the last counts, so an event's own
//! fields stay.

use std::borrow::Cow;

use memchr::memmem;
use serde::Deserialize;
use serde_json::value::RawValue;
use serde_json::{Map, Value, json};

use super::{Refused, push};

/// Adds the events that an object is or holds.
pub(super) fn open(object: &[u8], found: &mut Vec<Vec<u8>>) -> Result<(), Refused> {
    // Whether it can be one of them is seen many times as fast as it is read.
    let holds = |name: &str| memmem::find(object, name.as_bytes()).is_some();
    if holds("\"logEvents\"")
        && let Ok(message) = serde_json::from_slice::<Logs<'_>>(object)
    {
        return message.open(found);
    }
    if holds("\"detail-type\"")
        && let Ok(event) = serde_json::from_slice::<BusEvent<'_>>(object)
    {
        return push(found, event.opened(object));
    }
    if holds("\"ApproximateCreationDateTime\"")
        && let Ok(change) = serde_json::from_slice::<Change>(object)
    {
        return push(found, change.opened());
    }
    push(found, object.to_vec())
}

/// A message of a CloudWatch Logs subscription.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Logs<'a> {
    message_type: &'a str,
    #[serde(borrow)]
    log_events: Vec<LogEvent<'a>>,
}

#[derive(Deserialize)]
struct LogEvent<'a> {
    #[serde(borrow)]
    id: &'a RawValue,
    #[serde(borrow)]
    timestamp: &'a RawValue,
    #[serde(borrow)]
    message: Cow<'a, str>,
}

impl Logs<'_> {
    /// A log holds lines of all kinds; those that are no objects are no events.
    fn open(&self, found: &mut Vec<Vec<u8>>) -> Result<(), Refused> {
        // The others say that the subscription works.
        if self.message_type != "DATA_MESSAGE" {
            return Ok(());
        }
        for event in &self.log_events {
            let message = event.message.trim().as_bytes();
            if message.starts_with(b"{") {
                let fields = [("id", event.id.get()), ("timestamp", event.timestamp.get())];
                push(found, with(&fields, message))?;
            }
        }
        Ok(())
    }
}

/// An event of EventBridge.
#[derive(Deserialize)]
#[serde(rename_all = "kebab-case")]
struct BusEvent<'a> {
    #[serde(borrow)]
    detail_type: &'a RawValue,
    #[serde(borrow)]
    time: &'a RawValue,
    #[serde(rename = "source")]
    _source: Cow<'a, str>,
    #[serde(rename = "detail")]
    _detail: &'a RawValue,
}

impl BusEvent<'_> {
    /// The whole event; its id is its own.
    fn opened(&self, object: &[u8]) -> Vec<u8> {
        let fields = [
            ("eventType", self.detail_type.get()),
            ("timestamp", self.time.get()),
        ];
        with(&fields, object)
    }
}

/// A change of an item of a DynamoDB table.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Change {
    #[serde(rename = "eventID")]
    event_id: Value,
    event_name: Value,
    table_name: Option<Value>,
    dynamodb: Images,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Images {
    approximate_creation_date_time: Value,
    keys: Map<String, Value>,
    new_image: Option<Map<String, Value>>,
    old_image: Option<Map<String, Value>>,
}

impl Change {
    /// `eventType` is `INSERT`, `MODIFY` or `REMOVE`; the values of `keys`, `new` and `old` are plain JSON.
    fn opened(self) -> Vec<u8> {
        let Images {
            approximate_creation_date_time: timestamp,
            keys,
            new_image,
            old_image,
        } = self.dynamodb;
        let event = json!({
            "id": self.event_id,
            "eventType": self.event_name,
            "timestamp": timestamp,
            "tableName": self.table_name,
            "keys": plain_map(keys),
            "new": new_image.map(plain_map),
            "old": old_image.map(plain_map),
        });
        event.to_string().into_bytes()
    }
}

fn plain_map(image: Map<String, Value>) -> Value {
    let plain = image.into_iter().map(|(name, value)| (name, plain(value)));
    Value::Object(plain.collect())
}

/// The JSON of a value as DynamoDB writes it, an object of its type and the value.
fn plain(value: Value) -> Value {
    let Value::Object(typed) = value else {
        return value;
    };
    let Some((kind, value)) = typed.into_iter().next() else {
        return Value::Null;
    };
    match (kind.as_str(), value) {
        ("N", Value::String(number)) => plain_number(number),
        ("NULL", _) => Value::Null,
        ("M", Value::Object(map)) => plain_map(map),
        ("L", Value::Array(list)) => list.into_iter().map(plain).collect(),
        ("NS", Value::Array(set)) => set
            .into_iter()
            .map(|number| match number {
                Value::String(number) => plain_number(number),
                other => other,
            })
            .collect(),
        (_, value) => value,
    }
}

/// A number that JSON cannot hold stays a text.
fn plain_number(number: String) -> Value {
    match serde_json::from_str::<serde_json::Number>(&number) {
        Ok(number) => Value::Number(number),
        Err(_) => Value::String(number),
    }
}

/// An object with fields before its own.
fn with(fields: &[(&str, &str)], object: &[u8]) -> Vec<u8> {
    let rest = object.strip_prefix(b"{").unwrap_or(object);
    let mut bytes = Vec::with_capacity(object.len() + 100);
    for (index, (name, value)) in fields.iter().enumerate() {
        bytes.extend_from_slice(if index == 0 { b"{\"" } else { b",\"" });
        bytes.extend_from_slice(name.as_bytes());
        bytes.extend_from_slice(b"\":");
        bytes.extend_from_slice(value.as_bytes());
    }
    if !rest.trim_ascii_start().starts_with(b"}") {
        bytes.push(b',');
    }
    bytes.extend_from_slice(rest);
    bytes
}
