//! The engine against the oracle, on random rules and random events.
//!
//! `CASES=100000 SEED=7` runs more of them, from another seed; the default is the same on every machine.
//! `FEATURES=all`, or `FEATURES=functions,lists`, says what the rules may use.

// A test that cannot read its own data has failed; how many cases to run is for its caller to say.
#![allow(clippy::unwrap_used, clippy::disallowed_methods)]

use std::collections::BTreeMap;

use serde_json::{Map, Value};
use tripline_tests::generate::{Features, case};
use tripline_tests::oracle::{self, OracleAlert, OracleRow, OracleTally};
use tripline_tests::run::{Batches, Run, compile_text};

fn setting(name: &str, default: u64) -> u64 {
    std::env::var(name).map_or(default, |text| text.parse().unwrap())
}

/// What the engine does so far.
const SUPPORTED: Features = Features::ALL;

fn features() -> Features {
    std::env::var("FEATURES").map_or(SUPPORTED, |names| Features::named(&names).unwrap())
}

/// What an alert of the engine says, in the oracle's form.
fn read(line: &str) -> (Map<String, Value>, BTreeMap<String, Value>) {
    let Value::Object(mut fields) = serde_json::from_str(line).unwrap() else {
        panic!("{line}")
    };
    for unseen in ["id", "notification", "severity"] {
        fields.remove(unseen);
    }
    let values = fields.remove("values").unwrap();
    let values = values.as_object().unwrap().clone().into_iter().collect();
    if let Some(source) = fields.remove("source") {
        fields.insert("line".to_owned(), source["line"].clone());
    }
    (fields, values)
}

fn of_oracle(alert: &OracleAlert) -> Map<String, Value> {
    let time = |millis| {
        let time = chrono::DateTime::from_timestamp_millis(millis).unwrap();
        Value::from(time.to_rfc3339_opts(chrono::SecondsFormat::Millis, true))
    };
    let fields = [
        ("status", Some(alert.status.into())),
        ("repeat", alert.repeat.map(Value::from)),
        ("shadow", alert.shadow.then_some(Value::from(true))),
        ("alert", Some(alert.alert.clone().into())),
        ("key", alert.key.clone().map(Value::from)),
        ("at", Some(time(alert.at_ms))),
        ("since", alert.since_ms.map(time)),
        ("line", alert.line.map(Value::from)),
        ("reason", alert.reason.map(Value::from)),
    ];
    fields
        .into_iter()
        .filter_map(|(name, value)| Some((name.to_owned(), value?)))
        .collect()
}

/// Equal, but for the last digits of doubles: the two add in another order.
fn close(a: &Value, b: &Value) -> bool {
    match (a, b) {
        (Value::Number(x), Value::Number(y)) if x.is_f64() || y.is_f64() => {
            let (x, y) = (x.as_f64().unwrap(), y.as_f64().unwrap());
            (x - y).abs() <= 1e-9 * x.abs().max(y.abs())
        }
        (Value::Object(x), Value::Object(y)) => {
            x.len() == y.len() && x.iter().zip(y).all(|(x, y)| x.0 == y.0 && close(x.1, y.1))
        }
        _ => a == b,
    }
}

/// Equal values of one expression: percentiles are estimates, and deviations of equal values are not quite 0.
fn close_value(text: &str, a: &Value, b: &Value) -> bool {
    let near = |tolerance: fn(f64) -> f64| match (a.as_f64(), b.as_f64()) {
        (Some(a), Some(exact)) => (a - exact).abs() <= tolerance(exact),
        _ => false,
    };
    close(a, b)
        || text.starts_with("percentile(") && near(|exact| 0.01 * exact.abs())
        || text.starts_with("stddev(") && near(|exact| 1e-9 * exact.max(1.0))
}

/// Whether a row of the engine is the oracle's, but for what sketches and sums may differ by.
fn same_row(line: &str, wanted: &OracleRow) -> bool {
    let given: Value = serde_json::from_str(line).unwrap();
    let values = given["values"].as_object().unwrap();
    let same_values = values.len() == wanted.values.len()
        && values.iter().all(|(name, value)| {
            // The generator's names of entries that are percentiles and deviations.
            let aggregate = match name.as_str() {
                "middle" | "tail" => "percentile(",
                "spread" => "stddev(",
                _ => "",
            };
            let wanted = wanted.values.get(name);
            wanted.is_some_and(|wanted| close_value(aggregate, value, wanted))
        });
    let window = |name: &str| {
        let time = given["window"][name].as_str().unwrap();
        chrono::DateTime::parse_from_rfc3339(time)
            .unwrap()
            .timestamp_millis()
    };
    same_values
        && given["aggregate"] == wanted.aggregate
        && close(&given["key"], &Value::from(wanted.key.clone()))
        && window("start") == wanted.start_ms
        && window("end") == wanted.end_ms
        && given["events"] == wanted.events
}

