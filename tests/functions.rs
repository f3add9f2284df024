//! The functions, call by call: what one record can make of them, and what the world can refuse.
#![allow(clippy::unwrap_used)]

use std::cell::{Cell, RefCell};
use std::rc::Rc;

use tripline_engine::Time;
use tripline_lambdas::alert::AlertFunction;
use tripline_lambdas::call::Call;
use tripline_lambdas::invocation::Record;
use tripline_lambdas::item::Name;
use tripline_lambdas::sequence::Sequence;
use tripline_tests::aws::chaos::topics;
use tripline_tests::aws::tasks::finish;
use tripline_tests::aws::world::{Shared, World};
use tripline_tests::run::compile_text;

/// 2026-01-05T10:00:00Z.
const TEN: i64 = 1_767_607_200_000;

/// A world without faults, and a stream of one shard.
fn calm() -> (Rc<RefCell<Shared>>, World) {
    let shared = Rc::new(RefCell::new(Shared::default()));
    shared
        .borrow_mut()
        .stream
        .insert("shard".into(), Vec::new());
    let world = World::new(&shared, &Rc::new(Cell::new(0)), None, 1);
    (shared, world)
}

fn call(minutes: i64) -> Call<'static> {
    let now = Time(TEN + minutes * 60_000);
    Call {
        id: minutes.to_string().into(),
        now,
        ends: now.plus(60_000),
        is_late: &|| false,
    }
}

/// A record of so many events, a line each.
fn record(sequence: u64, events: usize, user: &str) -> Record {
    let lines = (0..events).map(|number| {
        let time = TEN + number as i64;
        format!(
            r#"{{"id":"{sequence}-{number}","timestamp":{time},"user":"{user}","value":{}}}"#,
            number % 2
        )
    });
    Record {
        shard: "shard".into(),
        sequence: Sequence::new(&sequence.to_string()).unwrap(),
        partition_key: None,
        arrival: Some(Time(TEN)),
        data: lines.collect::<Vec<_>>().join("\n").into_bytes(),
    }
}

/// The largest item of the state table, in bytes.
fn largest(shared: &Rc<RefCell<Shared>>) -> usize {
    let shared = shared.borrow();
    shared
        .items
        .values()
        .map(|item| item.bytes())
        .max()
        .unwrap()
}

#[test]
fn a_record_that_makes_more_messages_than_an_item_holds() {
    let text = "x".repeat(200);
    for (rules, messages) in [
        // Of alerts that keep no state, and of one key.
        (
            format!("alerts: {{each: {{by: user, when: value == 1, description: {text}}}}}"),
            2_000,
        ),
        (
            format!(
                "alerts: {{flaps: {{by: user, when: value == 1, until: value == 0, description: {text}}}}}"
            ),
            3_999,
        ),
    ] {
        let program = compile_text(&rules);
        let (shared, world) = calm();
        let function = AlertFunction::new(&program, world, topics());
        let failed = finish(function.records(vec![Ok(record(1, 4_000, "u"))], &call(0))).unwrap();
        assert_eq!(failed, []);
        assert!(largest(&shared) < 400_000, "{}", largest(&shared));
        let sent = shared.borrow().sent.clone();
        assert_eq!(sent.len(), messages, "{rules}");
        assert!(sent.values().all(|(_, times)| *times == 1));
        assert!(
            shared
                .borrow()
                .items
                .values()
                .all(|item| item.outbox.is_empty())
        );
    }
}

#[test]
fn what_a_topic_refuses_waits_and_blocks_no_shard() {
    let program = compile_text("alerts: {each: {by: user, when: value == 1}}");
    let (shared, world) = calm();
    shared.borrow_mut().refuses = true;
    let function = AlertFunction::new(&program, world, topics());
    // Far more than an item holds, batch after batch.
    let batches = 12;
    for sequence in 1..=batches {
        let batch = vec![Ok(record(sequence, 1_000, "u"))];
        let failed = finish(function.records(batch, &call(sequence as i64))).unwrap();
        assert_eq!(failed, [], "batch {sequence}");
        assert!(largest(&shared) < 400_000, "{}", largest(&shared));
    }
    let shard = &shared.borrow().items[&Name::Shard("shard".into())].clone();
    assert!(
        shard
            .outbox
            .iter()
            .all(|one| one.failure.as_deref() == Some("no such topic"))
    );
    let counted = function.take_metrics();
    assert!(counted.outbox_left > 0);
    assert_eq!(counted.refused, batches * 500);
    // It is tried again an hour later, when somebody has mended it; in the meantime nobody asks.
    finish(function.tick(Time(TEN), &call(30))).unwrap();
    assert!(shared.borrow().sent.is_empty());
    shared.borrow_mut().refuses = false;
    finish(function.tick(Time(TEN + 7_200_000), &call(120))).unwrap();
    let shared = shared.borrow();
    assert_eq!(shared.sent.len(), batches as usize * 500);
    assert!(shared.items.values().all(|item| item.outbox.is_empty()));
}

