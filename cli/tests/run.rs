//! `tripline run`: alerts, rejects and exit codes.
#![allow(clippy::unwrap_used)]

mod support;

use std::collections::BTreeSet;

use support::rooms::{RULES, folder, reading, two};
use support::{Folder, SHIPPED, brief, rows, shipped};

/// Standard error without the time that a run took.
fn summary(stderr: &str) -> String {
    let (counts, rest) = stderr.split_once(" in ").unwrap();
    let (time, rest) = rest.split_once('\n').unwrap();
    assert!(
        time.contains(" s (") && time.ends_with(" events/s)"),
        "{time}"
    );
    format!("{counts}\n{rest}")
}

/// The keys of an object as they are written.
fn keys(object: &str) -> Vec<String> {
    let mut keys = Vec::new();
    let (mut depth, mut strings) = (0, object.split('"').peekable());
    while let Some(outside) = strings.next() {
        for character in outside.chars() {
            match character {
                '{' | '[' => depth += 1,
                '}' | ']' => depth -= 1,
                _ => {}
            }
        }
        if let Some(string) = strings.next()
            && depth == 1
            && strings.peek().is_some_and(|after| after.starts_with(':'))
        {
            keys.push(string.to_owned());
        }
    }
    keys
}

#[test]
fn alerts_are_lines_of_json_as_published() {
    let outcome = folder()
        .run(&["run", "--events", "e.ndjson", "--until-end"])
        .expect(0);
    assert_eq!(
        outcome.alerts(),
        [
            "hot firing 1",
            "busy firing 2",
            "hot firing 2",
            "busy resolved -"
        ]
    );
    let lines: Vec<_> = outcome.stdout.lines().collect();
    assert_eq!(
        keys(lines[0]),
        [
            "id",
            "notification",
            "status",
            "alert",
            "key",
            "severity",
            "at",
            "summary",
            "values",
            "source"
        ]
    );
    let stateful = [
        "id",
        "notification",
        "status",
        "alert",
        "key",
        "severity",
        "at",
        "since",
        "summary",
        "description",
        "runbook",
        "labels",
        "values",
        "source",
    ];
    assert_eq!(keys(lines[1]), stateful);
    assert_eq!(keys(lines[3]), stateful[..13]);
    assert!(
        lines[1].ends_with(concat!(
            r#""status":"firing","alert":"busy","key":{"place":"a"},"severity":"critical","#,
            r#""at":"2026-01-05T08:00:02.000Z","since":"2026-01-05T08:00:02.000Z","#,
            r#""summary":"a is busy","description":"2 readings","#,
            r#""runbook":"https://wiki.example/busy","labels":{"area":"north","team":"rooms"},"#,
            r#""values":{"count() over 5m":2},"source":{"file":"e.ndjson","line":2}}"#
        )),
        "{}",
        lines[1]
    );
    let rows = outcome.rows();
    assert_eq!(rows[1]["id"], rows[3]["id"]);
    assert_eq!(rows[2]["summary"], "a has 30.6 °C");
    let notifications: BTreeSet<_> = rows
        .iter()
        .map(|row| row["notification"].to_string())
        .collect();
    assert_eq!(notifications.len(), 4);
}

#[test]
fn until_end_runs_the_timers_that_are_left() {
    let folder = folder();
    let run = folder.run(&["run", "--events", "e.ndjson"]).expect(0);
    let ended = folder
        .run(&["run", "--events", "e.ndjson", "--until-end"])
        .expect(0);
    assert_eq!(run.alerts().len(), 3);
    assert!(ended.stdout.starts_with(&run.stdout));
    let last = ended.rows().pop().unwrap();
    assert_eq!(
        (&last["status"], &last["alert"]),
        (&"resolved".into(), &"busy".into())
    );
    assert!(
        last["at"]
            .as_str()
            .unwrap()
            .starts_with("2026-01-05T08:05:0"),
        "{last}"
    );
}

