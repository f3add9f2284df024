//! Tables, topics and a stream in memory, which fail and break off as a seed says.

use std::cell::{Cell, RefCell};
use std::collections::{BTreeMap, BTreeSet};
use std::hash::{DefaultHasher, Hash, Hasher};
use std::rc::Rc;
use std::sync::Arc;

use tripline_engine::Time;
use tripline_lambdas::invocation::Record;
use tripline_lambdas::item::{Item, Name};
use tripline_lambdas::notification::Publication;
use tripline_lambdas::quarantine::Quarantined;
use tripline_lambdas::row_item::{RowItem, RowName};
use tripline_lambdas::sequence::Sequence;
use tripline_lambdas::store::{
    Events, Fault, Quarantine, RawEvent, Rows, Sink, States, Stream, Unsent, Unwritten,
};

use super::tasks::pause;

/// What a world without one of the precautions would be like, to see whether the tests find out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mutant {
    /// Items do not tell which records they hold.
    NoWatermark,
    /// Items do not keep what is to be sent.
    NoOutbox,
    /// What a function says is to be delivered again is not.
    NoTruncation,
    /// An item is written whatever was written since it was read: it was evaluated before the other's write.
    NoCondition,
    /// A shard counts as drained whatever there is to read.
    NoHorizon,
}

/// What everybody shares.
#[derive(Debug, Default)]
pub struct Shared {
    /// The state table.
    pub items: BTreeMap<Name, Item>,
    /// The aggregates table.
    pub rows: BTreeMap<RowName, RowItem>,
    /// The events table: how often each was written.
    pub events: BTreeMap<String, u64>,
    /// The quarantine table.
    pub quarantined: BTreeMap<(Arc<str>, String), Quarantined>,
    /// How often each notification was sent, with the alert's JSON.
    pub sent: BTreeMap<String, (String, u64)>,
    /// The records of each shard that have been put.
    pub stream: BTreeMap<Arc<str>, Vec<Record>>,
    /// How many calls there were.
    pub calls: u64,
    /// Whether topics refuse what is sent.
    pub refuses: bool,
    /// Until so many calls were made, one partition of the tables takes no writes.
    pub full_until: u64,
}

impl Shared {
    /// What becomes of a write: nothing, if its item stands in the partition that is full.
    fn turn(&self, name: &impl Hash, turn: Turn) -> Turn {
        let mut hasher = DefaultHasher::new();
        name.hash(&mut hasher);
        let is_full = self.calls < self.full_until && hasher.finish().is_multiple_of(5);
        if is_full { Turn::Fails } else { turn }
    }
}

/// How one instance of a function sees the world.
#[derive(Clone)]
pub struct World {
    /// What everybody shares.
    pub shared: Rc<RefCell<Shared>>,
    /// Out of 1,000 calls, how many fail.
    pub faults: Rc<Cell<u32>>,
    /// Whether the instance has crashed: nothing it calls takes effect any more.
    pub crashed: Rc<Cell<bool>>,
    mutant: Option<Mutant>,
    random: Rc<RefCell<fastrand::Rng>>,
}

/// Whether something takes effect, and whether that is told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Turn {
    Goes,
    /// It fails and has no effect.
    Fails,
    /// It takes effect and seems to fail.
    SeemsToFail,
}

impl World {
    /// The view of a new instance, whose calls fail by a seed of its own.
    pub fn new(
        shared: &Rc<RefCell<Shared>>,
        faults: &Rc<Cell<u32>>,
        mutant: Option<Mutant>,
        seed: u64,
    ) -> World {
        World {
            shared: Rc::clone(shared),
            faults: Rc::clone(faults),
            crashed: Rc::default(),
            mutant,
            random: Rc::new(RefCell::new(fastrand::Rng::with_seed(seed))),
        }
    }

