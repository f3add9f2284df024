//! Lints of several rules together. Rules are put in buckets by what they share, and compared within those only.

use std::collections::{BTreeMap, BTreeSet};

use tripline_grammar::ast::{ChainOp, Expr};
use tripline_grammar::print;

use super::findings::Findings;
use super::logic::{Interval, implies, may_imply, never};
use super::rules::{Alert, Rules};
use super::walk::joined;
use super::{Family, Lint};
use crate::diagnostic::Severity;

pub(super) const DUPLICATE_CONDITION: Lint = Lint::new(
    "W2601",
    "duplicate-condition",
    Severity::Warning,
    Family::Across,
    duplicate,
);
pub(super) const IMPLIED_ALERT: Lint = Lint::new(
    "W2602",
    "implied-alert",
    Severity::Info,
    Family::Across,
    implied,
);
pub(super) const TIER_GAP: Lint =
    Lint::new("W2603", "tier-gap", Severity::Warning, Family::Across, gap);
pub(super) const SIMILAR_NAMES: Lint = Lint::new(
    "W2604",
    "similar-names",
    Severity::Warning,
    Family::Across,
    similar,
);
pub(super) const SHADOWED_NAME: Lint = Lint::new(
    "W2605",
    "shadowed-name",
    Severity::Warning,
    Family::Across,
    shadowed,
);
pub(super) const DUPLICATE_AGGREGATE: Lint = Lint::new(
    "W2606",
    "same-aggregate-twice",
    Severity::Warning,
    Family::Across,
    aggregates,
);
pub(super) const CONFLICTING_AGGREGATES: Lint = Lint::new(
    "W2607",
    "conflicting-aggregates",
    Severity::Warning,
    Family::Across,
    conflicting,
);
pub(super) const DUPLICATE_SUMMARY: Lint = Lint::new(
    "W2608",
    "duplicate-summary",
    Severity::Info,
    Family::Across,
    summaries,
);

pub(super) const TIER_OVERLAP: Lint = Lint::new(
    "W2609",
    "tier-overlap",
    Severity::Warning,
    Family::Across,
    overlap,
);

/// The most rules of a bucket that are compared with one another.
const MAX_BUCKET: usize = 32;

/// A condition's canonical text, whatever the order of its operands.
fn canonical(expr: &Expr) -> String {
    for (op, word) in [(ChainOp::And, " and "), (ChainOp::Or, " or ")] {
        let operands = joined(expr, op);
        if operands.len() > 1 {
            let mut texts: Vec<String> = operands
                .into_iter()
                .map(|operand| format!("({})", canonical(operand)))
                .collect();
            texts.sort();
            texts.dedup();
            return texts.join(word);
        }
    }
    print(expr)
}

fn place(alert: &Alert<'_>) -> (usize, std::ops::Range<usize>) {
    (alert.file, alert.entry.key.range.clone())
}

fn is_active(alert: &&Alert<'_>) -> bool {
    alert.text("enabled") != Some("false")
}

fn duplicate(rules: &Rules<'_>, out: &mut Findings) {
    let mut seen = BTreeMap::new();
    for alert in rules.alerts.iter().filter(is_active) {
        let when = alert.when(rules);
        let until = alert.until(rules).map(|until| canonical(&until.expr));
        let key = (
            &alert.on.0,
            alert.key_texts(rules),
            canonical(&when.expr),
            until,
            alert.seconds("for"),
        );
        let first = *seen.entry(key).or_insert(alert);
        if first.name != alert.name {
            let (file, range) = place(first);
            out.span(
                when,
                when.expr.span,
                format!("`{}` fires whenever `{}` does", alert.name, first.name),
            )
            .also(file, range, "the same condition, events and key")
            .help("remove one of them, or mend its condition");
        }
    }
}

/// The event types, the key, and a value that the condition is about.
type Bucket<'r> = (&'r Vec<String>, Vec<String>, String);

/// Alerts by what they look at, and the value that their condition is about first.
fn buckets<'r, 'c>(rules: &'r Rules<'c>) -> BTreeMap<Bucket<'r>, Vec<&'r Alert<'c>>> {
    let mut buckets = BTreeMap::new();
    for alert in rules.alerts.iter().filter(is_active) {
        for value in alert.when(rules).facts().keys().cloned() {
            buckets
                .entry((&alert.on.0, alert.key_texts(rules), value))
                .or_insert_with(Vec::new)
                .push(alert);
        }
    }
    buckets
}