#[test]
fn text_is_aligned_for_people() {
    let outcome = folder()
        .run(&[
            "run",
            "--events",
            "e.ndjson",
            "--until-end",
            "--format",
            "text",
        ])
        .expect(0);
    let lines: Vec<_> = outcome.stdout.lines().collect();
    assert_eq!(
        lines[..3],
        [
            "2026-01-05T08:00:01.000Z  firing    warning   hot   room=a            a has 31.0 °C",
            "2026-01-05T08:00:02.000Z  firing    critical  busy  place=a           a is busy",
            "2026-01-05T08:00:02.000Z  firing    warning   hot   room=a            a has 30.6 °C",
        ]
    );
    assert!(
        lines[3].contains("  resolved  critical  busy  place=a "),
        "{}",
        lines[3]
    );
}

#[test]
fn the_summary_goes_to_standard_error() {
    let folder = folder();
    folder.write("bad.ndjson", format!("{}?\n!\n", two()));
    let outcome = folder
        .run(&["run", "--events", "bad.ndjson", "--until-end"])
        .expect(0);
    let text = summary(&outcome.stderr);
    let counts = "2 events, 2 rejects\n4 alerts: 3 firing, 1 resolved\n";
    let by_rule =
        "  busy        1 firing        1 resolved\n  hot         2 firing        0 resolved\n";
    let expected = format!("{counts}{by_rule}first reject: bad.ndjson:3: ");
    assert!(text.starts_with(&expected), "{text}");
    assert!(
        text.ends_with(" (--rejects FILE writes them all)\n"),
        "{text}"
    );

    let kept = folder
        .run(&[
            "run",
            "--events",
            "bad.ndjson",
            "--until-end",
            "--rejects",
            "r.ndjson",
        ])
        .expect(0);
    assert_eq!(summary(&kept.stderr), format!("{counts}{by_rule}"));

    let quiet = folder
        .run(&["run", "--events", "bad.ndjson", "--until-end", "--quiet"])
        .expect(0);
    assert_eq!(quiet.stderr, "");
    assert_eq!(quiet.stdout, outcome.stdout);
}

#[test]
fn alerts_go_to_a_file() {
    let folder = folder();
    let shown = folder
        .run(&["run", "--events", "e.ndjson"])
        .expect(0)
        .stdout;
    folder.write("out.ndjson", "x".repeat(10_000));
    let outcome = folder
        .run(&["run", "--events", "e.ndjson", "--alerts", "out.ndjson"])
        .expect(0);
    assert_eq!(outcome.stdout, "");
    assert_eq!(folder.read("out.ndjson"), shown);

    let outcome = folder
        .run(&["run", "--events", "e.ndjson", "--alerts", "-"])
        .expect(0);
    assert_eq!(outcome.stdout, shown);
}

#[test]
fn rejects_go_to_a_file() {
    let folder = folder();
    let long = "é".repeat(5_000);
    folder.write(
        "bad.ndjson",
        format!("{}{long}\n\n{}", reading(1, "a", "31"), "{\"a\":\"\t\"}"),
    );
    let outcome = folder
        .run(&[
            "run",
            "--events",
            "bad.ndjson",
            "--rejects",
            "rejects.ndjson",
        ])
        .expect(0);
    assert_eq!(outcome.alerts(), ["hot firing 1"]);
    let text = folder.read("rejects.ndjson");
    for line in text.lines() {
        assert_eq!(keys(line), ["file", "line", "reason", "raw"]);
    }
    let rows = rows(&text);
    assert_eq!(rows.len(), 2);
    assert_eq!(
        (&rows[0]["file"], &rows[0]["line"]),
        (&"bad.ndjson".into(), &2.into())
    );
    assert_eq!(rows[0]["raw"], "é".repeat(2_048));
    assert_eq!(
        (&rows[1]["line"], &rows[1]["raw"]),
        (&4.into(), &"{\"a\":\"\t\"}".into())
    );
    for row in rows {
        assert!(
            row["reason"]
                .as_str()
                .unwrap()
                .starts_with("not a JSON object: "),
            "{row}"
        );
    }
    folder
        .run(&["run", "--events", "e.ndjson", "--rejects", "rejects.ndjson"])
        .expect(0);
    assert_eq!(folder.read("rejects.ndjson"), "");
}

