//! Files of events, and standard input.

use std::sync::Arc;

use serde::{Deserialize, Serialize};
use tripline_engine::MAX_EVENT_BYTES;

use super::pace::{Pace, Speed};
use super::{End, Feed, tail};
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
    pub(super) file: String,
    pub(super) line: u64,
    /// Of a file that is followed, its bytes.
    #[serde(default)]
    pub(super) bytes: u64,
    /// Of a file that is followed, what tells it from another of the same name.
    #[serde(default)]
    pub(super) identity: Option<u64>,
}

impl Position {
    pub(super) fn of(file: &str, line: u64, bytes: u64, identity: Option<u64>) -> Position {
        Position {
            file: file.to_owned(),
            line,
            bytes,
            identity,
        }
    }

    pub(super) fn text(&self) -> String {
        serde_json::to_string(self).unwrap_or_default()
    }
}

impl Files {
    pub(in crate::dev) fn read(&self, feed: &Feed) -> Result<(), End> {
        let mut pace = Pace::new(feed, self.speed, 0);
        let begun = self.from.as_ref();
        let first = begun.and_then(|from| {
            let mut inputs = self.inputs.iter();
            inputs.position(|input| *input.name == *from.file)
        });
        let last = self.inputs.len().saturating_sub(1);
        for (index, input) in self.inputs.iter().enumerate().skip(first.unwrap_or(0)) {
            let speed = self.speed;
            feed.tell("running", format!("{} at {speed}", input.name));
            let begun = begun.filter(|_| Some(index) == first);
            match &input.path {
                Some(path) if self.follow && index == last => {
                    tail::follow(path, begun, &mut pace, feed)?;
                }
                None if self.follow => {
                    pace.go_live();
                    Self::file(input, 0, &mut pace)?;
                }
                _ => Self::file(input, begun.map_or(0, |from| from.line), &mut pace)?,
            }
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
            let position = || Position::of(&input.name, number, 0, None).text();
            pace.take(record, position)?;
        }
    }
}
