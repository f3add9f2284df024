//! How near a condition came to being true.

use serde::Serialize;
use serde_json::Value;
use tripline_grammar::ast::{Expr, ExprKind, Number, Test};

use super::{Part, PartValue};
use crate::time::Time;

/// The comparison that was missed by least.
#[derive(Debug, Clone, PartialEq, Serialize)]
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

/// How far two numbers are apart, for their size; of numbers that are as far from 0 as they can be, by how much.
#[derive(Debug, Clone, Copy, PartialEq, PartialOrd)]
pub(crate) struct Distance(f64, f64);

/// Looks through a condition, as it was at some time, for comparisons of numbers that do not hold.
///
/// `nearest` is the one that was missed by least so far.
pub(crate) fn missed(part: &Part, at: Time, nearest: &mut Option<(Distance, NearestMiss)>) {
    for inner in &part.parts {
        missed(inner, at, nearest);
    }
    if part.value != PartValue::Known(Value::Bool(false)) {
        return;
    }
    let Ok(expr) = tripline_grammar::parse(&part.text, Default::default()) else {
        return;
    };
    let mut parts = part.parts.iter();
    let (left, wanted) = match &expr.kind {
        ExprKind::Compare { left, right, .. } => (left, vec![right]),
        ExprKind::Test {
            value,
            test: Test::InRange { low, high },
            ..
        } => (value, low.iter().chain(high).collect()),
        _ => return,
    };
    let Some(reached) = side(left, &mut parts) else {
        return;
    };
    for wanted in wanted {
        let Some(wanted) = side(wanted, &mut parts) else {
            continue;
        };
        let (Some(a), Some(b)) = (reached.as_f64(), wanted.as_f64()) else {
            continue;
        };
        let apart = (a - b).abs();
        let relative = apart / a.abs().max(b.abs()).max(f64::MIN_POSITIVE);
        let distance = Distance(relative, apart);
        // Of two that are as near, the later.
        if nearest.as_ref().is_none_or(|(least, _)| distance <= *least) {
            let miss = NearestMiss {
                left: tripline_grammar::print(left),
                reached: reached.clone(),
                wanted,
                at,
            };
            *nearest = Some((distance, miss));
        }
    }
}

/// The value of a side of a comparison: a constant has no part.
fn side<'p>(expr: &Expr, parts: &mut impl Iterator<Item = &'p Part>) -> Option<Value> {
    match &expr.kind {
        ExprKind::Number(Number::Integer(number)) => Some((*number).into()),
        ExprKind::Number(Number::Double(number)) => Some((*number).into()),
        ExprKind::Number(Number::Percent(number)) => Some((number / 100.0).into()),
        ExprKind::Negate(operand) if matches!(operand.kind, ExprKind::Number(_)) => {
            Some((-side(operand, parts)?.as_f64()?).into())
        }
        _ => match &parts.next()?.value {
            PartValue::Known(value) => Some(value.clone()),
            _ => None,
        },
    }
}
