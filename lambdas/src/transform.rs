//! The transform function: records in, raw events and aggregate rows out.
//!
//! A batch of a shard goes through decode → write the events → plan → load rows → add → write each row with the last record it
//! holds. An event that is written twice is written over; a row that holds a record already passes over it.

use std::cell::RefCell;
use std::collections::HashMap;
use std::sync::Arc;

use futures_util::StreamExt;
use futures_util::stream;
use tripline_engine::{
    Advance, CodecError, Input, Plan, Planner, Program, Row, RowKey, Selection, Snapshot,
};

use crate::batch::{self, Batch, Found};
use crate::call::{Call, Failed};
use crate::invocation::{Record, Unreadable};
use crate::metrics::{Meter, Metrics};
use crate::row_item::{RowItem, RowName};
use crate::store::{Events, Fault, Quarantine, RawEvent, Rows, Unwritten};

/// How many calls to the store are under way at once.
const AT_ONCE: usize = 100;
/// How often a write that came second is done again; past that the records are delivered again.
const TRIES: usize = 12;
/// How many rows a warm function remembers; then all of them are forgotten.
const REMEMBERED: usize = 10_000;

/// The transform function of a program in some world.
pub struct TransformFunction<'p, W> {
    program: &'p Program,
    world: W,
    /// Rows as they were last written or read; what is written on the ground of an old one is refused.
    cache: RefCell<HashMap<RowName, RowItem>>,
    meter: Meter,
}

/// A batch on its way into the rows.
struct Passage<'b, 'a> {
    batch: &'b Batch,
    plan: &'b Plan<'a>,
    /// Which record each event of the plan is of.
    records: &'b [usize],
    /// How many of the plan's events are to be added.
    events: usize,
    call: &'b Call<'b>,
}

impl<'p, W: Rows + Events + Quarantine> TransformFunction<'p, W> {
    /// The function of these rules.
    pub fn new(program: &'p Program, world: W) -> Self {
        TransformFunction {
            program,
            world,
            cache: RefCell::default(),
            meter: Meter::default(),
        }
    }

    /// Takes records of a stream; tells from which on they are to be delivered again.
    pub async fn records(
        &self,
        records: Vec<Result<Record, Unreadable>>,
        call: &Call<'_>,
    ) -> Result<Vec<Failed>, Fault> {
        let mut failed = Vec::new();
        for batch in batch::by_shard(records) {
            self.meter
                .count(|metrics| metrics.records += batch.records.len() as u64);
            failed.extend(self.shard(batch, call).await?);
        }
        Ok(failed)
    }

    /// The world that it was given.
    pub fn world(&self) -> &W {
        &self.world
    }

    /// What was counted since it was asked last.
    pub fn take_metrics(&self) -> Metrics {
        self.meter.take()
    }

    /// Takes the records of one shard; tells from which on they are to be delivered again, if any are.
    async fn shard(&self, mut batch: Batch, call: &Call<'_>) -> Result<Option<Failed>, Fault> {
        let found = std::mem::take(&mut batch.events);
        let mut plan = Plan::default();
        let (records, raw) = self.plan(&mut plan, &mut batch, &found);
        self.meter.count(|metrics| {
            metrics.events += records.len() as u64;
            metrics.clamped += plan.clamped();
            metrics.newest_arrival = metrics.newest_arrival.max(batch.newest_arrival());
        });
        let mut cut = batch.keep_unusable(&self.world, &self.meter, 0).await;
        let written = self.world.put_events(&raw).await;
        for (record, written) in records.iter().zip(written) {
            if let Err(fault) = written {
                self.meter.fault("an event cannot be written", &fault);
                cut = cut.min(*record);
            }
        }
        // What follows an event that is not written is left alone: a row's last record is one that is done with.
        let passage = Passage {
            batch: &batch,
            plan: &plan,
            records: &records,
            events: records.partition_point(|record| *record < cut),
            call,
        };
        let cut = cut.min(self.rows(&passage).await);
        match cut < batch.records.len() {
            true => batch.again(cut).map(Some),
            false => Ok(None),
        }
    }

