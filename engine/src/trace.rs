//! The trace of a run: every change of a key's state and every decision about a message, with its reason.

use serde::Serialize;

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

/// Why something happened.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
pub enum Reason {
    /// The condition became true.
    #[serde(rename = "condition true")]
    ConditionTrue,
    /// The condition became false.
    #[serde(rename = "condition false")]
    ConditionFalse,
    /// The windows ran empty, so that nothing is known of the condition.
    #[serde(rename = "condition unknown")]
    ConditionUnknown,
    /// The condition had held, and at the deadline of `for` the fields to evaluate it were missing.
    #[serde(rename = "held")]
    Held,
    /// The condition held for as long as `for` says.
    #[serde(rename = "for elapsed")]
    ForElapsed,
    /// The condition of `until` became true.
    #[serde(rename = "until true")]
    UntilTrue,
    /// The message is withheld: the last one is too near.
    #[serde(rename = "cooldown")]
    Cooldown,
    /// The message is not sent: a silence covers it.
    #[serde(rename = "silenced")]
    Silenced,
    /// The message is recorded and not sent: the alert is a shadow.
    #[serde(rename = "shadow")]
    Shadow,
    /// A message says again that the key fires.
    #[serde(rename = "repeat")]
    Repeat,
    /// The key was not seen for as long as `forget` says.
    #[serde(rename = "forgotten")]
    Forgotten,
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
