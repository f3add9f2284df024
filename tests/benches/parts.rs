//! What single parts cost: `cargo bench -p tripline-tests --bench parts [-- FILTER]`.

use divan::{Bencher, black_box};
use tripline_engine::{Advance, MemoryStore, Plan, Planner, Program, Source, step};
use tripline_tests::bench::{BATCH, Events, Workload, drive, kind, six, yaml};
use tripline_tests::run::compile_text;

const WINDOWED: &str = "alerts: {burst: {by: userId, when: count(data.ok == false) over 5m >= 5}}";

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

/// From the text of a condition to its tree.
#[divan::bench]
fn parse_an_expression() -> bool {
    let text = "count(data.ok == false) over 5m >= 5 and data.temperature not in 0..35.5 or userId starts with 'user-1'";
    tripline_grammar::parse(black_box(text), Default::default()).is_ok()
}
