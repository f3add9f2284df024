//! The values an expression gives, and how they compare.

use std::cmp::Ordering;

use serde_json::Value;

/// What an expression gives: a value, or one of the two kinds of unknown.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Datum {
    /// `true` or `false`
    Bool(bool),
    /// A whole number that fits 64 bits.
    Int(i64),
    /// Any other number; never infinite nor NaN.
    Double(f64),
    /// Text.
    Text(String),
    /// A list or an object of the event.
    Tree(Value),
    /// Unknown because of a field that is absent, null or of a wrong type.
    Unread,
    /// Unknown because of windows without data alone.
    Empty,
}

impl Datum {
    /// Reads a value of an event; null and absent are the same.
    pub(super) fn of_json(value: Option<&Value>) -> Datum {
        match value {
            None | Some(Value::Null) => Datum::Unread,
            Some(Value::Bool(flag)) => Datum::Bool(*flag),
            Some(Value::String(text)) => Datum::Text(text.clone()),
            Some(Value::Number(number)) => match (number.as_i64(), number.as_f64()) {
                (Some(integer), _) => Datum::Int(integer),
                (None, Some(double)) => Datum::Double(double),
                (None, None) => Datum::Unread,
            },
            Some(tree) => Datum::Tree(tree.clone()),
        }
    }

    /// The value as JSON; none for an unknown.
    pub(super) fn to_json(&self) -> Option<Value> {
        match self {
            Datum::Bool(flag) => Some(Value::from(*flag)),
            Datum::Int(integer) => Some(Value::from(*integer)),
            Datum::Double(double) => Some(Value::from(*double)),
            Datum::Text(text) => Some(Value::from(text.clone())),
            Datum::Tree(tree) => Some(tree.clone()),
            Datum::Unread | Datum::Empty => None,
        }
    }

    /// The value as part of a key: a whole double is the integer; unknowns, lists and objects are none.
    pub(super) fn to_key(&self) -> Option<Value> {
        const LIMIT: f64 = 9_223_372_036_854_775_808.0;
        match self {
            Datum::Double(double) if double.fract() == 0.0 && (-LIMIT..LIMIT).contains(double) => {
                Some(Value::from(*double as i64))
            }
            Datum::Tree(_) => None,
            other => other.to_json(),
        }
    }

    /// Whether it is one of the two unknowns.
    pub(super) fn is_unknown(&self) -> bool {
        matches!(self, Datum::Unread | Datum::Empty)
    }

    /// Whether it is a number.
    pub(super) fn is_number(&self) -> bool {
        matches!(self, Datum::Int(_) | Datum::Double(_))
    }

    /// The number as a double; none if it is no number.
    pub(super) fn as_double(&self) -> Option<f64> {
        match self {
            Datum::Int(integer) => Some(*integer as f64),
            Datum::Double(double) => Some(*double),
            _ => None,
        }
    }

    /// Makes a number of an exact whole result: an integer if it fits, else a double.
    pub(super) fn of_exact(exact: i128) -> Datum {
        i64::try_from(exact).map_or(Datum::Double(exact as f64), Datum::Int)
    }

    /// Reads a truth value: `Ok` with it, `Err` with the unknown. What is no truth value is unread.
    pub(super) fn truth(&self) -> Result<bool, Datum> {
        match self {
            Datum::Bool(flag) => Ok(*flag),
            Datum::Empty => Err(Datum::Empty),
            _ => Err(Datum::Unread),
        }
    }
}

/// The unknown that unknown operands make: unread if one of them is.
pub(super) fn unknown_of<'a>(operands: impl IntoIterator<Item = &'a Datum>) -> Datum {
    let only_empty = operands
        .into_iter()
        .all(|operand| *operand != Datum::Unread);
    if only_empty {
        Datum::Empty
    } else {
        Datum::Unread
    }
}

/// Kleene's `not`.
pub(super) fn not(operand: &Datum) -> Datum {
    operand
        .truth()
        .map_or_else(|unknown| unknown, |flag| Datum::Bool(!flag))
}

/// Kleene's `and` (`decider` false) or `or` (`decider` true) of any number of operands.
pub(super) fn kleene(operands: &[Datum], decider: bool) -> Datum {
    let truths: Vec<Result<bool, Datum>> = operands.iter().map(Datum::truth).collect();
    if truths.contains(&Ok(decider)) {
        return Datum::Bool(decider);
    }
    let unknowns: Vec<Datum> = truths.into_iter().filter_map(Result::err).collect();
    if unknowns.is_empty() {
        Datum::Bool(!decider)
    } else {
        unknown_of(&unknowns)
    }
}

/// `==`: unknown for unknowns and for two lists or two objects; false between different types.
pub(super) fn equal(left: &Datum, right: &Datum) -> Datum {
    if left.is_unknown() || right.is_unknown() {
        return unknown_of([left, right]);
    }
    if let (Datum::Tree(left), Datum::Tree(right)) = (left, right)
        && left.is_array() == right.is_array()
    {
        return Datum::Unread;
    }
    let same = match (left, right) {
        (Datum::Bool(left), Datum::Bool(right)) => left == right,
        (Datum::Text(left), Datum::Text(right)) => left == right,
        _ => number_order(left, right) == Some(Ordering::Equal),
    };
    Datum::Bool(same)
}

/// `<` and its kin, told by which orders make it true; unread unless both are numbers or both are text.
pub(super) fn ordered(left: &Datum, right: &Datum, wanted: &[Ordering]) -> Datum {
    if left.is_unknown() || right.is_unknown() {
        return unknown_of([left, right]);
    }
    let order = match (left, right) {
        // The order of UTF-8 bytes is that of code points.
        (Datum::Text(left), Datum::Text(right)) => Some(left.as_bytes().cmp(right.as_bytes())),
        _ => number_order(left, right),
    };
    order.map_or(Datum::Unread, |order| Datum::Bool(wanted.contains(&order)))
}

/// The order of two numbers by their exact values; none if one is no number.
pub(super) fn number_order(left: &Datum, right: &Datum) -> Option<Ordering> {
    match (left, right) {
        (Datum::Int(left), Datum::Int(right)) => Some(left.cmp(right)),
        (Datum::Double(left), Datum::Double(right)) => left.partial_cmp(right),
        (Datum::Int(left), Datum::Double(right)) => Some(mixed_order(*left, *right)),
        (Datum::Double(left), Datum::Int(right)) => Some(mixed_order(*right, *left).reverse()),
        _ => None,
    }
}

fn mixed_order(integer: i64, double: f64) -> Ordering {
    // A finite double past the range of i128 saturates, on the right side of every 64-bit integer.
    let whole = double.trunc() as i128;
    let fraction = double.fract();
    i128::from(integer).cmp(&whole).then(if fraction > 0.0 {
        Ordering::Less
    } else if fraction < 0.0 {
        Ordering::Greater
    } else {
        Ordering::Equal
    })
}
