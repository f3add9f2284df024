//! *Try it*: rules and a handful of events that touch neither files nor store.

use serde::Deserialize;
use serde_json::{Value, json};
use tripline_engine::{
    Advance, Alert, MemoryStore, Output, Plan, Planner, Program, RawFile, Reason, Source, Status,
    Time, check, step,
};

use super::{Answer, Unanswered, try_test};
use crate::dev::rules::told;

/// The longest rules that are tried, in bytes.
const MOST_RULES: usize = 1 << 20;
/// How many events are tried at most.
const MOST_EVENTS: usize = 2_000;
/// How much of an event is shown.
const SHOWN: usize = 300;

/// What is tried.
#[derive(Debug, Deserialize)]
pub(in crate::dev) struct Tried {
    /// A rule file.
    rules: String,
    /// JSON lines.
    events: String,
}

/// What these rules say to these events; settings are those of the rules that run.
pub(in crate::dev) fn try_it(tried: &Tried, settings: Option<RawFile>) -> Answer {
    if tried.rules.len() > MOST_RULES {
        let reason = format!("the rules are longer than {MOST_RULES} bytes: try a part of them");
        return Err(Unanswered::Wrong(reason));
    }
    let lines = tried
        .events
        .lines()
        .map(str::trim)
        .filter(|line| !line.is_empty());
    let lines: Vec<&str> = lines.collect();
    if lines.len() > MOST_EVENTS {
        let reason = format!("these are more than {MOST_EVENTS} events: try some of them");
        return Err(Unanswered::Wrong(reason));
    }
    let rules = RawFile {
        name: "rules.yaml".to_owned(),
        bytes: tried.rules.clone().into_bytes(),
        settings: false,
    };
    let checked = check([Some(rules), settings].into_iter().flatten().collect());
    let diagnostics = told(&checked.files, &checked.diagnostics);
    let Some(program) = &checked.program else {
        return Ok(json!({"diagnostics": diagnostics, "timeline": [], "test": null}));
    };
    let timeline = run(program, &lines);
    let entries = timeline.iter().map(|(at, entry)| {
        let mut entry = entry.clone();
        entry["at"] = at.map(|at| at.to_string()).into();
        entry
    });
    let end = timeline.iter().filter_map(|(at, _)| *at).max();
    Ok(json!({
        "diagnostics": diagnostics,
        "timeline": entries.collect::<Vec<_>>(),
        "test": try_test::test(program, &lines, end),
    }))
}

type Entry = (Option<Time>, Value);

fn run(program: &Program, lines: &[&str]) -> Vec<Entry> {
    let mut store = MemoryStore::new();
    let mut planner = Planner::new(program);
    let mut timeline: Vec<Entry> = Vec::new();
    let advance = Advance {
        trace: true,
        ..Advance::default()
    };
    for (line, number) in lines.iter().zip(1..) {
        let source = || Source::File {
            file: "events",
            line: number,
        };
        let shown = shown(line);
        let event = match program.decode(line.as_bytes(), source()) {
            Ok(event) => event,
            Err(rejection) => {
                let text = format!("line {number} is no event: {}", rejection.reason);
                timeline.push((None, json!({"kind": "rejected", "text": text})));
                continue;
            }
        };
        let time = event.time();
        let mut plan = Plan::default();
        planner.add_event(&mut plan, event);
        let Ok(output) = step(program, &mut store, &mut plan, advance);
        // Timers that ran before the event stand before it.
        let (before, after) = split(output, time);
        timeline.extend(before);
        timeline.push((Some(time), json!({"kind": "event", "text": shown})));
        timeline.extend(after);
    }
    let rest = Advance {
        until_end: true,
        ..advance
    };
    let Ok(output) = step(program, &mut store, &mut Plan::default(), rest);
    let (before, after) = split(output, Time::MAX);
    timeline.extend(before);
    timeline.extend(after);
    timeline
}

/// What a step told, that which was before a time and the rest.
fn split(output: Output, time: Time) -> (Vec<Entry>, Vec<Entry>) {
    let withheld = output.trace.iter().filter_map(|line| {
        let text = match line.reason {
            Reason::Cooldown => "withheld by `cooldown`".to_owned(),
            Reason::Silenced => {
                let silence = line.silence.as_deref().unwrap_or_default();
                format!("covered by the silence `{silence}`")
            }
            _ => return None,
        };
        let key = line.key.clone().map(super::object);
        let entry = json!({"kind": "suppressed", "alert": line.alert, "key": key, "text": text});
        Some((line.at, entry))
    });
    let sent = output.alerts.iter().map(|alert| (alert.at, sent(alert)));
    let mut all: Vec<(Time, Value)> = sent.chain(withheld).collect();
    all.sort_by_key(|(at, _)| *at);
    let timed = |(at, entry)| (Some(at), entry);
    let (before, after): (Vec<_>, Vec<_>) = all.into_iter().partition(|(at, _)| *at < time);
    let (before, after) = (before.into_iter().map(timed), after.into_iter().map(timed));
    (before.collect(), after.collect())
}

fn sent(alert: &Alert) -> Value {
    let kind = match (alert.status, alert.repeat) {
        (Status::Resolved, _) => "resolved",
        (Status::Firing, Some(_)) => "update",
        (Status::Firing, None) => "firing",
    };
    let reason = alert.reason.map(|reason| format!("({reason}) "));
    let shadow = if alert.shadow { "(shadow) " } else { "" };
    let summary = alert.summary.as_deref().unwrap_or_default();
    json!({
        "kind": kind,
        "alert": alert.alert,
        "key": alert.key.clone().map(super::object),
        "severity": alert.severity,
        "text": format!("{shadow}{}{summary}", reason.unwrap_or_default()),
    })
}

/// The beginning of a line.
fn shown(line: &str) -> String {
    match line.char_indices().nth(SHOWN) {
        Some((end, _)) => format!("{}…", &line[..end]),
        None => line.to_owned(),
    }
}
