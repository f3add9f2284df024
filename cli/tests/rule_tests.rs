//! `tripline test`: tests on a timeline, what a failure shows, and what mistakes in test files get.

#![allow(clippy::unwrap_used)]

mod support;

use support::{Folder, assert_snapshot, shipped};

const RULES: &str = "\
alerts:
  guessing:
    on: login
    by: user
    when: count(ok == false) over 5m >= 5
    severity: critical
    cooldown: 1h
  hot: {on: reading, by: room, when: value > 30, for: 2m, until: value < 25}
aggregates:
  hourly: {on: login, by: user, per: 1h, compute: {logins: count()}}
";

fn folder(tests: &str) -> Folder {
    Folder::with(&[("rules/a.yaml", RULES), ("rules/a.test.yaml", tests)])
}

#[test]
fn the_shipped_rules_are_tested_in_any_batches() {
    let rules = shipped("rules");
    let outcome = Folder::new()
        .run(&["test", "--rules", &rules, "--chaos"])
        .expect(0);
    assert_eq!(outcome.stdout, "");
    assert!(outcome.stderr.contains("passed"), "{}", outcome.stderr);
    // Each of them is named by a test.
    let names = |text: &str| -> Vec<String> {
        let lines = text
            .lines()
            .filter(|line| line.starts_with("  ") && !line.starts_with("   "));
        let lines = lines.map(|line| line.split('#').next().unwrap_or_default());
        let names = lines.filter_map(|line| line.trim().strip_suffix(':').map(str::to_owned));
        names.collect()
    };
    let (mut alerts, mut tests) = (Vec::new(), String::new());
    for entry in std::fs::read_dir(&rules).unwrap() {
        let path = entry.unwrap().path();
        let Ok(text) = std::fs::read_to_string(&path) else {
            continue;
        };
        match path.to_str().unwrap().ends_with(".test.yaml") {
            true => tests += &text,
            false => {
                let alerts_of = text.split("alerts:\n").nth(1).unwrap_or_default();
                alerts.extend(names(
                    alerts_of.split("\nsilences:").next().unwrap_or_default(),
                ));
            }
        }
    }
    assert!(alerts.len() >= 13, "{alerts:?}");
    for alert in alerts {
        assert!(
            tests.contains(&format!("alert: {alert}")),
            "no test names {alert}"
        );
    }
}

#[test]
fn what_holds_passes() {
    let outcome = folder(
        "\
tests:
  - name: five failures
    events:
      - {at: 0s, every: 20s, times: 6, eventType: login, user: alice, ok: false}
      - {at: 2h, every: 1s, times: 5, each: {user: [bob, carol]}, eventType: login, ok: false}
    expect:
      - {alert: guessing, key: {user: alice}, fires: 1m20s, severity: critical, resolves: 5m25s, values: {count(ok == false) over 5m: 5.0}}
      - {alert: guessing, key: {user: bob}, fires: 2h4s, resolves: never}
      - {alert: guessing, key: {user: carol}}
    aggregates:
      - {aggregate: hourly, key: {user: alice}, window: 0s, values: {logins: 6}}
  - name: once an hour
    start: 2026-03-01
    events:
      - {at: 0s, every: 20s, times: 5, eventType: login, user: alice, ok: false}
      - {at: 20m, every: 20s, times: 5, eventType: login, user: alice, ok: false}
    expect:
      - {alert: guessing, fires: 1m20s, suppressed: 21m20s}
  - name: for two minutes, whatever the order and the form
    events:
      - {at: 3m, event: {eventType: reading, room: a, value: 40}}
      - {at: 0s, eventType: reading, room: a, value: 31}
      - {at: 10m, eventType: reading, room: a, value: 24}
    expect: [{alert: hot, pending: 0s, fires: 2m, resolves: 10m}]
  - name: drawn from a seed
    events: [{at: 0s, every: 1m, times: 50, random: 7, each: {room: [a, b]}, eventType: reading, value: 20}]
    expect: []
",
    )
    .run(&["test"])
    .expect(0);
    assert_eq!(outcome.stderr, "✓ 4 tests in 1 file passed\n");
}

