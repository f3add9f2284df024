//! Evaluates a syntax tree as it stands.

use std::cmp::Ordering;

use serde_json::Value;
use tripline_grammar::ast::{
    Call, Chain, ChainOp, CompareOp, Expr, ExprKind, Kind, Number, Path, Segment, Test,
};

use super::address::{Network, networks, within};
use super::aggregate::is_aggregate;
use super::datum::{Datum, equal, kleene, not, ordered, unknown_of};
use super::function;

/// The declared lists with their names.
pub(super) type Lists = [(String, Vec<Value>)];

/// What an expression can see.
#[derive(Clone, Copy)]
pub(super) struct Scope<'a> {
    /// The event whose fields the paths read; none in a timer's or a late event's evaluation.
    pub(super) event: Option<&'a Value>,
    /// What `it` is: the item of the innermost `any` or `all`.
    pub(super) item: Option<&'a Value>,
    /// The windows and what each holds now.
    pub(super) windows: &'a [(Call, Datum)],
    /// The time that the time functions read.
    pub(super) clock: i64,
    /// The declared lists.
    pub(super) lists: &'a Lists,
}

impl<'a> Scope<'a> {
    /// The scope of an event by itself, at its own time.
    pub(super) fn of_event(event: &'a Value, time: i64, lists: &'a Lists) -> Scope<'a> {
        Scope {
            event: Some(event),
            item: None,
            windows: &[],
            clock: time,
            lists,
        }
    }

    /// The scope of a constant.
    pub(super) fn nowhere() -> Scope<'a> {
        Scope {
            event: None,
            item: None,
            windows: &[],
            clock: 0,
            lists: &[],
        }
    }

    fn read(&self, path: &Path) -> Option<&'a Value> {
        match (path.segments.split_first(), self.item) {
            (Some((first, rest)), Some(item)) if is_it(first) => read(rest, Some(item)),
            _ => read(&path.segments, self.event),
        }
    }

    /// The items of the declared list of a name.
    fn list(&self, path: &Path) -> Option<&'a Vec<Value>> {
        let [Segment::Field(name)] = path.segments.as_slice() else {
            return None;
        };
        let mut lists = self.lists.iter();
        lists.find_map(|(known, items)| (known == name).then_some(items))
    }
}

fn is_it(segment: &Segment) -> bool {
    *segment == Segment::Field("it".to_owned())
}

/// Evaluates an expression whose spans are all zero.
pub(super) fn evaluate(expr: &Expr, scope: Scope<'_>) -> Datum {
    match &expr.kind {
        ExprKind::Number(Number::Integer(integer)) => Datum::Int(*integer),
        ExprKind::Number(Number::Double(double)) => Datum::Double(*double),
        ExprKind::Number(Number::Percent(percent)) => Datum::Double(percent / 100.0),
        ExprKind::String(text) => Datum::Text(text.clone()),
        ExprKind::Bool(flag) => Datum::Bool(*flag),
        ExprKind::Null => Datum::Unread,
        ExprKind::Path(path) => Datum::of_json(scope.read(path)),
        ExprKind::Call(call) if !is_aggregate(call) => function::call(call, scope),
        ExprKind::Call(call) => {
            let window = scope.windows.iter().find(|(known, _)| known == call);
            window.map_or(Datum::Unread, |(_, value)| value.clone())
        }
        ExprKind::Negate(operand) => match evaluate(operand, scope) {
            Datum::Int(integer) => Datum::of_exact(-i128::from(integer)),
            Datum::Double(double) => Datum::Double(-double),
            Datum::Empty => Datum::Empty,
            _ => Datum::Unread,
        },
        ExprKind::Not(operand) => not(&evaluate(operand, scope)),
        ExprKind::Chain(chain) => evaluate_chain(chain, scope),
        ExprKind::Compare { op, left, right } => {
            compare(*op, &evaluate(left, scope), &evaluate(right, scope))
        }
        ExprKind::Test {
            value,
            negated,
            test,
        } => {
            let given = evaluate_test(&evaluate(value, scope), test, scope);
            if *negated { not(&given) } else { given }
        }
    }
}

fn read<'a>(path: &[Segment], value: Option<&'a Value>) -> Option<&'a Value> {
    let mut value = value?;
    for segment in path {
        value = match segment {
            Segment::Field(name) => value.as_object()?.get(name)?,
            Segment::Index(index) => value.as_array()?.get(*index as usize)?,
        };
    }
    Some(value)
}

