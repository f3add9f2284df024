//! `tripline run --state`: runs that go on where the last one ended.
#![allow(clippy::unwrap_used)]

mod support;

use std::collections::BTreeSet;

use serde_json::Value;
use support::{Folder, plant, rows};

/// Alerts without what names the line of an event, which differs as the files do.
fn alerts(text: &str) -> Vec<Value> {
    let mut rows = rows(text);
    for row in &mut rows {
        row.as_object_mut().unwrap().remove("source");
    }
    rows
}

/// What a run over one file told.
#[derive(Debug, PartialEq)]
struct Told {
    alerts: Vec<Value>,
    trace: String,
    aggregates: String,
}

/// Runs over lines, going on from the state file if one is named.
fn run(folder: &Folder, state: Option<&str>, lines: &[String]) -> Told {
    folder.write("part.ndjson", lines.concat());
    let mut arguments = vec![
        "run",
        "--quiet",
        "--events",
        "part.ndjson",
        "--trace",
        "trace.ndjson",
        "--aggregates",
        "rows.ndjson",
    ];
    if let Some(state) = state {
        arguments.extend(["--state", state]);
    }
    let outcome = folder.run(&arguments).expect(0);
    Told {
        alerts: alerts(&outcome.stdout),
        trace: folder.read("trace.ndjson"),
        aggregates: folder.read("rows.ndjson"),
    }
}

/// Fails unless the runs over the parts, one after the other, told what the run over the whole did.
#[track_caller]
fn assert_same(whole: &Told, parts: Vec<Told>, what: &str) {
    let mut joined = Told {
        alerts: Vec::new(),
        trace: String::new(),
        aggregates: String::new(),
    };
    for part in parts {
        joined.alerts.extend(part.alerts);
        joined.trace.push_str(&part.trace);
        joined.aggregates = part.aggregates;
    }
    for (at, (found, wanted)) in joined.alerts.iter().zip(&whole.alerts).enumerate() {
        assert_eq!(found, wanted, "{what}: alert {at}");
    }
    assert_eq!(joined.alerts.len(), whole.alerts.len(), "{what}");
    for (found, wanted) in joined.trace.lines().zip(whole.trace.lines()) {
        assert_eq!(found, wanted, "{what}");
    }
    assert_eq!(joined, *whole, "{what}");
}

#[test]
fn the_plant_makes_every_alert_speak() {
    let (folder, lines) = plant::folder(400);
    let whole = run(&folder, None, &lines);
    let spoken: BTreeSet<_> = whole
        .alerts
        .iter()
        .map(|alert| {
            (
                alert["alert"].as_str().unwrap(),
                alert["status"].as_str().unwrap(),
            )
        })
        .collect();
    let names: BTreeSet<_> = spoken.iter().map(|(name, _)| *name).collect();
    assert_eq!(names.len(), 15, "{names:?}");
    // Three of them are per event, and never resolve.
    assert_eq!(spoken.len(), 27, "{spoken:?}");
    for alert in ["burst", "steady", "all-silent", "night", "shadow", "quiet"] {
        let repeats = |row: &&Value| row["alert"] == alert && row["repeat"].is_u64();
        assert!(whole.alerts.iter().any(|row| repeats(&row)), "{alert}");
    }
    for reason in ["\"silenced\"", "\"cooldown\"", "\"forgotten\"", "\"held\""] {
        assert!(whole.trace.contains(reason), "{reason}");
    }
}

#[test]
fn a_run_cut_in_two_tells_what_one_run_tells() {
    let (folder, lines) = plant::folder(400);
    let whole = run(&folder, None, &lines);
    for cut in (0..=lines.len()).step_by(16) {
        let state = format!("{cut}.db");
        let (first, second) = lines.split_at(cut);
        let parts = vec![
            run(&folder, Some(&state), first),
            run(&folder, Some(&state), second),
        ];
        assert_same(&whole, parts, &format!("cut after {cut}"));
    }
}

#[test]
fn a_run_for_each_event_tells_what_one_run_tells() {
    let (folder, lines) = plant::folder(150);
    let whole = run(&folder, None, &lines);
    let parts = lines.chunks(1).map(|line| run(&folder, Some("s.db"), line));
    assert_same(&whole, parts.collect(), "a run for each");
}
