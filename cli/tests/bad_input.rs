//! What once broke something, and what fuzzers found worth keeping, through every command: no panic, no hang, a fitting exit code.
//!
//! Many files go through one process where a command takes a folder, so that the whole takes seconds.

#![allow(clippy::unwrap_used)]

mod support;

use std::ffi::OsStr;
use std::fs;
use std::io::BufReader;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use lsp_server::{Message, Notification, Request, RequestId};
use lsp_types::Url;
use serde_json::{Value, json};
use support::{Folder, Outcome, binary, project};
use tripline_engine::{RawFile, check};

/// The folder of the rules, with a name that has to be quoted in a shell.
const RULES: &str = "my rules (new)";

const EVENT: &str = r#"{"eventType":"a","timestamp":"2026-01-05T10:00:00Z","userId":"u","data":{"x":7,"temperature":36,"ok":false}}"#;

/// The command did its work, or said why not.
#[track_caller]
fn fitting(what: &str, outcome: Outcome) -> Outcome {
    let tail =
        |text: &str| text[text.floor_char_boundary(text.len().saturating_sub(2_000))..].to_owned();
    let code = outcome.code;
    let Outcome { stdout, stderr, .. } = &outcome;
    assert!(
        code.is_some_and(|code| (0..=2).contains(&code)) && !stderr.contains("panicked"),
        "{what}: {code:?}\n{}",
        tail(stderr)
    );
    assert!(
        code == Some(0) || !stdout.is_empty() || !stderr.is_empty(),
        "{what} fails without a word"
    );
    outcome
}

/// The files beneath a folder, by their paths.
fn files(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        match path.is_dir() {
            true => found.extend(files(&path)),
            false => found.push(path),
        }
    }
    found.sort();
    found
}

/// The sections of a file of the corpus: the lines from `=== name` on, by that name.
fn sections(text: &str) -> Vec<(String, String)> {
    let mut sections: Vec<(String, String)> = Vec::new();
    for line in text.split_inclusive('\n') {
        match line.strip_prefix("=== ") {
            Some(name) => sections.push((name.trim().to_owned(), String::new())),
            None => {
                if let Some((_, text)) = sections.last_mut() {
                    text.push_str(line);
                }
            }
        }
    }
    sections
}

/// The contents of every rule file of the corpora, and every expression as the condition of a rule.
fn rule_files() -> Vec<Vec<u8>> {
    let mut contents = Vec::new();
    for path in files(&project().join("tests/corpus")) {
        let text = fs::read_to_string(&path).unwrap();
        for (name, text) in sections(&text) {
            if name.ends_with(".yaml") && !name.ends_with("tripline.yaml") {
                contents.push(text.into_bytes());
            }
        }
    }
    for path in files(&project().join("tests/fuzz/corpus/rules")) {
        let bytes = fs::read(path).unwrap();
        let settings = b"=== settings";
        let end = bytes
            .windows(settings.len())
            .position(|part| part == settings);
        contents.push(bytes[..end.unwrap_or(bytes.len())].to_vec());
    }
    let mut expressions = String::from("alerts:\n");
    for (number, path) in files(&project().join("tests/fuzz/corpus/parser"))
        .iter()
        .enumerate()
    {
        let text = String::from_utf8_lossy(&fs::read(path).unwrap()).into_owned();
        expressions += &format!("  e{number}: {{when: {}, by: u}}\n", Value::from(text));
    }
    contents.push(expressions.into_bytes());
    assert!(contents.len() > 300, "only {}", contents.len());
    contents
}

/// A folder with each of these files by itself.
fn folder(contents: &[Vec<u8>], ending: &str) -> Folder {
    let folder = Folder::new();
    for (number, content) in contents.iter().enumerate() {
        folder.write(&format!("{RULES}/{number} a{ending}"), content);
    }
    folder.write("events.ndjson", EVENT);
    folder
}

