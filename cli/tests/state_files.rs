//! `tripline run --state` with files that are none of ours, are damaged or cannot be used.
#![allow(clippy::unwrap_used)]

mod support;

use std::fs;
use std::path::PathBuf;

use rusqlite::Connection;
use support::{Folder, gzip, plant};

/// A folder with rules, readings in two halves, and the state after the first in `s.db`.
fn after_half() -> Folder {
    let (folder, lines) = plant::folder(120);
    let (first, second) = lines.split_at(60);
    folder.write("1.ndjson", first.concat());
    folder.write("2.ndjson", second.concat());
    folder
        .run(&["run", "--events", "1.ndjson", "--state", "s.db"])
        .expect(0);
    folder
}

const RUN: [&str; 6] = ["run", "--quiet", "--events", "2.ndjson", "--state", "s.db"];

/// Runs, fails unless that is refused, and gives what is said; the file must be left as it was.
#[track_caller]
fn refused(folder: &Folder, says: &[&str]) -> String {
    let before = fs::read(folder.path("s.db")).unwrap();
    let outcome = folder.run(&RUN).expect(2);
    assert_eq!(outcome.stdout, "");
    assert_eq!(outcome.stderr.lines().count(), 1, "{}", outcome.stderr);
    assert!(outcome.stderr.contains("s.db"), "{}", outcome.stderr);
    for part in says {
        assert!(outcome.stderr.contains(part), "{part}: {}", outcome.stderr);
    }
    assert!(
        fs::read(folder.path("s.db")).unwrap() == before,
        "the file changed"
    );
    let beside: Vec<PathBuf> = fs::read_dir(folder.path("."))
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.to_str().unwrap().contains("s.db-"))
        .collect();
    assert_eq!(beside, Vec::<PathBuf>::new());
    outcome.stderr
}

fn database(folder: &Folder) -> Connection {
    Connection::open(folder.path("s.db")).unwrap()
}

#[test]
fn a_file_that_is_no_database() {
    let folder = after_half();
    let anew = "to start anew, remove it or name another file";
    let mut bytes: Vec<u8> = (0..9_000_u32).map(|at| (at * 193 % 251) as u8).collect();
    folder.write("s.db", &bytes);
    refused(&folder, &["it is not an SQLite database", anew]);
    bytes.truncate(7);
    folder.write("s.db", &bytes);
    refused(&folder, &["it is not an SQLite database", anew]);
    folder.write("s.db", plant::RULES);
    refused(&folder, &["it is not an SQLite database", anew]);
}

#[test]
fn a_database_of_another_program() {
    let folder = after_half();
    fs::remove_file(folder.path("s.db")).unwrap();
    database(&folder)
        .execute_batch("CREATE TABLE alerts (name TEXT); INSERT INTO alerts VALUES ('mine')")
        .unwrap();
    refused(
        &folder,
        &["the database of another program", "name another file"],
    );
}

#[test]
fn a_file_that_was_cut_short() {
    let folder = after_half();
    let whole = fs::read(folder.path("s.db")).unwrap();
    for length in [
        2,
        50,
        99,
        100,
        600,
        4_095,
        4_096,
        4_097,
        whole.len() / 2,
        whole.len() - 1,
    ] {
        folder.write("s.db", &whole[..length]);
        refused(&folder, &["name another file"]);
    }
}

/// Nothing was ever kept in an empty file: a run that failed, or `mktemp`, leaves one.
#[test]
fn an_empty_file_is_a_new_one() {
    let folder = after_half();
    let whole = folder
        .run(&["run", "--quiet", "--events", "2.ndjson"])
        .expect(0);
    folder.write("s.db", "");
    assert_eq!(folder.run(&RUN).expect(0).stdout, whole.stdout);
}

