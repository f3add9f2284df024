//! `tripline test --watch`: what changes is tested again.
#![allow(clippy::unwrap_used)]

mod support;

use std::fs;
use std::io::{BufRead, BufReader};
use std::process::Child;
use std::sync::mpsc::{Receiver, channel};
use std::thread;
use std::time::Duration;

use support::Folder;

/// Far longer than any of this takes.
const PATIENCE: Duration = Duration::from_secs(60);

/// A run that is ended with its test.
struct Watching(Child, Receiver<String>);

impl Watching {
    fn start(folder: &Folder) -> Watching {
        let mut child = folder.start(&["test", "--watch"]);
        let (sender, lines) = channel();
        let stderr = BufReader::new(child.stderr.take().unwrap());
        thread::spawn(move || {
            for line in stderr.lines().map_while(Result::ok) {
                if sender.send(line).is_err() {
                    return;
                }
            }
        });
        Watching(child, lines)
    }

    /// Waits for these lines, whatever comes between them.
    #[track_caller]
    fn wait(&self, wanted: &[&str]) {
        let mut seen = Vec::new();
        for wanted in wanted {
            loop {
                let Ok(line) = self.1.recv_timeout(PATIENCE) else {
                    panic!("{wanted} never comes after {seen:#?}");
                };
                seen.push(line);
                if seen.last().is_some_and(|line| line.contains(wanted)) {
                    break;
                }
            }
        }
    }
}

impl Drop for Watching {
    fn drop(&mut self) {
        self.0.kill().unwrap();
        self.0.wait().unwrap();
    }
}

/// Saves as most editors do.
fn save(folder: &Folder, name: &str, text: &str) {
    folder.write("rules/.saving", text);
    fs::rename(folder.path("rules/.saving"), folder.path(name)).unwrap();
}

#[test]
fn what_changes_is_tested_again() {
    let rules = |limit: u32| format!("alerts: {{hot: {{on: reading, when: value > {limit}}}}}\n");
    let test =
        "tests: [{name: hot, events: [{eventType: reading, value: 31}], expect: [{alert: hot}]}]\n";
    let folder = Folder::with(&[("rules/a.yaml", &rules(30)), ("rules/a.test.yaml", test)]);
    let watching = Watching::start(&folder);
    watching.wait(&["✓ 1 test in 1 file passed"]);
    save(&folder, "rules/a.yaml", &rules(40));
    watching.wait(&["── rules/a.yaml changed", "0 passed, 1 failed"]);
    save(&folder, "rules/a.test.yaml", &test.replace("31", "41"));
    watching.wait(&["── rules/a.test.yaml changed", "✓ 1 test in 1 file passed"]);
    // What cannot be run is told, and waits for its remedy.
    fs::remove_file(folder.path("rules/a.test.yaml")).unwrap();
    watching.wait(&["── rules/a.test.yaml is gone", "there are no tests"]);
    save(&folder, "rules/b.test.yaml", &test.replace("31", "41"));
    watching.wait(&["── rules/b.test.yaml is new", "✓ 1 test in 1 file passed"]);
}

#[test]
fn a_folder_that_is_not_there_is_not_waited_for() {
    Folder::new().run(&["test", "--watch"]).expect(2);
}

#[test]
fn a_file_of_events_that_a_test_names_is_watched() {
    let test = "tests: [{name: hot, events: [{file: day.ndjson}], expect: [{alert: hot}]}]\n";
    let event = |value: u32| {
        format!(
            "{{\"eventType\":\"reading\",\"timestamp\":\"2026-01-05T12:00:00Z\",\"value\":{value}}}\n"
        )
    };
    let folder = Folder::with(&[
        (
            "rules/a.yaml",
            "alerts: {hot: {on: reading, when: value > 30}}\n",
        ),
        ("rules/a.test.yaml", test),
        ("rules/day.ndjson", &event(31)),
    ]);
    let watching = Watching::start(&folder);
    watching.wait(&["✓ 1 test in 1 file passed"]);
    save(&folder, "rules/day.ndjson", &event(29));
    watching.wait(&["── day.ndjson changed", "0 passed, 1 failed"]);
}
