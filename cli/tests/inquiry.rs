//! `tripline run --explain-alert` and `--why-not`: what made a message, and why there is none.

#![allow(clippy::unwrap_used)]

mod support;

use serde_json::Value;
use support::{Folder, rows};

const RULES: &str = "\
alerts:
  burst: {on: login, by: user, when: count(data.ok == false) over 5m >= 3, cooldown: 1h, summary: '{user} fails'}
  hot: {on: reading, by: room, when: data.t > 30 or data.h > 90, for: 2m, until: data.t < 28}
  odd: {on: login, by: user, when: data.ip starts with \"203.\"}
  quiet: {on: reading, when: count() over 10m == 0}
silences:
  works: {match: {alert: burst, key: {user: carl}}, until: 2027-01-01, reason: carl tests}
";

fn login(minute: u32, second: u32, user: &str, data: &str) -> String {
    format!(
        r#"{{"eventType":"login","timestamp":"2026-01-05T10:{minute:02}:{second:02}Z","user":"{user}","data":{{{data}}}}}"#
    )
}

fn reading(minute: u32, room: &str, data: &str) -> String {
    format!(
        r#"{{"eventType":"reading","timestamp":"2026-01-05T10:{minute:02}:00Z","room":{room},"data":{{{data}}}}}"#
    )
}

fn folder() -> Folder {
    let failed = r#""ok":false"#;
    let mut lines = Vec::new();
    for second in [0, 20, 40] {
        lines.push(login(1, second, "anna", failed));
        lines.push(login(1, second, "carl", failed));
    }
    lines.push(login(2, 0, "bert", failed));
    lines.push(login(2, 10, "bert", r#""ip":"203.0.113.1""#));
    lines.push(login(2, 20, "bert", failed));
    lines.push(reading(3, "1", r#""t":31"#));
    lines.push(reading(4, "1", r#""h":95"#));
    lines.push(reading(6, "1", r#""t":27"#));
    for second in [0, 20, 40] {
        lines.push(login(20, second, "anna", failed));
    }
    let folder = Folder::new();
    folder.write("rules/a.yaml", RULES);
    folder.write("events.ndjson", lines.join("\n"));
    folder
}

fn ask(folder: &Folder, arguments: &[&str]) -> String {
    let run = ["run", "--events", "events.ndjson"];
    folder.run(&[&run, arguments].concat()).expect(0).stdout
}

fn why_not(folder: &Folder, alert: &str, key: &str, at: &str) -> String {
    let at = format!("2026-01-05T{at}Z");
    ask(folder, &["--why-not", alert, "--key", key, "--at", &at])
}

#[test]
fn a_message_is_shown_with_what_made_it() {
    let folder = folder();
    let expected = r#"burst  user="anna"  firing  warning  at 2026-01-05T10:01:40.000Z
anna fails

because
  count(data.ok == false) over 5m >= 3

when
  count(data.ok == false) over 5m >= 3  true
  └─ count(data.ok == false) over 5m    3

count(data.ok == false) over 5m  3
  3 events in 3 panes of 5s, from 2026-01-05T09:56:40.000Z to 2026-01-05T10:01:45.000Z
  2026-01-05T10:01:00.000Z  2026-01-05T10:01:00.000Z  events.ndjson:1
  2026-01-05T10:01:20.000Z  2026-01-05T10:01:20.000Z  events.ndjson:3
  2026-01-05T10:01:40.000Z  2026-01-05T10:01:40.000Z  events.ndjson:5

what happened
  2026-01-05T10:01:40.000Z  inactive → firing: condition true

the event  events.ndjson:5
  {"data":{"ok":false},"eventType":"login","timestamp":"2026-01-05T10:01:40Z","user":"anna"}
"#;
    let by_name = ask(&folder, &["--explain-alert", "burst"]);
    assert_eq!(by_name, expected);
    let alerts = folder.run(&["run", "--events", "events.ndjson"]).expect(0);
    for alert in rows(&alerts.stdout) {
        for id in ["notification", "id"] {
            let id = alert[id].as_str().unwrap();
            let told = ask(&folder, &["--explain-alert", id, "--format", "json"]);
            let told: Value = serde_json::from_str(&told).unwrap();
            assert_eq!(told["message"]["alert"], alert["alert"]);
            assert_eq!(told["message"]["key"], alert["key"]);
        }
    }
}

#[test]
fn messages_of_timers_and_of_single_events_are_shown() {
    let folder = folder();
    let held = ask(&folder, &["--explain-alert", "hot"]);
    assert!(
        held.contains("inactive → pending: condition true")
            && held.contains("pending → firing: held")
            && held.contains("because\n  data.t > 30\n")
            && held.contains("  as of 2026-01-05T10:03:00.000Z, with which it began"),
        "{held}"
    );
    let quiet = ask(&folder, &["--explain-alert", "quiet", "--until-end"]);
    assert!(
        quiet.contains("No event made it: time passed.") && quiet.contains("  0 events in 0 panes"),
        "{quiet}"
    );
    let odd = ask(
        &folder,
        &["--explain-alert", "odd", "--key", r#"{"user":"bert"}"#],
    );
    assert!(
        odd.contains("because\n  data.ip starts with \"203.\"") && odd.contains("events.ndjson:8"),
        "{odd}"
    );
}

#[test]
fn what_a_key_lacked_is_told() {
    let folder = folder();
    let expected = r#"burst  user="bert"  at 2026-01-05T10:02:30.000Z

It does not fire: the condition is false.
  nearest   count(data.ok == false) over 5m reached 2 of 3 at 2026-01-05T10:02:20.000Z (10s before)
  missing   data.ok in 1 of its 3 events around that time: not counted in count(data.ok == false) over 5m
  events    3 of this key, the last 10s before

when
  count(data.ok == false) over 5m >= 3  false
  └─ count(data.ok == false) over 5m    2
"#;
    let told = why_not(&folder, "burst", r#"{"user":"bert"}"#, "10:02:30");
    assert_eq!(told, expected);
}

#[test]
fn what_withholds_a_message_is_told() {
    let folder = folder();
    let cooldown = why_not(&folder, "burst", r#"{"user":"anna"}"#, "10:20:50");
    assert!(
        cooldown
            .contains("the message is withheld: the last one is nearer than `cooldown` allows."),
        "{cooldown}"
    );
    let silence = why_not(&folder, "burst", r#"{"user":"carl"}"#, "10:01:50");
    assert!(
        silence.contains("the message is withheld: the silence `works` covers it."),
        "{silence}"
    );
    let pending = why_not(&folder, "hot", r#"{"room":1}"#, "10:04:00");
    assert!(
        pending.contains("The condition holds since 2026-01-05T10:03:00.000Z, but not yet"),
        "{pending}"
    );
    let fires = why_not(&folder, "hot", r#"{"room":1}"#, "10:05:30");
    assert!(fires.contains("It does fire since"), "{fires}");
    let until = why_not(&folder, "hot", r#"{"room":1}"#, "10:06:00");
    assert!(until.contains("`until` is true"), "{until}");
    let event = why_not(&folder, "odd", r#"{"user":"bert"}"#, "10:02:20");
    assert!(
        event.contains("the condition is unknown")
            && event.contains("missing   data.ip in 2 of its 3"),
        "{event}"
    );
}

#[test]
fn keys_that_are_not_there_are_told() {
    let folder = folder();
    let typed = why_not(&folder, "hot", r#"{"room":"1"}"#, "10:05:00");
    assert!(
        typed.contains("No event has this key.") && typed.contains("there is  room=1\n"),
        "{typed}"
    );
    let misspelt = why_not(&folder, "burst", r#"{"user":"ana"}"#, "10:05:00");
    assert!(misspelt.contains("there is  user=\"anna\""), "{misspelt}");
    let early = why_not(&folder, "burst", r#"{"user":"bert"}"#, "10:01:00");
    assert!(
        early.contains("No event had this key by then.") && early.contains("the next 1m after"),
        "{early}"
    );
    let late = why_not(&folder, "burst", r#"{"user":"bert"}"#, "23:00:00");
    assert!(
        late.contains("the events end at 2026-01-05T10:20:40.000Z"),
        "{late}"
    );
    let forgotten = ask(
        &folder,
        &[
            "--why-not",
            "burst",
            "--key",
            r#"{"user":"bert"}"#,
            "--at",
            "2026-03-01T00:00:00Z",
        ],
    );
    assert!(
        forgotten.contains("The key was forgotten by then"),
        "{forgotten}"
    );
}

#[test]
fn programs_read_it_as_json() {
    let folder = folder();
    let arguments = ["--why-not", "burst", "--key", r#"{"user":"bert"}"#];
    let more = ["--at", "2026-01-05 10:02:30", "--format", "json"];
    let told = ask(&folder, &[arguments, more].concat());
    let told: Value = serde_json::from_str(&told).unwrap();
    assert_eq!(told["outcome"], "inactive");
    assert_eq!(told["nearest"]["reached"], 2);
    assert_eq!(told["nearest"]["wanted"], 3);
    assert_eq!(told["missing"][0]["text"], "data.ok");
    assert_eq!(told["events"]["of_key"], 3);
}

#[test]
fn wrong_usage_is_told() {
    let folder = folder();
    let refused = |arguments: &[&str], said: &str| {
        let run = ["run", "--events", "events.ndjson"];
        let outcome = folder.run(&[&run, arguments].concat()).expect(2);
        assert!(outcome.stderr.contains(said), "{}", outcome.stderr);
    };
    refused(&["--explain-alert", "0123"], "give no message `0123`");
    refused(
        &["--explain-alert", "bursts"],
        "did you mean the alert `burst`?",
    );
    refused(
        &["--explain-alert", "burst", "--key", r#"{"user":"carl"}"#],
        "ask for --why-not burst",
    );
    refused(&["--why-not", "burst"], "--at");
    let at = ["--at", "2026-01-05T10:00:00Z"];
    let with = |arguments: [&'static str; 2]| [&arguments[..], &at].concat();
    refused(&with(["--why-not", "bursts"]), "did you mean `burst`?");
    refused(&with(["--why-not", "burst"]), r#"--key '{"user": …}'"#);
    refused(&with(["--key", "anna"]), "--key is no JSON object");
    refused(&at, "add one of them");
    refused(&["--why-not", "quiet", "--at", "noon"], "--at is no time");
    let quiet = ["--why-not", "quiet", "--key", r#"{"a":1}"#];
    refused(&[&quiet[..], &at].concat(), "has no `by`");
    let pipe = ["run", "--events", "-", "--explain-alert", "burst"];
    let piped = folder.run(&pipe).expect(2);
    assert!(piped.stderr.contains("read twice"), "{}", piped.stderr);
}
