//! Reads a line of the input: the event, its type and its time.

use chrono::{DateTime, NaiveDateTime};
use serde_json::Value;

/// 1900-01-01 and 2200-01-01 in milliseconds since the epoch.
const USABLE: std::ops::RangeInclusive<i64> = -2_208_988_800_000..=7_258_118_400_000;
const DEEPEST: usize = 64;

/// An event of the input.
#[derive(Debug)]
pub(super) struct Event {
    /// The line it stands in, from 1.
    pub(super) line: usize,
    /// The event time in milliseconds since the epoch.
    pub(super) time: i64,
    /// The whole event.
    pub(super) value: Value,
}

impl Event {
    /// Reads a line; none if it has to be rejected.
    pub(super) fn read(text: &str, line: usize) -> Option<Event> {
        let value: Value = serde_json::from_str(text).ok()?;
        if !value.is_object() || depth(&value) > DEEPEST {
            return None;
        }
        let time = time(value.get("timestamp")?).filter(|time| USABLE.contains(time))?;
        Some(Event { line, time, value })
    }

    /// Whether the event's type is one of the patterns; none at all match every event.
    pub(super) fn matches(&self, patterns: &[String]) -> bool {
        let given = self.value.get("eventType").and_then(Value::as_str);
        patterns.is_empty()
            || patterns
                .iter()
                .any(|pattern| match (pattern.strip_suffix('*'), given) {
                    (Some(""), _) => true,
                    (Some(prefix), Some(given)) => given.starts_with(prefix),
                    (None, Some(given)) => pattern == given,
                    (_, None) => false,
                })
    }
}

fn depth(value: &Value) -> usize {
    let inner = match value {
        Value::Array(items) => items.iter().map(depth).max(),
        Value::Object(fields) => fields.values().map(depth).max(),
        _ => return 0,
    };
    1 + inner.unwrap_or(0)
}

fn time(value: &Value) -> Option<i64> {
    match value {
        Value::String(text) => {
            if let Ok(time) = DateTime::parse_from_rfc3339(text) {
                return Some(time.timestamp_millis());
            }
            let forms = ["%Y-%m-%d %H:%M:%S%.f", "%Y-%m-%dT%H:%M:%S%.f"];
            let time = forms
                .iter()
                .find_map(|form| NaiveDateTime::parse_from_str(text, form).ok());
            time.map(|time| time.and_utc().timestamp_millis())
        }
        Value::Number(number) => match number.as_i64() {
            Some(integer) => Some(match integer.unsigned_abs() {
                0..100_000_000_000 => integer * 1_000,
                100_000_000_000..100_000_000_000_000 => integer,
                _ => integer.div_euclid(1_000),
            }),
            None => {
                let double = number.as_f64()?;
                let millis = match double.abs() {
                    size if size < 1e11 => double * 1e3,
                    size if size < 1e14 => double,
                    _ => double / 1e3,
                };
                Some(millis.floor() as i64)
            }
        },
        _ => None,
    }
}
