//! Functions and aggregates, and the windows of aggregates.

use tripline_grammar::ast::{self, Call, Expr, FrameKind};
use tripline_grammar::{print, print_duration};

use super::{Resolved, Resolver, Type, shorten};
use crate::diagnostic::{self as codes, nearest};
use crate::program::{Node, Observed};
use crate::window::{Aggregate, Frame, Window};

/// The longest window, in seconds: 31 days.
const MAX_WINDOW: u64 = 31 * 86_400;
/// The most panes of a window.
const MAX_PANES: i64 = 1_440;

const FUNCTIONS: &[&str] = &[
    "lower", "upper", "trim", "len", "abs", "round", "floor", "ceil", "min", "max", "hour",
    "weekday", "date", "cidr", "default", "any", "all", "number", "text",
];
const AGGREGATES: &[&str] = &[
    "count",
    "sum",
    "avg",
    "min",
    "max",
    "stddev",
    "last",
    "distinct",
    "percentile",
    "rate",
];

/// What a window stands in that is inside another.
const WINDOW: &str = "an aggregate";

impl Resolver<'_, '_> {
    pub(super) fn call(&mut self, call: &Call, expr: &Expr) -> Resolved<(Node, Type)> {
        let name = call.name.text.as_str();
        let is_window = call.frame.is_some() || call.filter.is_some();
        let is_aggregate = AGGREGATES.contains(&name);
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
        let known = FUNCTIONS.iter().chain(AGGREGATES).copied();
        let help = match nearest(name, known) {
            Some(near) => format!("did you mean `{near}`?"),
            None => format!(
                "the functions are {}, and the aggregates {}",
                FUNCTIONS.join(", "),
                AGGREGATES.join(", ")
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

    fn window(&mut self, call: &Call, expr: &Expr) -> Resolved<(Node, Type)> {
        let name = call.name.text.as_str();
        let aggregate = match name {
            "count" => Aggregate::Count,
            "sum" => Aggregate::Sum,
            "avg" => Aggregate::Avg,
            "min" => Aggregate::Min,
            "max" => Aggregate::Max,
            _ => return Err(self.not_yet(&format!("the aggregate `{name}`"), call.name.span)),
        };
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
        let frame = self.frame(written)?;
        self.arity(call, aggregate)?;
        self.no_window_in = Some(WINDOW);
        let inner = self.window_parts(call, aggregate);
        self.no_window_in = None;
        let (value, filter) = inner?;
        let index = match self.windows.iter().position(|window| window.text == text) {
            Some(index) => index,
            None => {
                self.windows.push(Window {
                    text: text.clone(),
                    aggregate,
                    value,
                    filter,
                    frame,
                });
                self.windows.len() - 1
            }
        };
        self.observe(text, Observed::Window(index));
        Ok((Node::Window(index), Type::Number))
    }

    fn window_parts(
        &mut self,
        call: &Call,
        aggregate: Aggregate,
    ) -> Resolved<(Option<Node>, Option<Node>)> {
        let argument = call.args.first();
        if aggregate == Aggregate::Count {
            let what = "`count` takes a condition";
            let filter = argument
                .map(|condition| self.operand(condition, Type::Bool, codes::TYPE_MISMATCH, what))
                .transpose()?;
            return Ok((None, filter));
        }
        let value = argument
            .map(|value| self.number(value, &call.name.text))
            .transpose();
        let what = "`where` takes a condition";
        let filter = call
            .filter
            .as_ref()
            .map(|filter| self.operand(filter, Type::Bool, codes::TYPE_MISMATCH, what))
            .transpose();
        Ok((value?, filter?))
    }

    fn arity(&mut self, call: &Call, aggregate: Aggregate) -> Resolved<()> {
        let name = call.name.text.as_str();
        let (fits, takes) = match aggregate {
            Aggregate::Count => (call.args.len() <= 1, "at most one condition"),
            _ => (call.args.len() == 1, "one value"),
        };
        if !fits {
            let message = format!("`{name}` takes {takes}, not {}", call.args.len());
            return Err(self.refuse(codes::WRONG_ARITY, call.name.span, message, "", None));
        }
        if let (Aggregate::Count, Some(filter)) = (aggregate, &call.filter) {
            let help = Some("join the two with `and`".to_owned());
            let message = "`count` takes its condition in the brackets, without `where`".to_owned();
            return Err(self.refuse(codes::WRONG_ARITY, filter.span, message, "", help));
        }
        Ok(())
    }

    fn frame(&mut self, frame: &ast::Frame) -> Resolved<Frame> {
        if let Some(every) = &frame.every {
            return Err(self.not_yet("`every`", every.span));
        }
        if let Some(offset) = &frame.offset {
            return Err(self.not_yet("`offset`", offset.span));
        }
        let seconds = frame.length.seconds;
        if !(1..=MAX_WINDOW).contains(&seconds) {
            let message = format!(
                "a window is from 1s to 31d long, not {}",
                print_duration(seconds)
            );
            let help = Some(format!(
                "write `{}`",
                if seconds == 0 { "1s" } else { "31d" }
            ));
            return Err(self.refuse(
                codes::WINDOW_OUT_OF_RANGE,
                frame.length.span,
                message,
                "",
                help,
            ));
        }
        let millis = |seconds: u64| seconds as i64 * 1_000;
        if frame.kind == FrameKind::Per {
            return Ok(Frame::per(millis(seconds)));
        }
        let fits = |seconds: &u64| Frame::over(millis(*seconds)).panes() - 1 <= MAX_PANES;
        if !fits(&seconds) {
            let message = format!(
                "`{}` would be kept in {} panes, and {MAX_PANES} are the limit",
                print_duration(seconds),
                Frame::over(millis(seconds)).panes() - 1
            );
            // Some multiple of a longer pane is never far, so the search is short.
            let near = (1..seconds)
                .flat_map(|step| [seconds - step, seconds + step])
                .find(|near| *near <= MAX_WINDOW && fits(near))
                .unwrap_or(MAX_WINDOW);
            let help = Some(format!("write `{}`", print_duration(near)));
            return Err(self.refuse(
                codes::WINDOW_OUT_OF_RANGE,
                frame.length.span,
                message,
                "",
                help,
            ));
        }
        Ok(Frame::over(millis(seconds)))
    }
}
