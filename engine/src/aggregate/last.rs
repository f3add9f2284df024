//! `last(value [where condition])`: the value of the newest event.
//!
//! Newest is the greatest event time, then the latest delivered. Numbers, booleans and text count; other
//! values, and text longer than 1,000 bytes, do not, as if the event had no value. What it gives has
//! the type that the event's value has. Unknown of nothing. Exact.

use ecow::EcoString;
use serde::{Deserialize, Serialize};

use super::{Aggregate, Gives, Spec, Takes};
use crate::event::Datum;
use crate::number::Number;
use crate::time::Time;

pub(super) const SPEC: Spec = Spec {
    name: "last",
    signature: "last(value [where condition])",
    summary: "The value of the newest event: a number, a boolean or a text of at most 1,000 bytes.",
    error: "exact",
    make: |_, _| Aggregate::Last,
    takes: Takes::Scalar,
    gives: Gives::Anything,
    examples: &[
        ("[]", "?"),
        ("[1, \"up\", null]", "\"up\""),
        ("[1, true]", "true"),
    ],
};

/// The longest text that is kept, in bytes.
const MAX_TEXT: usize = 1_000;
/// Whether there is a value; its time; its kind, length and bytes.
pub(super) const MAX_BYTES: i64 = 1 + 10 + 1 + 2 + MAX_TEXT as i64;

/// The newest value and its time, if there is one.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub(crate) struct Last(Option<(Time, Kept)>);

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
enum Kept {
    Bool(bool),
    Number(Number),
    // A short one takes no memory beside itself.
    Text(EcoString),
}

pub(super) fn takes(value: &Datum<'_>) -> bool {
    match value {
        Datum::Bool(_) | Datum::Number(_) => true,
        Datum::Text(text) => text.len() <= MAX_TEXT,
        _ => false,
    }
}

impl Last {
    /// The bytes of memory that it takes beside itself.
    pub(super) fn memory(&self) -> usize {
        match &self.0 {
            Some((_, Kept::Text(text))) if text.len() > EcoString::INLINE_LIMIT => text.len(),
            _ => 0,
        }
    }

    pub(super) fn add(&mut self, value: Datum<'_>, time: Time) {
        if self.0.as_ref().is_some_and(|(newest, _)| *newest > time) {
            return;
        }
        let kept = match value {
            Datum::Bool(bool) => Kept::Bool(bool),
            Datum::Number(number) => Kept::Number(number),
            Datum::Text(text) if text.len() <= MAX_TEXT => Kept::Text((&*text).into()),
            _ => return,
        };
        self.0 = Some((time, kept));
    }

    /// Of two values of the same time, the other's is taken as delivered later.
    pub(super) fn merge(&mut self, other: &Last) {
        if let Some((time, _)) = &other.0
            && self.0.as_ref().is_none_or(|(newest, _)| newest <= time)
        {
            self.0.clone_from(&other.0);
        }
    }

    pub(super) fn value(&self) -> Datum<'_> {
        match &self.0 {
            None => Datum::Empty,
            Some((_, Kept::Bool(bool))) => Datum::Bool(*bool),
            Some((_, Kept::Number(number))) => Datum::Number(*number),
            Some((_, Kept::Text(text))) => Datum::Text(text.as_str().into()),
        }
    }

    pub(super) fn fits(&self) -> bool {
        match &self.0 {
            Some((_, Kept::Number(number))) => number.fits(),
            Some((_, Kept::Text(text))) => text.len() <= MAX_TEXT,
            _ => true,
        }
    }
}
