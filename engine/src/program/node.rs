//! Checked expressions: names resolved to slots and windows, constants computed, regexes compiled.

use std::sync::Arc;

use regex::Regex;
use tripline_grammar::ast::{CompareOp, Kind};

use super::list::{Members, Networks};
use crate::coverage::Seen;
use crate::functions::{Function, Reading};
use crate::number::Number;

/// A checked expression.
#[derive(Debug, Clone)]
pub(crate) enum Node {
    Constant(Constant),
    /// The value of a path in the event that is evaluated.
    Slot(usize),
    /// The value of a path in the list item that `it` stands for.
    Item(usize),
    /// The value of the alert's window of that index.
    Window(usize),
    Call {
        function: &'static Function,
        args: Vec<Node>,
    },
    /// What a clock on the wall of some place shows.
    Clock(Reading),
    /// `any` (`deciding` is true) or `all` over the items of a list.
    Items {
        list: ItemList,
        deciding: bool,
        condition: Box<Node>,
    },
    Not(Box<Node>),
    Negate(Box<Node>),
    /// Kleene's `and`.
    All(Vec<Node>),
    /// Kleene's `or`.
    Any(Vec<Node>),
    /// The first that is known.
    Coalesce(Vec<Node>),
    Arithmetic {
        first: Box<Node>,
        rest: Vec<Step>,
    },
    Compare {
        op: CompareOp,
        left: Box<Node>,
        right: Box<Node>,
    },
    Test {
        value: Box<Node>,
        negated: bool,
        test: Test,
    },
    /// A clause that notes what it is; set in programs that tests are measured on, and nowhere else.
    Probe {
        seen: Arc<Seen>,
        of: Box<Node>,
    },
}

/// Where the list lies that `any` or `all` goes over.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum ItemList {
    /// In a slot of the event.
    Slot(usize),
    /// In a slot of the item of the list around it.
    Item(usize),
}

/// A value that stands in the rule.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Constant {
    Bool(bool),
    Number(Number),
    Text(String),
}

/// One step of an arithmetic chain.
#[derive(Debug, Clone)]
pub(crate) struct Step {
    pub(crate) op: Operator,
    pub(crate) operand: Node,
    /// Whether the event is read by the operand or anything to its left: then a result that no number
    /// can hold is *unread*, else it is *empty*.
    pub(crate) reads_event: bool,
}

/// The arithmetic operators.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Operator {
    Add,
    Subtract,
    Multiply,
    Divide,
    Remainder,
}

/// What a value is tested for.
#[derive(Debug, Clone)]
pub(crate) enum Test {
    /// Both ends included.
    Range {
        low: Option<Box<Node>>,
        high: Option<Box<Node>>,
    },
    List {
        items: Vec<Node>,
        has_null: bool,
    },
    /// Membership in a list of constants.
    Members(Arc<Members>),
    /// Whether an address belongs to one of some networks.
    Networks(Arc<Networks>),
    /// Membership in a list of the event.
    Items(Box<Node>),
    Contains(Box<Node>),
    StartsWith(Box<Node>),
    EndsWith(Box<Node>),
    Matches(Box<Regex>),
    Is(Kind),
}

impl Node {
    /// Whether a value depends on the fields of the event that is evaluated.
    pub(crate) fn reads_event(&self) -> bool {
        self.any(&mut |node| matches!(node, Node::Slot(_) | Node::Item(_) | Node::Items { .. }))
    }

    /// Whether a value depends on windows or on the time.
    pub(crate) fn reads_windows_or_clock(&self) -> bool {
        self.any(&mut |node| matches!(node, Node::Window(_) | Node::Clock(_)))
    }

    /// Whether it or any part of it is of some kind.
    pub(crate) fn any(&self, is: &mut impl FnMut(&Node) -> bool) -> bool {
        if is(self) {
            return true;
        }
        match self {
            Node::Constant(_)
            | Node::Window(_)
            | Node::Clock(_)
            | Node::Slot(_)
            | Node::Item(_) => false,
            Node::Items { condition, .. } => condition.any(is),
            Node::Call { args, .. } => args.iter().any(|arg| arg.any(is)),
            Node::Not(of) | Node::Negate(of) | Node::Probe { of, .. } => of.any(is),
            Node::All(operands) | Node::Any(operands) | Node::Coalesce(operands) => {
                operands.iter().any(|operand| operand.any(is))
            }
            Node::Arithmetic { first, rest } => {
                first.any(is) || rest.iter().any(|step| step.operand.any(is))
            }
            Node::Compare { left, right, .. } => left.any(is) || right.any(is),
            Node::Test { value, test, .. } => {
                value.any(is) || test.operands().any(|one| one.any(is))
            }
        }
    }
}

impl Test {
    /// The expressions in it.
    fn operands(&self) -> impl Iterator<Item = &Node> {
        let (ends, items) = match self {
            Test::Range { low, high } => ([low.as_deref(), high.as_deref()], &[][..]),
            Test::List { items, .. } => ([None; 2], items.as_slice()),
            Test::Items(node)
            | Test::Contains(node)
            | Test::StartsWith(node)
            | Test::EndsWith(node) => ([Some(&**node), None], &[][..]),
            Test::Members(_) | Test::Networks(_) | Test::Matches(_) | Test::Is(_) => {
                ([None; 2], &[][..])
            }
        };
        ends.into_iter().flatten().chain(items)
    }
}
