//! Why a key of an alert did not fire at some time.

use std::collections::{BTreeMap, BTreeSet};

use ecow::EcoString;
use serde::Serialize;
use serde_json::Value;
use tripline_grammar::ast::ExprKind;

use super::watch::{Concern, Glance, Look, Watch};
use super::{Distance, Explanation, NearestMiss, Part, PartValue, missed, part};
use crate::apply::Advance;
use crate::diagnostic::nearest;
use crate::eval::Scope;
use crate::event::Event;
use crate::message::parts;
use crate::output::{Status, in_order};
use crate::program::{AlertRule, Kind, Program};
use crate::time::Time;
use crate::trace::{Reason, Stage, Trace};

/// How far around the time is looked at least, in milliseconds.
const LEAST_AROUND: i64 = 10 * 60_000;
/// How many other keys are remembered, and how many of them are named.
const MOST_KEYS: usize = 10_000;
const NAMED_KEYS: usize = 5;
/// How many changes around the time are told.
const MOST_CHANGES: usize = 20;

/// What a key of an alert was at some time, and what it lacked to fire.
///
/// Serialises to one JSON object whose keys stand in the order of the fields; optional ones are left out.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct NotFiring {
    /// The alert.
    pub alert: String,
    /// The values of `by`, by name.
    #[serde(serialize_with = "in_order")]
    pub key: Option<Vec<(String, Value)>>,
    /// The time that was asked for.
    pub at: Time,
    /// What the key was then.
    pub outcome: WhyNotOutcome,
    /// Since when it was that.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub since: Option<Time>,
    /// The conditions as they stood: at the last evaluation before, or at the time itself.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub moment: Option<Explanation>,
    /// How near the condition came to being true in the time around.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub nearest: Option<NearestMiss>,
    /// What events of the key lacked in the time around.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub missing: Vec<Missing>,
    /// What happened to the key in the time around, and messages that were withheld.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub history: Vec<Trace>,
    /// The time around.
    pub from: Time,
    /// The time around.
    pub to: Time,
    /// The events of the input.
    pub events: KeyEvents,
    /// Keys that are like this one, if no event has it.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub like: Vec<Value>,
}

/// What a key was.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum WhyNotOutcome {
    /// It fired, and a message said so.
    Firing,
    /// It fired, and the message was withheld: the history says why.
    Withheld,
    /// The condition held, but not yet for as long as `for` says.
    Pending,
    /// The condition did not hold.
    Inactive,
    /// No event of the input is of a type that the alert takes.
    NoEvents,
    /// No event has the key.
    Unseen,
    /// The first event of the key came later.
    NotYet,
    /// The key was not seen for as long as `forget` says.
    Forgotten,
}

/// The events of the input.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize)]
pub struct KeyEvents {
    /// How many are of the alert's types.
    pub of_alert: u64,
    /// How many of these have no value for some part of `by`.
    pub without_key: u64,
    /// How many are of the key.
    pub of_key: u64,
    /// How many other keys there are, as far as they were counted.
    pub other_keys: u64,
    /// The first of the key.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub first: Option<Time>,
    /// The last of the key up to the time that was asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub last: Option<Time>,
    /// The first of the key after it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub next: Option<Time>,
    /// How far the input comes.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub end: Option<Time>,
}

/// What events lacked.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Missing {
    /// What is unknown: a path, or what is computed of it.
    pub text: String,
    /// The window that does not count them for it; without one it is the condition itself.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub window: Option<String>,
    /// How many events of the key lacked it.
    pub events: u64,
    /// Of how many.
    pub of: u64,
}

/// Finds out why a key of an alert did not fire at some time.
#[derive(Debug)]
pub struct WhyNot<'p> {
    watch: Watch<'p>,
    at: Time,
    from: Time,
    to: Time,
    /// The key as it was at that time.
    asked: Option<Explanation>,
    keys: BTreeSet<EcoString>,
    seen: Seen,
    events: KeyEvents,
}

/// What was seen around the time.
#[derive(Debug, Default)]
struct Seen {
    nearest: Option<(Distance, NearestMiss)>,
    /// The last evaluation of an event up to the time, or the first after it.
    moment: Option<Explanation>,
    missing: BTreeMap<(Option<String>, String), u64>,
    events: u64,
    history: Vec<Trace>,
    /// What the key was after its last change up to the time, and when that was, unless it was forgotten.
    last: Option<(Stage, Time)>,
    fired: bool,
    sent: bool,
    /// Whether the alert has no state, but fires for single events.
    is_per_event: bool,
}

