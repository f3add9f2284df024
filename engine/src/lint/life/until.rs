//! `until` against `when`.

use tripline_grammar::ast::{Expr, ExprKind};
use tripline_grammar::print;

use super::super::findings::Findings;
use super::super::logic::{implies, never};
use super::super::rules::Rules;
use super::super::walk::shown;
use super::super::{Family, Lint};
use crate::diagnostic::Severity;

pub(in crate::lint) const UNTIL_COVERS_WHEN: Lint = Lint::new(
    "W2401",
    "until-covers-when",
    Severity::Warning,
    Family::LifeCycle,
    covers,
);
pub(in crate::lint) const UNTIL_NEVER: Lint = Lint::new(
    "W2402",
    "until-never",
    Severity::Warning,
    Family::LifeCycle,
    never_ends,
);
pub(in crate::lint) const NEEDLESS_UNTIL: Lint = Lint::new(
    "W2403",
    "needless-until",
    Severity::Info,
    Family::LifeCycle,
    needless,
);

fn covers(rules: &Rules<'_>, out: &mut Findings) {
    for alert in &rules.alerts {
        let when = alert.when(rules);
        let Some(until) = alert.until(rules) else {
            continue;
        };
        if !never(&when.expr) && implies(&when.expr, &until.expr) {
            out.span(until, until.expr.span, format!("`until` holds whenever `when` does, so `{}` never fires", alert.name))
                .also(when.place.file, when.place.range(when.expr.span), "where this is true, so is `until`")
                .help("`until` says when all is well again: turn its comparison round, or move its limit to the other side of that of `when`");
        }
    }
}

fn never_ends(rules: &Rules<'_>, out: &mut Findings) {
    for alert in &rules.alerts {
        let Some(until) = alert.until(rules) else {
            continue;
        };
        if never(&until.expr) {
            out.span(
                until,
                until.expr.span,
                "`until` can never be true, so that what fires never ends",
            )
            .help("mend it, or leave it out: then the alert ends when `when` is false");
        }
    }
}

fn needless(rules: &Rules<'_>, out: &mut Findings) {
    for alert in &rules.alerts {
        let when = alert.when(rules);
        let Some(until) = alert.until(rules) else {
            continue;
        };
        let denied = Expr {
            kind: ExprKind::Not(Box::new(when.expr.clone())),
            span: when.expr.span,
        };
        let is_denial = matches!(&until.expr.kind, ExprKind::Not(operand) if print(operand) == print(&when.expr));
        if is_denial || (implies(&denied, &until.expr) && implies(&until.expr, &denied)) {
            out.span(until, until.expr.span, format!("`{}` is where `when` is false, where the alert ends anyway", shown(&until.expr)))
                .help("leave `until` out, or move its limit a little further, so that the alert does not flap");
        }
    }
}
