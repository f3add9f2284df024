//! The functions.

use std::cmp::Ordering;

use serde_json::Value;
use tripline_grammar::ast::{Call, ExprKind};

use super::clock::TimeFunction;
use super::datum::{Datum, kleene, number_order, unknown_of};
use super::expression::{Scope, evaluate};

/// The time function that a call is.
pub(super) fn time_function(call: &Call) -> Option<TimeFunction> {
    let zone = match call.args.first().map(|zone| &zone.kind) {
        Some(ExprKind::String(zone)) => Some(zone.as_str()),
        _ => None,
    };
    TimeFunction::new(&call.name.text, zone)
}

/// Evaluates a call of a function.
pub(super) fn call(call: &Call, scope: Scope<'_>) -> Datum {
    if let Some(function) = time_function(call) {
        return function.value(scope.clock);
    }
    let name = call.name.text.as_str();
    if let ("any" | "all", [list, condition]) = (name, call.args.as_slice()) {
        let Datum::Tree(Value::Array(items)) = evaluate(list, scope) else {
            return Datum::Unread;
        };
        let results: Vec<Datum> = items
            .iter()
            .map(|item| {
                let item = Some(item);
                evaluate(condition, Scope { item, ..scope })
            })
            .collect();
        return kleene(&results, name == "any");
    }
    let args: Vec<Datum> = call.args.iter().map(|arg| evaluate(arg, scope)).collect();
    match (name, args.as_slice()) {
        ("default", [first, second]) if first.is_unknown() && second.is_unknown() => {
            unknown_of([first, second])
        }
        ("default", [first, second]) => match first.is_unknown() {
            true => second.clone(),
            false => first.clone(),
        },
        ("min", _) => best(&args, Ordering::Less),
        ("max", _) => best(&args, Ordering::Greater),
        (_, [Datum::Empty]) => Datum::Empty,
        ("text", [value]) => text(value),
        ("number", [value]) => number(value),
        ("lower", [Datum::Text(text)]) => Datum::Text(text.to_lowercase()),
        ("upper", [Datum::Text(text)]) => Datum::Text(text.to_uppercase()),
        ("trim", [Datum::Text(text)]) => Datum::Text(text.trim().to_owned()),
        ("len", [Datum::Text(text)]) => Datum::Int(text.chars().count() as i64),
        ("len", [Datum::Tree(Value::Array(items))]) => Datum::Int(items.len() as i64),
        ("abs", [Datum::Int(integer)]) => Datum::of_exact(i128::from(*integer).abs()),
        ("abs", [Datum::Double(double)]) => Datum::Double(double.abs()),
        ("round" | "floor" | "ceil", [Datum::Int(integer)]) => Datum::Int(*integer),
        // Halves go away from zero.
        ("round", [Datum::Double(double)]) => Datum::Double(double.round()),
        ("floor", [Datum::Double(double)]) => Datum::Double(double.floor()),
        ("ceil", [Datum::Double(double)]) => Datum::Double(double.ceil()),
        _ => Datum::Unread,
    }
}

/// The least or the greatest of some numbers; unknown if one of them is no number.
fn best(args: &[Datum], wanted: Ordering) -> Datum {
    let wrong = |arg: &Datum| !arg.is_number() && *arg != Datum::Empty;
    if args.iter().any(wrong) {
        return Datum::Unread;
    }
    if args.contains(&Datum::Empty) {
        return Datum::Empty;
    }
    let better = |best, next| match number_order(next, best) == Some(wanted) {
        true => next,
        false => best,
    };
    args.iter().reduce(better).cloned().unwrap_or(Datum::Unread)
}

/// Text as it is; of a number or a truth value its canonical JSON, so that 1.0 and 1 read the same.
fn text(value: &Datum) -> Datum {
    match (value, value.to_key()) {
        (Datum::Text(_), _) => value.clone(),
        (_, Some(key)) => Datum::Text(key.to_string()),
        (_, None) => Datum::Unread,
    }
}

/// A number as it is; of a text the number that it is in JSON.
fn number(value: &Datum) -> Datum {
    match value {
        Datum::Text(text) => match serde_json::from_str::<Value>(text) {
            Ok(number @ Value::Number(_)) => Datum::of_json(Some(&number)),
            _ => Datum::Unread,
        },
        _ => Datum::Unread,
    }
}
