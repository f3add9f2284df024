//! Conditions that are decided before any event is seen, whole or in part.

use tripline_grammar::ast::{ChainOp, CompareOp, Expr, ExprKind};
use tripline_grammar::print;

use super::super::findings::Findings;
use super::super::logic::{always, atom, constant, facts, implies, may_imply, never};
use super::super::rules::{Role, Rules, Site};
use super::super::walk::{self, joined, shown};
use super::super::{Family, Lint};
use crate::diagnostic::Severity;

/// The most operands of a chain that are compared with one another.
const MAX_OPERANDS: usize = 32;

pub(in crate::lint) const CONSTANT_CONDITION: Lint = Lint::new(
    "W2101",
    "constant-condition",
    Severity::Warning,
    Family::Expression,
    constants,
);
pub(in crate::lint) const CONTRADICTION: Lint = Lint::new(
    "W2102",
    "contradiction",
    Severity::Warning,
    Family::Expression,
    contradictions,
);
pub(in crate::lint) const TAUTOLOGY: Lint = Lint::new(
    "W2103",
    "tautology",
    Severity::Warning,
    Family::Expression,
    tautologies,
);
pub(in crate::lint) const DEAD_OR_ARM: Lint = Lint::new(
    "W2104",
    "dead-or-arm",
    Severity::Warning,
    Family::Expression,
    dead_arms,
);
pub(in crate::lint) const SUBSUMED_CLAUSE: Lint = Lint::new(
    "W2105",
    "subsumed-clause",
    Severity::Warning,
    Family::Expression,
    subsumed,
);
pub(in crate::lint) const SELF_COMPARISON: Lint = Lint::new(
    "W2106",
    "self-comparison",
    Severity::Warning,
    Family::Expression,
    itself,
);

/// Calls `f` with what must be true or false: conditions whole, and the filters of aggregates.
pub(super) fn conditions<'r>(rules: &'r Rules<'_>, mut f: impl FnMut(&'r Site<'r>, &'r Expr)) {
    for site in &rules.sites {
        if site.role == Role::Condition {
            f(site, &site.expr);
        }
        walk::each(&site.expr, &mut |expr| {
            let ExprKind::Call(call) = &expr.kind else {
                return;
            };
            if let Some(filter) = &call.filter {
                f(site, filter);
            }
            if matches!(call.name.text.as_str(), "count" | "rate") {
                call.args.iter().for_each(|arg| f(site, arg));
            }
        });
    }
}

fn constants(rules: &Rules<'_>, out: &mut Findings) {
    rules.each(|site, expr| {
        if matches!(expr.kind, ExprKind::Compare { .. } | ExprKind::Test { .. })
            && let Some(value) = constant(expr)
        {
            out.span(
                site,
                expr.span,
                format!("`{}` is always {value}", shown(expr)),
            )
            .help("compare a field of the event or a window, or leave it out");
        }
    });
    conditions(rules, |site, expr| {
        if let ExprKind::Bool(value) = expr.kind {
            out.span(site, expr.span, format!("this condition is always {value}"))
                .help(
                    "leave it out, or say what it depends on; `enabled: false` turns an alert off",
                );
        }
    });
}

/// The smallest parts of a condition that can never be true.
fn impossible<'e>(expr: &'e Expr, found: &mut Vec<&'e Expr>) {
    let before = found.len();
    let parts = if let ExprKind::Not(_) = &expr.kind {
        Vec::new()
    } else {
        let all = joined(expr, ChainOp::And);
        if all.len() > 1 {
            all
        } else {
            joined(expr, ChainOp::Or)
        }
    };
    if parts.len() > 1 {
        parts.into_iter().for_each(|part| impossible(part, found));
    }
    if found.len() == before && constant(expr).is_none() && never(expr) {
        found.push(expr);
    }
}

