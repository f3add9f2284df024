//! The trace of a run: every change of a key's state and every decision about a message, with its reason.

use std::fmt;

use serde::{Serialize, Serializer};

use crate::output::{in_order, in_order_always};
use crate::time::Time;

/// Where a key is in its life cycle.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Stage {
    /// The condition does not hold.
    Inactive,
    /// It holds, but not yet for as long as `for` says.
    Pending,
    /// An episode goes on.
    Firing,
}

impl fmt::Display for Stage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Stage::Inactive => "inactive",
            Stage::Pending => "pending",
            Stage::Firing => "firing",
        })
    }
}

/// Why something happened.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Reason {
    /// The condition became true.
    ConditionTrue,
    /// The condition became false.
    ConditionFalse,
    /// The windows ran empty, so that nothing is known of the condition.
    ConditionUnknown,
    /// The condition had held, and at the deadline of `for` the fields to evaluate it were missing.
    Held,
    /// The condition held for as long as `for` says.
    ForElapsed,
    /// The condition of `until` became true.
    UntilTrue,
    /// The message is withheld: the last one is too near.
    Cooldown,
    /// The message is not sent: a silence covers it.
    Silenced,
    /// The message is recorded and not sent: the alert is a shadow.
    Shadow,
    /// A message says again that the key fires.
    Repeat,
    /// The key was not seen for as long as `forget` says.
    Forgotten,
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Reason::ConditionTrue => "condition true",
            Reason::ConditionFalse => "condition false",
            Reason::ConditionUnknown => "condition unknown",
            Reason::Held => "held",
            Reason::ForElapsed => "for elapsed",
            Reason::UntilTrue => "until true",
            Reason::Cooldown => "cooldown",
            Reason::Silenced => "silenced",
            Reason::Shadow => "shadow",
            Reason::Repeat => "repeat",
            Reason::Forgotten => "forgotten",
        })
    }
}

impl Serialize for Reason {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

/// One line of the trace.
///
/// Serialises to one JSON object whose keys stand in the order of the fields; optional ones are left out.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Trace {
    /// The alert rule.
    pub alert: String,
    /// The values of `by`, by name; a per-event alert without `by` has none.
    #[serde(skip_serializing_if = "Option::is_none", serialize_with = "in_order")]
    pub key: Option<Vec<(String, serde_json::Value)>>,
    /// When it happened.
    pub at: Time,
    /// Where the key was before.
    pub from: Stage,
    /// Where it is now; the same for a decision about a message.
    pub to: Stage,
    /// Why.
    pub reason: Reason,
    /// The silence that covers the message.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub silence: Option<String>,
    /// The known values of the windows and paths in the condition, by their canonical text.
    #[serde(serialize_with = "in_order_always")]
    pub values: Vec<(String, serde_json::Value)>,
}
