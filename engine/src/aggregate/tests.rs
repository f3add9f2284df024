use serde_json::Value as Json;

use super::{AGGREGATES, Accumulator, Aggregate, find};
use crate::event::Datum;
use crate::number::Number;
use crate::time::Time;

fn aggregate(name: &str) -> Aggregate {
    (find(name).unwrap().make)(60_000, 50_000_000)
}

fn datum(json: &Json) -> Datum<'_> {
    match json {
        Json::Bool(bool) => Datum::Bool(*bool),
        Json::Number(number) => Datum::Number(match number.as_i64() {
            Some(integer) => Number::Integer(integer),
            None => Number::Double(number.as_f64().unwrap()),
        }),
        Json::String(text) => Datum::Text(text.into()),
        _ => Datum::Unread,
    }
}

fn shown(datum: Datum<'_>) -> String {
    match datum {
        Datum::Number(Number::Integer(integer)) => integer.to_string(),
        Datum::Number(Number::Double(double)) => format!("{double:?}"),
        Datum::Bool(bool) => bool.to_string(),
        Datum::Text(text) => format!("{text:?}"),
        Datum::Empty => "?".to_owned(),
        other => panic!("{other:?}"),
    }
}

#[test]
fn examples_are_true_whole_and_merged_and_stored() {
    for spec in AGGREGATES {
        let aggregate = aggregate(spec.name);
        assert!(spec.signature.starts_with(spec.name));
        for (values, wanted) in spec.examples {
            let values: Vec<Json> = serde_json::from_str(values).unwrap();
            let mut whole = Accumulator::new(aggregate);
            let mut merged = Accumulator::new(aggregate);
            for (value, time) in values.iter().zip(0..) {
                whole.add(datum(value), Time(time));
                let mut part = Accumulator::new(aggregate);
                part.add(datum(value), Time(time));
                assert_eq!(
                    part == Accumulator::new(aggregate),
                    !aggregate.takes(&datum(value))
                );
                merged.merge(&part);
            }
            let bytes = postcard::to_allocvec(&merged).unwrap();
            let read: Accumulator = postcard::from_bytes(&bytes).unwrap();
            assert!(read.fits(aggregate));
            for accumulator in [whole, merged, read] {
                let value = accumulator.value(aggregate);
                assert_eq!(shown(value), *wanted, "{} of {values:?}", spec.name);
            }
        }
    }
}

#[test]
fn the_list_names_each_aggregate_once() {
    for (index, spec) in AGGREGATES.iter().enumerate() {
        assert!(find(spec.name).is_some());
        assert!(
            AGGREGATES[..index]
                .iter()
                .all(|other| other.name != spec.name)
        );
    }
    assert!(find("median").is_none());
}

#[test]
fn the_worst_accumulators_take_no_more_bytes_than_are_announced() {
    let text = "x".repeat(1_000);
    let worst = [
        Datum::Number(Number::Integer(i64::MIN)),
        Datum::Text(text.as_str().into()),
    ];
    for spec in AGGREGATES {
        let aggregate = aggregate(spec.name);
        let mut accumulator = Accumulator::new(aggregate);
        for value in worst.clone() {
            accumulator.add(value, Time(i64::MIN));
        }
        // Counts grow to 64 bits by merging.
        for _ in 0..70 {
            let half = accumulator.clone();
            accumulator.merge(&half);
        }
        let bytes = postcard::to_allocvec(&accumulator).unwrap().len() as i64;
        assert!(bytes <= aggregate.max_bytes(), "{}: {bytes}", spec.name);
        // The two sketches have tests of their own.
        if !["distinct", "percentile", "sum", "avg"].contains(&spec.name) {
            assert_eq!(bytes, aggregate.max_bytes(), "{}", spec.name);
        }
    }
}

/// The population's deviation in exact integers: n² times its square is n · Σx² − (Σx)².
fn exact_deviation(values: &[i64]) -> f64 {
    let n = values.len() as i128;
    let sum: i128 = values.iter().map(|value| i128::from(*value)).sum();
    let squares: i128 = values.iter().map(|value| i128::from(*value).pow(2)).sum();
    ((n * squares - sum * sum) as f64).sqrt() / n as f64
}

