//! From the syntax of an expression to a checked one: names, types and windows.

mod call;
mod field;
mod frame;
mod function;
mod test;
mod window;

pub(crate) use frame::{MAX_OFFSET, MAX_PANES, MAX_WINDOW};

use std::collections::BTreeMap;

use tripline_grammar::ast::{self, ChainOp, CompareOp, Expr, ExprKind, Path, Segment, Span};
use tripline_grammar::{print, print_path};

use super::lists::Lists;
use super::patterns::Patterns;
use super::place::Place;
use super::schema::View;
use crate::diagnostic::{self as codes, Code, Diagnostic, nearest};
use crate::event::Projection;
use crate::functions::Tick;
use crate::number::{Number, finite};
use crate::program::{Constant, Evidence, Node, Observed, Operator, Step};
use crate::window::Window;

/// What is known of a value before any event is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Type {
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
pub(in crate::check) struct Resolver<'c, 'p> {
    projection: &'p mut Projection,
    declared: &'p Lists,
    patterns: &'p mut Patterns,
    pub(in crate::check) diagnostics: Vec<Diagnostic>,
    pub(in crate::check) windows: Vec<Window>,
    /// Whether every window of the conditions is known: none is where one of them has an error.
    pub(in crate::check) complete: bool,
    /// What the expressions resolved so far read, in the order of its first mention.
    pub(in crate::check) evidence: Vec<Evidence>,
    /// When the time functions of the conditions change.
    pub(in crate::check) ticks: Vec<Tick>,
    /// The declared lists that the conditions and the key name, with what names their contents.
    pub(in crate::check) lists: BTreeMap<String, [u8; 16]>,
    /// The lists whose items `it` stands for, outermost first, each by its path in the item before.
    items: Vec<Items>,
    /// What is known of the events, if they are declared.
    pub(in crate::check) schema: Option<View<'p>>,
    /// Inside what the expression stands that cannot hold a window, as users would call it.
    no_window_in: Option<&'static str>,
    place: Place<'c>,
}

/// A list that `any` or `all` goes over while its condition is resolved.
struct Items {
    path: Vec<Segment>,
    /// The function, as users would call it.
    function: &'static str,
}

/// An expression that has an error; the diagnostic has been written.
pub(in crate::check) struct Refused;

type Resolved<T> = Result<T, Refused>;

impl<'c, 'p> Resolver<'c, 'p> {
    /// A resolver for the expressions of one alert, the first of which stands at `place`.
    pub(in crate::check) fn new(
        projection: &'p mut Projection,
        declared: &'p Lists,
        patterns: &'p mut Patterns,
        place: Place<'c>,
    ) -> Self {
        Resolver {
            projection,
            declared,
            patterns,
            diagnostics: Vec::new(),
            windows: Vec::new(),
            complete: true,
            evidence: Vec::new(),
            ticks: Vec::new(),
            lists: BTreeMap::new(),
            items: Vec::new(),
            schema: None,
            no_window_in: None,
            place,
        }
    }

    /// Resolves the condition that stands at `place`.
    pub(in crate::check) fn condition(&mut self, expr: &Expr, place: Place<'c>) -> Resolved<Node> {
        self.place = place;
        self.operand(
            expr,
            Type::Bool,
            codes::NOT_A_CONDITION,
            "this must be true or false",
        )
    }

    /// Resolves a part of a key, which can hold no window.
    pub(in crate::check) fn key(&mut self, expr: &Expr, place: Place<'c>) -> Resolved<Node> {
        self.place = place;
        self.no_window_in = Some("`by`");
        let resolved = self.resolve(expr);
        self.no_window_in = None;
        resolved.map(|(node, _)| node)
    }

    /// Resolves an expression of a template, which may use the windows of the conditions but add none.
    pub(in crate::check) fn shown(&mut self, expr: &Expr, place: Place<'c>) -> Resolved<Node> {
        self.place = place;
        let (windows, evidence) = (self.windows.len(), self.evidence.len());
        let (ticks, lists) = (self.ticks.len(), self.lists.clone());
        let resolved = self.resolve(expr);
        self.evidence.truncate(evidence);
        self.ticks.truncate(ticks);
        self.lists = lists;
        if !self.complete {
            self.windows.truncate(windows);
        }
        if self.windows.len() > windows && self.complete {
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
            ExprKind::Path(path) => Ok((self.path(path, false), self.field_type(path))),
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
                self.listed_members(value, test);
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
        if let Some(rest) = self.within_item(path) {
            return Node::Item(self.item().slot(rest, keep_items));
        }
        self.known_field(path);
        let slot = self.projection.slot(&path.segments, keep_items);
        if self.no_window_in.is_none() {
            self.observe(Observed::Slot(slot), || print_path(path));
        }
        Node::Slot(slot)
    }

    fn observe(&mut self, observed: Observed, text: impl FnOnce() -> String) {
        let mut seen = self.evidence.iter();
        if !seen.any(|evidence| evidence.observed == observed) {
            let text = text();
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
        if !ordered {
            self.members(left, right);
        }
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
}

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

/// An expression cut to a length that fits a message.
fn shorten(text: &str) -> String {
    const LENGTH: usize = 60;
    match text.char_indices().nth(LENGTH) {
        Some((at, _)) => format!("{}…", &text[..at]),
        None => text.to_owned(),
    }
}
