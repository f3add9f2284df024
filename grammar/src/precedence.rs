//! Operator precedence: from a flat run of operands to one chain for each level.

use crate::ast::{Chain, ChainOp, Expr, ExprKind, Link, Span};
use crate::lower::placeholder;

/// The levels of the operators between values, the tightest first.
pub(crate) const ARITHMETIC: [&[ChainOp]; 3] = [
    &[ChainOp::Coalesce],
    &[ChainOp::Multiply, ChainOp::Divide, ChainOp::Remainder],
    &[ChainOp::Add, ChainOp::Subtract],
];

/// The levels of the operators between conditions, the tightest first.
pub(crate) const LOGIC: [&[ChainOp]; 2] = [&[ChainOp::And], &[ChainOp::Or]];

/// The operators of a run of operands, each with its place.
pub(crate) type Operators = Vec<(ChainOp, Span)>;

/// Groups a run of operands level by level, so that each level becomes one chain.
pub(crate) fn grouped(
    mut operands: Vec<Expr>,
    mut operators: Operators,
    levels: &[&[ChainOp]],
) -> Expr {
    for level in levels {
        if operators.is_empty() {
            break;
        }
        let mut looser = Operators::new();
        let mut chains: Vec<Vec<Expr>> = Vec::new();
        let mut links: Vec<Operators> = Vec::new();
        let mut op = None;
        let mut rest = std::mem::take(&mut operators).into_iter();
        for operand in operands {
            match (op, chains.last_mut(), links.last_mut()) {
                (Some((op, span)), Some(chain), Some(links)) if level.contains(&op) => {
                    chain.push(operand);
                    links.push((op, span));
                }
                (before, ..) => {
                    looser.extend(before);
                    chains.push(vec![operand]);
                    links.push(Operators::new());
                }
            }
            op = rest.next();
        }
        operands = chains
            .into_iter()
            .zip(links)
            .filter_map(|(run, ops)| chain(run, ops))
            .collect();
        operators = looser;
    }
    operands
        .pop()
        .unwrap_or_else(|| placeholder(Span::default()))
}

/// Joins the operands of one level; a single one stays what it is.
fn chain(run: Vec<Expr>, ops: Operators) -> Option<Expr> {
    let mut run = run.into_iter();
    let first = run.next()?;
    if ops.is_empty() {
        return Some(first);
    }
    let rest: Vec<Link> = ops
        .into_iter()
        .zip(run)
        .map(|((op, op_span), operand)| Link {
            op,
            op_span,
            operand,
        })
        .collect();
    let end = rest
        .last()
        .map_or(first.span.end, |link| link.operand.span.end);
    let span = Span {
        start: first.span.start,
        end,
    };
    Some(Expr {
        kind: ExprKind::Chain(Chain {
            first: Box::new(first),
            rest,
        }),
        span,
    })
}

/// Wraps an operand in its prefix operators, which begin at `starts`, and empties that.
pub(crate) fn prefixed(
    starts: &mut Vec<u32>,
    operand: Expr,
    wrap: fn(Box<Expr>) -> ExprKind,
) -> Expr {
    starts.drain(..).rev().fold(operand, |operand, start| {
        let span = Span {
            start,
            end: operand.span.end,
        };
        Expr {
            kind: wrap(Box::new(operand)),
            span,
        }
    })
}

/// Gives the operator between values that a sign stands for.
pub(crate) fn arithmetic(sign: &str) -> ChainOp {
    match sign {
        "+" => ChainOp::Add,
        "-" => ChainOp::Subtract,
        "*" => ChainOp::Multiply,
        "/" => ChainOp::Divide,
        "%" => ChainOp::Remainder,
        _ => ChainOp::Coalesce,
    }
}