fn contradictions(rules: &Rules<'_>, out: &mut Findings) {
    conditions(rules, |site, expr| {
        let mut found = Vec::new();
        impossible(expr, &mut found);
        for part in found {
            let mut why = String::from(
                "its parts exclude one another, or lie outside of what the value can be",
            );
            if atom(part).is_some() {
                why = "the value cannot be so".to_owned();
            }
            out.span(
                site,
                part.span,
                format!("`{}` can never be true", shown(part)),
            )
            .help(why);
        }
    });
}

fn tautologies(rules: &Rules<'_>, out: &mut Findings) {
    conditions(rules, |site, expr| {
        for part in joined(expr, ChainOp::And) {
            if constant(part).is_none() && always(part) {
                out.span(
                    site,
                    part.span,
                    format!("`{}` is true whatever the number is", shown(part)),
                )
                .help("leave it out, or mend the limits");
            }
        }
    });
}

/// Operands that another one makes needless: arms that are true nowhere else, clauses that hold wherever it does.
fn needless(rules: &Rules<'_>, op: ChainOp, mut found: impl FnMut(&Site<'_>, &Expr, &Expr)) {
    rules.each(|site, expr| {
        if walk::chain_of(expr, op).is_none() {
            return;
        }
        let operands = joined(expr, op);
        if operands.len() > MAX_OPERANDS {
            return;
        }
        let facts: Vec<_> = operands.iter().map(|operand| facts(operand)).collect();
        let follows = |from: usize, to: usize| {
            may_imply((operands[from], &facts[from]), &facts[to])
                && implies(operands[from], operands[to])
                && !never(operands[from])
        };
        let is_needless = |operand: usize, by: usize| match op {
            ChainOp::Or => follows(operand, by),
            _ => follows(by, operand),
        };
        for operand in 0..operands.len() {
            let by = (0..operands.len()).find(|by| {
                *by != operand
                    && is_needless(operand, *by)
                    // Of two that say the same the later one is needless.
                    && !(*by > operand && is_needless(*by, operand))
            });
            if let Some(by) = by {
                found(site, operands[operand], operands[by]);
            }
        }
    });
}

fn dead_arms(rules: &Rules<'_>, out: &mut Findings) {
    needless(rules, ChainOp::Or, |site, arm, by| {
        out.span(
            site,
            arm.span,
            format!("`{}` adds nothing to `{}`", shown(arm), shown(by)),
        )
        .also(
            site.place.file,
            site.place.range(by.span),
            "true wherever the other is",
        )
        .help("leave it out, or mend its limit");
    });
}

fn subsumed(rules: &Rules<'_>, out: &mut Findings) {
    needless(rules, ChainOp::And, |site, clause, by| {
        out.span(
            site,
            clause.span,
            format!("`{}` follows from `{}`", shown(clause), shown(by)),
        )
        .also(site.place.file, site.place.range(by.span), "says more")
        .help("leave it out, or mend its limit");
    });
}

fn itself(rules: &Rules<'_>, out: &mut Findings) {
    rules.each(|site, expr| {
        let same = match &expr.kind {
            ExprKind::Compare { op, left, right }
                if print(left) == print(right) && !walk::is_constant(left) =>
            {
                let result = matches!(
                    op,
                    CompareOp::Equal | CompareOp::LessEqual | CompareOp::GreaterEqual
                );
                format!("is {result} of every value that is known")
            }
            ExprKind::Chain(chain) if chain.rest.len() == 1 && !walk::is_constant(&chain.first) => {
                let same = print(&chain.first) == print(&chain.rest[0].operand);
                match chain.rest[0].op {
                    ChainOp::Subtract | ChainOp::Remainder if same => "is always 0".to_owned(),
                    ChainOp::Divide if same => "is always 1".to_owned(),
                    ChainOp::Coalesce if same => "has the same value twice".to_owned(),
                    _ => return,
                }
            }
            _ => return,
        };
        out.span(site, expr.span, format!("`{}` {same}", shown(expr)))
            .help("one of the two sides is meant to be another");
    });
}