    /// What becomes of a call; others go on before it.
    async fn turn(&self) -> Turn {
        pause().await;
        self.shared.borrow_mut().calls += 1;
        self.draw()
    }

    fn draw(&self) -> Turn {
        if self.crashed.get() {
            return Turn::Fails;
        }
        let faults = self.faults.get();
        let mut random = self.random.borrow_mut();
        if random.u32(..1_000) >= faults {
            return Turn::Goes;
        }
        match random.u8(..4) {
            0 => Turn::Fails,
            1 => Turn::SeemsToFail,
            before => {
                // A crash before the call, or right after it.
                self.crashed.set(true);
                if before == 2 {
                    Turn::Fails
                } else {
                    Turn::SeemsToFail
                }
            }
        }
    }

    fn is(&self, mutant: Mutant) -> bool {
        self.mutant == Some(mutant)
    }

    /// Writes if the version before is the stored one.
    fn put<K: Ord + Clone, T: Clone>(
        &self,
        table: &mut BTreeMap<K, T>,
        key: &K,
        new: &T,
        version: impl Fn(&T) -> u64,
        turn: Turn,
    ) -> Result<(), Unwritten<T>> {
        let fault = || Unwritten::Fault(Fault("timed out".to_owned()));
        if turn == Turn::Fails {
            return Err(fault());
        }
        let stored = table.get(key).map_or(0, &version);
        if stored + 1 != version(new) && !self.is(Mutant::NoCondition) {
            // Not every store tells what it has.
            let tell = self.random.borrow_mut().bool();
            return Err(Unwritten::Conflict(
                table.get(key).filter(|_| tell).cloned(),
            ));
        }
        table.insert(key.clone(), new.clone());
        match turn {
            Turn::SeemsToFail => Err(fault()),
            _ => Ok(()),
        }
    }

    fn each<T, R>(
        &self,
        all: &[T],
        turn: Turn,
        mut take: impl FnMut(&T) -> R,
    ) -> Vec<Result<R, Fault>> {
        let one = |one: &T| {
            // Of what is asked for at once some may fail and some not.
            let turn = match turn {
                Turn::Goes => self.draw(),
                other => other,
            };
            let failed = || Fault("throttled".to_owned());
            match turn {
                Turn::Fails => Err(failed()),
                Turn::Goes => Ok(take(one)),
                Turn::SeemsToFail => {
                    take(one);
                    Err(failed())
                }
            }
        };
        all.iter().map(one).collect()
    }
}

impl States for World {
    async fn load(&self, names: &[Name]) -> Vec<Result<Option<Item>, Fault>> {
        let turn = self.turn().await;
        let shared = self.shared.borrow();
        self.each(names, turn, |name| {
            let item = shared.items.get(name).cloned();
            item.map(|item| match self.is(Mutant::NoWatermark) {
                true => Item {
                    applied: BTreeMap::new(),
                    ..item
                },
                false => item,
            })
        })
    }

    async fn put(&self, name: &Name, item: &Item) -> Result<(), Unwritten<Item>> {
        let turn = self.turn().await;
        let mut item = item.clone();
        if self.is(Mutant::NoOutbox) {
            item.outbox.clear();
        }
        let mut shared = self.shared.borrow_mut();
        let turn = shared.turn(name, turn);
        let items = &mut shared.items;
        World::put(self, items, name, &item, |item| item.version, turn)
    }

    async fn due(&self, before: Time, limit: usize) -> Result<Vec<Name>, Fault> {
        if self.turn().await != Turn::Goes {
            return Err(Fault("throttled".to_owned()));
        }
        let shared = self.shared.borrow();
        let due = shared.items.iter().filter_map(|(name, item)| {
            let due = item.due().filter(|due| *due < before)?;
            Some((due, name.clone()))
        });
        let due: BTreeSet<(Time, Name)> = due.collect();
        Ok(due.into_iter().take(limit).map(|(_, name)| name).collect())
    }

