use std::collections::{BTreeMap, VecDeque};

use serde::{Deserialize, Serialize};

use super::{Counts, Frame, Panes, SUMS, SparePanes, Window};
use crate::aggregate::{AGGREGATES, Accumulator, Aggregate};
use crate::event::Datum;
use crate::number::Number;
use crate::pool::Pool;
use crate::time::Time;
use crate::wire;

fn window(aggregate: Aggregate, frame: Frame) -> Window {
    Window {
        text: String::new(),
        aggregate,
        value: None,
        filter: None,
        frame,
    }
}

fn written(panes: &Panes) -> Vec<u8> {
    let mut bytes = Vec::new();
    panes.write(&mut bytes);
    bytes
}

/// A clock with a pane that began at the epoch or long before it.
const CLOCK: Time = Time(-2_208_000_000_000);

#[test]
fn the_worst_panes_take_no_more_bytes_than_are_announced() {
    let text = "x".repeat(1_000);
    let frames = [
        Frame::over(300_000),
        Frame::over(300_000).every(100_000),
        Frame::over(60_000).offset(600_000),
        Frame::per(60_000).offset(600_000),
    ];
    for frame in frames {
        for spec in AGGREGATES {
            let aggregate = (spec.make)(60_000, 50_000_000);
            let window = window(aggregate, frame);
            for step in [1, 2, 3] {
                let mut panes = Panes::new(aggregate);
                let (oldest, newest) = (frame.oldest(CLOCK), frame.number(CLOCK));
                for number in (oldest..=newest).step_by(step) {
                    let start = Time(number * frame.pane);
                    for value in [
                        Datum::Number(Number::Integer(i64::MIN)),
                        Datum::Number(Number::Double(1e-300)),
                        Datum::Text(text.as_str().into()),
                    ] {
                        panes.add(&window, start, CLOCK, value);
                    }
                }
                // A large pane of each kind that grows: the accumulators' own tests find their worst.
                match &mut panes {
                    Panes::Counts(counts) => {
                        let numbers: Vec<i64> = counts.panes().map(|pane| pane.0).collect();
                        *counts = Counts::default();
                        let most = i64::MAX as u64 / numbers.len() as u64;
                        numbers
                            .iter()
                            .for_each(|number| counts.add_many(*number, most));
                    }
                    Panes::Sums(sums) => {
                        for (_, pane) in sums.panes_mut() {
                            for _ in 0..64 {
                                let half = pane.clone();
                                pane.merge(&half);
                            }
                        }
                    }
                }
                assert!(panes.fits(&window, CLOCK), "{}", spec.name);
                panes.expire(&window, CLOCK);
                let bytes = written(&panes);
                let limit = window.max_bytes();
                assert!(
                    bytes.len() as i64 <= limit,
                    "{}: {} of {limit}",
                    spec.name,
                    bytes.len()
                );
                if step == 1 && ["count", "min", "stddev", "last"].contains(&spec.name) {
                    assert!(bytes.len() as i64 + 20 >= limit * 17 / 20, "{}", spec.name);
                }
                assert_eq!(
                    Panes::read(&mut &bytes[..], &mut SparePanes::default()).unwrap(),
                    panes
                );
            }
        }
    }
}

#[test]
fn impossible_panes_are_refused() {
    let one = Datum::Number(Number::Integer(1));
    let minute = window(Aggregate::Count, Frame::over(60_000).offset(60_000));
    let mut panes = Panes::new(Aggregate::Count);
    panes.add(&minute, CLOCK, CLOCK, one);
    assert!(panes.fits(&minute, CLOCK));
    assert!(panes.fits(&minute, Time(CLOCK.0 + 120_000)));
    // Of the future, of the past, and of another aggregate.
    assert!(!panes.fits(&minute, Time(CLOCK.0 - 1_000)));
    assert!(!panes.fits(&minute, Time(CLOCK.0 + 121_000)));
    assert!(!panes.fits(&window(Aggregate::Sum, minute.frame), CLOCK));
}

