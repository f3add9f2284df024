//! Streams of events: bursts, equal stamps, steps back, long silences, and lines that are no events.

use chrono::DateTime;
use fastrand::Rng;

use super::{Features, chance, pick};

/// 2026-01-05T00:00:00Z
const BEGIN: i64 = 1_767_571_200_000;
/// An hour before Europe's clocks go forward, and before they go back.
const CHANGES: [i64; 2] = [1_774_742_400_000, 1_792_886_400_000];

const STEPS_MS: [i64; 24] = [
    0, 0, 1, 499, 999, 1_000, 1_000, 1_001, 2_000, 5_000, 7_000, 10_000, 15_000, 30_000, 45_000,
    59_000, 60_000, 61_000, 61_001, 90_000, 120_000, 122_000, 300_000, 305_000,
];

const BAD_LINES: [&str; 10] = [
    "not json",
    "[1]",
    "\"text\"",
    "{\"eventType\":\"a\",\"timestamp\":",
    "{\"eventType\":\"a\",\"data\":{\"x\":9}}",
    "{\"eventType\":\"a\",\"timestamp\":null}",
    "{\"eventType\":\"a\",\"timestamp\":\"1767571200\"}",
    "{\"eventType\":\"a\",\"timestamp\":\"9999-12-31T00:00:00Z\"}",
    "   ",
    "{\"eventType\":\"a\",\"timestamp\":\"2026-01-05T00:00:00Z\"} x",
];

/// When the stream of a case begins, in milliseconds since the epoch.
pub(super) fn begin(rng: &mut Rng, features: Features) -> i64 {
    match features.times && chance(rng, 30) {
        true => pick(rng, &CHANGES),
        false => BEGIN,
    }
}

/// Makes the lines of an input.
pub(super) fn lines(rng: &mut Rng, features: Features, begin: i64) -> Vec<String> {
    let count = rng.usize(5..=120);
    let longest = pick(rng, &[STEPS_MS.len(), STEPS_MS.len(), 16, 10]);
    // Some streams keep to whole seconds, so that many moments coincide.
    let whole = rng.bool();
    let back = pick(rng, &[0, 5, 20]);
    let jumps = pick(rng, &[0, 0, 4]);
    let mut now = begin + pick(rng, &[0, 0, 1_000, 59_000, 3_599_000, 86_399_999]);
    let mut lines = Vec::new();
    for _ in 0..count {
        if chance(rng, 3) {
            lines.push(pick(rng, &BAD_LINES).to_owned());
            continue;
        }
        now += match chance(rng, 15) {
            true => rng.i64(0..400_000),
            false => pick(rng, &STEPS_MS[..longest]),
        };
        if chance(rng, jumps) {
            now += pick(
                rng,
                &[
                    3_600_000,
                    3_661_000,
                    7_320_000,
                    90_000_000,
                    604_800_000,
                    605_000_000,
                    700_000_000,
                ],
            );
        }
        let mut time = now;
        if chance(rng, back) {
            time -= pick(
                rng,
                &[
                    1, 1_000, 2_000, 30_000, 60_000, 61_000, 120_000, 200_000, 3_600_000, 7_400_000,
                ],
            );
        } else if jumps > 0 && chance(rng, 1) {
            // One event far ahead; those after it go on from where the stream was.
            time += pick(rng, &[60_000, 400_000, 8_000_000, 600_000_000, 605_000_000]);
        }
        if whole {
            time -= time.rem_euclid(1_000);
        }
        lines.push(event(rng, time, features));
        if features != Features::CORE && chance(rng, 3) {
            // The producer sent it twice.
            lines.extend(lines.last().cloned());
        }
    }
    lines
}

fn event(rng: &mut Rng, time: i64, features: Features) -> String {
    let mut fields = Vec::new();
    let types = [
        "\"a\"", "\"a\"", "\"a\"", "\"a\"", "\"b\"", "\"ab_x\"", "\"A\"", "", "null", "7",
    ];
    field(&mut fields, "eventType", pick(rng, &types));
    let users = [
        "\"u\"", "\"u\"", "\"u\"", "\"u\"", "\"v\"", "\"v\"", "9", "1", "1.0", "true", "", "null",
        "[1]",
    ];
    field(&mut fields, "user", pick(rng, &users));
    field(&mut fields, "timestamp", &stamp(rng, time));
    if chance(rng, 5) {
        field(&mut fields, "over", pick(rng, &["1", "2"]));
    }
    if !chance(rng, 5) {
        let data = data(rng, features);
        field(&mut fields, "data", &data);
    }
    format!("{{{}}}", fields.join(","))
}

