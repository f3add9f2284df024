//! How windows lie in time.

use std::collections::BTreeMap;

use tripline_grammar::ast::{ChainOp, CompareOp, Expr, ExprKind, FrameKind};
use tripline_grammar::{print, print_duration};

use super::super::findings::Findings;
use super::super::rules::Rules;
use super::super::walk::{self, shown};
use super::super::{Family, Lint};
use crate::diagnostic::Severity;
use crate::window::Frame;

pub(in crate::lint) const BASELINE_OVERLAPS: Lint = Lint::new(
    "W2211",
    "baseline-overlaps",
    Severity::Warning,
    Family::Window,
    overlaps,
);
pub(in crate::lint) const OPEN_WINDOW: Lint = Lint::new(
    "W2212",
    "open-window",
    Severity::Warning,
    Family::Window,
    open,
);
pub(in crate::lint) const UNEVEN_RATIO: Lint = Lint::new(
    "W2213",
    "uneven-ratio",
    Severity::Warning,
    Family::Window,
    uneven,
);
pub(in crate::lint) const COARSE_PANES: Lint = Lint::new(
    "W2214",
    "coarse-panes",
    Severity::Warning,
    Family::Window,
    coarse,
);
pub(in crate::lint) const NEEDLESS_EVERY: Lint = Lint::new(
    "W2215",
    "needless-every",
    Severity::Info,
    Family::Window,
    needless,
);
pub(in crate::lint) const SAME_WINDOW_TWICE: Lint = Lint::new(
    "W2216",
    "same-window-twice",
    Severity::Warning,
    Family::Window,
    twice,
);
pub(in crate::lint) const ABSENCE_WITHOUT_KEY: Lint = Lint::new(
    "W2217",
    "absence-without-key",
    Severity::Info,
    Family::Window,
    absence,
);
pub(in crate::lint) const ABSENCE_FORGOTTEN: Lint = Lint::new(
    "W2218",
    "absence-forgotten",
    Severity::Warning,
    Family::Window,
    forgotten,
);

fn overlaps(rules: &Rules<'_>, out: &mut Findings) {
    for alert in &rules.alerts {
        let windows = alert.windows(rules);
        let mut told = std::collections::BTreeSet::new();
        for (site, expr) in &windows {
            let Some(call) = walk::window(expr) else {
                continue;
            };
            let Some(frame) = &call.frame else { continue };
            let Some(offset) = frame.offset else { continue };
            let current = windows.iter().any(|(_, other)| {
                let other = walk::window(other)
                    .and_then(|other| Some((&other.name.text, other.frame.as_ref()?)));
                other.is_some_and(|(name, other)| *name == call.name.text && other.offset.is_none())
            });
            if offset.seconds < frame.length.seconds && current && told.insert(print(expr)) {
                let length = print_duration(frame.length.seconds);
                out.span(
                    site,
                    expr.span,
                    "the window of the past holds a part of the current one",
                )
                .help(format!(
                    "shift it by its length at least: `offset {length}`"
                ));
            }
        }
    }
}

fn is_open(expr: &Expr) -> bool {
    walk::window(expr)
        .and_then(|call| call.frame.as_ref())
        .is_some_and(|frame| frame.kind == FrameKind::Per && frame.offset.is_none())
}

fn open(rules: &Rules<'_>, out: &mut Findings) {
    for site in rules.sites.iter().filter(|site| site.is_condition()) {
        walk::each_outside(&site.expr, &mut |expr| {
            let ExprKind::Compare { op, left, right } = &expr.kind else {
                return;
            };
            let window = match op {
                CompareOp::Less | CompareOp::LessEqual | CompareOp::Equal if is_open(left) => left,
                CompareOp::Greater | CompareOp::GreaterEqual | CompareOp::Equal
                    if is_open(right) =>
                {
                    right
                }
                _ => return,
            };
            let Some(call) = walk::window(window) else {
                return;
            };
            if !matches!(
                call.name.text.as_str(),
                "count" | "sum" | "distinct" | "rate"
            ) {
                return;
            }
            let length = call.frame.as_ref().map_or(0, |frame| frame.length.seconds);
            out.span(
                site,
                expr.span,
                format!(
                    "`{}` is true at the start of every window, which has yet to fill",
                    shown(expr)
                ),
            )
            .help(format!(
                "compare the window that is over: `per {0} offset {0}`",
                print_duration(length)
            ));
        });
    }
}