#[test]
fn panes_change_the_window_when_they_enter_and_leave() {
    let window = window(Aggregate::Count, Frame::over(60_000).offset(3_600_000));
    let frame = window.frame;
    let mut panes = Panes::new(Aggregate::Count);
    let mut count = |clock: i64, event: Option<i64>| {
        let clock = Time(clock * 1_000);
        if let Some(event) = event {
            panes.add(&window, Time(event * 1_000), clock, Datum::Unread);
        }
        panes.expire(&window, clock);
        let Datum::Number(Number::Integer(count)) = panes.value(&window, clock) else {
            panic!("a count is an integer")
        };
        (
            count,
            panes.next_change(frame, clock).map(|time| time.0 / 1_000),
        )
    };
    assert_eq!(count(100, Some(100)), (0, Some(3_700)));
    assert_eq!(count(130, Some(130)), (0, Some(3_700)));
    assert_eq!(count(3_700, None), (1, Some(3_730)));
    assert_eq!(count(3_730, None), (2, Some(3_761)));
    // Late, and yet to enter; then late, and held; then too late.
    assert_eq!(count(3_740, Some(150)), (2, Some(3_750)));
    assert_eq!(count(3_740, Some(110)), (3, Some(3_750)));
    assert_eq!(count(3_740, Some(79)), (3, Some(3_750)));
    assert_eq!(count(3_761, None), (3, Some(3_771)));
    assert_eq!(count(3_811, None), (0, None));
}

/// What a window holds, kept the plain way: every event, and every pane added up anew each time.
#[derive(Default)]
struct Naive(Vec<(Time, Number)>);

impl Naive {
    fn panes(&self, window: &Window, clock: Time) -> Vec<(i64, Accumulator)> {
        let mut panes: BTreeMap<i64, Accumulator> = BTreeMap::new();
        let held = window.frame.oldest(clock);
        for (time, number) in &self.0 {
            let pane = window.frame.number(*time);
            if pane >= held {
                panes
                    .entry(pane)
                    .or_insert_with(|| Accumulator::new(window.aggregate))
                    .add(Datum::Number(*number), *time);
            }
        }
        panes.into_iter().collect()
    }

    fn value(&self, window: &Window, clock: Time) -> Datum<'static> {
        let newest = window.frame.newest(clock);
        let mut sum = Accumulator::new(window.aggregate);
        for (number, pane) in self.panes(window, clock) {
            if number <= newest {
                sum.merge(&pane);
            }
        }
        match sum.value(window.aggregate) {
            Datum::Number(number) => Datum::Number(number),
            _ => Datum::Empty,
        }
    }
}

#[test]
fn panes_are_those_of_all_events_added_up_anew() {
    let frames = [
        Frame::over(60_000),
        Frame::over(60_000).every(20_000),
        Frame::over(60_000).offset(30_000),
        Frame::per(60_000),
    ];
    let mut random = fastrand::Rng::with_seed(11);
    let mut spare = SparePanes::default();
    for frame in frames {
        for spec in AGGREGATES {
            let aggregate = (spec.make)(60_000, 90_000_000);
            let window = window(aggregate, frame);
            for _ in 0..20 {
                // Some streams have an event in every pane, some hardly any.
                let step = *random.choice([300, 3_000, 30_000].iter()).unwrap();
                let mut clock = CLOCK;
                let (mut panes, mut naive) = (Panes::new(aggregate), Naive::default());
                for _ in 0..random.usize(1..150) {
                    let late = if random.u8(..5) == 0 { 70_000 } else { 0 };
                    let time = Time(clock.0 + random.i64(-late..=step));
                    clock = clock.max(time);
                    let value = match random.bool() {
                        true => Number::Integer(random.i64(-3..3)),
                        false => Number::Double(random.f64() * 1e3),
                    };
                    if frame.number(time) >= frame.oldest(clock) {
                        naive.0.push((time, value));
                    }
                    panes.add(&window, time, clock, Datum::Number(value));
                    if random.u8(..4) > 0 {
                        panes.expire(&window, clock);
                        let expected = naive.value(&window, clock);
                        assert_eq!(
                            bits(panes.value(&window, clock)),
                            bits(expected),
                            "{}",
                            spec.name
                        );
                        assert!(panes.fits(&window, clock));
                    }
                    if random.u8(..8) == 0 {
                        // Read into what others have left, of this aggregate or another.
                        let bytes = written(&panes);
                        panes.leave(&mut spare);
                        panes = Panes::read(&mut &bytes[..], &mut spare).unwrap();
                        assert_eq!(written(&panes), bytes);
                    }
                }
            }
        }
    }
}

