//! What the page and scripts ask, answered from the store and the rules that run.

mod aggregates;
mod alerts;
mod quarantine;
mod series;
mod start;
mod try_it;
mod try_test;
mod why;

use serde_json::{Value, json};
use tripline_engine::{AlertSeverity, Time};

pub(super) use self::aggregates::{aggregates, row_series, rows};
pub(super) use self::alerts::{alert, alerts, keys, notifications};
pub(super) use self::quarantine::quarantine;
pub(super) use self::series::series;
pub(super) use self::start::start;
pub(super) use self::try_it::{Tried, try_it};
pub(super) use self::why::why;

use super::pipeline::{Clock, View};
use crate::failure::Failure;

/// Why a question has no answer.
#[derive(Debug)]
pub(super) enum Unanswered {
    /// There is no such thing, and what to do.
    Missing(String),
    /// The question is wrong, and how to mend it.
    Wrong(String),
    /// The store cannot be read.
    Failed(String),
}

impl From<Failure> for Unanswered {
    fn from(failure: Failure) -> Self {
        Unanswered::Failed(match failure {
            Failure::Message(message) => message,
            Failure::Closed => "the output is closed".to_owned(),
        })
    }
}

pub(super) type Answer = Result<Value, Unanswered>;

/// How it goes.
pub(super) fn status(view: &View<'_>) -> Result<Value, Failure> {
    let View {
        world,
        rules,
        state,
    } = view;
    let [events, rejects, alerts] = state.rates();
    let mut active: Vec<(AlertSeverity, u64)> = AlertSeverity::ALL
        .iter()
        .rev()
        .map(|one| (*one, 0))
        .collect();
    for (name, count) in world.firing_by_name()? {
        if let Some((_, rule)) = rules.program.alert_named(&name)
            && let Some((_, sum)) = active.iter_mut().find(|(one, _)| *one == rule.severity)
        {
            *sum += count;
        }
    }
    let active = active.iter().filter(|(_, count)| *count > 0);
    let active = active.map(|(severity, count)| json!({"severity": severity, "count": count}));
    let totals = &state.totals;
    Ok(json!({
        "version": env!("CARGO_PKG_VERSION"),
        "rules": {
            "folder": state.folder,
            "alerts": rules.program.alerts().len(),
            "aggregates": rules.program.aggregates().len(),
        },
        "reload": state.reload,
        "source": {"name": state.source.name, "state": state.source.state, "text": state.source.text},
        "rates": {"events": events, "rejects": rejects, "alerts": alerts},
        "totals": {
            "events": totals.events, "rejected": totals.rejected, "alerts": totals.alerts,
            "late": totals.late, "suppressed": totals.suppressed,
        },
        "lag": state.lag,
        "progress": progress(view).map(time),
        "active": active.collect::<Vec<_>>(),
        "stored": world.bytes(),
    }))
}

/// How far time has come.
fn progress(view: &View<'_>) -> Option<Time> {
    match view.state.clock {
        Clock::At(time) => view.state.progress.map(|progress| progress.max(time)),
        _ => view.state.progress,
    }
}

/// The time at which keys are looked at: what has come in live, time goes on without events.
fn present(view: &View<'_>) -> Time {
    let now = match view.state.clock {
        Clock::Events => None,
        _ => view.state.now(),
    };
    now.max(view.state.progress).unwrap_or(Time(0))
}

fn time(time: Time) -> String {
    time.to_string()
}

fn seconds(time: Time) -> f64 {
    time.0 as f64 / 1_000.0
}

/// The JSON of an alert with its number.
pub(super) fn numbered(seq: i64, alert: &str) -> String {
    match alert.strip_prefix('{') {
        Some(rest) => format!("{{\"seq\":{seq},{rest}"),
        None => alert.to_owned(),
    }
}

/// The JSON of an alert with its number, as a value.
fn numbered_value(seq: i64, alert: &str) -> Value {
    serde_json::from_str(&numbered(seq, alert)).unwrap_or(Value::Null)
}

/// A number that JSON can hold.
fn number(value: Option<f64>) -> Value {
    match value {
        Some(value) if value.fract() == 0.0 && value.abs() < 9e15 => json!(value as i64),
        Some(value) => json!(value),
        None => Value::Null,
    }
}

/// The pairs as an object.
fn object(pairs: Vec<(String, Value)>) -> Value {
    Value::Object(pairs.into_iter().collect())
}

/// Finds what was named, or says what is near.
fn missing<'n>(what: &str, name: &str, names: impl Iterator<Item = &'n str>) -> Unanswered {
    let help = match tripline_engine::nearest_name(name, names) {
        Some(near) => format!("did you mean `{near}`?"),
        None => "the rules that run have none of that name".to_owned(),
    };
    Unanswered::Missing(format!("there is no {what} `{name}`: {help}"))
}
