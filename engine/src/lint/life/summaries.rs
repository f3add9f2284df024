//! What messages show.

use tripline_grammar::ast::ChainOp;
use tripline_grammar::{print, print_path};

use super::super::findings::Findings;
use super::super::rules::Rules;
use super::super::walk::{self, shown};
use super::super::{Family, Lint};
use crate::diagnostic::Severity;

pub(in crate::lint) const TIMER_BLIND_SUMMARY: Lint = Lint::new(
    "W2421",
    "timer-blind-summary",
    Severity::Warning,
    Family::LifeCycle,
    blind,
);
pub(in crate::lint) const SUMMARY_DECIMALS: Lint = Lint::new(
    "W2422",
    "summary-decimals",
    Severity::Warning,
    Family::LifeCycle,
    decimals,
);
pub(in crate::lint) const SUMMARY_UNBOUNDED: Lint = Lint::new(
    "W2423",
    "summary-unbounded",
    Severity::Warning,
    Family::LifeCycle,
    unbounded,
);
pub(in crate::lint) const SUMMARY_WITHOUT_KEY: Lint = Lint::new(
    "W2424",
    "summary-without-key",
    Severity::Info,
    Family::LifeCycle,
    without_key,
);

fn blind(rules: &Rules<'_>, out: &mut Findings) {
    for alert in &rules.alerts {
        let Some(rule) = alert.compiled else { continue };
        let why = if alert.get("for").is_some() {
            "`for` runs out between events"
        } else if alert.get("repeat").is_some() {
            "`repeat` sends between events"
        } else if !rule.is_per_event() && alert.until(rules).is_none() && !rule.rests {
            "time alone can make its condition true"
        } else {
            continue;
        };
        let keys = alert.key_texts(rules);
        for hole in &alert.holes {
            let site = &rules.sites[hole.site];
            if keys.contains(&print(&site.expr)) {
                continue;
            }
            walk::each_outside(&site.expr, &mut |expr| {
                let Some(path) = walk::path(expr) else { return };
                // What has a fallback is shown as that.
                if walk::chain_of(&site.expr, ChainOp::Coalesce).is_none()
                    && !keys.contains(&print(expr))
                {
                    out.span(site, expr.span, format!("`{}` prints as `?` where no event is at hand: {why}", print_path(path)))
                        .help(format!("show a window, such as `last({})` in the condition, or a part of `by`; or give a fallback with `??`", print_path(path)));
                }
            });
        }
    }
}

fn decimals(rules: &Rules<'_>, out: &mut Findings) {
    for alert in &rules.alerts {
        for hole in alert.holes.iter().filter(|hole| hole.decimals.is_none()) {
            let site = &rules.sites[hole.site];
            let expr = &site.expr;
            let long = walk::chain_of(expr, ChainOp::Divide).is_some()
                || ["avg", "stddev", "percentile", "rate"]
                    .iter()
                    .any(|name| walk::call(expr, name).is_some());
            if long {
                let end = site.place.range(expr.span).end;
                let is_plain =
                    site.expr_text(expr.span) == site.place.text.get(site.place.range(expr.span));
                let finding = out
                    .span(
                        site,
                        expr.span,
                        format!("`{}` prints with up to 17 digits", shown(expr)),
                    )
                    .help("say how many decimals: `{…:.1}`");
                if is_plain {
                    finding.edit(site.place.file, end..end, ":.1");
                }
            }
        }
    }
}

fn unbounded(rules: &Rules<'_>, out: &mut Findings) {
    const NAMES: [&str; 9] = [
        "message",
        "msg",
        "body",
        "stacktrace",
        "payload",
        "useragent",
        "query",
        "url",
        "raw",
    ];
    for alert in &rules.alerts {
        for hole in alert.holes.iter().filter(|hole| hole.key == "summary") {
            let site = &rules.sites[hole.site];
            let Some(path) = walk::path(&site.expr) else {
                continue;
            };
            let text = print_path(path);
            let name = text
                .rsplit('.')
                .next()
                .unwrap_or_default()
                .replace('_', "")
                .to_lowercase();
            if NAMES.contains(&name.as_str()) {
                out.span(
                    site,
                    site.expr.span,
                    format!("`{text}` can be of any length and say anything"),
                )
                .help("show it in `description`; a summary is one line");
            }
        }
    }
}

fn without_key(rules: &Rules<'_>, out: &mut Findings) {
    for alert in rules
        .alerts
        .iter()
        .filter(|alert| !alert.by.is_empty() && alert.get("summary").is_some())
    {
        let keys = alert.key_texts(rules);
        let mut shows = false;
        for hole in &alert.holes {
            walk::each(&rules.sites[hole.site].expr, &mut |expr| {
                shows |= keys.contains(&print(expr))
            });
        }
        if !shows {
            out.key(
                alert,
                "summary",
                "the summary does not say which key it is about",
            )
            .help(format!("show it: `{{{}}}`", keys[0]));
        }
    }
}
