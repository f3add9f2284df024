//! What single parts cost: `cargo bench -p tripline-tests --bench parts [-- FILTER]`.

use std::fmt;

use divan::{AllocProfiler, Bencher, black_box};
use tripline_engine::{Advance, MemoryStore, Plan, Planner, Program, Source, step};
use tripline_tests::bench::{BATCH, Events, Generator, Users, Workload, drive, kind, six, yaml};
use tripline_tests::run::compile_text;

const WINDOWED: &str = "alerts: {burst: {by: userId, when: count(data.ok == false) over 5m >= 5}}";

/// Rules by a name that fits a table.
struct Rules {
    name: &'static str,
    /// Nothing for 100 rules on single events.
    text: &'static str,
}

impl fmt::Display for Rules {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name)
    }
}

/// One for each way in which a state holds what it knows of a key.
const RULES: [Rules; 14] = [
    Rules {
        name: "per-event",
        text: "",
    },
    Rules {
        name: "windowed",
        text: WINDOWED,
    },
    // Longer than what a key holds in itself.
    Rules {
        name: "long keys",
        text: "alerts: {burst: {by: [userId, eventType], when: count(data.ok == false) over 5m >= 5}}",
    },
    // Panes that are more than what a state holds in itself.
    Rules {
        name: "full panes",
        text: "alerts: {burst: {by: userId, when: count() over 5m >= 5000000}}",
    },
    // Panes that are more than what is packed.
    Rules {
        name: "dense",
        text: "alerts: {burst: {by: data.region, when: count() over 5m >= 5000000}}",
    },
    Rules {
        name: "firing",
        text: "alerts: {busy: {by: userId, when: count() over 5m >= 5}}",
    },
    Rules {
        name: "two windows",
        text: "alerts: {burst: {by: userId, when: count(data.ok == false) over 5m >= count() over 1m + 5}}",
    },
    Rules {
        name: "shared windows",
        text: "alerts: {burst: {by: userId, when: count() over 5m >= 5}, more: {by: userId, when: count() over 5m >= 50}}",
    },
    Rules {
        name: "averages",
        text: "alerts: {slow: {by: userId, when: avg(data.latencyMs) over 5m > 1000000}}",
    },
    Rules {
        name: "last",
        text: "alerts: {lost: {by: userId, when: last(data.status) over 5m == 'lost'}}",
    },
    Rules {
        name: "distinct",
        text: "alerts: {spread: {by: userId, when: distinct(data.region) over 5m every 15s > 1000000}}",
    },
    Rules {
        name: "percentiles",
        text: "alerts: {slow: {by: userId, when: 'percentile(data.latencyMs, 95) over 5m every 1m > 1000000'}}",
    },
    Rules {
        name: "offset",
        text: "alerts: {slow: {by: userId, when: 'percentile(data.latencyMs, 95) over 4m every 1m offset 1m > 1000000'}}",
    },
    Rules {
        name: "rows",
        text: "aggregates: {four: {by: userId, per: 1h, compute: {mean: avg(data.latencyMs), top: max(data.temperature), spread: distinct(data.region), slow: 'percentile(data.latencyMs, 95)'}}}",
    },
];

/// Counts allocations beside times.
#[global_allocator]
static ALLOCATOR: AllocProfiler = AllocProfiler::system();

fn main() {
    divan::main();
}

fn program(rules: usize) -> Program {
    let rules = kind(rules);
    compile_text(&yaml(
        rules.iter().map(|rule| (rule.on(), rule.when("and"))),
    ))
}

const SOURCE: Source<&str> = Source::File {
    file: "events",
    line: 1,
};

fn plan<'e>(planner: &mut Planner<'_>, events: &'e Events) -> Plan<'e> {
    let mut plan = Plan::default();
    for event in events.iter() {
        planner
            .add_text(&mut plan, event, || SOURCE)
            .expect("generated as an event");
    }
    plan
}

/// The yardstick, for one event.
#[divan::bench]
fn projection_of_one_event(bencher: Bencher<'_, '_>) {
    let events = Workload::default().events(1);
    bencher.bench_local(|| six(black_box(&events)));
}

/// Decoding, for one event and rules that name eight fields.
#[divan::bench]
fn decode_one_event(bencher: Bencher<'_, '_>) {
    let program = program(100);
    let events = Workload::default().events(1);
    let event = events.iter().next().unwrap_or_default();
    bencher.bench_local(|| program.decode(black_box(event.as_bytes()), SOURCE));
}

/// Decoding and finding what is touched, for a batch of 1,024 events.
#[divan::bench(args = [10, 1_000, 10_000])]
fn plan_a_batch(bencher: Bencher<'_, '_>, rules: usize) {
    let program = program(rules);
    let events = Workload::default().events(BATCH);
    let mut planner = Planner::new(&program);
    bencher.bench_local(|| plan(&mut planner, black_box(&events)));
}

/// Loading, applying and storing a planned batch of 1,024 events whose keys are known. Every time it is the same
/// batch, so most of its events are late for their keys.
#[divan::bench]
fn apply_a_windowed_batch(bencher: Bencher<'_, '_>) {
    let program = compile_text(WINDOWED);
    let events = Workload::default().events(BATCH);
    let mut planner = Planner::new(&program);
    let mut store = MemoryStore::new();
    drive(&program, &mut store, &events);
    bencher
        .with_inputs(|| plan(&mut planner, &events))
        .bench_local_refs(|plan| step(&program, &mut store, plan, Advance::default()));
}

/// Ten batches of events whose keys are known, from their texts on: what is allocated is said beside the time. The memory
/// of the first batch is allocated each time, and serves the others.
#[divan::bench(args = RULES)]
fn run_ten_batches(bencher: Bencher<'_, '_>, rules: &Rules) {
    let program = match rules.text {
        "" => program(100),
        text => compile_text(text).share_windows(),
    };
    let mut generator = Generator::new(Workload {
        users: Users::Random(1_000),
        ..Workload::default()
    });
    let mut store = MemoryStore::new();
    let mut events = Events::default();
    // The windows are full by then.
    generator.fill(&mut events, 50 * BATCH);
    drive(&program, &mut store, &events);
    bencher
        .with_inputs(|| {
            let mut events = Events::default();
            generator.fill(&mut events, 10 * BATCH);
            events
        })
        .bench_local_refs(|events| drive(&program, &mut store, events));
}

/// From the text of a condition to its tree.
#[divan::bench]
fn parse_an_expression() -> bool {
    let text = "count(data.ok == false) over 5m >= 5 and data.temperature not in 0..35.5 or userId starts with 'user-1'";
    tripline_grammar::parse(black_box(text), Default::default()).is_ok()
}
