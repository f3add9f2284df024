//! Whether one condition follows from another.

use tripline_grammar::ast::{ChainOp, Expr};
use tripline_grammar::print;

use super::super::walk::joined;
use super::{Facts, MAX_OPERANDS, facts, one_value, required};

/// Whether one condition may be true wherever another is, by what must hold of values for each of them to be true.
///
/// It is quick, and says no only where [`implies`] does: a value that may be what the other condition does not allow.
pub(in crate::lint) fn may_imply(if_true: (&Expr, &Facts), then: &Facts) -> bool {
    let (expr, known) = if_true;
    // Of an `or`, values hold in each arm, and not in all of it.
    joined(expr, ChainOp::Or).len() > 1
        || then
            .iter()
            .all(|(value, set)| known.get(value).is_some_and(|known| known.within(set)))
}

/// Whether one condition is true wherever another is.
pub(in crate::lint) fn implies(if_true: &Expr, then: &Expr) -> bool {
    let arms = joined(if_true, ChainOp::Or);
    if arms.len() > 1 {
        return arms.len() <= MAX_OPERANDS && arms.into_iter().all(|arm| implies(arm, then));
    }
    let parts = joined(if_true, ChainOp::And);
    if parts.len() > MAX_OPERANDS {
        return false;
    }
    let texts: Vec<String> = parts.iter().map(|part| print(part)).collect();
    follows(&facts(if_true), &texts, then)
}

fn follows(facts: &Facts, texts: &[String], then: &Expr) -> bool {
    if texts.contains(&print(then)) {
        return true;
    }
    let parts = joined(then, ChainOp::And);
    if parts.len() > 1 {
        return parts.len() <= MAX_OPERANDS
            && parts.into_iter().all(|part| follows(facts, texts, part));
    }
    let arms = joined(then, ChainOp::Or);
    if arms.len() > 1
        && arms.len() <= MAX_OPERANDS
        && arms.iter().any(|arm| follows(facts, texts, arm))
    {
        return true;
    }
    let mut wanted = if arms.len() > 1 {
        one_value(&arms, false).into_iter().collect()
    } else {
        required(then, false)
    };
    match (wanted.pop(), wanted.pop()) {
        (Some(atom), None) => facts
            .get(&atom.text)
            .is_some_and(|known| known.within(&atom.set)),
        _ => false,
    }
}
