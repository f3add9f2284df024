//! Routes and silences.

use std::collections::BTreeMap;

use chrono_tz::Tz;

use super::super::findings::Findings;
use super::super::rules::{Alert, Rules};
use super::super::{Family, Lint};
use crate::check::moment;
use crate::check::reader::shown;
use crate::diagnostic::Severity;
use crate::matcher::Matcher;
use crate::yaml::{Entry, Node};

pub(in crate::lint) const DEAD_ROUTE: Lint = Lint::new(
    "W2431",
    "dead-route",
    Severity::Warning,
    Family::LifeCycle,
    dead,
);
pub(in crate::lint) const EXPIRED_SILENCE: Lint = Lint::new(
    "W2432",
    "expired-silence",
    Severity::Warning,
    Family::LifeCycle,
    expired,
);
pub(in crate::lint) const IDLE_SILENCE: Lint = Lint::new(
    "W2433",
    "idle-silence",
    Severity::Warning,
    Family::LifeCycle,
    idle,
);
pub(in crate::lint) const SILENCE_KEY: Lint = Lint::new(
    "W2434",
    "silence-key",
    Severity::Warning,
    Family::LifeCycle,
    keys,
);
pub(in crate::lint) const SILENCE_OF_ALL: Lint = Lint::new(
    "W2435",
    "silence-of-all",
    Severity::Warning,
    Family::LifeCycle,
    all,
);

fn dead(rules: &Rules<'_>, out: &mut Findings) {
    let Some(file) = rules.checked.settings_file else {
        return;
    };
    let Some(program) = &rules.checked.program else {
        return;
    };
    let root = rules.checked.documents[file].root.as_ref();
    let nodes = root
        .and_then(|root| root.get("notify")?.get("routes")?.as_list())
        .unwrap_or_default();
    let routes = &program.routes().routes;
    if nodes.len() != routes.len() {
        return;
    }
    let mut taken = vec![false; program.alerts().len()];
    let mut all_taken = false;
    for (route, node) in routes.iter().zip(nodes) {
        let (mut takes, mut hidden) = (false, all_taken);
        for (alert, taken) in program.alerts().zip(&mut taken) {
            let wanted = &route.alerts;
            if !alert.shadow && wanted.matches(&alert.name, alert.severity, &alert.labels) {
                hidden |= *taken;
                takes |= !*taken;
                *taken = true;
            }
        }
        // One that takes all is there for the alerts that are yet to be written, too.
        let is_for_all = route.alerts == Matcher::default();
        if !takes && (!is_for_all || all_taken) {
            let message = if hidden {
                "the routes before this one take all that it matches"
            } else {
                "this route matches no alert"
            };
            out.place(file, node.range.clone(), message).help(
                "the first that fits is taken: move it up, mend what it asks for, or remove it",
            );
        }
        all_taken |= is_for_all;
    }
}

/// How many alerts are compared with all silences of prefixes and labels; past it, these are not looked at.
const MAX_COMPARISONS: usize = 4_000_000;
/// How many alerts of a silence are looked at.
const MAX_SILENCED: usize = 64;

/// What a key of a silence holds.
fn field<'e>(silence: &'e Entry, key: &str) -> Option<&'e Node> {
    silence.value.get(key)
}

/// Alerts by name, for what silences are about.
struct Named<'r, 'c> {
    alerts: BTreeMap<&'c str, &'r Alert<'c>>,
    comparisons: usize,
}

impl<'r, 'c> Named<'r, 'c> {
    fn new(rules: &'r Rules<'c>) -> Self {
        let alerts = rules.alerts.iter().filter(|alert| alert.compiled.is_some());
        Named {
            alerts: alerts.map(|alert| (alert.name, alert)).collect(),
            comparisons: 0,
        }
    }

