//! Sending what items say is to be sent, and taking it out of them.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use futures_util::StreamExt;
use futures_util::stream;
use tripline_engine::Time;

use super::{AT_ONCE, AlertFunction};
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
            self.count(|metrics| metrics.outbox_left += ours.len() as u64);
            return;
        }
        let outcome = self.publish(&ours).await;
        let left = ours.iter().filter(|one| !outcome.sent.contains(&one.id));
        let left = left.count() as u64;
        self.count(|metrics| metrics.outbox_left += left);
        let changed = items.into_iter().filter(|(_, item)| {
            let mut outbox = item.outbox.iter();
            outbox
                .any(|one| outcome.sent.contains(&one.id) || outcome.refused.contains_key(&one.id))
        });
        let outcome = &outcome;
        let writes = changed.map(|(name, item)| async move {
            let next = |item: &Item| Ok(without(item, outcome, call.now));
            self.write(&name, item, None, next).await
        });
        let mut writes = stream::iter(writes).buffer_unordered(AT_ONCE);
        while let Some(written) = writes.next().await {
            if let Err(fault) = written {
                // It is sent once more, by a tick, under the same name.
                self.fault("what was sent cannot be taken out of the outbox", &fault);
            }
        }
    }

    /// Sends notifications that are in no outbox.
    pub(super) async fn send_at_once(&self, all: &[Notification]) -> Result<(), Fault> {
        let all: Vec<&Notification> = all.iter().collect();
        let outcome = self.publish(&all).await;
        match all.iter().find(|one| !outcome.sent.contains(&one.id)) {
            Some(_) => Err(Fault(
                "messages that cannot be kept cannot be sent either".to_owned(),
            )),
            None => Ok(()),
        }
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
                    self.count(|metrics| {
                        metrics.sent += number;
                        *metrics
                            .alerts
                            .entry(publication.severity.clone())
                            .or_default() += number;
                    });
                }
                Err(Unsent::Fault(fault)) => self.fault("a message cannot be sent", &fault),
                Err(Unsent::Refused(reason)) => {
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
