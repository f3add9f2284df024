use std::collections::BTreeMap;
use std::fmt::Write;

use super::{Node, Sharing, Template};
use crate::eval::Scope;
use crate::event::{Datum, Value};
use crate::functions::Tick;
use crate::number::Number;
use crate::output::AlertSeverity;
use crate::window::Window;

/// A checked alert rule.
#[derive(Debug)]
pub struct AlertRule {
    /// Its name, unique over all files.
    pub name: String,
    /// How bad it is when it fires.
    pub severity: AlertSeverity,
    pub(crate) on: Patterns,
    pub(crate) kind: Kind,
    pub(crate) when: Node,
    /// The canonical text of `when`, for explanations.
    pub(crate) when_text: String,
    pub(crate) until: Option<Node>,
    pub(crate) until_text: Option<String>,
    /// When the conditions change by the clock alone; only in an alert per key.
    pub(crate) ticks: Vec<Tick>,
    /// Milliseconds that the condition must hold before the alert fires.
    pub(crate) hold: Option<i64>,
    /// The least time between two messages of a key that say it fires, in milliseconds.
    pub(crate) cooldown: Option<i64>,
    /// Milliseconds after which a message says again that a key fires.
    pub(crate) repeat: Option<i64>,
    /// Whether it is evaluated and recorded, and never notifies.
    pub(crate) shadow: bool,
    /// Milliseconds after its newest event at which a key is dropped.
    pub(crate) forget: i64,
    pub(crate) windows: Vec<Window>,
    /// Where each of its windows stands in the states that hold them.
    pub(crate) places: Vec<u32>,
    pub(crate) sharing: Sharing,
    /// Whether a key that is inactive stays so until an event comes, or it is forgotten.
    pub(crate) rests: bool,
    /// Index of its `by` clause among the program's groupings.
    pub(crate) grouping: usize,
    pub(crate) evidence: Vec<Evidence>,
    pub(crate) summary: Option<Template>,
    pub(crate) description: Option<Template>,
    pub(crate) runbook: Option<String>,
    pub(crate) labels: BTreeMap<String, String>,
    /// Names the state of this alert: a hash of all that the state's meaning depends on.
    pub(crate) fingerprint: [u8; 16],
}

impl AlertRule {
    /// Names the state of this alert: it changes when the condition does, not with the summary.
    pub fn fingerprint(&self) -> [u8; 16] {
        self.fingerprint
    }

    /// How long after its newest event a key is dropped, in milliseconds.
    pub fn forget(&self) -> i64 {
        self.forget
    }

    pub(crate) fn is_per_event(&self) -> bool {
        self.kind == Kind::PerEvent
    }
}

/// Whether an alert fires for events or keeps a state for each key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    PerEvent,
    PerKey,
}

/// The event types that an alert takes, sorted, none twice.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Patterns(pub(crate) Vec<String>);

impl Patterns {
    /// The types, if none of them is a glob.
    pub(super) fn exact(&self) -> Option<impl Iterator<Item = &str>> {
        let globs = self.0.iter().any(|pattern| pattern.ends_with('*'));
        (!globs).then(|| self.0.iter().map(String::as_str))
    }

    /// An event without a type matches only `*`.
    pub(crate) fn matches(&self, kind: Option<&str>) -> bool {
        self.0
            .iter()
            .any(|pattern| match (pattern.strip_suffix('*'), kind) {
                (Some(""), _) => true,
                (Some(prefix), Some(kind)) => kind.starts_with(prefix),
                (None, Some(kind)) => kind == pattern,
                (_, None) => false,
            })
    }
}

/// A `by` clause: named expressions, in the order written.
#[derive(Debug, Clone)]
pub(crate) struct Grouping {
    pub(crate) parts: Vec<(String, Node)>,
}

impl Grouping {
    /// Whether there is no `by`: one key for all.
    pub(crate) fn is_global(&self) -> bool {
        self.parts.is_empty()
    }

    /// The names of the parts.
    pub(crate) fn names(&self) -> impl Iterator<Item = String> {
        self.parts.iter().map(|(name, _)| name.clone())
    }

    /// Writes the key of an event: the canonical JSON array of its values.
    ///
    /// False if one is unknown, a list or an object. Numbers that are equal are written alike.
    pub(crate) fn key(&self, scope: Scope<'_>, key: &mut String) -> bool {
        key.clear();
        key.push('[');
        for (index, (_, node)) in self.parts.iter().enumerate() {
            if index > 0 {
                key.push(',');
            }
            if !write_canonical(&scope.eval(node), key) {
                return false;
            }
        }
        key.push(']');
        true
    }
}

impl Grouping {
    /// The key of these values, one for each part; `None` if one is no text, number or boolean.
    pub(crate) fn key_of<'v>(&self, values: impl Iterator<Item = Datum<'v>>) -> Option<String> {
        let mut key = String::from("[");
        let mut parts = 0;
        for value in values {
            if parts > 0 {
                key.push(',');
            }
            parts += 1;
            if !write_canonical(&value, &mut key) {
                return None;
            }
        }
        key.push(']');
        (parts == self.parts.len()).then_some(key)
    }
}

/// Writes the JSON of a scalar; false if the value is none.
fn write_canonical(datum: &Datum<'_>, json: &mut String) -> bool {
    match datum {
        Datum::Bool(bool) => json.push_str(if *bool { "true" } else { "false" }),
        Datum::Number(number) => {
            // Writing to a string cannot fail.
            let _ = write!(json, "{}", canonical_number(*number));
        }
        Datum::Text(text) if text.bytes().all(is_plain) => {
            json.push('"');
            json.push_str(text);
            json.push('"');
        }
        Datum::Text(text) => match serde_json::to_string(text) {
            Ok(text) => json.push_str(&text),
            Err(_) => return false,
        },
        Datum::Unread | Datum::Empty | Datum::List { .. } | Datum::Object => return false,
    }
    true
}

/// Whether a byte of a text stands for itself in JSON.
fn is_plain(byte: u8) -> bool {
    byte >= b' ' && byte != b'"' && byte != b'\\'
}

/// The JSON number of a value: a whole double within 64 bits is written as an integer.
pub(crate) fn canonical_number(number: Number) -> serde_json::Number {
    match number.to_integer() {
        Some(integer) => integer.into(),
        None => serde_json::Number::from_f64(number.to_f64()).unwrap_or_else(|| 0.into()),
    }
}

/// A value that an alert shows: its name and where it comes from.
#[derive(Debug, Clone)]
pub(crate) struct Evidence {
    /// The canonical text.
    pub(crate) text: String,
    pub(crate) observed: Observed,
}

/// Where a value that an alert shows comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Observed {
    Slot(usize),
    Window(usize),
}

/// The JSON form of an event's value, for evidence; `None` for what is unknown, a list or an object.
pub(crate) fn scalar(value: &Value<'_>) -> Option<serde_json::Value> {
    match value {
        Value::Bool(bool) => Some((*bool).into()),
        Value::Number(Number::Integer(integer)) => Some((*integer).into()),
        Value::Number(Number::Double(double)) => Some((*double).into()),
        Value::Text(text) => Some(text.as_ref().into()),
        Value::Missing | Value::List { .. } | Value::Rows(_) | Value::Object => None,
    }
}