fn implied(rules: &Rules<'_>, out: &mut Findings) {
    let mut told = BTreeSet::new();
    for alerts in buckets(rules)
        .into_values()
        .filter(|alerts| alerts.len() <= MAX_BUCKET)
    {
        let texts: Vec<String> = alerts
            .iter()
            .map(|alert| print(&alert.when(rules).expr))
            .collect();
        for (a, text) in alerts.iter().zip(&texts) {
            for (b, other_text) in alerts.iter().zip(&texts) {
                // Of two severities the lower one may well hold wherever the higher one does.
                let alike = a.severity == b.severity && a.text("mode") == b.text("mode");
                let plain =
                    |alert: &Alert<'_>| ["until", "for"].iter().all(|key| alert.get(key).is_none());
                if a.name == b.name || !alike || !plain(a) || !plain(b) {
                    continue;
                }
                let (when, other) = (a.when(rules), b.when(rules));
                // What is the same is another finding.
                let follows = text != other_text
                    && may_imply((&when.expr, when.facts()), other.facts())
                    && implies(&when.expr, &other.expr)
                    && !implies(&other.expr, &when.expr)
                    && !never(&when.expr);
                if follows && told.insert((a.name, b.name)) {
                    let (file, range) = place(b);
                    out.span(
                        when,
                        when.expr.span,
                        format!(
                            "wherever `{}` fires, `{}` does, too, and with the same severity",
                            a.name, b.name
                        ),
                    )
                    .also(file, range, "the wider one")
                    .help("give the narrower one a higher severity, or remove it");
                }
            }
        }
    }
}

/// The one interval that a condition of one comparison leaves to its value.
fn tier(rules: &Rules<'_>, alert: &Alert<'_>) -> Option<Interval> {
    let facts = alert.when(rules).facts();
    let set = facts.values().next().filter(|_| facts.len() == 1)?;
    let [interval] = set.numbers.as_slice() else {
        return None;
    };
    (joined(&alert.when(rules).expr, ChainOp::Or).len() == 1).then_some(*interval)
}

/// An alert that takes a value from one limit to another.
type Tier<'r, 'c> = (Interval, &'r Alert<'c>);

/// Calls `f` with each two alerts whose severity rises with a value, the lower of them first.
fn each_rise<'r, 'c>(rules: &'r Rules<'c>, mut f: impl FnMut(&str, Tier<'r, 'c>, Tier<'r, 'c>)) {
    for ((_, _, value), alerts) in buckets(rules)
        .into_iter()
        .filter(|(_, alerts)| alerts.len() <= MAX_BUCKET)
    {
        let mut tiers: Vec<_> = alerts
            .iter()
            .filter_map(|alert| Some((tier(rules, alert)?, *alert)))
            .collect();
        tiers.sort_by(|a, b| a.0.low.total_cmp(&b.0.low));
        for pair in tiers.windows(2) {
            let (low, high) = (pair[0], pair[1]);
            if low.1.severity < high.1.severity && low.0.low > f64::NEG_INFINITY {
                f(&value, low, high);
            }
        }
    }
}

fn gap(rules: &Rules<'_>, out: &mut Findings) {
    each_rise(rules, |value, (low, a), (high, b)| {
        if low.high < high.low || (low.high == high.low && low.high_open && high.low_open) {
            let (a_name, b_name) = (a.name, b.name);
            let message = format!(
                "between `{a_name}` and `{b_name}` no alert takes `{value}` from {} to {}",
                low.high, high.low
            );
            tiers(
                rules,
                out,
                (a, b),
                message,
                "the lower one ends before this one begins",
            );
        }
    });
}

/// A lower tier without an upper end goes on for every value, which is how tiers are mostly written.
fn overlap(rules: &Rules<'_>, out: &mut Findings) {
    each_rise(rules, |value, (low, a), (high, b)| {
        if high.low < low.high && low.high < high.high {
            let (a_name, b_name) = (a.name, b.name);
            let message = format!(
                "both `{a_name}` and `{b_name}` take `{value}` from {} to {}",
                high.low, low.high
            );
            tiers(
                rules,
                out,
                (a, b),
                message,
                "the lower one ends after this one begins",
            );
        }
    });
}

/// Tells of two tiers that do not meet.
fn tiers(
    rules: &Rules<'_>,
    out: &mut Findings,
    (lower, higher): (&Alert<'_>, &Alert<'_>),
    message: String,
    why: &str,
) {
    let (file, range) = place(lower);
    let when = higher.when(rules);
    out.span(when, when.expr.span, message)
        .also(file, range, why)
        .help("let one begin where the other ends, or leave the upper end of the lower one out");
}

