//! What windows add up.

use tripline_grammar::ast::{Expr, Segment};
use tripline_grammar::{print, print_path};

use super::super::findings::Findings;
use super::super::key::is_unique;
use super::super::rules::{Role, Rules};
use super::super::walk::{self, shown};
use super::super::{Family, Lint};
use crate::diagnostic::Severity;

pub(in crate::lint) const DISTINCT_OF_UNIQUE: Lint = Lint::new(
    "W2221",
    "distinct-of-unique",
    Severity::Warning,
    Family::Window,
    distinct,
);
pub(in crate::lint) const SUM_OF_TOTAL: Lint = Lint::new(
    "W2222",
    "sum-of-total",
    Severity::Warning,
    Family::Window,
    totals,
);
pub(in crate::lint) const CONSTANT_AGGREGATE: Lint = Lint::new(
    "W2223",
    "constant-aggregate",
    Severity::Warning,
    Family::Window,
    constants,
);
pub(in crate::lint) const DISTINCT_OF_KEY: Lint = Lint::new(
    "W2224",
    "distinct-of-key",
    Severity::Warning,
    Family::Window,
    of_key,
);

fn distinct(rules: &Rules<'_>, out: &mut Findings) {
    rules.each(|site, expr| {
        let Some(path) =
            walk::call(expr, "distinct").and_then(|call| walk::path(call.args.first()?))
        else {
            return;
        };
        if is_unique(rules, path) {
            out.span(
                site,
                expr.span,
                format!(
                    "nearly every event has a `{}` of its own, so this counts events",
                    print_path(path)
                ),
            )
            .help("write `count()`, or count something that events share");
        }
    });
}

fn totals(rules: &Rules<'_>, out: &mut Findings) {
    rules.each(|site, expr| {
        for name in ["sum", "avg"] {
            let Some(path) = walk::call(expr, name).and_then(|call| walk::path(call.args.first()?))
            else {
                continue;
            };
            let Some(Segment::Field(field)) = path.segments.last() else {
                continue;
            };
            let low = field.to_lowercase();
            if low.ends_with("_total")
                || field.ends_with("Total")
                || low.ends_with("counter")
                || low.starts_with("cumulative")
            {
                let text = print_path(path);
                out.span(
                    site,
                    expr.span,
                    format!(
                        "`{text}` looks like a running total, and adding up totals means nothing"
                    ),
                )
                .help(format!(
                    "take how far it came: `max({text}) over … - min({text}) over …`"
                ));
            }
        }
    });
}

fn constants(rules: &Rules<'_>, out: &mut Findings) {
    rules.each(|site, expr| {
        for name in [
            "sum",
            "avg",
            "min",
            "max",
            "last",
            "stddev",
            "distinct",
            "percentile",
        ] {
            let Some(call) = walk::call(expr, name) else {
                continue;
            };
            // `min` and `max` are functions, too.
            if call.frame.is_none() && site.role != Role::Compute {
                continue;
            }
            if call.args.first().is_some_and(walk::is_constant) {
                out.span(
                    site,
                    expr.span,
                    format!("`{}` adds up a constant", shown(expr)),
                )
                .help("write `count()`, or name a field");
            }
        }
    });
}

fn of_key(rules: &Rules<'_>, out: &mut Findings) {
    for alert in &rules.alerts {
        let keys = alert.key_texts(rules);
        for (site, expr) in alert.windows(rules) {
            let value: Option<&Expr> =
                walk::call(expr, "distinct").and_then(|call| call.args.first());
            if let Some(value) = value.filter(|value| keys.contains(&print(value))) {
                out.span(
                    site,
                    expr.span,
                    format!("within one key `{}` is always the same", shown(value)),
                )
                .help("count another field, or take it out of `by`");
            }
        }
    }
}
