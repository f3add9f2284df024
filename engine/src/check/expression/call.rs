//! Calls: which are functions and which are aggregates.

use tripline_grammar::ast::{Call, Expr};

use super::{Resolved, Resolver, Type, shorten};
use crate::aggregate::{self, AGGREGATES};
use crate::diagnostic::{self as codes, nearest};
use crate::functions::{FUNCTIONS, function};
use crate::program::Node;
impl Resolver<'_, '_> {
    pub(super) fn call(&mut self, call: &Call, expr: &Expr) -> Resolved<(Node, Type)> {
        let name = call.name.text.as_str();
        let is_window = call.frame.is_some() || call.filter.is_some();
        let aggregate = aggregate::find(name);
        if let Some(function) = function(name)
            && (aggregate.is_none() || (call.args.len() > 1 && !is_window))
        {
            return self.function(function, call);
        }
        if let Some(aggregate) = aggregate {
            self.window_fits_here(name, expr)?;
            return self.window(aggregate, call, expr);
        }
        let functions: Vec<&str> = FUNCTIONS.iter().map(|function| function.name).collect();
        let aggregates: Vec<&str> = AGGREGATES.iter().map(|spec| spec.name).collect();
        let known = functions.iter().chain(&aggregates).copied();
        let help = match nearest(name, known) {
            Some(near) => format!("did you mean `{near}`?"),
            None => format!(
                "the functions are {}, and the aggregates {}",
                functions.join(", "),
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
