//! The records of one shard in a call, taken apart.

use std::sync::Arc;

use tripline_engine::{Source, Time};

use crate::invocation::{Record, Unreadable};
use crate::payload;
use crate::quarantine::Quarantined;
use crate::sequence::Sequence;

/// The records of one shard in a call, in order, and the events they hold.
#[derive(Debug)]
pub struct Batch {
    /// The shard.
    pub shard: Arc<str>,
    /// Its records.
    pub records: Vec<Position>,
    /// What they hold, in order.
    pub events: Vec<Found>,
    /// What cannot be used, each with its record's place among `records`.
    pub quarantined: Vec<(usize, Quarantined)>,
}

/// A record's place in the shard.
#[derive(Debug, Clone)]
pub struct Position {
    /// Its sequence number; one that cannot be read has none.
    pub sequence: Option<Sequence>,
    /// When it arrived.
    pub arrival: Option<Time>,
    partition_key: Option<String>,
}

/// The bytes of an event, and where they come from.
#[derive(Debug)]
pub struct Found {
    /// The record's place among the batch's.
    pub record: usize,
    /// The event's place in the record.
    pub sub: u32,
    /// Its JSON.
    pub bytes: Vec<u8>,
}

/// Sorts what a call brought by shard; records of one shard keep their order.
pub fn by_shard(records: Vec<Result<Record, Unreadable>>) -> Vec<Batch> {
    let mut batches: Vec<Batch> = Vec::new();
    let shard_of = |one: &Result<Record, Unreadable>| match one {
        Ok(record) => Some(Arc::clone(&record.shard)),
        Err(unreadable) => unreadable.shard.clone(),
    };
    // What does not tell its shard is taken for one of the shard that the others are of.
    let usual = records.iter().find_map(shard_of);
    let usual = usual.unwrap_or_else(|| "unknown".into());
    for one in records {
        let shard = shard_of(&one).unwrap_or_else(|| Arc::clone(&usual));
        let at = batches.iter().position(|batch| batch.shard == shard);
        let at = at.unwrap_or_else(|| {
            batches.push(Batch::new(shard));
            batches.len() - 1
        });
        batches[at].add(one);
    }
    batches
}

impl Batch {
    fn new(shard: Arc<str>) -> Batch {
        Batch {
            shard,
            records: Vec::new(),
            events: Vec::new(),
            quarantined: Vec::new(),
        }
    }

    fn add(&mut self, one: Result<Record, Unreadable>) {
        let record = self.records.len();
        match one {
            Ok(one) => {
                self.records.push(Position {
                    sequence: Some(one.sequence),
                    arrival: one.arrival,
                    partition_key: one.partition_key,
                });
                self.take_apart(record, &one.data);
            }
            Err(unreadable) => {
                self.records.push(Position {
                    sequence: unreadable.sequence,
                    arrival: None,
                    partition_key: None,
                });
                self.quarantine(record, None, unreadable.reason, unreadable.raw.into_bytes());
            }
        }
    }

    fn take_apart(&mut self, record: usize, data: &[u8]) {
        match payload::events(data) {
            Err(refused) => self.quarantine(record, None, refused.to_string(), data.to_vec()),
            Ok(all) => {
                let found = all.into_iter().zip(0..);
                let found = found.map(|(bytes, sub)| Found { record, sub, bytes });
                self.events.extend(found);
            }
        }
    }

    /// Notes what cannot be used: a record or one event of it.
    pub fn quarantine(
        &mut self,
        record: usize,
        sub: Option<u32>,
        reason: String,
        payload: Vec<u8>,
    ) {
        let position = &self.records[record];
        let place = match &position.sequence {
            Some(sequence) => sequence.to_string(),
            // The same bytes are the same entry, however often they come.
            None => format!("unknown-{:08x}", crc32fast::hash(&payload)),
        };
        let quarantined = Quarantined {
            shard: Arc::clone(&self.shard),
            position: sub.map_or_else(|| place.clone(), |sub| format!("{place}:{sub}")),
            arrival: position.arrival,
            reason,
            payload,
            partition_key: position.partition_key.clone(),
        };
        self.quarantined.push((record, quarantined));
    }

    /// Where an event comes from.
    pub fn source(&self, found: &Found) -> Source {
        let sequence = self.records[found.record].sequence.as_ref();
        Source::Record {
            shard: Arc::clone(&self.shard),
            sequence: sequence.map_or_else(|| "".into(), |one| Arc::clone(one.digits())),
            sub: found.sub,
        }
    }

    /// The first record that is not among those up to `applied`.
    pub fn first_after(&self, applied: Option<&Sequence>) -> usize {
        let Some(applied) = applied else { return 0 };
        let is_applied = |position: &Position| {
            let sequence = position.sequence.as_ref();
            sequence.is_some_and(|sequence| sequence <= applied)
        };
        // Records that tell no number stand with the one before.
        let last = self.records.iter().rposition(is_applied);
        last.map_or(0, |last| last + 1)
    }

    /// The last sequence number among the first so many records.
    pub fn last_sequence(&self, records: usize) -> Option<&Sequence> {
        let read = self.records[..records].iter().rev();
        read.flat_map(|position| &position.sequence).next()
    }

    /// The sequence number from which on records are to be delivered again, so that this one is.
    pub fn again_from(&self, record: usize) -> Option<&Sequence> {
        let before = self.records[..=record].iter().rev();
        before.flat_map(|position| &position.sequence).next()
    }
}
