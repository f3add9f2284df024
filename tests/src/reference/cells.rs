//! What an expression gives, found out by running rules: an alert shows a known value in its summary; an
//! unknown one holds an alert that fires if it is *unread*, and ends it if it is *empty*.

use std::fmt;

use serde_json::{Map, Value, json};

use crate::run::{Batches, Run, compile_text};

/// What an expression gives.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Given {
    /// A value as the language writes it.
    Known(String),
    /// Unknown: a field is missing, or a value is of a wrong type.
    Unread,
    /// Unknown: only windows without data made it.
    Empty,
}

impl fmt::Display for Given {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Given::Known(value) => value,
            Given::Unread => "*unread*",
            Given::Empty => "*empty*",
        })
    }
}

/// The name of the field that makes every alert fire at the first event.
const BEGIN: &str = "_begin";

/// Evaluates expressions for an event.
///
/// # Panics
///
/// If one of them is no expression, or the event is no object: both stand in the reference.
pub fn evaluate(expressions: &[String], event: &Value) -> Vec<Given> {
    let mut alerts = Map::new();
    for (index, text) in expressions.iter().enumerate() {
        let mut alert = |kind: &str, rule: Value| {
            alerts.insert(format!("{kind}-{index}"), rule);
        };
        alert(
            "known",
            json!({"when": format!("({text}) is not missing"), "summary": format!("{{{text}}}")}),
        );
        alert("text", json!({"when": format!("({text}) is string")}));
        // The window, which is never above 0, makes it an alert that fires until its condition ends.
        let held = format!("{BEGIN} or ({text}) == ({text}) or count(false) per 1h > 0");
        alert("held", json!({ "when": held }));
    }
    let program = compile_text(&json!({ "alerts": alerts }).to_string());
    let mut event = event.clone();
    let Some(fields) = event.as_object_mut() else {
        panic!("{event} is no object");
    };
    fields
        .entry("timestamp")
        .or_insert("2026-11-23T10:00:00Z".into());
    let lines = [true, false].map(|begin| {
        let mut event = event.clone();
        event[BEGIN] = begin.into();
        event.to_string()
    });
    let run = Run {
        program: &program,
        until_end: false,
        batches: Batches::Whole,
    };
    let given = run.over(&[&lines[0], &lines[1]]);
    assert!(given.rejects.is_empty(), "{:?}", given.rejects);
    let alerts: Vec<Value> = given.alerts.iter().map(|alert| parse(alert)).collect();
    let find = |kind: &str, index: usize, status: &str| {
        alerts
            .iter()
            .find(|alert| alert["alert"] == format!("{kind}-{index}") && alert["status"] == status)
    };
    let each = (0..expressions.len()).map(|index| {
        if let Some(alert) = find("known", index, "firing") {
            let value = alert["summary"].as_str().unwrap_or_default();
            let is_text = find("text", index, "firing").is_some();
            return Given::Known(if is_text {
                Value::from(value).to_string()
            } else {
                value.to_owned()
            });
        }
        assert!(find("held", index, "firing").is_some());
        match find("held", index, "resolved") {
            Some(_) => Given::Empty,
            None => Given::Unread,
        }
    });
    each.collect()
}

pub(super) fn parse(line: &str) -> Value {
    match serde_json::from_str(line) {
        Ok(json) => json,
        Err(error) => panic!("{line}: {error}"),
    }
}
