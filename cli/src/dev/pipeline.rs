//! The pipeline: both functions on the records of all sources, one batch after the other, each in one transaction.
//!
//! One thread owns the rules and the store. Between two batches it takes orders: other rules, questions of the page.

use std::sync::Arc;
use std::time::{Duration, Instant};

use tokio::runtime::Runtime;
use tokio::sync::{broadcast, mpsc, oneshot};
use tripline_engine::Time;
use tripline_lambdas::alert::{AlertFunction, Topics};
use tripline_lambdas::call::Call;
use tripline_lambdas::invocation::Record;
use tripline_lambdas::sequence::Sequence;
use tripline_lambdas::transform::TransformFunction;

use super::api;
use super::display::Display;
use super::rules::{Reload, Rules, Tests};
pub(super) use super::state::{Clock, SourceState, State};
use super::world::{SHARD, Sent, World};
use crate::check::today;
use crate::failure::Failure;

/// How often status is told while something changes.
const TOLD_EVERY: Duration = Duration::from_millis(500);
/// How often time is looked at while no event comes.
const TICK_EVERY: Duration = Duration::from_millis(500);
/// How often what is kept no longer is dropped.
const SWEEP_EVERY: Duration = Duration::from_secs(20);

/// Records of a source.
#[derive(Debug)]
pub(super) struct Batch {
    /// What each record holds.
    pub(super) records: Vec<Vec<u8>>,
    /// What time it is after them; where it is not said, as before.
    pub(super) clock: Option<Clock>,
    /// Whether the records arrive now, whenever what they tell of happened.
    pub(super) arrives: bool,
    /// When each of them arrived, as far as the source knows.
    pub(super) arrivals: Vec<Option<Time>>,
    /// The source, and how far it has been read after these.
    pub(super) position: Option<(Arc<str>, String)>,
    pub(super) made: Instant,
    /// Who waits for how many of them cannot be used.
    pub(super) done: Option<oneshot::Sender<u64>>,
}

/// What the pipeline is told to do between two batches.
pub(super) enum Order {
    /// Answer a question.
    Ask(Box<dyn FnOnce(&View<'_>) + Send>),
    /// Go on with other rules.
    Reload(Arc<Rules>, Reload, Instant),
    /// Tell that the rules on disk cannot run.
    Broken(Reload, Instant),
    /// Tell how the tests of the rules that changed went.
    Tested(Tests),
    /// Tell of the source.
    Source(SourceState),
    /// Retry what stands in quarantine.
    Retry(Option<i64>, oneshot::Sender<(u64, u64)>),
    /// End.
    Stop,
}

/// Something that subscribers of the stream are told.
#[derive(Debug, Clone)]
pub(super) struct Event {
    pub(super) kind: &'static str,
    pub(super) data: Arc<str>,
}

/// What questions are asked of.
pub(super) struct View<'v> {
    pub(super) world: &'v World,
    pub(super) rules: &'v Rules,
    pub(super) state: &'v State,
}

/// The pipeline, and all that it talks to.
pub(super) struct Pipeline {
    pub(super) state: State,
    pub(super) batches: mpsc::Receiver<Batch>,
    pub(super) orders: mpsc::Receiver<Order>,
    pub(super) events: broadcast::Sender<Event>,
    pub(super) display: Display,
    /// Whether to end with the source.
    pub(super) once: bool,
    told: Instant,
    swept: Instant,
    changed: bool,
}

/// Why a set of rules no longer runs.
enum Next {
    Rules(Arc<Rules>),
    End,
}

/// Both functions on one set of rules.
struct Functions<'r> {
    alert: AlertFunction<'r, &'r World>,
    transform: TransformFunction<'r, &'r World>,
}

/// What the pipeline waits for.
enum Turn {
    Order(Option<Order>),
    Batch(Option<Batch>),
    Tick,
}

impl Pipeline {
    pub(super) fn new(
        state: State,
        (batches, orders): (mpsc::Receiver<Batch>, mpsc::Receiver<Order>),
        events: broadcast::Sender<Event>,
        display: Display,
        once: bool,
    ) -> Pipeline {
        Pipeline {
            state,
            batches,
            orders,
            events,
            display,
            once,
            told: Instant::now(),
            swept: Instant::now(),
            changed: true,
        }
    }

    /// Works until it is told to end.
    pub(super) fn run(mut self, world: &World, mut rules: Arc<Rules>) -> Result<(), Failure> {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_time()
            .build()
            .map_err(|error| Failure::Message(format!("cannot start: {error}")))?;
        self.state.totals = world.totals()?;
        let outcome = loop {
            match self.with(world, &rules, &runtime) {
                Ok(Next::Rules(next)) => {
                    // A program is many small pieces, which no event waits for.
                    let before = std::mem::replace(&mut rules, next);
                    std::thread::spawn(move || drop(before));
                }
                Ok(Next::End) => break Ok(()),
                Err(failure) => break Err(failure),
            }
        };
        self.display.end(&self.state);
        outcome
    }

