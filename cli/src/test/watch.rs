//! `tripline test --watch`: the tests again whenever a rule or a test changes.

use std::collections::BTreeMap;
use std::path::Path;
use std::process::ExitCode;
use std::sync::mpsc::{RecvTimeoutError, channel};

use tripline_engine::yaml::{self, Content};
use tripline_engine::{RawFile, loader};

use super::fixture;
use crate::args::TestArgs;
use crate::changes::{look, look_every, rest_of_burst, watcher};
use crate::failure::Failure;
use crate::terminal::{Terminal, counted, tame};

/// The files of a folder, by their names.
type Files = BTreeMap<String, Vec<u8>>;

/// Runs the tests, and runs them again after every change, until it is interrupted.
pub(super) fn watch(args: &TestArgs, terminal: &Terminal) -> Result<ExitCode, Failure> {
    let folder = &args.rules;
    let (sender, changes) = channel();
    // Before the files are read for the first time, so that no change is missed.
    let watcher = watcher(folder, is_visible, sender.clone());
    let every = look_every(watcher.is_some());
    let mut seen = look(folder, is_visible);
    let mut files = read(folder)?;
    again(args, terminal)?;
    loop {
        match changes.recv_timeout(every) {
            Ok(began) => rest_of_burst(&changes, began),
            Err(RecvTimeoutError::Timeout) => {
                let now = look(folder, is_visible);
                if now == seen {
                    continue;
                }
                seen = now;
            }
            Err(RecvTimeoutError::Disconnected) => return Ok(ExitCode::SUCCESS),
        }
        // A file may be gone between being listed and being read; that is a change, too.
        let Ok(now) = read(folder) else {
            continue;
        };
        let Some(reason) = reason(&files, &now) else {
            continue;
        };
        files = now;
        terminal.note(&format!("── {reason}\n"));
        again(args, terminal)?;
    }
}

/// Tests name files of events, which may have any ending.
fn is_visible(name: &str) -> bool {
    !name.starts_with('.')
}

/// Runs the tests; what keeps them from running may be mended by the next change.
fn again(args: &TestArgs, terminal: &Terminal) -> Result<(), Failure> {
    match super::once(args, terminal) {
        Err(Failure::Message(message)) => terminal.error(&message),
        Err(closed) => return Err(closed),
        Ok(_) => {}
    }
    Ok(())
}

fn read(folder: &Path) -> Result<Files, Failure> {
    let fail = |error: loader::LoadError| Failure::Message(error.to_string());
    let rules = loader::read_rules(folder).map_err(fail)?;
    let tests = loader::read_tests(folder).map_err(fail)?;
    let fixtures: Vec<(String, Vec<u8>)> = tests.iter().flat_map(fixtures).collect();
    let files = rules.into_iter().chain(tests);
    let files = files.map(|file| (file.name, file.bytes));
    Ok(files.chain(fixtures).collect())
}

/// The files of events that the tests of a file name, those that can be read.
fn fixtures(file: &RawFile) -> Vec<(String, Vec<u8>)> {
    let document = yaml::parse(&String::from_utf8_lossy(&file.bytes));
    let list = |node: Option<&yaml::Node>| match node.map(|node| &node.content) {
        Some(Content::List(items)) => items.clone(),
        _ => Vec::new(),
    };
    let tests = list(document.root.as_ref().and_then(|root| root.get("tests")));
    let events = tests.iter().flat_map(|test| list(test.get("events")));
    let names = events.filter_map(|event| Some(event.get("file")?.as_scalar()?.value.to_string()));
    let read = names.filter_map(|name| Some((name.clone(), fixture(&file.name, &name).ok()?)));
    read.collect()
}

/// Says which files are not as they were: `rules/a.yaml changed`, `rules/b.yaml is new and 2 files changed`.
fn reason(before: &Files, now: &Files) -> Option<String> {
    let names = |changed: Vec<&String>, one: &str, several: &str| match changed.as_slice() {
        [] => None,
        [name] => Some(format!("{} {one}", tame(name))),
        names => Some(format!("{} {several}", counted(names.len() as u64, "file"))),
    };
    let new = now.keys().filter(|name| !before.contains_key(*name));
    let gone = before.keys().filter(|name| !now.contains_key(*name));
    let changed = now.iter().filter_map(|(name, bytes)| {
        let is_other = before.get(name).is_some_and(|before| before != bytes);
        is_other.then_some(name)
    });
    let said = [
        names(new.collect(), "is new", "are new"),
        names(changed.collect(), "changed", "changed"),
        names(gone.collect(), "is gone", "are gone"),
    ];
    let said: Vec<String> = said.into_iter().flatten().collect();
    (!said.is_empty()).then(|| said.join(" and "))
}

#[cfg(test)]
mod tests {
    use super::{Files, reason};

    #[test]
    fn what_is_not_as_it_was_is_named() {
        let files = |texts: &[(&str, &str)]| -> Files {
            let texts = texts.iter();
            texts
                .map(|(name, text)| (name.to_string(), text.as_bytes().to_vec()))
                .collect()
        };
        let before = files(&[("a", "1"), ("b", "2"), ("c", "3")]);
        let said = |now: &[(&str, &str)]| reason(&before, &files(now));
        assert_eq!(said(&[("a", "1"), ("b", "2"), ("c", "3")]), None);
        let one = said(&[("a", "9"), ("b", "2"), ("c", "3")]);
        assert_eq!(one.as_deref(), Some("a changed"));
        let all = said(&[("a", "9"), ("b", "9"), ("d", "4")]);
        assert_eq!(
            all.as_deref(),
            Some("d is new and 2 files changed and c is gone")
        );
    }
}
