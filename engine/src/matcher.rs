//! Which alerts a silence or a route is about.

use std::collections::BTreeMap;

use crate::output::AlertSeverity;

/// What alerts must be like; what is not set matches all.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct Matcher {
    /// A name, or a prefix with `*` at its end.
    pub(crate) alert: Option<String>,
    /// Any of them; none stands for all.
    pub(crate) severity: Vec<AlertSeverity>,
    /// All of them.
    pub(crate) labels: BTreeMap<String, String>,
}

impl Matcher {
    /// Whether an alert of this name, severity and labels is meant.
    pub(crate) fn matches(
        &self,
        alert: &str,
        severity: AlertSeverity,
        labels: &BTreeMap<String, String>,
    ) -> bool {
        let names = |wanted: &str| match wanted.strip_suffix('*') {
            Some(prefix) => alert.starts_with(prefix),
            None => alert == wanted,
        };
        self.alert.as_deref().is_none_or(names)
            && (self.severity.is_empty() || self.severity.contains(&severity))
            && self.labels.len() <= labels.len()
            && self
                .labels
                .iter()
                .all(|(name, value)| labels.get(name) == Some(value))
    }
}