#[test]
fn what_nobody_is_sent_is_counted() {
    let rules = "
        alerts:
          each: {by: user, when: value == 1, cooldown: 1h}
          often: {by: user, when: count() over 1h >= 2, severity: critical}
    ";
    let program = compile_text(rules);
    let (shared, world) = calm();
    let line = |minutes: i64, value: u8| {
        let time = TEN + minutes * 60_000;
        format!(r#"{{"timestamp":{time},"user":"u","value":{value}}}"#)
    };
    // In order; once more within the cooldown; late; and from next month, which is taken for now.
    let lines = [line(0, 1), line(2, 1), line(1, 0), line(50_000, 0)].join("\n");
    let record = Record {
        arrival: Some(Time(TEN + 180_000)),
        data: lines.into_bytes(),
        ..record(1, 0, "u")
    };
    shared
        .borrow_mut()
        .stream
        .insert("shard".into(), vec![record.clone()]);
    let function = AlertFunction::new(&program, world, topics());
    finish(function.records(vec![Ok(record)], &call(3))).unwrap();
    let counted = function.take_metrics();
    assert_eq!(
        (counted.suppressed, counted.clamped, counted.late),
        (1, 1, 1)
    );
    assert!(counted.state_bytes > Some(0));
    let name = |severity: &str, alert: &str| (severity.to_owned(), alert.to_owned());
    let alerts: Vec<_> = counted.alerts.into_iter().collect();
    let expected = [(name("critical", "often"), 1), (name("warning", "each"), 1)];
    assert_eq!(alerts, expected);
    // All that there is has been read: timers run to the tick.
    finish(function.tick(Time(TEN + 240_000), &call(4))).unwrap();
    assert_eq!(function.take_metrics().behind, Some(0));
    // A record that has not come yet holds them back.
    let mut unread = shared.borrow().stream["shard"].clone();
    unread.push(Record {
        sequence: Sequence::new("2").unwrap(),
        ..unread[0].clone()
    });
    shared.borrow_mut().stream.insert("shard".into(), unread);
    finish(function.tick(Time(TEN + 300_000), &call(5))).unwrap();
    assert_eq!(function.take_metrics().behind, Some(120_000));
}

#[test]
fn a_tick_costs_the_same_with_a_million_idle_keys() {
    let program = compile_text("alerts: {quiet: {by: user, when: count() over 1d == 0}}");
    let (shared, world) = calm();
    let function = AlertFunction::new(&program, world, topics());
    let first = record(1, 1, "u");
    finish(function.records(vec![Ok(first)], &call(0))).unwrap();
    let calls_of_tick = |minutes: i64| {
        let before = shared.borrow().calls;
        finish(function.tick(Time(TEN + minutes * 60_000), &call(minutes))).unwrap();
        shared.borrow().calls - before
    };
    // The first one looks for rules that are gone.
    calls_of_tick(1);
    let few = calls_of_tick(2);
    let one = {
        let shared = shared.borrow();
        let mut items = shared.items.iter();
        let found = items.find(|(name, _)| matches!(name, Name::Key { .. }));
        found.map(|(name, item)| (name.clone(), item.clone()))
    };
    let (Name::Key { fingerprint, .. }, item) = one.unwrap() else {
        panic!("the key has an item");
    };
    assert!(item.timer.is_some());
    for number in 0..1_000_000 {
        let name = Name::Key {
            fingerprint,
            key: format!("[\"idle-{number}\"]").into(),
        };
        shared.borrow_mut().items.insert(name, item.clone());
    }
    assert_eq!(calls_of_tick(3), few);
}

#[test]
fn rules_end_no_episodes_of_rules_that_come_after_them() {
    let before = compile_text("alerts: {old: {by: user, when: count() over 1h >= 2}}");
    let after = compile_text("alerts: {new: {by: user, when: count() over 1h >= 2}}");
    let (shared, world) = calm();
    let one = record(1, 2, "u");
    let two = record(2, 2, "u");
    shared
        .borrow_mut()
        .stream
        .insert("shard".into(), vec![one.clone(), two.clone()]);
    let old = AlertFunction::new(&before, world.clone(), topics());
    let new = AlertFunction::new(&after, world.clone(), topics());
    let fires = |alert: &str| {
        let shared = shared.borrow();
        let mut firing = shared
            .items
            .values()
            .filter_map(|item| item.firing.as_ref());
        firing.any(|rule| rule.name == alert)
    };
    let tick = |function: &AlertFunction<'_, World>, minutes: i64| {
        finish(function.tick(Time(TEN + minutes * 60_000), &call(minutes))).unwrap();
    };
    finish(old.records(vec![Ok(one)], &call(0))).unwrap();
    // Nothing has been read by the new rules, so the old ones are those that run.
    tick(&new, 1);
    assert!(fires("old"));
    finish(new.records(vec![Ok(two)], &call(1))).unwrap();
    // While both run.
    tick(&old, 2);
    assert!(fires("old") && fires("new"));
    tick(&new, 2);
    assert!(!fires("old") && fires("new"));
    // Rules that have read nothing for long are those of today, if there was nothing to read.
    let last = compile_text("alerts: {}");
    tick(&AlertFunction::new(&last, world, topics()), 17);
    assert!(!fires("new"));
}