#[test]
fn a_newer_version_wrote_it() {
    let folder = after_half();
    let version = |number: i32| {
        database(&folder)
            .execute_batch(&format!("PRAGMA user_version = {number}"))
            .unwrap();
    };
    version(2);
    refused(
        &folder,
        &["has version 2", "versions up to 1", "use the newer program"],
    );
    version(1);
    folder.run(&["check"]).expect(0);
    for (table, column, part) in [
        ("states", "state", "the state of `"),
        ("rows", "row", "a row of `"),
        ("alerts", "definition", "the definition of `"),
        ("input", "input", "the progress of the input"),
    ] {
        let folder = after_half();
        let newer = format!(
            "UPDATE {table} SET {column} =
                CAST(substr({column}, 1, 4) || x'09' || substr({column}, 6) AS BLOB)"
        );
        database(&folder).execute_batch(&newer).unwrap();
        refused(&folder, &["a newer program wrote ", part, "use that one"]);
    }
}

/// Each byte of each kind of stored bytes is damaged in turn, and every damage is told.
#[test]
fn stored_bytes_that_are_damaged() {
    let folder = Folder::with(&[(
        "rules/a.yaml",
        "alerts:\n  busy: {on: reading, when: count() over 1m >= 1}\naggregates:\n  all: {on: reading, per: 1h, compute: {n: count()}}\n",
    )]);
    let reading = "{\"eventType\":\"reading\",\"timestamp\":\"2026-01-05T08:00:00Z\"}\n";
    folder.write("2.ndjson", reading);
    folder.run(&RUN).expect(0);
    for (table, column) in [
        ("states", "state"),
        ("rows", "row"),
        ("alerts", "definition"),
        ("input", "input"),
        ("aggregates", "definition"),
    ] {
        let read = format!("SELECT {column} FROM {table}");
        let whole: Vec<u8> = database(&folder)
            .query_row(&read, [], |row| row.get(0))
            .unwrap();
        let write = |bytes: &[u8]| {
            let update = format!("UPDATE {table} SET {column} = ?1");
            database(&folder).execute(&update, [bytes]).unwrap();
        };
        for at in 0..whole.len() {
            let mut bytes = whole.clone();
            bytes[at] ^= 1 << (at % 8);
            write(&bytes);
            refused(&folder, &[]);
        }
        for length in [0, 1, whole.len() / 2, whole.len() - 1] {
            write(&whole[..length]);
            refused(&folder, &["is damaged"]);
        }
        write(&[&whole[..], b"\0"].concat());
        refused(&folder, &["is damaged"]);
        write(&whole);
    }
    folder.run(&RUN).expect(0);
}

#[test]
fn tables_that_are_not_as_they_should_be() {
    for damage in [
        "DROP TABLE states",
        "DROP TABLE rows",
        "DROP TABLE input",
        "ALTER TABLE states RENAME COLUMN state TO other",
    ] {
        let folder = after_half();
        database(&folder).execute_batch(damage).unwrap();
        refused(&folder, &[]);
    }
}

#[test]
fn pages_that_are_damaged_are_told_or_harm_nothing() {
    let folder = after_half();
    let whole = fs::read(folder.path("s.db")).unwrap();
    let good = folder.run(&RUN).expect(0).stdout;
    for at in (0..whole.len()).step_by(997) {
        let mut bytes = whole.clone();
        for byte in bytes.iter_mut().skip(at).take(8) {
            *byte ^= 0x55;
        }
        folder.write("s.db", &bytes);
        let outcome = folder.run(&RUN);
        match outcome.code {
            Some(0) => assert_eq!(outcome.stdout, good, "damage at {at}"),
            _ => {
                let outcome = outcome.expect(2);
                assert!(outcome.stderr.contains("s.db"), "{}", outcome.stderr);
            }
        }
    }
}

#[test]
fn places_where_there_can_be_no_state_file() {
    let folder = after_half();
    fs::create_dir(folder.path("folder")).unwrap();
    for (path, part) in [
        ("folder", "it is a folder"),
        ("missing/s.db", "missing"),
        ("1.ndjson/s.db", "1.ndjson"),
    ] {
        let arguments = ["run", "--quiet", "--events", "2.ndjson", "--state", path];
        let outcome = folder.run(&arguments).expect(2);
        assert!(outcome.stderr.contains(part), "{}", outcome.stderr);
        assert_eq!(outcome.stdout, "");
    }
    assert!(!folder.path("missing").exists());
}

