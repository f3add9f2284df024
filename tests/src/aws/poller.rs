//! How an event source mapping takes a shard to a function: checkpoint, partial failures, bisection, retries, giving up.
//!
//! The rules are those of the AWS documentation: of several failed records the one with the lowest sequence number is the
//! checkpoint, and all from there on are delivered again; with bisection a batch that failed is delivered in halves, which
//! does not count as a retry; a batch of one record that failed as often as is allowed goes to the on-failure destination,
//! as does one that is too old.

use std::ops::Range;

/// How a mapping is configured.
#[derive(Debug, Clone, Copy)]
pub struct Settings {
    /// How many records a batch holds at most.
    pub batch_size: usize,
    /// Whether a batch that failed is divided.
    pub bisect: bool,
    /// How often a batch is tried again; `None` is without end.
    pub retries: Option<u32>,
}

/// What a function answered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Answer {
    /// All is done.
    Done,
    /// The record of this place in the shard failed, and those after it.
    FailedFrom(usize),
    /// The call failed as a whole.
    Error,
}

/// The poller of one shard. Records are named by their place in the shard, from 0.
#[derive(Debug)]
pub struct Poller {
    settings: Settings,
    /// The first record that is not done with.
    checkpoint: usize,
    /// Where the parts of a divided batch end, the nearest last.
    parts: Vec<usize>,
    /// How often the present batch was tried again.
    retried: u32,
    /// What went to the on-failure destination.
    given_up: Vec<Range<usize>>,
}

impl Poller {
    /// A poller at the beginning of a shard.
    pub fn new(settings: Settings) -> Poller {
        Poller {
            settings,
            checkpoint: 0,
            parts: Vec::new(),
            retried: 0,
            given_up: Vec::new(),
        }
    }

    /// Goes on at a record, all before which are done with.
    pub fn start_at(&mut self, record: usize) {
        self.checkpoint = record;
    }

    /// The first record that is not done with.
    pub fn checkpoint(&self) -> usize {
        self.checkpoint
    }

    /// What went to the on-failure destination.
    pub fn given_up(&self) -> &[Range<usize>] {
        &self.given_up
    }

    /// The next batch, of a shard that has so many records; `None` if all are done with.
    pub fn next(&self, records: usize) -> Option<Range<usize>> {
        let most = (self.checkpoint + self.settings.batch_size).min(records);
        let end = self.parts.last().map_or(most, |part| most.min(*part));
        (self.checkpoint < end).then_some(self.checkpoint..end)
    }

    /// Takes the answer to a batch that [`Poller::next`] gave.
    pub fn answer(&mut self, batch: Range<usize>, answer: &Answer) {
        match answer {
            Answer::Done => self.advance(batch.end),
            // A record that is none of the batch: the whole batch failed.
            Answer::FailedFrom(record) if !batch.contains(record) => self.fail(batch),
            Answer::FailedFrom(record) if *record > batch.start => {
                self.advance(*record);
                self.fail(*record..batch.end);
            }
            Answer::FailedFrom(_) | Answer::Error => self.fail(batch),
        }
    }

    /// Moves the checkpoint on.
    fn advance(&mut self, to: usize) {
        if to > self.checkpoint {
            self.retried = 0;
        }
        self.checkpoint = to;
        self.parts.retain(|part| *part > to);
    }

    fn fail(&mut self, batch: Range<usize>) {
        if self.settings.bisect && batch.len() > 1 {
            if self.parts.last() != Some(&batch.end) {
                self.parts.push(batch.end);
            }
            self.parts.push(batch.start + batch.len() / 2);
            return;
        }
        self.retried += 1;
        if self
            .settings
            .retries
            .is_some_and(|most| self.retried > most)
        {
            self.give_up(batch);
        }
    }

    /// Sends a batch to the on-failure destination.
    pub fn give_up(&mut self, batch: Range<usize>) {
        self.advance(batch.end);
        self.given_up.push(batch);
    }
}

