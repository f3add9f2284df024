//! The records of a shard: from a batch to states that hold it.

use std::collections::BTreeMap;
use std::sync::Arc;

use futures_util::StreamExt;
use futures_util::stream;
use tripline_engine::{
    Advance, CodecError, Counts, FirstEvents, Input, KeyState, Message, Plan, Planner, Selection,
    Snapshot, Stored,
};

use super::{AT_ONCE, AlertFunction, MAX_ITEM_BYTES};
use crate::batch::{Batch, Found};
use crate::call::{Call, Failed};
use crate::item::{Item, Name, Notification};
use crate::store::{Fault, Quarantine, Sink, States, Stream};

/// A batch on its way into the states.
pub(super) struct Passage<'b, 'a> {
    pub(super) batch: &'b Batch,
    pub(super) plan: &'b Plan<'a>,
    /// Which record each event of the plan is of.
    pub(super) records: &'b [usize],
    /// The input before the batch.
    pub(super) input: Input,
    /// The first record that the shard's item does not hold.
    pub(super) first: usize,
    pub(super) call: &'b Call<'b>,
}

/// A key of the plan, and its item as it was read.
struct Key {
    /// Its place in the plan.
    index: usize,
    name: Name,
    item: Item,
}

/// What is to be sent of alerts that keep no state, each with its event.
pub(super) type Stateless = Vec<(usize, Notification)>;

/// What applying some events gives.
struct Applied {
    /// The items of the keys, as they are to be written.
    items: Vec<Item>,
    stateless: Stateless,
    counts: Counts,
}

impl Passage<'_, '_> {
    /// The first event of the plan that a state does not hold.
    pub(super) fn first_event(&self, item: &Item) -> usize {
        let record = self.batch.first_after(item.applied(&self.batch.shard));
        self.records.partition_point(|of| *of < record)
    }

    /// How many events there are in the records before this one.
    pub(super) fn events_before(&self, record: usize) -> usize {
        self.records.partition_point(|of| *of < record)
    }
}

