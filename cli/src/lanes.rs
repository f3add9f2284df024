//! Batches side by side: read in order, planned by several threads, told in order.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

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

    pub(crate) fn plan(&mut self) -> Planned<'_> {
        let mut plan = std::mem::take(&mut self.memory).reuse();
        let rejected = self.batch.plan(&mut self.planner, &self.file, &mut plan);
        Planned {
            file: Arc::clone(&self.file),
            plan,
            rejected,
        }
    }
}

/// Reads inputs one after the other.
pub(crate) struct Reader<'i> {
    inputs: std::slice::Iter<'i, Input>,
    /// The input under way, and its lines.
    current: Option<(&'i Input, Events)>,
    read: Arc<AtomicU64>,
}

impl<'i> Reader<'i> {
    pub(crate) fn new(inputs: &'i [Input]) -> Self {
        Reader {
            inputs: inputs.iter(),
            current: None,
            read: Arc::default(),
        }
    }

    /// How many bytes were read so far, before they were decompressed.
    pub(crate) fn bytes(&self) -> u64 {
        self.read.load(Ordering::Relaxed)
    }

    /// Fills lanes with the next batches; says how many it filled, and why it could not go on.
    pub(crate) fn fill(&mut self, lanes: &mut [Lane<'_>]) -> (usize, Result<(), Failure>) {
        for (filled, lane) in lanes.iter_mut().enumerate() {
            match self.next(lane) {
                Ok(true) => {}
                Ok(false) => return (filled, Ok(())),
                // What was read before the failure is worth a step.
                Err(failure) => return (filled + 1, Err(failure)),
            }
        }
        (lanes.len(), Ok(()))
    }

    /// Fills a lane; false if all inputs are at their end.
    fn next(&mut self, lane: &mut Lane<'_>) -> Result<bool, Failure> {
        lane.batch.clear();
        let (input, mut lines) = match self.current.take() {
            Some(current) => current,
            None => {
                let Some(input) = self.inputs.next() else {
                    return Ok(false);
                };
                let lines = input.open(MAX_EVENT_BYTES, Arc::clone(&self.read));
                let unreadable =
                    |error| Failure::Message(format!("cannot read {}: {error}", input.name));
                (input, lines.map_err(unreadable)?)
            }
        };
        lane.file = Arc::clone(&input.name);
        match lane.batch.fill(&mut lines) {
            After::More => self.current = Some((input, lines)),
            After::End => {}
            After::Broken(error) => {
                let message = format!("{} is damaged or incomplete: {error}", input.name);
                return Err(Failure::Message(message));
            }
        }
        Ok(true)
    }
}

/// The threads that work for the main one; none if there is one job.
pub(crate) struct Workers(Option<ThreadPool>);

impl Workers {
    pub(crate) fn new(jobs: usize) -> Result<Workers, Failure> {
        if jobs == 1 {
            return Ok(Workers(None));
        }
        let pool = rayon::ThreadPoolBuilder::new().num_threads(jobs).build();
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
                let items = items.par_iter_mut().enumerate();
                items.map(|(number, item)| work(number, item)).collect()
            }),
        }
    }

    /// Does something while a worker does something else.
    pub(crate) fn beside<M, W: Send>(
        &self,
        main: impl FnOnce() -> M,
        worker: impl FnOnce() -> W + Send,
    ) -> (M, W) {
        let Some(pool) = &self.0 else {
            return (main(), worker());
        };
        let (send, receive) = std::sync::mpsc::sync_channel(1);
        let done = pool.in_place_scope(|scope| {
            // The channel has room for it, and its other end is there.
            scope.spawn(move |_| drop(send.send(worker())));
            main()
        });
        match receive.recv() {
            Ok(read) => (done, read),
            // A panic of the worker has ended the scope already.
            Err(_) => unreachable!("the scope waits for the worker"),
        }
    }
}
