//! The alert function: records and ticks in, states and messages out.
//!
//! A batch of a shard goes through `records`: decode → plan → load → apply → write each state with what is to be sent of it
//! → write how far the shard has been read → send → take what was sent out of the states. A tick goes through `tick`.

mod cache;
mod outbox;
mod records;
mod shard;
mod tick;
mod topics;
mod write;

use std::cell::RefCell;
use std::collections::HashMap;
use std::sync::Arc;

use tripline_engine::{KeyState, Program, StateKey, Status, Stored, Time};

use self::cache::Cache;
pub use self::topics::{MissingVariable, Topics};
use crate::batch;
use crate::call::{Call, Failed};
use crate::invocation::{Record, Unreadable};
use crate::item::{Item, Name, Notification};
use crate::metrics::{Meter, Metrics};
use crate::notification::trimmed;
use crate::store::{Fault, Quarantine, Sink, States, Stream};

/// How many calls to the store are under way at once.
const AT_ONCE: usize = 100;
/// How long what is stored of a key outlives it, so that a record that is delivered again finds what is done.
const AFTERLIFE: i64 = 14 * 86_400_000;
/// The largest item that is written, in bytes: DynamoDB takes 400 KB.
const MAX_ITEM_BYTES: usize = 350_000;

/// The alert function of a program in some world.
pub struct AlertFunction<'p, W> {
    program: &'p Program,
    /// Where each alert rule stands in the program, by its fingerprint.
    rules: HashMap<[u8; 16], u32>,
    world: W,
    topics: Topics,
    cache: RefCell<Cache>,
    meter: Meter,
    /// Whether the episodes of rules that were edited or removed have been ended.
    has_retired: RefCell<bool>,
    /// Whether everything is told: shadows, and ends that nobody is notified of.
    tells_all: bool,
}

impl<'p, W: States + Quarantine + Sink + Stream> AlertFunction<'p, W> {
    /// The function of these rules, whose messages go to these topics.
    pub fn new(program: &'p Program, world: W, topics: Topics) -> Self {
        let rules = program.alerts().zip(0..);
        AlertFunction {
            program,
            rules: rules
                .map(|(rule, number)| (rule.fingerprint(), number))
                .collect(),
            world,
            topics,
            cache: RefCell::default(),
            meter: Meter::default(),
            has_retired: RefCell::new(false),
            tells_all: false,
        }
    }

    /// The function as authors of rules watch it: shadows are told, and ends that nobody is notified of.
    ///
    /// It runs alone, so no rules but its own are current.
    pub fn telling_all(self) -> Self {
        AlertFunction {
            tells_all: true,
            ..self
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
        Metrics {
            state_bytes: Some(self.cache.borrow().bytes() as u64),
            ..self.meter.take()
        }
    }

    /// Names the item of a state.
    fn name(&self, key: &StateKey) -> Name {
        // The key is one of a plan of this program.
        let fingerprint = self.program.alert(key).map(|rule| rule.fingerprint());
        Name::Key {
            fingerprint: fingerprint.unwrap_or_default(),
            key: key.key.as_str().into(),
        }
    }

    /// What is to be sent of an alert, if anything is.
    fn notification(
        &self,
        alert: &tripline_engine::Alert,
        shard: Option<&Arc<str>>,
        call: &Call<'_>,
    ) -> Option<Notification> {
        let ends = alert.status == Status::Resolved;
        if !self.tells_all && (alert.shadow || ends && !self.program.routes().resolved) {
            return None;
        }
        let topic = self.topics.of(self.program.routes(), alert)?;
        Some(Notification {
            id: alert.notification.clone(),
            topic: topic.to_owned(),
            alert: trimmed(alert),
            shard: shard.cloned(),
            call: Arc::clone(&call.id),
            after: call.ends.0,
            failure: None,
        })
    }

    /// The item of a state, after what it was before.
    ///
    /// `reached` is how far time has come: timers before it have run.
    fn item(
        &self,
        base: &Item,
        stored: Stored,
        messages: Vec<Notification>,
        reached: Option<Time>,
        call: &Call<'_>,
    ) -> Item {
        let rule = self.program.alert(&stored.key);
        let is_firing = stored.state.as_ref().is_some_and(KeyState::is_firing);
        let encoded = stored.state.as_ref().zip(rule);
        let mut outbox = base.outbox.clone();
        outbox.extend(messages);
        Item {
            version: base.version,
            state: encoded.map(|(state, rule)| state.encode(rule)),
            applied: base.applied.clone(),
            outbox,
            // One that is too early costs a look; one that is moved with every event costs a write of the index.
            timer: match (base.timer, stored.timer) {
                (Some(old), Some(new)) if old <= new && Some(old) > reached => Some(old),
                (_, timer) => timer,
            },
            firing: rule
                .filter(|_| is_firing)
                .map(|rule| self.program.definition(rule)),
            expires: self.expiry(&stored.key, call.now),
        }
    }

    /// When what is stored of a key of a rule is needed no more, if it is not touched before; to the day.
    fn expiry(&self, key: &StateKey, now: Time) -> Option<Time> {
        const DAY: i64 = 86_400_000;
        let rule = self.program.alert(key)?;
        let expires = now.plus(rule.forget()).plus(AFTERLIFE);
        // The one key of a rule without `by` is never forgotten.
        (&*key.key != "[]").then(|| Time(expires.0 / DAY * DAY))
    }
}
