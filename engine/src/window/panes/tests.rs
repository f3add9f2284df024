use super::{Frame, Panes, Window};
use crate::aggregate::{AGGREGATES, Aggregate};
use crate::event::Datum;
use crate::number::Number;
use crate::time::Time;

fn window(aggregate: Aggregate, frame: Frame) -> Window {
    Window {
        text: String::new(),
        aggregate,
        value: None,
        filter: None,
        frame,
    }
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
                let mut panes = Panes::default();
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
                for (_, pane) in &mut panes.0 {
                    for _ in 0..64 {
                        let half = pane.clone();
                        pane.merge(&half);
                    }
                }
                assert!(panes.fits(&window, CLOCK), "{}", spec.name);
                panes.expire(&window, CLOCK);
                let bytes = postcard::to_allocvec(&panes).unwrap();
                let limit = window.max_bytes();
                assert!(
                    bytes.len() as i64 <= limit,
                    "{}: {} of {limit}",
                    spec.name,
                    bytes.len()
                );
                if step == 1 && ["count", "min", "stddev", "last"].contains(&spec.name) {
                    assert!(bytes.len() as i64 + 20 >= limit * 9 / 10, "{}", spec.name);
                }
                assert_eq!(postcard::from_bytes::<Panes>(&bytes).unwrap(), panes);
            }
        }
    }
}

#[test]
fn impossible_panes_are_refused() {
    let one = Datum::Number(Number::Integer(1));
    let minute = window(Aggregate::Count, Frame::over(60_000).offset(60_000));
    let mut panes = Panes::default();
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
    let mut panes = Panes::default();
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