fn data(rng: &mut Rng, features: Features) -> String {
    let mut fields = Vec::new();
    let small = rng.i32(-1..10).to_string();
    let odd = pick(
        rng,
        &[
            "2.5", "7.5", "5.0", "-0.0", "\"5\"", "true", "null", "[5]", "{}",
        ],
    );
    match rng.u32(..10) {
        0 => {}
        1..8 => field(&mut fields, "x", &small),
        _ => field(&mut fields, "x", odd),
    }
    let divisor = pick(rng, &["", "0", "0.0", "1", "2", "3", "\"2\""]);
    field(&mut fields, "y", divisor);
    let large = [
        "",
        "",
        "3",
        "9007199254740992",
        "9007199254740993",
        "-9007199254740993",
        "9223372036854775807",
        "-9223372036854775808",
        "9223372036854775808",
        "9007199254740992.0",
        "1e300",
        "\"n\"",
    ];
    field(&mut fields, "n", pick(rng, &large));
    field(
        &mut fields,
        "b",
        pick(
            rng,
            &[
                "", "null", "true", "true", "false", "false", "1", "\"true\"",
            ],
        ),
    );
    field(
        &mut fields,
        "t",
        pick(
            rng,
            &[
                "",
                "null",
                "\"x\"",
                "\"x\"",
                "\"xy\"",
                "\"z\\u0079\"",
                "\"\"",
                "3",
            ],
        ),
    );
    field(
        &mut fields,
        "l",
        pick(
            rng,
            &["", "", "[1,2]", "[5,\"x\"]", "[]", "[2.5,7,true]", "3"],
        ),
    );
    if chance(rng, 10) {
        field(&mut fields, "a-b", pick(rng, &["1", "8", "null"]));
    }
    if features.functions {
        let texts = [
            "",
            "\"Ab\"",
            "\"AB\"",
            "\" ab \"",
            "\"\\u00c4b\"",
            "\"5\"",
            "\"2.5\"",
            "\"1e1\"",
            "7",
            "null",
        ];
        field(&mut fields, "s", pick(rng, &texts));
        let objects = [
            "",
            "[]",
            "[{\"k\":1}]",
            "[{\"k\":2},{}]",
            "[{\"k\":2},null]",
            "{}",
        ];
        field(&mut fields, "o", pick(rng, &objects));
    }
    if features.lists {
        let addresses = [
            "",
            "\"10.1.2.3\"",
            "\"10.9.2.3\"",
            "\"192.168.1.5\"",
            "\"172.16.0.1\"",
            "\"2001:db8::1\"",
            "\"fe80::1\"",
            "\"nowhere\"",
            "7",
        ];
        field(&mut fields, "ip", pick(rng, &addresses));
    }
    if features.aggregates || features.rows {
        let sizes = [
            "", "1", "1", "10", "10.0", "100", "1000", "-20", "0", "\"1\"",
        ];
        field(&mut fields, "p", pick(rng, &sizes));
    }
    rng.shuffle(&mut fields);
    format!("{{{}}}", fields.join(","))
}

/// Adds a field, unless its value is left empty.
fn field(fields: &mut Vec<String>, name: &str, value: &str) {
    if !value.is_empty() {
        fields.push(format!("\"{name}\":{value}"));
    }
}

/// Writes a time in one of the forms that are read; all but the first are rare.
fn stamp(rng: &mut Rng, time: i64) -> String {
    let form = if chance(rng, 15) { rng.u32(..6) } else { 0 };
    let text = |time: i64, format: &str| {
        let time = DateTime::from_timestamp_millis(time).unwrap_or_default();
        format!("\"{}\"", time.format(format))
    };
    match form {
        1 => text(time, "%Y-%m-%d %H:%M:%S%.3f"),
        2 => text(time, "%Y-%m-%dT%H:%M:%S%.3f"),
        3 => text(time + 5_400_000, "%Y-%m-%dT%H:%M:%S%.3f999+01:30"),
        4 if time % 1_000 == 0 => (time / 1_000).to_string(),
        4 => time.to_string(),
        5 => format!("{time}999"),
        _ => text(time, "%Y-%m-%dT%H:%M:%S%.3fZ"),
    }
}
