//! Conditions that can be said more plainly.

use tripline_grammar::ast::{ChainOp, CompareOp, Expr, ExprKind, Test};
use tripline_grammar::print;

use super::super::findings::Findings;
use super::super::rules::Rules;
use super::super::walk::{self, joined, shown};
use super::super::{Family, Lint};
use crate::diagnostic::Severity;

pub(in crate::lint) const SINGLE_ITEM_IN: Lint = Lint::new(
    "W2121",
    "single-item-in",
    Severity::Warning,
    Family::Expression,
    single,
);
pub(in crate::lint) const DOUBLE_NEGATION: Lint = Lint::new(
    "W2122",
    "double-negation",
    Severity::Warning,
    Family::Expression,
    double,
);
pub(in crate::lint) const YODA_ORDER: Lint = Lint::new(
    "W2123",
    "yoda-order",
    Severity::Warning,
    Family::Expression,
    yoda,
);
pub(in crate::lint) const USE_IN: Lint = Lint::new(
    "W2124",
    "use-in",
    Severity::Info,
    Family::Expression,
    use_in,
);
pub(in crate::lint) const MIXED_AND_OR: Lint = Lint::new(
    "W2125",
    "mixed-and-or",
    Severity::Info,
    Family::Expression,
    mixed,
);
pub(in crate::lint) const DUPLICATE_ITEM: Lint = Lint::new(
    "W2126",
    "duplicate-item",
    Severity::Warning,
    Family::Expression,
    items,
);
pub(in crate::lint) const NOT_BEFORE_TEST: Lint = Lint::new(
    "W2127",
    "negated-comparison",
    Severity::Info,
    Family::Expression,
    negated,
);

fn single(rules: &Rules<'_>, out: &mut Findings) {
    rules.each(|site, expr| {
        let ExprKind::Test { value, negated, test: Test::InList(items) } = &expr.kind else { return };
        let [item] = items.as_slice() else { return };
        if !walk::is_literal(item) {
            return;
        }
        // Equality is no membership where the value is a list; a field is seldom one.
        let text = print(item);
        // A text that is a network is a test of membership.
        if matches!(&item.kind, ExprKind::String(text) if text.parse::<std::net::IpAddr>().is_ok() || text.contains('/')) {
            return;
        }
        let op = if *negated { "!=" } else { "==" };
        let plain = format!("{} {op} {text}", print(value));
        out.span(site, expr.span, "a list of one item").help(format!("write `{plain}`")).replace(site, expr.span, &plain);
    });
}

/// The opposite of a condition, where it is a comparison or a test.
fn opposite(expr: &Expr) -> Option<Expr> {
    let kind = match &expr.kind {
        ExprKind::Not(operand) => return Some((**operand).clone()),
        ExprKind::Compare { op, left, right } => ExprKind::Compare {
            op: op.opposite(),
            left: left.clone(),
            right: right.clone(),
        },
        ExprKind::Test {
            value,
            negated,
            test,
        } => ExprKind::Test {
            value: value.clone(),
            negated: !negated,
            test: test.clone(),
        },
        _ => return None,
    };
    Some(Expr {
        kind,
        span: expr.span,
    })
}

fn is_negative(expr: &Expr) -> bool {
    matches!(
        &expr.kind,
        ExprKind::Not(_)
            | ExprKind::Compare {
                op: CompareOp::NotEqual,
                ..
            }
            | ExprKind::Test { negated: true, .. }
    )
}

fn double(rules: &Rules<'_>, out: &mut Findings) {
    rules.each(|site, expr| {
        let ExprKind::Not(operand) = &expr.kind else {
            return;
        };
        if let Some(plain) = opposite(operand).filter(|_| is_negative(operand)) {
            let plain = print(&plain);
            // What stood in brackets may need them where it comes to stand.
            let text = if matches!(&operand.kind, ExprKind::Not(_)) {
                format!("({plain})")
            } else {
                plain.clone()
            };
            out.span(site, expr.span, format!("`{}` denies twice", shown(expr)))
                .help(format!("write `{plain}`"))
                .replace(site, expr.span, &text);
        }
    });
}

fn negated(rules: &Rules<'_>, out: &mut Findings) {
    rules.each(|site, expr| {
        let ExprKind::Not(operand) = &expr.kind else {
            return;
        };
        let plain = opposite(operand).filter(|_| !is_negative(operand));
        if let Some(plain) = plain.filter(|_| {
            matches!(
                &operand.kind,
                ExprKind::Compare { .. } | ExprKind::Test { .. }
            )
        }) {
            let plain = print(&plain);
            out.span(
                site,
                expr.span,
                format!("`{}` can be said without `not`", shown(expr)),
            )
            .help(format!("write `{plain}`"))
            .replace(site, expr.span, &plain);
        }
    });
}