fn check(seed: u64, features: Features) -> Result<usize, String> {
    let case = case(seed, features);
    let lines: Vec<&str> = case.lines.iter().map(String::as_str).collect();
    let wanted = oracle::run(&case.rules, lines.iter().copied(), case.until_end).unwrap();
    let program = compile_text(&case.yaml);
    let run_of = |program, batches| {
        let until_end = case.until_end;
        let run = Run {
            program,
            until_end,
            batches,
        };
        run.over(&lines)
    };
    let run = |batches| run_of(&program, batches);
    let given = run(Batches::Whole);
    // The rules, the events, and the alerts from just before the first that differs.
    let about = |what: String, from: usize| {
        let from = from.saturating_sub(2);
        let mut text = format!(
            "seed {seed}: {what}\n{}until_end: {}\n",
            case.yaml, case.until_end
        );
        for (line, number) in case.lines.iter().zip(1..) {
            text.push_str(&format!("{number:>4} {line}\n"));
        }
        let alerts: Vec<&str> = given
            .alerts
            .iter()
            .skip(from)
            .take(5)
            .map(String::as_str)
            .collect();
        text.push_str(&format!("given\n  {}\nwanted\n", alerts.join("\n  ")));
        for alert in wanted.alerts.iter().skip(from).take(5) {
            text.push_str(&format!(
                "  {} {:?}\n",
                Value::from(of_oracle(alert)),
                alert.values
            ));
        }
        text
    };
    let (parts, size) = (2 + seed as usize % 7, 1 + seed as usize % 40);
    for batches in [
        Batches::Of(1),
        Batches::Random(seed),
        Batches::Divided(parts, size),
    ] {
        if run(batches) != given {
            return Err(about(format!("batches {batches:?} give something else"), 0));
        }
    }
    let sharing = compile_text(&case.yaml).share_windows();
    for batches in [Batches::Of(size), Batches::Divided(parts, 1)] {
        if run_of(&sharing, batches) != given {
            let what = format!("windows kept once, in batches {batches:?}, give something else");
            return Err(about(what, 0));
        }
    }
    let rejects: Vec<usize> = given
        .rejects
        .iter()
        .map(|(line, _)| *line as usize)
        .collect();
    if rejects != wanted.rejects {
        return Err(about(
            format!("rejects {rejects:?} for {:?}", wanted.rejects),
            0,
        ));
    }
    for (index, pair) in given.rows.iter().zip(&wanted.rows).enumerate() {
        if !same_row(pair.0, pair.1) {
            let rows = format!("row {} differs: {} for {:?}", index + 1, pair.0, pair.1);
            return Err(about(rows, 0));
        }
    }
    if given.rows.len() != wanted.rows.len() {
        let rows = format!("{} rows for {}", given.rows.len(), wanted.rows.len());
        return Err(about(rows, 0));
    }
    for (index, pair) in given.alerts.iter().zip(&wanted.alerts).enumerate() {
        let (fields, values) = read(pair.0);
        // The engine shows no lists and objects.
        let shown: Vec<_> = pair
            .1
            .values
            .iter()
            .filter(|(_, value)| !value.is_array() && !value.is_object())
            .collect();
        let same_values = values.len() == shown.len()
            && values
                .iter()
                .zip(shown)
                .all(|(a, b)| a.0 == b.0 && close_value(a.0, a.1, b.1));
        if !close(&Value::from(fields), &Value::from(of_oracle(pair.1))) || !same_values {
            return Err(about(format!("alert {} differs", index + 1), index));
        }
    }
    if given.alerts.len() != wanted.alerts.len() {
        return Err(about(
            format!("{} alerts for {}", given.alerts.len(), wanted.alerts.len()),
            given.alerts.len(),
        ));
    }
    Ok(given.alerts.len())
}

#[test]
fn the_engine_gives_what_the_oracle_gives() {
    let (cases, first) = (setting("CASES", 3_000), setting("SEED", 1) << 32);
    let mut alerts = 0;
    let mut silent = 0;
    let mut differences = Vec::new();
    for seed in first..first + cases {
        match check(seed, features()) {
            Ok(0) => silent += 1,
            Ok(number) => alerts += number,
            Err(difference) => differences.push(difference),
        }
        if differences.len() == 3 {
            break;
        }
    }
    assert!(differences.is_empty(), "{}", differences.join("\n\n"));
    println!("{cases} cases, {alerts} alerts, {silent} cases without any");
    // A generator whose rules never fire would test nothing.
    assert!(
        silent * 3 < cases,
        "{silent} of {cases} cases gave no alert"
    );
}

/// A generator whose cooldowns, repeats and silences seldom matter would test little.
#[test]
fn the_generated_cases_use_the_whole_language() {
    let cases = 400;
    let (mut alerts, mut silent, mut rows, mut resolved, mut shadows) = (0, 0, 0, 0, 0);
    let mut tally = OracleTally::default();
    for seed in 0..cases {
        let case = case(seed, Features::ALL);
        let lines = case.lines.iter().map(String::as_str);
        let run = oracle::run(&case.rules, lines, case.until_end).unwrap();
        silent += u64::from(run.alerts.is_empty());
        alerts += run.alerts.len() as u64;
        rows += run.rows.len() as u64;
        let count = |holds: fn(&OracleAlert) -> bool| {
            run.alerts.iter().filter(|alert| holds(alert)).count() as u64
        };
        resolved += count(|alert| alert.status == "resolved");
        shadows += count(|alert| alert.shadow);
        tally.add(run.tally);
    }
    println!(
        "{cases} cases, {silent} without any alert: {alerts} alerts, {resolved} of them resolved, {shadows} of \
         the shadow; {rows} rows; {tally:?}"
    );
    assert!(silent * 3 < cases);
    assert!(resolved * 20 > alerts && shadows * 50 > alerts);
    assert!(tally.withheld * 50 > alerts && tally.silenced * 50 > alerts);
    assert!(tally.repeats * 50 > alerts && tally.skipped_repeats > 0);
    assert!(rows > cases);
}
