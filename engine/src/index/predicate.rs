//! Tests of one value, the least that a condition is made of.

use std::cmp::Ordering;
use std::sync::Arc;

use super::subject::{Subject, Values};
use crate::event::Value;
use crate::number::Number;
use crate::program::Members;

/// A test of one value.
#[derive(Debug, Clone)]
pub(super) struct Predicate {
    pub(super) subject: Subject,
    pub(super) accepts: Accepts,
}

/// What a value must be.
#[derive(Debug, Clone)]
pub(super) enum Accepts {
    /// Of one of some kinds.
    Kinds(Kinds),
    /// A number within bounds.
    Span(Span),
    /// A number equal to a constant.
    Point(Point),
    /// This text.
    Text(Box<str>),
    /// In a list of constants.
    List(Arc<Members>),
    /// Text that has this in some place.
    Part(Place, Box<[u8]>),
}

/// Where in a text its part stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Place {
    Start,
    End,
    Anywhere,
}

impl Predicate {
    /// Whether the values of an event pass.
    pub(super) fn holds(&self, values: &Values<'_>) -> bool {
        match self.subject {
            Subject::Slot(slot) => {
                let value = values.slots.get(slot as usize);
                value.is_some_and(|value| self.accepts.holds(value))
            }
            Subject::Derived(derived) => self.accepts.holds(&values.derive(derived)),
        }
    }

    /// Whether it takes as long as the condition itself: the whole text is read, or the value computed.
    pub(super) fn is_long(&self) -> bool {
        matches!(self.subject, Subject::Derived(_)) || self.accepts.is_search()
    }

    /// What trying it costs, in simple tests.
    pub(super) fn cost(&self, values: &Values<'_>) -> usize {
        let computed = values.cost(self.subject);
        match self.subject {
            Subject::Slot(slot) if self.accepts.is_search() => {
                match values.slots.get(slot as usize) {
                    Some(Value::Text(text)) => 1 + text.len() / 32,
                    _ => 1,
                }
            }
            _ => 1 + computed,
        }
    }

    /// A guess of the part of all events that pass, by what people write rules for.
    pub(super) fn guess(&self) -> f32 {
        let kind = |kinds: &Kinds, kind: u8, rate: f32| match kinds.0 & 1 << kind {
            0 => 0.0,
            _ => rate,
        };
        match &self.accepts {
            Accepts::Text(_) | Accepts::Point(_) => 0.01,
            Accepts::List(members) => (0.01 * members.len() as f32).clamp(0.01, 0.3),
            Accepts::Part(place, part) => match (part.len(), place) {
                (5.., Place::Anywhere | Place::End) => 0.015,
                (3.., Place::Anywhere | Place::End) => 0.03,
                (3.., Place::Start) => 0.08,
                _ => 0.3,
            },
            Accepts::Span(Span { low, high }) => match (low, high) {
                (Some(_), Some(_)) => 0.04,
                _ => 0.05,
            },
            Accepts::Kinds(kinds) => {
                let rates = [
                    (MISSING, 0.1),
                    (TRUE, 0.5),
                    (FALSE, 0.4),
                    (NUMBER, 0.8),
                    (TEXT, 0.8),
                    (LIST, 0.2),
                    (OBJECT, 0.2),
                ];
                let sum: f32 = rates.iter().map(|(of, rate)| kind(kinds, *of, *rate)).sum();
                sum.min(0.95)
            }
        }
    }
}

impl Accepts {
    /// Whether a value passes.
    fn holds(&self, value: &Value<'_>) -> bool {
        match (self, value) {
            (Accepts::Kinds(kinds), value) => kinds.0 & 1 << kind_of(value) != 0,
            (Accepts::Span(span), Value::Number(number)) => span.contains(*number),
            (Accepts::Point(point), Value::Number(number)) => *point == Point::of(*number),
            (Accepts::Text(wanted), Value::Text(text)) => **wanted == **text,
            (Accepts::List(members), value) => members.holds(value),
            (Accepts::Part(place, part), Value::Text(text)) => match place {
                Place::Start => text.as_bytes().starts_with(part),
                Place::End => text.as_bytes().ends_with(part),
                Place::Anywhere => match std::str::from_utf8(part) {
                    Ok(part) => text.contains(part),
                    // A pattern may be cut within a character.
                    Err(_) => {
                        let mut windows = text.as_bytes().windows(part.len());
                        windows.any(|window| window == &**part)
                    }
                },
            },
            _ => false,
        }
    }

