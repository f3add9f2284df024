//! Rules that keep state of every kind, and readings of a plant that bring them to do all they can.

use std::fmt::Write;

use super::Folder;

/// Windows of both kinds, absences, `for`, `until`, `repeat`, `cooldown`, ticks, silences and aggregates.
pub(crate) const RULES: &str = "\
alerts:
  hot: {on: reading, by: room, when: value > 80, cooldown: 7m}
  hot-once: {on: reading, when: value > 95}
  burst: {on: reading, by: room, when: count(value > 50) over 5m >= 3, repeat: 4m, cooldown: 2m}
  steady: {on: reading, by: [room, kind], when: value > 30, until: value < 15, for: 6m, repeat: 11m}
  mean: {on: reading, by: room, when: avg(value) over 10m > 55, until: avg(value) over 10m < 45, cooldown: 9m}
  share: {on: reading, by: room, when: count(value > 50) per 10m / count() per 10m > 60%}
  rising: {on: reading, by: room, when: count() over 5m > count() over 5m offset 10m + 1}
  silent: {on: reading, by: room, when: count() over 15m == 0, forget: 40m}
  all-silent: {on: reading, when: count() over 3m == 0, repeat: 5m}
  no-alarm: {on: alarm, when: count() over 30m == 0}
  known: {on: reading, by: room, when: room in rooms and value > 60, cooldown: 20m}
  watched: {on: reading, when: count(kind in kinds) over 10m >= 8, until: count(kind in kinds) over 10m < 6}
  night: {on: reading, by: room, when: hour() == 9 and last(value) over 30m > 20, repeat: 10m}
  shadow: {on: reading, by: room, when: max(value) over 2m > 90, mode: shadow, repeat: 1m}
  quiet: {on: reading, by: room, when: count() over 10m >= 4, labels: {team: night}, repeat: 3m}
aggregates:
  by-kind: {on: reading, by: [kind, room], per: 30m, compute: {n: count(), mean: avg(value), top: max(value), rooms: distinct(room), p90: 'percentile(value, 90)', newest: last(value), spread: stddev(value)}}
  short: {on: reading, per: 10m, compute: {n: count()}, keep: 20m}
lists:
  rooms: [a, c]
  kinds: [x, y]
silences:
  shift: {match: {alert: quiet, key: {room: b}}, from: 2026-01-05T08:20:00Z, until: 2026-01-06, reason: the night shift cleans}
  daily: {match: {alert: burst}, daily: 09:00-09:20, until: 2026-02-01, reason: inventory}
";

/// So many readings over about three hours, each on a line; some come late, some lack a field.
pub(crate) fn readings(count: u32) -> Vec<String> {
    let mut state: u32 = 7;
    let mut random = |below: u32| {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        (state >> 8) % below
    };
    let mut seconds = 8 * 3_600;
    (0..count)
        .map(|number| {
            seconds += match random(12) {
                0 => 900 + random(1_200),
                1..4 => random(200),
                _ => random(50),
            };
            let time = seconds - if random(8) == 0 { random(400) } else { 0 };
            let (hour, minute, second) = (time / 3_600, time / 60 % 60, time % 60);
            let room = ["a", "b", "c"][random(3) as usize];
            let mut line = format!(
                "{{\"id\":\"r{number}\",\"eventType\":\"{}\",\"timestamp\":\"2026-01-05T{hour:02}:{minute:02}:{second:02}.{:03}Z\",\"room\":\"{room}\"",
                if random(15) == 0 { "alarm" } else { "reading" },
                random(3) * 333,
            );
            if random(10) > 0 {
                let swing = if seconds / 1_800 % 2 == 0 { 40 } else { 0 };
                write!(line, ",\"value\":{}.{}", swing + random(60), random(10)).unwrap();
            }
            if random(10) > 0 {
                let kind = ["x", "y", "z"][random(3) as usize];
                write!(line, ",\"kind\":\"{kind}\"").unwrap();
            }
            line + "}\n"
        })
        .collect()
}

/// A folder with the rules, and the readings in `all.ndjson`.
pub(crate) fn folder(count: u32) -> (Folder, Vec<String>) {
    let folder = Folder::with(&[("rules/a.yaml", RULES)]);
    let lines = readings(count);
    folder.write("all.ndjson", lines.concat());
    (folder, lines)
}
