//! Rules with windows.

use tripline_tests::bench::{Events, Options, Table, Users, Workload, interleave};
use tripline_tests::run::compile_text;

use crate::{engine, projection};

const COUNT: &str = "alerts: {burst: {by: userId, when: count() over 5m >= 5}}";
const FAILURES: &str = "alerts: {burst: {by: userId, when: count(data.ok == false) over 5m >= 5}}";
const TUMBLING: &str = "alerts: {burst: {by: userId, when: count() per 5m >= 5}}";
const FOUR: &str = "alerts: {four: {by: [eventType, userId], when: \"avg(data.temperature) over 1h every 10m > 99 or max(data.temperature) over 1h every 10m > 99 or distinct(data.region) over 1h every 10m > 99 or percentile(data.latencyMs, 95) over 1h every 10m > 9999\"}}";
const ROWS: &str = "aggregates: {four: {by: [eventType, userId], per: 1h, compute: {avg: avg(data.temperature), max: max(data.temperature), regions: distinct(data.region), p95: \"percentile(data.latencyMs, 95)\"}}}";

pub(crate) fn run(options: &Options) {
    let many = users(100_000);
    group(
        options,
        many,
        "100,000 users",
        &[
            ("windows: count() over 5m by userId >= 5", COUNT),
            ("windows: the same of failures", FAILURES),
            ("windows: count() per 5m by userId >= 5", TUMBLING),
        ],
    );
    let cases = [
        (
            "windows: avg, max, distinct, percentile over 1h every 10m",
            FOUR,
        ),
        ("windows: the same four as aggregates per 1h", ROWS),
    ];
    group(options, users(1_000), "1,000 users of 20 types", &cases);
    group(options, users(50_000), "50,000 users of 20 types", &cases);
    for users in [1_000, 100_000] {
        in_common(options, users);
    }
    of_their_own(options);
    late(options);
}

/// Fifty rules that have a window in common, and each another beside it, whose panes wake it by themselves.
fn of_their_own(options: &Options) {
    let name = "windows: 50 rules of a window in common and one of their own";
    if !options.wants(name) {
        return;
    }
    let alert = |at| {
        format!(
            "  burst-{at}: {{by: userId, when: count() over 5m > 1, until: count() over 5m == 0 and sum(data.load) over {at}s == 0}}\n"
        )
    };
    let rules: String = (301..351).map(alert).collect();
    let fifty = || compile_text(&format!("alerts:\n{rules}"));
    let (alone, sharing) = (fifty(), fifty().share_windows());
    let events = users(5).events(options.events / 100);
    let mut runners = [
        projection(&events),
        engine("  the window kept by each of them", &alone, &events),
        engine(name, &sharing, &events),
    ];
    interleave(options.rounds, &mut runners);
    let table = table(&events);
    table.head("a window in common and one of their own, 5 users");
    let alone = &runners[1];
    for runner in &runners[1..] {
        table.row(runner, &runners[0], &Table::factor(runner, alone));
    }
}

/// Fifty rules of one window, each with a limit of its own, beside one of them.
fn in_common(options: &Options, number: u32) {
    let name = "windows: 50 rules of count() over 5m by userId";
    if !options.wants(name) {
        return;
    }
    let limits = (0..50).map(|at| (at, 1_000 + at));
    let alert =
        |(at, limit)| format!("  burst-{at}: {{by: userId, when: count() over 5m >= {limit}}}\n");
    let rules: String = limits.map(alert).collect();
    let fifty = || compile_text(&format!("alerts:\n{rules}"));
    let (alone, sharing) = (fifty(), fifty().share_windows());
    let one = compile_text(COUNT);
    let events = users(number).events(options.events / 4);
    let mut runners = [
        projection(&events),
        engine(name, &sharing, &events),
        engine("  the window kept by each of them", &alone, &events),
        engine("  one rule", &one, &events),
    ];
    interleave(options.rounds, &mut runners);
    let table = table(&events);
    table.head(&format!("a window in common, {number} users"));
    let one = &runners[3];
    for runner in &runners[1..] {
        table.row(runner, &runners[0], &Table::factor(runner, one));
    }
}

fn users(users: u32) -> Workload {
    Workload {
        users: Users::Random(users),
        ..Workload::default()
    }
}

fn group(options: &Options, workload: Workload, title: &str, cases: &[(&str, &str)]) {
    let wanted = cases.iter().filter(|(name, _)| options.wants(name));
    let programs: Vec<_> = wanted
        .map(|(name, rules)| (*name, compile_text(rules)))
        .collect();
    if programs.is_empty() {
        return;
    }
    let events = workload.events(options.events);
    let mut runners = vec![projection(&events)];
    runners.extend(
        programs
            .iter()
            .map(|(name, program)| engine(name, program, &events)),
    );
    interleave(options.rounds, &mut runners);
    runners[0].given = 0;
    let table = table(&events);
    table.head(title);
    for runner in &runners {
        table.row(runner, &runners[0], "");
    }
}

/// Events that come late, beside the same ones in order.
fn late(options: &Options) {
    let name = "hard: 10 % of events up to 2m late, count() over 5m";
    if !options.wants(name) {
        return;
    }
    let workload = users(100_000);
    let program = compile_text(COUNT);
    let events = workload.events(options.events);
    let disordered = Workload {
        late: 10,
        ..workload
    }
    .events(options.events);
    let mut runners = [
        projection(&disordered),
        engine(name, &program, &disordered),
        projection(&events),
        engine("  its twin: in order", &program, &events),
    ];
    interleave(options.rounds, &mut runners);
    let table = table(&events);
    table.head("out of order");
    table.row(
        &runners[1],
        &runners[0],
        &Table::factor(&runners[1], &runners[3]),
    );
    table.row(&runners[3], &runners[2], "");
}

fn table(events: &Events) -> Table {
    Table {
        events: events.len(),
    }
}
