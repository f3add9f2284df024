//! What conditions say of single values, and what follows from it.
//!
//! An *atom* is a condition on one value: the value's canonical text, and the [`Set`] of what it may be for the condition to be
//! true. What is no comparison with literals is an atom about itself: true or not.

mod implication;
mod set;

use std::collections::BTreeMap;

use tripline_grammar::ast::{Call, ChainOp, CompareOp, Expr, ExprKind, FrameKind, Kind, Test};
use tripline_grammar::print;

use super::walk::{self, joined};
pub(super) use implication::{implies, may_imply};
pub(super) use set::{Interval, Set};

/// The most operands of a chain that are compared with one another.
const MAX_OPERANDS: usize = 64;

/// A condition on one value.
#[derive(Debug, Clone)]
pub(super) struct Atom<'e> {
    pub(super) value: &'e Expr,
    pub(super) text: String,
    pub(super) set: Set,
}

/// What a conjunction says of each value, by the value's text.
pub(super) type Facts = BTreeMap<String, Set>;

/// The atom that a condition is; none for `and`, `or` and `not`.
pub(super) fn atom(expr: &Expr) -> Option<Atom<'_>> {
    let make = |value, set| {
        Some(Atom {
            value,
            text: print(value),
            set,
        })
    };
    match &expr.kind {
        ExprKind::Compare { op, left, right } => {
            let found = match (literal(left), literal(right)) {
                (None, Some(literal)) => compare(*op, &literal).map(|set| (&**left, set)),
                (Some(literal), None) => {
                    compare(op.mirrored(), &literal).map(|set| (&**right, set))
                }
                _ => None,
            };
            match found {
                Some((value, set)) => make(value, set),
                None => make(expr, Set::bool(true)),
            }
        }
        ExprKind::Test {
            value,
            negated,
            test,
        } => {
            let set = match test {
                Test::InRange { low, high } => range(low.as_deref(), high.as_deref()).map(|set| {
                    if *negated {
                        set.complement().and(&Set::numbers(vec![Interval::ALL]))
                    } else {
                        set
                    }
                }),
                Test::InList(items) => list(items).map(|set| {
                    if *negated {
                        known(&set.complement())
                    } else {
                        set
                    }
                }),
                Test::Is(kind) => Some(is(*kind)).map(|set| match (kind, negated) {
                    (_, false) => set,
                    (_, true) => set.complement(),
                }),
                _ => None,
            };
            match set {
                Some(set) => make(value, set),
                None => make(expr, Set::bool(true)),
            }
        }
        ExprKind::Path(_) => make(expr, Set::bool(true)),
        ExprKind::Call(_) => make(expr, Set::bool(true)),
        _ => None,
    }
}

fn known(set: &Set) -> Set {
    Set {
        missing: false,
        ..set.clone()
    }
}

/// A literal as the set of values that are equal to it.
fn literal(expr: &Expr) -> Option<Set> {
    match &expr.kind {
        ExprKind::String(text) => Some(Set::text(text)),
        ExprKind::Bool(bool) => Some(Set::bool(*bool)),
        _ => walk::number(expr).map(|number| Set::numbers(vec![Interval::closed(number, number)])),
    }
}

fn compare(op: CompareOp, literal: &Set) -> Option<Set> {
    match op {
        CompareOp::Equal => return Some(literal.clone()),
        CompareOp::NotEqual => return Some(known(&literal.complement())),
        _ => {}
    }
    // The order of texts is of no use here.
    let (number, _) = literal.bounds()?;
    let mut interval = Interval::ALL;
    match op {
        CompareOp::Less | CompareOp::LessEqual => {
            (interval.high, interval.high_open) = (number, op == CompareOp::Less);
        }
        _ => (interval.low, interval.low_open) = (number, op == CompareOp::Greater),
    }
    Some(Set::numbers(vec![interval]))
}

fn range(low: Option<&Expr>, high: Option<&Expr>) -> Option<Set> {
    let low = low.map_or(Some(f64::NEG_INFINITY), walk::number)?;
    let high = high.map_or(Some(f64::INFINITY), walk::number)?;
    Some(Set::numbers(vec![Interval::closed(low, high)]))
}

fn list(items: &[Expr]) -> Option<Set> {
    let mut set = Set::none();
    for item in items {
        let item = match item.kind {
            ExprKind::Null => Set {
                missing: true,
                ..Set::none()
            },
            _ => literal(item)?,
        };
        set = set.or(&item);
    }
    Some(set)
}

