//! The speed of a replay: events come when their time has, on a clock that starts with the first of them.

use std::fmt;
use std::str::FromStr;
use std::time::{Duration, Instant};

use tripline_engine::Time;

use super::{BYTES, End, Feed, RECORDS};
use crate::dev::pipeline::Clock;

/// How long is waited at most before time is told to have gone on.
const TICK: Duration = Duration::from_millis(200);

/// How fast events are replayed.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Speed {
    /// So many times as fast as they happened.
    Times(f64),
    /// As fast as can be.
    Max,
}

impl FromStr for Speed {
    type Err = String;

    fn from_str(text: &str) -> Result<Speed, String> {
        if text == "max" {
            return Ok(Speed::Max);
        }
        let times = text
            .strip_suffix('x')
            .and_then(|number| number.parse().ok());
        let times = times.filter(|times: &f64| *times > 0.0 && *times <= 1e6);
        times
            .map(Speed::Times)
            .ok_or_else(|| "it is a number of times as fast, such as 1x or 60x, or max".to_owned())
    }
}

impl fmt::Display for Speed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Speed::Times(times) => write!(f, "{times}x"),
            Speed::Max => f.write_str("max"),
        }
    }
}

/// Gathers records into batches and sends each when its time has come.
pub(super) struct Pace<'f> {
    feed: &'f Feed,
    speed: Speed,
    /// Whether records happen now, and not in the past.
    live: bool,
    /// How many of the next records come at once, whatever their time.
    at_once: u64,
    /// When the clock of the replay showed which time.
    started: Option<(Instant, Time)>,
    /// The newest time of an event.
    newest: Option<Time>,
    records: Vec<Vec<u8>>,
    bytes: usize,
    /// How far the source has been read with the records at hand.
    position: String,
}

impl<'f> Pace<'f> {
    pub(super) fn new(feed: &'f Feed, speed: Speed, at_once: u64) -> Pace<'f> {
        Pace {
            feed,
            speed,
            live: false,
            at_once,
            started: None,
            newest: None,
            records: Vec::new(),
            bytes: 0,
            position: String::new(),
        }
    }

    pub(super) fn is_live(&self) -> bool {
        self.live
    }

    /// From now on records happen when they come, and time goes on without them.
    pub(super) fn go_live(&mut self) {
        self.live = true;
        self.speed = Speed::Max;
    }

    /// Takes a record; `position` tells how far the source has been read with it.
    pub(super) fn take(
        &mut self,
        record: Vec<u8>,
        position: impl FnOnce() -> String,
    ) -> Result<(), End> {
        if let Speed::Times(times) = self.speed {
            self.newest = self.newest.max(self.feed.time(&record));
            if self.at_once > 0 {
                self.at_once -= 1;
            } else if let Some(newest) = self.newest {
                self.wait_for(newest, times)?;
            }
        }
        self.bytes += record.len();
        self.records.push(record);
        self.position = position();
        if self.records.len() >= RECORDS || self.bytes >= BYTES {
            self.send()?;
        }
        Ok(())
    }

    /// Waits until the clock of the replay shows a time; what is at hand goes out before.
    fn wait_for(&mut self, time: Time, times: f64) -> Result<(), End> {
        let (started, first) = *self.started.get_or_insert_with(|| (Instant::now(), time));
        loop {
            let passed = started.elapsed().as_secs_f64() * times * 1_000.0;
            let now = first.plus(passed as i64);
            if now >= time {
                return Ok(());
            }
            self.send()?;
            let rest = Duration::from_secs_f64((time.0 - now.0) as f64 / 1_000.0 / times);
            if rest > TICK {
                self.feed.tick(Clock::At(now))?;
            }
            self.feed.wait(rest.min(TICK))?;
        }
    }

    /// Sends what is at hand.
    pub(super) fn send(&mut self) -> Result<(), End> {
        if self.records.is_empty() {
            return Ok(());
        }
        let clock = match (self.speed, self.newest) {
            _ if self.live => Clock::Live,
            (Speed::Times(_), Some(newest)) => Clock::At(newest),
            _ => Clock::Events,
        };
        self.bytes = 0;
        let records = std::mem::take(&mut self.records);
        self.feed.send(records, clock, self.position.clone())?;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::Speed;

    #[test]
    fn speeds_are_read() {
        assert_eq!("60x".parse(), Ok(Speed::Times(60.0)));
        assert_eq!("max".parse(), Ok(Speed::Max));
        for wrong in ["", "x", "0x", "-1x", "fast", "60", "NaNx", "infx"] {
            assert!(wrong.parse::<Speed>().is_err(), "{wrong}");
        }
    }
}