    /// Plans the events, and says how each is stored; those that are none are noted for quarantine.
    fn plan<'e>(
        &self,
        plan: &mut Plan<'e>,
        batch: &mut Batch,
        all: &'e [Found],
    ) -> (Vec<usize>, Vec<RawEvent<'e>>) {
        let mut planner = Planner::of_aggregates(self.program);
        let mut records = Vec::with_capacity(all.len());
        let mut raw = Vec::with_capacity(all.len());
        for found in all {
            let position = &batch.records[found.record];
            let decoded = self
                .program
                .decode_at(&found.bytes, position.arrival, found.source());
            match (decoded, &position.sequence) {
                (Ok(event), Some(sequence)) => {
                    raw.push(RawEvent {
                        id: event.id().into_owned(),
                        kind: event.kind().map(str::to_owned),
                        time: event.time(),
                        arrival: event.arrival(),
                        shard: Arc::clone(&batch.shard),
                        sequence: sequence.clone(),
                        // What was decoded is text.
                        json: std::str::from_utf8(&found.bytes).unwrap_or_default(),
                    });
                    planner.add_event(plan, event);
                    records.push(found.record);
                }
                // A record with events has a number: one that has none was not taken apart.
                (Ok(_), None) => {}
                (Err(rejection), _) => {
                    let bytes = found.bytes.clone();
                    batch.quarantine(found.record, Some(found.sub), rejection.reason, bytes);
                }
            }
        }
        (records, raw)
    }

    /// Adds the events to their rows; gives the first record that is not in all of its rows.
    async fn rows(&self, passage: &Passage<'_, '_>) -> usize {
        let plan = passage.plan;
        let mut cut = passage.batch.records.len();
        let firsts = plan.first_events().rows;
        let named = plan.rows().iter().enumerate().filter_map(|(index, key)| {
            let rule = self.program.aggregate(key)?;
            let empty = self.program.row(key, &Row::new(rule), None)?;
            (firsts[index] < passage.events).then(|| (index, RowName::of(&empty)))
        });
        let named: Vec<(usize, RowName)> = named.collect();
        let loaded = self.load(&named).await;
        let mut rows = Vec::with_capacity(named.len());
        for ((index, name), item) in named.into_iter().zip(loaded) {
            match item {
                Ok(item) => rows.push((index, name, item)),
                Err(fault) => {
                    self.meter.fault("a row cannot be read", &fault);
                    cut = cut.min(passage.records[firsts[index]]);
                }
            }
        }
        let bases = rows.iter().map(|(index, _, item)| (*index, item.as_ref()));
        let added = self.added(passage, &bases.collect::<Vec<_>>());
        let writes = rows.into_iter().zip(added);
        let writes = writes.map(|((index, name, base), added)| async move {
            let written = match added {
                Ok(None) => Ok(()),
                Ok(Some(added)) => self.write(passage, index, &name, base, added).await,
                Err(fault) => Err(fault),
            };
            (index, written)
        });
        let mut writes = stream::iter(writes).buffer_unordered(AT_ONCE);
        while let Some((index, written)) = writes.next().await {
            if let Err(fault) = written {
                self.meter.fault("a row cannot be written", &fault);
                cut = cut.min(passage.records[firsts[index]]);
            }
        }
        cut
    }

    /// Reads rows, those that are remembered from memory.
    async fn load(&self, named: &[(usize, RowName)]) -> Vec<Result<Option<RowItem>, Fault>> {
        let known: Vec<Option<RowItem>> = {
            let cache = self.cache.borrow();
            named
                .iter()
                .map(|(_, name)| cache.get(name).cloned())
                .collect()
        };
        let missing = named
            .iter()
            .zip(&known)
            .filter(|(_, known)| known.is_none());
        let missing: Vec<RowName> = missing.map(|((_, name), _)| name.clone()).collect();
        let mut loaded = match missing.is_empty() {
            true => Vec::new(),
            false => self.world.load_rows(&missing).await,
        }
        .into_iter();
        self.meter
            .count(|metrics| metrics.reads += missing.len() as u64);
        let items = known.into_iter().map(|known| match known {
            Some(item) => Ok(Some(item)),
            None => {
                let nothing = || Err(Fault("the store answered for too few rows".to_owned()));
                loaded.next().unwrap_or_else(nothing)
            }
        });
        items.collect()
    }

    /// Writes a row with the events that it did not hold; anew, if somebody else came first.
    async fn write(
        &self,
        passage: &Passage<'_, '_>,
        index: usize,
        name: &RowName,
        mut base: Option<RowItem>,
        mut item: RowItem,
    ) -> Result<(), Fault> {
        if (passage.call.is_late)() {
            return Err(Fault("the time of the call is over".to_owned()));
        }
        for _ in 0..TRIES {
            item.version = base.as_ref().map_or(0, |item| item.version) + 1;
            self.meter.count(|metrics| metrics.writes += 1);
            match self.world.put_row(name, &item).await {
                Ok(()) => {
                    let mut cache = self.cache.borrow_mut();
                    if cache.len() >= REMEMBERED {
                        cache.clear();
                    }
                    cache.insert(name.clone(), item);
                    return Ok(());
                }
                Err(unwritten) => {
                    self.cache.borrow_mut().remove(name);
                    base = match unwritten {
                        Unwritten::Conflict(Some(stored)) => Some(stored),
                        Unwritten::Conflict(None) => {
                            let named = [(index, name.clone())];
                            self.load(&named).await.pop().unwrap_or(Ok(None))?
                        }
                        Unwritten::Fault(fault) => return Err(fault),
                    };
                    self.meter.count(|metrics| metrics.conflicts += 1);
                }
            }
            let added = self.added(passage, &[(index, base.as_ref())]).pop();
            match added.unwrap_or(Ok(None))? {
                Some(added) => item = added,
                None => return Ok(()),
            }
        }
        Err(Fault(format!("written by others {TRIES} times in a row")))
    }

    /// Rows with the events that they do not hold; `None` for one that holds all.
    fn added(
        &self,
        passage: &Passage<'_, '_>,
        bases: &[(usize, Option<&RowItem>)],
    ) -> Vec<Result<Option<RowItem>, Fault>> {
        let plan = passage.plan;
        let mut selected = Vec::with_capacity(bases.len());
        let mut rows = Vec::with_capacity(bases.len());
        let mut faults = Vec::with_capacity(bases.len());
        let mut anew = Vec::with_capacity(bases.len());
        for (index, base) in bases {
            let (row, fault) = match self.row(passage, *index, *base) {
                Ok(row) => (row, None),
                Err(fault) => (None, Some(fault)),
            };
            anew.push(base.is_some() && row.is_none());
            rows.push(row);
            faults.push(fault);
            selected.push((*index, passage.first_event(*base)));
        }
        let selection = Selection {
            events: passage.events,
            fires_from: usize::MAX,
            keys: Vec::new(),
            rows: selected,
        };
        let snapshot = Snapshot {
            input: Input::default(),
            states: Vec::new(),
            rows,
        };
        let (checkpoint, _) =
            self.program
                .apply_partition(&plan.select(&selection), snapshot, Advance::default());
        let rows = checkpoint.rows.into_iter().zip(bases).zip(&selection.rows);
        let items = rows.zip(faults.into_iter().zip(anew)).map(
            |(((row, (_, base)), (_, from)), (fault, anew))| match fault {
                Some(fault) => Err(fault),
                None if *from >= passage.events => Ok(None),
                None => Ok(self
                    .item(passage, *base, row)
                    .map(|item| RowItem { anew, ..item })),
            },
        );
        items.collect()
    }

    /// The row that an item holds.
    fn row(
        &self,
        passage: &Passage<'_, '_>,
        index: usize,
        base: Option<&RowItem>,
    ) -> Result<Option<Row>, Fault> {
        let rule = self.program.aggregate(&passage.plan.rows()[index]);
        let Some((item, rule)) = base.zip(rule) else {
            return Ok(None);
        };
        match Row::decode(&item.row, rule) {
            Ok(row) => Ok(Some(row)),
            // The rule was edited: its rows begin anew.
            Err(CodecError::OtherRule) => Ok(None),
            Err(error @ CodecError::Newer(_)) => Err(Fault(error.to_string())),
            Err(error) => {
                self.meter.count(|metrics| metrics.states_lost += 1);
                tracing::error!(aggregate = rule.name, %error, "a row cannot be read: it begins anew");
                Ok(None)
            }
        }
    }

    /// The item of a row, after what it was before.
    fn item(
        &self,
        passage: &Passage<'_, '_>,
        base: Option<&RowItem>,
        (key, row): (RowKey, Row),
    ) -> Option<RowItem> {
        let batch = passage.batch;
        let rule = self.program.aggregate(&key)?;
        let published = self.program.row(&key, &row, None)?;
        let mut applied = base.map_or_else(Default::default, |item| item.applied.clone());
        let next = passage.records.get(passage.events);
        let read = next.map_or(batch.records.len(), |record| *record);
        if let Some(last) = batch.last_sequence(read) {
            applied.insert(Arc::clone(&batch.shard), last.clone());
        }
        Some(RowItem {
            version: base.map_or(0, |item| item.version),
            applied,
            row: row.encode(rule),
            expires: rule.keep().map(|keep| published.window.end.plus(keep)),
            published: Some(published),
            anew: false,
        })
    }
}

impl Passage<'_, '_> {
    /// The first event of the plan that a row does not hold.
    fn first_event(&self, base: Option<&RowItem>) -> usize {
        let applied = base.and_then(|item| item.applied.get(&self.batch.shard));
        let record = self.batch.first_after(applied);
        self.records.partition_point(|of| *of < record)
    }
}
