//! The stream: which shards it has, and whether there is more to read.

use std::sync::Arc;

use aws_sdk_kinesis::types::ShardIteratorType;

use super::{Aws, fault};
use crate::sequence::Sequence;
use crate::store::{Fault, Stream};

/// How many reads may come back empty before a shard counts as one with more to read: it may hold a gap.
const READS: usize = 5;

impl Stream for Aws {
    async fn shards(&self) -> Result<Vec<Arc<str>>, Fault> {
        let mut shards = Vec::new();
        let mut next = None;
        loop {
            let list = self.kinesis.list_shards();
            // A page is asked for by its token alone.
            let list = match &next {
                None => list.stream_name(&self.names.stream),
                Some(token) => list.next_token(token),
            };
            let given = list.send().await.map_err(fault)?;
            let page = given.shards.unwrap_or_default();
            shards.extend(page.into_iter().map(|shard| Arc::from(shard.shard_id)));
            next = given.next_token;
            if next.is_none() {
                return Ok(shards);
            }
        }
    }

    async fn is_drained(&self, shard: &str, after: Option<&Sequence>) -> Result<bool, Fault> {
        let iterator = self
            .kinesis
            .get_shard_iterator()
            .stream_name(&self.names.stream)
            .shard_id(shard);
        let iterator = match after {
            Some(after) => iterator
                .shard_iterator_type(ShardIteratorType::AfterSequenceNumber)
                .starting_sequence_number(after.to_string()),
            None => iterator.shard_iterator_type(ShardIteratorType::TrimHorizon),
        };
        let mut iterator = iterator.send().await.map_err(fault)?.shard_iterator;
        for _ in 0..READS {
            // A closed shard that is read to its end gives no further iterator.
            let Some(from) = iterator else {
                return Ok(true);
            };
            let read = self.kinesis.get_records().shard_iterator(from).limit(1);
            let given = read.send().await.map_err(fault)?;
            if !given.records.is_empty() {
                return Ok(false);
            }
            if given.millis_behind_latest.unwrap_or(0) == 0 {
                return Ok(true);
            }
            iterator = given.next_shard_iterator;
        }
        Ok(false)
    }
}