#[cfg(unix)]
#[test]
fn a_file_that_may_not_be_read_or_written() {
    use std::os::unix::fs::PermissionsExt;
    let folder = after_half();
    for mode in [0o444, 0o000] {
        fs::set_permissions(folder.path("s.db"), fs::Permissions::from_mode(mode)).unwrap();
        let may_write = fs::OpenOptions::new().write(true).open(folder.path("s.db"));
        if may_write.is_ok() {
            println!("skipped: this user may write what nobody may");
            return;
        }
        let outcome = folder.run(&RUN).expect(2);
        assert!(outcome.stderr.contains("s.db"), "{}", outcome.stderr);
    }
}

#[test]
fn one_run_at_a_time() {
    let folder = after_half();
    let before = fs::read(folder.path("s.db")).unwrap();
    // The lock is this process's, and reading the file here would let go of it.
    let held = database(&folder);
    held.execute_batch("BEGIN IMMEDIATE").unwrap();
    let outcome = folder.run(&RUN).expect(2);
    assert!(
        outcome.stderr.contains("s.db is in use by another run"),
        "{}",
        outcome.stderr
    );
    held.execute_batch("ROLLBACK").unwrap();
    drop(held);
    assert!(fs::read(folder.path("s.db")).unwrap() == before);
    folder.run(&RUN).expect(0);
}

#[test]
fn a_run_that_fails_leaves_the_state_as_it_was() {
    let folder = after_half();
    let before = fs::read(folder.path("s.db")).unwrap();
    let good = folder.run(&RUN).expect(0).stdout;
    folder.write("s.db", &before);
    let second = folder.read("2.ndjson");
    let mut damaged = gzip(&second);
    damaged.truncate(damaged.len() - 12);
    folder.write("bad.gz", damaged);
    for events in ["bad.gz", "missing.ndjson"] {
        let arguments = [
            "run", "--quiet", "--events", "2.ndjson", events, "--state", "s.db",
        ];
        folder.run(&arguments).expect(2);
        assert!(fs::read(folder.path("s.db")).unwrap() == before, "{events}");
    }
    folder.write("rules/b.yaml", "alerts: {x: {when: }}");
    folder.run(&RUN).expect(1);
    assert!(
        fs::read(folder.path("s.db")).unwrap() == before,
        "rules with errors"
    );
    fs::remove_file(folder.path("rules/b.yaml")).unwrap();
    assert_eq!(folder.run(&RUN).expect(0).stdout, good);
}

#[test]
fn a_reader_that_goes_away_leaves_the_state_as_it_was() {
    let folder = after_half();
    let before = fs::read(folder.path("s.db")).unwrap();
    let mut child = folder.start(&RUN);
    drop(child.stdout.take());
    drop(child.stdin.take());
    let status = child.wait().unwrap();
    assert_eq!(status.code(), Some(0));
    assert!(fs::read(folder.path("s.db")).unwrap() == before);
}

#[test]
fn the_state_is_no_place_for_anything_else() {
    let folder = after_half();
    let before = fs::read(folder.path("s.db")).unwrap();
    for option in ["--alerts", "--rejects", "--aggregates", "--trace"] {
        for path in ["s.db", "./s.db", "rules/../s.db"] {
            let arguments = [&RUN[..], &[option, path]].concat();
            let outcome = folder.run(&arguments).expect(2);
            assert!(
                outcome.stderr.contains("name the same file"),
                "{option} {path}: {}",
                outcome.stderr
            );
            assert!(
                fs::read(folder.path("s.db")).unwrap() == before,
                "{option} {path}"
            );
        }
    }
    let arguments = ["run", "--events", "2.ndjson", "--state", "2.ndjson"];
    folder.run(&arguments).expect(2);
}