    /// Works with these rules until others are to run.
    fn with(&mut self, world: &World, rules: &Rules, runtime: &Runtime) -> Result<Next, Failure> {
        let topics = Topics::new(rules.program.routes(), |name| Some(name.to_owned()))
            .map_err(|error| Failure::Message(error.to_string()))?;
        let functions = Functions {
            alert: AlertFunction::new(&rules.program, world, topics).telling_all(),
            transform: TransformFunction::new(&rules.program, world),
        };
        self.display.know(rules);
        world.know(&rules.program);
        self.adopt(world, rules, &functions, runtime)?;
        loop {
            self.tell_status(world, rules, false)?;
            match runtime.block_on(self.turn()) {
                Turn::Order(Some(Order::Ask(ask))) => ask(&View {
                    world,
                    rules,
                    state: &self.state,
                }),
                Turn::Order(Some(Order::Reload(next, reload, began))) => {
                    self.reloaded(reload, began);
                    return Ok(Next::Rules(next));
                }
                Turn::Order(Some(Order::Broken(reload, began))) => {
                    self.reloaded(reload, began);
                    self.tell_status(world, rules, true)?;
                }
                Turn::Order(Some(Order::Tested(tests))) => {
                    self.display.tests(&tests);
                    self.state.reload.tests = Some(tests);
                    let data = serde_json::to_string(&self.state.reload).unwrap_or_default();
                    self.send("reload", data);
                    self.changed = true;
                }
                Turn::Order(Some(Order::Source(source))) => {
                    self.state.source = source;
                    self.changed = true;
                }
                Turn::Order(Some(Order::Retry(id, done))) => {
                    let counts = self.retry(world, &functions, runtime, id)?;
                    let _ = done.send(counts);
                }
                Turn::Order(Some(Order::Stop) | None) => return Ok(Next::End),
                Turn::Batch(Some(batch)) => self.batch(world, &functions, runtime, batch)?,
                Turn::Batch(None) if self.once => return Ok(Next::End),
                Turn::Batch(None) => {}
                Turn::Tick => {
                    if self.state.clock == Clock::Live {
                        let tick = Batch::tick(Clock::Live);
                        self.batch(world, &functions, runtime, tick)?;
                    }
                }
            }
        }
    }

    /// Waits for what comes first; orders before batches.
    async fn turn(&mut self) -> Turn {
        // All that could send has ended: nothing is left but orders and time.
        let ended = self.batches.is_closed() && self.batches.is_empty() && !self.once;
        tokio::select! {
            biased;
            order = self.orders.recv() => Turn::Order(order),
            batch = self.batches.recv(), if !ended => Turn::Batch(batch),
            () = tokio::time::sleep(TICK_EVERY) => Turn::Tick,
        }
    }

    /// Makes the states of these rules out of those that there are.
    fn adopt(
        &mut self,
        world: &World,
        rules: &Rules,
        functions: &Functions<'_>,
        runtime: &Runtime,
    ) -> Result<(), Failure> {
        self.state.progress = world.input()?.progress;
        world.begin(self.state.progress.unwrap_or(Time(0)))?;
        if let Some(at) = self.state.progress {
            let call = call(at, self.state.totals.records);
            runtime
                .block_on(functions.alert.tick(at, &call))
                .map_err(|fault| Failure::Message(fault.to_string()))?;
        }
        world.adopt(&rules.program)?;
        let sent = world.commit(&self.state.totals)?;
        self.tell(sent)
    }

    fn reloaded(&mut self, mut reload: Reload, began: Instant) {
        reload.millis = began.elapsed().as_secs_f64() * 1_000.0;
        self.display.reload(&reload);
        let data = serde_json::to_string(&reload).unwrap_or_default();
        self.send("reload", data);
        self.state.reload = reload;
        self.changed = true;
        // The next status goes out at once.
        self.told = self.told.checked_sub(TOLD_EVERY).unwrap_or(self.told);
    }

