//! How many bytes a key takes, all in: its name, its state, its timer, and where they are kept.

use tripline_engine::MemoryStore;
use tripline_tests::bench::{Events, Generator, Options, Users, Workload, drive};
use tripline_tests::run::compile_text;

use crate::process::Memory;

/// How many events are made at a time.
const PORTION: usize = 1 << 16;
/// A count over sixty panes of five seconds, which no key reaches.
const COUNT: &str = "alerts: {burst: {by: userId, when: count() over 5m >= 100}}";
const PANES: u64 = 60;
const WINDOW_SECONDS: u64 = 300;

pub(crate) const SINGLE: &str = "keys: 1 event a key";
pub(crate) const FEW: &str = "keys: 3 events a key";
pub(crate) const DENSE: &str = "keys: dense panes, 60 events a key";

pub(crate) fn run(options: &Options) {
    let keys = options.events;
    let dense = (keys / 10).max(1);
    let head = || {
        println!(
            "\n{:<52} {:>9} {:>10} {:>10} {:>9}",
            "keys: count() over 5m, 60 panes", "keys", "live B/key", "RSS B/key", "events"
        );
    };
    let per_key = |name: &str, keys: usize, events: u64| {
        if !options.wants(name) {
            return;
        }
        head();
        // All fall into one window.
        let per_second = (keys as u64 * events).div_ceil(WINDOW_SECONDS);
        measure(name, keys, keys as u64 * events, per_second);
    };
    per_key(SINGLE, keys, 1);
    per_key(FEW, keys, 3);
    per_key(DENSE, dense, PANES);
}

fn measure(name: &str, keys: usize, count: u64, per_second: u64) {
    let program = compile_text(COUNT);
    let workload = Workload {
        users: Users::InTurn(keys as u32),
        per_second,
        ..Workload::default()
    };
    let mut generator = Generator::new(workload);
    let mut events = Events::default();
    // What the events themselves take is there before the first reading.
    generator.fill(&mut events, PORTION);
    let before = Memory::now();
    generator = Generator::new(workload);
    let mut store = MemoryStore::new();
    let mut rest = count as usize;
    while rest > 0 {
        generator.fill(&mut events, rest.min(PORTION));
        rest -= events.len();
        drive(&program, &mut store, &events);
    }
    let added = Memory::now().since(before);
    assert_eq!(store.len(), keys, "every key has a state");
    println!(
        "{name:<52} {keys:>9} {:>10.1} {:>10.1} {count:>9}",
        added.live as f64 / keys as f64,
        added.resident as f64 / keys as f64,
    );
}
