//! What the pipeline knows of itself: its time, its source, and what it counts.

use std::collections::VecDeque;
use std::time::{Duration, Instant};

use tripline_engine::Time;

use super::rules::Reload;
use super::world::Totals;
use crate::check::today;

/// What time it is in the stream after a batch.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Clock {
    /// As late as the newest event says: a replay as fast as can be.
    Events,
    /// This time: a replay at some speed.
    At(Time),
    /// The time of day.
    Live,
}

/// How a source is.
#[derive(Debug, Clone)]
pub(super) struct SourceState {
    pub(super) name: String,
    /// `running`, `waiting`, `ended` or `failed`.
    pub(super) state: &'static str,
    pub(super) text: String,
}

/// What the pipeline knows of itself.
pub(super) struct State {
    pub(super) folder: String,
    pub(super) totals: Totals,
    pub(super) reload: Reload,
    pub(super) source: SourceState,
    /// The time in the stream.
    pub(super) clock: Clock,
    pub(super) progress: Option<Time>,
    /// From the making of a batch to its commit, in seconds.
    pub(super) lag: Option<f64>,
    /// Events, rejects and alerts of the last second, by batch.
    recent: VecDeque<(Instant, [u64; 3])>,
}

impl State {
    pub(super) fn new(folder: String, reload: Reload, source: SourceState) -> State {
        State {
            folder,
            totals: Totals::default(),
            reload,
            source,
            clock: Clock::Events,
            progress: None,
            lag: None,
            recent: VecDeque::new(),
        }
    }

    /// The time in the stream: what arrives now arrives then.
    pub(super) fn now(&self) -> Option<Time> {
        match self.clock {
            Clock::Events => self.progress,
            Clock::At(time) => Some(time),
            Clock::Live => Some(today()),
        }
    }

    /// Events, rejects and alerts of the last second.
    pub(super) fn rates(&self) -> [u64; 3] {
        let recent = self.recent.iter();
        let recent = recent.filter(|(at, _)| at.elapsed() <= Duration::from_secs(1));
        recent.fold([0; 3], |sum, (_, one)| {
            [sum[0] + one[0], sum[1] + one[1], sum[2] + one[2]]
        })
    }

    pub(super) fn count(&mut self, counts: [u64; 3]) {
        let now = Instant::now();
        self.recent.push_back((now, counts));
        while let Some((at, _)) = self.recent.front()
            && now.duration_since(*at) > Duration::from_secs(1)
        {
            self.recent.pop_front();
        }
    }
}