    /// Takes a batch through both functions, and time to where it comes by it.
    fn batch(
        &mut self,
        world: &World,
        functions: &Functions<'_>,
        runtime: &Runtime,
        batch: Batch,
    ) -> Result<(), Failure> {
        self.state.clock = batch.clock.unwrap_or(self.state.clock);
        let now = self.state.now();
        let arrival = batch.arrives.then(|| now.unwrap_or_else(today));
        let number = batch.records.len() as u64;
        let at = now.unwrap_or_else(today);
        let call = call(at, self.state.totals.records);
        let mut totals = self.state.totals;
        let arrivals = batch.arrivals.into_iter().chain(std::iter::repeat(None));
        let records = batch.records.into_iter().zip(arrivals);
        let records = records.map(|(data, arrived)| {
            totals.records += 1;
            let sequence = Sequence::new(&totals.records.to_string());
            sequence.map(|sequence| Record {
                shard: SHARD.into(),
                sequence,
                partition_key: None,
                arrival: arrived.or(arrival),
                data,
            })
        });
        let records: Vec<_> = records.flatten().map(Ok).collect();
        world.begin(at)?;
        let told = |fault: tripline_lambdas::store::Fault| Failure::Message(fault.to_string());
        let failed = if number > 0 {
            let rows = runtime.block_on(functions.transform.records(records.clone(), &call));
            let states = runtime.block_on(functions.alert.records(records, &call));
            !rows.map_err(told)?.is_empty() || !states.map_err(told)?.is_empty()
        } else {
            false
        };
        let progress = world.input()?.progress;
        let upto = match self.state.clock {
            Clock::Events => progress,
            Clock::At(time) => Some(time),
            Clock::Live => Some(at),
        };
        if let Some(upto) = upto {
            runtime
                .block_on(functions.alert.tick(upto, &call))
                .map_err(told)?;
        }
        if let Some((source, position)) = &batch.position {
            world.put_position(source, position)?;
        }
        let (events, metrics) = (
            functions.transform.take_metrics().events,
            functions.alert.take_metrics(),
        );
        let rejected = world.take_rejected();
        totals.events += events;
        totals.rejected += rejected;
        totals.late += metrics.late;
        totals.suppressed += metrics.suppressed;
        totals.alerts += metrics.sent;
        if self.swept.elapsed() >= SWEEP_EVERY {
            world.sweep(progress)?;
            self.swept = Instant::now();
        }
        // Nothing of the batch is kept then, and its records are read again.
        if failed {
            return Err(Failure::Message(
                "some records could not be stored; a restart goes on from the last commit"
                    .to_owned(),
            ));
        }
        let sent = world.commit(&totals)?;
        self.changed |= number > 0 || !sent.is_empty();
        self.state.totals = totals;
        self.state.progress = progress;
        if number > 0 {
            let live = self.state.clock != Clock::Events;
            self.state.lag = live.then(|| batch.made.elapsed().as_secs_f64());
        }
        self.state.count([events, rejected, sent.len() as u64]);
        // Whoever posted is told otherwise.
        if batch.done.is_none() {
            self.display.rejected(rejected);
        }
        self.tell(sent)?;
        if let Some(done) = batch.done {
            let _ = done.send(rejected);
        }
        Ok(())
    }

    /// Sends what stands in quarantine through the functions again; says how much went through, and how much did not.
    fn retry(
        &mut self,
        world: &World,
        functions: &Functions<'_>,
        runtime: &Runtime,
        id: Option<i64>,
    ) -> Result<(u64, u64), Failure> {
        let entries = match id {
            Some(id) => world.unusable_of(id)?.into_iter().collect(),
            None => world.unusable(1_000)?.1,
        };
        let (mut retried, mut failed) = (0, 0);
        for entry in entries {
            if (entry.payload.len() as u64) < entry.bytes {
                failed += 1;
                continue;
            }
            let before = self.state.totals.rejected;
            let batch = Batch {
                records: vec![entry.payload],
                arrives: true,
                ..Batch::tick(self.state.clock)
            };
            world.release(entry.id)?;
            self.batch(world, functions, runtime, batch)?;
            match self.state.totals.rejected > before {
                true => failed += 1,
                false => retried += 1,
            }
        }
        Ok((retried, failed))
    }

    /// Tells of alerts.
    fn tell(&mut self, sent: Vec<Sent>) -> Result<(), Failure> {
        if sent.is_empty() {
            return Ok(());
        }
        for Sent { seq, line, alert } in &sent {
            self.display.alert(line, alert)?;
            self.send("alert", api::numbered(*seq, line));
        }
        self.display.flush()
    }

    fn tell_status(&mut self, world: &World, rules: &Rules, at_once: bool) -> Result<(), Failure> {
        let is_due = self.told.elapsed() >= TOLD_EVERY;
        if !(at_once || is_due && self.changed) {
            return Ok(());
        }
        self.told = Instant::now();
        // What was counted in the last second goes on changing when nothing comes.
        self.changed = self.state.rates() != [0; 3];
        self.display.status(&self.state);
        if self.events.receiver_count() > 0 {
            let view = View {
                world,
                rules,
                state: &self.state,
            };
            let status = api::status(&view)?.to_string();
            self.send("status", status);
        }
        Ok(())
    }

    /// Subscribers that are slow miss some; no subscribers are no error.
    fn send(&self, kind: &'static str, data: String) {
        let _ = self.events.send(Event {
            kind,
            data: data.into(),
        });
    }
}

impl Batch {
    /// No records: time goes on.
    pub(super) fn tick(clock: Clock) -> Batch {
        Batch {
            records: Vec::new(),
            clock: Some(clock),
            arrives: false,
            arrivals: Vec::new(),
            position: None,
            made: Instant::now(),
            done: None,
        }
    }
}

fn call(now: Time, number: u64) -> Call<'static> {
    Call {
        id: number.to_string().into(),
        now,
        ends: now,
        is_late: &|| false,
    }
}