fn uneven(rules: &Rules<'_>, out: &mut Findings) {
    rules.each(|site, expr| {
        let Some(chain) = walk::chain_of(expr, ChainOp::Divide) else {
            return;
        };
        let [link] = chain.rest.as_slice() else {
            return;
        };
        let length = |side: &Expr| {
            let call = walk::window(side)?;
            let frame = call.frame.as_ref()?;
            matches!(call.name.text.as_str(), "count" | "sum" | "distinct")
                .then_some((frame.kind, frame.length.seconds))
        };
        if let (Some(a), Some(b)) = (length(&chain.first), length(&link.operand))
            && a != b
        {
            out.span(
                site,
                expr.span,
                "the two windows of this ratio differ in length",
            )
            .help("use one length, or `rate`, which divides by it");
        }
    });
}

fn coarse(rules: &Rules<'_>, out: &mut Findings) {
    rules.each(|site, expr| {
        let Some(frame) = walk::window(expr).and_then(|call| call.frame.as_ref()) else { return };
        let Some(every) = frame.every else { return };
        if every.seconds * 4 > frame.length.seconds {
            let more = 100 * every.seconds / frame.length.seconds.max(1);
            out.span(site, expr.span, format!("panes of {} make this window up to {more} % longer than it says", print_duration(every.seconds)))
                .help("a window reaches back up to a pane more than its length: use shorter panes, or `per`");
        }
    });
}

fn needless(rules: &Rules<'_>, out: &mut Findings) {
    rules.each(|site, expr| {
        let Some(call) = walk::window(expr) else {
            return;
        };
        let Some(frame) = &call.frame else { return };
        let Some(every) = frame.every else { return };
        let millis = |seconds: u64| i64::try_from(seconds).unwrap_or(0).saturating_mul(1_000);
        if millis(every.seconds) == Frame::over(millis(frame.length.seconds).max(1_000)).pane {
            let mut plain = call.clone();
            if let Some(frame) = &mut plain.frame {
                frame.every = None;
            }
            let plain = print(&Expr {
                kind: ExprKind::Call(plain),
                span: expr.span,
            });
            out.span(
                site,
                every.span,
                "these are the panes that the window has anyway",
            )
            .help(format!("write `{plain}`"));
        }
    });
}

fn twice(rules: &Rules<'_>, out: &mut Findings) {
    for alert in &rules.alerts {
        let mut seen: BTreeMap<(String, u64, Option<u64>), &Expr> = BTreeMap::new();
        for (site, expr) in alert.windows(rules) {
            let Some(call) = walk::window(expr) else {
                continue;
            };
            let Some(frame) = &call.frame else { continue };
            if frame.kind != FrameKind::Over {
                continue;
            }
            let mut bare = call.clone();
            bare.frame = None;
            let bare = print(&Expr {
                kind: ExprKind::Call(bare),
                span: expr.span,
            });
            let key = (
                bare,
                frame.length.seconds,
                frame.offset.map(|offset| offset.seconds),
            );
            let first = *seen.entry(key).or_insert(expr);
            if print(first) != print(expr) {
                out.span(
                    site,
                    expr.span,
                    format!(
                        "`{}` and `{}` are one window in two sorts of panes",
                        shown(first),
                        shown(expr)
                    ),
                )
                .help("write both alike, and it is kept once");
            }
        }
    }
}

/// The windows whose emptiness a condition asks for.
fn absences(expr: &Expr) -> Vec<(&Expr, u64)> {
    let mut found = Vec::new();
    walk::each_outside(expr, &mut |part| {
        let ExprKind::Compare { op, left, right } = &part.kind else {
            return;
        };
        let length = |side: &Expr| {
            walk::call(side, "count").and_then(|call| Some(call.frame.as_ref()?.length.seconds))
        };
        let is = |limit: &Expr, wanted: f64| walk::number(limit) == Some(wanted);
        let found_length = match op {
            CompareOp::Equal if is(right, 0.0) => length(left),
            CompareOp::Equal if is(left, 0.0) => length(right),
            CompareOp::Less if is(right, 1.0) => length(left),
            _ => None,
        };
        found.extend(found_length.map(|length| (part, length)));
    });
    found
}

fn absence(rules: &Rules<'_>, out: &mut Findings) {
    for alert in rules.alerts.iter().filter(|alert| alert.by.is_empty()) {
        let site = alert.when(rules);
        for (part, _) in absences(&site.expr) {
            out.span(
                site,
                part.span,
                "without `by` this is true only when all are silent at once",
            )
            .help("name who should be heard of: `by: userId`");
        }
    }
}

fn forgotten(rules: &Rules<'_>, out: &mut Findings) {
    for alert in &rules.alerts {
        let Some(forget) = alert.seconds("forget") else {
            continue;
        };
        let site = alert.when(rules);
        for (_, length) in absences(&site.expr) {
            if !alert.by.is_empty() && forget < 2 * length {
                out.key(
                    alert,
                    "forget",
                    "a silent key is forgotten soon after its silence is noticed",
                )
                .help(format!(
                    "what is forgotten resolves: keep keys for {} at least",
                    print_duration(2 * length)
                ));
            }
        }
    }
}
