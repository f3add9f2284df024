//! What was tried, as a test to keep beside the rules.

use std::fmt::Write;

use serde_json::Value;
use tripline_engine::rule_test::{Delivery, Moment, What};
use tripline_engine::{Program, RawFile, Source, Time, check_tests, print_duration};

/// How many events a test is made of at most: a longer one belongs into a file of its own.
const MOST_EVENTS: usize = 200;

/// The YAML of a test with these events, which expects what these rules do; it passes as it is.
///
/// None if there are no events, or too many. Times are those of the events to the second.
pub(super) fn test(program: &Program, lines: &[&str], end: Option<Time>) -> Option<String> {
    let mut events: Vec<(Time, Value)> = Vec::new();
    for line in lines {
        let source = Source::File {
            file: "events",
            line: 0,
        };
        if let Ok(event) = program.decode(line.as_bytes(), source) {
            events.push((event.time(), serde_json::from_str(line).ok()?));
        }
    }
    let first = events.iter().map(|(time, _)| time.0).min()?;
    if events.len() > MOST_EVENTS {
        return None;
    }
    let start = Time(first.div_euclid(1_000) * 1_000);
    let offset = |time: Time| print_offset((time.0 - start.0).max(0));
    let mut text = format!(
        "tests:\n  - name: as it was tried\n    start: {}\n    events:\n",
        start.to_string().replace(".000Z", "Z")
    );
    for (time, mut event) in events {
        if let Some(fields) = event.as_object_mut() {
            // A test says when an event happens; an id would be the same in every test.
            for field in ["timestamp", "id"] {
                fields.remove(field);
            }
        }
        let _ = writeln!(text, "      - {{at: {}, event: {event}}}", offset(time));
    }
    if let Some(end) = end.filter(|end| *end < Time::MAX) {
        let _ = writeln!(text, "    until: {}", offset(end.plus(60_000)));
    }
    let expected = expected(program, &text, offset)?;
    Some(text + &expected)
}

/// What the test gives with these rules, as its expectations.
fn expected(program: &Program, text: &str, offset: impl Fn(Time) -> String) -> Option<String> {
    let file = RawFile {
        name: "tried.test.yaml".to_owned(),
        bytes: format!("{text}    expect: []\n").into_bytes(),
        settings: false,
    };
    let none = |_: &str, _: &str| Err("there are no files here".to_owned());
    let read = check_tests(vec![file], program, &none);
    let test = read.tests.first()?;
    let moments = test.run(program, Delivery::default()).moments;
    let mut written = String::new();
    for (number, moment) in moments.iter().enumerate() {
        if moment.what != What::Fires {
            continue;
        }
        let ends =
            |other: &&Moment| other.what == What::Resolves && other.episode == moment.episode;
        let end = moments[number..].iter().find(ends);
        let key: serde_json::Map<String, Value> = moment.key.iter().cloned().collect();
        let _ = write!(written, "      - {{alert: {}", moment.alert);
        if !key.is_empty() {
            let _ = write!(written, ", key: {}", Value::Object(key));
        }
        let _ = write!(written, ", fires: {}", offset(moment.at));
        if let Some(end) = end {
            let _ = write!(written, ", resolves: {}", offset(end.at));
        }
        written.push_str("}\n");
    }
    Some(match written.is_empty() {
        true => "    expect: []\n".to_owned(),
        false => format!("    expect:\n{written}"),
    })
}

/// A time since the start, to the second.
fn print_offset(millis: i64) -> String {
    match millis / 1_000 {
        0 => "0s".to_owned(),
        seconds => print_duration(seconds.unsigned_abs()),
    }
}
