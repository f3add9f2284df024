//! Aggregates and their rows.

use serde_json::{Value, json};
use tripline_engine::{AggregateRule, print_duration};

use super::{Answer, Unanswered, missing, seconds, time};
use crate::dev::pipeline::View;
use crate::failure::Failure;

/// How many rows a series shows.
const MOST_SHOWN: usize = 1_000;

/// All aggregates.
pub(in crate::dev) fn aggregates(view: &View<'_>) -> Answer {
    let program = &view.rules.program;
    let all = program.aggregates().map(|rule| -> Result<Value, Failure> {
        let entry = view.rules.aggregates.get(&rule.name);
        let written = entry.map(|entry| view.rules.written(entry));
        Ok(json!({
            "name": rule.name,
            "description": entry.and_then(|entry| entry.description.as_deref()),
            "on": rule.on(),
            "by": program.row_key_names(rule),
            "window": print_duration(rule.window().unsigned_abs() / 1_000),
            "columns": rule.compute().collect::<Vec<_>>(),
            "rows": view.world.row_count(&rule.name)?,
            "file": written.map(|(_, file, _)| file),
            "line": written.map(|(_, _, line)| line),
        }))
    });
    let all: Result<Vec<Value>, Failure> = all.collect();
    Ok(json!({"aggregates": all?}))
}

/// The newest rows of an aggregate.
pub(in crate::dev) fn rows(view: &View<'_>, name: &str, search: &str, limit: usize) -> Answer {
    let rule = named(view, name)?;
    let (total, rows) = view.world.rows(name, search, limit)?;
    let rows = rows.into_iter().map(|row| {
        json!({
            "start": time(row.start),
            "end": time(row.end),
            "key": value(&row.key),
            "values": value(&row.values),
        })
    });
    Ok(json!({
        "total": total,
        "columns": rule.compute().collect::<Vec<_>>(),
        "rows": rows.collect::<Vec<_>>(),
    }))
}

/// What an aggregate gave for a key, window by window.
pub(in crate::dev) fn row_series(view: &View<'_>, name: &str, key: &str) -> Answer {
    let rule = named(view, name)?;
    let key: Value =
        serde_json::from_str(if key.is_empty() { "{}" } else { key }).map_err(|_| {
            Unanswered::Wrong("`key` is no JSON object: take one from the rows".to_owned())
        })?;
    let mut rows = view.world.rows_of_key(name, &key.to_string(), MOST_SHOWN)?;
    rows.reverse();
    let times: Vec<f64> = rows.iter().map(|row| seconds(row.start)).collect();
    let values: Vec<Value> = rows.iter().map(|row| value(&row.values)).collect();
    let series = rule.compute().map(|column| {
        let values = values.iter().map(|row| match &row[column] {
            number @ Value::Number(_) => number.clone(),
            _ => Value::Null,
        });
        json!({"text": column, "values": values.collect::<Vec<_>>()})
    });
    Ok(json!({"times": times, "series": series.collect::<Vec<_>>()}))
}

fn value(text: &str) -> Value {
    serde_json::from_str(text).unwrap_or(Value::Null)
}

fn named<'v>(view: &View<'v>, name: &str) -> Result<&'v AggregateRule, Unanswered> {
    let mut rules = view.rules.program.aggregates();
    rules.find(|rule| rule.name == name).ok_or_else(|| {
        let names = view
            .rules
            .program
            .aggregates()
            .map(|rule| rule.name.as_str());
        missing("aggregate", name, names)
    })
}
