//! Input that is no events, or hardly: a line is rejected with its reason or taken as it is, the lines
//! around it count, and memory stays bounded.

#![allow(clippy::unwrap_used)]

mod support;

use serde_json::Value;
use support::little::{reading, run};
use support::{Outcome, gzip};

/// Puts a line between two readings and expects the reading's alerts, and the line to be refused.
#[track_caller]
fn refused(line: impl AsRef<[u8]>, reason: &str) {
    let content = [
        reading(1, "").as_bytes(),
        line.as_ref(),
        b"\n",
        reading(2, "").as_bytes(),
    ]
    .concat();
    let (outcome, rejects) = run("e.ndjson", content);
    let outcome = outcome.expect(0);
    assert_eq!(
        outcome.alerts(),
        ["hot firing 1", "busy firing 3", "hot firing 3"]
    );
    assert!(
        outcome.stderr.starts_with("2 events, 1 reject in "),
        "{}",
        outcome.stderr
    );
    assert_eq!(rejects.len(), 1);
    assert_eq!(
        (&rejects[0]["file"], &rejects[0]["line"]),
        (&"e.ndjson".into(), &2.into())
    );
    let found = rejects[0]["reason"].as_str().unwrap();
    assert!(found.contains(reason) && found.len() < 300, "{found}");
    assert!(rejects[0]["raw"].as_str().unwrap().len() <= 4_096);
}

/// Puts a line between two readings and expects it to be an event that is counted.
#[track_caller]
fn counted(line: &str) -> Outcome {
    let (outcome, rejects) = run(
        "e.ndjson",
        [&reading(1, ""), line, "\n", &reading(3, "")].concat(),
    );
    assert_eq!(rejects, Vec::<Value>::new());
    let outcome = outcome.expect(0);
    assert!(
        outcome.stderr.starts_with("3 events, 0 rejects in "),
        "{}",
        outcome.stderr
    );
    outcome
}

#[test]
fn a_line_of_fifty_mebibytes() {
    refused(
        "x".repeat(50 << 20),
        "too long: 52428800 bytes, the limit is 10485760",
    );
    let event = reading(1, &format!(",\"note\":\"{}\"", "x".repeat(50 << 20)));
    refused(event.trim_end(), "too long");
}

#[test]
fn a_compressed_line_of_fifty_mebibytes() {
    let text = [
        &reading(1, ""),
        &"x".repeat(50 << 20),
        "\n",
        &reading(2, ""),
    ]
    .concat();
    let (outcome, rejects) = run("e.ndjson.gz", gzip(&text));
    assert_eq!(outcome.expect(0).alerts().len(), 3);
    assert_eq!(rejects.len(), 1);
}

#[test]
fn a_last_line_of_fifty_mebibytes_without_its_end() {
    let (outcome, rejects) = run("e.ndjson", [reading(1, ""), "x".repeat(50 << 20)].concat());
    assert_eq!(outcome.expect(0).alerts(), ["hot firing 1"]);
    assert_eq!(rejects.len(), 1);
}

#[test]
fn an_event_just_below_the_limit() {
    let outcome =
        counted(reading(2, &format!(",\"note\":\"{}\"", "x".repeat(10_400_000))).trim_end());
    assert_eq!(outcome.alerts().len(), 4);
}

#[test]
fn a_million_levels() {
    const DEPTH: usize = 1_000_000;
    refused("[".repeat(DEPTH), "nested deeper than 64 levels");
    refused("{\"a\":".repeat(DEPTH), "nested deeper than 64 levels");
    refused(
        [("[".repeat(DEPTH)), "]".repeat(DEPTH)].concat(),
        "nested deeper",
    );
    let member = |name: &str| {
        let value = ["[".repeat(DEPTH), "]".repeat(DEPTH)].concat();
        reading(1, &format!(",\"{name}\":{value}"))
            .trim_end()
            .to_owned()
    };
    refused(member("value"), "nested deeper");
    refused(member("note"), "nested deeper");
    let brackets = reading(2, &format!(",\"note\":\"{}\"", "[".repeat(DEPTH)));
    assert_eq!(counted(brackets.trim_end()).alerts().len(), 4);
}

