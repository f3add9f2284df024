//! What anchors test: the values that an event has, and those that are computed of them.

use crate::eval::Scope;
use crate::event::{Datum, Value};
use crate::program::{Node, Test};

/// What a test is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Subject {
    /// The value of a path.
    Slot(u32),
    /// The value of an expression that several rules have in common.
    Derived(u32),
}

/// An expression that several rules have in common. It depends on nothing but an event and its time.
#[derive(Debug)]
pub(super) struct Derived {
    node: Node,
    /// What computing it costs, in simple tests.
    cost: usize,
}

/// The values of one event, those of fields and those to be computed.
#[derive(Clone, Copy)]
pub(super) struct Values<'v> {
    pub(super) slots: &'v [Value<'v>],
    scope: &'v Scope<'v>,
    derived: &'v [Derived],
}

impl Derived {
    pub(super) fn new(node: Node) -> Derived {
        Derived {
            cost: cost(&node),
            node,
        }
    }
}

impl<'v> Values<'v> {
    pub(super) fn new(scope: &'v Scope<'v>, derived: &'v [Derived]) -> Values<'v> {
        Values {
            slots: scope.slots.unwrap_or_default(),
            scope,
            derived,
        }
    }

    /// Computes the value of an expression.
    pub(super) fn derive(&self, derived: u32) -> Value<'v> {
        match self.derived.get(derived as usize) {
            Some(derived) => value(self.scope.eval(&derived.node)),
            None => Value::Missing,
        }
    }

    /// What computing a value costs, in simple tests.
    pub(super) fn cost(&self, subject: Subject) -> usize {
        match subject {
            Subject::Slot(_) => 0,
            Subject::Derived(derived) => {
                self.derived.get(derived as usize).map_or(0, |one| one.cost)
            }
        }
    }
}

/// A computed value as one that an event might hold in a slot.
fn value(datum: Datum<'_>) -> Value<'_> {
    match datum {
        Datum::Unread | Datum::Empty => Value::Missing,
        Datum::Bool(bool) => Value::Bool(bool),
        Datum::Number(number) => Value::Number(number),
        Datum::Text(text) => Value::Text(text),
        // No test of a subject looks into a list.
        Datum::List { .. } => Value::List(Box::default()),
        Datum::Object => Value::Object,
    }
}

/// What computing an expression costs, about, in simple tests.
fn cost(node: &Node) -> usize {
    let mut cost = 0;
    node.any(&mut |node| {
        cost += match node {
            Node::Call { .. } => 8,
            Node::Clock(_)
            | Node::Items { .. }
            | Node::Test {
                test: Test::Matches(_) | Test::Networks(_) | Test::Items(_),
                ..
            } => 16,
            _ => 1,
        };
        false
    });
    cost
}
