//! Statistics of too few events.

use tripline_grammar::ast::{ChainOp, CompareOp, Expr, ExprKind};
use tripline_grammar::print;

use super::super::findings::Findings;
use super::super::rules::{Alert, Rules};
use super::super::walk::{self, shown};
use super::super::{Family, Lint};
use super::has_minimum;
use crate::diagnostic::Severity;

pub(in crate::lint) const RATIO_WITHOUT_MINIMUM: Lint = Lint::new(
    "W2201",
    "ratio-without-minimum",
    Severity::Warning,
    Family::Window,
    ratios,
);
pub(in crate::lint) const PERCENTILE_OF_FEW: Lint = Lint::new(
    "W2202",
    "percentile-of-few",
    Severity::Warning,
    Family::Window,
    percentiles,
);
pub(in crate::lint) const STATISTIC_OF_FEW: Lint = Lint::new(
    "W2203",
    "statistic-of-few",
    Severity::Info,
    Family::Window,
    statistics,
);
pub(in crate::lint) const BASELINE_WITHOUT_MINIMUM: Lint = Lint::new(
    "W2204",
    "baseline-without-minimum",
    Severity::Warning,
    Family::Window,
    baselines,
);

fn windows<'r, 'c>(rules: &'r Rules<'c>, alert: &Alert<'c>) -> Vec<&'r Expr> {
    let mut windows = Vec::new();
    walk::each(&alert.when(rules).expr, &mut |expr| {
        if walk::window(expr).is_some() {
            windows.push(expr);
        }
    });
    windows
}

fn ratios(rules: &Rules<'_>, out: &mut Findings) {
    for alert in &rules.alerts {
        let site = alert.when(rules);
        let (known, windows) = (site.facts(), windows(rules, alert));
        walk::each(&site.expr, &mut |expr| {
            let Some(chain) = walk::chain_of(expr, ChainOp::Divide) else {
                return;
            };
            for link in chain.rest.iter().filter(|link| link.op == ChainOp::Divide) {
                let Some(divisor) = walk::window(&link.operand) else {
                    continue;
                };
                if matches!(
                    divisor.name.text.as_str(),
                    "count" | "sum" | "distinct" | "rate"
                ) && !has_minimum(known, &windows, divisor, 2.0)
                {
                    let text = shown(&link.operand);
                    out.span(
                        site,
                        expr.span,
                        "one event is enough to move this ratio to its end",
                    )
                    .help(format!(
                        "say from how many on it counts: add `and {text} >= 20`"
                    ));
                }
            }
        });
    }
}

fn percentiles(rules: &Rules<'_>, out: &mut Findings) {
    for alert in &rules.alerts {
        let site = alert.when(rules);
        let (known, all) = (site.facts(), windows(rules, alert));
        for window in &all {
            let Some(call) = walk::call(window, "percentile") else {
                continue;
            };
            let Some(p) = call.args.get(1).and_then(walk::number) else {
                continue;
            };
            // Fewer than this, and the percentile is the greatest, or the least, of them.
            let tail = p.min(100.0 - p);
            if tail <= 0.0 {
                continue;
            }
            let least = (100.0 / tail).ceil();
            if !has_minimum(known, &all, call, least) {
                out.span(
                    site,
                    window.span,
                    format!("of fewer than {least} values this percentile is their extreme"),
                )
                .help(format!(
                    "add a minimum over the same window: `and count() over … >= {least}`"
                ));
            }
        }
    }
}

fn statistics(rules: &Rules<'_>, out: &mut Findings) {
    for alert in &rules.alerts {
        let site = alert.when(rules);
        let (known, all) = (site.facts(), windows(rules, alert));
        for window in &all {
            let Some(call) = walk::window(window) else {
                continue;
            };
            if matches!(call.name.text.as_str(), "avg" | "stddev")
                && !has_minimum(known, &all, call, 2.0)
            {
                out.span(site, window.span, format!("`{}` of a single event says little", shown(window)))
                    .help("say from how many on it counts: add `and count() over … >= 10` with the same window");
            }
        }
    }
}

fn baselines(rules: &Rules<'_>, out: &mut Findings) {
    for alert in &rules.alerts {
        let site = alert.when(rules);
        let (known, all) = (site.facts(), windows(rules, alert));
        walk::each(&site.expr, &mut |expr| {
            let ExprKind::Compare { op, left, right } = &expr.kind else {
                return;
            };
            let baseline = match op {
                CompareOp::Greater | CompareOp::GreaterEqual => right,
                CompareOp::Less | CompareOp::LessEqual => left,
                _ => return,
            };
            let mut shifted = None;
            walk::each(baseline, &mut |part| {
                if let Some(call) = walk::window(part)
                    && call
                        .frame
                        .as_ref()
                        .is_some_and(|frame| frame.offset.is_some())
                    && matches!(
                        call.name.text.as_str(),
                        "count" | "sum" | "distinct" | "rate"
                    )
                {
                    shifted = Some((part, call));
                }
            });
            if let Some((part, call)) = shifted
                && !has_minimum(known, &all, call, 1.0)
            {
                out.span(
                    site,
                    part.span,
                    format!(
                        "`{}` is 0 for a key that is younger than it, and then anything is more",
                        shown(part)
                    ),
                )
                .help(format!(
                    "ask for a past to compare with: add `and {} >= 20`",
                    print(part)
                ));
            }
        });
    }
}
