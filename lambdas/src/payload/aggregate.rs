//! Aggregates of the Kinesis Producer Library: a magic, a protobuf message, and its MD5.
//!
//! The format is the library's `aggregation-format.md`.

use md5::{Digest, Md5};
use prost::encoding::{self, DecodeContext};
use prost::{DecodeError, Message};

use super::{MAX_EVENTS, Refused};

const MAGIC: [u8; 4] = [0xf3, 0x89, 0x9a, 0xc2];
const CHECKSUM: usize = 16;

/// The field of an aggregate that holds its records; its keys and tags are passed over.
const RECORDS: u32 = 3;

/// A record of an aggregate.
#[derive(Clone, PartialEq, Message)]
struct Sub {
    #[prost(bytes = "vec", tag = "3")]
    data: Vec<u8>,
}

/// The records of an aggregate; `None` for what is none, or whose checksum is wrong: that is an ordinary record.
///
/// # Errors
///
/// If it holds more than [`MAX_EVENTS`]. They are counted as they are read: two bytes make a record, which takes
/// many times that when it is read.
pub(super) fn records(bytes: &[u8]) -> Result<Option<Vec<Vec<u8>>>, Refused> {
    let Some(message) = message(bytes) else {
        return Ok(None);
    };
    let mut rest = message;
    let mut records = Vec::new();
    while !rest.is_empty() {
        match next(&mut rest) {
            Err(_) => return Ok(None),
            Ok(None) => {}
            Ok(Some(_)) if records.len() == MAX_EVENTS => return Err(Refused::TooMany),
            Ok(Some(sub)) => records.push(sub.data),
        }
    }
    Ok(Some(records))
}

/// What stands between the magic and a checksum that is right.
fn message(bytes: &[u8]) -> Option<&[u8]> {
    let (message, checksum) = bytes.strip_prefix(&MAGIC)?.split_last_chunk::<CHECKSUM>()?;
    (Md5::digest(message)[..] == checksum[..]).then_some(message)
}

/// Reads the next field: a record, or one that is passed over.
fn next(rest: &mut &[u8]) -> Result<Option<Sub>, DecodeError> {
    let context = DecodeContext::default();
    let (tag, wire) = encoding::decode_key(rest)?;
    if tag != RECORDS {
        encoding::skip_field(wire, tag, rest, context)?;
        return Ok(None);
    }
    let mut sub = Sub::default();
    encoding::message::merge(wire, &mut sub, rest, context)?;
    Ok(Some(sub))
}

/// An aggregate of these records.
#[cfg(test)]
pub(super) fn of(records: &[&[u8]]) -> Vec<u8> {
    let mut message = Vec::new();
    for data in records {
        let sub = Sub {
            data: data.to_vec(),
        };
        encoding::message::encode(RECORDS, &sub, &mut message);
    }
    let checksum = Md5::digest(&message);
    [&MAGIC[..], &message, &checksum[..]].concat()
}
