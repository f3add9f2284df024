//! Going over expressions.

use tripline_grammar::ast::{Call, Chain, ChainOp, Expr, ExprKind, Number, Path, Test};
use tripline_grammar::print;

use crate::aggregate;

/// Calls `f` with the expressions right beneath one.
pub(crate) fn children<'e>(expr: &'e Expr, f: &mut dyn FnMut(&'e Expr)) {
    match &expr.kind {
        ExprKind::Call(call) => call_children(call, f),
        ExprKind::Negate(operand) | ExprKind::Not(operand) => f(operand),
        ExprKind::Chain(chain) => {
            f(&chain.first);
            chain.rest.iter().for_each(|link| f(&link.operand));
        }
        ExprKind::Compare { left, right, .. } => {
            f(left);
            f(right);
        }
        ExprKind::Test { value, test, .. } => {
            f(value);
            match test {
                Test::InRange { low, high } => {
                    low.iter().chain(high).for_each(|end| f(end));
                }
                Test::InList(items) => items.iter().for_each(f),
                Test::InCidr(call) => call_children(call, f),
                Test::Contains(text) | Test::StartsWith(text) | Test::EndsWith(text) => f(text),
                Test::InPath(_) | Test::Matches { .. } | Test::Is(_) => {}
            }
        }
        _ => {}
    }
}

fn call_children<'e>(call: &'e Call, f: &mut dyn FnMut(&'e Expr)) {
    call.args.iter().chain(call.filter.as_deref()).for_each(f);
}

/// Calls `f` with an expression and all beneath it.
pub(crate) fn each<'e>(expr: &'e Expr, f: &mut dyn FnMut(&'e Expr)) {
    f(expr);
    children(expr, &mut |child| each(child, f));
}

/// Calls `f` with an expression and all beneath it that is not inside a window.
pub(super) fn each_outside<'e>(expr: &'e Expr, f: &mut dyn FnMut(&'e Expr)) {
    f(expr);
    if window(expr).is_none() {
        children(expr, &mut |child| each_outside(child, f));
    }
}

/// The operands of a chain.
pub(super) fn operands(chain: &Chain) -> Vec<&Expr> {
    let rest = chain.rest.iter().map(|link| &link.operand);
    std::iter::once(&*chain.first).chain(rest).collect()
}

/// The operands that `op` joins, or the expression itself.
pub(super) fn joined(expr: &Expr, op: ChainOp) -> Vec<&Expr> {
    match &expr.kind {
        ExprKind::Chain(chain) if chain.rest.first().is_some_and(|link| link.op == op) => {
            let operands = operands(chain).into_iter();
            operands.flat_map(|operand| joined(operand, op)).collect()
        }
        _ => vec![expr],
    }
}

/// The chain that `op` makes.
pub(super) fn chain_of(expr: &Expr, op: ChainOp) -> Option<&Chain> {
    match &expr.kind {
        ExprKind::Chain(chain) if chain.rest.first().is_some_and(|link| link.op == op) => {
            Some(chain)
        }
        _ => None,
    }
}

/// The aggregate over a window that an expression is.
pub(crate) fn window(expr: &Expr) -> Option<&Call> {
    match &expr.kind {
        ExprKind::Call(call) if call.frame.is_some() && is_aggregate(call) => Some(call),
        _ => None,
    }
}

pub(super) fn is_aggregate(call: &Call) -> bool {
    aggregate::find(&call.name.text).is_some()
}

/// Whether an expression is a call of this function or aggregate.
pub(super) fn call<'e>(expr: &'e Expr, name: &str) -> Option<&'e Call> {
    match &expr.kind {
        ExprKind::Call(call) if call.name.text == name => Some(call),
        _ => None,
    }
}

pub(super) fn path(expr: &Expr) -> Option<&Path> {
    match &expr.kind {
        ExprKind::Path(path) => Some(path),
        _ => None,
    }
}

/// The number that an expression is, wherever it stands.
pub(crate) fn number(expr: &Expr) -> Option<f64> {
    match &expr.kind {
        ExprKind::Number(Number::Integer(integer)) => Some(*integer as f64),
        ExprKind::Number(Number::Double(double)) => Some(*double),
        ExprKind::Number(Number::Percent(percent)) => Some(*percent / 100.0),
        ExprKind::Negate(operand) => number(operand).map(|number| -number),
        _ => None,
    }
}

pub(super) fn is_literal(expr: &Expr) -> bool {
    number(expr).is_some() || matches!(expr.kind, ExprKind::String(_) | ExprKind::Bool(_))
}

/// Whether an expression reads the event or a window.
pub(super) fn is_constant(expr: &Expr) -> bool {
    let mut constant = true;
    each(expr, &mut |part| {
        constant &= !matches!(
            &part.kind,
            ExprKind::Path(_)
                | ExprKind::Call(_)
                | ExprKind::Test {
                    test: Test::InPath(_),
                    ..
                }
        );
    });
    constant
}

/// The canonical text of an expression, cut to a length that fits a message.
pub(super) fn shown(expr: &Expr) -> String {
    let text = print(expr);
    match text.char_indices().nth(60) {
        Some((at, _)) => format!("{}…", &text[..at]),
        None => text,
    }
}
