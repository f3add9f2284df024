//! A tick: timers that no event came to run, messages that were left behind, and rules that are no more.

use std::collections::BTreeSet;

use futures_util::StreamExt;
use futures_util::stream;
use tripline_engine::{Advance, Input, KeyState, Plan, Snapshot, StateKey, Stored, Time};

use super::{AFTERLIFE, AT_ONCE, AlertFunction};
use crate::call::Call;
use crate::item::{Item, Name};
use crate::store::{Fault, Quarantine, Sink, States, Stream};

/// The most that time is said to be behind, in milliseconds: a stream keeps records for a year at most.
const MOST_BEHIND: i64 = 365 * 86_400_000;
/// How many items are worked on at once.
const ITEMS: usize = 500;
/// The longest that a function of other rules goes on after it took its last record, in milliseconds: no call is longer.
const LONGEST_CALL: i64 = 15 * 60_000;

impl<W: States + Quarantine + Sink + Stream> AlertFunction<'_, W> {
    /// Runs the timers that are due at `at`, as far as every shard has delivered what came before.
    ///
    /// # Errors
    ///
    /// If it could not be done to the end; the next tick goes on.
    pub async fn tick(&self, at: Time, call: &Call<'_>) -> Result<(), Fault> {
        // Read before the shards: whoever wrote one of these has read a shard, or is about to say so.
        let has_retired = *self.has_retired.borrow();
        let firing = match has_retired {
            true => Vec::new(),
            false => self.world.firing().await?,
        };
        let (horizon, is_current) = self.horizon(at).await?;
        let behind = horizon.map_or(i64::MAX, |horizon| at.0.saturating_sub(horizon.0));
        self.meter
            .count(|metrics| metrics.behind = Some(behind.clamp(0, MOST_BEHIND)));
        let mut seen = BTreeSet::new();
        // What fails keeps nothing else from being done.
        let mut outcome = Ok(());
        if let Some(horizon) = horizon
            && (is_current || self.tells_all)
            && !has_retired
        {
            let gone = firing.into_iter().filter(|name| self.key(name).is_none());
            self.visit(&gone.collect::<Vec<_>>(), Some(horizon), call)
                .await?;
            *self.has_retired.borrow_mut() = true;
        }
        loop {
            // What is to be sent is due at the beginning of time, so it is found even while no timer may run.
            let until = horizon.unwrap_or(Time(1));
            let mut names = self.world.due(until, ITEMS).await?;
            names.retain(|name| seen.insert(name.clone()));
            if names.is_empty() {
                return outcome;
            }
            if (call.is_late)() {
                return Err(Fault("the time of the call is over".to_owned()));
            }
            outcome = outcome.and(self.visit(&names, horizon, call).await);
        }
    }

    /// How far timers may run: to the tick, but no further than any shard has been read that has more to read. None if
    /// nothing has been read of such a shard.
    ///
    /// And whether these rules are the current ones: while a deployment is under way, a function of the rules before
    /// must not end the episodes of rules that it does not know yet. Those of whoever read last are current.
    async fn horizon(&self, at: Time) -> Result<(Option<Time>, bool), Fault> {
        let shards = self.world.shards().await?;
        let names: Vec<Name> = shards.iter().cloned().map(Name::Shard).collect();
        let mut horizon = Some(at);
        let mut last = Input::default();
        for (shard, item) in shards.iter().zip(self.load(&names, false).await) {
            let item = item?;
            let input = self.input(&item);
            if input.progress >= last.progress {
                last = input;
            }
            if input.progress.is_some_and(|progress| progress >= at) {
                continue;
            }
            if !self.world.is_drained(shard, item.applied(shard)).await? {
                horizon = horizon.min(input.progress);
            }
        }
        let is_over = |progress: Time| at.0.saturating_sub(progress.0) > LONGEST_CALL;
        let is_current =
            last.program == Some(self.program.fingerprint()) || last.progress.is_none_or(is_over);
        Ok((horizon, is_current))
    }

    /// The state that a name is of, if the rules have it.
    fn key(&self, name: &Name) -> Option<StateKey> {
        let Name::Key { fingerprint, key } = name else {
            return None;
        };
        Some(StateKey {
            alert: *self.rules.get(fingerprint)?,
            key: key.as_ref().into(),
        })
    }

    /// Runs the timers of some items, ends those of rules that are gone, and sends what is to be sent.
    async fn visit(
        &self,
        names: &[Name],
        horizon: Option<Time>,
        call: &Call<'_>,
    ) -> Result<(), Fault> {
        let loaded = self.load(names, false).await;
        let visits = names.iter().zip(loaded).map(|(name, item)| async move {
            let item = item?;
            let next = |item: &Item| self.visited(name, item, horizon, call);
            let item = self.write(name, item, None, next).await?;
            Ok::<_, Fault>((name.clone(), item))
        });
        let visited: Vec<_> = stream::iter(visits)
            .buffer_unordered(AT_ONCE)
            .collect()
            .await;
        let mut items = Vec::with_capacity(visited.len());
        let mut failed = None;
        for one in visited {
            match one {
                Ok(one) => items.push(one),
                Err(fault) => {
                    self.meter.fault("a timer cannot be run", &fault);
                    failed = Some(fault);
                }
            }
        }
        items.sort_by(|a, b| a.0.cmp(&b.0));
        self.send(items, None, call).await;
        failed.map_or(Ok(()), Err)
    }

    /// An item after its timers have run; `None` if nothing changes.
    fn visited(
        &self,
        name: &Name,
        item: &Item,
        horizon: Option<Time>,
        call: &Call<'_>,
    ) -> Result<Option<Item>, Fault> {
        let Some(horizon) = horizon.filter(|_| item.state.is_some()) else {
            return Ok(None);
        };
        let Name::Key { .. } = name else {
            return Ok(None);
        };
        let Some(key) = self.key(name) else {
            return self.retired(name, item, horizon, call).map(Some);
        };
        let (Some(bytes), Some(rule)) = (&item.state, self.program.alert(&key)) else {
            return Ok(None);
        };
        let state = self.decoded(KeyState::decode(bytes, rule), name)?;
        let snapshot = Snapshot {
            input: Input::default(),
            states: vec![Stored::new(key, state)],
            rows: Vec::new(),
        };
        let advance = Advance {
            to: Some(horizon),
            ..Advance::default()
        };
        let plan = Plan::default();
        let (checkpoint, told) = self
            .program
            .apply_partition(&plan.whole(), snapshot, advance);
        self.meter.count(|metrics| metrics.add(told.counts()));
        let messages = told.into_messages();
        let messages = messages.filter_map(|one| self.notification(&one.alert, None, call));
        let messages = messages.collect();
        let stored = checkpoint.states.into_iter().next();
        let next = stored.map(|stored| self.item(item, stored, messages, Some(horizon), call));
        // That it was looked at is no reason to keep it longer.
        let next = next.map(|next| Item {
            expires: match next.state == item.state {
                true => item.expires,
                false => next.expires,
            },
            ..next
        });
        Ok(next.filter(|next| next != item))
    }

    /// The item of a rule that was edited or removed: its episode ends, and nothing is left of it.
    fn retired(&self, name: &Name, item: &Item, at: Time, call: &Call<'_>) -> Result<Item, Fault> {
        let mut next = Item {
            state: None,
            timer: None,
            firing: None,
            expires: Some(call.now.plus(AFTERLIFE)),
            ..item.clone()
        };
        if let (Name::Key { key, .. }, Some(rule), Some(state)) = (name, &item.firing, &item.state)
        {
            let last = self.program.retire(rule, key, state, at);
            let alert = self.decoded(last, name)?.flatten();
            next.outbox
                .extend(alert.and_then(|alert| self.notification(&alert, None, call)));
        }
        Ok(next)
    }
}
