//! Conditions that time alone cannot make true.

use tripline_grammar::ast::CompareOp;

use super::{Constant, Node};
use crate::aggregate::Aggregate;
use crate::eval::Scope;
use crate::event::Datum;
use crate::time::Time;
use crate::window::{Readings, Window};

/// Whether a condition that is not true stays so until an event comes: as windows lose panes, and with the
/// fields unread. A key of which that is known needs no timers for its panes.
///
/// An answer of no is always safe.
pub(crate) fn stays_untrue(condition: &Node, windows: &[Window]) -> bool {
    match condition {
        Node::All(operands) | Node::Any(operands) => {
            operands.iter().all(|one| stays_untrue(one, windows))
        }
        Node::Compare { op, left, right } => match (&**left, &**right) {
            (Node::Window(window), Node::Constant(Constant::Number(_))) => windows
                .get(*window)
                .is_some_and(|window| falls_out(window, *op)),
            (Node::Constant(Constant::Number(_)), Node::Window(window)) => {
                let op = op.mirrored();
                windows
                    .get(*window)
                    .is_some_and(|window| falls_out(window, op))
            }
            _ => is_untrue_without_fields(condition),
        },
        _ => is_untrue_without_fields(condition),
    }
}

/// Whether a window that loses panes, or begins anew, can only leave the range that it is compared with.
fn falls_out(window: &Window, op: CompareOp) -> bool {
    let is_above = matches!(op, CompareOp::Greater | CompareOp::GreaterEqual);
    let is_below = matches!(op, CompareOp::Less | CompareOp::LessEqual);
    window.frame.offset == 0
        && match window.aggregate {
            Aggregate::Count | Aggregate::Rate { .. } | Aggregate::Max => is_above,
            Aggregate::Min => is_below,
            _ => false,
        }
}

/// Whether a condition on fields alone is not true where there are none.
fn is_untrue_without_fields(condition: &Node) -> bool {
    let scope = Scope {
        slots: None,
        windows: Readings::NONE,
        now: Time(0),
        item: &[],
    };
    !condition.reads_windows_or_clock() && scope.condition(condition) != Datum::Bool(true)
}