#[test]
fn rule_files_through_commands_that_take_a_folder() {
    let contents = rule_files();
    let folder = folder(&contents, ".yaml");
    let run = |arguments: &[&str]| {
        let all = [arguments, &["--rules", RULES]].concat();
        fitting(&all.join(" "), folder.run(&all))
    };
    for format in ["text", "json", "sarif", "github", "junit"] {
        run(&["check", "--format", format]).expect(1);
    }
    run(&["fmt", "--check"]).expect(1);
    run(&["check", "--fix"]).expect(1);
    run(&["fmt"]).expect(1);
    run(&["run", "--events", "events.ndjson"]).expect(1);
    run(&["run", "--events", "events.ndjson", "--explain-alert", "a"]).expect(1);
    run(&[
        "run",
        "--events",
        "events.ndjson",
        "--why-not",
        "a",
        "--at",
        "2026-01-05T10:00:00Z",
    ])
    .expect(1);
    run(&["explain", "a", "--event", EVENT]).expect(1);
    run(&["test"]).expect(1);
    run(&["new", "alert", "another", "--on", "a"]).expect(1);
    let diff = ["diff", RULES, RULES, "--events", "events.ndjson"];
    fitting("diff", folder.run(&diff)).expect(1);
}

/// The files that compile, so that they are evaluated, too.
#[test]
fn rules_that_compile_through_commands_that_run_them() {
    let mut groups: Vec<Vec<RawFile>> = Vec::new();
    for content in rule_files() {
        let file = RawFile {
            name: format!("{}.yaml", groups.len()),
            bytes: content,
            settings: false,
        };
        let compiles = |files: Vec<RawFile>| check(files).program.is_some();
        if !compiles(vec![file.clone()]) {
            continue;
        }
        // Files that name the same alert stand in other folders.
        let fits = |group: &&mut Vec<RawFile>| {
            compiles(group.iter().cloned().chain([file.clone()]).collect())
        };
        match groups.iter_mut().rev().take(2).find(fits) {
            Some(group) => group.push(file),
            None => groups.push(vec![file]),
        }
    }
    let events: Vec<u8> = event_lines();
    for (number, group) in groups.into_iter().enumerate() {
        let contents: Vec<Vec<u8>> = group.into_iter().map(|file| file.bytes).collect();
        let folder = folder(&contents, ".yaml");
        folder.write("more.ndjson", &events);
        folder.write(
            &format!("{RULES}/t.test.yaml"),
            "tests: [{name: a, events: [{file: ../more.ndjson}], expect: []}]",
        );
        let run = |arguments: &[&str]| {
            let all = [arguments, &["--rules", RULES]].concat();
            fitting(&all.join(" "), folder.run(&all))
        };
        run(&[
            "run",
            "--events",
            "more.ndjson",
            "--until-end",
            "--trace",
            "trace.ndjson",
            "--aggregates",
            "rows.ndjson",
        ])
        .expect(0);
        // The others evaluate as `run` does, and read as the folder of all was read.
        if number % 8 > 0 {
            continue;
        }
        run(&["test"]);
        run(&["fmt"]);
        run(&["check", "--fail-on", "info"]);
        fitting(
            "diff",
            folder.run(&["diff", RULES, RULES, "--events", "more.ndjson"]),
        )
        .expect(0);
    }
}

/// The events of the corpora, one a line.
fn event_lines() -> Vec<u8> {
    let mut lines = Vec::new();
    for path in files(&project().join("tests/fuzz/corpus/events")) {
        lines.extend(fs::read(path).unwrap());
        lines.push(b'\n');
    }
    for path in files(&project().join("tests/corpus")) {
        for (name, text) in sections(&fs::read_to_string(&path).unwrap()) {
            if name == "events" {
                lines.extend(text.bytes());
            }
        }
    }
    lines
}

#[test]
fn events_through_every_command() {
    let folder = Folder::new();
    folder.write("archive/a b.ndjson", event_lines());
    let rules = support::shipped("rules");
    let run = |arguments: &[&str], code: i32| {
        fitting(&arguments.join(" "), folder.run(arguments)).expect(code);
    };
    run(&["schema", "infer", "archive"], 0);
    run(
        &[
            "run",
            "--rules",
            &rules,
            "--events",
            "archive",
            "--rejects",
            "rejects.ndjson",
        ],
        0,
    );
    run(&["diff", &rules, &rules, "--events", "archive"], 0);
    let asked = [
        "--why-not",
        "login-brute-force",
        "--key",
        r#"{"userId":"u"}"#,
        "--at",
        "2026-01-05T10:00:00Z",
    ];
    run(
        &[
            &["run", "--rules", &rules, "--events", "archive"],
            &asked[..],
        ]
        .concat(),
        0,
    );
    run(
        &[
            "run",
            "--rules",
            &rules,
            "--events",
            "archive",
            "--explain-alert",
            "0",
        ],
        2,
    );
    for path in files(&project().join("tests/fuzz/corpus/events"))
        .iter()
        .step_by(8)
    {
        let arguments = [
            "explain",
            "sensor-failed",
            "--rules",
            &rules,
            "--event",
            "-",
        ];
        fitting(
            "explain",
            folder.run_with(&arguments, &fs::read(path).unwrap()),
        );
    }
}