impl<W: States + Quarantine + Sink + Stream> AlertFunction<'_, W> {
    /// Takes the records of one shard; tells from which on they are to be delivered again, if any are.
    pub(super) async fn shard(
        &self,
        mut batch: Batch,
        call: &Call<'_>,
    ) -> Result<Option<Failed>, Fault> {
        let events = std::mem::take(&mut batch.events);
        let shard = Name::Shard(Arc::clone(&batch.shard));
        // Never a remembered one: how far time had come before these records is nowhere else, and another instance may have
        // taken it further.
        let item = match self.load_one(&shard).await {
            Ok(item) => item,
            Err(fault) => {
                self.meter.fault("the shard's item cannot be read", &fault);
                return batch.again(0).map(Some);
            }
        };
        let first = batch.first_after(item.applied(&batch.shard));
        let input = self.input(&item);
        let mut plan = Plan::default();
        let records = self.plan(&mut plan, &mut batch, &events, first);
        plan.add_births(self.program, &input);
        let cut = batch.keep_unusable(&self.world, &self.meter, first).await;
        self.meter.count(|metrics| {
            metrics.repeated += first as u64;
            metrics.events += records.len() as u64;
            metrics.clamped += plan.clamped();
            metrics.newest_arrival = metrics.newest_arrival.max(batch.newest_arrival());
        });
        let passage = Passage {
            batch: &batch,
            plan: &plan,
            records: &records,
            input,
            first,
            call,
        };
        let (cut, written) = self.pass(&passage, &shard, item, cut).await;
        self.send(written, Some(&batch.shard), call).await;
        match cut < batch.records.len() {
            true => batch.again(cut).map(Some),
            false => Ok(None),
        }
    }

    /// Plans the events of the records from `first` on; those that are none are noted for quarantine.
    fn plan<'e>(
        &self,
        plan: &mut Plan<'e>,
        batch: &mut Batch,
        events: &'e [Found],
        first: usize,
    ) -> Vec<usize> {
        let mut planner = Planner::of_alerts(self.program);
        let mut records = Vec::with_capacity(events.len());
        for found in events.iter().filter(|found| found.record >= first) {
            let arrival = batch.records[found.record].arrival;
            let added = planner.add_at(plan, &found.bytes, arrival, || found.source());
            match added {
                Ok(()) => records.push(found.record),
                Err(rejection) => {
                    let bytes = found.bytes.clone();
                    batch.quarantine(found.record, Some(found.sub), rejection.reason, bytes);
                }
            }
        }
        records
    }

    /// Brings the events into the states, and notes in the shard's item that they are there.
    ///
    /// `cut` is the first record that is not to be taken; gives the first one that was not, and the items.
    async fn pass(
        &self,
        passage: &Passage<'_, '_>,
        shard: &Name,
        shard_item: Item,
        mut cut: usize,
    ) -> (usize, Vec<(Name, Item)>) {
        let plan = passage.plan;
        let firsts = plan.first_events();
        let names: Vec<Name> = plan.keys().iter().map(|key| self.name(key)).collect();
        let mut keys = Vec::with_capacity(names.len());
        let loaded = self.load(&names, true).await;
        for ((index, name), item) in names.into_iter().enumerate().zip(loaded) {
            match item {
                Ok(item) => keys.push(Key { index, name, item }),
                Err(fault) => {
                    self.meter.fault("a state cannot be read", &fault);
                    cut = cut.min(record_of(passage, first_of(passage, &firsts, index)));
                }
            }
        }
        let (applied, keys) = loop {
            let events = passage.events_before(cut);
            // Of keys that these events do not touch nothing changes.
            keys.retain(|key: &Key| first_of(passage, &firsts, key.index) < events);
            let fires_from = passage.first_event(&shard_item);
            match self.apply(passage, &keys, events, fires_from) {
                Ok(applied) => match too_large(passage, &keys, &applied, cut) {
                    Some(less) => cut = less,
                    None => break (applied, keys),
                },
                Err((key, fault)) => {
                    self.meter.fault("a state cannot be used", &fault);
                    let key = keys.remove(key);
                    cut = cut.min(record_of(passage, first_of(passage, &firsts, key.index)));
                }
            }
        };
        self.meter.count(|metrics| metrics.add(applied.counts));
        let events = passage.events_before(cut);
        let writes = keys
            .into_iter()
            .zip(applied.items)
            .map(|(key, next)| async move {
                let from = passage.first_event(&key.item);
                let written = self.put(passage, &key, next, events).await;
                (key, from, written)
            });
        let written: Vec<_> = stream::iter(writes)
            .buffer_unordered(AT_ONCE)
            .collect()
            .await;
        let mut items = Vec::with_capacity(written.len() + 1);
        for (key, from, written) in written {
            match written {
                Ok(written) => items.extend(written),
                Err(fault) => {
                    self.meter.fault("a state cannot be written", &fault);
                    let first = first_of(passage, &firsts, key.index);
                    cut = cut.min(record_of(passage, first.max(from)));
                }
            }
        }
        match self
            .close(passage, shard, shard_item, cut, applied.stateless)
            .await
        {
            Ok(written) => items.extend(written),
            Err(fault) => {
                self.meter
                    .fault("the shard's item cannot be written", &fault);
                cut = cut.min(passage.first);
            }
        }
        (cut, items)
    }

    /// Writes the state of a key, unless it holds all of its events; gives its item, and what was set aside for it.
    async fn put(
        &self,
        passage: &Passage<'_, '_>,
        key: &Key,
        next: Item,
        events: usize,
    ) -> Result<Vec<(Name, Item)>, Fault> {
        if (passage.call.is_late)() {
            return Err(Fault("the time of the call is over".to_owned()));
        }
        if next == key.item {
            return Ok(vec![(key.name.clone(), next)]);
        }
        let again = |item: &Item| {
            let key = Key {
                index: key.index,
                name: key.name.clone(),
                item: item.clone(),
            };
            let applied = self.apply(passage, std::slice::from_ref(&key), events, usize::MAX);
            let next = applied.map_err(|(_, fault)| fault)?.items.pop();
            match next.filter(|next| next != item) {
                Some(next) if next.bytes() > MAX_ITEM_BYTES => Err(Fault(
                    "the state is too large for so many records".to_owned(),
                )),
                next => Ok(next),
            }
        };
        let (next, aside) = self.fit(&key.item, next).await?;
        let name = key.name.clone();
        let written = self
            .write(&name, key.item.clone(), Some(next), again)
            .await?;
        Ok([(name, written)].into_iter().chain(aside).collect())
    }

    /// Makes an item fit into the table that a single record made too large; gives what was set aside for it, too.
    ///
    /// A state that is too large by itself is not taken over; the record counts as applied, so that it does not block the shard.
    async fn fit(&self, base: &Item, mut next: Item) -> Result<(Item, Vec<(Name, Item)>), Fault> {
        let mut aside = Vec::new();
        if next.bytes() > MAX_ITEM_BYTES {
            aside = self.set_aside(std::mem::take(&mut next.outbox)).await?;
        }
        if next.bytes() > MAX_ITEM_BYTES {
            self.meter.count(|metrics| metrics.states_lost += 1);
            tracing::error!(
                bytes = next.bytes(),
                "a state is too large to be stored: it stays as it was before this record"
            );
            next = Item {
                applied: next.applied,
                outbox: Vec::new(),
                ..base.clone()
            };
        }
        Ok((next, aside))
    }

    /// Applies the first events to some keys, to each of them those that its item does not hold.
    fn apply(
        &self,
        passage: &Passage<'_, '_>,
        keys: &[Key],
        events: usize,
        fires_from: usize,
    ) -> Result<Applied, (usize, Fault)> {
        let plan = passage.plan;
        let mut states = Vec::with_capacity(keys.len());
        let mut selected = Vec::with_capacity(keys.len());
        for (at, key) in keys.iter().enumerate() {
            let state = self.state(plan.keys(), key).map_err(|fault| (at, fault))?;
            states.push(Stored::new(plan.keys()[key.index].clone(), state));
            selected.push((key.index, passage.first_event(&key.item)));
        }
        let selection = Selection {
            events,
            fires_from,
            keys: selected,
            rows: Vec::new(),
        };
        let snapshot = Snapshot {
            input: passage.input,
            states,
            rows: Vec::new(),
        };
        let partition = plan.select(&selection);
        let (checkpoint, told) =
            self.program
                .apply_partition(&partition, snapshot, Advance::default());
        let counts = told.counts();
        let (mut by_state, stateless) = self.sort(told.into_messages(), passage);
        let last = passage.batch.last_sequence(record_after(passage, events));
        let items = keys.iter().zip(checkpoint.states).enumerate();
        let items = items.map(|(at, (key, stored))| {
            let from = selection.keys[at].1;
            let is_new = key.item.version == 0 && stored.state.is_some();
            if from >= events && !is_new {
                return key.item.clone();
            }
            let messages = by_state.remove(&at).unwrap_or_default();
            let reached = checkpoint.input.progress;
            let mut next = self.item(&key.item, stored, messages, reached, passage.call);
            if let Some(last) = last {
                next.applied
                    .insert(Arc::clone(&passage.batch.shard), last.clone());
            }
            next
        });
        Ok(Applied {
            items: items.collect(),
            stateless,
            counts,
        })
    }

    /// Messages by the state that they come of, and those that come of none.
    fn sort(
        &self,
        messages: impl Iterator<Item = Message>,
        passage: &Passage<'_, '_>,
    ) -> (BTreeMap<usize, Vec<Notification>>, Stateless) {
        let mut by_state: BTreeMap<usize, Vec<Notification>> = BTreeMap::new();
        let mut stateless = Stateless::new();
        let shard = Some(&passage.batch.shard);
        for message in messages {
            let notification = self.notification(&message.alert, shard, passage.call);
            let Some(notification) = notification else {
                continue;
            };
            match message.state {
                Some(state) => by_state.entry(state).or_default().push(notification),
                None => stateless.push((message.event(), notification)),
            }
        }
        (by_state, stateless)
    }

    /// The state that an item holds.
    fn state(
        &self,
        keys: &[tripline_engine::StateKey],
        key: &Key,
    ) -> Result<Option<KeyState>, Fault> {
        let rule = self.program.alert(&keys[key.index]);
        let (Some(bytes), Some(rule)) = (&key.item.state, rule) else {
            return Ok(None);
        };
        self.decoded(KeyState::decode(bytes, rule), &key.name)
    }

    /// A state that was read: a newer one is left to the newer function, a damaged one is lost, and that is told.
    pub(super) fn decoded<T>(
        &self,
        decoded: Result<T, CodecError>,
        name: &Name,
    ) -> Result<Option<T>, Fault> {
        match decoded {
            Ok(state) => Ok(Some(state)),
            Err(error @ CodecError::Newer(_)) => Err(Fault(error.to_string())),
            Err(error) => {
                self.meter.count(|metrics| metrics.states_lost += 1);
                tracing::error!(?name, %error, "a stored state cannot be read: it begins anew");
                Ok(None)
            }
        }
    }
}

