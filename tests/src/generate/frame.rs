//! Windows: aggregates, their lengths, panes and offsets.

use super::condition::Conditions;
use super::{chance, pick};

/// Window lengths in the language's words and in seconds.
const LENGTHS: [(&str, u64); 16] = [
    ("1s", 1),
    ("2s", 2),
    ("7s", 7),
    ("10s", 10),
    ("30s", 30),
    ("45s", 45),
    ("1m", 60),
    ("1m", 60),
    ("61s", 61),
    ("90s", 90),
    ("2m", 120),
    ("5m", 300),
    ("10m", 600),
    ("1000s", 1_000),
    ("1h", 3_600),
    ("2h", 7_200),
];

/// How much the sketches of a rule may hold, in panes, so that a key's state stays within its limit.
const MOST_SKETCH_PANES: u64 = 8;

impl Conditions<'_> {
    /// Makes the frame of a window.
    pub(super) fn frame(&mut self) -> String {
        let (text, seconds) = pick(self.rng, &LENGTHS);
        let word = pick(self.rng, &["over", "over", "per"]);
        let mut frame = format!("{word} {text}");
        let mut offset = 0;
        if self.features.frames {
            if word == "over" && chance(self.rng, 20) {
                let panes = pick(self.rng, &[1, 2, 3, 5, 10]);
                if seconds % panes == 0 {
                    frame.push_str(&format!(" every {}s", seconds / panes));
                }
            }
            if chance(self.rng, 25) {
                offset = seconds * pick(self.rng, &[1, 1, 2]);
                frame.push_str(&format!(" offset {offset}s"));
            } else if word == "over"
                && !frame.contains("every")
                && seconds < 120
                && chance(self.rng, 10)
            {
                // The pane is a second.
                offset = pick(self.rng, &[1, 30, 61, 300]);
                frame.push_str(&format!(" offset {offset}s"));
            }
        }
        self.seconds.push(seconds + offset);
        frame
    }

    /// Makes a condition about an aggregate that keeps more than a number in each pane.
    pub(super) fn about_sketches(&mut self) -> String {
        let op = pick(self.rng, &[">", "<"]);
        match self.rng.u32(..10) {
            0 | 1 => {
                let frame = self.frame();
                let limit = pick(self.rng, &["0.02", "0.1", "0.5"]);
                let part = pick(self.rng, &["", "data.b", "data.x > 3"]);
                format!("rate({part}) {frame} {op} {limit}")
            }
            2 | 3 => {
                let frame = self.frame();
                let limit = pick(self.rng, &["0.123", "1.2345", "2.718"]);
                format!("stddev(data.x) {frame} {op} {limit}")
            }
            4 => format!("last(data.x) {} {op} 4", self.coarse_frame()),
            5 => {
                let test = pick(
                    self.rng,
                    &["== \"x\"", "!= \"x\"", "is missing", "is string"],
                );
                format!(
                    "last(data.t where user == \"u\") {} {test}",
                    self.coarse_frame()
                )
            }
            6 | 7 => {
                let value = pick(self.rng, &["data.x", "data.t", "user ?? data.n"]);
                let limit = self.rng.u32(0..4);
                format!("distinct({value}) {} {op} {limit}", self.coarse_frame())
            }
            _ => {
                let percent = pick(self.rng, &["0", "50", "90", "95", "100"]);
                // Far from every value of the field.
                let limit = pick(self.rng, &["-5", "3", "30", "300"]);
                let filter = pick(self.rng, &["", "", " where data.b is not missing"]);
                let frame = self.coarse_frame();
                format!("percentile(data.p, {percent}{filter}) {frame} {op} {limit}")
            }
        }
    }

    /// Makes the frame of a window of few panes.
    fn coarse_frame(&mut self) -> String {
        let (text, seconds) = pick(self.rng, &LENGTHS);
        let panes = pick(self.rng, &[1, 2, 3]);
        let whole = seconds % panes == 0 && self.sketch_panes + panes < MOST_SKETCH_PANES;
        if !whole || chance(self.rng, 30) {
            self.seconds.push(seconds);
            self.sketch_panes += 1;
            return format!("per {text}");
        }
        self.sketch_panes += panes + 1;
        let offset = match self.features.frames && chance(self.rng, 20) {
            true => seconds / panes,
            false => 0,
        };
        self.seconds.push(seconds + offset);
        let every = seconds / panes;
        let frame = format!("over {text} every {every}s");
        match offset {
            0 => frame,
            offset => {
                self.sketch_panes += 1;
                format!("{frame} offset {offset}s")
            }
        }
    }
}
