//! Lines of one input, gathered until there are enough to be worth a step.

use std::io::{self, BufRead};
use std::ops::Range;
use std::sync::Arc;

use tripline_engine::{Event, Program, Rejection, Source};

use crate::input::{Line, Lines};

/// How many lines a batch holds at most; any number gives the same alerts.
const LINES: usize = 1024;
/// How many bytes a batch holds before it takes no further line.
const BYTES: usize = 8 << 20;

/// Lines and the bytes that the events of those lines borrow from.
#[derive(Debug, Default)]
pub(crate) struct Batch {
    bytes: Vec<u8>,
    lines: Vec<(u64, Range<usize>, Content)>,
}

#[derive(Debug)]
enum Content {
    Event,
    /// No event, and why.
    Refused(String),
}

/// What comes after a batch.
#[derive(Debug)]
pub(crate) enum After {
    /// There may be more lines.
    More,
    /// The input is at its end.
    End,
    /// The input cannot be read any further.
    Broken(io::Error),
}

/// A line that is no event.
#[derive(Debug)]
pub(crate) struct Rejected<'a> {
    pub(crate) line: u64,
    pub(crate) reason: String,
    pub(crate) raw: &'a [u8],
}

impl Batch {
    /// Replaces the content by the next lines of an input. Blank lines are passed over.
    pub(crate) fn fill(&mut self, input: &mut Lines<impl BufRead>) -> After {
        self.bytes.clear();
        self.lines.clear();
        while self.lines.len() < LINES && self.bytes.len() < BYTES {
            match input.next(&mut self.bytes) {
                Line::Whole(_, range) if self.bytes[range.clone()].trim_ascii().is_empty() => {}
                Line::Whole(number, range) => self.lines.push((number, range, Content::Event)),
                Line::TooLong(number, range, bytes) => {
                    let limit = tripline_engine::MAX_EVENT_BYTES;
                    let reason = format!("too long: {bytes} bytes, the limit is {limit}");
                    self.lines.push((number, range, Content::Refused(reason)));
                }
                Line::Broken(number, range, error) => {
                    if !range.is_empty() {
                        let reason =
                            format!("incomplete: the input breaks off in this line ({error})");
                        self.lines.push((number, range, Content::Refused(reason)));
                    }
                    return After::Broken(error);
                }
                Line::End => return After::End,
            }
        }
        After::More
    }

    /// Decodes the lines: events for the engine, and what is none.
    pub(crate) fn decode<'a>(
        &'a self,
        program: &Program,
        file: &Arc<str>,
    ) -> (Vec<Event<'a>>, Vec<Rejected<'a>>) {
        let mut events = Vec::with_capacity(self.lines.len());
        let mut rejects = Vec::new();
        for (line, range, content) in &self.lines {
            let (line, raw) = (*line, &self.bytes[range.clone()]);
            let decoded = match content {
                Content::Event => program.decode(
                    raw,
                    Source::File {
                        file: Arc::clone(file),
                        line,
                    },
                ),
                Content::Refused(reason) => Err(Rejection {
                    reason: reason.clone(),
                }),
            };
            match decoded {
                Ok(event) => events.push(event),
                Err(Rejection { reason }) => rejects.push(Rejected { line, reason, raw }),
            }
        }
        (events, rejects)
    }
}
