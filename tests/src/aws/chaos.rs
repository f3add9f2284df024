//! Scenarios under chaos: calls that fail and crash, batches that come again, side by side, out of turn.

use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;
use std::ops::Range;
use std::rc::Rc;
use std::sync::Arc;

use tripline_engine::{Program, Time};
use tripline_lambdas::alert::{AlertFunction, Topics};
use tripline_lambdas::call::{Call, Failed};
use tripline_lambdas::store::Fault;
use tripline_lambdas::transform::TransformFunction;

use super::poller::{Answer, Poller, Settings};
use super::scenario::Scenario;
use super::tasks::{Tasks, finish};
use super::verdict;
use super::world::{Mutant, Shared, World};
use crate::run::compile_text;

/// What is let loose.
#[derive(Debug, Clone, Copy)]
pub struct Chaos {
    /// Out of 1,000 calls to the world, how many fail.
    pub faults: u32,
    /// Whether batches are delivered again that were delivered before.
    pub zombies: bool,
    /// For how many calls a partition of the tables takes no writes.
    pub full_for: u64,
    /// A precaution that is missing.
    pub mutant: Option<Mutant>,
}

/// How long a call may take, in milliseconds.
const LENGTH: i64 = 60_000;

/// What a run was like.
#[derive(Debug, Clone, Copy, Default)]
pub struct Outcome {
    /// Calls to the world.
    pub calls: u64,
    /// Instances that crashed.
    pub crashes: u64,
    /// Messages.
    pub notifications: u64,
    /// Messages that were sent again.
    pub duplicates: u64,
}

/// What is wrong after a run.
pub type Wrong = String;

/// Which function a call is of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Function {
    Alert,
    Transform,
}

/// A call under way.
struct Tag {
    /// The shard and the batch, and whether the poller waits for it; a tick has none.
    batch: Option<(usize, Range<usize>, bool)>,
    instance: usize,
    ends: Time,
}

/// One instance of a function; it has one call at a time.
struct Instance<'p> {
    function: Either<'p>,
    world: World,
    busy: Cell<bool>,
}

enum Either<'p> {
    Alert(AlertFunction<'p, World>),
    Transform(TransformFunction<'p, World>),
}

/// Runs a scenario under chaos; tells what is wrong after it, and what it was like.
pub fn run(seed: u64, chaos: Chaos) -> Result<Outcome, Wrong> {
    let scenario = Scenario::new(seed);
    let whole = compile_text(&scenario.rules);
    let expected = scenario.expected(&whole);
    let alerts = compile_text(&scenario.rules).without_aggregates();
    let aggregates = compile_text(&scenario.rules).without_alerts();
    let shared = Rc::new(RefCell::new(Shared::default()));
    let mut outcome = Outcome::default();
    for (function, program) in [
        (Function::Alert, &alerts),
        (Function::Transform, &aggregates),
    ] {
        {
            let mut shared = shared.borrow_mut();
            shared.stream.clear();
            shared.full_until = shared.calls + chaos.full_for;
        }
        let stage = Stage {
            function,
            program,
            scenario: &scenario,
            shared: &shared,
            chaos,
        };
        outcome.crashes += stage.play(seed)?;
    }
    let shared = shared.borrow();
    outcome.calls = shared.calls;
    outcome.notifications = shared.sent.len() as u64;
    outcome.duplicates = shared.sent.values().map(|(_, times)| times - 1).sum();
    let mut wrong = verdict::wrong(&scenario, &expected, &shared);
    let is_quiet = chaos.faults == 0 && !chaos.zombies && chaos.full_for == 0;
    if is_quiet && outcome.duplicates > 0 {
        wrong.push(format!("{} duplicates for no reason", outcome.duplicates));
    }
    match wrong.is_empty() {
        true => Ok(outcome),
        false => Err(format!("seed {seed}: {}", wrong.join("\n"))),
    }
}

/// One function and the stream it is called for.
struct Stage<'s> {
    function: Function,
    program: &'s Program,
    scenario: &'s Scenario,
    shared: &'s Rc<RefCell<Shared>>,
    chaos: Chaos,
}

