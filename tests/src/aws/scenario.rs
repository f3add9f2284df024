//! Events of a few users, the shards they come over, and what the rules must give.

use std::collections::{BTreeMap, BTreeSet};
use std::io::Write;
use std::sync::Arc;

use flate2::Compression;
use flate2::write::GzEncoder;
use serde_json::{Value, json};
use tripline_engine::{Advance, MemoryStore, Plan, Planner, Program, Source, Time, step};
use tripline_lambdas::invocation::Record;
use tripline_lambdas::payload;
use tripline_lambdas::sequence::Sequence;

/// When everything begins: 2026-01-05T10:00:00Z.
const BEGIN: i64 = 1_767_607_200_000;

/// A record and the shard it is put into.
#[derive(Debug, Clone)]
pub struct Put {
    /// The record.
    pub record: Record,
    /// Whether nothing of it is an event.
    pub is_poison: bool,
}

/// A stream's whole life.
#[derive(Debug)]
pub struct Scenario {
    /// The rules.
    pub rules: String,
    /// The records, in the order in which they are put.
    pub puts: Vec<Put>,
    /// The shards, each with how many records are put before it is there.
    pub shards: Vec<(Arc<str>, usize)>,
    /// The shard that each shard is the child of: it is read when its parent is read to the end.
    pub parents: BTreeMap<Arc<str>, Arc<str>>,
    /// A time after all of it.
    pub end: Time,
    /// How many events there are.
    pub events: usize,
}

/// What must come of a scenario.
#[derive(Debug, Default)]
pub struct Expected {
    /// The alert of each notification, without where it comes from.
    pub notifications: BTreeMap<String, Value>,
    /// The aggregate rows as JSON lines.
    pub rows: Vec<String>,
    /// The ids of all events.
    pub events: BTreeSet<String>,
}

/// The rules whose keys have one writer, and two that count over all shards.
///
/// `everything` fires if no event is lost, and `too-much` never, unless one counts twice.
fn rules(events: usize) -> String {
    format!(
        r#"
alerts:
  brute: {{on: login, by: user, when: count(ok == false) over 2m >= 3, severity: critical, summary: "{{user}} fails"}}
  once: {{on: login, by: user, when: ok == false, cooldown: 1m}}
  each: {{on: login, by: user, when: value > 90}}
  hold: {{on: sensor, by: user, when: value > 50, until: value < 20, for: 1m, repeat: 3m}}
  silent: {{on: sensor, by: user, when: count() over 3m == 0, forget: 15m}}
  high: {{on: sensor, by: user, when: avg(value) over 5m > 60 and count() over 5m >= 2}}
  everything: {{when: count() over 1d >= {events}}}
  too-much: {{when: count() over 1d > {events}}}
aggregates:
  by-user: {{by: user, per: 5m, compute: {{n: count(), sum: sum(value), most: max(value), users: distinct(user)}}}}
  all: {{per: 1h, compute: {{n: count(), mean: avg(value), failures: count(ok == false)}}}}
"#
    )
}

/// Alerts that every interleaving of the shards gives, but perhaps at another time.
pub const OVER_SHARDS: [&str; 2] = ["everything", "too-much"];

impl Scenario {
    /// The scenario of a seed.
    pub fn new(seed: u64) -> Scenario {
        let mut random = fastrand::Rng::with_seed(seed);
        let users = random.usize(2..=6);
        let mut shards: Vec<(Arc<str>, usize)> = Vec::new();
        for shard in 0..random.usize(1..=3) {
            shards.push((format!("shardId-{shard:012}").into(), 0));
        }
        let first = shards.len();
        // Arrivals need not ascend. Over several shards it would depend on their order what time it is.
        let jitters = first == 1 && random.bool();
        // The shard of each user.
        let mut places: Vec<Arc<str>> = (0..users)
            .map(|user| Arc::clone(&shards[user % first].0))
            .collect();
        let mut parents = BTreeMap::new();
        let mut arrival = BEGIN;
        let mut puts: Vec<Put> = Vec::new();
        let mut events = 0;
        let records = random.usize(10..=80);
        for number in 0..records {
            // Now and then a shard is split; what belongs to it goes to its children from then on.
            if random.u8(..60) == 0 && number > 0 && !jitters {
                let parent = Arc::clone(&places[random.usize(..users)]);
                let children = [0, 1].map(|more| -> Arc<str> {
                    format!("shardId-{:012}", shards.len() + more).into()
                });
                for child in &children {
                    parents.insert(Arc::clone(child), Arc::clone(&parent));
                    shards.push((Arc::clone(child), number));
                }
                for place in places.iter_mut().filter(|place| **place == parent) {
                    *place = Arc::clone(&children[random.usize(..2)]);
                }
            }
            arrival += *random
                .choice([0, 1, 400, 3_000, 20_000, 70_000, 200_000].iter())
                .unwrap_or(&0);
            let late = if jitters && random.u8(..3) == 0 {
                random.i64(0..90_000)
            } else {
                0
            };
            let arrived = arrival - late;
            let user = random.usize(..users);
            let shard = Arc::clone(&places[user]);
            let sequence = format!("{}{number:020}", 49_590_338u64);
            let (data, is_poison) = match random.u8(..20) {
                0 => (poison(&mut random), true),
                _ => {
                    let several = if random.u8(..8) == 0 {
                        random.usize(2..=4)
                    } else {
                        1
                    };
                    let lines = (0..several).map(|_| {
                        events += 1;
                        event(&mut random, events, user, arrived)
                    });
                    let lines: Vec<Value> = lines.collect();
                    (packed(&mut random, &lines), false)
                }
            };
            puts.push(Put {
                record: Record {
                    shard,
                    sequence: Sequence::new(&sequence).unwrap_or_else(|| panic!("it is a number")),
                    partition_key: Some(format!("user-{user}")),
                    arrival: Some(Time(arrived)),
                    data,
                },
                is_poison,
            });
        }
        Scenario {
            rules: rules(events),
            puts,
            shards,
            parents,
            end: Time(arrival + 1_800_000),
            events,
        }
    }