    async fn firing(&self) -> Result<Vec<Name>, Fault> {
        if self.turn().await != Turn::Goes {
            return Err(Fault("throttled".to_owned()));
        }
        let shared = self.shared.borrow();
        let firing = shared
            .items
            .iter()
            .filter(|(_, item)| item.firing.is_some());
        Ok(firing.map(|(name, _)| name.clone()).collect())
    }
}

impl Rows for World {
    async fn load_rows(&self, names: &[RowName]) -> Vec<Result<Option<RowItem>, Fault>> {
        let turn = self.turn().await;
        let shared = self.shared.borrow();
        self.each(names, turn, |name| {
            let row = shared.rows.get(name).cloned();
            row.map(|row| match self.is(Mutant::NoWatermark) {
                true => RowItem {
                    applied: BTreeMap::new(),
                    ..row
                },
                false => row,
            })
        })
    }

    async fn put_row(&self, name: &RowName, row: &RowItem) -> Result<(), Unwritten<RowItem>> {
        let turn = self.turn().await;
        let mut shared = self.shared.borrow_mut();
        let turn = shared.turn(name, turn);
        let rows = &mut shared.rows;
        World::put(self, rows, name, row, |row| row.version, turn)
    }
}

impl Events for World {
    async fn put_events(&self, events: &[RawEvent<'_>]) -> Vec<Result<(), Fault>> {
        let turn = self.turn().await;
        let shared = &mut self.shared.borrow_mut().events;
        self.each(events, turn, |event| {
            *shared.entry(event.id.clone()).or_default() += 1;
        })
    }
}

impl Quarantine for World {
    async fn quarantine(&self, all: &[Quarantined]) -> Vec<Result<(), Fault>> {
        let turn = self.turn().await;
        let table = &mut self.shared.borrow_mut().quarantined;
        self.each(all, turn, |one| {
            let name = (Arc::clone(&one.shard), one.position.clone());
            table.insert(name, one.clone());
        })
    }
}

impl Sink for World {
    async fn publish(&self, all: &[Publication]) -> Vec<Result<(), Unsent>> {
        let turn = self.turn().await;
        let mut shared = self.shared.borrow_mut();
        if shared.refuses {
            let refused = |_| Err(Unsent::Refused("no such topic".to_owned()));
            return all.iter().map(refused).collect();
        }
        let sent = &mut shared.sent;
        let results = self.each(all, turn, |publication| {
            let message: serde_json::Value = serde_json::from_str(&publication.message)
                .unwrap_or_else(|error| panic!("a message is JSON: {error}"));
            for line in message["default"].as_str().unwrap_or_default().lines() {
                let alert: serde_json::Value = serde_json::from_str(line)
                    .unwrap_or_else(|error| panic!("an alert is JSON: {error}"));
                let id = alert["notification"].as_str().unwrap_or_default();
                let entry = sent.entry(id.to_owned());
                entry.or_insert_with(|| (line.to_owned(), 0)).1 += 1;
            }
        });
        let results = results.into_iter();
        results
            .map(|result| result.map_err(Unsent::Fault))
            .collect()
    }
}

impl Stream for World {
    async fn shards(&self) -> Result<Vec<Arc<str>>, Fault> {
        match self.turn().await {
            Turn::Goes => Ok(self.shared.borrow().stream.keys().cloned().collect()),
            _ => Err(Fault("throttled".to_owned())),
        }
    }

    async fn is_drained(&self, shard: &str, after: Option<&Sequence>) -> Result<bool, Fault> {
        if self.turn().await != Turn::Goes {
            return Err(Fault("throttled".to_owned()));
        }
        if self.is(Mutant::NoHorizon) {
            return Ok(true);
        }
        let shared = self.shared.borrow();
        let last = shared.stream.get(shard).and_then(|records| records.last());
        Ok(last.is_none_or(|last| after.is_some_and(|after| *after >= last.sequence)))
    }
}
