//! Sending what items say is to be sent, and taking it out of them.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use futures_util::StreamExt;
use futures_util::stream;
use tripline_engine::{Time, group_id};

use super::{AFTERLIFE, AT_ONCE, AlertFunction, MAX_ITEM_BYTES};
use crate::call::Call;
use crate::item::{Item, Name, Notification};
use crate::notification::publications;
use crate::store::{Fault, Quarantine, Sink, States, Stream, Unsent};

/// When something that was refused is tried again: perhaps somebody has mended it.
const REFUSED_FOR: i64 = 3_600_000;

/// What came of sending notifications, by id.
#[derive(Default)]
struct Outcome {
    sent: BTreeSet<String>,
    refused: BTreeMap<String, String>,
}

impl<W: States + Quarantine + Sink + Stream> AlertFunction<'_, W> {
    /// Sends what is this call's to send: what it made, what an earlier call for the same shard left behind, and what
    /// any call left behind that is over.
    pub(super) async fn send(
        &self,
        items: Vec<(Name, Item)>,
        shard: Option<&Arc<str>>,
        call: &Call<'_>,
    ) {
        let is_ours = |one: &Notification| {
            // Batches of a shard come one after the other: the one that made it has broken off.
            let of_shard = shard.is_some() && one.shard.as_ref() == shard;
            Time(one.after) <= call.now
                || one.failure.is_none() && (one.call == call.id || of_shard)
        };
        let ours: Vec<&Notification> = items
            .iter()
            .flat_map(|(_, item)| item.outbox.iter().filter(|one| is_ours(one)))
            .collect();
        if ours.is_empty() || (call.is_late)() {
            self.meter
                .count(|metrics| metrics.outbox_left += ours.len() as u64);
            return;
        }
        let outcome = self.publish(&ours).await;
        let left = ours.iter().filter(|one| !outcome.sent.contains(&one.id));
        let left = left.count() as u64;
        self.meter.count(|metrics| metrics.outbox_left += left);
        let changed = items.into_iter().filter(|(_, item)| {
            let mut outbox = item.outbox.iter();
            outbox
                .any(|one| outcome.sent.contains(&one.id) || outcome.refused.contains_key(&one.id))
        });
        let outcome = &outcome;
        let writes = changed.map(|(name, item)| async move {
            let next = |item: &Item| {
                let mut next = without(item, outcome, call.now);
                // Of what was set aside nothing is left.
                if let (Name::Aside(_), Some(next)) = (&name, &mut next) {
                    next.expires = Some(call.now.plus(AFTERLIFE));
                }
                Ok(next)
            };
            self.write(&name, item, None, next).await
        });
        let mut writes = stream::iter(writes).buffer_unordered(AT_ONCE);
        while let Some(written) = writes.next().await {
            if let Err(fault) = written {
                // It is sent once more, by a tick, under the same name.
                self.meter
                    .fault("what was sent cannot be taken out of the outbox", &fault);
            }
        }
    }

    /// Keeps notifications that their own item has no room for, in items of their own.
    ///
    /// It comes before their item is written. The same notifications are the same items, however often they are kept.
    pub(super) async fn set_aside(
        &self,
        all: Vec<Notification>,
    ) -> Result<Vec<(Name, Item)>, Fault> {
        let mut items: Vec<Item> = Vec::new();
        for one in all {
            match items.last_mut() {
                Some(item) if item.bytes() + one.bytes() <= MAX_ITEM_BYTES => item.outbox.push(one),
                _ => items.push(Item {
                    outbox: vec![one],
                    ..Item::default()
                }),
            }
        }
        let mut written = Vec::with_capacity(items.len());
        for item in items {
            let mut ids: Vec<&str> = item.outbox.iter().map(|one| one.id.as_str()).collect();
            let name = Name::Aside(group_id(&mut ids).into());
            // Whoever was first has written the same.
            let stored = self
                .write(&name, Item::default(), Some(item), |_| Ok(None))
                .await?;
            written.push((name, stored));
        }
        Ok(written)
    }

    async fn publish(&self, all: &[&Notification]) -> Outcome {
        let publications = publications(all.iter().copied());
        let results = self.world.publish(&publications).await;
        let mut outcome = Outcome::default();
        for (publication, result) in publications.iter().zip(results) {
            let ids = publication.of.iter().map(|index| all[*index].id.clone());
            match result {
                Ok(()) => {
                    outcome.sent.extend(ids);
                    let number = publication.of.len() as u64;
                    self.meter.count(|metrics| {
                        metrics.sent += number;
                        *metrics
                            .alerts
                            .entry((publication.severity.clone(), publication.alert.clone()))
                            .or_default() += number;
                    });
                }
                Err(Unsent::Fault(fault)) => self.meter.fault("a message cannot be sent", &fault),
                Err(Unsent::Refused(reason)) => {
                    let number = publication.of.len() as u64;
                    self.meter.count(|metrics| metrics.refused += number);
                    tracing::error!(
                        topic = publication.topic,
                        alert = publication.alert,
                        reason,
                        "a message is refused: it stays in the outbox and is tried again in an hour"
                    );
                    outcome.refused.extend(ids.map(|id| (id, reason.clone())));
                }
            }
        }
        outcome
    }
}

/// The item without what was sent; `None` if it holds none of it.
fn without(item: &Item, outcome: &Outcome, now: Time) -> Option<Item> {
    let mut next = item.clone();
    next.outbox.retain(|one| !outcome.sent.contains(&one.id));
    for one in &mut next.outbox {
        if let Some(reason) = outcome.refused.get(&one.id) {
            one.failure = Some(reason.clone());
            one.after = now.plus(REFUSED_FOR).0;
        }
    }
    (next.outbox != item.outbox).then_some(next)
}