#[cfg(test)]
mod tests {
    use super::{Answer, Poller, Settings};

    const SETTINGS: Settings = Settings {
        batch_size: 8,
        bisect: true,
        retries: Some(2),
    };

    /// What is delivered of a shard, batch by batch, until all is done with.
    fn deliver(
        settings: Settings,
        records: usize,
        mut function: impl FnMut(std::ops::Range<usize>) -> Answer,
    ) -> (Vec<(usize, usize)>, Poller) {
        let mut poller = Poller::new(settings);
        let mut batches = Vec::new();
        while let Some(batch) = poller.next(records) {
            batches.push((batch.start, batch.end));
            assert!(batches.len() < 1_000, "it never ends");
            let answer = function(batch.clone());
            poller.answer(batch, &answer);
        }
        (batches, poller)
    }

    #[test]
    fn what_succeeds_is_delivered_once() {
        let (batches, poller) = deliver(SETTINGS, 20, |_| Answer::Done);
        assert_eq!(batches, [(0, 8), (8, 16), (16, 20)]);
        assert!(poller.given_up().is_empty());
    }

    #[test]
    fn a_record_that_is_told_to_fail_is_tried_alone_and_given_up() {
        let (batches, poller) = deliver(SETTINGS, 8, |batch| match batch.contains(&3) {
            true => Answer::FailedFrom(3),
            false => Answer::Done,
        });
        assert_eq!(poller.given_up(), std::slice::from_ref(&(3..4)));
        assert_eq!(poller.checkpoint(), 8);
        assert_eq!(batches[0], (0, 8));
        // The rest is divided until the record stands alone; it is tried three times; then the others follow.
        let alone = batches.iter().filter(|batch| **batch == (3, 4)).count();
        assert_eq!(alone, 3);
        let delivered = |record| {
            batches
                .iter()
                .any(|(from, to)| (*from..*to).contains(&record))
        };
        assert!((0..8).all(delivered));
        assert!(!batches[1..].iter().any(|(from, _)| *from < 3));
    }

    #[test]
    fn a_record_that_breaks_the_call_is_found_by_halves() {
        let (batches, poller) = deliver(SETTINGS, 8, |batch| match batch.contains(&5) {
            true => Answer::Error,
            false => Answer::Done,
        });
        assert_eq!(poller.given_up(), std::slice::from_ref(&(5..6)));
        assert_eq!(batches[..3], [(0, 8), (0, 4), (4, 8)]);
        assert_eq!(poller.checkpoint(), 8);
    }

    #[test]
    fn without_bisection_the_whole_rest_is_tried_again() {
        let settings = Settings {
            bisect: false,
            retries: Some(1),
            ..SETTINGS
        };
        let (batches, poller) = deliver(settings, 8, |batch| match batch.contains(&3) {
            true => Answer::FailedFrom(3),
            false => Answer::Done,
        });
        assert_eq!(batches, [(0, 8), (3, 8)]);
        assert_eq!(poller.given_up(), std::slice::from_ref(&(3..8)));
    }

    #[test]
    fn a_record_of_no_batch_fails_the_batch() {
        let mut poller = Poller::new(SETTINGS);
        poller.answer(0..8, &Answer::FailedFrom(99));
        assert_eq!(poller.next(8), Some(0..4));
    }

    #[test]
    fn what_fails_for_a_while_is_delivered_in_the_end() {
        let settings = Settings {
            retries: None,
            ..SETTINGS
        };
        let mut random = fastrand::Rng::with_seed(7);
        let mut delivered = [false; 50];
        let (_, poller) = deliver(settings, 50, |batch| match random.u8(..4) {
            0 => Answer::Error,
            1 => {
                let from = random.usize(batch.clone());
                delivered[batch.start..from].fill(true);
                Answer::FailedFrom(from)
            }
            _ => {
                delivered[batch].fill(true);
                Answer::Done
            }
        });
        assert!(delivered.iter().all(|one| *one));
        assert!(poller.given_up().is_empty());
    }
}
