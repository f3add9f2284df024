//! The expressions that decide something, as they are written: for who looks at rules beside the lints.

use std::ops::Range;

use tripline_grammar::ast::Expr;

use super::rules::Rules;
use crate::check::Checked;
use crate::check::place::Place;
use crate::time::Time;

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
