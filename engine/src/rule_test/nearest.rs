//! How near an alert came to firing that did not.

use serde_json::Value;
use tripline_grammar::ast::{Expr, ExprKind};

use super::observe::observe;
use super::{Expected, RuleTest};
use crate::explain::{Explanation, Part, PartValue};
use crate::program::Program;
use crate::time::Time;

/// The comparison that was missed by least.
#[derive(Debug, Clone, PartialEq)]
pub struct NearestMiss {
    /// The left side of the comparison, such as `count() over 5m`.
    pub left: String,
    /// What it reached.
    pub reached: Value,
    /// What it was compared with.
    pub wanted: Value,
    /// When.
    pub at: Time,
}

impl RuleTest {
    /// Finds what an alert lacked that was expected to fire; `None` if no number came near another.
    pub fn nearest_miss(&self, program: &Program, expected: &Expected) -> Option<NearestMiss> {
        let mut nearest: Option<(f64, NearestMiss)> = None;
        observe(self, program, &[&expected.alert], |explanation| {
            let key = explanation.key.as_deref().unwrap_or_default();
            let mut wanted = expected.key.iter();
            if !wanted.all(|part| key.contains(part)) {
                return;
            }
            for (_, part) in explanation
                .conditions
                .iter()
                .filter(|(name, _)| *name == "when")
            {
                missed(part, explanation, &mut nearest);
            }
        });
        nearest.map(|(_, miss)| miss)
    }
}

/// Looks for comparisons of numbers that do not hold.
fn missed(part: &Part, explanation: &Explanation, nearest: &mut Option<(f64, NearestMiss)>) {
    for inner in &part.parts {
        missed(inner, explanation, nearest);
    }
    if part.value != PartValue::Known(Value::Bool(false)) {
        return;
    }
    let Ok(expr) = tripline_grammar::parse(&part.text, Default::default()) else {
        return;
    };
    let ExprKind::Compare { left, right, .. } = &expr.kind else {
        return;
    };
    let mut parts = part.parts.iter();
    let (Some(reached), Some(wanted)) = (side(left, &mut parts), side(right, &mut parts)) else {
        return;
    };
    let (Some(a), Some(b)) = (reached.as_f64(), wanted.as_f64()) else {
        return;
    };
    let distance = (a - b).abs() / a.abs().max(b.abs()).max(f64::MIN_POSITIVE);
    // Of two that are as near, the later.
    if nearest.as_ref().is_none_or(|(least, _)| distance <= *least) {
        let miss = NearestMiss {
            left: tripline_grammar::print(left),
            reached,
            wanted,
            at: explanation.at,
        };
        *nearest = Some((distance, miss));
    }
}

/// The value of a side of a comparison: a constant has no part.
fn side<'p>(expr: &Expr, parts: &mut impl Iterator<Item = &'p Part>) -> Option<Value> {
    use tripline_grammar::ast::Number;
    match &expr.kind {
        ExprKind::Number(Number::Integer(number)) => Some((*number).into()),
        ExprKind::Number(Number::Double(number)) => Some((*number).into()),
        ExprKind::Number(Number::Percent(number)) => Some((number / 100.0).into()),
        _ => match &parts.next()?.value {
            PartValue::Known(value) => Some(value.clone()),
            _ => None,
        },
    }
}
