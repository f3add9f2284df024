//! `tripline check`: lints, their levels, formats and fixes.

#![allow(clippy::unwrap_used)]

mod support;

use std::process::Command;

use serde_json::Value;
use support::{Folder, shipped};

/// Rules with a warning, a note and a warning that can be mended.
const RULES: &str = "\
# Rooms, by the landlord.
alerts:
  hot:            # above the law's limit
    on: reading
    when: 35 < data.temperature
    by: room
    summary: \"{room} is hot\"
  cold:
    on: reading
    when: not (data.temperature >= 5) and data.status in [\"on\"]   # winter
    by: room
    summary: \"{room} is cold\"
  open:
    on: reading
    when: count(data.open == true) over 5m / count() over 5m > 50%
    by: room
    summary: \"{room}, 100% open: <&>\"
";
const CLEAN: &str = "\
alerts:
  warm:
    on: reading
    when: data.temperature > 35
    by: room
    summary: \"{room} is warm\"
";

fn codes(text: &str) -> Vec<String> {
    let rows: Value = serde_json::from_str(text).unwrap();
    let rows = rows.as_array().unwrap().iter();
    rows.map(|row| row["id"].as_str().unwrap().to_owned())
        .collect()
}

#[test]
fn lints_are_found_and_set() {
    let folder = Folder::with(&[("rules/a.yaml", RULES)]);
    let json = ["check", "--format", "json"];
    let found = |more: &[&str], code| {
        let arguments = [&json[..], more].concat();
        codes(&folder.run(&arguments).expect(code).stdout)
    };
    let all = [
        "yoda-order",
        "negated-comparison",
        "single-item-in",
        "ratio-without-minimum",
    ];
    assert_eq!(found(&[], 0), all);
    assert_eq!(found(&["--fail-on", "warning"], 1), all);
    assert_eq!(found(&["--deny", "yoda-order"], 1), all);
    assert_eq!(found(&["--allow", "yoda-order,W2121"], 0), [all[1], all[3]]);
    assert_eq!(
        found(&["--deny", "missing-owner", "--fail-on", "error"], 1).len(),
        7
    );
    folder.write(
        "rules/tripline.yaml",
        "lint: {allow: [yoda-order], deny: [use-in]}\n",
    );
    assert_eq!(found(&[], 0), all[1..]);
    assert_eq!(found(&["--deny", "yoda-order"], 1), all);
    for (name, said) in [
        ("yoda-oder", "did you mean `yoda-order`?"),
        ("weather", "grammar/LINTS.md"),
        ("unknown-key", "is an error"),
    ] {
        let outcome = folder.run(&["check", "--allow", name]).expect(2);
        assert!(outcome.stderr.contains(said), "{}", outcome.stderr);
    }
    let page = folder.run(&["check", "--explain", "yoda-order"]).expect(0);
    assert!(
        page.stdout.starts_with("W2123 yoda-order\n"),
        "{}",
        page.stdout
    );
}

#[test]
fn the_shipped_rules_are_clean_at_the_strictest() {
    let rules = shipped("rules");
    let arguments = [
        "check",
        "--rules",
        &rules,
        "--fail-on",
        "info",
        "--format",
        "json",
    ];
    assert_eq!(Folder::new().run(&arguments).expect(0).stdout, "[]\n");
}

#[test]
fn suppressions_hold_for_their_rule_and_are_checked_themselves() {
    let rule = |comment: &str| {
        format!(
            "lists: {{}}\n\n\n{comment}\nalerts:\n{}",
            RULES.split_once("alerts:\n").unwrap().1
        )
    };
    let found = |text: &str| {
        let folder = Folder::with(&[("rules/a.yaml", text)]);
        let arguments = ["check", "--format", "json", "--allow", "negated-comparison"];
        codes(&folder.run(&arguments).expect(0).stdout)
    };
    let whole = ["yoda-order", "single-item-in", "ratio-without-minimum"];
    assert_eq!(found(&rule("# said by others")), whole);
    assert_eq!(
        found(&rule(
            "# tripline: allow(yoda-order, single-item-in) old rules"
        )),
        [whole[2]]
    );
    assert_eq!(
        found(&rule("# tripline: allow(yoda-order) old until 2150-01-01")),
        whole[1..]
    );
    let expired = found(&rule("# tripline: allow(yoda-order) old until 2020-01-01"));
    assert_eq!(expired, [&["expired-suppression"], &whole[..]].concat());
    for bad in [
        "allow(yoda-order)",
        "allow(yoda-oder) old",
        "allow(unknown-key) old",
        "allow yoda",
        "allow(yoda-order) old until 2020-13-01",
        "allow()",
    ] {
        let found = found(&rule(&format!("# tripline: {bad}")));
        assert_eq!(found, [&["bad-suppression"], &whole[..]].concat(), "{bad}");
    }
    // In or right above an alert it holds for that alert alone.
    let inside = RULES.replace("# winter", "# tripline: allow(single-item-in) more to come");
    assert_eq!(found(&inside), [whole[0], whole[2]]);
    let above = RULES.replace(
        "  hot: ",
        "  # tripline: allow(yoda-order) so it is in the law\n  # of 1999\n  hot: ",
    );
    assert_eq!(found(&above), whole[1..]);
    let elsewhere = RULES.replace("# winter", "# tripline: allow(yoda-order) no");
    // Findings come by place, and the comment stands behind what it stands beside.
    let with_unused = [whole[0], whole[1], "unused-suppression", whole[2]];
    assert_eq!(found(&elsewhere), with_unused);
}

#[test]
fn fixes_keep_comments_and_everything_else() {
    for rules in [
        RULES.to_owned(),
        RULES.replace('\n', "\r\n"),
        format!("\u{feff}{RULES}"),
    ] {
        let folder = Folder::with(&[("rules/a b.yaml", &rules)]);
        let outcome = folder
            .run(&["check", "--fix", "--format", "json"])
            .expect(0);
        assert_eq!(codes(&outcome.stdout), ["ratio-without-minimum"]);
        assert!(
            outcome.stderr.starts_with("3 findings mended\n"),
            "{}",
            outcome.stderr
        );
        let wanted = rules
            .replace("35 < data.temperature", "data.temperature > 35")
            .replace("not (data.temperature >= 5)", "data.temperature < 5")
            .replace("data.status in [\"on\"]", "data.status == \"on\"");
        assert_eq!(folder.read("rules/a b.yaml"), wanted);
        let again = folder.run(&["check", "--fix"]).expect(0);
        assert!(
            again.stderr.starts_with("0 findings mended\n"),
            "{}",
            again.stderr
        );
        assert_eq!(folder.read("rules/a b.yaml"), wanted);
    }
}

#[test]
fn a_fix_that_yaml_would_misread_is_left_to_the_author() {
    // In a flow mapping a list would end the value.
    let flow = "alerts: {hot: {on: reading, by: room, summary: \"{room}\", when: 'a == 1 or a == 2 or a == \"it''s\"'}}\n";
    let folder = Folder::with(&[("rules/a.yaml", flow)]);
    folder.run(&["check", "--fix"]).expect(0);
    assert_eq!(folder.read("rules/a.yaml"), flow);
}

#[test]
fn sarif_is_valid_with_and_without_findings() {
    let schema = include_str!("data/sarif-2.1.0.json");
    // Its pattern of languages has a bracket too many for a strict reader; nothing here has a language.
    let schema = schema.replace("[a-zA-Z]{2}]?$", "[a-zA-Z]{2}$");
    let schema: Value = serde_json::from_str(&schema).unwrap();
    let validator = jsonschema::draft7::new(&schema).unwrap();
    let broken = RULES.replace("50%", "");
    let silent = "alerts: {}\n";
    for (text, code, results) in [
        (RULES, 0, 4),
        (CLEAN, 0, 0),
        (&broken, 1, 3),
        (silent, 0, 1),
    ] {
        let folder = Folder::with(&[("rules/räume & co.yaml", text)]);
        let outcome = folder.run(&["check", "--format", "sarif"]).expect(code);
        let log: Value = serde_json::from_str(&outcome.stdout).unwrap();
        let errors: Vec<String> = validator
            .iter_errors(&log)
            .map(|error| error.to_string())
            .collect();
        assert!(errors.is_empty(), "{errors:?}");
        let run = &log["runs"][0];
        assert_eq!(run["results"].as_array().unwrap().len(), results);
        for result in run["results"].as_array().unwrap() {
            let index = result["ruleIndex"].as_u64().unwrap() as usize;
            assert_eq!(
                run["tool"]["driver"]["rules"][index]["id"],
                result["ruleId"]
            );
            let place = &result["locations"][0]["physicalLocation"];
            assert_eq!(
                place["artifactLocation"]["uri"],
                "rules/r%C3%A4ume%20%26%20co.yaml"
            );
        }
    }
    // What the schema refuses, so that it is seen to look.
    assert!(!validator.is_valid(&serde_json::json!({"version": "2.1.0"})));
}

#[test]
fn github_annotations_are_one_line_each() {
    let folder = Folder::with(&[("rules/a,b.yaml", RULES), ("rules/c.yaml", CLEAN)]);
    let found = folder
        .run(&["check", "--format", "github", "--deny", "W2123"])
        .expect(1);
    let lines: Vec<&str> = found.stdout.lines().collect();
    assert_eq!(
        lines[0],
        "::error file=rules/a%2Cb.yaml,line=5,endLine=5,col=11,endColumn=32,title=W2123 yoda-order::the limit stands before what is compared with it%0Awrite `data.temperature > 35`"
    );
    let commands = lines.iter().map(|line| line.split(' ').next().unwrap());
    assert_eq!(
        commands.collect::<Vec<_>>()[..4],
        ["::error", "::notice", "::warning", "::warning"]
    );
    let clean = Folder::with(&[("rules/c.yaml", CLEAN)]);
    assert_eq!(
        clean.run(&["check", "--format", "github"]).expect(0).stdout,
        ""
    );
}

#[test]
fn junit_has_a_suite_for_each_file() {
    let folder = Folder::with(&[("rules/a&b.yaml", RULES), ("rules/c.yaml", CLEAN)]);
    let found = folder.run(&["check", "--format", "junit"]).expect(0).stdout;
    assert!(found.starts_with("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites name=\"tripline check\" failures=\"3\">"));
    assert!(
        found.contains("<testsuite name=\"rules/a&amp;b.yaml\" tests=\"4\" failures=\"3\">"),
        "{found}"
    );
    assert!(
        found.contains("<testcase classname=\"rules/c.yaml\" name=\"no findings\"/>"),
        "{found}"
    );
    assert!(
        found.contains("write `data.temperature &gt; 35`"),
        "{found}"
    );
    assert_eq!(found.matches("<failure ").count(), 3);
    assert_eq!(
        found.matches("<testcase ").count(),
        found.matches("</testcase>").count() + 1
    );
}

fn git(folder: &Folder, arguments: &[&str]) {
    let identity = [
        "-c",
        "user.name=a",
        "-c",
        "user.email=a@example.com",
        "-c",
        "commit.gpgsign=false",
    ];
    let output = Command::new("git")
        .current_dir(folder.path("."))
        .args(identity)
        .args(arguments)
        .output()
        .unwrap();
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
}

#[test]
fn findings_of_what_changed_since_a_revision() {
    let folder = Folder::with(&[("my rules/a.yaml", RULES)]);
    let since = |revision: &str| {
        let arguments = [
            "check",
            "--rules",
            "my rules",
            "--format",
            "json",
            "--changed-since",
            revision,
        ];
        folder.run(&arguments)
    };
    let message = since("HEAD").expect(2).stderr;
    assert!(
        message.contains("git knows no revision `HEAD` in my rules"),
        "{message}"
    );
    git(&folder, &["init", "-q"]);
    git(&folder, &["add", "."]);
    git(&folder, &["commit", "-q", "-m", "rules"]);
    assert_eq!(codes(&since("HEAD").expect(0).stdout), Vec::<String>::new());
    for bad in ["nowhere", "--all", "HEAD~9", ""] {
        let message = folder
            .run(&[
                "check",
                "--rules",
                "my rules",
                &format!("--changed-since={bad}"),
            ])
            .expect(2)
            .stderr;
        assert!(message.contains("git knows no revision"), "{message}");
    }
    // Another alert of the file, and a comment outside of all of them.
    folder.write(
        "my rules/a.yaml",
        RULES
            .replace("above the law's", "beyond the law's")
            .replace("> 50%", "> 60%"),
    );
    assert_eq!(
        codes(&since("HEAD").expect(0).stdout),
        ["yoda-order", "ratio-without-minimum"]
    );
    folder.write("my rules/a.yaml", RULES.replace("Rooms", "All rooms"));
    assert_eq!(codes(&since("HEAD").expect(0).stdout), Vec::<String>::new());
    // A default reaches all alerts of its file; a new file is new as a whole.
    folder.write(
        "my rules/a.yaml",
        format!("defaults: {{severity: info}}\n{RULES}"),
    );
    assert_eq!(codes(&since("HEAD").expect(0).stdout).len(), 4);
    folder.write("my rules/a.yaml", RULES);
    // The second one stands in the old file, and is about a rule of the new one.
    folder.write(
        "my rules/0.yaml",
        CLEAN.replace("data.temperature > 35", "35 < data.temperature"),
    );
    let found = codes(&since("HEAD").expect(0).stdout);
    assert_eq!(found, ["yoda-order", "duplicate-condition"]);
    folder.write("my rules/0.yaml", "");
    folder.write(
        "my rules/b.yaml",
        CLEAN
            .replace("data.temperature > 35", "40 < data.heat")
            .replace("hot", "burning"),
    );
    let found = codes(&since("HEAD").expect(0).stdout);
    assert_eq!(found, ["empty-file", "yoda-order"]);
}

#[test]
fn odd_files_are_checked_like_others() {
    for (name, text, ids) in [
        ("empty", "", &["empty-file"][..]),
        ("comment", "# nothing\n", &["empty-file"]),
        (
            "mark",
            &format!("\u{feff}{RULES}"),
            &[
                "yoda-order",
                "negated-comparison",
                "single-item-in",
                "ratio-without-minimum",
            ],
        ),
        (
            "returns",
            &RULES.replace('\n', "\r\n"),
            &[
                "yoda-order",
                "negated-comparison",
                "single-item-in",
                "ratio-without-minimum",
            ],
        ),
    ] {
        let folder = Folder::with(&[(&format!("rules/{name} file.yaml"), text)]);
        for format in ["json", "text", "sarif", "github", "junit"] {
            let outcome = folder.run(&["check", "--format", format]).expect(0);
            if format == "json" {
                assert_eq!(codes(&outcome.stdout), ids, "{name}");
            }
        }
    }
}

#[test]
fn tests_beside_the_rules_are_looked_at() {
    let rules =
        "alerts:\n  hot: {on: reading, when: value > 30}\n  cold: {on: reading, when: value < 5}\n";
    let allowed = rules.replace(
        "  cold",
        "  # tripline: allow(alert-without-test) it is as hot\n  cold",
    );
    let test =
        "tests: [{name: hot, events: [{eventType: reading, value: 31}], expect: [{alert: hot}]}]\n";
    let folder = Folder::with(&[("rules/a.yaml", rules)]);
    let about_tests = || {
        let found = folder.run(&["check", "--format", "json"]).expect(0).stdout;
        let found: serde_json::Value = serde_json::from_str(&found).unwrap();
        let found = found.as_array().unwrap().iter();
        let found = found.map(|one| format!("{} {}", one["id"].as_str().unwrap(), one["alert"]));
        let mut found: Vec<String> = found
            .filter(|one| one.contains("test") || one.contains("suppression"))
            .collect();
        found.sort();
        found
    };
    assert!(about_tests().is_empty(), "{:?}", about_tests());
    folder.write("rules/a.yaml", &allowed);
    assert!(about_tests().is_empty(), "{:?}", about_tests());
    folder.write("rules/a.test.yaml", test);
    assert_eq!(about_tests(), ["alert-without-negative-test \"hot\""]);
    folder.write("rules/a.yaml", rules);
    let both = [
        "alert-without-negative-test \"hot\"",
        "alert-without-test \"cold\"",
    ];
    assert_eq!(about_tests(), both);
    // What is wrong with a test file is for `tripline test` to say.
    folder.write("rules/a.test.yaml", "tests: [");
    assert!(about_tests().is_empty(), "{:?}", about_tests());
}
