//! `tripline diff`: what a change of rules does to the alerts of some events.

#![allow(clippy::unwrap_used)]

mod support;

use std::process::Command;

use serde_json::Value;
use support::{Folder, assert_snapshot};

const OLD: &str = "\
alerts:
  hot: {on: reading, by: room, when: value > 30, until: value < 25}
  many: {on: reading, by: room, when: count() over 5m >= 3}
  gone: {on: reading, when: value > 90}
";
const NEW: &str = "\
alerts:
  hot: {on: reading, by: room, when: value > 32, until: value < 25}
  many: {on: reading, by: room, when: count() over 5m >= 3}
  cold: {on: reading, by: room, when: value < 26, severity: critical}
";

fn events() -> String {
    let readings = [
        (0, "a", 31),
        (1, "a", 33),
        (2, "a", 24),
        (3, "b", 31),
        (4, "b", 24),
        (120, "b", 20),
    ];
    let lines = readings.iter().map(|(minute, room, value)| {
        let (hour, minute) = (10 + minute / 60, minute % 60);
        format!(
            "{{\"eventType\":\"reading\",\"timestamp\":\"2026-01-05T{hour}:{minute:02}:00Z\",\"room\":\"{room}\",\"value\":{value}}}\n"
        )
    });
    lines.collect()
}

fn folder() -> Folder {
    let events = events();
    Folder::with(&[
        ("old rules/a.yaml", OLD),
        ("rules/a.yaml", NEW),
        ("rules/a.test.yaml", "no: rules"),
        ("day.ndjson", &events),
    ])
}

#[test]
fn what_is_different_is_told() {
    let folder = folder();
    let arguments = ["diff", "old rules", "rules", "--events", "day.ndjson"];
    let outcome = folder.run(&arguments).expect(1);
    let memory = |line: &&str| !line.contains("memory for them");
    let shown: Vec<&str> = outcome.stdout.lines().filter(memory).collect();
    assert_snapshot("diff-text", &(shown.join("\n") + "\n"));

    let outcome = folder
        .run(&[&arguments[..], &["--format", "markdown"]].concat())
        .expect(1);
    let shown: Vec<&str> = outcome.stdout.lines().filter(memory).collect();
    assert_snapshot("diff-markdown", &(shown.join("\n") + "\n"));

    let outcome = folder
        .run(&[&arguments[..], &["--format", "json"]].concat())
        .expect(1);
    let report: Value = serde_json::from_str(&outcome.stdout).unwrap();
    let alerts: Vec<&str> = report["alerts"]
        .as_array()
        .unwrap()
        .iter()
        .map(|one| one["alert"].as_str().unwrap())
        .collect();
    assert_eq!(alerts, ["cold", "gone", "hot"]);
    assert_eq!(
        report["alerts"][2]["moved"][0]["new"]["fires"],
        "2026-01-05T10:01:00.000Z"
    );
    assert_eq!(report["alerts"][2]["lost"].as_array().unwrap().len(), 1);
    assert_eq!(report["old"]["events"], 6);
}

#[test]
fn the_same_rules_give_the_same() {
    let arguments = ["diff", "rules", "rules", "--events", "day.ndjson"];
    let outcome = folder().run(&arguments).expect(0);
    assert!(
        outcome
            .stdout
            .starts_with("the same alerts at the same times"),
        "{}",
        outcome.stdout
    );
}

#[test]
fn revisions_are_read_from_git() {
    let folder = folder();
    let git = |arguments: &[&str]| {
        let status = Command::new("git")
            .current_dir(folder.path("."))
            .args(["-c", "user.name=a", "-c", "user.email=a@example.com"])
            .args(arguments)
            .output()
            .unwrap();
        assert!(status.status.success(), "{status:?}");
    };
    folder.write("rules/a.yaml", OLD);
    git(&["init", "-q"]);
    git(&["add", "rules"]);
    git(&["commit", "-q", "-m", "rules"]);
    folder.write("rules/a.yaml", NEW);
    let arguments = [
        "diff",
        "git:HEAD",
        "rules",
        "--events",
        "day.ndjson",
        "--format",
        "json",
    ];
    let outcome = folder.run(&arguments).expect(1);
    let report: Value = serde_json::from_str(&outcome.stdout).unwrap();
    assert_eq!(report["alerts"].as_array().unwrap().len(), 3);

    for (old, why) in [
        ("git:none", "no revision `none`"),
        ("nowhere", "cannot read the rules"),
    ] {
        let outcome = folder
            .run(&["diff", old, "rules", "--events", "day.ndjson"])
            .expect(2);
        assert!(outcome.stderr.contains(why), "{}", outcome.stderr);
    }
    let outcome = folder
        .run(&["diff", "git:HEAD", "rules", "--events", "-"])
        .expect(2);
    assert!(outcome.stderr.contains("read twice"), "{}", outcome.stderr);
    folder.write("rules/a.yaml", "alerts: {x: {when: 1 +}}");
    let outcome = folder.run(&arguments).expect(1);
    assert!(
        outcome.stderr.contains("nothing was compared"),
        "{}",
        outcome.stderr
    );
}