impl Program {
    /// Begins to find out why a key did not fire at some time.
    ///
    /// `None` if there is no such alert, or its key has not these names with a text, a number or a boolean each.
    pub fn why_not(&self, alert: &str, key: &[(String, Value)], at: Time) -> Option<WhyNot<'_>> {
        let index = self.alert_index(alert)?;
        let rule = &self.alerts[index];
        let names = self.key_names(rule);
        let value = |name: &String| Some(&key.iter().find(|(known, _)| known == name)?.1);
        let values: Option<Vec<&Value>> = names.iter().map(value).collect();
        let values = values.filter(|values| values.len() == key.len())?;
        let key = self.key_of_values(index, values.into_iter())?;
        let spans = rule.windows.iter().map(|window| window.frame.span());
        let others = [rule.hold, rule.cooldown, Some(LEAST_AROUND)];
        let around = spans.chain(others.into_iter().flatten()).max();
        let around = around.unwrap_or(LEAST_AROUND);
        let (from, to) = (at.plus(-around), at.plus(around));
        Some(WhyNot {
            watch: Watch::new(self, index, key, from..=to),
            at,
            from,
            to,
            asked: None,
            keys: BTreeSet::new(),
            seen: Seen {
                is_per_event: rule.is_per_event(),
                ..Seen::default()
            },
            events: KeyEvents::default(),
        })
    }
}

impl WhyNot<'_> {
    /// Takes the next event of the input.
    pub fn event(&mut self, event: &Event<'_>) {
        let concern = self.watch.concern(event);
        let is_key = matches!(concern, Concern::Key);
        self.ask(is_key.then_some(event.time).max(Some(event.arrival)));
        self.count(event, &concern);
        let rule = self.watch.rule();
        let (seen, at, range) = (&mut self.seen, self.at, self.from..=self.to);
        if is_key && range.contains(&event.time) {
            seen.lacks(rule, event);
        }
        let look: Look<'_> =
            &mut |glance| seen.look(&glance, at, range.contains(&glance.explanation.at));
        self.watch.event(event, &concern, look);
    }

    /// Looks at the key as it is at the time, before it goes on to a later one.
    fn ask(&mut self, next: Option<Time>) {
        let stands = self.watch.clock().is_some_and(|clock| clock <= self.at);
        if stands && next.is_none_or(|next| next > self.at) {
            self.asked = self.watch.at(self.at);
        }
    }

    fn count(&mut self, event: &Event<'_>, concern: &Concern) {
        let events = &mut self.events;
        match concern {
            Concern::Nothing => return,
            Concern::Keyless => events.without_key += 1,
            Concern::Other(key) => {
                if self.keys.len() < MOST_KEYS && !self.keys.contains(&key.key) {
                    self.keys.insert(key.key.clone());
                }
            }
            Concern::Key => {
                events.of_key += 1;
                events.first.get_or_insert(event.time);
                if event.time <= self.at {
                    events.last = events.last.max(Some(event.time));
                } else {
                    events.next.get_or_insert(event.time);
                }
            }
        }
        events.of_alert += 1;
    }

    /// Ends the input: tells what was found. If the input ends before the time, time passes without events.
    pub fn finish(mut self) -> NotFiring {
        self.events.end = self.watch.progress();
        self.ask(None);
        let (seen, at, range) = (&mut self.seen, self.at, self.from..=self.to);
        let advance = Advance {
            to: Some(at.plus(1)),
            ..Advance::default()
        };
        let look: Look<'_> =
            &mut |glance| seen.look(&glance, at, range.contains(&glance.explanation.at));
        self.watch.advance(advance, look);
        self.events.other_keys = self.keys.len() as u64;

        let asked = self.asked.take();
        let outcome = self.outcome(asked.as_ref());
        let is_key_seen = self.events.of_key > 0;
        let program = self.watch.program();
        let rule = self.watch.rule();
        let names = program.groupings[rule.grouping].names();
        let key = names.zip(parts(&self.watch.key().key)).collect();
        let of = self.seen.events;
        let missing = self.seen.missing.into_iter();
        let missing = missing.map(|((window, text), events)| Missing {
            text,
            window,
            events,
            of,
        });
        let since = asked.as_ref().and_then(|asked| asked.since);
        let last = self
            .seen
            .last
            .filter(|(stage, _)| *stage != Stage::Inactive);
        let since = since.or(last.filter(|_| asked.is_none()).map(|(_, at)| at));
        // What reads no field is best shown as it is at the time itself.
        let moment = match (self.seen.moment, asked) {
            (Some(moment), _) if rule.when.reads_event() || rule.kind == Kind::PerEvent => {
                Some(moment)
            }
            (moment, asked) => asked
                .filter(|one| !one.conditions.is_empty() && is_key_seen)
                .or(moment),
        };
        NotFiring {
            alert: rule.name.clone(),
            key: Some(key),
            at: self.at,
            outcome,
            since,
            moment: moment.filter(|_| !matches!(outcome, WhyNotOutcome::Unseen)),
            nearest: self
                .seen
                .nearest
                .filter(|_| outcome == WhyNotOutcome::Inactive)
                .map(|(_, miss)| miss),
            missing: missing.collect(),
            history: self.seen.history,
            from: self.from,
            to: self.to,
            events: self.events,
            like: match is_key_seen {
                true => Vec::new(),
                false => like(&self.keys, &self.watch.key().key),
            },
        }
    }

    fn outcome(&self, asked: Option<&Explanation>) -> WhyNotOutcome {
        // Of a key that began with an old event, and went on at once, only its changes are known.
        let last = self.seen.last.map(|(stage, _)| stage);
        let stage = asked.and_then(|asked| asked.stage).or(last);
        let events = &self.events;
        let is_global = self.watch.program().groupings[self.watch.rule().grouping].is_global();
        match stage {
            Some(Stage::Pending) => WhyNotOutcome::Pending,
            Some(Stage::Firing) if self.seen.sent => WhyNotOutcome::Firing,
            Some(Stage::Firing) => WhyNotOutcome::Withheld,
            _ if events.of_alert == 0 && !(is_global && stage.is_some()) => WhyNotOutcome::NoEvents,
            _ if events.of_key == 0 && !is_global => WhyNotOutcome::Unseen,
            _ if events.last.is_none() && !is_global => WhyNotOutcome::NotYet,
            Some(Stage::Inactive) => WhyNotOutcome::Inactive,
            None if self.watch.rule().kind == Kind::PerEvent => match self.seen {
                Seen { sent: true, .. } => WhyNotOutcome::Firing,
                Seen { fired: true, .. } => WhyNotOutcome::Withheld,
                _ => WhyNotOutcome::Inactive,
            },
            None if events.last.is_none() => WhyNotOutcome::NotYet,
            None => WhyNotOutcome::Forgotten,
        }
    }
}

