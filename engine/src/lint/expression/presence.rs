//! Values that may be missing.

use std::collections::BTreeSet;

use tripline_grammar::ast::{ChainOp, CompareOp, Expr, ExprKind, Kind, Path, Test};
use tripline_grammar::{print, print_path};

use super::super::findings::Findings;
use super::super::rules::{Alert, Rules};
use super::super::walk::{self, shown};
use super::super::{Family, Lint};
use crate::check::schema::Declared;
use crate::diagnostic::Severity;

pub(in crate::lint) const NEGATION_SKIPS_MISSING: Lint = Lint::new(
    "W2111",
    "negation-skips-missing",
    Severity::Warning,
    Family::Expression,
    negations,
);
pub(in crate::lint) const NEEDLESS_FALLBACK: Lint = Lint::new(
    "W2112",
    "needless-fallback",
    Severity::Warning,
    Family::Expression,
    fallbacks,
);
pub(in crate::lint) const FALLBACK_DIVISOR: Lint = Lint::new(
    "W2113",
    "fallback-divisor",
    Severity::Warning,
    Family::Expression,
    divisors,
);
pub(in crate::lint) const DECIDED_BY_SCHEMA: Lint = Lint::new(
    "W2114",
    "decided-by-schema",
    Severity::Warning,
    Family::Expression,
    decided,
);

/// The paths that an alert asks for or gives a fallback.
fn guarded(rules: &Rules<'_>, alert: &Alert<'_>) -> BTreeSet<String> {
    let mut guarded = BTreeSet::new();
    let mut add = |expr: &Expr| {
        walk::each(expr, &mut |part| {
            guarded.extend(walk::path(part).map(print_path));
        });
    };
    for site in alert.conditions(rules) {
        walk::each(&site.expr, &mut |expr| match &expr.kind {
            ExprKind::Test {
                value,
                test: Test::Is(_),
                ..
            } => add(value),
            ExprKind::Chain(chain) if chain.rest[0].op == ChainOp::Coalesce => add(&chain.first),
            ExprKind::Call(call) if call.name.text == "default" => {
                call.args.first().into_iter().for_each(&mut add)
            }
            _ => {}
        });
    }
    guarded
}

/// The field that a comparison by `wanted` sets against a literal.
fn side(condition: &Expr, wanted: CompareOp) -> Option<&Path> {
    let ExprKind::Compare { op, left, right } = &condition.kind else {
        return None;
    };
    match (walk::path(left), walk::path(right)) {
        (Some(path), None) if *op == wanted && walk::is_literal(right) => Some(path),
        (None, Some(path)) if *op == wanted && walk::is_literal(left) => Some(path),
        _ => None,
    }
}

/// The field that a negated condition is about.
fn negated_field(expr: &Expr) -> Option<&Path> {
    match &expr.kind {
        ExprKind::Compare { .. } => side(expr, CompareOp::NotEqual),
        ExprKind::Not(operand) => match &operand.kind {
            ExprKind::Path(path) => Some(path),
            ExprKind::Compare { .. } => side(operand, CompareOp::Equal),
            ExprKind::Test {
                value,
                negated: false,
                test: Test::InList(_) | Test::InPath(_) | Test::InCidr(_),
            } => walk::path(value),
            _ => None,
        },
        ExprKind::Test {
            value,
            negated: true,
            test: Test::InList(_) | Test::InPath(_) | Test::InCidr(_),
        } => walk::path(value),
        _ => None,
    }
}

fn negations(rules: &Rules<'_>, out: &mut Findings) {
    for alert in &rules.alerts {
        let view = rules.schema(&alert.on);
        let mut known = None;
        let site = alert.when(rules);
        walk::each(&site.expr, &mut |expr| {
            let Some(path) = negated_field(expr) else {
                return;
            };
            let text = print_path(path);
            // What the schema declares is taken as there; `it` stands for the items of a list.
            let declared = view
                .as_ref()
                .is_some_and(|view| view.find(&path.segments).is_some());
            let envelope = [
                &rules.settings.kind,
                &rules.settings.id,
                &rules.settings.time,
            ];
            let guarded = known.get_or_insert_with(|| guarded(rules, alert));
            if declared
                || text == "it"
                || text.starts_with("it.")
                || guarded.contains(&text)
                || envelope.contains(&&path.segments)
            {
                return;
            }
            let name = shown(expr);
            out.span(site, expr.span, format!("an event without `{text}` slips through `{name}`"))
                .help(format!("a missing value makes it unknown, not true: add `or {text} is missing`, give a fallback with `??`, or declare the field in `schema`"));
        });
    }
}

/// Whether a value is never missing.
fn always_known(expr: &Expr) -> bool {
    walk::is_literal(expr)
        || ["count", "distinct", "rate"]
            .iter()
            .any(|name| walk::call(expr, name).is_some_and(|call| call.frame.is_some()))
}

fn fallbacks(rules: &Rules<'_>, out: &mut Findings) {
    rules.each(|site, expr| {
        let Some(chain) = walk::chain_of(expr, ChainOp::Coalesce) else {
            return;
        };
        if always_known(&chain.first) {
            let first = print(&chain.first);
            out.span(
                site,
                expr.span,
                format!(
                    "`{}` is never missing, so its fallback is never taken",
                    shown(&chain.first)
                ),
            )
            .help("leave the fallback out")
            .replace(site, expr.span, &first);
        }
    });
}

fn divisors(rules: &Rules<'_>, out: &mut Findings) {
    rules.each(|site, expr| {
        let Some(chain) = walk::chain_of(expr, ChainOp::Divide) else {
            return;
        };
        for link in &chain.rest {
            if walk::chain_of(&link.operand, ChainOp::Coalesce).is_some()
                || walk::call(&link.operand, "default").is_some()
            {
                out.span(
                    site,
                    link.operand.span,
                    "a fallback of the divisor makes up a ratio that no event had",
                )
                .help("give the whole quotient a fallback: `(a / b) ?? 0`");
            }
        }
    });
}

fn decided(rules: &Rules<'_>, out: &mut Findings) {
    for alert in &rules.alerts {
        let Some(view) = rules.schema(&alert.on) else {
            continue;
        };
        for site in alert.conditions(rules) {
            walk::each(&site.expr, &mut |expr| {
                let ExprKind::Test {
                    value,
                    test: Test::Is(kind),
                    ..
                } = &expr.kind
                else {
                    return;
                };
                let Some(path) = walk::path(value) else {
                    return;
                };
                let declared = match view.find(&path.segments) {
                    Some(Declared::Text(_)) => (Kind::String, "string"),
                    Some(Declared::Number) => (Kind::Number, "number"),
                    Some(Declared::Bool) => (Kind::Bool, "bool"),
                    Some(Declared::List) => (Kind::List, "list"),
                    Some(Declared::Object) => (Kind::Object, "object"),
                    Some(Declared::Any) | None => return,
                };
                if *kind == Kind::Missing {
                    return;
                }
                let says = if *kind == declared.0 {
                    "the schema says so already"
                } else {
                    "it can never be so"
                };
                out.span(
                    site,
                    expr.span,
                    format!(
                        "the schema declares `{}` as {}: {says}",
                        print_path(path),
                        declared.1
                    ),
                )
                .help("leave the test out, or declare the field as `any`");
            });
        }
    }
}