    /// Whether the whole text has to be read, as for the condition itself.
    fn is_search(&self) -> bool {
        matches!(self, Accepts::Part(Place::Anywhere, _))
    }
}

/// Some kinds of values, a bit for each.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Kinds(pub(super) u8);

pub(super) const MISSING: u8 = 0;
pub(super) const TRUE: u8 = 1;
pub(super) const FALSE: u8 = 2;
pub(super) const NUMBER: u8 = 3;
pub(super) const TEXT: u8 = 4;
pub(super) const LIST: u8 = 5;
pub(super) const OBJECT: u8 = 6;
pub(super) const KINDS: usize = 7;

impl Kinds {
    pub(super) fn of(kinds: &[u8]) -> Kinds {
        Kinds(kinds.iter().fold(0, |bits, kind| bits | 1 << kind))
    }

    pub(super) fn others(self) -> Kinds {
        Kinds(!self.0 & ((1 << KINDS) - 1))
    }
}

/// The kind of a value, as the evaluator sees it.
pub(super) fn kind_of(value: &Value<'_>) -> u8 {
    match value {
        // No path reads the rows of a list.
        Value::Missing | Value::Rows(_) => MISSING,
        Value::Bool(true) => TRUE,
        Value::Bool(false) => FALSE,
        Value::Number(_) => NUMBER,
        Value::Text(_) => TEXT,
        Value::List { .. } => LIST,
        Value::Object => OBJECT,
    }
}

/// A number to look up: numbers that are equal are one point.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum Point {
    Integer(i64),
    /// The bits of a double that is no integer of 64 bits.
    Double(u64),
}

impl Point {
    pub(super) fn of(number: Number) -> Point {
        match number.to_integer() {
            Some(integer) => Point::Integer(integer),
            None => Point::Double(number.to_f64().to_bits()),
        }
    }

    pub(super) fn to_f64(self) -> f64 {
        match self {
            Point::Integer(integer) => integer as f64,
            Point::Double(bits) => f64::from_bits(bits),
        }
    }
}

/// Numbers between two limits, either of which may be wanting.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Span {
    pub(super) low: Option<Limit>,
    pub(super) high: Option<Limit>,
}

/// One end of a span.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Limit {
    pub(super) at: Number,
    /// Whether the number itself is outside.
    pub(super) strict: bool,
}

impl Limit {
    /// Whether a number is on the right side of a lower limit.
    pub(super) fn is_below(self, number: Number) -> bool {
        match self.at.compare(number) {
            Ordering::Less => true,
            Ordering::Equal => !self.strict,
            Ordering::Greater => false,
        }
    }

    /// Whether a number is on the right side of an upper limit.
    pub(super) fn is_above(self, number: Number) -> bool {
        match self.at.compare(number) {
            Ordering::Greater => true,
            Ordering::Equal => !self.strict,
            Ordering::Less => false,
        }
    }

    /// Orders lower limits: the one that lets more numbers pass comes first.
    pub(super) fn cmp_low(&self, other: &Limit) -> Ordering {
        self.at
            .compare(other.at)
            .then(self.strict.cmp(&other.strict))
    }

    /// Orders upper limits: the one that lets more numbers pass comes last.
    pub(super) fn cmp_high(&self, other: &Limit) -> Ordering {
        self.at
            .compare(other.at)
            .then(other.strict.cmp(&self.strict))
    }
}

impl Span {
    pub(super) fn contains(&self, number: Number) -> bool {
        self.low.is_none_or(|low| low.is_below(number))
            && self.high.is_none_or(|high| high.is_above(number))
    }

    /// The numbers that are in both.
    pub(super) fn intersection(self, other: Span) -> Span {
        let low = [self.low, other.low].into_iter().flatten();
        let high = [self.high, other.high].into_iter().flatten();
        Span {
            low: low.max_by(Limit::cmp_low),
            high: high.min_by(Limit::cmp_high),
        }
    }

    /// Whether no number is in it, for all that its limits tell.
    pub(super) fn is_empty(&self) -> bool {
        match (self.low, self.high) {
            (Some(low), Some(high)) => match low.at.compare(high.at) {
                Ordering::Less => false,
                Ordering::Equal => low.strict || high.strict,
                Ordering::Greater => true,
            },
            _ => false,
        }
    }
}
