//! What the state table holds.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde::{Deserialize, Serialize};
use tripline_engine::{Definition, Time};

use crate::sequence::Sequence;

/// Names an item of the state table.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Name {
    /// The state of one key of an alert rule.
    Key {
        /// The fingerprint of the rule: an edited rule has states of its own.
        fingerprint: [u8; 16],
        /// The canonical JSON array of the values of `by`.
        key: Arc<str>,
    },
    /// How far a shard has been read.
    Shard(Arc<str>),
    /// Messages that the item which they belong to has no room for, by a hash of their ids.
    Aside(Arc<str>),
}

/// An item of the state table: a state, how much of the stream it holds, and what is yet to be sent of it.
///
/// All of it is written at once, and only if the version before is the one that was read. So an effect and the position
/// in the stream that it comes from cannot part, and whoever comes second reads again and finds what is done.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Item {
    /// Counts the writes; 0 is an item that there is not.
    pub version: u64,
    /// The encoded state of a key or of the input; `None` for a key that is forgotten.
    pub state: Option<Vec<u8>>,
    /// For each shard the last record that the state holds.
    pub applied: BTreeMap<Arc<str>, Sequence>,
    /// What is to be sent.
    pub outbox: Vec<Notification>,
    /// When the state changes without an event, or somewhat earlier.
    pub timer: Option<Time>,
    /// While the key fires: its rule, so that the episode can be ended once the rule is edited or gone.
    pub firing: Option<Definition>,
    /// When nobody needs it any more.
    pub expires: Option<Time>,
}

/// A message on its way.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Notification {
    /// Names the message; the same however often it is sent.
    pub id: String,
    /// The topic that it goes to.
    pub topic: String,
    /// The alert, as JSON.
    pub alert: String,
    /// The shard whose records it comes of; a tick's has none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub shard: Option<Arc<str>>,
    /// The call that made it, and sends it unless it breaks off.
    pub call: Arc<str>,
    /// From when on another call is to send it: the one that made it is over by then.
    pub after: i64,
    /// Why it cannot be sent as things are.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub failure: Option<String>,
}

impl Notification {
    /// About how many bytes it takes where it is stored.
    pub fn bytes(&self) -> usize {
        // The quotes of its JSON are escaped there.
        let quotes = self
            .alert
            .bytes()
            .filter(|byte| matches!(byte, b'"' | b'\\'));
        self.alert.len() + quotes.count() + self.topic.len() + 256
    }
}

impl Item {
    /// When a tick is to look at it: at once if it has something to send, however far time has come in the stream.
    pub fn due(&self) -> Option<Time> {
        let unsent = self.outbox.iter().map(|one| match one.failure {
            None => Time(0),
            Some(_) => Time(one.after),
        });
        unsent.chain(self.timer).min()
    }

    /// The last record of a shard that the state holds.
    pub fn applied(&self, shard: &str) -> Option<&Sequence> {
        self.applied.get(shard)
    }

    /// About how many bytes it takes where it is stored.
    pub fn bytes(&self) -> usize {
        let applied = self.applied.iter();
        let outbox = self.outbox.iter();
        self.state.as_ref().map_or(0, Vec::len)
            + applied
                .map(|(shard, sequence)| shard.len() + sequence.digits().len() + 4)
                .sum::<usize>()
            + outbox.map(Notification::bytes).sum::<usize>()
            + self.firing.as_ref().map_or(0, |_| 1_024)
            + 256
    }
}