impl Seen {
    fn look(&mut self, glance: &Glance<'_>, at: Time, is_around: bool) {
        let explanation = &glance.explanation;
        let is_before = explanation.at <= at;
        for line in &explanation.trace {
            if line.at <= at && !self.is_per_event {
                self.last = Some((line.to, line.at)).filter(|_| line.reason != Reason::Forgotten);
            }
            if is_around && self.history.len() < MOST_CHANGES {
                self.history.push(line.clone());
            }
        }
        self.messages(glance, at);
        if !is_around {
            return;
        }
        if glance.event.is_some() && (is_before || self.moment.is_none()) {
            self.moment = Some(explanation.clone());
        }
        for (name, part) in &explanation.conditions {
            if *name == "when" {
                missed(part, explanation.at, &mut self.nearest);
            }
            if glance.event.is_some() && !explanation.late {
                let mut unread = BTreeSet::new();
                unknown(part, &mut unread);
                for text in unread {
                    *self.missing.entry((None, text)).or_default() += 1;
                }
            }
        }
    }

    /// Notes whether the episode that goes on at the time was told of.
    fn messages(&mut self, glance: &Glance<'_>, at: Time) {
        let explanation = &glance.explanation;
        let mut told = explanation.alerts.iter().filter(|one| one.at <= at);
        if self.is_per_event {
            // It fires for the events of that very moment.
            if glance.event.is_some_and(|event| event.time == at) {
                self.fired |= !explanation.trace.is_empty();
                self.sent |= told.next().is_some();
            }
            return;
        }
        let mut lines = explanation.trace.iter().filter(|line| line.at <= at);
        if lines.any(|line| line.from != line.to) {
            self.sent = false;
        }
        self.sent |= told.any(|alert| alert.status == Status::Firing);
    }

    /// Notes what an event lacks to be counted in the windows.
    fn lacks(&mut self, rule: &AlertRule, event: &Event<'_>) {
        self.events += 1;
        for window in &rule.windows {
            let Ok(expr) = tripline_grammar::parse(&window.text, Default::default()) else {
                continue;
            };
            let ExprKind::Call(call) = &expr.kind else {
                continue;
            };
            let scope = Scope::of_event(event);
            let value = window.value.as_ref();
            let filter = match value {
                Some(_) => call.filter.as_deref(),
                None => call.args.first(),
            };
            let read = [
                filter.zip(window.filter.as_ref()),
                call.args.first().zip(value),
            ];
            let mut unread = BTreeSet::new();
            for (expr, node) in read.into_iter().flatten() {
                unknown(&part(expr, node, scope), &mut unread);
            }
            for text in unread {
                let of = (Some(window.text.clone()), text);
                *self.missing.entry(of).or_default() += 1;
            }
        }
    }
}

/// The innermost parts that are unknown for want of a field, of a part that is.
fn unknown(part: &Part, unread: &mut BTreeSet<String>) {
    if part.value != PartValue::Unread {
        return;
    }
    let before = unread.len();
    part.parts.iter().for_each(|inner| unknown(inner, unread));
    if unread.len() == before && !part.parts.iter().any(|one| one.value == PartValue::Unread) {
        unread.insert(part.text.clone());
    }
}

/// The keys that are likest to one: those of the same text first.
fn like(keys: &BTreeSet<EcoString>, wanted: &str) -> Vec<Value> {
    let plain = |key: &str| key.replace('"', "").to_lowercase();
    let same = keys.iter().filter(|key| plain(key) == plain(wanted));
    let mut found: Vec<&str> = same.map(EcoString::as_str).collect();
    let near = nearest(wanted, keys.iter().map(EcoString::as_str));
    found.extend(near);
    if found.is_empty() {
        found.extend(keys.iter().map(EcoString::as_str).take(NAMED_KEYS));
    }
    let mut named = BTreeSet::new();
    found.retain(|key| named.insert(*key));
    let values = found.into_iter().take(NAMED_KEYS);
    values
        .filter_map(|key| serde_json::from_str(key).ok())
        .collect()
}
