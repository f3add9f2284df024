//! What is told of one message, or one key, is what a run of all of them gives: on random rules and events.

// A test that cannot read its own data has failed.
#![allow(clippy::unwrap_used)]

use serde_json::Value;
use tripline_engine::{
    Account, Advance, Alert, Event, MemoryStore, Plan, Planner, Program, Source, Status, Time,
    WhyNotOutcome, step,
};
use tripline_tests::generate::{Features, case};
use tripline_tests::run::compile_text;

/// How many cases there are, and how many messages of each are looked into.
const CASES: u64 = 250;
const MESSAGES: usize = 12;

fn source(line: usize) -> Source<&'static str> {
    Source::File {
        file: "events.ndjson",
        line: line as u64 + 1,
    }
}

fn alerts(program: &Program, lines: &[String], until_end: bool) -> Vec<Alert> {
    let (mut store, mut planner) = (MemoryStore::new(), Planner::new(program));
    let mut plan = Plan::default();
    for (number, line) in lines.iter().enumerate() {
        let _ = planner.add(&mut plan, line.as_bytes(), || source(number));
    }
    let Ok(output) = step(program, &mut store, &mut plan, Advance::default());
    let mut alerts = output.alerts;
    let advance = Advance {
        until_end,
        ..Advance::default()
    };
    let Ok(output) = step(program, &mut store, &mut Plan::default(), advance);
    alerts.extend(output.alerts);
    alerts
}

fn events<'a>(program: &'a Program, lines: &'a [String]) -> impl Iterator<Item = Event<'a>> {
    let decode =
        |(number, line): (usize, &'a String)| program.decode(line.as_bytes(), source(number)).ok();
    lines.iter().enumerate().filter_map(decode)
}

/// The lines that are events, by their times.
fn in_order(program: &Program, lines: &[String]) -> Vec<String> {
    let time = |line: &String| Some(program.decode(line.as_bytes(), source(0)).ok()?.time());
    let mut timed: Vec<_> = lines
        .iter()
        .filter_map(|line| Some((time(line)?, line)))
        .collect();
    timed.sort_by_key(|(time, _)| *time);
    timed.into_iter().map(|(_, line)| line.clone()).collect()
}

fn account(
    program: &Program,
    lines: &[String],
    until_end: bool,
    message: &Alert,
) -> Option<Account> {
    let mut recount = program.recount(message)?;
    for event in events(program, lines) {
        if recount.event(&event) {
            break;
        }
    }
    recount.finish(Advance {
        until_end,
        ..Advance::default()
    })
}

/// How many events are behind a count, by what is told of it.
fn is_counted(account: &Account) -> bool {
    account.windows.iter().all(|window| {
        let told: usize = window.panes.iter().map(|pane| pane.events.len()).sum();
        !window.text.starts_with("count(") || window.value == Some(Value::from(told))
    })
}

#[test]
fn every_message_is_accounted_for() {
    let mut messages = 0;
    for seed in 0..CASES {
        let case = case(seed, Features::ALL);
        let program = compile_text(&case.yaml);
        let given = alerts(&program, &case.lines, case.until_end);
        let every = given.len().div_ceil(MESSAGES).max(1);
        for message in given.iter().step_by(every) {
            // A key that comes again with an old event after it was forgotten begins the same episode again.
            let same = |other: &&Alert| other.notification == message.notification;
            if given.iter().filter(same).count() > 1 {
                continue;
            }
            let account = account(&program, &case.lines, case.until_end, message);
            let about = || {
                let message = serde_json::to_string(message).unwrap();
                format!("seed {seed}: {message}\n{}", case.yaml)
            };
            let account = account.unwrap_or_else(|| panic!("{}", about()));
            let told = serde_json::to_string(&account.message).unwrap();
            assert_eq!(&account.message, message, "{told}\n{}", about());
            assert!(is_counted(&account), "{}\n{:#?}", about(), account.windows);
            assert!(!account.history.is_empty(), "{}", about());
            messages += 1;
        }
    }
    assert!(messages > 1_000, "only {messages} messages");
}

#[test]
fn a_key_fires_when_a_run_says_so() {
    let mut asked = 0;
    for seed in 0..CASES {
        let case = case(seed, Features::ALL);
        let program = compile_text(&case.yaml);
        // Of a key that old events bring to life again and again there is more than one past.
        let lines = in_order(&program, &case.lines);
        let given = alerts(&program, &lines, false);
        let every = given.len().div_ceil(MESSAGES).max(1);
        for (index, message) in given.iter().enumerate().step_by(every) {
            // Of messages of one moment the last says what is.
            let is_last = !given[index + 1..].iter().any(|later| {
                (&later.alert, &later.key, later.at) == (&message.alert, &message.key, message.at)
            });
            let lives = message.since.is_some() && is_last;
            if !lives || message.repeat.is_some() || message.reason.is_some() {
                continue;
            }
            let key = message.key.clone().unwrap_or_default();
            let mut why_not = program.why_not(&message.alert, &key, message.at).unwrap();
            events(&program, &lines).for_each(|event| why_not.event(&event));
            let answer = why_not.finish();
            asked += 1;
            let fires = answer.outcome == WhyNotOutcome::Firing;
            assert_eq!(
                fires,
                message.status == Status::Firing,
                "seed {seed}: {}\n{}\n{}",
                serde_json::to_string(message).unwrap(),
                serde_json::to_string(&answer).unwrap(),
                case.yaml
            );
        }
    }
    assert!(asked > 100, "only {asked} were asked");
}

#[test]
fn names_of_another_key_are_refused() {
    let program = compile_text("alerts: {hot: {on: a, by: user, when: x > 1}}");
    let ask = |alert, key: &[(String, Value)]| program.why_not(alert, key, Time(0)).is_some();
    let part = |name: &str, value: Value| (name.to_owned(), value);
    assert!(ask("hot", &[part("user", "u".into())]));
    assert!(!ask("hot", &[]));
    assert!(!ask("hot", &[part("users", "u".into())]));
    assert!(!ask(
        "hot",
        &[part("user", "u".into()), part("x", 1.into())]
    ));
    assert!(!ask("hot", &[part("user", Value::Null)]));
    assert!(!ask("cold", &[part("user", "u".into())]));
}
