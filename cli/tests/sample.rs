//! `tripline sample`, and readers that close their end of a pipe early.

#![allow(clippy::unwrap_used)]

mod support;

use std::fs;
use std::io::{BufRead, BufReader, Read};

use flate2::read::MultiGzDecoder;
use support::{Folder, shipped};

fn unpacked(bytes: &[u8]) -> String {
    let mut text = String::new();
    MultiGzDecoder::new(bytes)
        .read_to_string(&mut text)
        .unwrap();
    text
}

#[test]
fn the_same_seed_gives_the_same_bytes() {
    let folder = Folder::new();
    let sample = |seed: &str, events: &str| {
        folder
            .run(&["sample", "--seed", seed, "--events", events])
            .expect(0)
            .stdout
    };
    let text = sample("1", "500");
    assert_eq!(text, sample("1", "500"));
    assert!(sample("1", "600").starts_with(&text));
    assert_ne!(text, sample("2", "500"));
    assert_eq!(sample("1", "0"), "");

    folder
        .run(&["sample", "--events", "500", "--output", "e.ndjson"])
        .expect(0);
    assert_eq!(folder.read("e.ndjson"), text);
    folder
        .run(&["sample", "--events", "500", "--output", "e.ndjson.gz"])
        .expect(0);
    assert_eq!(
        unpacked(&fs::read(folder.path("e.ndjson.gz")).unwrap()),
        text
    );
}

#[test]
fn the_shipped_sample_is_that_of_seed_1() {
    let shipped = fs::read(shipped("rules/sample/events.ndjson.gz")).unwrap();
    let text = unpacked(&shipped);
    let events = text.lines().count().to_string();
    let outcome = Folder::new().run(&["sample", "--seed", "1", "--events", &events]);
    assert!(
        outcome.expect(0).stdout == text,
        "the sample is not the one that is shipped"
    );
    let outcome = Folder::new().run(&["sample"]);
    assert!(
        outcome.expect(0).stdout == text,
        "the defaults do not give the shipped sample"
    );
}

#[test]
fn a_sample_that_cannot_be_written_is_named() {
    let outcome = Folder::new()
        .run(&["sample", "--output", "no/such/file.gz"])
        .expect(2);
    assert!(
        outcome.stderr.contains("no/such/file.gz"),
        "{}",
        outcome.stderr
    );
}

/// Reads one line of a command's output, closes the pipe, and waits for the command.
#[track_caller]
fn read_one_line(folder: &Folder, arguments: &[&str]) {
    let mut child = folder.start(arguments);
    drop(child.stdin.take());
    let mut line = String::new();
    let mut reader = BufReader::new(child.stdout.take().unwrap());
    reader.read_line(&mut line).unwrap();
    assert!(!line.is_empty());
    drop(reader);
    let ended = child.wait_with_output().unwrap();
    let stderr = String::from_utf8(ended.stderr).unwrap();
    assert!(
        !stderr.contains("panicked") && !stderr.contains("error:"),
        "{stderr}"
    );
    assert!(ended.status.code().is_some(), "{}", ended.status);
    assert_ne!(ended.status.code(), Some(2), "{stderr}");
}

#[test]
fn a_reader_may_close_the_pipe() {
    let folder = Folder::new();
    let (rules, events) = (shipped("rules"), shipped("rules/sample/events.ndjson.gz"));
    read_one_line(&folder, &["sample", "--events", "1000000000"]);
    read_one_line(&folder, &["run", "--rules", &rules, "--events", &events]);
    read_one_line(
        &folder,
        &[
            "run", "--rules", &rules, "--events", &events, "--format", "text",
        ],
    );
    folder.write("bad/a.yaml", "alerts:\n  hot: {}\n".repeat(3_000));
    read_one_line(&folder, &["check", "--rules", "bad"]);
    read_one_line(&folder, &["check", "--rules", "bad", "--format", "json"]);
}
