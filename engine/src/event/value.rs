use std::borrow::Cow;

use crate::number::Number;

/// The value of one path in one event, borrowed from the event's bytes where it can be.
#[derive(Debug, Clone, PartialEq, Default)]
pub(crate) enum Value<'a> {
    /// Absent or null.
    #[default]
    Missing,
    Bool(bool),
    Number(Number),
    Text(Cow<'a, str>),
    /// A list; its items are kept only where some rule looks into them.
    List(Vec<Value<'a>>),
    Object,
}

/// What an expression gives: a value, or one of the two kinds of unknown.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Datum<'v> {
    /// Unknown, since something the event should have told is absent, null or of a wrong type.
    Unread,
    /// Unknown, since windows hold no data.
    Empty,
    Bool(bool),
    Number(Number),
    Text(&'v str),
    List(&'v [Value<'v>]),
    Object,
}

impl<'v> Datum<'v> {
    pub(crate) fn of(value: &'v Value<'_>) -> Datum<'v> {
        match value {
            Value::Missing => Datum::Unread,
            Value::Bool(bool) => Datum::Bool(*bool),
            Value::Number(number) => Datum::Number(*number),
            Value::Text(text) => Datum::Text(text),
            Value::List(items) => Datum::List(items),
            Value::Object => Datum::Object,
        }
    }

    pub(crate) fn is_unknown(self) -> bool {
        matches!(self, Datum::Unread | Datum::Empty)
    }

    /// What an operator gives whose operands include unknown ones: unread if one of them is.
    pub(crate) fn unknown_of(operands: &[Datum<'_>]) -> Datum<'static> {
        if operands.contains(&Datum::Empty) && !operands.contains(&Datum::Unread) {
            Datum::Empty
        } else {
            Datum::Unread
        }
    }
}
