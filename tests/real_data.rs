//! A real series, and what the rules must give on it by an independent model and SQL.
//!
//! The series is not part of the project: the test reads it from beside the checkout, and says so when it
//! is not there.
// A test that cannot read its own data has failed.
#![allow(clippy::unwrap_used)]

use std::io::Read;
use std::path::{Path, PathBuf};

use flate2::read::MultiGzDecoder;
use serde_json::Value;
use tripline_tests::oracle::{self, OracleRule, OracleRules, PendingEnds};
use tripline_tests::run::{Batches, Run, compile_text};

const RULES: &str = "
alerts:
  out-of-range:    {on: sensor_reading, when: data.temperature < 50 or data.temperature > 100}
  low-average:     {on: sensor_reading, by: userId, when: avg(data.temperature) over 1h < 60}
  many-low:        {on: sensor_reading, by: userId, when: count(data.temperature < 60) over 2h >= 10}
  low-average-for: {on: sensor_reading, by: userId, when: avg(data.temperature) over 1h < 60,
                    until: avg(data.temperature) over 1h > 75, for: 30m}
  hot:             {on: sensor_reading, by: userId, when: data.temperature > 100, for: 10m}
aggregates:
  hourly: {on: sensor_reading, by: userId, per: 1h, compute: {n: count(), avg: avg(data.temperature),
           min: min(data.temperature), max: max(data.temperature), sum: sum(data.temperature)}}
";

fn data() -> Option<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../shared/data");
    folder.is_dir().then_some(folder)
}

fn events(folder: &Path) -> String {
    let file = std::fs::File::open(folder.join("machine_temperature.ndjson.gz")).unwrap();
    let mut text = String::new();
    MultiGzDecoder::new(file).read_to_string(&mut text).unwrap();
    text
}

#[test]
fn the_series_gives_what_an_independent_model_gives() {
    let Some(folder) = data() else {
        println!("skipped: there is no real data beside the checkout");
        return;
    };
    let text = events(&folder);
    let lines: Vec<&str> = text.lines().collect();
    let program = compile_text(RULES);
    let given = Run {
        program: &program,
        until_end: false,
        batches: Batches::Of(1_000),
    }
    .over(&lines);
    assert_eq!(given.rejects, []);
    assert_hourly(&folder, &given.rows);
    let given: Vec<Value> = given
        .alerts
        .iter()
        .map(|alert| serde_json::from_str(alert).unwrap())
        .collect();
    for alert in [
        "out-of-range",
        "low-average",
        "many-low",
        "low-average-for",
        "hot",
    ] {
        let wanted =
            std::fs::read_to_string(folder.join(format!("expected/{alert}.ndjson"))).unwrap();
        let wanted: Vec<Value> = wanted
            .lines()
            .map(|line| serde_json::from_str(line).unwrap())
            .collect();
        let given: Vec<&Value> = given
            .iter()
            .filter(|given| given["alert"] == alert)
            .collect();
        assert_eq!(given.len(), wanted.len(), "{alert}");
        for (given, wanted) in given.into_iter().zip(&wanted) {
            for (field, wanted) in wanted.as_object().unwrap() {
                match field.as_str() {
                    "line" => assert_eq!(given["source"]["line"], *wanted, "{given}"),
                    _ => assert_eq!(given[field], *wanted, "{given}"),
                }
            }
        }
    }
}

/// What the oracle says about `low-average-for`, as pairs of status and time.
fn low_average_for(lines: &[&str], pending: PendingEnds) -> Vec<(String, i64)> {
    let rules = OracleRules {
        alerts: vec![OracleRule {
            name: "low-average-for".to_owned(),
            on: vec!["sensor_reading".to_owned()],
            by: vec![("userId".to_owned(), "userId".to_owned())],
            when: "avg(data.temperature) over 1h < 60".to_owned(),
            until: Some("avg(data.temperature) over 1h > 75".to_owned()),
            for_seconds: Some(1_800),
            ..OracleRule::default()
        }],
        pending,
        ..OracleRules::default()
    };
    let run = oracle::run(&rules, lines.iter().copied(), false).unwrap();
    let alerts = run.alerts.iter();
    alerts
        .map(|alert| (alert.status.to_owned(), alert.at_ms))
        .collect()
}

#[test]
fn a_pending_state_ends_with_its_condition_even_if_the_rule_has_an_until() {
    let Some(folder) = data() else {
        println!("skipped: there is no real data beside the checkout");
        return;
    };
    let text = events(&folder);
    // The days in which the readings differ.
    let days = ["2014-02-06", "2014-02-07", "2014-02-08", "2014-02-09"];
    let of_those_days = |line: &&str| days.iter().any(|day| line.contains(day));
    let lines: Vec<&str> = text.lines().filter(of_those_days).collect();
    let wanted = std::fs::read_to_string(folder.join("expected/low-average-for.ndjson")).unwrap();
    let wanted: Vec<(String, i64)> = wanted
        .lines()
        .filter(of_those_days)
        .map(|line| {
            let alert: Value = serde_json::from_str(line).unwrap();
            let at = chrono::DateTime::parse_from_rfc3339(alert["at"].as_str().unwrap()).unwrap();
            let status = alert["status"].as_str().unwrap().to_owned();
            (status, at.timestamp_millis())
        })
        .collect();
    let with_until = low_average_for(&lines, PendingEnds::WithUntilAlone);
    let differs = wanted.iter().zip(&with_until).position(|(a, b)| a != b);
    println!(
        "{} expected, {} if only `until` ends it, first different: {differs:?} {:?} {:?}",
        wanted.len(),
        with_until.len(),
        differs.map(|index| &wanted[index]),
        differs.map(|index| &with_until[index]),
    );
    assert_eq!(low_average_for(&lines, PendingEnds::WithWhen), wanted);
    assert_ne!(with_until, wanted);
}

/// Fails unless the rows are those of SQL: their keys, windows and counts exactly, other values to 1e-9.
fn assert_hourly(folder: &Path, rows: &[String]) {
    let wanted = std::fs::read_to_string(folder.join("expected/hourly.ndjson")).unwrap();
    let wanted: Vec<Value> = wanted
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    assert_eq!(rows.len(), wanted.len());
    for (row, wanted) in rows.iter().zip(&wanted) {
        let row: Value = serde_json::from_str(row).unwrap();
        for field in ["aggregate", "key", "window", "events"] {
            assert_eq!(row[field], wanted[field], "{row}");
        }
        assert_eq!(row["values"]["n"], wanted["values"]["n"], "{row}");
        let values = wanted["values"].as_object().unwrap();
        assert_eq!(row["values"].as_object().unwrap().len(), values.len());
        for (name, wanted) in values {
            let wanted = wanted.as_f64().unwrap();
            let found = row["values"][name].as_f64().unwrap();
            assert!(
                (found - wanted).abs() <= 1e-9 * wanted.abs(),
                "{name}: {row}"
            );
        }
    }
}