#[test]
fn sums_are_stored_as_serde_stores_them() {
    #[derive(Serialize, Deserialize)]
    struct Stored(#[serde(with = "crate::deltas")] VecDeque<(i64, Accumulator)>);
    let mut random = fastrand::Rng::with_seed(12);
    let mut spare = SparePanes::default();
    for spec in AGGREGATES {
        let aggregate = (spec.make)(60_000, 90_000_000);
        let window = window(aggregate, Frame::over(60_000));
        for _ in 0..50 {
            let mut panes = Panes::new(aggregate);
            for _ in 0..random.usize(0..30) {
                let time = Time(CLOCK.0 - random.i64(0..60_000));
                panes.add(
                    &window,
                    time,
                    CLOCK,
                    Datum::Number(Number::Integer(random.i64(..))),
                );
            }
            let Panes::Sums(sums) = &panes else {
                continue;
            };
            let mut bytes = vec![SUMS];
            wire::put(&mut bytes, &Stored(sums.panes().clone()));
            assert_eq!(written(&panes), bytes);
            // Where something is wrong with the bytes, serde has it so, too.
            for _ in 0..50 {
                let mut broken = bytes.clone();
                match random.usize(1..=broken.len()) {
                    at if at == broken.len() || random.bool() => broken.truncate(at),
                    at => broken[at] = random.u8(..),
                }
                if let Some(mut read) = Panes::read(&mut &broken[..], &mut spare) {
                    let stored: Stored = wire::take(&mut &broken[1..]).unwrap();
                    let mut again = vec![SUMS];
                    wire::put(&mut again, &stored);
                    assert_eq!(written(&read), again);
                    read.leave(&mut spare);
                }
            }
            panes.leave(&mut spare);
        }
    }
}

/// A number to the last bit.
fn bits(value: Datum<'_>) -> String {
    match value {
        Datum::Number(Number::Double(double)) => format!("{:x}", double.to_bits()),
        other => format!("{other:?}"),
    }
}

#[test]
fn a_count_in_every_pane_takes_a_byte_for_each() {
    let window = window(Aggregate::Count, Frame::over(300_000));
    let mut panes = Panes::new(Aggregate::Count);
    for second in 0..300 {
        let time = Time(CLOCK.0 + second * 1_000);
        panes.add(&window, time, time, Datum::Unread);
    }
    let bytes = written(&panes);
    assert_eq!(bytes.len(), 1 + 5 + 1 + 60, "{bytes:?}");
}

#[test]
fn broken_counts_are_refused() {
    let mut panes = Counts::default();
    (0..300).step_by(7).for_each(|number| panes.add(number));
    let mut bytes = Vec::new();
    panes.write(&mut bytes);
    for length in 0..bytes.len() {
        assert_eq!(
            Counts::read(&mut &bytes[..length], &mut Pool::default()),
            None,
            "{length}"
        );
    }
    // A pane with nothing in it, one that there is no byte for, and more than can be counted.
    for bytes in [
        &[1, 0, 0][..],
        &[2, 0, 1, 0, 1],
        &[2, 0, 1, 3, 1],
        &[1, 0, 255, 255, 255, 255, 255, 255, 255, 255, 255, 1],
    ] {
        assert_eq!(
            Counts::read(&mut &bytes[..], &mut Pool::default()),
            None,
            "{bytes:?}"
        );
    }
}
