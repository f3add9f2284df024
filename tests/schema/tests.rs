//! The schema of test files takes what the checker takes, and refuses what it refuses.

use std::collections::BTreeSet;

use serde_json::Value;
use tripline_engine::{CheckedTests, Program, RawFile, check, check_tests};

use super::{file, read, root, tree};

const RULES: &str = "\
alerts:
  hot: {on: reading, when: count(data.t > 30) over 5m > 2, by: room}
aggregates:
  hourly: {on: reading, by: room, per: 1h, compute: {n: count()}}
";

fn program() -> Program {
    check(vec![file("rules", RULES)]).program.unwrap()
}

fn checked(program: &Program, text: &str) -> CheckedTests {
    let file = RawFile {
        name: "rules/a.test.yaml".to_owned(),
        settings: false,
        bytes: text.into(),
    };
    check_tests(vec![file], program, &|_, _| Ok(Vec::new()))
}

#[test]
fn test_files_are_valid() {
    let validator = jsonschema::draft202012::new(&read("tests")).unwrap();
    let valid = |origin: &str, text: &str| {
        let json = tree::json(text);
        let errors: Vec<String> = validator
            .iter_errors(&json)
            .map(|error| format!("{}: {error}", error.instance_path()))
            .collect();
        assert!(errors.is_empty(), "{origin}: {errors:#?}");
    };
    let mut count = 0;
    for entry in std::fs::read_dir(root().join("rules")).unwrap() {
        let path = entry.unwrap().path();
        let name = path.display().to_string();
        if name.ends_with(".test.yaml") {
            valid(&name, &std::fs::read_to_string(&path).unwrap());
            count += 1;
        }
    }
    assert!(count >= 3);
    // Every key, and every way to write it.
    let whole = r#"
tests:
  - name: all keys
    start: 2026-01-05 08:00
    until: 1h
    events:
      - {at: 0s, eventType: reading, room: a, data: {t: 31}}
      - {at: 0, every: 20s, times: 3, random: 7, each: {room: [a, b], data.t: [31]}, eventType: reading}
      - {at: 1m20s, arrives: 5m, event: {eventType: reading, times: 3}}
      - {file: day.ndjson}
    expect:
      - {alert: hot, key: {room: a}, pending: 1m, fires: 0s, suppressed: 1h, resolves: never, severity: warning, values: {"count(data.t > 30) over 5m": 3}}
      - {alert: hot, key: , resolves: 10m}
    aggregates:
      - {aggregate: hourly, key: {room: a}, window: 0s, values: {n: 3, events: 3}}
  - {name: 404, events: , expect: []}
  - {name: nothing expected, expect: }
"#;
    let read = checked(&program(), whole);
    assert!(read.diagnostics.is_empty(), "{:#?}", read.diagnostics);
    valid("the whole language", whole);
}

/// An object, and a file with it, `@` standing for one of its keys with a value.
const OBJECTS: [(&str, &str); 4] = [
    ("tests", "{@}"),
    ("test", "tests: [{@}]"),
    ("expectation", "tests: [{expect: [{@}]}]"),
    ("row", "tests: [{aggregates: [{@}]}]"),
];

#[test]
fn the_keys_of_each_object_are_those_that_the_checker_takes() {
    let (schema, program) = (read("tests"), program());
    for (name, around) in OBJECTS {
        let properties = schema["$defs"][name]["properties"].as_object().unwrap();
        let keys: BTreeSet<String> = properties.keys().cloned().collect();
        let text = around.replace('@', "qqqqqqqqqqqq: 1");
        // A key that is like no other is answered with all of them.
        let found = checked(&program, &text).diagnostics;
        let unknown = found.iter().find(|one| one.id == "unknown-key").unwrap();
        let help = unknown.help.clone().unwrap();
        let (_, list) = help.split_once(" takes ").unwrap();
        let taken: BTreeSet<String> = list.split(", ").map(str::to_owned).collect();
        assert_eq!(keys, taken, "{name}");
    }
}

#[test]
fn mistakes_are_refused_where_they_stand() {
    let program = program();
    let validator = jsonschema::draft202012::new(&read("tests")).unwrap();
    for (place, text) in [
        ("", "{}"),
        ("", "test: []"),
        ("/tests", "tests: []"),
        ("/tests", "tests: {a: 1}"),
        ("/tests/0", "tests: [{expect: []}]"),
        ("/tests/0", "tests: [{name: a}]"),
        ("/tests/0", "tests: [{name: a, expect: [], alerts: []}]"),
        (
            "/tests/0/start",
            "tests: [{name: a, start: noon, expect: []}]",
        ),
        (
            "/tests/0/until",
            "tests: [{name: a, until: 5 minutes, expect: []}]",
        ),
        (
            "/tests/0/events/0",
            "tests: [{name: a, events: [reading], expect: []}]",
        ),
        (
            "/tests/0/events/0",
            "tests: [{name: a, events: [{file: a, at: 0s}], expect: []}]",
        ),
        (
            "/tests/0/events/0/at",
            "tests: [{name: a, events: [{at: soon}], expect: []}]",
        ),
        (
            "/tests/0/events/0/times",
            "tests: [{name: a, events: [{every: 1s, times: 1000000000}], expect: []}]",
        ),
        (
            "/tests/0/events/0/each/room",
            "tests: [{name: a, events: [{each: {room: a}}], expect: []}]",
        ),
        (
            "/tests/0/expect",
            "tests: [{name: a, expect: {alert: hot}}]",
        ),
        (
            "/tests/0/expect/0",
            "tests: [{name: a, expect: [{fires: 0s}]}]",
        ),
        (
            "/tests/0/expect/0",
            "tests: [{name: a, expect: [{alert: hot, fire: 0s}]}]",
        ),
        (
            "/tests/0/expect/0/resolves",
            "tests: [{name: a, expect: [{alert: hot, resolves: later}]}]",
        ),
        (
            "/tests/0/expect/0/severity",
            "tests: [{name: a, expect: [{alert: hot, severity: high}]}]",
        ),
        (
            "/tests/0/aggregates/0",
            "tests: [{name: a, aggregates: [{window: 0s}]}]",
        ),
    ] {
        let json: Value = tree::json(text);
        let places: Vec<String> = validator
            .iter_errors(&json)
            .map(|error| error.instance_path().to_string())
            .collect();
        assert!(
            places.iter().any(|found| found == place),
            "{text}: {places:?}"
        );
        let read = checked(&program, text);
        assert!(!read.diagnostics.is_empty(), "the checker takes {text}");
    }
}
