//! Reading the shards of a stream from somewhere on, for a reader that keeps its place itself.

use aws_sdk_kinesis::error::ProvideErrorMetadata;
use aws_sdk_kinesis::primitives::DateTime;
use aws_sdk_kinesis::types::ShardIteratorType;

use super::fault;
use super::producer::LASTING;
use crate::store::Fault;

/// A stream to read.
#[derive(Debug, Clone)]
pub struct Shards {
    client: aws_sdk_kinesis::Client,
    stream: String,
}

/// A shard of the list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ListedShard {
    /// Its id.
    pub id: String,
    /// The shards that it was split off or merged from: what they hold comes before.
    pub parents: Vec<String>,
}

/// Where to begin in a shard.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Begin {
    /// With what it still holds.
    Oldest,
    /// With what comes from now on.
    Latest,
    /// With what came at this time, in milliseconds since the Unix epoch, or later.
    At(i64),
    /// After the record of this sequence number.
    After(String),
}

/// A record of a shard.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ShardRecord {
    /// Its sequence number.
    pub sequence: String,
    /// When it arrived, in milliseconds since the Unix epoch, if the stream says so.
    pub arrival: Option<i64>,
    /// What it holds.
    pub data: Vec<u8>,
}

/// What a read gives.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ShardRead {
    /// The records, in order.
    pub records: Vec<ShardRecord>,
    /// Where to read on; none at the end of a shard that is closed.
    pub next: Option<String>,
    /// Whether nothing had come after these when they were read.
    pub is_newest: bool,
}

/// Why a read gives nothing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Unread {
    /// The iterator is too old; another is to be asked for.
    Expired,
    /// There is no such stream, or no such shard any more: what a shard held is kept for a time only.
    Gone(String),
    /// Another try may do.
    Busy(String),
    /// It stays so until somebody mends something.
    Lasting(String),
}

impl Shards {
    /// The stream of this name.
    pub fn new(config: &aws_config::SdkConfig, stream: &str) -> Shards {
        Shards {
            client: aws_sdk_kinesis::Client::new(config),
            stream: stream.to_owned(),
        }
    }

    /// All shards that hold anything, or may yet.
    ///
    /// # Errors
    ///
    /// As [`Shards::read`].
    pub async fn list(&self) -> Result<Vec<ListedShard>, Unread> {
        let mut listed = Vec::new();
        let mut next = None;
        loop {
            let list = self.client.list_shards();
            // A page is asked for by its token alone.
            let list = match &next {
                None => list.stream_name(&self.stream),
                Some(token) => list.next_token(token),
            };
            let given = list.send().await.map_err(unread)?;
            let page = given.shards.unwrap_or_default();
            listed.extend(page.into_iter().map(|shard| {
                let parents = [shard.parent_shard_id, shard.adjacent_parent_shard_id];
                ListedShard {
                    id: shard.shard_id,
                    parents: parents.into_iter().flatten().collect(),
                }
            }));
            next = given.next_token;
            if next.is_none() {
                return Ok(listed);
            }
        }
    }

    /// An iterator for reading a shard.
    ///
    /// # Errors
    ///
    /// As [`Shards::read`].
    pub async fn iterator(&self, shard: &str, begin: &Begin) -> Result<Option<String>, Unread> {
        let iterator = self.client.get_shard_iterator();
        let iterator = iterator.stream_name(&self.stream).shard_id(shard);
        let iterator = match begin {
            Begin::Oldest => iterator.shard_iterator_type(ShardIteratorType::TrimHorizon),
            Begin::Latest => iterator.shard_iterator_type(ShardIteratorType::Latest),
            Begin::At(millis) => iterator
                .shard_iterator_type(ShardIteratorType::AtTimestamp)
                .timestamp(DateTime::from_millis(*millis)),
            Begin::After(sequence) => iterator
                .shard_iterator_type(ShardIteratorType::AfterSequenceNumber)
                .starting_sequence_number(sequence),
        };
        let given = iterator.send().await.map_err(unread)?;
        Ok(given.shard_iterator)
    }

    /// The next records at an iterator, at most so many.
    ///
    /// # Errors
    ///
    /// With the reason, if the stream cannot be read, now or at all.
    pub async fn read(&self, iterator: &str, most: i32) -> Result<ShardRead, Unread> {
        let read = self.client.get_records();
        let read = read.shard_iterator(iterator).limit(most);
        let given = read.send().await.map_err(unread)?;
        let records = given.records.into_iter().map(|record| ShardRecord {
            sequence: record.sequence_number,
            arrival: record
                .approximate_arrival_timestamp
                .and_then(|time| time.to_millis().ok()),
            data: record.data.into_inner(),
        });
        Ok(ShardRead {
            records: records.collect(),
            next: given.next_shard_iterator,
            is_newest: given.millis_behind_latest.unwrap_or(0) == 0,
        })
    }
}

impl From<Unread> for Fault {
    fn from(unread: Unread) -> Fault {
        match unread {
            Unread::Expired => Fault("the iterator of a shard has expired".to_owned()),
            Unread::Gone(said) | Unread::Busy(said) | Unread::Lasting(said) => Fault(said),
        }
    }
}

fn unread<E, R>(error: aws_sdk_kinesis::error::SdkError<E, R>) -> Unread
where
    E: ProvideErrorMetadata + std::error::Error + 'static,
    R: std::fmt::Debug + 'static,
{
    let code = error.code().unwrap_or_default().to_owned();
    let said = fault(error).0;
    match code.as_str() {
        "ExpiredIteratorException" => Unread::Expired,
        "ResourceNotFoundException" => Unread::Gone(said),
        code if LASTING.contains(&code) => Unread::Lasting(said),
        _ => Unread::Busy(said),
    }
}
