//! Going over expressions.

use tripline_grammar::ast::{Call, Chain, ChainOp, Expr, ExprKind, Number, Path, Test};
use tripline_grammar::print;

use crate::aggregate;

/// The expressions right beneath one.
pub(super) fn children(expr: &Expr) -> Vec<&Expr> {
    match &expr.kind {
        ExprKind::Call(call) => call_children(call),
        ExprKind::Negate(operand) | ExprKind::Not(operand) => vec![operand],
        ExprKind::Chain(chain) => operands(chain),
        ExprKind::Compare { left, right, .. } => vec![left, right],
        ExprKind::Test { value, test, .. } => {
            let mut children: Vec<&Expr> = vec![value];
            match test {
                Test::InRange { low, high } => {
                    children.extend(low.as_deref());
                    children.extend(high.as_deref());
                }
                Test::InList(items) => children.extend(items),
                Test::InCidr(call) => children.extend(call_children(call)),
                Test::Contains(text) | Test::StartsWith(text) | Test::EndsWith(text) => {
                    children.push(text);
                }
                Test::InPath(_) | Test::Matches { .. } | Test::Is(_) => {}
            }
            children
        }
        _ => Vec::new(),
    }
}

fn call_children(call: &Call) -> Vec<&Expr> {
    call.args.iter().chain(call.filter.as_deref()).collect()
}

/// Calls `f` with an expression and all beneath it.
pub(super) fn each<'e>(expr: &'e Expr, f: &mut dyn FnMut(&'e Expr)) {
    f(expr);
    for child in children(expr) {
        each(child, f);
    }
}

/// Calls `f` with an expression and all beneath it that is not inside a window.
pub(super) fn each_outside<'e>(expr: &'e Expr, f: &mut dyn FnMut(&'e Expr)) {
    f(expr);
    if window(expr).is_none() {
        for child in children(expr) {
            each_outside(child, f);
        }
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
pub(super) fn window(expr: &Expr) -> Option<&Call> {
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
pub(super) fn number(expr: &Expr) -> Option<f64> {
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
