//! Where `tripline run` reads from and writes to.

#![allow(clippy::unwrap_used)]

mod support;

use support::rooms::{RULES, folder, reading, two};
use support::{Folder, gzip, zstd};

#[test]
fn inputs_are_read_in_the_order_given() {
    let folder = folder();
    let expected = folder
        .run(&["run", "--events", "e.ndjson"])
        .expect(0)
        .alerts();
    let events = two();
    let (first, second) = events.split_at(reading(1, "a", "31").len());

    let outcome = folder
        .run_with(&["run", "--events", "-"], events.as_bytes())
        .expect(0);
    assert_eq!(outcome.alerts(), expected);
    assert_eq!(outcome.rows()[0]["source"]["file"], "-");
    let outcome = folder
        .run_with(&["run", "--events", "-"], &gzip(&events))
        .expect(0);
    assert_eq!(outcome.alerts(), expected);

    // Neither the name nor the place says whether a file is compressed: its content does.
    folder.write("whole.json", gzip(&events));
    folder.write("members.gz", [gzip(first), gzip(""), gzip(second)].concat());
    folder.write("named.ndjson.gz", &events);
    folder.write("zstd.ndjson.gz", zstd(&events));
    folder.write("frames.zst", [zstd(first), zstd(""), zstd(second)].concat());
    for file in [
        "whole.json",
        "members.gz",
        "named.ndjson.gz",
        "zstd.ndjson.gz",
        "frames.zst",
    ] {
        let outcome = folder.run(&["run", "--events", file]).expect(0);
        assert_eq!(outcome.alerts(), expected, "{file}");
        assert_eq!(outcome.rows()[0]["source"]["file"], file);
    }

    folder.write("b.ndjson", first);
    folder.write("a.ndjson", second);
    let outcome = folder
        .run(&["run", "--events", "b.ndjson", "a.ndjson", "--quiet"])
        .expect(0);
    assert_eq!(
        outcome.alerts(),
        ["hot firing 1", "busy firing 1", "hot firing 1"]
    );
    let repeated = folder
        .run(&["run", "--events", "b.ndjson", "--events", "a.ndjson"])
        .expect(0);
    assert_eq!(repeated.stdout, outcome.stdout);
}

#[test]
fn folders_are_read_in_path_order() {
    let folder = Folder::with(&[("rules/a.yaml", RULES)]);
    folder.write("in/c.jsonl", reading(3, "c", "33"));
    folder.write("in/b/x.json.gz", gzip(&reading(2, "b", "32")));
    folder.write("in/a.ndjson", reading(1, "a", "31"));
    folder.write("in/d.ndjson.gz", gzip(&reading(4, "d", "34")));
    folder.write("in/e.ndjson.zst", zstd(&reading(5, "e", "35")));
    folder.write("in/notes.txt", "no events");
    folder.write("in/.hidden.ndjson", "no events");
    let outcome = folder
        .run(&["run", "--events", "in", "--fail-on", "rejects"])
        .expect(0);
    let files: Vec<_> = outcome
        .rows()
        .iter()
        .map(|row| row["source"]["file"].as_str().unwrap().to_owned())
        .collect();
    assert_eq!(
        files,
        [
            "in/a.ndjson",
            "in/b/x.json.gz",
            "in/c.jsonl",
            "in/d.ndjson.gz",
            "in/e.ndjson.zst"
        ]
    );
}

#[test]
fn what_cannot_be_read_or_written_is_named() {
    let folder = folder();
    for (arguments, named) in [
        (
            &["--rules", "nowhere", "--events", "e.ndjson"][..],
            "nowhere",
        ),
        (&["--events", "missing.ndjson"], "missing.ndjson"),
        (
            &["--events", "e.ndjson", "missing.ndjson"],
            "missing.ndjson",
        ),
        (&["--events", "e.ndjson", "--alerts", "no/out"], "no/out"),
        (&["--events", "e.ndjson", "--rejects", "no/out"], "no/out"),
        (
            &["--events", "e.ndjson", "--alerts", "e.ndjson"],
            "e.ndjson",
        ),
        (&["--events", ".", "--rejects", "./e.ndjson"], "e.ndjson"),
        (
            &["--events", "e.ndjson", "--alerts", "x", "--rejects", "x"],
            "same file",
        ),
        (&["--events", "e.ndjson", "--fail-on", "warning"], "warning"),
        (&["--events"], "--events"),
    ] {
        let outcome = folder.run(&[&["run"], arguments].concat()).expect(2);
        assert_eq!(outcome.stdout, "");
        assert!(outcome.stderr.contains(named), "{}", outcome.stderr);
        assert!(outcome.stderr.starts_with("error: "), "{}", outcome.stderr);
    }
    assert_eq!(folder.read("e.ndjson"), two());
}
