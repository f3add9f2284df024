//! `tripline explain` and `tripline check --state`: what would happen, and why.

#![allow(clippy::unwrap_used)]

mod support;

use serde_json::Value;
use support::Folder;

const RULES: &str = "\
alerts:
  hot: {on: a, by: user, when: data.x > 5 and data.y is not missing}
  burst: {on: a, by: user, when: count(data.ok == false) over 5m >= 2 or avg(data.x) over 1m > 100, for: 1m}
  cold: {on: a, by: user, when: data.x < 0, until: data.x > 3}
";

const FIRST: &str =
    r#"{"eventType":"a","user":"u","timestamp":"2026-01-05T10:00:00Z","data":{"x":-1,"ok":false}}"#;
const SECOND: &str =
    r#"{"eventType":"a","user":"u","timestamp":"2026-01-05T10:01:00Z","data":{"x":7,"ok":false}}"#;

fn folder() -> Folder {
    let folder = Folder::new();
    folder.write("rules/a.yaml", RULES);
    folder
}

fn explain(folder: &Folder, alert: &str, event: &str) -> String {
    let outcome = folder.run(&["explain", alert, "--event", event]);
    outcome.expect(0).stdout
}

#[test]
fn a_condition_is_a_tree_with_the_value_of_every_part() {
    let expected = r#"hot  user="u"  at 2026-01-05T10:01:00.000Z

when
  data.x > 5 and data.y is not missing  false
  ├─ data.x > 5                         true
  │  └─ data.x                          7
  └─ data.y is not missing              false
     └─ data.y                          ? (missing or of a wrong type)

It does not fire: the condition is false.
"#;
    assert_eq!(explain(&folder(), "hot", SECOND), expected);
}

#[test]
fn windows_show_what_they_hold() {
    let expected = r#"burst  user="u"  at 2026-01-05T10:00:00.000Z

when
  count(data.ok == false) over 5m >= 2 or avg(data.x) over 1m > 100  false
  ├─ count(data.ok == false) over 5m >= 2                            false
  │  └─ count(data.ok == false) over 5m                              1
  └─ avg(data.x) over 1m > 100                                       false
     └─ avg(data.x) over 1m                                          -1.0

It does not fire: the condition is false.
"#;
    let shown = explain(&folder(), "burst", FIRST);
    let (tree, _) = shown.split_once("  looked at again at ").unwrap();
    assert_eq!(tree, expected);
}

#[test]
fn a_state_file_tells_what_came_before_and_is_only_read() {
    let folder = folder();
    folder.write("first.ndjson", FIRST);
    let run = ["run", "--events", "first.ndjson", "--state", "state.db"];
    folder.run(&run).expect(0);
    let before = std::fs::read(folder.path("state.db")).unwrap();
    let explain = |alert: &str, event: &str| {
        let outcome = folder.run(&["explain", alert, "--event", event, "--state", "state.db"]);
        outcome.expect(0).stdout
    };
    let pending = explain("burst", SECOND);
    assert!(
        pending.contains("It is pending: the condition must hold for longer.")
            && pending.contains("inactive → pending: condition true"),
        "{pending}"
    );
    let resolved = explain("cold", SECOND);
    assert!(
        resolved.contains("It resolves.") && resolved.contains("firing → inactive: until true"),
        "{resolved}"
    );
    let other = explain("cold", &SECOND.replace("\"u\"", "\"v\""));
    assert!(other.contains("`until` is true"), "{other}");
    let late = explain("burst", &SECOND.replace("10:01:00", "09:59:00"));
    assert!(late.contains("The event is late"), "{late}");
    assert_eq!(std::fs::read(folder.path("state.db")).unwrap(), before);
}

#[test]
fn what_does_not_concern_an_alert_is_said() {
    let folder = folder();
    let kind = explain(&folder, "hot", &FIRST.replace("\"a\"", "\"b\""));
    assert!(
        kind.contains("does not concern the alert: its type is `b`, and the alert takes a."),
        "{kind}"
    );
    let key = explain(&folder, "hot", &FIRST.replace("\"user\"", "\"users\""));
    assert!(key.contains("it has no value for `user` of `by`"), "{key}");
}

#[test]
fn programs_read_it_as_json() {
    let outcome = folder().run(&["explain", "cold", "--format", "json", "--event", FIRST]);
    let explanation: Value = serde_json::from_str(&outcome.expect(0).stdout).unwrap();
    assert_eq!(explanation["alert"], "cold");
    assert_eq!(explanation["stage"], "firing");
    assert_eq!(explanation["conditions"][0][0], "when");
    assert_eq!(explanation["conditions"][0][1]["value"], true);
    assert_eq!(explanation["conditions"][0][1]["parts"][0]["value"], -1);
    assert_eq!(explanation["alerts"][0]["status"], "firing");
    assert_eq!(explanation["trace"][0]["reason"], "condition true");
}

#[test]
fn wrong_usage_is_told() {
    let folder = folder();
    let unknown = folder.run(&["explain", "hott", "--event", FIRST]).expect(2);
    assert!(
        unknown.stderr.contains("did you mean `hot`?"),
        "{}",
        unknown.stderr
    );
    let no_event = folder.run(&["explain", "hot", "--event", "{"]).expect(2);
    assert!(
        no_event
            .stderr
            .contains("--event is no event: not a JSON object"),
        "{}",
        no_event.stderr
    );
    let no_file = folder
        .run(&["explain", "hot", "--event", FIRST, "--state", "none.db"])
        .expect(2);
    assert!(no_file.stderr.contains("none.db"), "{}", no_file.stderr);
}

#[test]
fn check_says_what_would_start_anew() {
    let folder = folder();
    folder.write("first.ndjson", FIRST);
    let run = ["run", "--events", "first.ndjson", "--state", "state.db"];
    folder.run(&run).expect(0);
    let check = |rules: &str| {
        folder.write("rules/a.yaml", rules);
        let outcome = folder.run(&["check", "--state", "state.db", "--format", "json"]);
        let found: Value = serde_json::from_str(&outcome.expect(0).stdout).unwrap();
        let found = found.as_array().unwrap().iter();
        // What lints find is not about the state.
        found
            .filter(|one| one["code"].as_str().unwrap().starts_with('E'))
            .map(|one| (one["id"].clone(), one["alert"].clone(), one["line"].clone()))
            .collect::<Vec<_>>()
    };
    assert!(check(RULES).is_empty());
    assert!(check(&RULES.replace("for: 1m}", "for: 1m, severity: critical}")).is_empty());
    let edited = RULES
        .replace("data.x < 0", "data.x < -0.5")
        .replace("  burst", "  bursts");
    let found = check(&edited);
    assert_eq!(
        found,
        [
            ("state-removed".into(), "burst".into(), Value::Null),
            ("state-restarts".into(), "cold".into(), 4.into()),
        ]
    );
}