fn yoda(rules: &Rules<'_>, out: &mut Findings) {
    rules.each(|site, expr| {
        let ExprKind::Compare { op, left, right } = &expr.kind else {
            return;
        };
        if walk::is_literal(left) && !walk::is_constant(right) {
            let kind = ExprKind::Compare {
                op: op.mirrored(),
                left: right.clone(),
                right: left.clone(),
            };
            let plain = print(&Expr {
                kind,
                span: expr.span,
            });
            out.span(
                site,
                expr.span,
                "the limit stands before what is compared with it",
            )
            .help(format!("write `{plain}`"))
            .replace(site, expr.span, &plain);
        }
    });
}

fn use_in(rules: &Rules<'_>, out: &mut Findings) {
    rules.each(|site, expr| {
        if walk::chain_of(expr, ChainOp::Or).is_none() {
            return;
        }
        let arms = joined(expr, ChainOp::Or);
        let equal = |arm: &&Expr| match &arm.kind {
            ExprKind::Compare {
                op: CompareOp::Equal,
                left,
                right,
            } if walk::is_literal(right) => Some((print(left), print(right))),
            _ => None,
        };
        let all: Option<Vec<_>> = arms.iter().map(equal).collect();
        let Some(all) = all.filter(|all| all.len() > 2) else {
            return;
        };
        if all.iter().all(|(value, _)| *value == all[0].0) {
            let items: Vec<&str> = all.iter().map(|(_, item)| item.as_str()).collect();
            let plain = format!("{} in [{}]", all[0].0, items.join(", "));
            out.span(
                site,
                expr.span,
                format!("`{}` is compared {} times", all[0].0, all.len()),
            )
            .help(format!("write `{plain}`"))
            .replace(site, expr.span, &plain);
        }
    });
}

fn mixed(rules: &Rules<'_>, out: &mut Findings) {
    rules.each(|site, expr| {
        let Some(chain) = walk::chain_of(expr, ChainOp::Or) else {
            return;
        };
        for arm in walk::operands(chain) {
            // An arm in brackets does not begin where its first operand does.
            let Some(and) = walk::chain_of(arm, ChainOp::And) else {
                continue;
            };
            let written = site.expr_text(arm.span).unwrap_or_default();
            let bare = arm.span.start == and.first.span.start
                && !written.starts_with('(')
                && !is_bracketed(site, arm);
            if bare && !written.is_empty() {
                out.span(site, arm.span, "`and` beside `or` without brackets")
                    .help("`and` binds first; brackets say so to whoever reads it")
                    .replace(site, arm.span, &format!("({written})"));
            }
        }
    });
}

fn is_bracketed(site: &super::super::rules::Site<'_>, expr: &Expr) -> bool {
    let text = &site.place.scalar.value[site.place.base..];
    let before = text
        .get(..expr.span.start as usize)
        .unwrap_or_default()
        .trim_end();
    let after = text
        .get(expr.span.end as usize..)
        .unwrap_or_default()
        .trim_start();
    before.ends_with('(') && after.starts_with(')')
}

fn items(rules: &Rules<'_>, out: &mut Findings) {
    rules.each(|site, expr| {
        let ExprKind::Test {
            test: Test::InList(items),
            ..
        } = &expr.kind
        else {
            return;
        };
        let mut seen = std::collections::BTreeSet::new();
        for item in items {
            let text = print(item);
            if !seen.insert(text.clone()) {
                out.span(
                    site,
                    item.span,
                    format!("`{text}` stands in this list twice"),
                )
                .help("leave the second one out");
            }
        }
    });
    for list in &rules.lists {
        let mut seen = std::collections::BTreeSet::new();
        for item in list.entry.value.as_list().unwrap_or_default() {
            let Some(scalar) = item.as_scalar() else {
                continue;
            };
            if !seen.insert((
                scalar.value.as_str(),
                scalar.style == crate::yaml::Style::Plain,
            )) {
                let message = format!(
                    "`{}` stands in this list twice",
                    crate::check::reader::shown(&scalar.value)
                );
                out.place(list.file, item.range.clone(), message)
                    .help("leave the second one out");
            }
        }
    }
}
