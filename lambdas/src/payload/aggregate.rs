//! Aggregates of the Kinesis Producer Library: a magic, a protobuf message, and its MD5.
//!
//! The format is the library's `aggregation-format.md`.

use md5::{Digest, Md5};
use prost::Message;

const MAGIC: [u8; 4] = [0xf3, 0x89, 0x9a, 0xc2];
const CHECKSUM: usize = 16;

/// The fields that are read; keys and tags are passed over.
#[derive(Clone, PartialEq, Message)]
struct Aggregate {
    #[prost(message, repeated, tag = "3")]
    records: Vec<Sub>,
}

#[derive(Clone, PartialEq, Message)]
struct Sub {
    #[prost(bytes = "vec", tag = "3")]
    data: Vec<u8>,
}

/// The records of an aggregate; `None` for what is none, or whose checksum is wrong: that is an ordinary record.
pub(super) fn records(bytes: &[u8]) -> Option<Vec<Vec<u8>>> {
    let (message, checksum) = bytes.strip_prefix(&MAGIC)?.split_last_chunk::<CHECKSUM>()?;
    if Md5::digest(message)[..] != checksum[..] {
        return None;
    }
    let aggregate = Aggregate::decode(message).ok()?;
    Some(aggregate.records.into_iter().map(|sub| sub.data).collect())
}

/// An aggregate of these records.
#[cfg(test)]
pub(super) fn of(records: &[&[u8]]) -> Vec<u8> {
    let records = records.iter().map(|data| Sub {
        data: data.to_vec(),
    });
    let message = Aggregate {
        records: records.collect(),
    };
    let message = message.encode_to_vec();
    let checksum = Md5::digest(&message);
    [&MAGIC[..], &message, &checksum[..]].concat()
}
