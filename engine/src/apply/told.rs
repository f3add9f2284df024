//! What a batch gives, in order, though several parts of it were applied side by side.

use crate::output::{Alert, Output};
use crate::store::StateKey;
use crate::time::Time;
use crate::trace::Trace;

/// A moment of a batch. Moments sort as one thread comes to them.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Turn {
    /// Which event it is, or how many there are: the timers that run at the end come after all of them.
    pub(super) event: u32,
    pub(super) stage: Stage,
}

/// What is done about an event, in order.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Stage {
    /// The timers before it.
    Before(Time, StateKey),
    /// The alert that it concerns.
    Touch(u32),
    /// The timers that it set and that are due already.
    After(Time, StateKey),
}

/// What happened in a part of a batch that nobody is sent a message of.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub struct Counts {
    /// Events that came to a key after newer ones.
    pub late: u64,
    /// Messages that a cooldown or a silence withheld.
    pub withheld: u64,
}

/// The alerts and the trace of a part of a batch.
#[derive(Debug, Default)]
pub struct Told {
    /// The messages; one that a later one took the place of is none.
    pub(super) alerts: Vec<Option<Message>>,
    /// The trace; what tells of a message that another one took the place of is none.
    pub(super) trace: Vec<Option<(Turn, Trace)>>,
    pub(super) counts: Counts,
}

/// An alert that is to be sent, and where it comes from.
#[derive(Debug)]
pub struct Message {
    pub(super) turn: Turn,
    /// Which of the checkpoint's states says that it was sent; an alert that needs no state has none.
    pub state: Option<usize>,
    /// What is to be sent.
    pub alert: Alert,
}

impl Message {
    /// The event of the plan that made it, or whose arrival ran the timer that did.
    pub fn event(&self) -> usize {
        self.turn.event as usize
    }
}

impl Told {
    /// What happened beside the messages.
    pub fn counts(&self) -> Counts {
        self.counts
    }

    /// What is to be sent, in order.
    pub fn into_messages(self) -> impl Iterator<Item = Message> {
        self.alerts.into_iter().flatten()
    }

    /// What the parts of one batch give together: the same, in the same order, however it was parted.
    pub fn merge(parts: impl IntoIterator<Item = Told>) -> Output {
        let (mut alerts, mut trace) = (Vec::new(), Vec::new());
        for part in parts {
            alerts.extend(part.alerts.into_iter().flatten());
            trace.extend(part.trace.into_iter().flatten());
        }
        alerts.sort_by(|a: &Message, b| a.turn.cmp(&b.turn));
        trace.sort_by(|a: &(Turn, Trace), b| a.0.cmp(&b.0));
        Output {
            alerts: alerts.into_iter().map(|message| message.alert).collect(),
            trace: trace.into_iter().map(|(_, trace)| trace).collect(),
        }
    }
}