fn evaluate_chain(chain: &Chain, scope: Scope<'_>) -> Datum {
    let op = chain.rest.first().map(|link| link.op);
    let operands: Vec<Datum> = std::iter::once(&*chain.first)
        .chain(chain.rest.iter().map(|link| &link.operand))
        .map(|operand| evaluate(operand, scope))
        .collect();
    match op {
        Some(ChainOp::And) => kleene(&operands, false),
        Some(ChainOp::Or) => kleene(&operands, true),
        Some(ChainOp::Coalesce) => {
            let known = operands.iter().find(|operand| !operand.is_unknown());
            known.cloned().unwrap_or_else(|| unknown_of(&operands))
        }
        _ => {
            let mut result = operands[0].clone();
            let mut reads_event = has_path(&chain.first);
            for (link, operand) in chain.rest.iter().zip(&operands[1..]) {
                reads_event |= has_path(&link.operand);
                result = arithmetic(link.op, &result, operand, reads_event);
            }
            result
        }
    }
}

/// Whether the expression reads the event itself, outside of windows.
fn has_path(expr: &Expr) -> bool {
    !leaves(expr)
        .iter()
        .all(|leaf| matches!(leaf.kind, ExprKind::Call(_)))
}

/// The windows, and the paths outside of them, in the order of the text.
pub(super) fn leaves(expr: &Expr) -> Vec<Expr> {
    match &expr.kind {
        ExprKind::Call(call) if !is_aggregate(call) => {
            let mut found: Vec<Expr> = call.args.iter().flat_map(leaves).collect();
            if matches!(call.name.text.as_str(), "any" | "all") {
                found.retain(|leaf| match &leaf.kind {
                    ExprKind::Path(path) => !path.segments.first().is_some_and(is_it),
                    _ => true,
                });
            }
            found
        }
        ExprKind::Path(_) | ExprKind::Call(_) => vec![expr.clone()],
        ExprKind::Negate(operand) | ExprKind::Not(operand) => leaves(operand),
        ExprKind::Chain(chain) => {
            let rest = chain.rest.iter().flat_map(|link| leaves(&link.operand));
            leaves(&chain.first).into_iter().chain(rest).collect()
        }
        ExprKind::Compare { left, right, .. } => [leaves(left), leaves(right)].concat(),
        ExprKind::Test { value, test, .. } => {
            let mut found = leaves(value);
            match test {
                Test::InRange { low, high } => {
                    found.extend(
                        [low, high]
                            .into_iter()
                            .flatten()
                            .flat_map(|end| leaves(end)),
                    );
                }
                Test::InList(items) => found.extend(items.iter().flat_map(leaves)),
                Test::InPath(path) => {
                    found.push(Expr {
                        kind: ExprKind::Path(path.clone()),
                        span: path.span,
                    });
                }
                Test::Contains(text) | Test::StartsWith(text) | Test::EndsWith(text) => {
                    found.extend(leaves(text));
                }
                Test::InCidr(_) | Test::Matches { .. } | Test::Is(_) => {}
            }
            found
        }
        ExprKind::Number(_) | ExprKind::String(_) | ExprKind::Bool(_) | ExprKind::Null => {
            Vec::new()
        }
    }
}

fn arithmetic(op: ChainOp, left: &Datum, right: &Datum, reads_event: bool) -> Datum {
    let bad = |operand: &Datum| !operand.is_number() && *operand != Datum::Empty;
    if bad(left) || bad(right) {
        return Datum::Unread;
    }
    let (Some(left_double), Some(right_double)) = (left.as_double(), right.as_double()) else {
        return Datum::Empty;
    };
    if let (Datum::Int(left), Datum::Int(right)) = (left, right) {
        let (left, right) = (i128::from(*left), i128::from(*right));
        match op {
            ChainOp::Add => return Datum::of_exact(left + right),
            ChainOp::Subtract => return Datum::of_exact(left - right),
            ChainOp::Multiply => return Datum::of_exact(left * right),
            ChainOp::Remainder if right != 0 => return Datum::of_exact(left % right),
            _ => {}
        }
    }
    let result = match op {
        ChainOp::Add => left_double + right_double,
        ChainOp::Subtract => left_double - right_double,
        ChainOp::Multiply => left_double * right_double,
        ChainOp::Divide => left_double / right_double,
        ChainOp::Remainder => left_double % right_double,
        ChainOp::And | ChainOp::Or | ChainOp::Coalesce => f64::NAN,
    };
    match result.is_finite() {
        true => Datum::Double(result),
        false if reads_event => Datum::Unread,
        false => Datum::Empty,
    }
}

