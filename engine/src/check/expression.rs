//! From the syntax of an expression to a checked one: names, types and windows.

use std::net::IpAddr;

use regex::RegexBuilder;
use tripline_grammar::ast::{
    self, Call, ChainOp, CompareOp, Expr, ExprKind, FrameKind, Path, Span,
};
use tripline_grammar::{print, print_duration, print_path};

use super::place::Place;
use crate::diagnostic::{self as codes, Code, Diagnostic, nearest};
use crate::event::Projection;
use crate::number::{Number, finite};
use crate::program::{Constant, Evidence, Node, Observed, Operator, Step, Test};
use crate::window::{Aggregate, Frame, Window};

/// The longest window, in seconds: 31 days.
const MAX_WINDOW: u64 = 31 * 86_400;
/// The most memory a compiled regular expression may take, in bytes.
const MAX_REGEX: usize = 1 << 20;

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

/// What is known of a value before any event is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Type {
    /// A value of the event: it can be anything.
    Any,
    Bool,
    Number,
    Text,
}

impl Type {
    fn name(self) -> &'static str {
        match self {
            Type::Any => "a value",
            Type::Bool => "a condition",
            Type::Number => "a number",
            Type::Text => "text",
        }
    }

    fn can_be(self, other: Type) -> bool {
        self == Type::Any || self == other
    }
}

/// Resolves the expressions of one alert: their windows and what they read are shared.
pub(super) struct Resolver<'c, 'p> {
    projection: &'p mut Projection,
    pub(super) diagnostics: Vec<Diagnostic>,
    pub(super) windows: Vec<Window>,
    /// What the expressions resolved so far read, in the order of its first mention.
    pub(super) evidence: Vec<Evidence>,
    /// Inside what the expression stands that cannot hold a window, as users would call it.
    no_window_in: Option<&'static str>,
    place: Place<'c>,
}

/// An expression that has an error; the diagnostic has been written.
pub(super) struct Refused;

type Resolved<T> = Result<T, Refused>;

impl<'c, 'p> Resolver<'c, 'p> {
    /// A resolver for the expressions of one alert, the first of which stands at `place`.
    pub(super) fn new(projection: &'p mut Projection, place: Place<'c>) -> Self {
        Resolver {
            projection,
            diagnostics: Vec::new(),
            windows: Vec::new(),
            evidence: Vec::new(),
            no_window_in: None,
            place,
        }
    }

    /// Resolves the condition that stands at `place`.
    pub(super) fn condition(&mut self, expr: &Expr, place: Place<'c>) -> Resolved<Node> {
        self.place = place;
        self.operand(
            expr,
            Type::Bool,
            codes::NOT_A_CONDITION,
            "this must be true or false",
        )
    }

    /// Resolves a part of a key, which can hold no window.
    pub(super) fn key(&mut self, expr: &Expr, place: Place<'c>) -> Resolved<Node> {
        self.place = place;
        self.no_window_in = Some("`by`");
        let resolved = self.resolve(expr);
        self.no_window_in = None;
        resolved.map(|(node, _)| node)
    }

    /// Resolves an expression of a template, which may use the windows of the conditions but add none.
    pub(super) fn shown(&mut self, expr: &Expr, place: Place<'c>) -> Resolved<Node> {
        self.place = place;
        let (windows, evidence) = (self.windows.len(), self.evidence.len());
        let resolved = self.resolve(expr);
        self.evidence.truncate(evidence);
        if self.windows.len() > windows {
            let text = self.windows[windows].text.clone();
            self.windows.truncate(windows);
            let message = format!(
                "`{}` is no window of this alert's condition",
                shorten(&text)
            );
            let help = match nearest(
                &text,
                self.windows.iter().map(|window| window.text.as_str()),
            ) {
                Some(near) => format!("did you mean `{near}`?"),
                None => "a template can show the windows of `when` and `until` only".to_owned(),
            };
            return Err(self.refuse(codes::BAD_TEMPLATE, expr.span, message, "", Some(help)));
        }
        resolved.map(|(node, _)| node)
    }

    fn refuse(
        &mut self,
        code: Code,
        span: Span,
        message: String,
        label: &str,
        help: Option<String>,
    ) -> Refused {
        let mut diagnostic = code
            .error(message)
            .at(self.place.file, self.place.range(span), label);
        diagnostic.help = help;
        self.diagnostics.push(diagnostic);
        Refused
    }

