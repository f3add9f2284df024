//! The expressions that decide something, as they are written: for who looks at rules beside the lints.

use std::collections::BTreeMap;
use std::ops::Range;

use tripline_grammar::ast::{Expr, Segment};

use super::rules::Rules;
use crate::check::Checked;
use crate::check::place::Place;
use crate::time::Time;
use crate::yaml::Content;

/// An expression of a rule, and where it stands.
pub(crate) struct Written<'c> {
    /// The rule's name.
    pub(crate) rule: &'c str,
    /// The file of the rule, and where its name stands in it.
    pub(crate) file: usize,
    pub(crate) name: Range<usize>,
    pub(crate) of: Use<'c>,
    pub(crate) expr: Expr,
    pub(crate) place: Place<'c>,
}

/// What a rule has an expression for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Use<'c> {
    When,
    Until,
    /// An entry of an aggregate's `compute`, by its name.
    Compute(&'c str),
}

/// What an alert reads of events.
pub(crate) struct Reads {
    /// The patterns of event types.
    pub(crate) on: Vec<String>,
    /// Where an event's type stands.
    pub(crate) kind: Vec<Segment>,
    /// `when` and, if there is one, `until`.
    pub(crate) conditions: Vec<Expr>,
    /// The parts of `by`.
    pub(crate) keys: Vec<Expr>,
    /// The first item of each declared list.
    pub(crate) lists: BTreeMap<String, String>,
}

/// What the alert of a name reads; `None` if there is none without errors.
pub(crate) fn reads(checked: &Checked, name: &str) -> Option<Reads> {
    let rules = Rules::new(checked, Time(0));
    let alert = rules.alerts.iter().find(|alert| alert.name == name)?;
    let lists = rules.lists.iter().filter_map(|list| {
        let Content::List(items) = &list.entry.value.content else {
            return None;
        };
        let first = items.first()?.as_scalar()?;
        Some((list.entry.key.value.to_string(), first.value.to_string()))
    });
    let conditions = alert.conditions(&rules).map(|site| site.expr.clone());
    let keys = alert.by.iter().map(|(_, site)| &rules.sites[*site]);
    Some(Reads {
        on: alert.on.0.clone(),
        kind: rules.settings.kind.clone(),
        conditions: conditions.collect(),
        keys: keys.map(|site| site.expr.clone()).collect(),
        lists: lists.collect(),
    })
}

/// The conditions of all alerts and the entries of all aggregates; those of a rule follow one another.
pub(crate) fn written(checked: &Checked) -> Vec<Written<'_>> {
    // What lints say of today is not asked here.
    let rules = Rules::new(checked, Time(0));
    let mut all = Vec::new();
    for alert in &rules.alerts {
        let when = Some((Use::When, alert.when(&rules)));
        let until = alert.until(&rules).map(|site| (Use::Until, site));
        for (of, site) in when.into_iter().chain(until) {
            all.push(Written {
                rule: alert.name,
                file: alert.file,
                name: alert.entry.key.range.clone(),
                of,
                expr: site.expr.clone(),
                place: site.place,
            });
        }
    }
    for aggregate in &rules.aggregates {
        for (column, site) in &aggregate.compute {
            let site = &rules.sites[*site];
            all.push(Written {
                rule: &aggregate.entry.key.value,
                file: aggregate.file,
                name: aggregate.entry.key.range.clone(),
                of: Use::Compute(column),
                expr: site.expr.clone(),
                place: site.place,
            });
        }
    }
    all
}