fn compare(op: CompareOp, left: &Datum, right: &Datum) -> Datum {
    use Ordering::{Equal, Greater, Less};
    match op {
        CompareOp::Equal => equal(left, right),
        CompareOp::NotEqual => not(&equal(left, right)),
        CompareOp::Less => ordered(left, right, &[Less]),
        CompareOp::LessEqual => ordered(left, right, &[Less, Equal]),
        CompareOp::Greater => ordered(left, right, &[Greater]),
        CompareOp::GreaterEqual => ordered(left, right, &[Greater, Equal]),
    }
}

fn evaluate_test(value: &Datum, test: &Test, scope: Scope<'_>) -> Datum {
    let of_text = |operand: &Expr, holds: fn(&str, &str) -> bool| {
        let operand = evaluate(operand, scope);
        match (value, &operand) {
            (Datum::Text(value), Datum::Text(operand)) => Datum::Bool(holds(value, operand)),
            (Datum::Text(_) | Datum::Empty, Datum::Text(_) | Datum::Empty) => Datum::Empty,
            _ => Datum::Unread,
        }
    };
    match test {
        Test::InRange { low, high } => {
            let low = low
                .as_ref()
                .map(|low| compare(CompareOp::LessEqual, &evaluate(low, scope), value));
            let high = high
                .as_ref()
                .map(|high| compare(CompareOp::LessEqual, value, &evaluate(high, scope)));
            kleene(&low.into_iter().chain(high).collect::<Vec<Datum>>(), false)
        }
        Test::InList(items) => {
            let has_null = items.iter().any(|item| item.kind == ExprKind::Null);
            let others = items.iter().filter(|item| item.kind != ExprKind::Null);
            member(
                value,
                has_null,
                &others
                    .map(|item| evaluate(item, scope))
                    .collect::<Vec<Datum>>(),
            )
        }
        Test::InPath(path) => match (scope.list(path), scope.read(path)) {
            (Some(items), _) | (None, Some(Value::Array(items))) => {
                let others = items.iter().filter(|item| !item.is_null());
                let others: Vec<Datum> = others.map(|item| Datum::of_json(Some(item))).collect();
                member(value, others.len() < items.len(), &others)
            }
            _ => Datum::Unread,
        },
        Test::InCidr(call) => match call.args.first().map(|network| &network.kind) {
            Some(ExprKind::String(text)) => {
                Network::read(text).map_or(Datum::Unread, |network| within(value, &[network]))
            }
            _ => Datum::Unread,
        },
        Test::Contains(text) => of_text(text, |value, text| value.contains(text)),
        Test::StartsWith(text) => of_text(text, |value, text| value.starts_with(text)),
        Test::EndsWith(text) => of_text(text, |value, text| value.ends_with(text)),
        Test::Matches { pattern, .. } => match (value, regex::Regex::new(pattern)) {
            (Datum::Text(value), Ok(regex)) => Datum::Bool(regex.is_match(value)),
            (Datum::Empty, Ok(_)) => Datum::Empty,
            _ => Datum::Unread,
        },
        Test::Is(kind) => Datum::Bool(match kind {
            Kind::Missing => value.is_unknown(),
            Kind::Number => value.is_number(),
            Kind::String => matches!(value, Datum::Text(_)),
            Kind::Bool => matches!(value, Datum::Bool(_)),
            Kind::List => matches!(value, Datum::Tree(Value::Array(_))),
            Kind::Object => matches!(value, Datum::Tree(Value::Object(_))),
        }),
    }
}

/// Whether a value is among the items of a list, and null, if it is there, stands for unknown.
fn member(value: &Datum, has_null: bool, items: &[Datum]) -> Datum {
    if value.is_unknown() {
        return if has_null {
            Datum::Bool(true)
        } else {
            unknown_of(items.iter().chain([value]))
        };
    }
    if let (false, Some(networks)) = (has_null, networks(items)) {
        return within(value, &networks);
    }
    kleene(
        &items
            .iter()
            .map(|item| equal(value, item))
            .collect::<Vec<Datum>>(),
        true,
    )
}