    /// Resolves an operand that must be able to have a type.
    fn operand(&mut self, expr: &Expr, wanted: Type, code: Code, what: &str) -> Resolved<Node> {
        let (node, found) = self.resolve(expr)?;
        if found.can_be(wanted) {
            return Ok(node);
        }
        let message = format!(
            "{what}, but `{}` is {}",
            shorten(&print(expr)),
            found.name()
        );
        let label = format!("this is {}", found.name());
        let help = (wanted == Type::Bool && found == Type::Number)
            .then(|| format!("compare it: `{} > 0`", shorten(&print(expr))));
        Err(self.refuse(code, expr.span, message, &label, help))
    }

    fn number(&mut self, expr: &Expr, op: &str) -> Resolved<Node> {
        self.operand(
            expr,
            Type::Number,
            codes::TYPE_MISMATCH,
            &format!("`{op}` takes numbers"),
        )
    }

    fn resolve(&mut self, expr: &Expr) -> Resolved<(Node, Type)> {
        let constant = |constant, of| Ok((Node::Constant(constant), of));
        match &expr.kind {
            ExprKind::Number(number) => constant(Constant::Number(literal(*number)), Type::Number),
            ExprKind::String(text) => constant(Constant::Text(text.clone()), Type::Text),
            ExprKind::Bool(bool) => constant(Constant::Bool(*bool), Type::Bool),
            // The parser lets `null` stand in lists only, and those are resolved item by item.
            ExprKind::Null => Err(self.refuse(
                codes::MISPLACED_NULL,
                expr.span,
                "`null` is legal in a list only".to_owned(),
                "",
                Some("write `is missing`".to_owned()),
            )),
            ExprKind::Path(path) => Ok((self.path(path, false), Type::Any)),
            ExprKind::Call(call) => self.call(call, expr),
            ExprKind::Negate(operand) => Ok((
                match self.number(operand, "-")? {
                    Node::Constant(Constant::Number(number)) => {
                        Node::Constant(Constant::Number(number.negate()))
                    }
                    node => Node::Negate(Box::new(node)),
                },
                Type::Number,
            )),
            ExprKind::Not(operand) => {
                let operand = self.operand(
                    operand,
                    Type::Bool,
                    codes::TYPE_MISMATCH,
                    "`not` takes a condition",
                )?;
                Ok((Node::Not(Box::new(operand)), Type::Bool))
            }
            ExprKind::Chain(chain) => self.chain(chain),
            ExprKind::Compare { op, left, right } => self.compare(*op, left, right, expr.span),
            ExprKind::Test {
                value,
                negated,
                test,
            } => {
                let (value_node, value_type) = self.resolve(value)?;
                let test = self.test(test, value, value_type, expr.span)?;
                Ok((
                    Node::Test {
                        value: Box::new(value_node),
                        negated: *negated,
                        test,
                    },
                    Type::Bool,
                ))
            }
        }
    }

    fn path(&mut self, path: &Path, keep_items: bool) -> Node {
        let slot = self.projection.slot(&path.segments, keep_items);
        if self.no_window_in.is_none() {
            self.observe(print_path(path), Observed::Slot(slot));
        }
        Node::Slot(slot)
    }

    fn observe(&mut self, text: String, observed: Observed) {
        if !self
            .evidence
            .iter()
            .any(|evidence| evidence.observed == observed)
        {
            self.evidence.push(Evidence { text, observed });
        }
    }

