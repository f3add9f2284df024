//! Writes rules as a rule file.

use std::fmt::Write;

use serde_json::Value;

use crate::oracle::{OracleAggregate, OracleDefaults, OracleRule, OracleRules, OracleSilence};

/// A key of a mapping and its value, if it is there.
type Entry = (&'static str, Option<String>);

/// Writes rules as a rule file.
pub fn yaml(rules: &OracleRules) -> String {
    let mut out = String::new();
    let defaults = defaults(&rules.defaults);
    if defaults.iter().any(|(_, value)| value.is_some()) {
        out.push_str("defaults:\n");
        write(&mut out, "  ", defaults);
    }
    section(&mut out, "alerts", &rules.alerts, |rule| {
        (&rule.name, alert(rule))
    });
    section(&mut out, "aggregates", &rules.aggregates, |rule| {
        (&rule.name, aggregate(rule))
    });
    section(&mut out, "silences", &rules.silences, |rule| {
        (&rule.name, silence(rule))
    });
    if !rules.lists.is_empty() {
        out.push_str("lists:\n");
    }
    for (name, items) in &rules.lists {
        let items: Vec<String> = items.iter().map(Value::to_string).collect();
        let _ = writeln!(out, "  {name}: [{}]", items.join(", "));
    }
    out
}

fn section<'r, T>(
    out: &mut String,
    title: &str,
    rules: &'r [T],
    entries: impl Fn(&'r T) -> (&'r String, Vec<Entry>),
) {
    if !rules.is_empty() {
        let _ = writeln!(out, "{title}:");
    }
    for rule in rules {
        let (name, entries) = entries(rule);
        let _ = writeln!(out, "  {name}:");
        write(out, "    ", entries);
    }
}

fn write(out: &mut String, indent: &str, entries: Vec<Entry>) {
    for (key, value) in entries {
        if let Some(value) = value {
            let _ = writeln!(out, "{indent}{key}: {value}");
        }
    }
}

fn defaults(defaults: &OracleDefaults) -> Vec<Entry> {
    vec![
        ("on", patterns(&defaults.on)),
        ("by", named(&defaults.by)),
        ("cooldown", seconds(defaults.cooldown_seconds)),
        ("repeat", seconds(defaults.repeat_seconds)),
        ("forget", seconds(defaults.forget_seconds)),
    ]
}

fn alert(rule: &OracleRule) -> Vec<Entry> {
    vec![
        ("on", patterns(&rule.on)),
        ("when", Some(quoted(&rule.when))),
        ("until", rule.until.as_deref().map(quoted)),
        ("for", seconds(rule.for_seconds)),
        ("by", named(&rule.by)),
        ("forget", seconds(rule.forget_seconds)),
        ("cooldown", seconds(rule.cooldown_seconds)),
        ("repeat", seconds(rule.repeat_seconds)),
        ("mode", rule.shadow.then(|| "shadow".to_owned())),
        ("enabled", rule.disabled.then(|| "false".to_owned())),
    ]
}

fn aggregate(rule: &OracleAggregate) -> Vec<Entry> {
    let compute = rule.compute.iter();
    let compute = compute.map(|(name, text)| format!("{name}: {}", quoted(text)));
    let compute: Vec<String> = compute.collect();
    vec![
        ("on", patterns(&rule.on)),
        ("by", named(&rule.by)),
        ("per", seconds(Some(rule.per_seconds))),
        ("compute", Some(format!("{{{}}}", compute.join(", ")))),
        ("keep", Some("90d".to_owned())),
    ]
}

fn silence(silence: &OracleSilence) -> Vec<Entry> {
    let mut matched = Vec::new();
    matched.extend(
        silence
            .alert
            .as_ref()
            .map(|alert| format!("alert: {}", quoted(alert))),
    );
    if !silence.key.is_empty() {
        let key = silence.key.iter();
        let key: Vec<String> = key
            .map(|(name, value)| format!("{name}: {value}"))
            .collect();
        matched.push(format!("key: {{{}}}", key.join(", ")));
    }
    vec![
        ("match", Some(format!("{{{}}}", matched.join(", ")))),
        ("from", silence.from.clone()),
        ("until", Some(silence.until.clone())),
        ("daily", silence.daily.clone()),
        ("timezone", silence.timezone.clone()),
        ("reason", Some("maintenance".to_owned())),
    ]
}

fn seconds(seconds: Option<u64>) -> Option<String> {
    seconds.map(|seconds| format!("{seconds}s"))
}

fn patterns(on: &[String]) -> Option<String> {
    let on: Vec<String> = on.iter().map(|pattern| quoted(pattern)).collect();
    (!on.is_empty()).then(|| format!("[{}]", on.join(", ")))
}

fn named(by: &[(String, String)]) -> Option<String> {
    let entry = |(name, text): &(String, String)| format!("{{{}: {}}}", quoted(name), quoted(text));
    let by: Vec<String> = by.iter().map(entry).collect();
    (!by.is_empty()).then(|| format!("[{}]", by.join(", ")))
}

fn quoted(text: &str) -> String {
    format!("'{}'", text.replace('\'', "''"))
}
