use std::collections::BTreeMap;

use super::MemoryStore;
use crate::RawFile;
use crate::program::Program;
use crate::row::{Row, RowKey};
use crate::state::KeyState;
use crate::store::{Checkpoint, Input, StateKey, Store, Stored};
use crate::time::Time;

/// States of all sizes: of the second alert they outgrow the packed ones.
const RULES: &str = "
alerts:
  a: {by: k, when: count() over 1h >= 1000}
  b: {by: k, when: distinct(v) over 1h every 20m >= 1000}
aggregates:
  c: {by: k, per: 1h, compute: {n: count()}}
";

fn program() -> Program {
    let file = RawFile {
        name: "rules/a.yaml".into(),
        bytes: RULES.into(),
        settings: false,
    };
    crate::check(vec![file]).program.unwrap()
}

fn state(program: &Program, alert: u32, events: u64, random: &mut fastrand::Rng) -> KeyState {
    let rule = &program.alerts[alert as usize];
    let mut time = 1_767_571_200 + random.i64(0..10_000);
    let mut state = KeyState::new(program, rule, Time(time * 1_000));
    for _ in 0..events {
        time += random.i64(0..60);
        let value = random.u32(..);
        let line = format!(r#"{{"eventType":"t","timestamp":{time},"k":1,"v":{value}}}"#);
        let source = crate::Source::File {
            file: "events",
            line: 1,
        };
        let event = program.decode(line.as_bytes(), source).unwrap();
        state.count(program, rule, &event, event.arrival);
        state.evaluate(0, rule, Some(&event.slots));
    }
    state
}

/// The same, kept the plain way.
#[derive(Default)]
struct Naive(BTreeMap<StateKey, (KeyState, Option<Time>)>);

impl Naive {
    fn due(&self, until: Time, limit: usize) -> Vec<StateKey> {
        let timers = self.0.iter().map(|(key, (_, timer))| (*timer, key));
        let mut due: Vec<_> = timers
            .filter(|(timer, _)| timer.is_some_and(|timer| timer < until))
            .collect();
        due.sort();
        due.truncate(limit);
        let mut keys: Vec<StateKey> = due.into_iter().map(|(_, key)| key.clone()).collect();
        keys.sort();
        keys
    }
}

#[test]
fn states_and_timers_are_those_that_were_committed_last() {
    let program = program();
    let mut random = fastrand::Rng::with_seed(5);
    for _ in 0..6 {
        let (mut store, mut naive) = (MemoryStore::new(), Naive::default());
        let mut now = 1_767_571_200_000;
        for _ in 0..60 {
            now += random.i64(0..20_000);
            let mut keys: Vec<StateKey> = (0..random.usize(0..40))
                .map(|_| {
                    let number = random.usize(0..60);
                    // A few names are longer than the longest slot.
                    let fill = if number.is_multiple_of(20) {
                        600
                    } else {
                        number % 5
                    };
                    StateKey {
                        alert: random.u32(0..2),
                        key: format!("[{number}{}]", "x".repeat(fill)).into(),
                    }
                })
                .collect();
            keys.sort();
            keys.dedup();
            random.shuffle(&mut keys);
            // Up to now, or to the end of time; all that is due, or the first of it.
            let until = Time(if random.u8(..20) == 0 { i64::MAX } else { now });
            let limit = *random.choice([1, 5, usize::MAX].iter()).unwrap();
            let due = store.due(until, limit).unwrap();
            assert_eq!(due, naive.due(until, limit));
            keys.retain(|key| !due.contains(key));
            let mut states = Vec::new();
            store.load(&keys, &mut states).unwrap();
            store.load(&due, &mut states).unwrap();
            for stored in &mut states {
                let known = naive.0.get(&stored.key).map(|(state, _)| state);
                assert_eq!(stored.state.as_ref(), known);
                match random.u8(..10) {
                    0 => stored.state = None,
                    1 => {}
                    _ => {
                        let most = if stored.key.alert == 0 { 60 } else { 100 };
                        let events = random.u64(0..most);
                        let state = state(&program, stored.key.alert, events, &mut random);
                        stored.state = Some(state);
                    }
                }
                stored.timer = match random.u8(..5) {
                    0 => None,
                    _ => Some(Time(now + random.i64(0..60_000))),
                };
                match stored.state.clone() {
                    Some(state) => naive.0.insert(stored.key.clone(), (state, stored.timer)),
                    None => naive.0.remove(&stored.key),
                };
            }
            // The order is for speed only.
            if random.bool() {
                random.shuffle(&mut states);
            }
            let checkpoint = Checkpoint {
                input: Input::default(),
                states,
                rows: Vec::new(),
            };
            store.commit(checkpoint).unwrap();
            assert_eq!(store.len(), naive.0.len());
        }
        let mut states = Vec::new();
        let keys: Vec<StateKey> = naive.0.keys().cloned().collect();
        store.load(&keys, &mut states).unwrap();
        let held = states
            .into_iter()
            .map(|Stored { state, .. }| state.unwrap());
        assert!(held.eq(naive.0.into_values().map(|(state, _)| state)));
    }
}

#[test]
fn memory_that_no_state_stands_in_is_given_back() {
    let program = program();
    let mut random = fastrand::Rng::with_seed(6);
    let mut store = MemoryStore::new();
    let mut commit = |events: Option<u64>| {
        let state = events.map(|events| state(&program, 0, events, &mut random));
        let states = (0..5_000).map(|number| Stored {
            key: StateKey {
                alert: 0,
                key: format!("[{number}]").into(),
            },
            state: state.clone(),
            timer: None,
        });
        let checkpoint = Checkpoint {
            states: states.collect(),
            ..Checkpoint::default()
        };
        store.commit(checkpoint).unwrap();
        store.memory()
    };
    let small = commit(Some(1));
    let large = commit(Some(50));
    assert!(large > small);
    let again = commit(Some(1));
    assert!((small..small * 11 / 10).contains(&again), "{again}");
    assert!(commit(None) < small / 2);
}

#[test]
fn rows_come_back_as_they_were_committed() {
    let program = program();
    let mut store = MemoryStore::new();
    let key = |number: i64| RowKey {
        aggregate: 0,
        start: Time(number),
        key: "[1]".into(),
    };
    let keys = [key(1), key(2)];
    let rows: Vec<_> = keys
        .iter()
        .map(|key| (key.clone(), Row::new(&program.aggregates[0])))
        .collect();
    for _ in 0..2 {
        let checkpoint = Checkpoint {
            rows: rows.clone(),
            ..Checkpoint::default()
        };
        store.commit(checkpoint).unwrap();
        let loaded = store.load_rows(&[key(3), key(2)]).unwrap();
        assert_eq!(loaded, [None, Some(rows[1].1.clone())]);
    }
}