    fn chain(&mut self, chain: &ast::Chain) -> Resolved<(Node, Type)> {
        let Some(link) = chain.rest.first() else {
            return self.resolve(&chain.first);
        };
        let operands =
            || std::iter::once(&*chain.first).chain(chain.rest.iter().map(|link| &link.operand));
        match link.op {
            ChainOp::Or | ChainOp::And => {
                let (word, node): (_, fn(Vec<Node>) -> Node) = if link.op == ChainOp::Or {
                    ("or", Node::Any)
                } else {
                    ("and", Node::All)
                };
                let what = format!("`{word}` takes conditions");
                // Every operand is resolved, so that one error does not hide the next.
                let nodes: Vec<_> = operands()
                    .map(|operand| self.operand(operand, Type::Bool, codes::TYPE_MISMATCH, &what))
                    .collect();
                Ok((
                    node(nodes.into_iter().collect::<Resolved<_>>()?),
                    Type::Bool,
                ))
            }
            ChainOp::Coalesce => {
                let resolved: Vec<_> = operands().map(|operand| self.resolve(operand)).collect();
                let resolved = resolved.into_iter().collect::<Resolved<Vec<_>>>()?;
                let first = resolved.first().map_or(Type::Any, |(_, of)| *of);
                let of = if resolved.iter().all(|(_, of)| *of == first) {
                    first
                } else {
                    Type::Any
                };
                Ok((
                    Node::Coalesce(resolved.into_iter().map(|(node, _)| node).collect()),
                    of,
                ))
            }
            ChainOp::Add
            | ChainOp::Subtract
            | ChainOp::Multiply
            | ChainOp::Divide
            | ChainOp::Remainder => {
                let first = self.number(&chain.first, sign(link.op));
                let rest: Vec<_> = chain
                    .rest
                    .iter()
                    .map(|link| (link.op, self.number(&link.operand, sign(link.op))))
                    .collect();
                let first = first?;
                let mut reads_event = first.reads_event();
                let mut steps = Vec::with_capacity(rest.len());
                for (op, operand) in rest {
                    let operand = operand?;
                    reads_event |= operand.reads_event();
                    steps.push(Step {
                        op: operator(op),
                        operand,
                        reads_event,
                    });
                }
                Ok((
                    Node::Arithmetic {
                        first: Box::new(first),
                        rest: steps,
                    },
                    Type::Number,
                ))
            }
        }
    }

    fn compare(
        &mut self,
        op: CompareOp,
        left: &Expr,
        right: &Expr,
        span: Span,
    ) -> Resolved<(Node, Type)> {
        let (left_node, right_node) = (self.resolve(left), self.resolve(right));
        let ((left_node, left_type), (right_node, right_type)) = (left_node?, right_node?);
        self.same_type(left_type, right_type, span)?;
        let ordered = !matches!(op, CompareOp::Equal | CompareOp::NotEqual);
        if ordered && (left_type == Type::Bool || right_type == Type::Bool) {
            return Err(self.refuse(
                codes::TYPE_MISMATCH,
                span,
                "true and false have no order".to_owned(),
                "",
                Some("compare them with `==` or `!=`".to_owned()),
            ));
        }
        Ok((
            Node::Compare {
                op,
                left: Box::new(left_node),
                right: Box::new(right_node),
            },
            Type::Bool,
        ))
    }

    fn same_type(&mut self, left: Type, right: Type, span: Span) -> Resolved<()> {
        if left.can_be(right) || right == Type::Any {
            return Ok(());
        }
        let message = format!("{} never compares with {}", left.name(), right.name());
        let help = match (left, right) {
            (Type::Number, Type::Text) | (Type::Text, Type::Number) => {
                Some("leave out the quotes to compare numbers".to_owned())
            }
            _ => None,
        };
        Err(self.refuse(codes::TYPE_MISMATCH, span, message, "", help))
    }

    fn test(
        &mut self,
        test: &ast::Test,
        value: &Expr,
        value_type: Type,
        span: Span,
    ) -> Resolved<Test> {
        Ok(match test {
            ast::Test::InRange { low, high } => {
                // The ends compare with the value, and with one another where the value can be anything.
                let mut wanted = value_type;
                let mut end = |end: &Option<Box<Expr>>| {
                    let Some(end) = end else { return Ok(None) };
                    let (node, of) = self.resolve(end)?;
                    if of == Type::Bool {
                        let message = "a range has numbers or texts as its ends".to_owned();
                        return Err(self.refuse(codes::TYPE_MISMATCH, end.span, message, "", None));
                    }
                    self.same_type(wanted, of, span)?;
                    if wanted == Type::Any {
                        wanted = of;
                    }
                    Ok(Some(Box::new(node)))
                };
                let (low, high) = (end(low), end(high));
                Test::Range {
                    low: low?,
                    high: high?,
                }
            }
            ast::Test::InList(items) => {
                if !items.is_empty() && items.iter().all(is_network) {
                    return Err(self.not_yet("a list of addresses", span));
                }
                let has_null = items.iter().any(|item| item.kind == ExprKind::Null);
                let items: Vec<_> = items
                    .iter()
                    .filter(|item| item.kind != ExprKind::Null)
                    .map(|item| {
                        let (node, of) = self.resolve(item)?;
                        self.same_type(value_type, of, item.span)?;
                        Ok(node)
                    })
                    .collect();
                Test::List {
                    items: items.into_iter().collect::<Resolved<_>>()?,
                    has_null,
                }
            }
            ast::Test::InPath(path) => Test::Items(Box::new(self.path(path, true))),
            ast::Test::InCidr(call) => return Err(self.not_yet("`cidr`", call.name.span)),
            ast::Test::Contains(text) => {
                Test::Contains(Box::new(self.text(value, value_type, text, "contains")?))
            }
            ast::Test::StartsWith(text) => Test::StartsWith(Box::new(self.text(
                value,
                value_type,
                text,
                "starts with",
            )?)),
            ast::Test::EndsWith(text) => {
                Test::EndsWith(Box::new(self.text(value, value_type, text, "ends with")?))
            }
            ast::Test::Matches { pattern, span } => {
                self.is_text(value, value_type, "matches")?;
                match RegexBuilder::new(pattern).size_limit(MAX_REGEX).build() {
                    Ok(regex) => Test::Matches(Box::new(regex)),
                    Err(error) => {
                        let (message, help) = regex_error(&error);
                        return Err(self.refuse(
                            codes::BAD_REGEX,
                            *span,
                            message,
                            "in this pattern",
                            help,
                        ));
                    }
                }
            }
            ast::Test::Is(kind) => Test::Is(*kind),
        })
    }

