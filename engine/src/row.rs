//! Aggregate rows: what an aggregate rule adds up for one key in one window.

use ecow::EcoString;
use serde::{Deserialize, Serialize};

use crate::aggregate::Accumulator;
use crate::eval::Scope;
use crate::event::Event;
use crate::interned::Name;
use crate::message::{json, parts};
use crate::output::in_order_always;
use crate::program::{AggregateRule, Program};
use crate::time::Time;

/// Names one row; sorts by aggregate, window start and the key's bytes.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct RowKey {
    /// Index of the aggregate in the program, which sorts them by name.
    pub aggregate: u32,
    /// When the window begins.
    pub start: Time,
    /// The canonical JSON array of the values of `by`.
    pub key: EcoString,
}

impl Name for RowKey {
    type Of = (u32, Time);

    fn new((aggregate, start): (u32, Time), key: EcoString) -> RowKey {
        RowKey {
            aggregate,
            start,
            key,
        }
    }

    fn of(&self) -> (u32, Time) {
        (self.aggregate, self.start)
    }

    fn key(&self) -> &str {
        &self.key
    }

    fn into_key(self) -> EcoString {
        self.key
    }
}

/// What has been added up in one row.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Row {
    /// How many events belong to it.
    events: u64,
    /// One for each entry of `compute`.
    values: Vec<Accumulator>,
}

impl Row {
    /// A row of a rule that holds nothing.
    pub fn new(rule: &AggregateRule) -> Row {
        let values = rule.compute.iter();
        Row {
            events: 0,
            values: values
                .map(|compute| Accumulator::new(compute.aggregate))
                .collect(),
        }
    }

    /// Hands the content over.
    pub(crate) fn take(&mut self) -> Row {
        let values = std::mem::take(&mut self.values);
        Row {
            events: self.events,
            values,
        }
    }

    pub(crate) fn add(&mut self, rule: &AggregateRule, event: &Event<'_>) {
        self.events = self.events.saturating_add(1);
        let scope = Scope::of_event(event);
        for (value, compute) in self.values.iter_mut().zip(&rule.compute) {
            if let Some(datum) = compute.contribution(scope) {
                value.add(datum, event.time);
            }
        }
    }

    /// Whether stored bytes can be this rule's.
    pub(crate) fn fits(&self, rule: &AggregateRule) -> bool {
        self.values.len() == rule.compute.len()
            && self
                .values
                .iter()
                .zip(&rule.compute)
                .all(|(value, compute)| value.fits(compute.aggregate))
    }
}

/// A row in its published form.
///
/// Serialises to one JSON object whose keys stand in the order of the fields.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct AggregateRow {
    /// The aggregate rule.
    pub aggregate: String,
    /// The values of `by`, by name.
    #[serde(serialize_with = "in_order_always")]
    pub key: Vec<(String, serde_json::Value)>,
    /// The window.
    pub window: WindowBounds,
    /// What is known of the entries of `compute`, by name.
    #[serde(serialize_with = "in_order_always")]
    pub values: Vec<(String, serde_json::Value)>,
    /// How many events belong to it.
    pub events: u64,
}

/// When a window begins and ends; the end is not part of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct WindowBounds {
    /// When it begins.
    pub start: Time,
    /// When it is over.
    pub end: Time,
}

impl Program {
    /// The published form of a row, unless its time to live is over at `progress`.
    pub fn row(&self, key: &RowKey, row: &Row, progress: Option<Time>) -> Option<AggregateRow> {
        let rule = self.aggregates.get(key.aggregate as usize)?;
        let end = key.start.plus(rule.length);
        if let (Some(keep), Some(progress)) = (rule.keep, progress)
            && end.plus(keep) < progress
        {
            return None;
        }
        let names = self.groupings[rule.grouping].names();
        let values = rule.compute.iter().zip(&row.values);
        let values = values.filter_map(|(compute, value)| {
            let value = json(&value.value(compute.aggregate))?;
            Some((compute.text.clone(), value))
        });
        Some(AggregateRow {
            aggregate: rule.name.clone(),
            key: names.zip(parts(&key.key)).collect(),
            window: WindowBounds {
                start: key.start,
                end,
            },
            values: values.collect(),
            events: row.events,
        })
    }
}