fn similar(rules: &Rules<'_>, out: &mut Findings) {
    let mut seen: BTreeMap<String, &Alert<'_>> = BTreeMap::new();
    for alert in &rules.alerts {
        let plain = alert
            .name
            .chars()
            .filter(|char| !matches!(char, '-' | '_'))
            .collect::<String>()
            .to_lowercase();
        let first = *seen.entry(plain).or_insert(alert);
        if first.name != alert.name {
            let (file, range) = place(first);
            out.alert(
                alert,
                format!(
                    "`{}` and `{}` are hard to tell apart",
                    alert.name, first.name
                ),
            )
            .also(file, range, "the other one")
            .help("give one of them another name");
        }
    }
}

fn shadowed(rules: &Rules<'_>, out: &mut Findings) {
    let mut alerts: BTreeMap<&str, &Alert<'_>> = rules
        .alerts
        .iter()
        .map(|alert| (alert.name, alert))
        .collect();
    for aggregate in &rules.aggregates {
        let name = aggregate.entry.key.value.as_str();
        if let Some(alert) = alerts.remove(name) {
            let (file, range) = place(alert);
            out.entry(
                aggregate.file,
                aggregate.entry,
                format!("an alert and an aggregate are both named `{name}`"),
            )
            .also(file, range, "the alert")
            .help("give one of them another name");
        }
    }
    let mut paths: BTreeSet<String> = BTreeSet::new();
    rules.each(|_, expr| {
        if let Some(path) = super::walk::path(expr).filter(|path| path.segments.len() == 1) {
            paths.insert(tripline_grammar::print_path(path));
        }
    });
    for list in &rules.lists {
        let name = list.entry.key.value.as_str();
        if paths.contains(name) {
            out.entry(list.file, list.entry, format!("the list `{name}` has the name of a field that rules read"))
                .help("after `in` the name means the list, elsewhere the field: give the list another name");
        }
    }
}

fn shape(
    rules: &Rules<'_>,
    aggregate: &super::rules::Aggregate<'_>,
) -> (Vec<String>, Vec<String>, Option<String>) {
    let mut by: Vec<String> = aggregate
        .by
        .iter()
        .map(|(_, site)| print(&rules.sites[*site].expr))
        .collect();
    by.sort();
    let per = aggregate
        .entry
        .value
        .get("per")
        .and_then(|per| Some(per.as_scalar()?.value.to_string()));
    (aggregate.on.0.clone(), by, per)
}

fn aggregates(rules: &Rules<'_>, out: &mut Findings) {
    let mut seen = BTreeMap::new();
    for aggregate in &rules.aggregates {
        for (_, site) in &aggregate.compute {
            let site = &rules.sites[*site];
            let (file, entry) = *seen
                .entry((shape(rules, aggregate), print(&site.expr)))
                .or_insert((aggregate.file, aggregate.entry));
            if entry.key.range != aggregate.entry.key.range || file != aggregate.file {
                let name = crate::check::reader::shown(&entry.key.value);
                out.span(
                    site,
                    site.expr.span,
                    format!("`{name}` computes this already, of the same events, key and window"),
                )
                .also(file, entry.key.range.clone(), "computed here")
                .help("leave one of them out: each costs a write for an event");
            }
        }
    }
}

fn conflicting(rules: &Rules<'_>, out: &mut Findings) {
    let mut seen: BTreeMap<_, (usize, &crate::yaml::Entry, String)> = BTreeMap::new();
    for aggregate in &rules.aggregates {
        for (name, site) in &aggregate.compute {
            let site = &rules.sites[*site];
            let text = print(&site.expr);
            let first = seen.entry((shape(rules, aggregate), *name)).or_insert((
                aggregate.file,
                aggregate.entry,
                text.clone(),
            ));
            if first.2 != text {
                let other = crate::check::reader::shown(&first.1.key.value);
                let name = crate::check::reader::shown(name);
                out.span(site, site.expr.span, format!("`{name}` means something else in `{other}`"))
                    .also(first.0, first.1.key.range.clone(), format!("here it is `{}`", first.2))
                    .help("rows of the same events, key and window should agree on what a name means: rename one");
            }
        }
    }
}

fn summaries(rules: &Rules<'_>, out: &mut Findings) {
    let mut seen: BTreeMap<&str, &Alert<'_>> = BTreeMap::new();
    for alert in &rules.alerts {
        let Some(summary) = alert.text("summary").filter(|text| !text.trim().is_empty()) else {
            continue;
        };
        let first = *seen.entry(summary).or_insert(alert);
        if first.name != alert.name {
            let (file, range) = place(first);
            out.key(
                alert,
                "summary",
                format!("`{}` says the same as `{}`", alert.name, first.name),
            )
            .also(file, range, "the other one")
            .help("say what sets it apart: who reads it sees the summary first");
        }
    }
}