#[test]
fn rule_files_in_the_place_of_tests() {
    let folder = folder(&rule_files(), ".test.yaml");
    folder.write(
        &format!("{RULES}/a.yaml"),
        "alerts: {hot: {on: a, when: data.x > 1}}",
    );
    let arguments = ["test", "--junit", "report.xml", "--rules", RULES];
    let outcome = fitting("test", folder.run(&arguments)).expect(1);
    assert!(outcome.stdout.contains("error["), "{}", outcome.stdout);
}

#[test]
fn rule_files_in_an_editor() {
    let folder = tempfile::tempdir().unwrap();
    fs::create_dir(folder.path().join("rules")).unwrap();
    let mut child = Command::new(binary())
        .arg("lsp")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut input = child.stdin.take().unwrap();
    let mut output = BufReader::new(child.stdout.take().unwrap());
    let mut asked = 0;
    let mut ask = |input: &mut _, method: &str, params: Value| {
        asked += 1;
        let id = RequestId::from(asked);
        Message::Request(Request::new(id.clone(), method.to_owned(), params))
            .write(input)
            .unwrap();
        loop {
            if let Message::Response(response) = Message::read(&mut output).unwrap().unwrap()
                && response.id == id
            {
                return;
            }
        }
    };
    let tell = |input: &mut _, method: &str, params: Value| {
        let told = Notification::new(method.to_owned(), params);
        Message::Notification(told).write(input).unwrap();
    };
    let root = Url::from_file_path(folder.path()).unwrap();
    ask(
        &mut input,
        "initialize",
        json!({"rootUri": root, "capabilities": {}}),
    );
    tell(&mut input, "initialized", json!({}));
    let uri = |name: &str| Url::from_file_path(folder.path().join("rules").join(name)).unwrap();
    let (rules, tests) = (uri("a b.yaml"), uri("a b.test.yaml"));
    for uri in [&rules, &tests] {
        let document = json!({"uri": uri, "languageId": "yaml", "version": 1, "text": ""});
        tell(
            &mut input,
            "textDocument/didOpen",
            json!({"textDocument": document}),
        );
    }
    for (content, version) in rule_files().iter().zip(2..) {
        let text = String::from_utf8_lossy(content);
        let lines = text.lines().count();
        for uri in [&rules, &tests] {
            let document = json!({"uri": uri, "version": version});
            let changes = json!([{"text": text}]);
            tell(
                &mut input,
                "textDocument/didChange",
                json!({"textDocument": document, "contentChanges": changes}),
            );
        }
        // One place in each file, another one each time; the end and what lies past it, too.
        let place = json!({"textDocument": {"uri": rules}, "position": {"line": version % (lines + 2), "character": 7 + version % 40}});
        for method in ["completion", "hover", "definition"] {
            ask(&mut input, &format!("textDocument/{method}"), place.clone());
        }
        ask(
            &mut input,
            "textDocument/formatting",
            json!({"textDocument": {"uri": rules}, "options": {"tabSize": 2, "insertSpaces": true}}),
        );
    }
    ask(&mut input, "shutdown", Value::Null);
    tell(&mut input, "exit", Value::Null);
    drop(input);
    assert!(child.wait().unwrap().success());
}

