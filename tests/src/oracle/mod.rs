//! A naive model of the rule language: it keeps every event and computes everything anew each time.
//!
//! It shares nothing with the engine but the parser, so that where the two agree, both are likely right.
//! It covers the core: paths, operators, `count sum avg min max` with `over` and `per`, `by`, `for`,
//! `until` and `forget`, with the default envelope and the event time as arrival.

mod datum;
mod expression;
mod group;
mod input;
mod rule;
mod window;

use std::collections::BTreeMap;

use serde_json::{Map, Value};

use group::Group;
use input::Event;
use rule::Rule;

/// Whether a pending state ends when `when` is false or empty even though the rule has an `until`.
///
/// Otherwise a pending state of such a rule would end only when `until` is true.
pub const PENDING_IGNORES_UNTIL_RULE: bool = true;

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
}

/// A line of the output.
#[derive(Debug, Clone, PartialEq)]
pub struct OracleAlert {
    /// `firing` or `resolved`
    pub status: &'static str,
    /// The alert's name.
    pub alert: String,
    /// The key, in canonical values; none for a per-event alert without `by`.
    pub key: Option<Map<String, Value>>,
    /// When, in milliseconds since the epoch.
    pub at_ms: i64,
    /// When the episode began; none for a per-event alert.
    pub since_ms: Option<i64>,
    /// The line of the event, from 1; none for a timer's.
    pub line: Option<usize>,
    /// What the windows and the paths of the conditions gave, by canonical text.
    pub values: BTreeMap<String, Value>,
    /// Why it was resolved, if not by its conditions.
    pub reason: Option<&'static str>,
}

/// All that a run gives.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct OracleRun {
    /// The alerts in the order of the output.
    pub alerts: Vec<OracleAlert>,
    /// The lines that were rejected.
    pub rejects: Vec<usize>,
}

/// Runs rules over lines.
///
/// # Errors
///
/// If an expression does not parse.
pub fn run<'a>(
    rules: &[OracleRule],
    lines: impl IntoIterator<Item = &'a str>,
    until_end: bool,
) -> Result<OracleRun, String> {
    let mut rules = rules
        .iter()
        .map(Rule::new)
        .collect::<Result<Vec<Rule>, String>>()?;
    rules.sort_by(|left, right| left.name.cmp(&right.name));
    let mut model = Model {
        rules,
        groups: BTreeMap::new(),
        progress: i64::MIN,
        run: OracleRun::default(),
    };
    for (position, text) in lines.into_iter().enumerate() {
        if text.trim().is_empty() {
            continue;
        }
        match Event::read(text, position + 1) {
            Some(event) => model.deliver(event),
            None => model.run.rejects.push(position + 1),
        }
    }
    if until_end {
        model.progress = i64::MAX;
        model.run_timers();
    }
    Ok(model.run)
}

struct Model {
    /// Sorted by name.
    rules: Vec<Rule>,
    /// By position of the rule and bytes of the key.
    groups: BTreeMap<(usize, Vec<u8>), Group>,
    progress: i64,
    run: OracleRun,
}

impl Model {
    fn deliver(&mut self, event: Event) {
        self.progress = self.progress.max(event.time);
        self.run_timers();
        for (position, rule) in self.rules.iter().enumerate() {
            if rule.is_per_event() {
                self.run.alerts.extend(rule.per_event(&event));
                continue;
            }
            if !event.matches(&rule.on) {
                if rule.by.is_empty() {
                    let id = (position, b"[]".to_vec());
                    self.groups
                        .entry(id)
                        .or_insert_with(|| Group::born(rule, event.time));
                }
                continue;
            }
            let Some(key) = rule.key(&event) else {
                continue;
            };
            let id = (position, Value::from(key.clone()).to_string().into_bytes());
            let group = self
                .groups
                .entry(id)
                .or_insert_with(|| Group::new(rule, key));
            self.run
                .alerts
                .extend(group.deliver(rule, &event, self.progress));
        }
        // An event that comes late may set timers for times that progress has passed already.
        self.run_timers();
    }

    /// Runs the timers that progress has passed, by time, then alert, then key.
    fn run_timers(&mut self) {
        loop {
            let timers = self
                .groups
                .iter()
                .filter_map(|(id, group)| Some((group.next_timer?, id)));
            let Some((time, id)) = timers.min().filter(|(time, _)| *time < self.progress) else {
                return;
            };
            let id = id.clone();
            let rule = &self.rules[id.0];
            if let Some(group) = self.groups.get_mut(&id) {
                let (alerts, forgotten) = group.run_timer(rule, time);
                self.run.alerts.extend(alerts);
                if forgotten {
                    self.groups.remove(&id);
                }
            }
        }
    }
}