#[test]
fn fail_on_makes_the_exit_code_1() {
    let folder = folder();
    folder.write("calm.ndjson", reading(1, "a", "20"));
    folder.write("bad.ndjson", "?\n");
    for (file, what, code) in [
        ("e.ndjson", "alerts", 1),
        ("e.ndjson", "rejects", 0),
        ("calm.ndjson", "alerts", 0),
        ("bad.ndjson", "alerts", 0),
        ("bad.ndjson", "rejects", 1),
    ] {
        folder
            .run(&["run", "--events", file, "--fail-on", what])
            .expect(code);
        folder.run(&["run", "--events", file]).expect(0);
    }
}

#[test]
fn rules_with_errors_are_drawn_and_nothing_runs() {
    let folder = folder();
    folder.write(
        "rules/b.yaml",
        RULES.replace("hot:", "warm:").replace("> 30", ">> 30"),
    );
    let outcome = folder
        .run(&["run", "--events", "e.ndjson", "--alerts", "out.ndjson"])
        .expect(1);
    assert_eq!(outcome.stdout, "");
    assert!(
        outcome.stderr.contains("--> rules/b.yaml:4:18\n"),
        "{}",
        outcome.stderr
    );
    assert!(
        outcome.stderr.contains("error[E1105]: "),
        "{}",
        outcome.stderr
    );
    assert!(
        outcome
            .stderr
            .ends_with("the rules have errors, so nothing was run\n")
    );
    assert!(!folder.path("out.ndjson").exists());
}

#[test]
fn colours_come_only_when_asked_for() {
    let folder = folder();
    let run = |color: &[&str]| {
        let arguments = ["run", "--events", "e.ndjson", "--format", "text", "--quiet"];
        folder.run(&[&arguments, color].concat()).expect(0).stdout
    };
    let plain = run(&[]);
    assert!(!plain.contains('\u{1b}'), "{plain}");
    assert_eq!(run(&["--color", "auto"]), plain);
    assert_eq!(run(&["--color", "never"]), plain);
    assert!(run(&["--color", "always"]).contains("\u{1b}["));

    let arguments = [
        "run", "--events", "e.ndjson", "--format", "text", "--color", "always",
    ];
    folder
        .run(&[&arguments[..], &["--alerts", "a.txt"]].concat())
        .expect(0);
    assert_eq!(folder.read("a.txt"), plain);
    let json = folder
        .run(&["run", "--events", "e.ndjson", "--color", "always"])
        .expect(0);
    assert_eq!(json.alerts().len(), 3);
    let failed = folder
        .run(&["run", "--events", "missing", "--color", "always"])
        .expect(2);
    assert!(failed.stderr.contains("\u{1b}["), "{}", failed.stderr);
}

#[test]
fn a_run_gives_the_same_bytes_every_time() {
    let (rules, events) = (shipped("rules"), shipped("rules/sample/events.ndjson.gz"));
    let folder = Folder::new();
    let run = |name: &str| {
        folder
            .run(&[
                "run",
                "--rules",
                &rules,
                "--events",
                &events,
                "--alerts",
                name,
                "--until-end",
            ])
            .expect(0);
        folder.read(name)
    };
    let first = run("1.ndjson");
    assert_eq!(first, run("2.ndjson"));

    let alerts = brief(&first);
    let fired: BTreeSet<_> = alerts
        .iter()
        .filter_map(|alert| alert.split_once(" firing "))
        .map(|(name, _)| name)
        .collect();
    assert_eq!(fired, BTreeSet::from(SHIPPED));
}