    /// What one evaluation of all events in the order of their arrival gives.
    pub fn expected(&self, program: &Program) -> Expected {
        let mut store = MemoryStore::new();
        let mut planner = Planner::new(program);
        let mut expected = Expected::default();
        let mut tell = |output: tripline_engine::Output| {
            for alert in output.alerts {
                let json = serde_json::to_value(&alert).unwrap_or_default();
                expected
                    .notifications
                    .insert(alert.notification, unplaced(json));
            }
        };
        for put in self.puts.iter().filter(|put| !put.is_poison) {
            let record = &put.record;
            let events = payload::events(&record.data).unwrap_or_default();
            for (event, sub) in events.iter().zip(0..) {
                let mut plan = Plan::default();
                let source = || Source::Record {
                    shard: &*record.shard,
                    sequence: &**record.sequence.digits(),
                    sub,
                };
                let added = planner.add_at(&mut plan, event, record.arrival, source);
                added.unwrap_or_else(|error| panic!("it is an event: {error:?}"));
                let advance = Advance::default();
                let Ok(output) = step(program, &mut store, &mut plan, advance);
                tell(output);
            }
        }
        let advance = Advance {
            to: Some(self.end),
            ..Advance::default()
        };
        let Ok(output) = step(program, &mut store, &mut Plan::default(), advance);
        tell(output);
        let rows = store
            .rows()
            .filter_map(|(key, row)| program.row(key, row, None));
        expected.rows = rows
            .map(|row| serde_json::to_string(&row).unwrap_or_default())
            .collect();
        expected.rows.sort();
        expected.events = (1..=self.events)
            .map(|number| format!("e-{number}"))
            .collect();
        expected
    }
}

/// An alert without the place of its event, which is told from where it was read.
pub fn unplaced(mut alert: Value) -> Value {
    if let Some(alert) = alert.as_object_mut() {
        alert.remove("source");
    }
    alert
}

fn event(random: &mut fastrand::Rng, number: usize, user: usize, arrival: i64) -> Value {
    // Some were long on the way.
    let delay = *random
        .choice([0, 0, 0, 5, 1_000, 30_000, 150_000].iter())
        .unwrap_or(&0);
    let kind = if random.bool() { "login" } else { "sensor" };
    json!({
        "id": format!("e-{number}"), "eventType": kind, "timestamp": arrival - delay, "user": format!("user-{user}"),
        "ok": random.u8(..3) == 0, "value": random.i32(..100),
    })
}

/// Events in a record: as they are, or compressed.
fn packed(random: &mut fastrand::Rng, events: &[Value]) -> Vec<u8> {
    let lines: Vec<String> = events.iter().map(Value::to_string).collect();
    let text = lines.join("\n").into_bytes();
    if random.u8(..4) > 0 {
        return text;
    }
    let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
    let packed = encoder.write_all(&text).and_then(|()| encoder.finish());
    packed.unwrap_or_else(|error| panic!("memory can be written: {error}"))
}

fn poison(random: &mut fastrand::Rng) -> Vec<u8> {
    match random.u8(..4) {
        0 => b"no JSON".to_vec(),
        1 => b"\x1f\x8b\x08broken".to_vec(),
        2 => b"{\"eventType\":\"login\"".to_vec(),
        _ => vec![0xff, 0xfe],
    }
}
