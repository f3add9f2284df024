//! A naive model of the rule language: it keeps every event and computes everything anew each time.
//!
//! It shares nothing with the engine but the parser, so that where the two agree, both are likely right.
//! It covers the whole language of alerts, aggregates, silences and lists, with the default envelope and the
//! event time as arrival.

mod address;
mod aggregate;
mod clock;
mod datum;
mod expression;
mod function;
mod group;
mod input;
mod message;
mod row;
mod rule;
mod rules;
mod silence;
mod window;

use std::collections::BTreeMap;

use serde_json::{Map, Value};

use group::{Group, Progress, Told};
use input::Event;
use message::Messages;
use rule::Rule;

pub use rules::{
    OracleAggregate, OracleDefaults, OracleRule, OracleRules, OracleSilence, PendingEnds,
};

/// A line of the output.
#[derive(Debug, Clone, PartialEq)]
pub struct OracleAlert {
    /// `firing` or `resolved`
    pub status: &'static str,
    /// Which repeat of a `firing` it is, from 1.
    pub repeat: Option<u32>,
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
    /// Whether the alert stands in the shadow.
    pub shadow: bool,
}

/// A row of an aggregate.
#[derive(Debug, Clone, PartialEq)]
pub struct OracleRow {
    /// The aggregate's name.
    pub aggregate: String,
    /// The key, in canonical values.
    pub key: Map<String, Value>,
    /// The start of the window in milliseconds since the epoch.
    pub start_ms: i64,
    /// The end of the window in milliseconds since the epoch.
    pub end_ms: i64,
    /// What was computed, without what is unknown.
    pub values: Map<String, Value>,
    /// How many events the group had in the window.
    pub events: u64,
}

/// How many messages were not sent, and how many were sent again.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct OracleTally {
    /// Firings that came within a cooldown, whether they went out at its end or not.
    pub withheld: u64,
    /// Messages that a silence covered.
    pub silenced: u64,
    /// Repeats that were sent.
    pub repeats: u64,
    /// Repeats that were left out for a later one.
    pub skipped_repeats: u64,
}

impl OracleTally {
    /// Adds another tally.
    pub fn add(&mut self, other: OracleTally) {
        self.withheld += other.withheld;
        self.silenced += other.silenced;
        self.repeats += other.repeats;
        self.skipped_repeats += other.skipped_repeats;
    }
}

/// All that a run gives.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct OracleRun {
    /// The alerts in the order of the output.
    pub alerts: Vec<OracleAlert>,
    /// The lines that were rejected.
    pub rejects: Vec<usize>,
    /// The rows of the aggregates in the order of the output.
    pub rows: Vec<OracleRow>,
    /// What was not sent, and what was sent again.
    pub tally: OracleTally,
}

/// Runs rules over lines.
///
/// # Errors
///
/// If an expression, a zone or a time does not parse.
pub fn run<'a>(
    rules: &OracleRules,
    lines: impl IntoIterator<Item = &'a str>,
    until_end: bool,
) -> Result<OracleRun, String> {
    let alerts = rules.alerts.iter().filter(|rule| !rule.disabled);
    let mut alerts = alerts
        .map(|rule| Rule::new(&rules.defaults.fill(rule), rules))
        .collect::<Result<Vec<Rule>, String>>()?;
    alerts.sort_by(|left, right| left.name.cmp(&right.name));
    let mut model = Model {
        rules: alerts,
        groups: BTreeMap::new(),
        per_event: BTreeMap::new(),
        progress: Progress {
            newest: i64::MIN,
            over: false,
        },
        run: OracleRun::default(),
    };
    let mut events = Vec::new();
    for (position, text) in lines.into_iter().enumerate() {
        if text.trim().is_empty() {
            continue;
        }
        match Event::read(text, position + 1) {
            Some(event) => {
                model.deliver(&event);
                events.push(event);
            }
            None => model.run.rejects.push(position + 1),
        }
    }
    if until_end {
        model.end();
    }
    let mut aggregates: Vec<&OracleAggregate> = rules.aggregates.iter().collect();
    aggregates.sort_by(|left, right| left.name.cmp(&right.name));
    for aggregate in aggregates {
        let rows = row::rows(aggregate, &rules.lists, &events)?;
        model.run.rows.extend(rows);
    }
    Ok(model.finish())
}

