//! The stream: which shards it has, and whether there is more to read.

use std::sync::Arc;

use super::{Aws, Begin};
use crate::sequence::Sequence;
use crate::store::{Fault, Stream};

/// How many reads may come back empty before a shard counts as one with more to read: it may hold a gap.
const READS: usize = 5;

impl Stream for Aws {
    async fn shards(&self) -> Result<Vec<Arc<str>>, Fault> {
        let listed = self.stream.list().await?;
        Ok(listed.into_iter().map(|shard| shard.id.into()).collect())
    }

    async fn is_drained(&self, shard: &str, after: Option<&Sequence>) -> Result<bool, Fault> {
        let begin = after.map_or(Begin::Oldest, |after| Begin::After(after.to_string()));
        let mut iterator = self.stream.iterator(shard, &begin).await?;
        for _ in 0..READS {
            // A closed shard that is read to its end gives no further iterator.
            let Some(from) = iterator else {
                return Ok(true);
            };
            let read = self.stream.read(&from, 1).await?;
            if !read.records.is_empty() {
                return Ok(false);
            }
            if read.is_newest {
                return Ok(true);
            }
            iterator = read.next;
        }
        Ok(false)
    }
}
