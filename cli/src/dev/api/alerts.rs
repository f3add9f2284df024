//! Alerts, their keys, and what was sent of them.

use serde_json::{Value, json};
use tripline_engine::{AlertRule, KeyState, Look, Stage, print_duration};

use super::start::block;
use super::{Answer, Unanswered, missing, number, numbered_value, object, present, time};
use crate::dev::pipeline::View;
use crate::failure::Failure;

/// How many keys are looked at to find the nearest.
const MOST_LOOKED_AT: usize = 5_000;
/// How many keys are looked at to count those that are pending.
const MOST_COUNTED: usize = 200;

/// All alerts.
pub(in crate::dev) fn alerts(view: &View<'_>) -> Answer {
    let firing = view.world.firing_by_name()?;
    let summaries = view.rules.program.alerts().map(|rule| {
        let firing = firing.iter().find(|(name, _)| *name == rule.name);
        summary(view, rule, firing.map_or(0, |(_, count)| *count))
    });
    let summaries: Result<Vec<Value>, Failure> = summaries.collect();
    Ok(json!({"alerts": summaries?}))
}

/// One alert with its source, its windows and what was sent of it last.
pub(in crate::dev) fn alert(view: &View<'_>, name: &str) -> Answer {
    let rule = named(view, name)?;
    let firing = view.world.firing_by_name()?;
    let firing = firing.iter().find(|(one, _)| one == name);
    let mut answer = summary(view, rule, firing.map_or(0, |(_, count)| *count))?;
    let source = view.rules.alerts.get(name);
    let source = source.map(|entry| block(&view.rules.files[entry.file], entry.range.clone()));
    answer["source"] = source.unwrap_or_default().into();
    let windows = rule.terms().into_iter().map(|term| {
        let limits = term.limits.iter();
        let limits =
            limits.map(|(op, value)| json!({"op": op, "value": value, "severity": rule.severity}));
        json!({
            "text": term.text,
            "length": print_duration(term.length.unsigned_abs() / 1_000),
            "threshold": limits.collect::<Vec<_>>(),
        })
    });
    answer["windows"] = windows.collect();
    answer["notifications"] = sent(view, Some(name), 50)?;
    Ok(answer)
}

/// The keys of an alert, those that fire first, then by how near they are to it.
pub(in crate::dev) fn keys(view: &View<'_>, name: &str, search: &str, limit: usize) -> Answer {
    let rule = named(view, name)?;
    let total = view.world.key_count(rule.fingerprint())?;
    let search = search.to_lowercase();
    let at = present(view);
    let terms = rule.terms();
    let mut looks: Vec<(String, Look)> = Vec::new();
    for item in view.world.keys(rule.fingerprint(), MOST_LOOKED_AT)? {
        if !search.is_empty() && !item.key.to_lowercase().contains(&search) {
            continue;
        }
        // What cannot be read begins anew with the key's next event.
        if let Ok(state) = KeyState::decode(&item.state, rule) {
            looks.push((item.key, state.look(rule, at)));
        }
    }
    let rank = |look: &Look| match look.stage {
        Stage::Firing => 0,
        Stage::Pending => 1,
        Stage::Inactive => 2,
    };
    looks.sort_by(|(a_key, a), (b_key, b)| {
        let near = |look: &Look| look.nearness.unwrap_or(0.0);
        let order = rank(a).cmp(&rank(b));
        let order = order.then(near(b).total_cmp(&near(a)));
        order.then_with(|| a_key.cmp(b_key))
    });
    let total = if search.is_empty() {
        total
    } else {
        looks.len() as u64
    };
    let shown = looks.into_iter().take(limit).map(|(key, look)| {
        let values = terms.iter().zip(&look.terms);
        let values =
            values.map(|(term, value)| json!({"text": term.text, "value": number(*value)}));
        json!({
            "key": object(view.rules.program.key_values(rule, &key)),
            "phase": phase(look.stage),
            "severity": (look.stage != Stage::Inactive).then_some(rule.severity),
            "since": look.since.map(time),
            "nearness": look.nearness,
            "windows": values.collect::<Vec<_>>(),
        })
    });
    Ok(json!({"total": total, "keys": shown.collect::<Vec<_>>()}))
}

/// What was sent last.
pub(in crate::dev) fn notifications(view: &View<'_>, alert: Option<&str>, limit: usize) -> Answer {
    Ok(json!({"notifications": sent(view, alert, limit)?}))
}

fn sent(view: &View<'_>, alert: Option<&str>, limit: usize) -> Result<Value, Failure> {
    let sent = view.world.alerts(alert, limit)?;
    Ok(sent
        .iter()
        .map(|(seq, alert)| numbered_value(*seq, alert))
        .collect())
}

fn summary(view: &View<'_>, rule: &AlertRule, firing: u64) -> Result<Value, Failure> {
    let entry = view.rules.alerts.get(&rule.name);
    let written = entry.map(|entry| view.rules.written(entry));
    let keys = view.world.key_count(rule.fingerprint())?;
    let mut pending = 0;
    if rule.holds() {
        for item in view.world.keys(rule.fingerprint(), MOST_COUNTED)? {
            let state = KeyState::decode(&item.state, rule);
            let is_pending = state.is_ok_and(|state| state.is_pending());
            pending += u64::from(is_pending);
        }
    }
    Ok(json!({
        "name": rule.name,
        "description": entry.and_then(|entry| entry.description.as_deref()),
        "severity": rule.severity,
        "on": rule.on(),
        "by": view.rules.program.key_names(rule),
        "firing": firing,
        "pending": pending,
        "keys": keys,
        "lastFired": view.world.last_fired(&rule.name)?,
        "file": written.map(|(_, file, _)| file),
        "line": written.map(|(_, _, line)| line),
        "shadow": rule.is_shadow(),
    }))
}

/// The alert rule of a name.
pub(super) fn named<'v>(view: &View<'v>, name: &str) -> Result<&'v AlertRule, Unanswered> {
    match view.rules.program.alert_named(name) {
        Some((_, rule)) => Ok(rule),
        None => {
            let names = view.rules.program.alerts().map(|rule| rule.name.as_str());
            Err(missing("alert", name, names))
        }
    }
}

/// The key that a question names as an object, as states are filed under it.
pub(super) fn filed(view: &View<'_>, rule: &AlertRule, key: &str) -> Result<String, Unanswered> {
    let wrong = || {
        let names = view.rules.program.key_names(rule);
        Unanswered::Wrong(format!(
            "`key` is no JSON object of the values of `by` ({}): take one from `/api/alerts/{}/keys`",
            names.join(", "),
            rule.name
        ))
    };
    let key = if key.is_empty() { "{}" } else { key };
    let key: serde_json::Map<String, Value> = serde_json::from_str(key).map_err(|_| wrong())?;
    let names = view.rules.program.key_names(rule).into_iter();
    let values: Option<Vec<Value>> = names.map(|name| key.get(&name).cloned()).collect();
    Ok(Value::Array(values.ok_or_else(wrong)?).to_string())
}

pub(super) fn phase(stage: Stage) -> &'static str {
    match stage {
        Stage::Inactive => "idle",
        Stage::Pending => "pending",
        Stage::Firing => "firing",
    }
}