impl Stage<'_> {
    /// Delivers the whole stream; tells how many instances crashed.
    fn play(&self, seed: u64) -> Result<u64, Wrong> {
        let mut random = fastrand::Rng::with_seed(seed ^ 0x5eed);
        let faults = Rc::new(Cell::new(self.chaos.faults));
        let settings = Settings {
            batch_size: random.usize(1..=20),
            bisect: random.bool(),
            retries: None,
        };
        let shards = &self.scenario.shards;
        let mut pollers: Vec<Poller> = shards.iter().map(|_| Poller::new(settings)).collect();
        let waiting: Vec<Cell<bool>> = shards.iter().map(|_| Cell::new(false)).collect();
        // How far each shard has been delivered at least once.
        let mut delivered = vec![0; shards.len()];
        let instances: RefCell<Vec<Rc<Instance<'_>>>> = RefCell::default();
        let mut tasks: Tasks<'_, Tag, Result<Vec<Failed>, Fault>> = Tasks::default();
        let (mut put, mut crashes, mut steps) = (0, 0, 0_u64);
        self.open(0);
        loop {
            steps += 1;
            if steps > 2_000_000 {
                return Err(format!("seed {seed}: a shard is blocked"));
            }
            let left = self.scenario.puts.len() - put;
            let all_read = self.unread(&pollers).is_empty() && waiting.iter().all(|one| !one.get());
            if left == 0 && all_read && tasks.is_empty() {
                break;
            }
            match random.u8(..100) {
                // Time does not pass the end of a call that is under way.
                0..5 if left > 0 && tasks.tags().all(|tag| self.now(put + 1) < tag.ends) => {
                    self.put(put);
                    put += 1;
                    self.open(put);
                }
                5..25 => {
                    let ready: Vec<usize> = self
                        .unread(&pollers)
                        .into_iter()
                        .filter(|shard| !waiting[*shard].get())
                        .collect();
                    if let Some(&shard) = random.choice(&ready)
                        && let Some(batch) = pollers[shard].next(self.records(shard))
                    {
                        waiting[shard].set(true);
                        delivered[shard] = delivered[shard].max(batch.end);
                        let instance = self.instance(&instances, &faults, &mut random);
                        self.deliver(
                            &mut tasks,
                            &instances,
                            instance,
                            shard,
                            batch,
                            true,
                            put,
                            &mut random,
                        );
                    }
                }
                25..27 if self.chaos.zombies && tasks.len() < 6 => {
                    // What was delivered before, or is being delivered, once more: any part of it.
                    let shard = random.usize(..shards.len());
                    let known = delivered[shard];
                    if known > 0 {
                        // No batch begins after what is not done with yet.
                        let start = random.usize(..=pollers[shard].checkpoint().min(known - 1));
                        let end = random.usize(start + 1..=known);
                        let instance = self.instance(&instances, &faults, &mut random);
                        self.deliver(
                            &mut tasks,
                            &instances,
                            instance,
                            shard,
                            start..end,
                            false,
                            put,
                            &mut random,
                        );
                    }
                }
                27..30 if self.function == Function::Alert && tasks.len() < 6 && put > 0 => {
                    let at = self.now(random.usize(1..=put));
                    let instance = self.instance(&instances, &faults, &mut random);
                    let running = Rc::clone(&instances.borrow()[instance]);
                    running.busy.set(true);
                    let now = self.now(put);
                    let ends = now.plus(LENGTH);
                    let id = call_id(random.u64(..));
                    let tag = Tag {
                        batch: None,
                        instance,
                        ends,
                    };
                    tasks.start(tag, async move {
                        let call = Call {
                            id,
                            now,
                            ends,
                            is_late: &|| false,
                        };
                        match &running.function {
                            Either::Alert(function) => {
                                function.tick(at, &call).await.map(|()| Vec::new())
                            }
                            Either::Transform(_) => Ok(Vec::new()),
                        }
                    });
                }
                _ if !tasks.is_empty() => {
                    let Some((tag, result)) = tasks.poll_one(&mut random) else {
                        continue;
                    };
                    let crashed = instances.borrow()[tag.instance].world.crashed.get();
                    crashes += u64::from(crashed);
                    // One that crashed stays busy for ever.
                    instances.borrow()[tag.instance].busy.set(crashed);
                    if let Some((shard, batch, true)) = tag.batch {
                        waiting[shard].set(false);
                        let answer = match result {
                            _ if crashed => Answer::Error,
                            Err(_) => Answer::Error,
                            Ok(_) if self.chaos.mutant == Some(Mutant::NoTruncation) => {
                                Answer::Done
                            }
                            Ok(failed) => self.answer(shard, &failed),
                        };
                        pollers[shard].answer(batch, &answer);
                    }
                }
                _ => {}
            }
        }
        self.settle(&faults, &mut random);
        Ok(crashes)
    }

    /// When the world has calmed down, ticks run what is left.
    fn settle(&self, faults: &Rc<Cell<u32>>, random: &mut fastrand::Rng) {
        faults.set(0);
        if self.function == Function::Transform {
            return;
        }
        for _ in 0..2 {
            let world = World::new(self.shared, faults, self.chaos.mutant, random.u64(..));
            let function = AlertFunction::new(self.program, world, topics());
            let now = self.scenario.end.plus(7_200_000);
            let call = Call {
                id: call_id(random.u64(..)),
                now,
                ends: now.plus(LENGTH),
                is_late: &|| false,
            };
            let ticked = finish(function.tick(self.scenario.end, &call));
            ticked.unwrap_or_else(|fault| panic!("nothing fails any more: {fault}"));
        }
    }

    /// The shards that are there once so many records are put.
    fn open(&self, put: usize) {
        let stream = &mut self.shared.borrow_mut().stream;
        for (shard, from) in &self.scenario.shards {
            if *from <= put {
                stream.entry(Arc::clone(shard)).or_default();
            }
        }
    }

    fn put(&self, number: usize) {
        let record = self.scenario.puts[number].record.clone();
        let stream = &mut self.shared.borrow_mut().stream;
        stream
            .entry(Arc::clone(&record.shard))
            .or_default()
            .push(record);
    }

    /// The time once so many records are put.
    fn now(&self, put: usize) -> Time {
        let last = put
            .checked_sub(1)
            .and_then(|last| self.scenario.puts.get(last));
        last.and_then(|put| put.record.arrival).unwrap_or(Time(0))
    }

    fn records(&self, shard: usize) -> usize {
        let (name, _) = &self.scenario.shards[shard];
        self.shared.borrow().stream.get(name).map_or(0, Vec::len)
    }

    /// The shards that have more to read, and whose parent has none.
    fn unread(&self, pollers: &[Poller]) -> Vec<usize> {
        let shards = &self.scenario.shards;
        let is_read = |shard: usize| pollers[shard].checkpoint() >= self.records(shard);
        let parent = |shard: usize| {
            let parent = self.scenario.parents.get(&shards[shard].0)?;
            shards.iter().position(|one| one.0 == *parent)
        };
        // A parent that holds nothing is not read to its end before its own parent is.
        let parents_are_read = |shard| {
            let parents = std::iter::successors(parent(shard), |one| parent(*one));
            parents.into_iter().all(is_read)
        };
        (0..shards.len())
            .filter(|shard| !is_read(*shard) && parents_are_read(*shard))
            .collect()
    }

    /// An instance that has no call, or a new one.
    fn instance<'p>(
        &'p self,
        instances: &RefCell<Vec<Rc<Instance<'p>>>>,
        faults: &Rc<Cell<u32>>,
        random: &mut fastrand::Rng,
    ) -> usize {
        let mut instances = instances.borrow_mut();
        let free: Vec<usize> = (0..instances.len())
            .filter(|at| !instances[*at].busy.get())
            .collect();
        if let Some(&at) = random.choice(&free)
            && random.u8(..5) > 0
        {
            return at;
        }
        let world = World::new(self.shared, faults, self.chaos.mutant, random.u64(..));
        instances.push(Rc::new(Instance {
            function: match self.function {
                Function::Alert => {
                    Either::Alert(AlertFunction::new(self.program, world.clone(), topics()))
                }
                Function::Transform => {
                    Either::Transform(TransformFunction::new(self.program, world.clone()))
                }
            },
            world,
            busy: Cell::new(false),
        }));
        instances.len() - 1
    }

    #[allow(clippy::too_many_arguments)]
    fn deliver<'p>(
        &'p self,
        tasks: &mut Tasks<'p, Tag, Result<Vec<Failed>, Fault>>,
        instances: &RefCell<Vec<Rc<Instance<'p>>>>,
        instance: usize,
        shard: usize,
        batch: Range<usize>,
        waits: bool,
        put: usize,
        random: &mut fastrand::Rng,
    ) {
        let running = Rc::clone(&instances.borrow()[instance]);
        running.busy.set(true);
        let name = &self.scenario.shards[shard].0;
        let records = self.shared.borrow().stream[name][batch.clone()].to_vec();
        let now = self.now(put);
        // The time of some calls runs out.
        let left = match random.u32(..1_000) < self.chaos.faults {
            true => random.u32(..6),
            false => u32::MAX,
        };
        let ends = now.plus(LENGTH);
        let id = call_id(random.u64(..));
        let tag = Tag {
            batch: Some((shard, batch, waits)),
            instance,
            ends,
        };
        tasks.start(tag, async move {
            let budget = Cell::new(left);
            let is_late = || {
                budget.set(budget.get().saturating_sub(1));
                budget.get() == 0
            };
            let call = Call {
                id,
                now,
                ends,
                is_late: &is_late,
            };
            let records = records.into_iter().map(Ok).collect();
            match &running.function {
                Either::Alert(function) => function.records(records, &call).await,
                Either::Transform(function) => function.records(records, &call).await,
            }
        });
    }

    /// What a poller makes of the records that are to be delivered again.
    fn answer(&self, shard: usize, failed: &[Failed]) -> Answer {
        let Some(Failed(lowest)) = failed.iter().min_by(|a, b| a.0.cmp(&b.0)) else {
            return Answer::Done;
        };
        let (name, _) = &self.scenario.shards[shard];
        let shared = self.shared.borrow();
        let mut records = shared.stream[name].iter();
        let at = records.position(|record| record.sequence == *lowest);
        at.map_or(Answer::Error, Answer::FailedFrom)
    }
}

fn call_id(number: u64) -> Arc<str> {
    number.to_string().into()
}

/// One topic for all.
pub fn topics() -> Topics {
    let variable = |name: &str| (name == "ALERT_TOPIC_ARN").then(|| "topic".to_owned());
    let routes = tripline_engine::Routes::default();
    Topics::new(&routes, variable).unwrap_or_else(|error| panic!("the topic is set: {error}"))
}

/// Adds up what runs were like.
pub fn total(outcomes: &[Outcome]) -> BTreeMap<&'static str, u64> {
    let sum = |of: fn(&Outcome) -> u64| outcomes.iter().map(of).sum();
    BTreeMap::from([
        ("calls", sum(|one| one.calls)),
        ("crashes", sum(|one| one.crashes)),
        ("notifications", sum(|one| one.notifications)),
        ("duplicates", sum(|one| one.duplicates)),
    ])
}