/// The record from which on the events are not applied.
fn record_after(passage: &Passage<'_, '_>, events: usize) -> usize {
    let next = passage.records.get(events);
    next.map_or(passage.batch.records.len(), |record| *record)
}

/// The record of an event, or the first one if there is no such event.
fn record_of(passage: &Passage<'_, '_>, event: usize) -> usize {
    let record = passage.records.get(event);
    record.map_or(passage.first, |record| *record)
}

/// The first event that has to do with a key.
fn first_of(passage: &Passage<'_, '_>, firsts: &FirstEvents, key: usize) -> usize {
    // What no event touches is born with the first of them.
    let first = firsts.keys[key];
    if first == passage.plan.len() {
        0
    } else {
        first
    }
}

/// Where to cut the batch, if with all of it an item would be too large to be written.
fn too_large(
    passage: &Passage<'_, '_>,
    keys: &[Key],
    applied: &Applied,
    cut: usize,
) -> Option<usize> {
    let is_too_large = |item: &Item| item.bytes() > MAX_ITEM_BYTES;
    let mut items = keys.iter().zip(&applied.items);
    if !items.any(|(key, item)| is_too_large(item) && *item != key.item) {
        return None;
    }
    let half = passage.first + (cut - passage.first) / 2;
    (half > passage.first).then_some(half)
}
