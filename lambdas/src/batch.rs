//! The records of one shard in a call, taken apart.

use std::sync::Arc;

use tripline_engine::{Source, Time};

use crate::call::Failed;
use crate::invocation::{Record, Unreadable};
use crate::metrics::Meter;
use crate::payload;
use crate::quarantine::Quarantined;
use crate::sequence::Sequence;
use crate::store::{Fault, Quarantine};

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
    /// The sequence numbers of the records that have one, ascending, each with its record's place.
    numbered: Vec<(Sequence, usize)>,
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
    shard: Arc<str>,
    sequence: Option<Sequence>,
}

impl Found {
    /// Where it comes from.
    pub fn source(&self) -> Source<&str> {
        Source::Record {
            shard: &self.shard,
            sequence: self.sequence.as_ref().map_or("", |one| one.digits()),
            sub: self.sub,
        }
    }
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
            numbered: Vec::new(),
        }
    }

    fn add(&mut self, one: Result<Record, Unreadable>) {
        let record = self.records.len();
        let (position, data) = match one {
            Ok(one) => (
                Position {
                    sequence: Some(one.sequence),
                    arrival: one.arrival,
                    partition_key: one.partition_key,
                },
                Ok(one.data),
            ),
            Err(unreadable) => (
                Position {
                    sequence: unreadable.sequence,
                    arrival: None,
                    partition_key: None,
                },
                Err((unreadable.reason, unreadable.raw)),
            ),
        };
        // A shard's records come in its order.
        let numbered = position.sequence.iter().cloned();
        self.numbered
            .extend(numbered.map(|sequence| (sequence, record)));
        self.records.push(position);
        match data {
            Ok(data) => self.take_apart(record, &data),
            Err((reason, raw)) => self.quarantine(record, None, reason, raw.into_bytes()),
        }
    }

    fn take_apart(&mut self, record: usize, data: &[u8]) {
        match payload::events(data) {
            Err(refused) => self.quarantine(record, None, refused.to_string(), data.to_vec()),
            Ok(all) => {
                let found = all.into_iter().zip(0..);
                let found = found.map(|(bytes, sub)| Found {
                    record,
                    sub,
                    bytes,
                    shard: Arc::clone(&self.shard),
                    sequence: self.records[record].sequence.clone(),
                });
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

    /// The first record that is not among those up to `applied`.
    pub fn first_after(&self, applied: Option<&Sequence>) -> usize {
        let Some(applied) = applied else { return 0 };
        let number = self
            .numbered
            .partition_point(|(sequence, _)| sequence <= applied);
        // Records that tell no number stand with the one before.
        number
            .checked_sub(1)
            .map_or(0, |last| self.numbered[last].1 + 1)
    }

    /// The last sequence number among the first so many records.
    pub fn last_sequence(&self, records: usize) -> Option<&Sequence> {
        let number = self
            .numbered
            .partition_point(|(_, record)| *record < records);
        Some(&self.numbered[number.checked_sub(1)?].0)
    }

    /// The answer that has the records from this one on delivered again.
    ///
    /// # Errors
    ///
    /// If neither it nor one before it has a sequence number to be named by.
    pub fn again(&self, record: usize) -> Result<Failed, Fault> {
        let sequence = self.last_sequence(record + 1).cloned();
        let unknown =
            || Fault("a record without a sequence number has to be delivered again".to_owned());
        sequence.map(Failed).ok_or_else(unknown)
    }

    /// Keeps what cannot be used of the records from `first` on; gives the first one of which something could not be kept.
    pub(crate) async fn keep_unusable(
        &self,
        world: &impl Quarantine,
        meter: &Meter,
        first: usize,
    ) -> usize {
        let all = self.quarantined.iter();
        let all = all.filter(|(record, _)| *record >= first);
        let (records, all): (Vec<usize>, Vec<_>) = all.cloned().unzip();
        let mut cut = self.records.len();
        if all.is_empty() {
            return cut;
        }
        meter.count(|metrics| metrics.quarantined += all.len() as u64);
        for (record, kept) in records.into_iter().zip(world.quarantine(&all).await) {
            if let Err(fault) = kept {
                meter.fault("the quarantine table cannot be written", &fault);
                cut = cut.min(record);
            }
        }
        cut
    }

    /// The newest arrival of its records.
    pub(crate) fn newest_arrival(&self) -> Option<Time> {
        let arrivals = self.records.iter().filter_map(|record| record.arrival);
        arrivals.max()
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::{Batch, by_shard};
    use crate::invocation::{Record, Unreadable};
    use crate::sequence::Sequence;

    fn number(number: usize) -> Sequence {
        Sequence::new(&number.to_string()).unwrap()
    }

    /// Records 10, 20, one without a number, 30.
    fn batch() -> Batch {
        let record = |sequence| {
            Ok(Record {
                shard: "shard".into(),
                sequence: number(sequence),
                partition_key: None,
                arrival: None,
                data: b"{}".to_vec(),
            })
        };
        let unreadable = Err(Unreadable {
            shard: None,
            sequence: None,
            reason: "damaged".to_owned(),
            raw: "{".to_owned(),
        });
        by_shard(vec![record(10), record(20), unreadable, record(30)]).remove(0)
    }

    #[test]
    fn records_are_found_by_what_is_applied() {
        let batch = batch();
        assert_eq!(batch.first_after(None), 0);
        let firsts = [(5, 0), (10, 1), (15, 1), (20, 2), (29, 2), (30, 4), (99, 4)];
        for (applied, first) in firsts {
            assert_eq!(
                batch.first_after(Some(&number(applied))),
                first,
                "{applied}"
            );
        }
        let last = |records| batch.last_sequence(records).cloned();
        assert_eq!(
            [last(0), last(1), last(3), last(4)],
            [None, Some(number(10)), Some(number(20)), Some(number(30))]
        );
    }

    #[test]
    fn a_record_without_a_number_is_delivered_again_with_the_one_before() {
        let batch = batch();
        assert_eq!(batch.again(2).unwrap().0, number(20));
        assert_eq!(batch.again(3).unwrap().0, number(30));
        let unnumbered = Batch::new("shard".into());
        assert!(unnumbered.again(0).is_err());
    }
}
