use std::borrow::Cow;
use std::ops::Deref;

use super::keys::Keys;
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
    /// A list; its items are kept only where some rule looks into them, and counted everywhere.
    List(Box<List<'a>>),
    /// The items of a list, each as the values that `any` and `all` ask of it.
    Rows(Box<Rows<'a>>),
    Object,
}

/// The values of the paths that rules name, in one event or list item.
///
/// It is filled anew for each event, at a cost that grows with the values found and not with the paths.
#[derive(Debug, Default)]
pub(crate) struct Slots<'a> {
    values: Vec<Value<'a>>,
    filled: Vec<usize>,
    /// Which keys are likely to come.
    pub(super) keys: Keys,
}

impl<'a> Slots<'a> {
    /// Forgets all values and makes place for `count` of them.
    pub(crate) fn reset(&mut self, count: usize) {
        for slot in self.filled.drain(..) {
            replace(&mut self.values[slot], Value::Missing);
        }
        if self.values.len() != count {
            self.values.clear();
            self.values.extend((0..count).map(|_| Value::Missing));
        }
    }

    #[inline]
    pub(crate) fn set(&mut self, slot: usize, value: Value<'a>) {
        replace(&mut self.values[slot], value);
        self.filled.push(slot);
    }

    /// Hands the values over, and goes on in the memory of `spare`.
    pub(crate) fn take(&mut self, spare: Vec<Value<'a>>) -> Vec<Value<'a>> {
        self.filled.clear();
        std::mem::replace(&mut self.values, spare)
    }
}

/// Puts a value in the place of another; what owns no memory is not dropped, which would take longer.
#[inline]
fn replace<'a>(place: &mut Value<'a>, value: Value<'a>) {
    let old = std::mem::replace(place, value);
    match old {
        Value::Text(Cow::Owned(_)) | Value::List(_) | Value::Rows(_) => drop(old),
        _ => std::mem::forget(old),
    }
}

impl<'a> Deref for Slots<'a> {
    type Target = [Value<'a>];

    fn deref(&self) -> &[Value<'a>] {
        &self.values
    }
}

/// A list of an event.
#[derive(Debug, Clone, PartialEq, Default)]
pub(crate) struct List<'a> {
    pub(crate) items: Vec<Value<'a>>,
    pub(crate) length: usize,
}

/// The items of one list, one row for each, in one piece of memory.
#[derive(Debug, Clone, PartialEq, Default)]
pub(crate) struct Rows<'a> {
    values: Vec<Value<'a>>,
    /// Where each row ends in `values`.
    ends: Vec<usize>,
}

impl<'a> Rows<'a> {
    /// Adds a row and leaves it empty. Missing values at its end are not kept, so that the rows of a list
    /// take no more memory than the list's own text accounts for.
    pub(crate) fn push(&mut self, row: &mut Slots<'a>) {
        let kept = row
            .iter()
            .rposition(|value| *value != Value::Missing)
            .map_or(0, |last| last + 1);
        self.values
            .extend(row.take(Vec::new()).into_iter().take(kept));
        self.ends.push(self.values.len());
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = &[Value<'a>]> {
        let starts = std::iter::once(0).chain(self.ends.iter().copied());
        starts
            .zip(&self.ends)
            .map(|(start, end)| self.values.get(start..*end).unwrap_or_default())
    }
}

/// What an expression gives: a value, or one of the two kinds of unknown.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Datum<'v> {
    /// Unknown, since something the event should have told is absent, null or of a wrong type.
    Unread,
    /// Unknown, since windows hold no data.
    Empty,
    Bool(bool),
    Number(Number),
    Text(Cow<'v, str>),
    List {
        items: &'v [Value<'v>],
        length: usize,
    },
    Object,
}

impl<'v> Datum<'v> {
    pub(crate) fn of(value: &'v Value<'_>) -> Datum<'v> {
        match value {
            // Rows lie in slots of their own, which no path reads.
            Value::Missing | Value::Rows(_) => Datum::Unread,
            Value::Bool(bool) => Datum::Bool(*bool),
            Value::Number(number) => Datum::Number(*number),
            Value::Text(text) => Datum::Text(Cow::Borrowed(text)),
            Value::List(list) => Datum::List {
                items: &list.items,
                length: list.length,
            },
            Value::Object => Datum::Object,
        }
    }

    pub(crate) fn is_unknown(&self) -> bool {
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
