//! The evaluator. It cannot fail: what it cannot compute is unknown.

use std::borrow::Cow;
use std::cmp::Ordering;

use tripline_grammar::ast::{CompareOp, Kind};

use crate::event::{Datum, Event, Value};
use crate::program::{Constant, ItemList, Networks, Node, Operator, Test};
use crate::time::Time;
use crate::window::Readings;

/// What an expression may read: the event's values, and the alert's windows.
#[derive(Clone, Copy)]
pub(crate) struct Scope<'v> {
    /// `None` in the evaluation of a timer or of a late event: every field is missing then.
    pub(crate) slots: Option<&'v [Value<'v>]>,
    /// The alert's windows.
    pub(crate) windows: Readings<'v>,
    /// What the time functions read: the clock of the evaluation.
    pub(crate) now: Time,
    /// The values of the list item that `it` stands for.
    pub(crate) item: &'v [Value<'v>],
}

impl<'v> Scope<'v> {
    /// An event by itself, at its own time.
    pub(crate) fn of_event(event: &'v Event<'_>) -> Scope<'v> {
        Scope::of_values(&event.slots, event.time)
    }

    /// The values of an event of that time.
    pub(crate) fn of_values(slots: &'v [Value<'v>], time: Time) -> Scope<'v> {
        Scope {
            slots: Some(slots),
            windows: Readings::NONE,
            now: time,
            item: &[],
        }
    }

    pub(crate) fn eval(self, node: &'v Node) -> Datum<'v> {
        match node {
            Node::Constant(constant) => match constant {
                Constant::Bool(bool) => Datum::Bool(*bool),
                Constant::Number(number) => Datum::Number(*number),
                Constant::Text(text) => Datum::Text(Cow::Borrowed(text)),
            },
            Node::Slot(slot) => self
                .slots
                .map_or(Datum::Unread, |slots| Datum::of(&slots[*slot])),
            Node::Item(slot) => self.item.get(*slot).map_or(Datum::Unread, Datum::of),
            Node::Window(window) => self.windows.value(*window),
            Node::Call { function, args } => function.call(args.iter().map(|arg| self.eval(arg))),
            Node::Clock(reading) => reading.at(self.now),
            Node::Items {
                list,
                deciding,
                condition,
            } => self.items(list, *deciding, condition),
            Node::Not(operand) => match self.condition(operand) {
                Datum::Bool(bool) => Datum::Bool(!bool),
                unknown => unknown,
            },
            Node::Negate(operand) => match self.eval(operand) {
                Datum::Number(number) => Datum::Number(number.negate()),
                Datum::Empty => Datum::Empty,
                _ => Datum::Unread,
            },
            Node::All(operands) => self.kleene(operands, false),
            Node::Any(operands) => self.kleene(operands, true),
            Node::Coalesce(operands) => self.coalesce(operands),
            Node::Arithmetic { first, rest } => {
                let mut result = self.eval(first);
                for step in rest {
                    let operand = self.eval(&step.operand);
                    result = arithmetic(step.op, result, operand, step.reads_event);
                }
                result
            }
            Node::Compare { op, left, right } => compare(*op, &self.eval(left), &self.eval(right)),
            Node::Test {
                value,
                negated,
                test,
            } => match self.test(self.eval(value), test) {
                Datum::Bool(bool) => Datum::Bool(bool != *negated),
                unknown => unknown,
            },
            Node::Probe { seen, of } => {
                let value = self.eval(of);
                seen.note(&value);
                value
            }
        }
    }

    /// Evaluates a condition: anything but true and false is unknown.
    pub(crate) fn condition(self, node: &'v Node) -> Datum<'static> {
        match self.eval(node) {
            Datum::Bool(bool) => Datum::Bool(bool),
            Datum::Empty => Datum::Empty,
            _ => Datum::Unread,
        }
    }

    fn kleene(self, operands: &'v [Node], deciding: bool) -> Datum<'v> {
        let mut result = Datum::Bool(!deciding);
        for operand in operands {
            match self.condition(operand) {
                Datum::Bool(bool) if bool == deciding => return Datum::Bool(deciding),
                Datum::Bool(_) => {}
                Datum::Empty if result == Datum::Unread => {}
                unknown => result = unknown,
            }
        }
        result
    }

    /// Kleene's `or` (`deciding` true) or `and` over the items of a list.
    fn items(self, list: &ItemList, deciding: bool, condition: &'v Node) -> Datum<'v> {
        let rows = match list {
            ItemList::Slot(slot) => self.slots.and_then(|slots| slots.get(*slot)),
            ItemList::Item(slot) => self.item.get(*slot),
        };
        let Some(Value::Rows(rows)) = rows else {
            return Datum::Unread;
        };
        let mut result = Datum::Bool(!deciding);
        for item in rows.iter() {
            match (Scope { item, ..self }.condition(condition)) {
                Datum::Bool(bool) if bool == deciding => return Datum::Bool(deciding),
                Datum::Bool(_) => {}
                Datum::Empty if result == Datum::Unread => {}
                unknown => result = unknown,
            }
        }
        result
    }

    fn coalesce(self, operands: &'v [Node]) -> Datum<'v> {
        let mut unknown = Datum::Empty;
        for operand in operands {
            match self.eval(operand) {
                Datum::Unread => unknown = Datum::Unread,
                Datum::Empty => {}
                known => return known,
            }
        }
        unknown
    }

    fn test(self, value: Datum<'v>, test: &'v Test) -> Datum<'v> {
        match test {
            Test::Is(kind) => Datum::Bool(match kind {
                Kind::Missing => value.is_unknown(),
                Kind::Number => matches!(value, Datum::Number(_)),
                Kind::String => matches!(value, Datum::Text(_)),
                Kind::Bool => matches!(value, Datum::Bool(_)),
                Kind::List => matches!(value, Datum::List { .. }),
                Kind::Object => matches!(value, Datum::Object),
            }),
            Test::Range { low, high } => {
                let low = low.as_ref().map_or(Datum::Bool(true), |low| {
                    compare(CompareOp::GreaterEqual, &value, &self.eval(low))
                });
                let high = high.as_ref().map_or(Datum::Bool(true), |high| {
                    compare(CompareOp::LessEqual, &value, &self.eval(high))
                });
                match (low, high) {
                    (Datum::Bool(false), _) | (_, Datum::Bool(false)) => Datum::Bool(false),
                    (Datum::Bool(true), Datum::Bool(true)) => Datum::Bool(true),
                    (low, high) => Datum::unknown_of(&[low, high]),
                }
            }
            Test::List { items, has_null } => {
                if value.is_unknown() && *has_null {
                    return Datum::Bool(true);
                }
                membership(value, items.iter().map(|item| self.eval(item)))
            }
            Test::Members(members) => members.contains(&value),
            Test::Networks(networks) => networks.contains(&value),
            Test::Items(list) => match self.eval(list) {
                Datum::List { items, .. } => match Networks::of_items(items) {
                    Some(networks) => networks.contains(&value),
                    // A null in it is as one in a list of the rule.
                    None if value.is_unknown() && items.contains(&Value::Missing) => {
                        Datum::Bool(true)
                    }
                    None => {
                        let known = items.iter().filter(|item| **item != Value::Missing);
                        membership(value, known.map(Datum::of))
                    }
                },
                _ => Datum::Unread,
            },
            Test::Contains(text) => {
                text_test(value, self.eval(text), |value, text| value.contains(text))
            }
            Test::StartsWith(text) => text_test(value, self.eval(text), |value, text| {
                value.starts_with(text)
            }),
            Test::EndsWith(text) => {
                text_test(value, self.eval(text), |value, text| value.ends_with(text))
            }
            Test::Matches(regex) => match value {
                Datum::Text(text) => Datum::Bool(regex.is_match(&text)),
                Datum::Empty => Datum::Empty,
                _ => Datum::Unread,
            },
        }
    }
}

fn membership<'v>(value: Datum<'v>, items: impl Iterator<Item = Datum<'v>>) -> Datum<'v> {
    let mut result = if value.is_unknown() {
        value.clone()
    } else {
        Datum::Bool(false)
    };
    for item in items {
        match compare(CompareOp::Equal, &value, &item) {
            Datum::Bool(true) => return Datum::Bool(true),
            Datum::Bool(_) => {}
            Datum::Empty if result == Datum::Unread => {}
            unknown => result = unknown,
        }
    }
    result
}

fn text_test<'v>(value: Datum<'v>, text: Datum<'v>, test: fn(&str, &str) -> bool) -> Datum<'v> {
    match (&value, &text) {
        (Datum::Text(value), Datum::Text(text)) => Datum::Bool(test(value, text)),
        (value, text) => unknown(value, text),
    }
}

/// The unknown that two operands give which an operator cannot take.
fn unknown<'v>(left: &Datum<'_>, right: &Datum<'_>) -> Datum<'v> {
    match (left, right) {
        (Datum::Unread, _) | (_, Datum::Unread) => Datum::Unread,
        (Datum::Empty, _) | (_, Datum::Empty) => Datum::Empty,
        // Two known operands, one of them of a wrong type.
        _ => Datum::Unread,
    }
}

fn arithmetic<'v>(op: Operator, left: Datum<'v>, right: Datum<'v>, reads_event: bool) -> Datum<'v> {
    let (Datum::Number(a), Datum::Number(b)) = (&left, &right) else {
        return unknown(&left, &right);
    };
    let result = match op {
        Operator::Add => a.add(*b),
        Operator::Subtract => a.subtract(*b),
        Operator::Multiply => a.multiply(*b),
        Operator::Divide => a.divide(*b),
        Operator::Remainder => a.remainder(*b),
    };
    match result {
        Some(number) => Datum::Number(number),
        None if reads_event => Datum::Unread,
        None => Datum::Empty,
    }
}

fn compare<'v>(op: CompareOp, left: &Datum<'_>, right: &Datum<'_>) -> Datum<'v> {
    let ordering = match (left, right) {
        (Datum::Number(a), Datum::Number(b)) => a.compare(*b),
        (Datum::Text(a), Datum::Text(b)) => a.cmp(b),
        _ => return compare_others(op, left, right),
    };
    Datum::Bool(match op {
        CompareOp::Equal => ordering == Ordering::Equal,
        CompareOp::NotEqual => ordering != Ordering::Equal,
        CompareOp::Less => ordering == Ordering::Less,
        CompareOp::LessEqual => ordering != Ordering::Greater,
        CompareOp::Greater => ordering == Ordering::Greater,
        CompareOp::GreaterEqual => ordering != Ordering::Less,
    })
}

/// Compares what has no order: only `==` and `!=` know something of it.
fn compare_others<'v>(op: CompareOp, left: &Datum<'_>, right: &Datum<'_>) -> Datum<'v> {
    let equal = match (left, right) {
        (Datum::Bool(a), Datum::Bool(b)) => a == b,
        _ if left.is_unknown() || right.is_unknown() => return unknown(left, right),
        // Of two lists or two objects nothing is known but their type.
        (Datum::List { .. }, Datum::List { .. }) | (Datum::Object, Datum::Object) => {
            return Datum::Unread;
        }
        _ => false,
    };
    match op {
        CompareOp::Equal => Datum::Bool(equal),
        CompareOp::NotEqual => Datum::Bool(!equal),
        _ => Datum::Unread,
    }
}
