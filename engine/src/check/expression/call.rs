//! Calls: which are functions and which are aggregates.

use tripline_grammar::ast::{Call, Expr};

use super::{Resolved, Resolver, Type, shorten};
use crate::aggregate::{self, AGGREGATES};
use crate::diagnostic::{self as codes, nearest};
use crate::program::Node;

const FUNCTIONS: &[&str] = &[
    "lower", "upper", "trim", "len", "abs", "round", "floor", "ceil", "min", "max", "hour",
    "weekday", "date", "cidr", "default", "any", "all", "number", "text",
];
impl Resolver<'_, '_> {
    pub(super) fn call(&mut self, call: &Call, expr: &Expr) -> Resolved<(Node, Type)> {
        let name = call.name.text.as_str();
        let is_window = call.frame.is_some() || call.filter.is_some();
        let is_aggregate = aggregate::find(name).is_some();
        let is_function = FUNCTIONS.contains(&name) && (!is_aggregate || call.args.len() > 1);
        if is_function && !(is_aggregate && is_window) {
            if let Some(frame) = &call.frame {
                let message = format!("`{name}` is a function, and only aggregates have a window");
                return Err(self.refuse(codes::MISPLACED_WINDOW, frame.span, message, "", None));
            }
            return Err(self.not_yet(&format!("the function `{name}`"), call.name.span));
        }
        if is_aggregate {
            return self.window(call, expr);
        }
        let aggregates: Vec<&str> = AGGREGATES.iter().map(|spec| spec.name).collect();
        let known = FUNCTIONS.iter().chain(&aggregates).copied();
        let help = match nearest(name, known) {
            Some(near) => format!("did you mean `{near}`?"),
            None => format!(
                "the functions are {}, and the aggregates {}",
                FUNCTIONS.join(", "),
                aggregates.join(", ")
            ),
        };
        let message = format!("there is no function or aggregate `{}`", shorten(name));
        Err(self.refuse(
            codes::UNKNOWN_FUNCTION,
            call.name.span,
            message,
            "",
            Some(help),
        ))
    }
}