#[test]
fn revisions_that_there_are_not() {
    let folder = Folder::with(&[("a b/a.yaml", "alerts: {hot: {when: x > 1}}")]);
    folder.write("events.ndjson", EVENT);
    for revision in ["none", "", "-n", "--help", "a b", "HEAD~9", "é\u{7}"] {
        let since = format!("--changed-since={revision}");
        let outcome = folder.run(&["check", "--rules", "a b", &since]).expect(2);
        assert!(outcome.stderr.starts_with("error: "), "{}", outcome.stderr);
        let old = format!("git:{revision}");
        let diff = [
            "diff",
            &old,
            "a b",
            "--rules",
            "a b",
            "--events",
            "events.ndjson",
        ];
        let outcome = folder.run(&diff).expect(2);
        assert!(outcome.stderr.starts_with("error: "), "{}", outcome.stderr);
    }
}

#[test]
fn formatting_and_mending_keep_line_ends_and_marks() {
    let text = "# höher\nalerts:\n  hot: # here\n    when: |\n      35<data.x   # °C\n        or (not (data.y == 3))\n    by:   u\n    on: a\n    summary: \"{ data.x  :.1} °C\"\n";
    for mark in ["", "\u{feff}"] {
        for end in ["\n", "\r\n"] {
            let written = format!("{mark}{}", text.replace('\n', end));
            for command in [&["check", "--fix"][..], &["fmt"]] {
                let folder = Folder::with(&[("rules/a.yaml", &written)]);
                folder.run(command).expect(0);
                let after = folder.read("rules/a.yaml");
                assert_ne!(after, written, "{command:?}");
                assert_eq!(
                    after.starts_with('\u{feff}'),
                    !mark.is_empty(),
                    "{command:?}: {after:?}"
                );
                let (all, pairs) = (after.matches('\n').count(), after.matches("\r\n").count());
                assert_eq!(
                    pairs,
                    if end == "\n" { 0 } else { all },
                    "{command:?}: {after:?}"
                );
                assert_eq!(all, text.matches('\n').count(), "{command:?}: {after:?}");
            }
        }
    }
}

/// Such names are shown with other signs; files of those names are not to come into being.
#[cfg(target_os = "linux")]
#[test]
fn names_that_are_no_text() {
    use std::os::unix::ffi::OsStrExt;
    let folder = Folder::new();
    fs::create_dir(folder.path("rules")).unwrap();
    let name = OsStr::from_bytes(b"rules/\xff\xfe.yaml");
    fs::write(
        folder.path(".").join(name),
        "alerts:\n  hot:\n    when: (x>1)\n    by: u\n    on: a\n",
    )
    .unwrap();
    let name = OsStr::from_bytes(b"rules/\xff.test.yaml");
    fs::write(
        folder.path(".").join(name),
        "tests: [{name: a, events: [{eventType: a, x: 2}], expect: []}]",
    )
    .unwrap();
    let name = OsStr::from_bytes(b"\xff.ndjson");
    fs::write(folder.path(".").join(name), EVENT).unwrap();
    for arguments in [
        &["check"][..],
        &["check", "--format", "sarif"],
        &["check", "--fix"],
        &["fmt", "--check"],
        &["fmt"],
        &["test"],
        &["run", "--events", "."],
        &["schema", "infer", "."],
        &["diff", "rules", "rules", "--events", "."],
    ] {
        fitting(&arguments.join(" "), folder.run(arguments));
    }
    let mut names: Vec<_> = fs::read_dir(folder.path("rules"))
        .unwrap()
        .map(|entry| entry.unwrap().file_name())
        .collect();
    names.sort();
    assert_eq!(names.len(), 2, "{names:?}");
}

#[test]
fn a_thousand_million_events_are_refused() {
    for events in [
        "{times: 1000000000, every: 1s, eventType: a}",
        "{times: 100000, every: 1s, each: {u: [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11]}, eventType: a}",
        "{times: 600000, every: 1s, eventType: a}, {times: 600000, every: 1s, eventType: a}",
    ] {
        let tests = format!("tests: [{{name: many, events: [{events}], expect: []}}]\n");
        let folder = Folder::with(&[
            ("rules/a.yaml", "alerts: {hot: {on: a, when: x > 1}}"),
            ("rules/a.test.yaml", &tests),
        ]);
        let outcome = folder.run(&["test"]).expect(1);
        assert!(
            outcome.stdout.contains("E1903") && outcome.stdout.contains("1000000"),
            "{}",
            outcome.stdout
        );
    }
}
