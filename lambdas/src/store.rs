//! What the functions need of the world around them.
//!
//! Calls can fail and be tried again: the functions rely on nothing but that a conditional write is whole, and takes
//! effect only where its condition holds.
#![allow(
    async_fn_in_trait,
    reason = "a function works on one call at a time, on one thread"
)]

use std::fmt;
use std::sync::Arc;

use tripline_engine::Time;

use crate::item::{Item, Name};
use crate::notification::Publication;
use crate::quarantine::Quarantined;
use crate::row_item::{RowItem, RowName};
use crate::sequence::Sequence;

/// Why something could not be done, which another try may do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fault(pub String);

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for Fault {}

/// Why an item was not written.
#[derive(Debug, Clone, PartialEq)]
pub enum Unwritten<T> {
    /// Somebody else has written it since it was read; what it is now, if that is known.
    Conflict(Option<T>),
    /// It is not known whether it was.
    Fault(Fault),
}

/// The state table.
pub trait States {
    /// Reads items as of now; `None` for one that there is not.
    async fn load(&self, names: &[Name]) -> Vec<Result<Option<Item>, Fault>>;

    /// Writes an item if the stored one has the version before.
    async fn put(&self, name: &Name, item: &Item) -> Result<(), Unwritten<Item>>;

    /// Items that are due before a time, some of the earliest, a few seconds late perhaps.
    async fn due(&self, before: Time, limit: usize) -> Result<Vec<Name>, Fault>;

    /// The keys that fire, a few seconds late perhaps.
    async fn firing(&self) -> Result<Vec<Name>, Fault>;
}

/// The aggregates table.
pub trait Rows {
    /// Reads rows as of now; `None` for one that there is not.
    async fn load_rows(&self, names: &[RowName]) -> Vec<Result<Option<RowItem>, Fault>>;

    /// Writes a row if the stored one has the version before.
    async fn put_row(&self, name: &RowName, row: &RowItem) -> Result<(), Unwritten<RowItem>>;
}

/// The events table.
pub trait Events {
    /// Writes events, each in the place of one with its id; tells of each whether it is written.
    async fn put_events(&self, events: &[RawEvent<'_>]) -> Vec<Result<(), Fault>>;
}

/// An event as it is stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RawEvent<'a> {
    /// The event's own id, or one made of its place in the stream.
    pub id: String,
    /// Its type.
    pub kind: Option<String>,
    /// When it happened.
    pub time: Time,
    /// When it arrived.
    pub arrival: Time,
    /// The shard.
    pub shard: Arc<str>,
    /// Its record in the shard.
    pub sequence: Sequence,
    /// Its JSON.
    pub json: &'a str,
}

/// The quarantine table.
pub trait Quarantine {
    /// Keeps what cannot be used, once however often it is told; tells of each whether it is kept.
    async fn quarantine(&self, all: &[Quarantined]) -> Vec<Result<(), Fault>>;
}

/// Where messages go.
pub trait Sink {
    /// Sends messages; tells of each whether it is sent.
    async fn publish(&self, all: &[Publication]) -> Vec<Result<(), Unsent>>;
}

/// Why a message was not sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Unsent {
    /// Another try may send it; perhaps it is sent.
    Fault(Fault),
    /// No other try sends it, unless something is mended.
    Refused(String),
}

/// The stream.
pub trait Stream {
    /// Its shards.
    async fn shards(&self) -> Result<Vec<Arc<str>>, Fault>;

    /// Whether there is no record after this one, or none at all, as of now.
    async fn is_drained(&self, shard: &str, after: Option<&Sequence>) -> Result<bool, Fault>;
}