fn is(kind: Kind) -> Set {
    let none = Set::none();
    match kind {
        Kind::Missing => Set {
            missing: true,
            ..none
        },
        Kind::Number => Set::numbers(vec![Interval::ALL]),
        Kind::String => Set {
            texts: Set::all().texts,
            ..none
        },
        Kind::Bool => Set {
            yes: true,
            no: true,
            ..none
        },
        Kind::List | Kind::Object => Set {
            others: true,
            ..none
        },
    }
}

/// The condition that an atom is when it is not true, and known.
fn negated<'e>(atom: Atom<'e>, expr: &Expr) -> Atom<'e> {
    let asks_presence = matches!(
        &expr.kind,
        ExprKind::Test {
            test: Test::Is(_) | Test::InList(_),
            ..
        }
    );
    let ordered = matches!(&expr.kind, ExprKind::Compare { op, .. } if !matches!(op, CompareOp::Equal | CompareOp::NotEqual))
        || matches!(
            &expr.kind,
            ExprKind::Test {
                test: Test::InRange { .. },
                ..
            }
        );
    let set = atom.set.complement();
    let set = if asks_presence {
        set
    } else if ordered && atom.set.numbers != Vec::new() {
        set.and(&Set::numbers(vec![Interval::ALL]))
    } else {
        known(&set)
    };
    Atom { set, ..atom }
}

/// What a value can be, whatever the events.
pub(super) fn domain(value: &Expr) -> Set {
    let between = |low, high| Set::numbers(vec![Interval::closed(low, high)]);
    let Some(name) = named(value) else {
        return if is_share(value) {
            Set {
                missing: true,
                ..between(0.0, 1.0)
            }
        } else {
            Set::all()
        };
    };
    let missing = Set {
        missing: true,
        ..Set::none()
    };
    match name {
        "count" | "distinct" => between(0.0, f64::INFINITY),
        "rate" => between(0.0, f64::INFINITY),
        "stddev" | "len" | "abs" => between(0.0, f64::INFINITY).or(&missing),
        "hour" => between(0.0, 23.0),
        "weekday" => between(1.0, 7.0),
        "sum" => Set::numbers(vec![Interval::ALL]).or(&missing),
        "avg" | "percentile" => Set::numbers(vec![Interval::ALL]).or(&missing),
        "lower" | "upper" | "trim" | "text" | "date" => Set {
            texts: Set::all().texts,
            missing: true,
            ..Set::none()
        },
        _ => Set::all(),
    }
}

/// Whether a value is a whole number, if it is one.
fn is_whole(value: &Expr) -> bool {
    matches!(
        named(value),
        Some("count" | "distinct" | "len" | "hour" | "weekday")
    )
}

fn named(value: &Expr) -> Option<&str> {
    match &value.kind {
        ExprKind::Call(call) => Some(&call.name.text),
        _ => None,
    }
}

/// Whether a value is a part of a count divided by the whole of it.
pub(super) fn is_share(value: &Expr) -> bool {
    let Some(chain) = walk::chain_of(value, ChainOp::Divide) else {
        return false;
    };
    let [link] = chain.rest.as_slice() else {
        return false;
    };
    match (walk::window(&chain.first), walk::window(&link.operand)) {
        (Some(part), Some(whole)) => {
            part.name.text == "count"
                && whole.name.text == "count"
                && whole.args.is_empty()
                && same_frame(part, whole)
        }
        _ => false,
    }
}

/// Whether two windows lie alike in time.
pub(super) fn same_frame(a: &Call, b: &Call) -> bool {
    let frame = |call: &Call| -> Option<(FrameKind, u64, Option<u64>, Option<u64>)> {
        let frame = call.frame.as_ref()?;
        let seconds = |duration: Option<tripline_grammar::ast::Duration>| {
            duration.map(|duration| duration.seconds)
        };
        Some((
            frame.kind,
            frame.length.seconds,
            seconds(frame.every),
            seconds(frame.offset),
        ))
    };
    frame(a) == frame(b)
}

fn possible(atom: &Atom<'_>) -> Set {
    let set = atom.set.and(&domain(atom.value));
    if is_whole(atom.value) {
        set.whole()
    } else {
        set
    }
}

