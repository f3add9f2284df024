//! Batches side by side: each is read and planned by one of several threads, and told in order.

use std::io;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use rayon::ThreadPool;
use rayon::prelude::*;
use tripline_engine::{MAX_EVENT_BYTES, Plan, Planner, Program};

use crate::batch::{After, Batch, Rejected};
use crate::failure::Failure;
use crate::input::{Events, Input};

/// A batch, and what planning it takes.
pub(crate) struct Lane<'p> {
    file: Arc<str>,
    batch: Batch,
    planner: Planner<'p>,
    /// Memory of an earlier plan.
    pub(crate) memory: Plan<'static>,
}

/// A batch that is planned.
pub(crate) struct Planned<'b> {
    /// Its place among all batches.
    pub(crate) number: u64,
    /// The file that it is of.
    pub(crate) file: Arc<str>,
    pub(crate) plan: Plan<'b>,
    pub(crate) rejected: Vec<Rejected<'b>>,
}

impl<'p> Lane<'p> {
    pub(crate) fn new(program: &'p Program) -> Lane<'p> {
        Lane {
            file: "".into(),
            batch: Batch::default(),
            planner: Planner::new(program),
            memory: Plan::default(),
        }
    }

    /// Takes the next batch and plans it; none if there are no more, or if an earlier one could not be read.
    pub(crate) fn next(&mut self, reader: &Reader<'_>) -> Option<Planned<'_>> {
        let number = reader.fill(self)?;
        let mut plan = std::mem::take(&mut self.memory).reuse();
        let rejected = self.batch.plan(&mut self.planner, &self.file, &mut plan);
        Some(Planned {
            number,
            file: Arc::clone(&self.file),
            plan,
            rejected,
        })
    }
}

/// Reads inputs one after the other, for whichever lane asks.
pub(crate) struct Reader<'i> {
    reading: Mutex<Reading<'i>>,
    open: Open,
    read: Arc<AtomicU64>,
}

/// How an input is opened.
type Open = fn(&Input, usize, Arc<AtomicU64>) -> io::Result<Events>;

/// How far reading has come.
struct Reading<'i> {
    inputs: std::slice::Iter<'i, Input>,
    /// The input under way, and its lines.
    current: Option<(&'i Input, Events)>,
    batches: u64,
    failure: Option<Failure>,
}

impl<'i> Reader<'i> {
    pub(crate) fn new(inputs: &'i [Input]) -> Self {
        Reader::opening(inputs, Input::open)
    }

    /// As [`Reader::new`], with a thread of its own that decompresses what is compressed before lanes ask for it.
    pub(crate) fn ahead(inputs: &'i [Input]) -> Self {
        Reader::opening(inputs, Input::open_ahead)
    }

    fn opening(inputs: &'i [Input], open: Open) -> Self {
        Reader {
            reading: Mutex::new(Reading {
                inputs: inputs.iter(),
                current: None,
                batches: 0,
                failure: None,
            }),
            open,
            read: Arc::default(),
        }
    }

    /// How many bytes were read so far, before they were decompressed.
    pub(crate) fn bytes(&self) -> u64 {
        self.read.load(Ordering::Relaxed)
    }

    /// Fails if something could not be read. What was read before is worth a step.
    pub(crate) fn check(&self) -> Result<(), Failure> {
        self.reading().failure.take().map_or(Ok(()), Err)
    }

    fn reading(&self) -> MutexGuard<'_, Reading<'i>> {
        // Who panics while reading ends the process.
        let reading = self.reading.lock();
        reading.unwrap_or_else(PoisonError::into_inner)
    }

    /// Fills a lane with the next batch, and gives its number.
    fn fill(&self, lane: &mut Lane<'_>) -> Option<u64> {
        let mut reading = self.reading();
        if reading.failure.is_some() {
            return None;
        }
        let read = self.next(&mut reading, lane);
        match read {
            Ok(true) => {}
            Ok(false) => return None,
            Err(failure) => reading.failure = Some(failure),
        }
        reading.batches += 1;
        Some(reading.batches)
    }

    /// Fills a lane; false if all inputs are at their end.
    fn next(&self, reading: &mut Reading<'i>, lane: &mut Lane<'_>) -> Result<bool, Failure> {
        lane.batch.clear();
        let (input, mut lines) = match reading.current.take() {
            Some(current) => current,
            None => {
                let Some(input) = reading.inputs.next() else {
                    return Ok(false);
                };
                let lines = (self.open)(input, MAX_EVENT_BYTES, Arc::clone(&self.read));
                let unreadable =
                    |error| Failure::Message(format!("cannot read {}: {error}", input.name));
                (input, lines.map_err(unreadable)?)
            }
        };
        lane.file = Arc::clone(&input.name);
        match lane.batch.fill(&mut lines) {
            After::More => reading.current = Some((input, lines)),
            After::End => {}
            After::Broken(error) => {
                let message = format!("{} is damaged or incomplete: {error}", input.name);
                return Err(Failure::Message(message));
            }
        }
        Ok(true)
    }
}

/// The threads that work, of which this is one; no others if there is one job.
pub(crate) struct Workers(Option<ThreadPool>);

impl Workers {
    /// Starts them; once for a process, whose main thread works, too, instead of waiting for each of their results.
    pub(crate) fn new(jobs: usize) -> Result<Workers, Failure> {
        if jobs == 1 {
            return Ok(Workers(None));
        }
        let pool = rayon::ThreadPoolBuilder::new().num_threads(jobs);
        let pool = pool.use_current_thread().build();
        let failed = |error| Failure::Message(format!("cannot start {jobs} threads: {error}"));
        pool.map(|pool| Workers(Some(pool))).map_err(failed)
    }

    /// Does the same to every item, side by side; gives the results in the order of the items.
    pub(crate) fn map<'t, T: Send, R: Send>(
        &self,
        items: &'t mut [T],
        work: impl Fn(usize, &'t mut T) -> R + Sync,
    ) -> Vec<R> {
        match &self.0 {
            None => {
                let items = items.iter_mut().enumerate();
                items.map(|(number, item)| work(number, item)).collect()
            }
            Some(pool) => pool.install(|| {
                // One by one, as none of them is short.
                let items = items.par_iter_mut().with_max_len(1).enumerate();
                items.map(|(number, item)| work(number, item)).collect()
            }),
        }
    }
}
