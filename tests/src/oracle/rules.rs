//! What the oracle is given: rules as plain data, every expression as text.

/// All that a rule file says.
#[derive(Debug, Clone, Default)]
pub struct OracleRules {
    /// The alerts.
    pub alerts: Vec<OracleRule>,
    /// The aggregates.
    pub aggregates: Vec<OracleAggregate>,
    /// The silences, in any order.
    pub silences: Vec<OracleSilence>,
    /// The declared lists, with their names.
    pub lists: Vec<(String, Vec<serde_json::Value>)>,
    /// What alerts have that do not say otherwise.
    pub defaults: OracleDefaults,
    /// When a pending state ends.
    pub pending: PendingEnds,
}

/// An alert rule.
#[derive(Debug, Clone, Default)]
pub struct OracleRule {
    /// The alert's name.
    pub name: String,
    /// The patterns of event types; none is every event.
    pub on: Vec<String>,
    /// The condition.
    pub when: String,
    /// The condition that ends it.
    pub until: Option<String>,
    /// How long the condition must hold, in seconds.
    pub for_seconds: Option<u64>,
    /// Names and expressions of the key.
    pub by: Vec<(String, String)>,
    /// How long a key is kept after its newest event, in seconds; none is the default.
    pub forget_seconds: Option<u64>,
    /// How long after a `firing` of a key none is sent, in seconds.
    pub cooldown_seconds: Option<u64>,
    /// How long after a `firing` another is sent while the episode lasts, in seconds.
    pub repeat_seconds: Option<u64>,
    /// Whether it stands in the shadow.
    pub shadow: bool,
    /// Whether it is not enabled.
    pub disabled: bool,
}

/// The `defaults:` of a rule file, as far as they change what happens.
#[derive(Debug, Clone, Default)]
pub struct OracleDefaults {
    /// For alerts without `on`.
    pub on: Vec<String>,
    /// For alerts without `by`.
    pub by: Vec<(String, String)>,
    /// For alerts without `forget`, in seconds.
    pub forget_seconds: Option<u64>,
    /// For alerts without `cooldown`, in seconds.
    pub cooldown_seconds: Option<u64>,
    /// For alerts without `repeat`, in seconds.
    pub repeat_seconds: Option<u64>,
}

impl OracleDefaults {
    /// Fills what an alert leaves out.
    pub fn fill(&self, rule: &OracleRule) -> OracleRule {
        let mut rule = rule.clone();
        if rule.on.is_empty() {
            rule.on.clone_from(&self.on);
        }
        if rule.by.is_empty() {
            rule.by.clone_from(&self.by);
        }
        rule.forget_seconds = rule.forget_seconds.or(self.forget_seconds);
        rule.cooldown_seconds = rule.cooldown_seconds.or(self.cooldown_seconds);
        rule.repeat_seconds = rule.repeat_seconds.or(self.repeat_seconds);
        rule
    }
}

/// An aggregate rule.
#[derive(Debug, Clone, Default)]
pub struct OracleAggregate {
    /// The aggregate's name.
    pub name: String,
    /// The patterns of event types; none is every event.
    pub on: Vec<String>,
    /// Names and expressions of the key.
    pub by: Vec<(String, String)>,
    /// The length of its windows in seconds.
    pub per_seconds: u64,
    /// Names and expressions of what it computes.
    pub compute: Vec<(String, String)>,
}

/// A silence. A day such as `2026-11-01` is its first moment in the silence's zone.
#[derive(Debug, Clone, Default)]
pub struct OracleSilence {
    /// The silence's name.
    pub name: String,
    /// The name of the alerts that it covers, perhaps ending in `*`; none is all.
    pub alert: Option<String>,
    /// The values that a key must have.
    pub key: Vec<(String, serde_json::Value)>,
    /// Its first moment, a day or RFC 3339.
    pub from: Option<String>,
    /// The first moment after it, a day or RFC 3339.
    pub until: String,
    /// The time of day that it is limited to: `22:00-04:00`.
    pub daily: Option<String>,
    /// The name of the zone; none is UTC.
    pub timezone: Option<String>,
}

/// When the pending state of a rule that has an `until` ends before it fires.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum PendingEnds {
    /// When `when` is false or empty, as without `until`, or `until` is true.
    #[default]
    WithWhen,
    /// When `until` is true only.
    WithUntilAlone,
}