/// What must hold of values for a condition to be true; of an `or`, nothing, but where all its arms are about one value.
pub(super) fn facts(expr: &Expr) -> Facts {
    let mut facts = Facts::new();
    for atom in required(expr, false).into_iter() {
        let set = possible(&atom);
        let known = facts.remove(&atom.text);
        let set = known.map_or_else(|| set.clone(), |known: Set| known.and(&set));
        facts.insert(
            atom.text,
            if is_whole(atom.value) {
                set.whole()
            } else {
                set
            },
        );
    }
    facts
}

/// The atoms that must all hold for a condition, or its negation, to be true.
fn required(expr: &Expr, negate: bool) -> Vec<Atom<'_>> {
    if let ExprKind::Not(operand) = &expr.kind {
        return required(operand, !negate);
    }
    let (all, any) = if negate {
        (ChainOp::Or, ChainOp::And)
    } else {
        (ChainOp::And, ChainOp::Or)
    };
    let parts = joined(expr, all);
    if parts.len() > 1 {
        return parts
            .into_iter()
            .take(MAX_OPERANDS)
            .flat_map(|part| required(part, negate))
            .collect();
    }
    let arms = joined(expr, any);
    if arms.len() > 1 {
        return one_value(&arms, negate).into_iter().collect();
    }
    atom(expr)
        .map(|atom| if negate { negated(atom, expr) } else { atom })
        .into_iter()
        .collect()
}

/// The atom that all arms of an `or` make together, if they are about one value.
fn one_value<'e>(arms: &[&'e Expr], negate: bool) -> Option<Atom<'e>> {
    let mut union: Option<Atom<'e>> = None;
    if arms.len() > MAX_OPERANDS {
        return None;
    }
    for arm in arms {
        let mut atoms = required(arm, negate);
        let atom = atoms.pop()?;
        if atoms.iter().any(|other| other.text != atom.text) {
            return None;
        }
        let set = atoms
            .iter()
            .fold(atom.set.clone(), |set, other| set.and(&other.set));
        union = Some(match union {
            None => Atom { set, ..atom },
            Some(union) if union.text == atom.text => Atom {
                set: union.set.or(&set),
                ..union
            },
            Some(_) => return None,
        });
    }
    union
}

/// Whether a condition can never be true.
pub(super) fn never(expr: &Expr) -> bool {
    if constant(expr) == Some(false) {
        return true;
    }
    let arms = joined(expr, ChainOp::Or);
    if arms.len() > 1 {
        return arms.into_iter().all(never);
    }
    joined(expr, ChainOp::And)
        .iter()
        .any(|part| constant(part) == Some(false))
        || facts(expr).values().any(Set::is_empty)
}

/// Whether a condition is true whatever the numbers are.
pub(super) fn always(expr: &Expr) -> bool {
    if constant(expr) == Some(true) {
        return true;
    }
    if let ExprKind::Not(operand) = &expr.kind {
        return never(operand);
    }
    let parts = joined(expr, ChainOp::And);
    if parts.len() > 1 {
        return parts.into_iter().all(always);
    }
    let arms = joined(expr, ChainOp::Or);
    if arms.len() > 1 && arms.iter().any(|arm| always(arm)) {
        return true;
    }
    let found = if arms.len() > 1 {
        one_value(&arms, false)
    } else {
        atom(expr)
    };
    found.is_some_and(|found| {
        let domain = domain(found.value);
        let set = &found.set;
        let is_about_numbers =
            !set.numbers.is_empty() && !set.texts.but && set.texts.listed.is_empty();
        let needed = if is_about_numbers {
            Set::numbers(domain.numbers)
        } else {
            domain
        };
        let rest = needed.and(&set.complement());
        let rest = if is_whole(found.value) {
            rest.whole()
        } else {
            rest
        };
        !needed.is_empty() && rest.is_empty()
    })
}

/// What a condition of literals alone is.
pub(super) fn constant(expr: &Expr) -> Option<bool> {
    match &expr.kind {
        ExprKind::Bool(bool) => Some(*bool),
        ExprKind::Not(operand) => constant(operand).map(|bool| !bool),
        ExprKind::Compare { op, left, right } => {
            let (left, right) = (literal(left)?, literal(right)?);
            let set = compare(*op, &right)?;
            Some(left.within(&set))
        }
        ExprKind::Test {
            value,
            negated,
            test: Test::InRange { low, high },
        } => {
            let set = range(low.as_deref(), high.as_deref())?;
            Some(literal(value)?.within(&set) != *negated)
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests;