    fn text(&mut self, value: &Expr, value_type: Type, text: &Expr, op: &str) -> Resolved<Node> {
        self.is_text(value, value_type, op)?;
        self.operand(
            text,
            Type::Text,
            codes::TYPE_MISMATCH,
            &format!("`{op}` takes text"),
        )
    }

    fn is_text(&mut self, value: &Expr, value_type: Type, op: &str) -> Resolved<()> {
        if value_type.can_be(Type::Text) {
            return Ok(());
        }
        let message = format!(
            "`{op}` takes text, but `{}` is {}",
            shorten(&print(value)),
            value_type.name()
        );
        Err(self.refuse(codes::TYPE_MISMATCH, value.span, message, "", None))
    }

    fn not_yet(&mut self, what: &str, span: Span) -> Refused {
        self.refuse(
            codes::NOT_YET,
            span,
            format!("{what} is not supported yet"),
            "",
            None,
        )
    }

    fn call(&mut self, call: &Call, expr: &Expr) -> Resolved<(Node, Type)> {
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
        let message = format!("there is no function or aggregate `{name}`");
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
        let millis = seconds as i64 * 1_000;
        Ok(match frame.kind {
            FrameKind::Over => Frame::over(millis),
            FrameKind::Per => Frame::per(millis),
        })
    }
}

const WINDOW: &str = "an aggregate";

fn literal(number: ast::Number) -> Number {
    match number {
        ast::Number::Integer(integer) => Number::Integer(integer),
        ast::Number::Double(double) => Number::Double(double),
        ast::Number::Percent(percent) => finite(percent / 100.0).unwrap_or(Number::Integer(0)),
    }
}

fn operator(op: ChainOp) -> Operator {
    match op {
        ChainOp::Subtract => Operator::Subtract,
        ChainOp::Multiply => Operator::Multiply,
        ChainOp::Divide => Operator::Divide,
        ChainOp::Remainder => Operator::Remainder,
        _ => Operator::Add,
    }
}

fn sign(op: ChainOp) -> &'static str {
    match op {
        ChainOp::Subtract => "-",
        ChainOp::Multiply => "*",
        ChainOp::Divide => "/",
        ChainOp::Remainder => "%",
        _ => "+",
    }
}

/// Whether a list item is an address or a prefix such as `10.0.0.0/8`.
fn is_network(item: &Expr) -> bool {
    let ExprKind::String(text) = &item.kind else {
        return false;
    };
    let (address, bits) = text.split_once('/').unwrap_or((text, "0"));
    address.parse::<IpAddr>().is_ok() && bits.parse::<u8>().is_ok_and(|bits| bits <= 128)
}

fn regex_error(error: &regex::Error) -> (String, Option<String>) {
    match error {
        regex::Error::CompiledTooBig(limit) => (
            format!("the pattern compiles to more than {limit} bytes"),
            Some("lower its repetitions".to_owned()),
        ),
        error => {
            // The message draws the pattern over several lines; the reason stands on the last one.
            let text = error.to_string();
            let reason = text
                .lines()
                .last()
                .unwrap_or_default()
                .trim_start_matches("error: ")
                .to_owned();
            (
                format!("the pattern is no regular expression: {reason}"),
                None,
            )
        }
    }
}

/// An expression cut to a length that fits a message.
fn shorten(text: &str) -> String {
    const LENGTH: usize = 60;
    match text.char_indices().nth(LENGTH) {
        Some((at, _)) => format!("{}…", &text[..at]),
        None => text.to_owned(),
    }
}
