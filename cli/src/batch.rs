//! Lines of one input, gathered until there are enough to be worth a step.

use std::io;
use std::ops::Range;

use tripline_engine::{Plan, Planner, Rejection, Source};

use crate::input::{Buffered, Line, Lines};

/// How many lines a batch holds at most; any number gives the same alerts.
const LINES: usize = 1024;
/// How many bytes a batch holds before it takes no further line.
const BYTES: usize = 1 << 20;

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
    pub(crate) fn clear(&mut self) {
        self.bytes.clear();
        self.lines.clear();
    }

    /// Adds the next lines of an input, of a pipe those that are at hand. Blank lines are passed over.
    pub(crate) fn fill(&mut self, input: &mut Lines<impl Buffered>) -> After {
        while self.lines.len() < LINES && self.bytes.len() < BYTES {
            let most = LINES - self.lines.len();
            let lines = &mut self.lines;
            input.at_hand(&mut self.bytes, most, |number, range, line| {
                if !line.trim_ascii().is_empty() {
                    lines.push((number, range, Content::Event));
                }
            });
            let is_full = self.lines.len() == LINES;
            if is_full || !self.lines.is_empty() && input.waits() {
                break;
            }
            match input.next(&mut self.bytes) {
                Line::Whole(_, range) if self.bytes[range.clone()].trim_ascii().is_empty() => {}
                Line::Whole(number, range) => self.lines.push((number, range, Content::Event)),
                Line::TooLong(number, range, bytes) => {
                    let limit = input.limit();
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

    /// The lines: bytes, or the beginning of a line that cannot be read and why.
    #[cfg(feature = "aws")]
    pub(crate) fn lines(&self) -> impl Iterator<Item = Result<&[u8], (&[u8], &str)>> {
        self.lines.iter().map(|(_, range, content)| {
            let bytes = &self.bytes[range.clone()];
            match content {
                Content::Event => Ok(bytes),
                Content::Refused(reason) => Err((bytes, reason.as_str())),
            }
        })
    }

    /// Plans the lines that are events, and hands back what is none.
    pub(crate) fn plan<'a>(
        &'a self,
        planner: &mut Planner<'_>,
        file: &'a str,
        plan: &mut Plan<'a>,
    ) -> Vec<Rejected<'a>> {
        let mut rejects = Vec::new();
        // It is many times as fast to check a batch for being text as it is to check its lines.
        let text = simdutf8::basic::from_utf8(&self.bytes).ok();
        for (line, range, content) in &self.lines {
            let (line, raw) = (*line, &self.bytes[range.clone()]);
            let source = || Source::File { file, line };
            let added = match (content, text.and_then(|text| text.get(range.clone()))) {
                (Content::Event, Some(text)) => planner.add_text(plan, text, source),
                (Content::Event, None) => planner.add(plan, raw, source),
                (Content::Refused(reason), _) => Err(Rejection {
                    reason: reason.clone(),
                }),
            };
            if let Err(Rejection { reason }) = added {
                rejects.push(Rejected { line, reason, raw });
            }
        }
        rejects
    }
}
