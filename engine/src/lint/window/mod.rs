//! Lints of windows and their statistics.

mod frames;
mod minimum;
mod values;

pub(super) use frames::*;
pub(super) use minimum::*;
pub(super) use values::*;

use tripline_grammar::ast::{Call, Expr};
use tripline_grammar::print;

use super::logic::{Facts, same_frame};
use super::walk;

/// Whether the facts of a condition bound a count or a sum over a window like this one from below.
fn has_minimum(facts: &Facts, windows: &[&Expr], window: &Call, least: f64) -> bool {
    windows.iter().any(|other| {
        let Some(call) = walk::window(other) else {
            return false;
        };
        let counts = matches!(
            call.name.text.as_str(),
            "count" | "rate" | "sum" | "distinct"
        );
        let low = || {
            facts
                .get(&print(other))
                .and_then(super::logic::Set::bounds)
                .map(|(low, _)| low)
        };
        counts
            && alike(call, window)
            && low().is_some_and(|low| low > 0.0 && (low >= least || call.name.text != "count"))
    })
}

/// Whether two windows hold the same time: panes may differ.
fn alike(a: &Call, b: &Call) -> bool {
    let span = |call: &Call| {
        let frame = call.frame.as_ref()?;
        Some((
            frame.kind,
            frame.length.seconds,
            frame.offset.map(|offset| offset.seconds),
        ))
    };
    same_frame(a, b) || span(a) == span(b)
}
