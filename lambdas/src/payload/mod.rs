//! What a record holds: one event, several, or something that events are wrapped in.
//!
//! A record is told by its bytes: an aggregate of the Kinesis Producer Library, gzip or zstd of something, a message of a
//! CloudWatch Logs subscription, else JSON objects, one or several on lines of their own. An event of EventBridge and a
//! change of a DynamoDB table are objects that say so; they are given the fields that events have.

mod aggregate;
mod envelope;
mod zstd;

use std::fmt;
use std::io::{self, Read};

use flate2::bufread::MultiGzDecoder;

pub use zstd::{Frames, MAGIC_BYTES, begins as begins_zstd};

/// The most bytes that a record may hold once it is decompressed, so that a small record cannot fill the memory.
pub const MAX_BYTES: usize = 32 << 20;
/// The most events that a record may hold.
pub const MAX_EVENTS: usize = 100_000;
/// The largest window that a zstd frame may ask for, and so about the memory that it takes, as a power of two: the 8 MiB
/// that `zstd -19` writes.
const WINDOW_LOG: u32 = 23;
/// How deep wrappers may lie in one another: an aggregate of compressed lines of events is three.
const MAX_DEPTH: usize = 4;

/// Why a record cannot be taken apart, so that nothing of it is used.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Refused {
    /// It is compressed and broken.
    Compression(String),
    /// It holds more than [`MAX_BYTES`].
    TooLarge,
    /// It holds more than [`MAX_EVENTS`].
    TooMany,
    /// It is wrapped more often than anything that is known.
    TooDeep,
}

impl fmt::Display for Refused {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Refused::Compression(error) => write!(f, "it is damaged or incomplete: {error}"),
            Refused::TooLarge => write!(f, "decompressed it is longer than {MAX_BYTES} bytes"),
            Refused::TooMany => write!(f, "it holds more than {MAX_EVENTS} events"),
            Refused::TooDeep => write!(f, "it is wrapped more than {MAX_DEPTH} times"),
        }
    }
}

impl std::error::Error for Refused {}

/// The events of a record, in their order, as JSON that is yet to be read.
///
/// # Errors
///
/// If the record as a whole cannot be used.
pub fn events(record: &[u8]) -> Result<Vec<Vec<u8>>, Refused> {
    let mut found = Vec::new();
    let mut left = MAX_BYTES;
    unwrap(record, &mut found, &mut left, 0)?;
    Ok(found)
}

fn unwrap(
    bytes: &[u8],
    found: &mut Vec<Vec<u8>>,
    left: &mut usize,
    depth: usize,
) -> Result<(), Refused> {
    if depth > MAX_DEPTH {
        return Err(Refused::TooDeep);
    }
    if let Some(records) = aggregate::records(bytes)? {
        return records
            .iter()
            .try_for_each(|record| unwrap(record, found, left, depth + 1));
    }
    if let Some(inner) = decompressed(bytes, left)? {
        return unwrap(&inner, found, left, depth + 1);
    }
    objects(bytes).try_for_each(|object| envelope::open(object, found))
}

/// What compressed bytes hold; `None` for any others.
fn decompressed(bytes: &[u8], left: &mut usize) -> Result<Option<Vec<u8>>, Refused> {
    let mut decoder: Box<dyn Read + '_> = if bytes.starts_with(&[0x1f, 0x8b]) {
        Box::new(MultiGzDecoder::new(bytes))
    } else if begins_zstd(bytes) {
        let frames = Frames::new(bytes, WINDOW_LOG);
        Box::new(frames.map_err(|error| Refused::Compression(error.to_string()))?)
    } else {
        return Ok(None);
    };
    let mut inner = Vec::new();
    let read = decoder
        .by_ref()
        .take(*left as u64 + 1)
        .read_to_end(&mut inner);
    read.map_err(|error: io::Error| Refused::Compression(error.to_string()))?;
    *left = left.checked_sub(inner.len()).ok_or(Refused::TooLarge)?;
    Ok(Some(inner))
}

/// The objects of a text: one a line, or the whole text if its first line is none by itself.
fn objects(text: &[u8]) -> impl Iterator<Item = &[u8]> {
    let text = text.trim_ascii();
    let first = text.split(|byte| *byte == b'\n').next().unwrap_or(text);
    let is_lines =
        first.len() < text.len() && serde_json::from_slice::<serde::de::IgnoredAny>(first).is_ok();
    let whole = (!is_lines).then_some(text);
    let lines = is_lines
        .then(|| text.split(|byte| *byte == b'\n'))
        .into_iter()
        .flatten();
    let lines = lines
        .map(<[u8]>::trim_ascii)
        .filter(|line| !line.is_empty());
    whole.into_iter().chain(lines)
}

/// Adds an event to what was found.
fn push(found: &mut Vec<Vec<u8>>, event: Vec<u8>) -> Result<(), Refused> {
    if found.len() == MAX_EVENTS {
        return Err(Refused::TooMany);
    }
    found.push(event);
    Ok(())
}

#[cfg(test)]
mod tests;
