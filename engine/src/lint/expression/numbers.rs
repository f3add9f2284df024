//! Numbers and what is done with them.

use tripline_grammar::ast::{ChainOp, CompareOp, Expr, ExprKind, Test};
use tripline_grammar::print;

use super::super::findings::Findings;
use super::super::logic::atom;
use super::super::rules::Rules;
use super::super::walk::{self, shown};
use super::super::{Family, Lint};
use crate::diagnostic::Severity;

pub(in crate::lint) const FLOAT_EQUALITY: Lint = Lint::new(
    "W2131",
    "float-equality",
    Severity::Warning,
    Family::Expression,
    equality,
);
pub(in crate::lint) const DIVISION_BY_ZERO: Lint = Lint::new(
    "W2132",
    "division-by-zero",
    Severity::Warning,
    Family::Expression,
    division,
);
pub(in crate::lint) const FRACTIONAL_COUNT: Lint = Lint::new(
    "W2133",
    "fractional-count",
    Severity::Warning,
    Family::Expression,
    fractions,
);
pub(in crate::lint) const INVERTED_RANGE: Lint = Lint::new(
    "W2134",
    "inverted-range",
    Severity::Warning,
    Family::Expression,
    ranges,
);
pub(in crate::lint) const DISABLED_BY_LIMIT: Lint = Lint::new(
    "W2135",
    "disabled-by-limit",
    Severity::Warning,
    Family::Expression,
    limits,
);

fn gives_fractions(expr: &Expr) -> bool {
    walk::chain_of(expr, ChainOp::Divide).is_some()
        || ["avg", "stddev", "percentile", "rate"]
            .iter()
            .any(|name| walk::call(expr, name).is_some())
}

fn equality(rules: &Rules<'_>, out: &mut Findings) {
    rules.each(|site, expr| {
        let ExprKind::Compare {
            op: CompareOp::Equal | CompareOp::NotEqual,
            left,
            right,
        } = &expr.kind
        else {
            return;
        };
        let fraction = |side: &Expr| walk::number(side).is_some_and(|number| number.fract() != 0.0);
        // Nothing, and exactly nothing, is what a rate can well be.
        let zero = |side: &Expr| walk::number(side) == Some(0.0);
        if (gives_fractions(left) && !zero(right))
            || (gives_fractions(right) && !zero(left))
            || fraction(left)
            || fraction(right)
        {
            out.span(
                site,
                expr.span,
                format!("`{}` compares fractions for equality", shown(expr)),
            )
            .help("two that are computed hardly ever meet: give a range, `in 0.99..1.01`");
        }
    });
}

fn division(rules: &Rules<'_>, out: &mut Findings) {
    for site in &rules.sites {
        let known = site.is_condition().then(|| site.facts());
        walk::each(&site.expr, &mut |expr| {
            let ExprKind::Chain(chain) = &expr.kind else {
                return;
            };
            for link in chain
                .rest
                .iter()
                .filter(|link| matches!(link.op, ChainOp::Divide | ChainOp::Remainder))
            {
                let divisor = &link.operand;
                let is_zero = walk::number(divisor) == Some(0.0);
                let text = print(divisor);
                let guarded = known.as_ref().is_none_or(|known| {
                    known.get(&text).is_some_and(|set| {
                        !set.numbers.iter().any(|one| {
                            one.low <= 0.0
                                && one.high >= 0.0
                                && !(one.low == 0.0 && one.low_open)
                                && !(one.high == 0.0 && one.high_open)
                        })
                    })
                });
                if is_zero {
                    out.span(site, divisor.span, "this divides by zero")
                        .help("what it gives is unknown, so that nothing fires");
                } else if walk::path(divisor).is_some() && !guarded {
                    out.span(
                        site,
                        divisor.span,
                        format!("`{text}` can be zero, and then nothing fires"),
                    )
                    .help(format!(
                        "say what is meant then: add `and {text} > 0`, or `or {text} == 0`"
                    ));
                }
            }
        });
    }
}

fn fractions(rules: &Rules<'_>, out: &mut Findings) {
    rules.each(|site, expr| {
        let ExprKind::Compare { left, right, .. } = &expr.kind else { return };
        let is_count = |side: &Expr| ["count", "distinct"].iter().any(|name| walk::call(side, name).is_some_and(|call| call.frame.is_some()));
        for (count, limit) in [(left, right), (right, left)] {
            if let Some(number) = walk::number(limit).filter(|number| is_count(count) && number.fract() != 0.0) {
                let percent = if print(limit).ends_with('%') { ": was a ratio of counts meant?" } else { "" };
                out.span(site, limit.span, format!("a count is a whole number, and {number} is none{percent}"))
                    .help("give a whole number, or divide by the count of all: `count(a) over 5m / count() over 5m`");
            }
        }
    });
}

fn ranges(rules: &Rules<'_>, out: &mut Findings) {
    rules.each(|site, expr| {
        let ExprKind::Test {
            test:
                Test::InRange {
                    low: Some(low),
                    high: Some(high),
                },
            ..
        } = &expr.kind
        else {
            return;
        };
        if let (Some(a), Some(b)) = (walk::number(low), walk::number(high))
            && a > b
        {
            out.span(
                site,
                expr.span,
                "this range holds nothing: its low end is the higher one",
            )
            .help(format!("write `{}..{}`", print(high), print(low)));
        }
    });
}

fn limits(rules: &Rules<'_>, out: &mut Findings) {
    for alert in &rules.alerts {
        let site = alert.when(rules);
        walk::each_outside(&site.expr, &mut |expr| {
            let Some((_, limit)) = compared(expr) else {
                return;
            };
            let text: String = print(limit).chars().filter(char::is_ascii_digit).collect();
            if text.len() >= 5 && text.chars().all(|digit| digit == '9') && atom(expr).is_some() {
                out.span(
                    site,
                    limit.span,
                    "a limit that nothing reaches turns an alert off in disguise",
                )
                .help("write `enabled: false`, or `mode: shadow` to go on recording it");
            }
        });
    }
}

fn compared(expr: &Expr) -> Option<(&Expr, &Expr)> {
    match &expr.kind {
        ExprKind::Compare {
            op: CompareOp::Greater | CompareOp::GreaterEqual,
            left,
            right,
        } => walk::number(right).map(|_| (&**left, &**right)),
        _ => None,
    }
}
