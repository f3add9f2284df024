//! The examples of all functions, run through the real parser, checker and evaluator.

use std::convert::Infallible;

use super::{Clock, FUNCTIONS, Reading, Tick, zone};
use crate::event::Datum;
use crate::time::Time;
use crate::{Advance, MemoryStore, Plan, Planner, RawFile, Source, check, step};

/// What an expression gives for an event: its JSON, or `unknown`.
fn value(expression: &str, event: &str) -> String {
    let expression = serde_json::to_string(expression).unwrap();
    let rules = format!("alerts: {{example: {{when: 'true', by: {{value: {expression}}}}}}}");
    let checked = check(vec![RawFile {
        name: "rules/example.yaml".into(),
        bytes: rules.into(),
        settings: false,
    }]);
    let program = checked
        .program
        .unwrap_or_else(|| panic!("{expression}: {:?}", checked.diagnostics));
    let mut event: serde_json::Value = serde_json::from_str(event).unwrap();
    let fields = event.as_object_mut().unwrap();
    fields
        .entry("timestamp")
        .or_insert("2026-11-23T10:00:00Z".into());
    let line = event.to_string();
    let source = || Source::File {
        file: "events",
        line: 1,
    };
    let mut plan = Plan::default();
    let mut planner = Planner::new(&program);
    planner.add(&mut plan, line.as_bytes(), source).unwrap();
    let output: Result<_, Infallible> = step(
        &program,
        &mut MemoryStore::new(),
        &mut plan,
        Advance::default(),
    );
    // An alert whose `by` is unknown does not fire.
    match output.unwrap().alerts.first() {
        Some(alert) => alert.key.as_ref().unwrap()[0].1.to_string(),
        None => "unknown".to_owned(),
    }
}

#[test]
fn every_example_of_every_function_gives_what_it_says() {
    for function in FUNCTIONS {
        assert!(function.examples.len() >= 3, "{}", function.name);
        for example in function.examples {
            assert!(example.expression.contains(function.name));
            assert_eq!(
                value(example.expression, example.event),
                example.result,
                "{} of {}",
                example.expression,
                example.event
            );
        }
    }
}

#[test]
fn every_function_describes_itself() {
    for function in FUNCTIONS {
        let open = format!("{}(", function.name);
        assert!(function.signature.starts_with(&open), "{}", function.name);
        assert!(function.signature.ends_with(')'), "{}", function.name);
        assert!(function.summary.ends_with('.'), "{}", function.name);
    }
    let mut names: Vec<_> = FUNCTIONS.iter().map(|function| function.name).collect();
    names.sort_unstable();
    names.dedup();
    assert_eq!(names.len(), FUNCTIONS.len());
}

fn tick(clock: Clock, name: &str) -> Tick {
    reading(clock, name).tick()
}

fn reading(clock: Clock, name: &str) -> Reading {
    let zone = zone(name).unwrap();
    Reading { clock, zone }
}

/// The ticks between two times, both in UTC; the second one is included.
fn ticks(clock: Clock, name: &str, from: &str, to: &str) -> Vec<String> {
    let tick = tick(clock, name);
    let to = Time::parse(to).unwrap();
    let first = tick.next(Time::parse(from).unwrap());
    std::iter::successors(Some(first), |time| Some(tick.next(*time)))
        .take_while(|time| *time <= to)
        .map(|time| time.to_string().replace(":00.000Z", "Z"))
        .collect()
}

#[test]
fn a_tick_is_later_than_the_time_before_it() {
    let day = ticks(
        Clock::Date,
        "UTC",
        "2026-11-23T00:00:00Z",
        "2026-11-25T00:00:00Z",
    );
    assert_eq!(day, ["2026-11-24T00:00Z", "2026-11-25T00:00Z"]);
    let hours = ticks(
        Clock::Hour,
        "UTC",
        "2026-11-23T00:59:59.999Z",
        "2026-11-23T02:59:00Z",
    );
    assert_eq!(hours, ["2026-11-23T01:00Z", "2026-11-23T02:00Z"]);
}

#[test]
fn full_hours_are_those_of_the_zone() {
    // 05:30 ahead of UTC.
    let hours = ticks(
        Clock::Hour,
        "Asia/Kolkata",
        "2026-11-23T00:00:00Z",
        "2026-11-23T02:00:00Z",
    );
    assert_eq!(hours, ["2026-11-23T00:30Z", "2026-11-23T01:30Z"]);
}

