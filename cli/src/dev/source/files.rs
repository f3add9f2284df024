//! Files of events, and standard input.

use std::sync::Arc;

use serde::{Deserialize, Serialize};
use tripline_engine::MAX_EVENT_BYTES;

use super::pace::{Pace, Speed};
use super::{End, Feed};
use crate::failure::Failure;
use crate::input::{Input, Line};

/// Files, one after the other.
pub(in crate::dev) struct Files {
    pub(in crate::dev) inputs: Vec<Input>,
    pub(in crate::dev) speed: Speed,
    /// Whether to wait for more at their end.
    pub(in crate::dev) follow: bool,
    /// How far they were read before.
    pub(in crate::dev) from: Option<Position>,
}

/// How far files have been read.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(in crate::dev) struct Position {
    file: String,
    line: u64,
}

impl Files {
    pub(in crate::dev) fn read(&self, feed: &Feed) -> Result<(), End> {
        let mut pace = Pace::new(feed, self.speed, 0);
        let begun = self.from.as_ref();
        let first = begun.and_then(|from| {
            let mut inputs = self.inputs.iter();
            inputs.position(|input| *input.name == *from.file)
        });
        for (index, input) in self.inputs.iter().enumerate().skip(first.unwrap_or(0)) {
            let skip = begun.filter(|_| Some(index) == first);
            let skip = skip.map_or(0, |from| from.line);
            let speed = self.speed;
            feed.tell("running", format!("{} at {speed}", input.name));
            Self::file(input, skip, &mut pace)?;
        }
        pace.send()
    }

    fn file(input: &Input, skip: u64, pace: &mut Pace<'_>) -> Result<(), End> {
        let failed = |error: std::io::Error| {
            Failure::Message(format!("cannot read {}: {error}", input.name))
        };
        let mut lines = input
            .open(MAX_EVENT_BYTES, Arc::default())
            .map_err(failed)?;
        let mut buffer = Vec::new();
        loop {
            if lines.waits() {
                pace.send()?;
            }
            buffer.clear();
            let (number, record) = match lines.next(&mut buffer) {
                Line::End => return Ok(()),
                Line::Broken(.., error) => return Err(failed(error).into()),
                // Its beginning is no event either, and quarantine says so.
                Line::Whole(number, range) | Line::TooLong(number, range, _) => {
                    (number, buffer[range].to_vec())
                }
            };
            if number <= skip || record.trim_ascii().is_empty() {
                continue;
            }
            let position = || {
                let file = input.name.to_string();
                let position = Position { file, line: number };
                serde_json::to_string(&position).unwrap_or_default()
            };
            pace.take(record, position)?;
        }
    }
}
