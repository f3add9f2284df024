//! What a run tells at its end.

use std::collections::BTreeMap;
use std::fmt::Write;
use std::time::Duration;

use indicatif::HumanBytes;

use crate::terminal::{counted, tame};

/// Counts what a run sees.
#[derive(Debug, Default)]
pub(crate) struct Summary {
    pub(crate) events: u64,
    pub(crate) rejects: u64,
    /// How many keys have a state, and the bytes of memory that those take.
    pub(crate) state: Option<(u64, u64)>,
    /// Where the first line that is no event stands, and why it is none.
    pub(crate) first_reject: Option<String>,
    /// Per alert rule: how often it began to fire, and how often that ended.
    rules: BTreeMap<String, (u64, u64)>,
}

impl Summary {
    pub(crate) fn new(rules: impl Iterator<Item = String>) -> Self {
        Self {
            rules: rules.map(|name| (name, (0, 0))).collect(),
            ..Self::default()
        }
    }

    pub(crate) fn count(&mut self, rule: &str, firing: bool) {
        if !self.rules.contains_key(rule) {
            self.rules.insert(rule.to_owned(), (0, 0));
        }
        if let Some((fired, resolved)) = self.rules.get_mut(rule) {
            *(if firing { fired } else { resolved }) += 1;
        }
    }

    pub(crate) fn fired(&self) -> u64 {
        self.rules.values().map(|(fired, _)| fired).sum()
    }

    /// The lines for standard error.
    pub(crate) fn text(&self, elapsed: Duration, rejects_kept: bool) -> String {
        let seconds = elapsed.as_secs_f64();
        let speed = if self.events > 0 {
            self.events as f64 / seconds.max(1e-6)
        } else {
            0.0
        };
        let resolved: u64 = self.rules.values().map(|(_, resolved)| resolved).sum();
        let mut text = format!(
            "{}, {} in {seconds:.2} s ({speed:.0} events/s)\n{}: {} firing, {resolved} resolved\n",
            counted(self.events, "event"),
            counted(self.rejects, "reject"),
            counted(self.fired() + resolved, "alert"),
            self.fired(),
        );
        if let Some((keys @ 1.., bytes)) = self.state {
            let _ = writeln!(text, "{} in {}", counted(keys, "key"), HumanBytes(bytes));
        }
        let width = self
            .rules
            .keys()
            .map(|name| name.chars().count())
            .max()
            .unwrap_or(0);
        for (name, (fired, resolved)) in &self.rules {
            let _ = writeln!(
                text,
                "  {name:width$}  {fired:>7} firing  {resolved:>7} resolved"
            );
        }
        if let (Some(first), false) = (&self.first_reject, rejects_kept) {
            let _ = writeln!(
                text,
                "first reject: {} (--rejects FILE writes them all)",
                tame(first)
            );
        }
        text
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lists_every_rule_aligned() {
        let mut summary = Summary::new(["hot".to_owned(), "silent-sensor".to_owned()].into_iter());
        summary.events = 3000;
        summary.rejects = 1;
        summary.first_reject = Some("a.ndjson:7: not JSON".to_owned());
        summary.count("hot", true);
        summary.count("hot", true);
        summary.count("hot", false);
        let expected = "\
3000 events, 1 reject in 1.50 s (2000 events/s)
3 alerts: 2 firing, 1 resolved
  hot                  2 firing        1 resolved
  silent-sensor        0 firing        0 resolved
first reject: a.ndjson:7: not JSON (--rejects FILE writes them all)
";
        assert_eq!(summary.text(Duration::from_millis(1500), false), expected);
    }
}