/// Puts messages into the output.
fn tell(run: &mut OracleRun, told: Vec<Told>) {
    for Told { alert, replaces } in told {
        let is_same = |other: &OracleAlert| {
            other.alert == alert.alert && other.key == alert.key && other.repeat == alert.repeat
        };
        if replaces && let Some(at) = run.alerts.iter().rposition(is_same) {
            run.alerts.remove(at);
        }
        run.alerts.push(alert);
    }
}

/// The position of a rule, and the bytes of a key.
type GroupId = (usize, Vec<u8>);

struct Model {
    /// Sorted by name.
    rules: Vec<Rule>,
    groups: BTreeMap<GroupId, Group>,
    /// What was sent about the keys of per-event alerts, and the newest event that one was true of.
    per_event: BTreeMap<GroupId, (Messages, i64)>,
    progress: Progress,
    run: OracleRun,
}

impl Model {
    fn deliver(&mut self, event: &Event) {
        self.progress.newest = self.progress.newest.max(event.time);
        self.run_timers();
        for (position, rule) in self.rules.iter().enumerate() {
            if !event.matches(&rule.on) {
                if rule.by.is_empty() && !rule.is_per_event() {
                    let id = (position, b"[]".to_vec());
                    self.groups
                        .entry(id)
                        .or_insert_with(|| Group::born(rule, event.time));
                }
                continue;
            }
            let Some(key) = rule.key(event) else {
                continue;
            };
            let id = (position, Value::from(key.clone()).to_string().into_bytes());
            if rule.is_per_event() {
                if let Some(alert) = rule.per_event(event, &key) {
                    let (messages, newest) = self
                        .per_event
                        .entry(id)
                        .or_insert_with(|| (Messages::default(), event.time));
                    *newest = event.time.max(*newest);
                    let sent = messages.lets_pass(rule, &key, event.time);
                    self.run.alerts.extend(sent.then_some(alert));
                }
                continue;
            }
            let group = self
                .groups
                .entry(id)
                .or_insert_with(|| Group::new(rule, key));
            let told = group.deliver(rule, event, self.progress);
            tell(&mut self.run, told);
        }
        // An event that comes late may set timers for times that progress has passed already.
        self.run_timers();
    }

    /// Runs the timers that progress has passed, by time, then alert, then key.
    fn run_timers(&mut self) {
        // The cooldown of a per-event alert outlives the key, and goes with it.
        let (rules, progress, tally) = (&self.rules, self.progress, &mut self.run.tally);
        self.per_event.retain(|id, (messages, newest)| {
            let stays = messages.stays_until(&rules[id.0], *newest);
            let stays = progress.over || stays.is_none_or(|time| time >= progress.newest);
            if !stays {
                tally.add(messages.tally);
            }
            stays
        });
        loop {
            let timers = self
                .groups
                .iter()
                .filter_map(|(id, group)| Some((group.next_timer?, id)));
            let due = timers.min();
            let Some((time, id)) = due.filter(|(time, _)| *time < self.progress.newest) else {
                return;
            };
            let id = id.clone();
            let rule = &self.rules[id.0];
            if let Some(group) = self.groups.get_mut(&id) {
                let (told, forgotten) = group.run_timer(rule, time, self.progress);
                tell(&mut self.run, told);
                if forgotten {
                    self.run.tally.add(group.messages.tally);
                    self.groups.remove(&id);
                }
            }
        }
    }

    /// Runs the timers that are left after the last event.
    fn end(&mut self) {
        self.progress = Progress {
            newest: i64::MAX,
            over: true,
        };
        for ((position, _), group) in &mut self.groups {
            group.end_input(&self.rules[*position]);
        }
        self.run_timers();
    }

    fn finish(mut self) -> OracleRun {
        let groups = self.groups.values().map(|group| group.messages.tally);
        let per_event = self.per_event.values().map(|(messages, _)| messages.tally);
        groups
            .chain(per_event)
            .for_each(|tally| self.run.tally.add(tally));
        self.run
    }
}
