//! `tripline check`: what it shows, in which form, and its exit codes.

#![allow(clippy::unwrap_used)]

mod support;

use support::{Folder, assert_snapshot, shipped};

const GOOD: &str = "\
alerts:
  hot:
    on: reading
    when: value > 30
    summary: it is hot
";

/// Checks these files and compares everything that the command says with a snapshot.
#[track_caller]
fn snapshot(name: &str, files: &[(&str, &str)]) {
    let outcome = Folder::with(files).run(&["check"]).expect(1);
    let text = format!("{}--- standard error\n{}", outcome.stdout, outcome.stderr);
    assert!(!text.contains('\u{1b}'), "{text}");
    assert_snapshot(name, &text);
}

#[test]
fn good_rules_are_fine() {
    let folder = Folder::with(&[
        ("rules/a.yaml", GOOD),
        (
            "rules/deep/er/b.yml",
            &GOOD.replace("hot", "cold").replace("> 30", "< 5"),
        ),
        ("rules/.hidden.yaml", "no: rules"),
        ("rules/a.test.yaml", "no: rules"),
        ("rules/notes.txt", "no rules"),
    ]);
    let outcome = folder.run(&["check"]).expect(0);
    assert_eq!(outcome.stdout, "");
    assert_eq!(outcome.stderr, "✓ 2 alerts in 2 files: no problems\n");

    let outcome = folder.run(&["check", "--quiet"]).expect(0);
    assert_eq!((outcome.stdout.as_str(), outcome.stderr.as_str()), ("", ""));
    let outcome = folder
        .run(&["--quiet", "check", "--format", "json"])
        .expect(0);
    assert_eq!(outcome.stdout, "[]\n");
}

#[test]
fn the_shipped_rules_are_fine() {
    let rules = shipped("rules");
    let outcome = Folder::new()
        .run(&["check", "--rules", &rules, "--fail-on", "warning"])
        .expect(0);
    assert_eq!(outcome.stdout, "");
}

#[test]
fn an_error_exits_with_1() {
    let folder = Folder::with(&[("my/a.yaml", &GOOD.replace("value", "value >"))]);
    for arguments in [
        &["check", "--rules", "my"][..],
        &["check", "--rules", "my", "--fail-on", "warning"],
        &["check", "--rules", "my", "--quiet"],
        &["check", "--rules", "my", "--format", "json"],
    ] {
        assert!(folder.run(arguments).expect(1).stdout.contains("E13"));
    }
}

#[test]
fn wrong_usage_exits_with_2() {
    let folder = Folder::with(&[("rules/a.yaml", GOOD), ("file", "")]);
    for (arguments, named) in [
        (&["check", "--rules", "nowhere"][..], "nowhere"),
        (&["check", "--rules", "file"], "file"),
        (&["check", "--format", "xml"], "xml"),
        (&["check", "--colour", "never"], "--colour"),
        (&["check", "extra"], "extra"),
        (&["chekc"], "chekc"),
        (&["run"], "--events"),
        (&[], "Usage"),
    ] {
        let outcome = folder.run(arguments).expect(2);
        assert_eq!(outcome.stdout, "");
        assert!(outcome.stderr.contains(named), "{}", outcome.stderr);
    }
}

#[test]
fn help_and_version_exit_with_0() {
    let folder = Folder::new();
    for arguments in [
        &["--help"][..],
        &["check", "--help"],
        &["run", "--help"],
        &["sample", "--help"],
        &["completions", "--help"],
    ] {
        let help = folder.run(arguments).expect(0).stdout;
        assert!(help.contains("Examples:"), "{help}");
    }
    let version = folder.run(&["--version"]).expect(0).stdout;
    assert_eq!(
        version,
        concat!("tripline ", env!("CARGO_PKG_VERSION"), "\n")
    );
}

#[test]
fn explains_a_code() {
    let folder = Folder::new();
    let page = folder.run(&["check", "--explain", "E1101"]).expect(0);
    assert_snapshot("explain", &page.stdout);
    assert_eq!(page.stderr, "");
    for name in ["e1101", "unknown-key", "UNKNOWN-KEY"] {
        let same = folder.run(&["check", "--explain", name]).expect(0);
        assert_eq!(same.stdout, page.stdout);
    }
    let styled = folder.run(&["check", "--explain", "E1101", "--color", "always"]);
    assert!(styled.expect(0).stdout.starts_with("\u{1b}[1mE1101"));
}

#[test]
fn an_unknown_code_is_wrong_usage() {
    for (name, near) in [
        ("E1107", "E1106"),
        ("unknwon-key", "unknown-key"),
        ("\u{1b}[2J", "unknown-key"),
    ] {
        let outcome = Folder::new().run(&["check", "--explain", name]).expect(2);
        assert_eq!(outcome.stdout, "");
        let end = format!("; try `tripline check --explain {near}`\n");
        assert!(outcome.stderr.ends_with(&end), "{}", outcome.stderr);
        assert!(!outcome.stderr.contains('\u{1b}'), "{}", outcome.stderr);
    }
    let both = Folder::new().run(&["check", "--explain", "E1101", "--rules", "x"]);
    assert!(both.expect(2).stderr.contains("--explain"));
}

