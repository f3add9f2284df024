//! Rules and readings to put bad lines between, and little memory to do it in.

use serde_json::Value;

use super::{Folder, Outcome, rows};

/// A rule for each event and one with a window.
pub(crate) const RULES: &str = "\
alerts:
  hot:
    on: reading
    when: value > 30
    by: room
    summary: \"{room} has {value}\"
  busy:
    on: reading
    when: count(value > 30) over 5m >= 2
    by: room
";

/// How much address space the command gets here, in KiB; its program text and stack count as well.
pub(crate) const MEMORY: u32 = 400_000;

/// A reading of room `a` at that second, with more members.
pub(crate) fn reading(second: u32, more: &str) -> String {
    format!(
        "{{\"eventType\":\"reading\",\"timestamp\":\"2026-01-05T08:00:{second:02}Z\",\"room\":\"a\",\"value\":31{more}}}\n"
    )
}

/// Runs over a file in little memory; gives the outcome and the rejects.
pub(crate) fn run(name: &str, content: impl AsRef<[u8]>) -> (Outcome, Vec<Value>) {
    let folder = Folder::with(&[("rules/a.yaml", RULES)]);
    folder.write(name, content);
    let outcome = folder.run_within(
        MEMORY,
        &["run", "--events", name, "--rejects", "rejects.ndjson"],
    );
    let rejects = rows(&folder.read("rejects.ndjson"));
    (outcome, rejects)
}
