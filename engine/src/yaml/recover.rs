//! Finds every syntax error of a file, not just the first.
//!
//! The parser stops at its first error, which may be reported far from its cause: an unclosed
//! quote runs on to the next one. So when a file does not parse, its top-level blocks are parsed
//! each on its own, and in a bad block its entries. An entry that fails on its own has its own
//! error, reported and blanked out with spaces, so that offsets stay.

use std::borrow::Cow;

use serde_yaml::{ErrorKind, Event, Parser, StructureStyle};

use super::Range;
use super::build::options;
use super::lines::{Block, blocks};
use super::problem::{Failure, Problem, ProblemKind};

/// The number of syntax errors that are reported.
const MAX_ERRORS: usize = 50;

/// The number of lines with control characters that are reported.
const MAX_CONTROL_LINES: usize = 10;

/// How many following entries are tried to close a quote or bracket.
const MAX_JOINED: usize = 8;

/// Returns a text that does not parse with everything that cannot be read replaced by spaces, and
/// its syntax errors.
pub(super) fn readable(text: String) -> (String, Vec<Problem>) {
    let mut recovery = Recovery {
        budget: text.len().saturating_mul(6).saturating_add(4 << 20),
        text,
        problems: Vec::new(),
        errors: 0,
    };
    recovery.recover();
    (recovery.text, recovery.problems)
}

/// Returns the text with control characters replaced by spaces, and problems for them.
pub(super) fn without_control_characters(text: &str) -> (Cow<'_, str>, Vec<Problem>) {
    // The second byte of a control character past ASCII follows this one, as do some that are fine.
    const MAY_BE_CONTROL: u8 = 0xc2;
    let harmless = |byte: u8| match byte {
        b'\t' | b'\n' | b'\r' => true,
        0x7f | MAY_BE_CONTROL => false,
        _ => byte >= b' ',
    };
    if text.bytes().all(harmless) {
        return (Cow::Borrowed(text), Vec::new());
    }
    let bad = |c: char| c.is_control() && !matches!(c, '\t' | '\n' | '\r' | '\u{85}');
    let mut clean = String::with_capacity(text.len());
    let mut problems: Vec<Problem> = Vec::new();
    let mut line_reported = false;
    for (at, c) in text.char_indices() {
        if c == '\n' {
            line_reported = false;
        }
        if !bad(c) {
            clean.push(c);
            continue;
        }
        clean.extend(std::iter::repeat_n(' ', c.len_utf8()));
        if !line_reported && problems.len() < MAX_CONTROL_LINES {
            let message = format!(
                "the control character U+{:04X} is not allowed",
                u32::from(c)
            );
            let problem = Problem::new(ProblemKind::Syntax, message, at..at + c.len_utf8());
            problems.push(problem.help("write it as an escape in \"…\", or remove it"));
            line_reported = true;
        }
    }
    (Cow::Owned(clean), problems)
}

struct Recovery {
    text: String,
    problems: Vec<Problem>,
    errors: usize,
    /// How many more bytes may be parsed.
    budget: usize,
}

impl Recovery {
    fn recover(&mut self) {
        let blocks = blocks(&self.text);
        let ranges: Vec<Range> = blocks.iter().map(|block| block.range.clone()).collect();
        let mut next = 0;
        while let Some((index, failure)) = self.next_failure(&ranges, &mut next) {
            self.recover_block(&blocks[index], &failure);
        }
        // What is left are errors between blocks that are each good on their own.
        for _ in 0..MAX_ERRORS {
            let whole = 0..self.text.len();
            let Some(failure) = self.scan(whole.clone()) else {
                return;
            };
            let Some(index) = containing(&ranges, failure.at) else {
                return;
            };
            let keyless = self.keyless(&ranges, index);
            if let Some(failure) = keyless {
                self.report(&failure, whole);
                self.blank(&ranges[index - 1]);
                continue;
            }
            self.report(&failure, whole);
            let entries = &blocks[index].entries;
            let entry = containing(entries, failure.at).map(|entry| &entries[entry]);
            if !entry.is_some_and(|entry| self.blank(entry)) && !self.blank(&ranges[index]) {
                return;
            }
        }
    }

    /// A failure for the range before the one at `index`, if that range has no key at all.
    ///
    /// The parser takes such a line for the beginning of the next key, and reports that one.
    fn keyless(&self, ranges: &[Range], index: usize) -> Option<Failure> {
        let range = ranges.get(index.checked_sub(1)?)?;
        let text = &self.text[range.clone()];
        let content = text.trim_start();
        if content.is_empty() || content.contains(':') || content.starts_with(['-', '%', '.']) {
            return None;
        }
        let at = range.end - content.len();
        Some(Failure {
            kind: ErrorKind::SimpleKeyExpected,
            at,
            last_end: at,
            flow: None,
        })
    }

