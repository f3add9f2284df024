//! `tripline run --state` with rules that were edited since the last run.
#![allow(clippy::unwrap_used)]

mod support;

use serde_json::Value;
use support::{Folder, rows};

const RULES: &str = "\
alerts:
  busy: {on: reading, by: room, when: count() over 1h >= 2, severity: critical, runbook: https://wiki.example/busy, labels: {team: rooms}}
  hot: {on: reading, by: {place: room}, when: value > 30, until: value < 20, for: 1m, repeat: 2h}
  listed: {on: reading, by: room, when: count(room in rooms) over 1h >= 2}
  warm: {on: reading, by: room, when: value > 20, cooldown: 1h}
aggregates:
  by-room: {on: reading, by: room, per: 1h, compute: {n: count()}}
  top: {on: reading, per: 1h, compute: {top: max(value)}}
lists:
  rooms: [a, b]
  others: [c]
";

fn reading(minute: u32, room: &str, value: u32) -> String {
    format!(
        "{{\"id\":\"{minute}{room}\",\"eventType\":\"reading\",\"timestamp\":\"2026-01-05T08:{minute:02}:00Z\",\"room\":\"{room}\",\"value\":{value}}}\n"
    )
}

/// Readings after which every alert fires for the room `a`.
fn before() -> String {
    reading(0, "a", 31) + &reading(1, "a", 32) + &reading(2, "a", 33)
}

/// Readings that change nothing of what fires for `a`, and start episodes of `b`.
fn after() -> String {
    reading(10, "a", 34) + &reading(11, "b", 5) + &reading(12, "b", 5)
}

/// The messages of a second run with these rules, in brief, and its aggregate rows.
fn edited(rules: &str) -> (Vec<Value>, Vec<String>, String) {
    let folder = Folder::with(&[("rules/a.yaml", RULES)]);
    folder.write("1.ndjson", before());
    folder.write("2.ndjson", after());
    let first = ["run", "--events", "1.ndjson", "--state", "s.db"];
    let told = folder.run(&first).expect(0).alerts();
    let wanted = [
        "warm firing 1",
        "busy firing 2",
        "listed firing 2",
        "hot firing 2",
    ];
    let mut wanted = wanted.map(str::to_owned);
    let mut found = told.clone();
    wanted.sort();
    found.sort();
    assert_eq!(found, wanted);
    folder.write("rules/a.yaml", rules);
    let second = [
        "run",
        "--events",
        "2.ndjson",
        "--state",
        "s.db",
        "--aggregates",
        "rows.ndjson",
    ];
    let outcome = folder.run(&second).expect(0);
    let brief = outcome.rows().iter().map(brief).collect();
    (outcome.rows(), brief, folder.read("rows.ndjson"))
}

/// `busy resolved a rule-changed`.
fn brief(row: &Value) -> String {
    let key: Vec<&str> = row["key"]
        .as_object()
        .map(|key| key.values().filter_map(Value::as_str).collect())
        .unwrap_or_default();
    let text = |field: &str| row[field].as_str().unwrap_or("-").to_owned();
    format!(
        "{} {} {} {}",
        text("alert"),
        text("status"),
        key.join(","),
        text("reason")
    )
}

/// What the second run tells with the rules as they were.
const UNCHANGED: [&str; 2] = ["busy firing b -", "listed firing b -"];

#[test]
fn rules_as_they_were_go_on() {
    let (_, told, aggregates) = edited(RULES);
    assert_eq!(told, UNCHANGED);
    let counts: Vec<_> = rows(&aggregates)
        .iter()
        .map(|row| row["values"].to_string())
        .collect();
    assert_eq!(counts, ["{\"n\":4}", "{\"n\":2}", "{\"top\":34}"]);
}

#[test]
fn an_edited_condition_starts_that_alert_anew_and_no_other() {
    for (from, to) in [
        ("count() over 1h >= 2, sev", "count() over 1h >= 3, sev"),
        ("busy: {on: reading,", "busy: {on: [reading, other],"),
        (
            "count() over 1h >= 2, sev",
            "count() over 2h >= 2, for: 1h, sev",
        ),
        (
            "count() over 1h >= 2, sev",
            "count() over 1h >= 2, until: value > 1000, sev",
        ),
        (
            "busy: {on: reading, by: room",
            "busy: {on: reading, by: {r: room}",
        ),
        (
            "busy: {on: reading, by: room",
            "busy: {on: reading, by: [room, kind]",
        ),
    ] {
        let rules = RULES.replace(from, to);
        assert_ne!(rules, RULES);
        let (messages, told, aggregates) = edited(&rules);
        assert_eq!(told[0], "busy resolved a rule-changed", "{to}");
        let rest: Vec<_> = told[1..]
            .iter()
            .filter(|one| !one.starts_with("busy"))
            .collect();
        assert_eq!(rest, ["listed firing b -"], "{to}: {told:?}");
        assert_eq!(aggregates.lines().count(), 3);
        let ended = &messages[0];
        assert_eq!(ended["at"], "2026-01-05T08:02:00.000Z");
        assert_eq!(ended["since"], "2026-01-05T08:01:00.000Z");
        assert_eq!(ended["severity"], "critical");
        assert_eq!(ended["key"].to_string(), "{\"room\":\"a\"}");
        assert_eq!(ended["runbook"], "https://wiki.example/busy");
        assert_eq!(ended["labels"]["team"], "rooms");
        assert!(ended.get("source").is_none(), "{ended}");
    }
}

#[test]
fn the_end_of_an_edited_alert_names_the_episode_that_was_told() {
    let folder = Folder::with(&[("rules/a.yaml", RULES)]);
    folder.write("1.ndjson", before());
    let first = folder
        .run(&["run", "--events", "1.ndjson", "--state", "s.db"])
        .expect(0)
        .rows();
    folder.write("rules/a.yaml", RULES.replace(">= 2, sev", ">= 3, sev"));
    folder.write("none.ndjson", "");
    let second = folder
        .run(&["run", "--events", "none.ndjson", "--state", "s.db"])
        .expect(0)
        .rows();
    let fired = first.iter().find(|row| row["alert"] == "busy").unwrap();
    assert_eq!(second.len(), 1);
    assert_eq!(second[0]["id"], fired["id"]);
    assert_ne!(second[0]["notification"], fired["notification"]);
    // It is told once.
    let third = ["run", "--events", "none.ndjson", "--state", "s.db"];
    assert_eq!(folder.run(&third).expect(0).stdout, "");
}

#[test]
fn what_only_words_a_message_keeps_the_state() {
    for (from, to) in [
        ("severity: critical", "severity: info"),
        (
            "severity: critical",
            "severity: critical, summary: 'busy {room} {count() over 1h}'",
        ),
        ("labels: {team: rooms}", "labels: {team: others, more: x}"),
        (
            "runbook: https://wiki.example/busy, ",
            "description: none, ",
        ),
        (
            "count() over 1h >= 2, sev",
            "(count( )  over 60m >= 2), sev",
        ),
        (
            "on: reading, by: room, when: count() over 1h >= 2",
            "on: [reading], by: [room], when: count() over 1h >= 2",
        ),
        (
            "on: reading, by: room, when: count() over 1h >= 2",
            "on: reading, by: room, cooldown: 1m, when: count() over 1h >= 2",
        ),
        ("others: [c]", "others: [d, e]"),
        ("rooms: [a, b]", "rooms: [b, a]"),
        (
            "alerts:\n",
            "silences:\n  s: {match: {alert: nothing}, until: 2026-02-01, reason: none}\nalerts:\n",
        ),
        (
            "alerts:\n",
            "alerts:\n  new: {on: reading, when: value > 1000}\n",
        ),
    ] {
        let rules = RULES.replace(from, to);
        assert_ne!(rules, RULES);
        let (_, told, aggregates) = edited(&rules);
        assert_eq!(told, UNCHANGED, "{to}");
        assert_eq!(aggregates.lines().count(), 3, "{to}");
    }
}

#[test]
fn a_changed_list_restarts_only_the_alerts_that_name_it() {
    let (_, told, _) = edited(&RULES.replace("rooms: [a, b]", "rooms: [a, b, c]"));
    assert_eq!(
        told,
        [
            "listed resolved a rule-changed",
            "busy firing b -",
            "listed firing b -"
        ]
    );
}

#[test]
fn what_is_gone_ends_with_rule_removed() {
    let line = RULES.lines().nth(2).unwrap();
    assert!(line.starts_with("  hot:"));
    let (messages, told, _) = edited(&RULES.replace(&format!("{line}\n"), ""));
    let rest = &UNCHANGED[..];
    assert_eq!(told, [&["hot resolved a rule-removed"], rest].concat());
    assert_eq!(messages[0]["key"].to_string(), "{\"place\":\"a\"}");

    let (_, told, _) = edited(&RULES.replace("for: 1m,", "for: 1m, enabled: false,"));
    assert_eq!(
        told,
        [&["hot resolved a rule-removed"], rest].concat(),
        "enabled: false"
    );

    let (_, told, _) = edited(&RULES.replace("  hot: {", "  heat: {"));
    let renamed = &["hot resolved a rule-removed", "heat firing a -"];
    assert_eq!(told, [&renamed[..], rest].concat(), "renamed");
}

#[test]
fn several_end_by_alert_then_key() {
    let folder = Folder::with(&[("rules/a.yaml", RULES)]);
    let rooms = ["b", "a", "c"];
    let readings = (0..6).map(|at| reading(at, rooms[at as usize % 3], 50));
    folder.write("1.ndjson", readings.collect::<String>());
    folder.write("none.ndjson", "");
    folder
        .run(&["run", "--events", "1.ndjson", "--state", "s.db"])
        .expect(0);
    folder.write(
        "rules/a.yaml",
        "alerts:\n  busy: {on: reading, when: x > 1}\n",
    );
    let outcome = folder
        .run(&["run", "--events", "none.ndjson", "--state", "s.db"])
        .expect(0);
    let told: Vec<_> = outcome.rows().iter().map(brief).collect();
    assert_eq!(
        told,
        [
            "busy resolved a rule-changed",
            "busy resolved b rule-changed",
            "busy resolved c rule-changed",
            "hot resolved a rule-removed",
            "hot resolved b rule-removed",
            "hot resolved c rule-removed",
            "listed resolved a rule-removed",
            "listed resolved b rule-removed",
        ]
    );
}

#[test]
fn the_envelope_belongs_to_every_state() {
    let folder = Folder::with(&[("rules/a.yaml", RULES)]);
    folder.write("1.ndjson", before());
    folder.write("none.ndjson", "");
    folder
        .run(&["run", "--events", "1.ndjson", "--state", "s.db"])
        .expect(0);
    for (settings, ended) in [
        ("event: {id: other, max_future: 1h}\n", 0),
        ("event: {time: when}\n", 3),
    ] {
        folder.write("rules/tripline.yaml", settings);
        let outcome = folder
            .run(&["run", "--events", "none.ndjson", "--state", "s.db"])
            .expect(0);
        assert_eq!(outcome.alerts().len(), ended, "{settings}");
    }
}

#[test]
fn an_edited_aggregate_begins_anew_and_the_others_go_on() {
    let (_, told, aggregates) = edited(&RULES.replace("{n: count()", "{n: count(value > 0)"));
    assert_eq!(told, UNCHANGED);
    let found: Vec<_> = rows(&aggregates)
        .iter()
        .map(|row| format!("{} {} {}", row["aggregate"], row["values"], row["events"]))
        .collect();
    assert_eq!(
        found,
        [
            "\"by-room\" {\"n\":1} 1",
            "\"by-room\" {\"n\":2} 2",
            "\"top\" {\"top\":34} 6"
        ]
    );
}
