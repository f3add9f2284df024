//! How fast the engine runs beside the least that any engine must do: a bare projection of the same bytes.
//!
//! `cargo bench -p tripline-tests --bench engine [-- EVENTS]` generates the events from a seed, runs all in
//! one process and prints events a second and the ratio to the projection. Rules: an event type and one
//! to three thresholds or equalities over eight fields, rarely true.

use std::borrow::Cow;
use std::fmt::Write;
use std::hint::black_box;
use std::time::Instant;

use serde::Deserialize;
use tripline_engine::{Advance, MemoryStore, Plan, Planner, Program, Source, step};
use tripline_tests::run::compile_text;

const TYPES: usize = 20;
const USERS: u32 = 73_000;
const BATCH: usize = 1_024;

/// Lines of about 250 bytes.
fn events(count: usize) -> String {
    let mut random = fastrand::Rng::with_seed(1);
    let mut text = String::with_capacity(count * 256);
    for index in 0..count {
        let seconds = index / 100;
        let at =
            chrono::DateTime::from_timestamp(1_767_571_200 + seconds as i64, 0).unwrap_or_default();
        writeln!(
            text,
            r#"{{"id":"evt-{index:09}","eventType":"type_{:02}","userId":"user-{}","timestamp":"{}","data":{{"temperature":{:.2},"humidity":{:.1},"status":"{}","ok":{},"latencyMs":{},"load":{:.3},"region":"eu-{}","retries":{}}}}}"#,
            random.usize(0..TYPES),
            random.u32(0..USERS),
            at.format("%Y-%m-%dT%H:%M:%SZ"),
            15.0 + random.f64() * 10.0,
            40.0 + random.f64() * 20.0,
            ["ok", "degraded", "idle"][random.usize(0..3)],
            random.u32(0..20) != 0,
            random.u32(5..400),
            random.f64(),
            random.u32(1..5),
            random.u32(0..4),
        )
        .expect("writing to a string cannot fail");
    }
    text
}

/// Per-event rules that are almost never true.
fn rules(count: usize) -> String {
    let mut random = fastrand::Rng::with_seed(2);
    let mut text = String::from("alerts:\n");
    for index in 0..count {
        let mut terms = vec![
            format!("data.temperature > {:.2}", 24.999 + random.f64()),
            format!("data.humidity < {:.1}", 40.0 - random.f64() * 10.0),
            format!("data.latencyMs > {}", random.u32(399..900)),
            format!("data.load > {:.4}", 0.9999 + random.f64()),
            "data.status == 'failed'".to_owned(),
            format!("data.retries > {}", random.u32(3..9)),
            format!("data.region == 'us-{}'", random.u32(1..9)),
            "data.ok == false".to_owned(),
        ];
        random.shuffle(&mut terms);
        // The first term is one that is rarely true.
        if terms[0].contains("data.ok") {
            terms.swap(0, 1);
        }
        terms.truncate(random.usize(1..=3));
        let when = terms.join(" and ");
        writeln!(
            text,
            "  rule-{index:05}: {{on: type_{:02}, when: \"{when}\"}}",
            index % TYPES
        )
        .expect("writing to a string cannot fail");
    }
    text
}

#[derive(Deserialize)]
struct Six<'a> {
    #[serde(borrow, rename = "eventType")]
    kind: Cow<'a, str>,
    #[serde(borrow, rename = "userId")]
    user: Cow<'a, str>,
    #[serde(borrow)]
    timestamp: Cow<'a, str>,
    data: Data,
}

#[derive(Deserialize)]
struct Data {
    temperature: f64,
    humidity: f64,
    ok: bool,
}

fn projection(text: &str) {
    let text = simdutf8::basic::from_utf8(text.as_bytes()).expect("generated as text");
    for line in text.lines() {
        let six: Six<'_> = sonic_rs::from_str(line).expect("generated as JSON");
        black_box((
            six.kind,
            six.user,
            six.timestamp,
            six.data.temperature,
            six.data.humidity,
            six.data.ok,
        ));
    }
}

fn engine(program: &Program, text: &str) -> usize {
    let mut store = MemoryStore::new();
    let mut alerts = 0;
    let file: std::sync::Arc<str> = "events".into();
    let mut planner = Planner::new(program);
    let mut lines = text.lines().zip(1_u64..).peekable();
    while lines.peek().is_some() {
        let mut plan = Plan::default();
        for (line, number) in lines.by_ref().take(BATCH) {
            let source = || Source::File {
                file: file.clone(),
                line: number,
            };
            planner
                .add_text(&mut plan, line, source)
                .expect("generated as an event");
        }
        match step(program, &mut store, plan, Advance::default()) {
            Ok(given) => alerts += given.alerts.len(),
            Err(never) => match never {},
        }
    }
    alerts
}

/// Events a second, the best of three runs.
fn measure(count: usize, mut run: impl FnMut()) -> f64 {
    let best = (0..3)
        .map(|_| {
            let start = Instant::now();
            run();
            start.elapsed()
        })
        .min()
        .unwrap_or_default();
    count as f64 / best.as_secs_f64()
}

fn main() {
    let count = std::env::args()
        .skip(1)
        .find_map(|argument| argument.parse().ok())
        .unwrap_or(1_000_000);
    let text = events(count);
    println!("{count} events of {} bytes on average", text.len() / count);
    let bare = measure(count, || projection(&text));
    let line = |name: &str, rate: f64, alerts: usize| {
        println!(
            "{name:<44} {:>9.0} events/s  {:.2} of the projection  {alerts} alerts",
            rate,
            rate / bare
        );
    };
    line("bare sonic-rs projection of 6 fields", bare, 0);
    for rule_count in [10, 100, 1_000, 10_000] {
        let program = compile_text(&rules(rule_count));
        let mut alerts = 0;
        let rate = measure(count, || alerts = engine(&program, &text));
        line(&format!("{rule_count} per-event rules"), rate, alerts);
    }
    let program = compile_text(
        "alerts: {burst: {on: '*', by: userId, when: count(data.ok == false) over 5m >= 5}}",
    );
    let mut alerts = 0;
    let rate = measure(count, || alerts = engine(&program, &text));
    line("1 windowed rule, 73,000 keys", rate, alerts);
}