    /// The first alerts that a silence is about; `None` if that cannot be told.
    fn silenced(&mut self, rules: &Rules<'_>, silence: &Entry) -> Option<Vec<&'r Alert<'c>>> {
        let silences = &rules.checked.program.as_ref()?.silences;
        let name = silence.key.value.as_str();
        let at = silences
            .binary_search_by(|one| one.name.as_str().cmp(name))
            .ok()?;
        let wanted = &silences[at].alerts;
        let meant = |alert: &Alert<'_>| {
            alert
                .compiled
                .is_some_and(|rule| wanted.matches(&rule.name, rule.severity, &rule.labels))
        };
        let stem = wanted.alert.as_deref().unwrap_or("*");
        let Some(prefix) = stem.strip_suffix('*') else {
            let alert = self.alerts.get(stem).filter(|alert| meant(alert));
            return Some(alert.into_iter().copied().collect());
        };
        let mut found = Vec::new();
        for (name, alert) in self.alerts.range(prefix..) {
            self.comparisons += 1;
            if self.comparisons > MAX_COMPARISONS {
                return None;
            }
            if !name.starts_with(prefix) || found.len() == MAX_SILENCED {
                break;
            }
            found.extend(meant(alert).then_some(*alert));
        }
        Some(found)
    }
}

fn expired(rules: &Rules<'_>, out: &mut Findings) {
    // One that has an error may be meant to end elsewhere.
    if rules.checked.program.is_none() {
        return;
    }
    for silence in &rules.silences {
        let Some(until) = field(silence.entry, "until") else {
            continue;
        };
        let zone = field(silence.entry, "timezone").and_then(Node::as_scalar);
        let zone = zone
            .and_then(|zone| zone.value.parse().ok())
            .unwrap_or(Tz::UTC);
        let time = until
            .as_scalar()
            .and_then(|scalar| moment::moment(&scalar.value, zone).ok());
        if time.is_some_and(|time| time <= rules.today) {
            out.place(
                silence.file,
                until.range.clone(),
                format!("the silence `{}` is over", shown(&silence.entry.key.value)),
            )
            .help("remove it, or give it a new end");
        }
    }
}

fn idle(rules: &Rules<'_>, out: &mut Findings) {
    let mut named = Named::new(rules);
    for silence in &rules.silences {
        if named
            .silenced(rules, silence.entry)
            .is_some_and(|alerts| alerts.is_empty())
        {
            out.entry(
                silence.file,
                silence.entry,
                format!(
                    "the silence `{}` is about no alert",
                    shown(&silence.entry.key.value)
                ),
            )
            .help("mend its `match`, or remove it");
        }
    }
}

fn keys(rules: &Rules<'_>, out: &mut Findings) {
    let mut named = Named::new(rules);
    for silence in &rules.silences {
        let Some(keys) = field(silence.entry, "match").and_then(|found| found.get("key")?.as_map())
        else {
            continue;
        };
        let alerts = named.silenced(rules, silence.entry).unwrap_or_default();
        for key in keys {
            let known =
                |alert: &&Alert<'_>| alert.by.iter().any(|(name, _)| *name == key.key.value);
            if !alerts.is_empty() && !alerts.iter().any(known) {
                out.place(
                    silence.file,
                    key.key.range.clone(),
                    format!(
                        "no alert of this silence has `{}` in its key",
                        shown(&key.key.value)
                    ),
                )
                .help(format!(
                    "name a part of `by`, such as `{}`",
                    alerts[0].by.first().map_or("userId", |(name, _)| name)
                ));
            }
        }
    }
}

fn all(rules: &Rules<'_>, out: &mut Findings) {
    for silence in &rules.silences {
        let Some(found) = field(silence.entry, "match") else {
            continue;
        };
        let is_all = |entry: &Entry| {
            entry.key.value == "alert"
                && entry
                    .value
                    .as_scalar()
                    .is_some_and(|scalar| scalar.value == "*")
        };
        if found
            .as_map()
            .is_some_and(|entries| entries.iter().all(is_all))
        {
            out.entry(silence.file, silence.entry, format!("the silence `{}` is about every alert", shown(&silence.entry.key.value)))
                .help("name alerts, labels or a severity, or nothing is heard of what goes wrong meanwhile");
        }
    }
}