#[test]
fn what_does_not_hold_is_shown() {
    let outcome = folder(
        "\
tests:
  - name: one failure too few
    events: [{at: 0s, every: 20s, times: 4, eventType: login, user: alice, ok: false}]
    expect: [{alert: guessing, key: {user: alice}, fires: 1m20s, severity: critical}]
  - name: it fires, and later
    events: [{at: 0s, every: 1m, times: 5, eventType: login, user: alice, ok: false}]
    expect: [{alert: guessing, fires: 3m, severity: info, resolves: never}]
    aggregates: [{aggregate: hourly, values: {logins: 4, events: 5}}, {aggregate: hourly, key: {user: bob}}]
  - name: nobody expects it
    events: [{at: 0s, every: 1m, times: 8, eventType: login, user: \"\\e[31malice\", ok: false}]
    expect: []
  - name: it does not resolve
    events: [{at: 0s, every: 1m, times: 3, eventType: reading, room: a, value: 31}]
    expect: [{alert: hot, pending: 1m, fires: 2m, resolves: 5m}]
  - name: no such type
    events: [{at: 0s, eventType: logon, user: alice}]
    expect: []
",
    )
    .run(&["test", "--junit", "report.xml"])
    .expect(1);
    assert!(!outcome.stdout.contains('\u{1b}'));
    assert_snapshot(
        "test-failures",
        &format!("{}---\n{}", outcome.stdout, outcome.stderr),
    );
}

#[test]
fn a_report_for_ci() {
    let folder = folder(
        "tests:\n  - {name: \"a < b\", events: [{at: 0s, eventType: reading, room: a, value: 1}], expect: []}\n  \
         - {name: fails, events: [{at: 0s, eventType: reading, room: a, value: 1}], expect: [{alert: hot}]}\n",
    );
    folder.run(&["test", "--junit", "report.xml"]).expect(1);
    let report = folder.read("report.xml");
    assert!(
        report.contains("<testsuites tests=\"2\" failures=\"1\" errors=\"0\">"),
        "{report}"
    );
    assert!(report.contains("<testcase name=\"a &lt; b\"") && report.contains("line=\"2\"/>"));
    assert!(report.contains("<failure message=\"the test fails\">"));
    folder.run(&["test", "--filter", "a <"]).expect(0);
    folder.run(&["test", "--filter", "no such"]).expect(2);
    folder
        .run(&["test", "--junit", "no/such/folder.xml"])
        .expect(2);
}

#[test]
fn events_of_a_file() {
    let tests = "\
tests:
  - name: as they were recorded
    start: 2026-01-05T10:00:00Z
    events: [{file: a day.ndjson}]
    expect: [{alert: hot, pending: 1m}]
";
    let line = "{\"eventType\":\"reading\",\"timestamp\":\"2026-01-05T10:01:00Z\",\"room\":\"a\",\"value\":31}\n";
    let folder = folder(tests);
    folder.write("rules/a day.ndjson", line);
    folder.run(&["test"]).expect(0);
    folder.write("rules/a day.ndjson", format!("{line}\nno event\n"));
    let outcome = folder.run(&["test"]).expect(1);
    assert!(
        outcome
            .stdout
            .contains("line 3 of `a day.ndjson` is no event"),
        "{}",
        outcome.stdout
    );
}

#[test]
fn mistakes_in_test_files_are_shown_where_they_stand() {
    let outcome = folder(
        "\
tests:
  - name: many
    events: [{at: 0s, every: 1s, times: 1000000000000, each: {user: [a, b]}, eventType: login}]
    expect: [{alert: gessing, fires: 1m20}]
  - name: many
    events: {at: 0s}
    expct: []
  - events: [{times: 3, at: -5s}, {each: {user: x}}, {file: none.ndjson}]
    expect: [{fires: 1m}, {alert: hot, severity: bad, resolves: soon}]
    aggregates: [{aggregate: houry}, {}]
  - {name: silent, start: noon}
  - 7
",
    )
    .run(&["test"])
    .expect(1);
    assert_snapshot(
        "test-mistakes",
        &format!("{}---\n{}", outcome.stdout, outcome.stderr),
    );
}

#[test]
fn files_that_are_no_tests() {
    for text in [
        "",
        "tests: []",
        "tests:",
        "test: []",
        "- a",
        "tests: {a: b}",
        "\u{feff}tests: 1",
        "tests: [",
        "a\r\nb",
    ] {
        folder(text).run(&["test"]).expect(1);
    }
    let folder = Folder::with(&[("rules/a.yaml", RULES)]);
    let outcome = folder.run(&["test"]).expect(2);
    assert!(
        outcome.stderr.contains("there are no tests in rules"),
        "{}",
        outcome.stderr
    );
    folder.write("rules/a.test.yaml", [0xFF, 0xFE, b'a']);
    folder.run(&["test"]).expect(1);
    // Rules that do not compile are shown first.
    folder.write("rules/b.yaml", "alerts: {x: {when: 1 +}}");
    folder.run(&["test"]).expect(1);
}

#[test]
fn what_says_most_chooses_first() {
    let events =
        "{at: 0s, every: 1s, times: 5, each: {user: [alice, bob]}, eventType: login, ok: false}";
    let tests = format!(
        "tests:\n  - name: both\n    events: [{events}]\n    expect: [{{alert: guessing}}, {{alert: guessing, key: {{user: alice}}}}]\n"
    );
    folder(&tests).run(&["test"]).expect(0);
}

#[test]
fn no_number_of_events_is_too_large_to_be_counted() {
    let each: String = (0..70).map(|at| format!("f{at}: [1, 2], ")).collect();
    let tests = format!("tests:\n  - {{name: many, events: [{{each: {{{each}}}}}], expect: []}}\n");
    let folder = folder(&tests);
    let outcome = folder.run(&["test", "--junit", "report.xml"]).expect(1);
    assert!(outcome.stdout.contains("E1903"), "{}", outcome.stdout);
    let report = folder.read("report.xml");
    assert!(report.contains("failures=\"0\" errors=\"1\""), "{report}");
}

#[test]
fn a_recorded_file_takes_nothing_beside_it() {
    let folder = folder(
        "tests:\n  - {name: recorded, events: [{file: e.ndjson, times: 7}, {file: .}], expect: []}\n",
    );
    folder.write("rules/e.ndjson", "");
    let outcome = folder.run(&["test"]).expect(1);
    assert!(
        outcome.stdout.contains("has no key `times`"),
        "{}",
        outcome.stdout
    );
    assert!(
        outcome.stdout.contains("it is no file"),
        "{}",
        outcome.stdout
    );
}

#[test]
fn names_that_a_rule_lacks_are_mistakes() {
    let event = "{at: 5m, eventType: login, user: alice, ok: false}";
    let tests = format!(
        "tests:\n  - name: names\n    until: 1m\n    events: [{event}]\n    \
         expect: [{{alert: guessing, key: {{usr: alice}}, values: {{count(ok==false) over 5m: 5}}}}]\n    \
         aggregates: [{{aggregate: hourly, key: {{room: a}}, values: {{login: 1}}}}]\n"
    );
    let outcome = folder(&tests).run(&["test"]).expect(1);
    for said in [
        "did you mean `user`?",
        "did you mean `count(ok == false) over 5m`?",
        "no key `room`",
        "did you mean `logins`?",
        "ends before its last event",
    ] {
        assert!(outcome.stdout.contains(said), "{said}: {}", outcome.stdout);
    }
}

#[cfg(unix)]
#[test]
fn pipes_are_not_waited_for() {
    let folder = folder("tests:\n  - {name: piped, events: [{file: pipe.ndjson}], expect: []}\n");
    for name in ["rules/pipe.ndjson", "rules/pipe.test.yaml"] {
        let made = std::process::Command::new("mkfifo")
            .arg(folder.path(name))
            .status()
            .unwrap();
        assert!(made.success());
        let outcome = folder.run(&["test"]);
        assert!(
            outcome.stdout.contains("it is no file") || outcome.stderr.contains("it is no file")
        );
    }
}

#[test]
fn what_no_test_exercises_is_told() {
    let folder = folder(
        "tests:
  - name: five failures
    events:
      - {at: 0s, every: 10s, times: 5, eventType: login, user: alice, ok: false}
    expect:
      - {alert: guessing, key: {user: alice}, fires: 40s}
",
    );
    let outcome = folder.run(&["test", "--coverage", "--coverage-output", "c.info"]);
    assert_snapshot("coverage", &outcome.expect(0).stdout);
    assert_snapshot("coverage_lcov", &folder.read("c.info"));
    let least = folder.run(&["test", "--min-coverage", "90%"]).expect(1);
    assert!(
        least.stderr.contains("90 % are asked for"),
        "{}",
        least.stderr
    );
    folder.run(&["test", "--min-coverage", "10"]).expect(0);
    folder
        .run(&["test", "--coverage-output", "c.json"])
        .expect(0);
    let json: serde_json::Value = serde_json::from_str(&folder.read("c.json")).unwrap();
    let rules = json["rules"].as_array().unwrap();
    let names: Vec<&str> = rules
        .iter()
        .map(|rule| rule["name"].as_str().unwrap())
        .collect();
    assert_eq!(names, ["guessing", "hot", "hourly"]);
    assert_eq!(rules[0]["clauses"][0]["line"], 5);
    let refused = folder
        .run(&["test", "--coverage-output", "c.txt"])
        .expect(2);
    assert!(refused.stderr.contains("`.info`"), "{}", refused.stderr);
}

#[test]
fn a_slip_in_the_keys_of_an_event_is_warned_of() {
    let test = |event: &str| {
        format!(
            "tests:\n  - {{name: slip, events: [{{eventType: reading, room: a, value: 1, {event}}}], expect: []}}\n"
        )
    };
    for (event, meant) in [
        ("evry: 20s", Some("every")),
        ("arives: 5m", Some("arrives")),
        ("time: 3", Some("times")),
        ("ranom: 7", Some("random")),
        ("eech: {user: [a]}", Some("each")),
        ("evnt: {a: 1}", Some("event")),
        ("aat: 1m", Some("at")),
        // What cannot be meant so, and what a rule names.
        ("evry: often", None),
        ("time: 1767614400000", None),
        ("file_name: a.txt", None),
        ("ok: false", None),
        ("id: 7", None),
    ] {
        let outcome = folder(&test(event)).run(&["test"]).expect(0);
        let said = meant.map_or_else(String::new, |meant| format!("did you mean `{meant}`?"));
        assert_eq!(
            outcome.stdout.is_empty(),
            meant.is_none(),
            "{event}: {}",
            outcome.stdout
        );
        assert!(
            outcome.stdout.contains(&said),
            "{event}: {}",
            outcome.stdout
        );
    }
    // Within `event` all is the event's own; beside it nothing would be.
    let held = |beside: &str| {
        format!(
            "tests:\n  - {{name: held, events: [{{{beside}event: {{evry: 20s, eventType: reading, room: a}}}}], expect: []}}\n"
        )
    };
    let quiet = folder(&held("at: 1m, ")).run(&["test"]).expect(0);
    assert_eq!(quiet.stdout, "");
    let lost = folder(&held("value: 31, ")).run(&["test"]).expect(1).stdout;
    assert!(
        lost.contains("an entry with `event` has no key `value`"),
        "{lost}"
    );
    let rules = RULES.replace("value > 30", "evry == 7");
    let folder = Folder::with(&[
        ("rules/a.yaml", &rules),
        ("rules/a.test.yaml", &test("evry: 20s")),
    ]);
    assert_eq!(folder.run(&["test"]).expect(0).stdout, "");
}
