//! Aggregates: what they take, and the windows they stand in.

use tripline_grammar::ast::{self, Call, Expr, ExprKind};
use tripline_grammar::print;

use super::{Refused, Resolved, Resolver, Type, shorten};
use crate::aggregate::{self, AGGREGATES, Gives, Spec, Takes};
use crate::check::place::Place;
use crate::diagnostic as codes;
use crate::program::{Node, Observed};
use crate::window::{Frame, Window};

/// What a window stands in that is inside another.
const WINDOW: &str = "an aggregate";

/// What stands in an aggregate's brackets, resolved.
pub(super) struct Operands {
    /// What is added up; none where only events are counted.
    pub(super) value: Option<Node>,
    /// What must be true of an event that counts.
    pub(super) filter: Option<Node>,
    /// The percentile in millionths, for the aggregate that takes one.
    pub(super) millionths: u32,
}

impl<'c> Resolver<'c, '_> {
    pub(super) fn window(
        &mut self,
        spec: &Spec,
        call: &Call,
        expr: &Expr,
    ) -> Resolved<(Node, Type)> {
        let name = call.name.text.as_str();
        let text = print(expr);
        if let Some(inside) = self.no_window_in {
            let message = format!("{inside} cannot hold an aggregate");
            let help = (inside == WINDOW)
                .then(|| "compare the windows with one another instead".to_owned());
            return Err(self.refuse(codes::NESTED_AGGREGATE, expr.span, message, "", help));
        }
        let Some(written) = &call.frame else {
            let message = format!("`{name}` needs a window");
            let help = format!("say over which time: `{} over 5m`", shorten(&text));
            return Err(self.refuse(
                codes::AGGREGATE_WITHOUT_WINDOW,
                expr.span,
                message,
                "",
                Some(help),
            ));
        };
        let frame = self.frame(written);
        let operands = self.operands(call, spec);
        let (frame, operands) = (frame?, operands?);
        let aggregate = (spec.make)(frame.length, operands.millionths);
        let index = match self.windows.iter().position(|window| window.text == text) {
            Some(index) => index,
            None => {
                self.windows.push(Window {
                    text: text.clone(),
                    aggregate,
                    value: operands.value,
                    filter: operands.filter,
                    frame,
                });
                self.windows.len() - 1
            }
        };
        self.observe(Observed::Window(index), || text);
        let gives = match spec.gives {
            Gives::Number => Type::Number,
            Gives::Anything => Type::Any,
        };
        Ok((Node::Window(index), gives))
    }

    /// Resolves an entry of `compute`: an aggregate alone, over a window of `length` milliseconds.
    pub(in crate::check) fn compute(
        &mut self,
        name: &str,
        expr: &Expr,
        place: Place<'c>,
        length: i64,
    ) -> Resolved<Window> {
        self.place = place;
        let ExprKind::Call(call) = &expr.kind else {
            return Err(self.no_aggregate(expr));
        };
        let Some(spec) = aggregate::find(&call.name.text) else {
            return Err(self.no_aggregate(expr));
        };
        if let Some(frame) = &call.frame {
            let message = "an aggregate in `compute` has the window that `per` says".to_owned();
            let help = Some("leave out the window here".to_owned());
            return Err(self.refuse(codes::MISPLACED_WINDOW, frame.span, message, "", help));
        }
        let operands = self.operands(call, spec)?;
        let aggregate = (spec.make)(length, operands.millionths);
        Ok(Window {
            text: name.to_owned(),
            aggregate,
            value: operands.value,
            filter: operands.filter,
            frame: Frame::per(length),
        })
    }

    fn no_aggregate(&mut self, expr: &Expr) -> Refused {
        let names: Vec<&str> = AGGREGATES.iter().map(|spec| spec.name).collect();
        let help = format!("the aggregates are {}", names.join(", "));
        let message = format!(
            "an entry of `compute` is one aggregate, and `{}` is none",
            shorten(&print(expr))
        );
        self.refuse(codes::NOT_AN_AGGREGATE, expr.span, message, "", Some(help))
    }

    /// Resolves what stands in an aggregate's brackets.
    pub(super) fn operands(&mut self, call: &Call, spec: &Spec) -> Resolved<Operands> {
        self.arity(call, spec)?;
        let outer = self.no_window_in.replace(WINDOW);
        let operands = self.operands_inside(call, spec);
        self.no_window_in = outer;
        operands
    }

    fn operands_inside(&mut self, call: &Call, spec: &Spec) -> Resolved<Operands> {
        let name = spec.name;
        let first = call.args.first();
        if spec.takes == Takes::Condition {
            let what = format!("`{name}` takes a condition");
            let filter = first
                .map(|condition| self.operand(condition, Type::Bool, codes::TYPE_MISMATCH, &what))
                .transpose()?;
            return Ok(Operands {
                value: None,
                filter,
                millionths: 0,
            });
        }
        // Each part is resolved, so that one error does not hide the next.
        let value = first
            .map(|value| match spec.takes {
                Takes::Scalar => self.resolve(value).map(|(node, _)| node),
                _ => self.number(value, name),
            })
            .transpose();
        let millionths = match (spec.takes, call.args.get(1)) {
            (Takes::Percentile, Some(percentile)) => self.percentile(percentile),
            _ => Ok(0),
        };
        let what = "`where` takes a condition";
        let filter = call
            .filter
            .as_ref()
            .map(|filter| self.operand(filter, Type::Bool, codes::TYPE_MISMATCH, what))
            .transpose();
        Ok(Operands {
            value: value?,
            filter: filter?,
            millionths: millionths?,
        })
    }

    /// Reads a percentile, a number from 0 to 100 that stands in the rule, in millionths.
    fn percentile(&mut self, expr: &Expr) -> Resolved<u32> {
        let (number, help) = match &expr.kind {
            ExprKind::Number(ast::Number::Integer(integer)) => (Some(*integer as f64), None),
            ExprKind::Number(ast::Number::Double(double)) => (Some(*double), None),
            ExprKind::Number(ast::Number::Percent(percent)) => {
                (None, Some(format!("leave out the `%`: `{percent}`")))
            }
            _ => (None, None),
        };
        match number.filter(|number| (0.0..=100.0).contains(number)) {
            Some(number) => Ok((number * 1e6).round() as u32),
            None => {
                let message = format!(
                    "a percentile is a number from 0 to 100, not `{}`",
                    shorten(&print(expr))
                );
                let help = help.or_else(|| Some("write it out, such as `95`".to_owned()));
                Err(self.refuse(codes::BAD_PERCENTILE, expr.span, message, "", help))
            }
        }
    }

    fn arity(&mut self, call: &Call, spec: &Spec) -> Resolved<()> {
        let name = spec.name;
        let given = call.args.len();
        let (fits, takes) = match spec.takes {
            Takes::Condition => (given <= 1, "at most one condition"),
            Takes::Number | Takes::Scalar => (given == 1, "one value"),
            Takes::Percentile => (given == 2, "a value and a percentile"),
        };
        if !fits {
            let message = format!("`{name}` takes {takes}, not {given}");
            let help = Some(format!("write `{}`", spec.signature));
            return Err(self.refuse(codes::WRONG_ARITY, call.name.span, message, "", help));
        }
        if let (Takes::Condition, Some(filter)) = (spec.takes, &call.filter) {
            let help = Some("join the two with `and`".to_owned());
            let message = format!("`{name}` takes its condition in the brackets, without `where`");
            return Err(self.refuse(codes::WRONG_ARITY, filter.span, message, "", help));
        }
        Ok(())
    }
}
