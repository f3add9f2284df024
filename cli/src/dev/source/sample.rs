//! The sample as a source: the first hours at once, then live.

use super::pace::{Pace, Speed};
use super::{End, Feed};
use crate::sample::Generator;

/// How many events come at once: some hours of the company that the sample tells of, so that there is something to see.
const AT_ONCE: u64 = 4_000;

/// The seeded generator, without end.
pub(in crate::dev) struct Sample {
    pub(in crate::dev) seed: u64,
    pub(in crate::dev) speed: Speed,
    /// How many events were taken before.
    pub(in crate::dev) from: u64,
}

impl Sample {
    pub(in crate::dev) fn read(&self, feed: &Feed) -> Result<(), End> {
        let text = format!("the sample at {}", self.speed);
        feed.tell("running", text);
        let mut events = Generator::new(self.seed);
        for _ in 0..self.from {
            events.next_line();
        }
        let mut pace = Pace::new(feed, self.speed, AT_ONCE.saturating_sub(self.from));
        for number in self.from + 1.. {
            let line = events.next_line();
            pace.take(line.into_bytes(), || number.to_string())?;
        }
        Ok(())
    }
}
