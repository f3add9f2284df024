//! What stands beside the alerts of a rule file: defaults, lists, silences and aggregates.

use chrono::DateTime;
use fastrand::Rng;
use serde_json::json;

use super::{chance, pick};
use crate::oracle::{OracleAggregate, OracleDefaults, OracleSilence};

/// Longer than any window and any jump of a stream, in seconds.
const MONTH: u64 = 2_592_000;

pub(super) fn lists() -> Vec<(String, Vec<serde_json::Value>)> {
    vec![
        ("names".to_owned(), vec![json!("x"), json!("z")]),
        ("numbers".to_owned(), vec![json!(1), json!(5), json!(7.5)]),
        (
            "offices".to_owned(),
            vec![
                json!("10.0.0.0/8"),
                json!("192.168.1.0/24"),
                json!("2001:db8::/32"),
            ],
        ),
    ]
}

pub(super) fn defaults(rng: &mut Rng) -> OracleDefaults {
    let mut defaults = OracleDefaults::default();
    if chance(rng, 70) {
        return defaults;
    }
    if chance(rng, 40) {
        defaults.on = vec![pick(rng, &["a", "a*"]).to_owned()];
    }
    if chance(rng, 40) {
        defaults.by = vec![("user".to_owned(), "user".to_owned())];
    }
    defaults.cooldown_seconds = chance(rng, 40).then(|| pick(rng, &[5, 60, 600]));
    defaults.repeat_seconds = chance(rng, 20).then(|| pick(rng, &[600, 1_800]));
    defaults.forget_seconds = chance(rng, 30).then_some(MONTH);
    defaults
}

pub(super) fn silences(rng: &mut Rng, names: &[&str], begin: i64) -> Vec<OracleSilence> {
    let count = pick(rng, &[0, 0, 1, 2]);
    (1..=count)
        .map(|number| silence(rng, names, begin, format!("s{number}")))
        .collect()
}

fn silence(rng: &mut Rng, names: &[&str], begin: i64, name: String) -> OracleSilence {
    let text = |time: i64, format: &str| {
        let time = DateTime::from_timestamp_millis(time).unwrap_or_default();
        time.format(format).to_string()
    };
    let alert = match rng.u32(..4) {
        0 => "*".to_owned(),
        1 => "b*".to_owned(),
        _ => pick(rng, names).to_owned(),
    };
    let key = match rng.u32(..6) {
        0 => vec![("user".to_owned(), json!("u"))],
        1 => vec![("user".to_owned(), json!(1))],
        _ => Vec::new(),
    };
    let timezone = chance(rng, 50)
        .then(|| pick(rng, &["Europe/Berlin", "Asia/Kolkata", "America/New_York"]).to_owned());
    let day = 86_400_000;
    let moment = "%Y-%m-%dT%H:%M:%SZ";
    // Either a stretch of the stream, or some hours of each day of a month.
    let (from, until, daily) = match chance(rng, 60) {
        true => {
            let from = begin + 1_000 * rng.i64(0..3_000);
            let until = from + 1_000 * pick(rng, &[30, 300, 1_800, 7_200, 90_000]);
            (text(from, moment), text(until, moment), None)
        }
        false => {
            let from = begin - day * pick(rng, &[0, 1, 20]);
            let daily = pick(
                rng,
                &[
                    "00:05-00:40",
                    "23:30-00:20",
                    "05:30-06:00",
                    "19:00-20:10",
                    "00:00-12:00",
                    "22:00-04:00",
                ],
            );
            let until = begin + day * pick(rng, &[1, 2, 30]);
            let days = "%Y-%m-%d";
            let daily = chance(rng, 85).then(|| daily.to_owned());
            (text(from, days), text(until, days), daily)
        }
    };
    OracleSilence {
        name,
        alert: (key.is_empty() || chance(rng, 50)).then_some(alert),
        key,
        from: (daily.is_some() || chance(rng, 80)).then_some(from),
        until,
        daily,
        timezone,
    }
}

pub(super) fn aggregates(rng: &mut Rng, times: bool) -> Vec<OracleAggregate> {
    let mut names = vec!["rows", "by-user", "Hourly"];
    rng.shuffle(&mut names);
    names.truncate(rng.usize(0..=2));
    let aggregates = names.into_iter().map(|name| aggregate(rng, name, times));
    aggregates.collect()
}

fn aggregate(rng: &mut Rng, name: &str, times: bool) -> OracleAggregate {
    let by: &[(&str, &str)] = pick(
        rng,
        &[
            &[],
            &[("user", "user")],
            &[("user", "user ?? \"nobody\""), ("t", "data.t")],
            &[("hour", "hour(\"Asia/Kolkata\")")],
        ],
    );
    let by = if !times && by.iter().any(|(name, _)| *name == "hour") {
        &[]
    } else {
        by
    };
    let mut compute = vec![
        ("n", "count()"),
        ("many", "count(data.x > 5)"),
        ("sum", "sum(data.x)"),
        ("whole", "sum(data.n where data.n > 0)"),
        ("avg", "avg(data.x where data.b)"),
        ("least", "min(data.x)"),
        ("most", "max(data.n)"),
        ("spread", "stddev(data.x)"),
        ("newest", "last(data.t)"),
        ("users", "distinct(user)"),
        ("middle", "percentile(data.p, 50)"),
        ("tail", "percentile(data.p, 95 where data.b is not missing)"),
        ("pace", "rate(data.b)"),
    ];
    rng.shuffle(&mut compute);
    compute.truncate(rng.usize(1..=5));
    let owned = |named: &[(&str, &str)]| {
        let named = named.iter();
        named
            .map(|(name, text)| ((*name).to_owned(), (*text).to_owned()))
            .collect()
    };
    OracleAggregate {
        name: name.to_owned(),
        on: pick(rng, &["a", "a*", "*"])
            .split(' ')
            .map(str::to_owned)
            .collect(),
        by: owned(by),
        per_seconds: pick(rng, &[10, 60, 600, 3_600, 86_400]),
        compute: owned(&compute),
    }
}