#[test]
fn draws_a_hundred_findings_at_most() {
    for (count, rest) in [
        (100, None),
        (101, Some("… and 1 more finding: --format json writes all")),
        (
            130,
            Some("… and 30 more findings: --format json writes all"),
        ),
    ] {
        let alerts: String = (0..count)
            .map(|number| format!("  a{number}: {{when: value >}}\n"))
            .collect();
        let folder = Folder::with(&[("rules/a.yaml", &format!("alerts:\n{alerts}"))]);
        let outcome = folder.run(&["check"]).expect(1);
        assert_eq!(outcome.stdout.matches("error[E1304]").count(), 100);
        let last = outcome.stdout.trim_end().lines().last();
        assert_eq!(last.filter(|line| line.starts_with('…')), rest);
        assert!(
            outcome
                .stderr
                .starts_with(&format!("1 file: {count} errors")),
            "{}",
            outcome.stderr
        );
        let json = folder.run(&["check", "--format", "json"]).expect(1).stdout;
        let rows: Vec<serde_json::Value> = serde_json::from_str(&json).unwrap();
        assert_eq!(rows.len(), count);
    }
}

#[test]
fn colours_come_only_when_asked_for() {
    let folder = Folder::with(&[("rules/a.yaml", &GOOD.replace("value", "value >"))]);
    let plain = folder.run(&["check"]).expect(1).stdout;
    let never = folder.run(&["check", "--color", "never"]).expect(1).stdout;
    let always = folder.run(&["check", "--color", "always"]).expect(1).stdout;
    assert_eq!(plain, never);
    assert!(!plain.contains('\u{1b}'), "{plain}");
    assert!(always.contains("\u{1b}["), "{always}");
}

#[test]
fn draws_an_error_in_a_plain_scalar() {
    snapshot(
        "plain",
        &[(
            "rules/a.yaml",
            "alerts:\n  hot:\n    on: reading\n    when: value > 30 & \"é\" == name\n    summary: hot\n",
        )],
    );
}

#[test]
fn draws_an_error_in_a_quoted_scalar() {
    snapshot(
        "quoted",
        &[(
            "rules/a.yaml",
            r#"alerts:
  hot:
    on: reading
    when: "name == \"\u00e9\" and value > 5x"
    summary: hot
  cold:
    on: reading
    when: 'name == ''é'' and user-id > 5'
    summary: "{value} is {cold"
"#,
        )],
    );
}

#[test]
fn draws_an_error_in_a_block_scalar() {
    snapshot(
        "block",
        &[(
            "rules/a.yaml",
            "alerts:
  hot:
    on: reading
    when: |
      value > 30          # °C
        and (name == \"x\"
        or name == \"y\"
    summary: hot
  cold:
    on: reading
    when: >-
      value < 5
      and count() over 5 minutes > 3
    summary: cold
",
        )],
    );
}

#[test]
fn draws_a_duplicate_key_with_both_places() {
    snapshot(
        "duplicate-key",
        &[(
            "rules/a.yaml",
            "alerts:
  hot:
    on: reading
    when: value > 30
    summary: hot
    when: value > 40
",
        )],
    );
}

#[test]
fn draws_the_errors_of_several_files_in_path_order() {
    snapshot(
        "several-files",
        &[
            ("rules/b.yaml", &GOOD.replace("value > 30", "0 < value < 5")),
            (
                "rules/a/z.yaml",
                &GOOD.replace("value > 30", "value == null"),
            ),
            ("rules/a.yaml", GOOD),
            ("rules/c.yaml", "alerts: [\n"),
        ],
    );
}

#[test]
fn suggests_the_key_that_was_meant() {
    snapshot(
        "unknown-key",
        &[(
            "rules/a.yaml",
            "alerts:
  hot:
    on: reading
    wen: value > 30
    summary: hot
    severity: critcal
    for: 2 minutes
    colour: red
",
        )],
    );
}

#[test]
fn trims_a_very_long_line() {
    let long = format!(
        "value > 0 and {} value >> 5",
        "name != \"é\" and ".repeat(600)
    );
    snapshot(
        "long-line",
        &[("rules/a.yaml", &GOOD.replace("value > 30", &long))],
    );
}

#[test]
fn names_a_file_that_is_no_text() {
    let folder = Folder::new();
    folder.write("rules/a.yaml", b"alerts: \xff\n");
    let outcome = folder.run(&["check"]).expect(1);
    assert_snapshot("no-text", &outcome.stdout);
}

#[test]
fn json_has_the_published_fields_in_order() {
    let folder = Folder::with(&[(
        "rules/a.yaml",
        "alerts:
  é: {}
  hot:
    on: reading
    wen: value > 30
    when: '\"é\" == value and and'
    on: other
",
    )]);
    let outcome = folder.run(&["check", "--format", "json"]).expect(1);
    assert_snapshot("json", &outcome.stdout);

    let published = [
        "code",
        "id",
        "severity",
        "message",
        "file",
        "line",
        "column",
        "end_line",
        "end_column",
        "alert",
        "labels",
        "help",
    ];
    for keys in keys_of_objects(&outcome.stdout) {
        let wanted: Vec<_> = published
            .into_iter()
            .filter(|key| !["alert", "help"].contains(key) || keys.contains(key))
            .collect();
        assert_eq!(keys, wanted);
    }
}

/// The keys of each object of a pretty-printed array, as they are written.
fn keys_of_objects(text: &str) -> Vec<Vec<&str>> {
    let mut objects = Vec::new();
    for line in text.lines() {
        if line == "  {" {
            objects.push(Vec::new());
        } else if let Some((key, _)) = line
            .strip_prefix("    \"")
            .and_then(|line| line.split_once('"'))
        {
            objects.last_mut().unwrap().push(key);
        }
    }
    let values: Vec<serde_json::Value> = serde_json::from_str(text).unwrap();
    assert_eq!(objects.len(), values.len());
    objects
}
