//! The shard's item: how far it has been read, and what is to be sent of alerts that keep no state.

use std::sync::Arc;

use tripline_engine::Input;

use super::records::{Passage, Stateless};
use super::{AlertFunction, MAX_ITEM_BYTES};
use crate::item::{Item, Name};
use crate::store::{Fault, Quarantine, Sink, States, Stream};

impl<W: States + Quarantine + Sink + Stream> AlertFunction<'_, W> {
    /// What is known of the input that a shard is.
    pub(super) fn input(&self, item: &Item) -> Input {
        let input = item.state.as_ref().map(|bytes| Input::decode(bytes));
        match input {
            None => Input::default(),
            Some(Ok(input)) => input,
            // What is lost is when time was last known to have come to; the records say it again.
            Some(Err(error)) => {
                self.meter.count(|metrics| metrics.states_lost += 1);
                tracing::error!(%error, "the progress of a shard cannot be read: it begins anew");
                Input::default()
            }
        }
    }

    /// Notes that the records before `cut` are applied. It comes after all of their states are written.
    pub(super) async fn close(
        &self,
        passage: &Passage<'_, '_>,
        name: &Name,
        item: Item,
        cut: usize,
        mut stateless: Stateless,
    ) -> Result<Vec<(Name, Item)>, Fault> {
        let shard = &passage.batch.shard;
        let last = passage.batch.last_sequence(cut);
        let Some(last) = last.filter(|_| cut > passage.first) else {
            return Ok(vec![(name.clone(), item)]);
        };
        let events = passage.events_before(cut);
        let new = passage.first_event(&item)..events;
        stateless.retain(|(event, _)| new.contains(event));
        let bytes = stateless.iter().map(|(_, one)| one.bytes());
        let mut written = Vec::new();
        if item.bytes() + bytes.sum::<usize>() > MAX_ITEM_BYTES {
            let all = stateless.drain(..).map(|(_, one)| one);
            written = self.set_aside(all.collect()).await?;
        }
        let next = |item: &Item| {
            if item.applied(shard).is_some_and(|applied| applied >= last) {
                return Ok(None);
            }
            let before = self.input(item);
            let arrivals = passage.plan.arrivals().take(events);
            let input = Input {
                progress: before.progress.max(arrivals.max()),
                program: match events {
                    0 => before.program,
                    _ => Some(self.program.fingerprint()),
                },
            };
            let new = passage.first_event(item)..events;
            let sent = stateless.iter().filter(|(event, _)| new.contains(event));
            let mut next = Item {
                state: Some(input.encode()),
                ..item.clone()
            };
            next.applied.insert(Arc::clone(shard), last.clone());
            next.outbox.extend(sent.map(|(_, one)| one.clone()));
            Ok(Some(next))
        };
        let item = self.write(name, item, None, next).await?;
        written.push((name.clone(), item));
        Ok(written)
    }
}
