//! What keeping the state of many keys costs: the size of the state file, and the time to save and restore.
//!
//! `cargo bench -p tripline --bench state [-- KEYS]` runs the command over three events of every key, with
//! and without `--state`, then over one event of every key on top of that file.

use std::fmt::Write as _;
use std::fs;
use std::io::Write as _;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Instant;

const RULES: &str = "\
alerts:
  burst: {on: login, by: userId, when: count(data.ok == false) over 5m >= 5, for: 1m}
";

fn events(path: &Path, keys: usize, rounds: std::ops::Range<usize>) {
    let mut file = std::io::BufWriter::new(fs::File::create(path).expect("a file to write to"));
    for round in rounds {
        for key in 0..keys {
            let (minute, second) = (round, key * 60 / keys.max(1));
            let mut line = String::new();
            write!(
                line,
                r#"{{"eventType":"login","timestamp":"2026-01-05T10:{minute:02}:{second:02}Z","userId":"user-{key}","data":{{"ok":false}}}}"#
            )
            .expect("writing to a string cannot fail");
            writeln!(file, "{line}").expect("the events are written");
        }
    }
}

/// Runs the command and tells how long it took, in milliseconds.
fn run(folder: &Path, arguments: &[&str]) -> u128 {
    let begun = Instant::now();
    let status = Command::new(env!("CARGO_BIN_EXE_tripline"))
        .args(["run", "--quiet", "--rules", "rules"])
        .args(arguments)
        .current_dir(folder)
        .stdout(Stdio::null())
        .status()
        .expect("the command runs");
    assert!(status.success());
    begun.elapsed().as_millis()
}

fn main() {
    let keys = std::env::args()
        .skip(1)
        .find_map(|argument| argument.parse().ok())
        .unwrap_or(100_000);
    let folder = tempfile::tempdir().expect("a folder to work in");
    let path = folder.path();
    fs::create_dir(path.join("rules")).expect("a folder of rules");
    fs::write(path.join("rules/logins.yaml"), RULES).expect("the rules are written");
    events(&path.join("first.ndjson"), keys, 0..3);
    events(&path.join("second.ndjson"), keys, 3..4);
    fs::write(path.join("none.ndjson"), "").expect("no events are written");

    let memory = run(path, &["--events", "first.ndjson"]);
    let stored = run(path, &["--events", "first.ndjson", "--state", "state.db"]);
    let bytes = fs::metadata(path.join("state.db"))
        .expect("the state file")
        .len();
    let opened = run(path, &["--events", "none.ndjson", "--state", "state.db"]);
    let second = run(path, &["--events", "second.ndjson", "--state", "state.db"]);
    println!("{keys} keys, {} events", 3 * keys);
    println!("  in memory          {memory:>8} ms");
    println!("  with a state file  {stored:>8} ms");
    println!(
        "  its size           {:>8} KiB, {} bytes a key",
        bytes / 1024,
        bytes / keys.max(1) as u64
    );
    println!("  open and close it  {opened:>8} ms");
    println!("{keys} more events, each of another key, on top of it");
    println!("  restore and save   {second:>8} ms");
}
