//! Windows, recomputed from every event that was kept.

use std::ops::Range;

use tripline_grammar::ast::{Call, FrameKind};

use super::aggregate::{self, Contribution};
use super::datum::Datum;

const PANES_SECONDS: [i64; 17] = [
    1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1_800, 3_600, 7_200, 21_600, 43_200, 86_400,
];

/// A window of a rule. All lengths are in milliseconds.
#[derive(Debug, Clone)]
pub(super) struct Window {
    /// The aggregate as written, spans left out.
    pub(super) call: Call,
    /// Its length.
    pub(super) length: i64,
    /// Its pane; `per` is one pane.
    pub(super) pane: i64,
    /// How far it is shifted back.
    pub(super) offset: i64,
    /// Whether it is `per`.
    pub(super) tumbles: bool,
}

impl Window {
    /// Makes a window of an aggregate that has a frame.
    pub(super) fn new(call: &Call) -> Option<Window> {
        let frame = call.frame.as_ref()?;
        let length = frame.length.seconds as i64;
        let tumbles = frame.kind == FrameKind::Per;
        let fits = |pane: &&i64| length % **pane == 0 && **pane * 60 <= length;
        let pane = match (tumbles, frame.every) {
            (true, _) => length,
            (false, Some(every)) => every.seconds as i64,
            (false, None) => PANES_SECONDS.iter().rev().find(fits).copied().unwrap_or(1),
        };
        Some(Window {
            call: call.clone(),
            length: length * 1_000,
            pane: pane * 1_000,
            offset: frame
                .offset
                .map_or(0, |offset| offset.seconds as i64 * 1_000),
            tumbles,
        })
    }

    /// The event times that the window, evaluated at `clock`, holds.
    pub(super) fn reach(&self, clock: i64) -> Range<i64> {
        let pane = |time: i64| time.div_euclid(self.pane);
        let shifted = clock - self.offset;
        let oldest = if self.tumbles {
            pane(shifted)
        } else {
            pane(shifted - self.length)
        };
        oldest * self.pane..(pane(shifted) + 1) * self.pane
    }

    /// The moment when the pane of an event enters the window.
    pub(super) fn enters_at(&self, time: i64) -> i64 {
        time.div_euclid(self.pane) * self.pane + self.offset
    }

    /// The moment when the pane of an event leaves the window.
    pub(super) fn leaves_at(&self, time: i64) -> i64 {
        let end = (time.div_euclid(self.pane) + 1) * self.pane + self.offset;
        if self.tumbles { end } else { end + self.length }
    }

    /// The end of the tumbling window that holds a moment.
    pub(super) fn ends_after(&self, clock: i64) -> i64 {
        (clock.div_euclid(self.length) + 1) * self.length
    }

    /// The moment when all that happened by `time` has left the window for sure.
    pub(super) fn settles_at(&self, time: i64) -> i64 {
        time + self.length + self.pane
    }

    /// What the aggregate gives at `clock`.
    pub(super) fn value(&self, contributions: &[Contribution], clock: i64) -> Datum {
        let reach = self.reach(clock);
        let held: Vec<&Contribution> = contributions
            .iter()
            .filter(|contribution| reach.contains(&contribution.time))
            .collect();
        aggregate::value(&self.call, &held, self.length / 1_000)
    }
}