#[test]
fn clocks_set_forward_or_back_by_an_hour_keep_every_full_hour() {
    let hours = ticks(
        Clock::Hour,
        "Europe/Berlin",
        "2026-03-28T23:30:00Z",
        "2026-03-29T02:30:00Z",
    );
    assert_eq!(
        hours,
        [
            "2026-03-29T00:00Z",
            "2026-03-29T01:00Z",
            "2026-03-29T02:00Z"
        ]
    );
    let hours = ticks(
        Clock::Hour,
        "Europe/Berlin",
        "2026-10-24T23:30:00Z",
        "2026-10-25T02:30:00Z",
    );
    assert_eq!(
        hours,
        [
            "2026-10-25T00:00Z",
            "2026-10-25T01:00Z",
            "2026-10-25T02:00Z"
        ]
    );
    let days = ticks(
        Clock::Date,
        "Europe/Berlin",
        "2026-03-28T12:00:00Z",
        "2026-03-30T12:00:00Z",
    );
    assert_eq!(days, ["2026-03-28T23:00Z", "2026-03-29T22:00Z"]);
}

#[test]
fn clocks_set_by_half_an_hour_tick_at_the_full_hours_they_show() {
    // Lord Howe: at 02:00 to 02:30, so the hour 2 begins at that moment and lasts half as long.
    let hours = ticks(
        Clock::Hour,
        "Australia/Lord_Howe",
        "2026-10-03T14:00:00Z",
        "2026-10-03T17:00:00Z",
    );
    assert_eq!(
        hours,
        [
            "2026-10-03T14:30Z",
            "2026-10-03T15:30Z",
            "2026-10-03T16:00Z",
            "2026-10-03T17:00Z"
        ]
    );
    // Back at 02:00 to 01:30: the hour 1 goes on, and 2 comes half an hour later.
    let hours = ticks(
        Clock::Hour,
        "Australia/Lord_Howe",
        "2026-04-04T13:30:00Z",
        "2026-04-04T16:30:00Z",
    );
    assert_eq!(
        hours,
        [
            "2026-04-04T14:00Z",
            "2026-04-04T15:30Z",
            "2026-04-04T16:30Z"
        ]
    );
}

#[test]
fn a_midnight_that_does_not_exist_ticks_when_the_day_begins() {
    // São Paulo went from 23:59:59 to 01:00 on 2018-11-04, and from 23:59:59 back to 23:00 on 2018-02-17.
    let days = ticks(
        Clock::Date,
        "America/Sao_Paulo",
        "2018-11-03T12:00:00Z",
        "2018-11-05T12:00:00Z",
    );
    assert_eq!(days, ["2018-11-04T03:00Z", "2018-11-05T02:00Z"]);
    let days = ticks(
        Clock::Date,
        "America/Sao_Paulo",
        "2018-02-17T12:00:00Z",
        "2018-02-19T00:00:00Z",
    );
    assert_eq!(days, ["2018-02-18T03:00Z"]);
    // Havana comes to the same midnight twice: at 01:00 its clocks go back to 00:00.
    let days = ticks(
        Clock::Date,
        "America/Havana",
        "2026-10-31T12:00:00Z",
        "2026-11-01T12:00:00Z",
    );
    assert_eq!(days, ["2026-11-01T04:00Z", "2026-11-01T05:00Z"]);
    // Samoa left out the whole of 2011-12-30.
    let date = reading(Clock::Date, "Pacific/Apia");
    let days = ticks(
        Clock::Date,
        "Pacific/Apia",
        "2011-12-29T12:00:00Z",
        "2011-12-31T12:00:00Z",
    );
    assert_eq!(days, ["2011-12-30T10:00Z", "2011-12-31T10:00Z"]);
    assert_eq!(
        date.at(Time::parse("2011-12-30T10:00:00Z").unwrap()),
        Datum::Text("2011-12-31".into())
    );
}

#[test]
fn what_is_read_changes_at_ticks_only() {
    let zones = [
        "Europe/Berlin",
        "Australia/Lord_Howe",
        "America/Havana",
        "Africa/Monrovia",
        "Asia/Kathmandu",
    ];
    for name in zones {
        for clock in [Clock::Hour, Clock::Weekday, Clock::Date] {
            let reading = reading(clock, name);
            for start in [
                "1971-12-20T00:00:00Z",
                "2026-03-01T00:00:00Z",
                "2026-10-01T00:00:00Z",
            ] {
                let start = Time::parse(start).unwrap();
                let mut next = reading.tick().next(start);
                // By steps of ten minutes over six weeks.
                for step in 1..6 * 7 * 144 {
                    let time = start.plus(step * 600_000);
                    let before = start.plus((step - 1) * 600_000);
                    if reading.at(time) != reading.at(before) {
                        assert!(before < next && next <= time, "{name} {clock:?} at {time}");
                    }
                    while next <= time {
                        let later = reading.tick().next(next);
                        assert!(later > next);
                        next = later;
                    }
                }
            }
        }
    }
}

#[test]
fn the_end_of_time_has_no_tick() {
    for clock in [Clock::Hour, Clock::Date] {
        assert_eq!(tick(clock, "Europe/Berlin").next(Time::MAX), Time::MAX);
        assert_eq!(
            tick(clock, "Europe/Berlin").next(Time(i64::MAX - 5)),
            Time::MAX
        );
    }
}
