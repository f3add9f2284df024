//! What the engine gives: alerts, in their published form.

use std::collections::BTreeMap;
use std::fmt;

use serde::{Deserialize, Serialize, Serializer};

use crate::event::Source;
use crate::time::Time;
use crate::trace::Trace;

/// How bad an alert is.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, Default,
)]
#[serde(rename_all = "lowercase")]
pub enum AlertSeverity {
    /// For the record.
    Info,
    /// To be looked at.
    #[default]
    Warning,
    /// To wake somebody.
    Critical,
}

impl AlertSeverity {
    /// Every severity, mildest first.
    pub const ALL: [AlertSeverity; 3] = [
        AlertSeverity::Info,
        AlertSeverity::Warning,
        AlertSeverity::Critical,
    ];
}

impl fmt::Display for AlertSeverity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            AlertSeverity::Info => "info",
            AlertSeverity::Warning => "warning",
            AlertSeverity::Critical => "critical",
        })
    }
}

/// What a message says of its episode.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Status {
    /// It began.
    Firing,
    /// It ended.
    Resolved,
}

impl fmt::Display for Status {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Status::Firing => "firing",
            Status::Resolved => "resolved",
        })
    }
}

/// Why an episode ended other than by its condition.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum EndReason {
    /// The key was not seen for as long as `forget` says.
    Forgotten,
    /// The rule was edited in what its state depends on.
    RuleChanged,
    /// The rule is gone.
    RuleRemoved,
}

impl fmt::Display for EndReason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            EndReason::Forgotten => "forgotten",
            EndReason::RuleChanged => "rule-changed",
            EndReason::RuleRemoved => "rule-removed",
        })
    }
}

/// What the engine tells of a batch.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Output {
    /// The messages, in the order in which the changes happened.
    pub alerts: Vec<Alert>,
    /// Every change and every decision about a message, in order; empty unless it is asked for.
    pub trace: Vec<Trace>,
}

/// One message of an alert.
///
/// Serialises to one JSON object whose keys stand in the order of the fields; optional ones are left out.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Alert {
    /// Names the episode.
    pub id: String,
    /// Names this message of it.
    pub notification: String,
    /// Whether the episode begins or ends.
    pub status: Status,
    /// Which repeat it is, from 1; the message that an episode began has none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub repeat: Option<u32>,
    /// The alert rule.
    pub alert: String,
    /// The values of `by`, by name.
    #[serde(skip_serializing_if = "Option::is_none", serialize_with = "in_order")]
    pub key: Option<Vec<(String, serde_json::Value)>>,
    /// How bad it is.
    pub severity: AlertSeverity,
    /// When the change happened.
    pub at: Time,
    /// When the episode began; a per-event alert has none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub since: Option<Time>,
    /// The filled summary.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub summary: Option<String>,
    /// The filled description.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// Where to read what to do.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub runbook: Option<String>,
    /// The labels of the rule.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub labels: BTreeMap<String, String>,
    /// The known values of the windows and paths in the condition, by their canonical text.
    #[serde(serialize_with = "in_order_always")]
    pub values: Vec<(String, serde_json::Value)>,
    /// Why the episode ended, if not by its condition.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<EndReason>,
    /// Whether the alert is a shadow, which never notifies.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub shadow: bool,
    /// The event that made the change; a timer's change has none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub source: Option<Source>,
}

pub(crate) fn in_order<S: Serializer>(
    pairs: &Option<Vec<(String, serde_json::Value)>>,
    serializer: S,
) -> Result<S::Ok, S::Error> {
    serializer.collect_map(pairs.iter().flatten().map(|(name, value)| (name, value)))
}

pub(crate) fn in_order_always<S: Serializer>(
    pairs: &[(String, serde_json::Value)],
    serializer: S,
) -> Result<S::Ok, S::Error> {
    serializer.collect_map(pairs.iter().map(|(name, value)| (name, value)))
}
