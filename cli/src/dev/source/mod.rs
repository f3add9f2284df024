//! Where events come from. A source reads on a thread of its own, as far ahead as the pipeline lets it.

mod files;
mod pace;
mod sample;
#[cfg(feature = "aws")]
mod stream;
mod tail;

use std::sync::Arc;
use std::time::{Duration, Instant};

use tokio::sync::mpsc;
#[cfg(feature = "aws")]
use tokio::sync::oneshot;
use tripline_engine::{Program, Time};

pub(super) use self::files::Files;
pub(crate) use self::pace::Speed;
pub(super) use self::sample::Sample;
#[cfg(feature = "aws")]
pub(super) use self::stream::Stream;

use super::pipeline::{Batch, Clock, Order, SourceState};
use crate::failure::Failure;

/// How many records a batch holds at most.
pub(super) const RECORDS: usize = 4_096;
/// How many bytes a batch holds before it takes no further record.
pub(super) const BYTES: usize = 1 << 20;

/// What sources send to, and what tells them to end.
pub(super) struct Feed {
    pub(super) batches: mpsc::Sender<Batch>,
    pub(super) orders: mpsc::Sender<Order>,
    /// Ends when the command does.
    pub(super) stop: std::sync::mpsc::Receiver<()>,
    /// Reads the times of events; the rules are another's.
    pub(super) settings: Program,
    /// The source, as its position is filed.
    pub(super) name: Arc<str>,
}

/// The pipeline is at its end, so nothing more is to be sent.
#[derive(Debug)]
pub(super) struct Closed;

/// Why a source ends.
pub(super) enum End {
    Closed,
    Failed(Failure),
}

impl From<Closed> for End {
    fn from(_: Closed) -> End {
        End::Closed
    }
}

impl From<Failure> for End {
    fn from(failure: Failure) -> End {
        End::Failed(failure)
    }
}

impl Feed {
    /// Sends records, and how far the source has been read after them.
    pub(super) fn send(
        &self,
        records: Vec<Vec<u8>>,
        clock: Clock,
        position: String,
    ) -> Result<(), Closed> {
        let batch = Batch {
            records,
            clock: Some(clock),
            arrives: clock == Clock::Live,
            arrivals: Vec::new(),
            position: Some((Arc::clone(&self.name), position)),
            made: Instant::now(),
            done: None,
        };
        self.batches.blocking_send(batch).map_err(|_| Closed)
    }

    /// Sends records of a stream, each with its arrival, and how far the source has been read after them.
    #[cfg(feature = "aws")]
    pub(super) fn send_arrived(
        &self,
        records: Vec<(Vec<u8>, Option<Time>)>,
        position: String,
    ) -> Result<(), Closed> {
        let (records, arrivals) = records.into_iter().unzip();
        let batch = Batch {
            records,
            clock: Some(Clock::Live),
            arrives: true,
            arrivals,
            position: Some((Arc::clone(&self.name), position)),
            made: Instant::now(),
            done: None,
        };
        self.batches.blocking_send(batch).map_err(|_| Closed)
    }

    /// Has the store keep how far the source has been read, and waits until it does.
    #[cfg(feature = "aws")]
    pub(super) fn keep(&self, position: String) -> Result<(), Closed> {
        let (done, kept) = oneshot::channel();
        let batch = Batch {
            position: Some((Arc::clone(&self.name), position)),
            done: Some(done),
            ..Batch::tick(Clock::Live)
        };
        self.batches.blocking_send(batch).map_err(|_| Closed)?;
        kept.blocking_recv().map_err(|_| Closed)?;
        Ok(())
    }

    /// Tells that time goes on.
    pub(super) fn tick(&self, clock: Clock) -> Result<(), Closed> {
        let sent = self.batches.blocking_send(Batch::tick(clock));
        sent.map_err(|_| Closed)
    }

    /// Waits, unless the command ends.
    pub(super) fn wait(&self, time: Duration) -> Result<(), Closed> {
        match self.stop.recv_timeout(time) {
            Err(std::sync::mpsc::RecvTimeoutError::Timeout) => Ok(()),
            _ => Err(Closed),
        }
    }

    /// Tells how the source is.
    pub(super) fn tell(&self, state: &'static str, text: String) {
        let name = self.name.to_string();
        let told = SourceState { name, state, text };
        let _ = self.orders.blocking_send(Order::Source(told));
    }

    /// When an event happened; none if it does not say.
    pub(super) fn time(&self, record: &[u8]) -> Option<Time> {
        let source = tripline_engine::Source::File {
            file: &*self.name,
            line: 0,
        };
        let event = self.settings.decode(record, source);
        event.ok().map(|event| event.time())
    }
}
