//! Rules and readings of a few rooms.

use super::Folder;

/// Two rules that fire and one that is off.
pub(crate) const RULES: &str = "\
alerts:
  hot:
    on: reading
    when: value > 30
    by: room
    summary: \"{room} has {value:.1} °C\"
  busy:
    on: reading
    when: count() over 5m >= 2
    by: {place: room}
    severity: critical
    summary: \"{room} is busy\"
    description: \"{count() over 5m} readings\"
    runbook: https://wiki.example/busy
    labels: {team: rooms, area: north}
  off:
    on: reading
    when: value < 0
    enabled: false
";

/// A reading at that second of an hour.
pub(crate) fn reading(second: u32, room: &str, value: &str) -> String {
    let (minute, second) = (second / 60, second % 60);
    format!(
        "{{\"id\":\"r{minute}-{second}\",\"eventType\":\"reading\",\"timestamp\":\"2026-01-05T08:{minute:02}:{second:02}Z\",\"room\":\"{room}\",\"value\":{value}}}\n"
    )
}

/// Two hot readings of one room.
pub(crate) fn two() -> String {
    reading(1, "a", "31") + &reading(2, "a", "30.55")
}

/// A folder with the rules, and two readings in `e.ndjson`.
pub(crate) fn folder() -> Folder {
    let folder = Folder::with(&[("rules/a.yaml", RULES)]);
    folder.write("e.ndjson", two());
    folder
}