#[test]
fn deviations_agree_with_exact_integers() {
    let mut random = fastrand::Rng::with_seed(2);
    for (centre, spread) in [
        (0, 10),
        (0, 1 << 40),
        (1_000_000_000, 5),
        (1 << 50, 1_000),
        (-7, 1),
    ] {
        for count in [1, 2, 3, 100, 10_000] {
            let values: Vec<i64> = (0..count)
                .map(|_| centre + random.i64(-spread..=spread))
                .collect();
            let exact = exact_deviation(&values);
            // Added one by one, and merged from parts.
            for parts in [1, 7] {
                let mut sums = vec![Accumulator::new(Aggregate::StdDev); parts];
                for value in &values {
                    let number = Datum::Number(Number::Integer(*value));
                    sums[random.usize(..parts)].add(number, Time(0));
                }
                let mut whole = Accumulator::new(Aggregate::StdDev);
                sums.iter().for_each(|sum| whole.merge(sum));
                let Datum::Number(given) = whole.value(Aggregate::StdDev) else {
                    panic!("{values:?}")
                };
                let error = (given.to_f64() - exact).abs() / exact.max(f64::MIN_POSITIVE);
                assert!(error <= 1e-12, "{centre} ± {spread}: {given:?} for {exact}");
            }
        }
    }
}

#[test]
fn deviations_neither_overflow_nor_vanish() {
    let deviation = |values: &[f64]| {
        let mut sum = Accumulator::new(Aggregate::StdDev);
        for value in values {
            sum.add(Datum::Number(Number::Double(*value)), Time(0));
        }
        match sum.value(Aggregate::StdDev) {
            Datum::Number(number) => number.to_f64(),
            other => panic!("{other:?}"),
        }
    };
    let near = |given: f64, wanted: f64| (given / wanted - 1.0).abs() < 1e-12;
    assert!(near(deviation(&[f64::MAX, -f64::MAX]), f64::MAX));
    assert!(near(deviation(&[1e300, 3e300, 1e300, 3e300]), 1e300));
    assert!(near(deviation(&[1e-300, 3e-300]), 1e-300));
    assert_eq!(deviation(&[f64::MAX, f64::MAX, f64::MAX]), 0.0);
    assert_eq!(deviation(&[0.1; 1_000]), 0.0);
}

#[test]
fn the_last_is_the_newest_then_the_latest_delivered() {
    let mut last = Accumulator::new(Aggregate::Last);
    let mut add = |text: &str, time| {
        last.add(Datum::Text(text.into()), Time(time));
        shown(last.value(Aggregate::Last))
    };
    assert_eq!(add("a", 5), "\"a\"");
    assert_eq!(add("b", 4), "\"a\"");
    assert_eq!(add("c", 5), "\"c\"");
    assert_eq!(add(&"x".repeat(1_001), 6), "\"c\"");
}

#[test]
fn damaged_bytes_are_refused_or_read_as_something_possible() {
    let mut random = fastrand::Rng::with_seed(9);
    for spec in AGGREGATES {
        let aggregate = aggregate(spec.name);
        let mut accumulator = Accumulator::new(aggregate);
        for value in 0..500 {
            accumulator.add(Datum::Number(Number::Integer(value)), Time(value));
        }
        let bytes = postcard::to_allocvec(&accumulator).unwrap();
        for _ in 0..2_000 {
            let mut damaged = bytes.clone();
            for _ in 0..random.usize(1..4) {
                let at = random.usize(..damaged.len());
                damaged[at] = random.u8(..);
            }
            damaged.truncate(random.usize(..=damaged.len()));
            if let Ok(read) = postcard::from_bytes::<Accumulator>(&damaged)
                && read.fits(aggregate)
            {
                // What fits can be used.
                let mut sum = accumulator.clone();
                sum.merge(&read);
                sum.add(Datum::Number(Number::Integer(1)), Time(1));
                sum.value(aggregate);
            }
        }
    }
}
