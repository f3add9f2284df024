//! `tripline new`: a rule and its test, to begin with.

#![allow(clippy::unwrap_used)]

mod support;

use serde_json::Value;
use support::Folder;
use tripline_engine::LINTS;

/// What is found with every lint denied.
fn findings(folder: &Folder) -> Vec<Value> {
    let every: Vec<&str> = LINTS.iter().map(|lint| lint.code.id).collect();
    let deny = every.join(",");
    let arguments = ["check", "--fail-on", "info", "--format", "json", "--deny"];
    let outcome = folder.run(&[&arguments[..], &[deny.as_str()]].concat());
    serde_json::from_str(&outcome.stdout).unwrap()
}

/// A rule that is begun has nothing wrong but what is left to its author, is formatted, and passes its test.
fn is_sound(folder: &Folder) {
    for finding in findings(folder) {
        assert_eq!(finding["id"], "todo-left", "{finding}");
    }
    folder.run(&["fmt", "--check"]).expect(0);
    folder.run(&["test", "--chaos"]).expect(0);
}

#[test]
fn a_rule_that_is_begun_is_sound() {
    let folder = Folder::new();
    let told = folder.run(&[
        "new",
        "alert",
        "many-logins",
        "--on",
        "login",
        "--by",
        "userId",
    ]);
    let told = told.expect(0);
    assert_eq!(
        told.stdout,
        "rules/many-logins.yaml\nrules/many-logins.test.yaml\n"
    );
    assert!(
        told.stderr.contains("next: write what TODO asks for"),
        "{}",
        told.stderr
    );
    let expected = "\
alerts:
  many-logins:
    on: login
    when: count() over 5m >= 5
    by: userId
    severity: warning
    summary: \"{count() over 5m} login events of {userId} in 5m\"
    description: \"TODO: what is wrong when this fires, and for whom.\"
    runbook: https://wiki.example/many-logins  # TODO: where it says what to do
    labels: {team: somebody}  # TODO: who mends the rule
";
    assert_eq!(folder.read("rules/many-logins.yaml"), expected);
    let expected = "\
tests:
  - name: many-logins fires for 5 events
    events:
      - {at: 0s, every: 30s, times: 5, eventType: login, userId: alice}
    expect:
      - {alert: many-logins, key: {userId: alice}, fires: 2m, severity: warning}

  - name: many-logins does not fire for one less
    events:
      - {at: 0s, every: 30s, times: 4, eventType: login, userId: alice}
    expect: []
";
    assert_eq!(folder.read("rules/many-logins.test.yaml"), expected);
    is_sound(&folder);
}

#[test]
fn names_and_numbers_of_all_kinds_make_sound_rules() {
    let settings = "event: {type: detail.kind, time: detail.at}\n";
    let cases: [(&str, &[&str]); 6] = [
        ("", &[]),
        (
            "",
            &[
                "--on",
                "a b",
                "--by",
                "data.user",
                "--count",
                "2",
                "--over",
                "2s",
            ],
        ),
        ("", &["--on", "on", "--count", "60", "--over", "1m"]),
        ("", &["--on", "{curly}: #yes", "--by", "nulls"]),
        ("", &["--count", "1000", "--over", "31d", "--by", "a.b.c"]),
        (settings, &["--on", "order", "--by", "detail.user"]),
    ];
    for (settings, arguments) in cases {
        let folder = Folder::new();
        if !settings.is_empty() {
            folder.write("rules/tripline.yaml", settings);
        }
        let begin = ["new", "alert", "a1-b"];
        let outcome = folder.run(&[&begin, arguments].concat());
        assert_eq!(outcome.code, Some(0), "{arguments:?}: {}", outcome.stderr);
        is_sound(&folder);
    }
}

#[test]
fn nothing_is_overwritten_and_nothing_wrong_is_written() {
    let folder = Folder::with(&[
        (
            "rules/a.yaml",
            "alerts: {hot: {on: reading, when: x > 1}}\n",
        ),
        (
            "rules/tripline.yaml",
            "schema: {reading: {x: number, room: string}}\n",
        ),
        ("rules/cold.test.yaml", "tests: []\n"),
    ]);
    let refused = |arguments: &[&str], code: i32, said: &str| {
        let outcome = folder
            .run(&[&["new", "alert"], arguments].concat())
            .expect(code);
        assert!(outcome.stderr.contains(said), "{}", outcome.stderr);
    };
    refused(
        &["hot", "--on", "reading"],
        1,
        "there are two alerts named `hot`",
    );
    refused(
        &["cold", "--on", "reading"],
        2,
        "cold.test.yaml is there already",
    );
    refused(&["a", "--on", "reading"], 2, "a.yaml is there already");
    for name in ["Hot", "1st", "too_hot", "a--b", "a-", "", "../a", "é"] {
        refused(&[name, "--on", "reading"], 2, "is no name for an alert");
    }
    refused(&["warm"], 2, "--on: the schema has reading");
    refused(&["warm", "--on", "readin"], 2, "did you mean `reading`?");
    refused(
        &["warm", "--on", "reading", "--by", "rom"],
        1,
        "did you mean `room`?",
    );
    refused(
        &["warm", "--on", "reading", "--by", "a b"],
        2,
        "--by is no field",
    );
    refused(
        &["warm", "--on", "reading", "--over", "5 min"],
        2,
        "--over is no duration",
    );
    refused(
        &["warm", "--on", "reading", "--over", "90d"],
        1,
        "a window is from 1s to 31d long",
    );
    refused(
        &["warm", "--on", "reading", "--count", "1"],
        2,
        "--count is 1",
    );
    refused(
        &["warm", "--on", "reading", "--count", "9", "--over", "5s"],
        2,
        "from 2 to 5",
    );
    folder.write("rules/broken.yaml", "alerts: {cool: {wen: x > 1}}\n");
    refused(
        &["warm", "--on", "reading"],
        1,
        "the rules have errors: mend them first",
    );
    let mut names: Vec<_> = std::fs::read_dir(folder.path("rules"))
        .unwrap()
        .map(|entry| entry.unwrap().file_name())
        .collect();
    names.sort();
    assert_eq!(
        names,
        ["a.yaml", "broken.yaml", "cold.test.yaml", "tripline.yaml"]
    );
}