    /// The next of the ranges, from index `next` on, that does not parse on its own.
    fn next_failure(&mut self, ranges: &[Range], next: &mut usize) -> Option<(usize, Failure)> {
        while let Some(range) = ranges.get(*next) {
            let index = *next;
            *next += 1;
            let Some(failure) = self.scan(range.clone()) else {
                continue;
            };
            // A quote or bracket may close on a line that looks like the next entry.
            if failure.is_unclosed(&self.text[range.clone()]) && self.errors < MAX_ERRORS {
                let mut following = ranges.iter().enumerate().skip(*next).take(MAX_JOINED);
                let joined = following.find(|(_, last)| {
                    self.scan(range.start..last.end).is_none() && self.budget > 0
                });
                if let Some((last, _)) = joined {
                    *next = last + 1;
                    continue;
                }
            }
            return Some((index, failure));
        }
        None
    }

    fn recover_block(&mut self, block: &Block, failure: &Failure) {
        let headless = block.entries.is_empty()
            || has_value(&self.text[block.head.clone()])
            || self.scan(block.head.clone()).is_some();
        if headless {
            self.report(failure, block.range.clone());
            self.blank(&block.range);
            return;
        }
        let errors = self.errors;
        let mut next = 0;
        while let Some((index, failure)) = self.next_failure(&block.entries, &mut next) {
            self.report(&failure, block.entries[index].clone());
            self.blank(&block.entries[index]);
        }
        // What is left are errors between entries that are each good on their own.
        while let Some(failure) = self.scan(block.range.clone()) {
            let at = block.range.start + failure.at;
            let entry = containing(&block.entries, at);
            let keyless = entry.and_then(|entry| self.keyless(&block.entries, entry));
            if let (Some(failure), Some(entry)) = (keyless, entry) {
                self.report(&failure, 0..self.text.len());
                self.blank(&block.entries[entry - 1]);
                continue;
            }
            self.report(&failure, block.range.clone());
            if !entry.is_some_and(|entry| self.blank(&block.entries[entry])) {
                self.blank(&block.range);
                return;
            }
        }
        if self.errors == errors {
            self.report(failure, block.range.clone());
            self.blank(&block.range);
        }
    }

    fn report(&mut self, failure: &Failure, parsed: Range) {
        if self.errors < MAX_ERRORS {
            let problem = failure.problem(&self.text[parsed.clone()], parsed.start);
            self.problems.push(problem);
        }
        self.errors += 1;
    }

    /// Replaces a range by spaces; tells whether that changed anything.
    fn blank(&mut self, range: &Range) -> bool {
        if self.text[range.clone()].trim().is_empty() {
            return false;
        }
        let mut blanked = String::with_capacity(range.len());
        for c in self.text[range.clone()].chars() {
            if matches!(c, '\n' | '\r') {
                blanked.push(c);
            } else {
                blanked.extend(std::iter::repeat_n(' ', c.len_utf8()));
            }
        }
        self.text.replace_range(range.clone(), &blanked);
        true
    }

    /// Parses a part of the text; the failure's offsets count from the part's start.
    ///
    /// Finds nothing any more once the budget is spent.
    fn scan(&mut self, range: Range) -> Option<Failure> {
        if self.budget == 0 {
            return None;
        }
        let failure = scan(&self.text[range.clone()]);
        let read = match &failure {
            Some(failure) if failure.kind != ErrorKind::UnclosedQuotedScalar => failure.at,
            _ => range.len(),
        };
        self.budget = self.budget.saturating_sub(read + 1);
        failure
    }
}

/// The index of the last range that begins at or before an offset.
fn containing(ranges: &[Range], at: usize) -> Option<usize> {
    ranges
        .partition_point(|range| range.start <= at)
        .checked_sub(1)
}

/// Whether a top-level key's line holds a value already.
fn has_value(head: &str) -> bool {
    let lines = head.lines().map(str::trim);
    let Some(line) = lines
        .rev()
        .find(|line| !line.is_empty() && !line.starts_with('#'))
    else {
        return false;
    };
    let line = line.split(" #").next().unwrap_or(line).trim_end();
    let last = line.rsplit(' ').next().unwrap_or(line);
    !line.ends_with(':') && !last.starts_with('&')
}

fn scan(text: &str) -> Option<Failure> {
    let mut last_end = 0;
    let mut documents = 0;
    // Of each open collection: its opening bracket, if it has one.
    let mut open: Vec<Option<usize>> = Vec::new();
    let mut parser = Parser::new_from_str_with_options(text, options());
    loop {
        let (event, span) = match parser.next_event()? {
            Ok(next) => next,
            Err(error) => {
                return Some(Failure {
                    at: error
                        .marker()
                        .byte_offset()
                        .unwrap_or(last_end)
                        .min(text.len()),
                    kind: error.kind().clone(),
                    last_end,
                    flow: open.last().copied().flatten(),
                });
            }
        };
        let range = span.byte_range().unwrap_or(0..0);
        match event {
            Event::SequenceStart(style, ..) | Event::MappingStart(style, ..) => {
                open.push((style == StructureStyle::Flow).then_some(range.start));
            }
            Event::SequenceEnd | Event::MappingEnd => {
                open.pop();
            }
            Event::DocumentStart(..) => {
                documents += 1;
                if documents > 1 {
                    return None;
                }
            }
            Event::Comment(..) | Event::Anchor(..) => continue,
            _ => {}
        }
        last_end = last_end.max(range.end);
    }
}
