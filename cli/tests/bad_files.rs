//! Event files that are damaged, empty, absent or odd.

#![allow(clippy::unwrap_used)]

mod support;

use serde_json::Value;
use support::little::{RULES, reading, run};
use support::{Folder, brief, gzip, rows, zstd};

/// A gzip file whose sixty readings can be read and whose rest is cut off in the midst of a line.
fn truncated() -> Vec<u8> {
    use flate2::{Compression, write::GzEncoder};
    use std::io::Write;
    let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
    for second in 0..60 {
        encoder.write_all(reading(second, "").as_bytes()).unwrap();
    }
    encoder.write_all(b"{\"half\":").unwrap();
    encoder.flush().unwrap();
    let whole = encoder.get_ref().len();
    encoder.write_all(b"1}\n").unwrap();
    let mut bytes = encoder.finish().unwrap();
    bytes.truncate(whole);
    bytes
}

#[test]
fn a_gzip_file_that_breaks_off() {
    let folder = Folder::with(&[("rules/a.yaml", RULES)]);
    folder.write("in/1.ndjson.gz", truncated());
    folder.write("in/2.ndjson", reading(1, ""));
    let outcome = folder
        .run(&[
            "run",
            "--events",
            "in",
            "--alerts",
            "alerts.ndjson",
            "--rejects",
            "rejects.ndjson",
        ])
        .expect(2);
    let error = outcome.stderr.lines().last().unwrap();
    assert!(
        error.starts_with("error: in/1.ndjson.gz is damaged or incomplete: "),
        "{error}"
    );
    assert!(
        outcome.stderr.starts_with("60 events, 1 reject in "),
        "{}",
        outcome.stderr
    );
    let alerts = brief(&folder.read("alerts.ndjson"));
    assert_eq!(alerts.len(), 61);
    assert_eq!(alerts[60], "hot firing 60");
    let rejects = rows(&folder.read("rejects.ndjson"));
    assert_eq!(rejects.len(), 1);
    assert_eq!(
        (&rejects[0]["line"], &rejects[0]["raw"]),
        (&61.into(), &"{\"half\":".into())
    );

    let quiet = folder.run(&["run", "--events", "in", "--quiet"]).expect(2);
    assert_eq!(quiet.stderr, format!("{error}\n"));
    assert_eq!(quiet.alerts(), alerts);
    let piped = folder
        .run_with(&["run", "--events", "-", "--quiet"], &truncated())
        .expect(2);
    assert!(
        piped.stderr.starts_with("error: - is damaged"),
        "{}",
        piped.stderr
    );
    assert_eq!(piped.alerts(), alerts);
}

#[test]
fn damaged_gzip_files() {
    let good = gzip(&(reading(1, "") + &reading(2, "")));
    let mut wrong_sum = good.clone();
    let sum = wrong_sum.len() - 8;
    wrong_sum[sum] ^= 1;
    let garbage = [&good[..], b"no gzip header here"].concat();
    for (bytes, alerts) in [
        (garbage, 3),
        (wrong_sum, 3),
        (good[..good.len() - 4].to_vec(), 3),
        (good[..12].to_vec(), 0),
        (good[..2].to_vec(), 0),
    ] {
        let (outcome, rejects) = run("e.ndjson.gz", bytes);
        let outcome = outcome.expect(2);
        assert_eq!(outcome.alerts().len(), alerts);
        assert_eq!(rejects, Vec::<Value>::new());
        assert!(
            outcome.stderr.contains("error: e.ndjson.gz is damaged"),
            "{}",
            outcome.stderr
        );
    }
}

#[test]
fn damaged_zstd_files() {
    let good = zstd(&(reading(1, "") + &reading(2, "")));
    let mut wrong_sum = good.clone();
    *wrong_sum.last_mut().unwrap() ^= 1;
    let garbage = [&good[..], b"no frame here"].concat();
    let again = [&good[..], &good[..20]].concat();
    let window = b"\x28\xb5\x2f\xfd\x00\xf8\x01\x00\x00".to_vec();
    for (bytes, alerts, why) in [
        (garbage, 3, "no zstd"),
        // Of a short frame nothing is given out before its checksum is known to be right.
        (wrong_sum, 0, "checksum"),
        (again, 3, "breaks off"),
        (good[..good.len() - 2].to_vec(), 3, "breaks off"),
        (good[..20].to_vec(), 0, "breaks off"),
        (good[..5].to_vec(), 0, "breaks off"),
        (window, 0, "window"),
    ] {
        let (outcome, rejects) = run("e.ndjson.zst", bytes);
        let outcome = outcome.expect(2);
        assert_eq!(outcome.alerts().len(), alerts, "{}", outcome.stderr);
        assert_eq!(rejects, Vec::<Value>::new());
        let error = outcome.stderr.lines().last().unwrap();
        assert!(
            error.starts_with("error: e.ndjson.zst is damaged") && error.contains(why),
            "{error}"
        );
    }
}

#[test]
fn inputs_without_events() {
    for (name, content) in [
        ("e.ndjson", Vec::new()),
        ("e.ndjson", b"\n \r\n\t\n\n".to_vec()),
        ("e.ndjson.gz", Vec::new()),
        ("e.ndjson.gz", gzip("")),
        ("e.ndjson.zst", zstd("")),
        ("e.ndjson", b"\xef\xbb\xbf".to_vec()),
    ] {
        let (outcome, rejects) = run(name, content);
        let outcome = outcome.expect(0);
        assert_eq!((outcome.stdout.as_str(), rejects.len()), ("", 0));
        assert!(
            outcome.stderr.starts_with("0 events, 0 rejects in "),
            "{}",
            outcome.stderr
        );
    }
}

#[test]
fn files_that_are_not_there() {
    let folder = Folder::with(&[("rules/a.yaml", RULES), ("empty/notes.txt", "")]);
    folder.write("e.ndjson/readme", "a folder named as a file");
    for (input, message) in [
        ("nowhere.ndjson", "cannot read nowhere.ndjson: "),
        ("e.ndjson", "no event files in e.ndjson: "),
        ("empty", "no event files in empty: "),
    ] {
        let outcome = folder.run(&["run", "--events", input]).expect(2);
        assert!(
            outcome.stderr.starts_with(&format!("error: {message}")),
            "{}",
            outcome.stderr
        );
    }
}

#[test]
fn line_ends_of_all_sorts() {
    let text = reading(1, "") + &reading(2, "");
    let expected = ["hot firing 1", "busy firing 2", "hot firing 2"];
    for content in [
        text.clone(),
        text.trim_end().to_owned(),
        text.replace('\n', "\r\n"),
        text.replace('\n', "\r\n").trim_end().to_owned(),
        format!("\u{feff}{text}"),
        text.replace('\n', " \t\n"),
    ] {
        let (outcome, rejects) = run("e.ndjson", content);
        assert_eq!(outcome.expect(0).alerts(), expected);
        assert_eq!(rejects, Vec::<Value>::new());
    }
}