#[test]
fn what_is_no_json_object() {
    for line in [
        "?",
        "1",
        "null",
        "true",
        "\"text\"",
        "[]",
        "{",
        "}",
        "{\"a\":1,}",
        "{'a':1}",
        "{} {}",
        "{\"a\" 1}",
        "{\"a\":01}",
        "{\"a\":+1}",
        "{\"a\":NaN}",
        "{\"a\":tru}",
        "{\"a\":\"\\q\"}",
        "{\"a\":1}x",
        "// {}",
    ] {
        refused(line, "not a JSON object: ");
    }
}

#[test]
fn bytes_that_are_no_utf_8() {
    refused(b"{\"room\":\"\xff\xfe\"}", "not UTF-8");
    refused(b"\x80", "not UTF-8");
    // A character of three bytes that lacks its last.
    refused(b"{\"room\":\"\xe2\x82\"}", "not UTF-8");
}

#[test]
fn nul_bytes() {
    refused([0; 1_000], "not a JSON object: ");
    refused(
        reading(1, "").trim_end().replace("\"a\"", "\"a\0\""),
        "not a JSON object: ",
    );
    let outcome = counted(
        reading(2, "")
            .trim_end()
            .replace("\"a\"", "\"a\\u0000\"")
            .as_str(),
    );
    assert_eq!(outcome.rows()[1]["key"]["room"], "a\0");
}

#[test]
fn numbers_beyond_all_bounds() {
    refused(
        reading(1, "").trim_end().replace("31", "1e400"),
        "must be finite",
    );
    refused(
        reading(1, "").trim_end().replace("31", &"9".repeat(5_000)),
        "must be finite",
    );
    for number in [
        "1e-400",
        "-0",
        "123456789012345678901234567890",
        "1.7976931348623157e308",
    ] {
        counted(reading(2, "").trim_end().replace("31", number).as_str());
    }
}

#[test]
fn times_out_of_range() {
    let with = |time: &str| {
        format!("{{\"eventType\":\"reading\",\"timestamp\":{time},\"room\":\"a\",\"value\":31}}")
    };
    for time in [
        "\"9999-12-31T23:59:59Z\"",
        "\"0000-01-01T00:00:00Z\"",
        "\"2026-02-30T00:00:00Z\"",
        "\"2026-01-05\"",
        "\"yesterday\"",
        "\"\"",
        "1e300",
        "-1e300",
        "9223372036854775807",
        "null",
        "true",
        "{}",
        "[1]",
    ] {
        refused(with(time), "event time");
    }
    refused(with(&format!("\"{}\"", "9".repeat(1 << 20))), "event time");
    refused(
        "{\"eventType\":\"reading\",\"room\":\"a\",\"value\":31}",
        "no event time",
    );
    refused("{}", "no event time");
}

#[test]
fn keys_of_a_mebibyte() {
    let name = "q".repeat(1 << 20);
    assert_eq!(
        counted(reading(2, &format!(",\"{name}\":1")).trim_end())
            .alerts()
            .len(),
        4
    );
    let escaped = "\\u0071".repeat(1 << 18);
    assert_eq!(
        counted(reading(2, &format!(",\"{escaped}\":1")).trim_end())
            .alerts()
            .len(),
        4
    );
}

#[test]
fn a_room_of_a_mebibyte() {
    let name = "q".repeat(1 << 20);
    let outcome = counted(
        reading(2, "")
            .trim_end()
            .replace("\"a\"", &format!("\"{name}\""))
            .as_str(),
    );
    assert_eq!(
        outcome.alerts(),
        [
            "hot firing 1",
            "hot firing 2",
            "busy firing 3",
            "hot firing 3"
        ]
    );
    assert_eq!(outcome.rows()[1]["key"]["room"], name);
}

#[test]
fn an_id_of_a_mebibyte() {
    let id = format!(",\"id\":\"{}\"", "q".repeat(1 << 20));
    let outcome = counted(reading(2, &id).trim_end());
    assert!(outcome.stdout.len() < 4_000);
}
