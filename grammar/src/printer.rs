use std::fmt::Write as _;

use crate::ast::{
    Call, ChainOp, Expr, ExprKind, FrameKind, Kind, Number, Path, Segment, Span, Test,
};
use crate::duration::UNITS;
use crate::token::{is_identifier, is_reserved};

/// How tightly an expression binds, loosest first. An operand is printed in parentheses if it binds more
/// loosely than its place asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Level {
    Or,
    And,
    Not,
    Compare,
    Sum,
    Product,
    Coalesce,
    Unary,
    Primary,
}

/// Prints the canonical text of an expression, which parses back to the same expression.
pub fn print(expr: &Expr) -> String {
    let mut printer = Printer::new(expr.span);
    printer.expr(expr, Level::Or);
    printer.out
}

/// Prints a duration in the largest units that give it exactly: `5400` is `1h30m`.
///
/// Weeks are used only for whole weeks from two on, since `7d` and `10d` read better than `1w` and `1w3d`.
pub fn print_duration(seconds: u64) -> String {
    if seconds == 0 {
        return "0s".to_owned();
    }
    let mut out = String::new();
    let mut rest = seconds;
    for (unit, length) in UNITS {
        if unit == "w" && (seconds < 2 * length || !seconds.is_multiple_of(length)) {
            continue;
        }
        if rest >= length {
            let _ = write!(out, "{}{unit}", rest / length);
            rest %= length;
        }
    }
    out
}

/// Prints the canonical text of a path, such as `data["user-id"].items[0]`.
pub fn print_path(path: &Path) -> String {
    let mut printer = Printer::new(path.span);
    printer.path(path);
    printer.out
}

struct Printer {
    out: String,
}

impl Printer {
    /// A printer of what stands there, which is mostly written as it will be printed.
    fn new(span: Span) -> Printer {
        Printer {
            out: String::with_capacity(span.end.saturating_sub(span.start) as usize),
        }
    }

    fn expr(&mut self, expr: &Expr, least: Level) {
        if level(expr) < least {
            self.out.push('(');
            self.expr(expr, Level::Or);
            self.out.push(')');
            return;
        }
        match &expr.kind {
            ExprKind::Number(number) => self.number(*number),
            ExprKind::String(text) => self.string(text),
            ExprKind::Bool(value) => self.out.push_str(if *value { "true" } else { "false" }),
            ExprKind::Null => self.out.push_str("null"),
            ExprKind::Path(path) => self.path(path),
            ExprKind::Call(call) => self.call(call),
            ExprKind::Negate(operand) => {
                self.out.push('-');
                self.expr(operand, Level::Unary);
            }
            ExprKind::Not(operand) => {
                self.out.push_str("not ");
                self.expr(operand, Level::Not);
            }
            ExprKind::Chain(chain) => {
                // An operand of the chain's own level was written in parentheses, or it would be part of
                // the chain.
                let operand = tighter(level(expr));
                self.expr(&chain.first, operand);
                for link in &chain.rest {
                    self.out.extend([" ", chain_sign(link.op), " "]);
                    self.expr(&link.operand, operand);
                }
            }
            ExprKind::Compare { op, left, right } => {
                self.expr(left, Level::Sum);
                self.out.extend([" ", op.sign(), " "]);
                self.expr(right, Level::Sum);
            }
            ExprKind::Test {
                value,
                negated,
                test,
            } => {
                self.expr(value, Level::Sum);
                self.test(*negated, test);
            }
        }
    }

    fn number(&mut self, number: Number) {
        // The debug form of a double is the shortest that reads back as the same, and always shows that
        // it is one.
        let _ = match number {
            Number::Integer(integer) => write!(self.out, "{integer}"),
            Number::Double(value) => write!(self.out, "{value:?}"),
            Number::Percent(value) => {
                let digits = format!("{value:?}");
                write!(
                    self.out,
                    "{}%",
                    digits.strip_suffix(".0").unwrap_or(&digits)
                )
            }
        };
    }

    fn string(&mut self, text: &str) {
        self.out.push('"');
        for char in text.chars() {
            match char {
                '"' => self.out.push_str("\\\""),
                '\\' => self.out.push_str("\\\\"),
                '\n' => self.out.push_str("\\n"),
                '\r' => self.out.push_str("\\r"),
                '\t' => self.out.push_str("\\t"),
                _ if char.is_control() => {
                    let _ = write!(self.out, "\\u{:04x}", u32::from(char));
                }
                _ => self.out.push(char),
            }
        }
        self.out.push('"');
    }

    fn path(&mut self, path: &Path) {
        let mut segments = path.segments.iter();
        if let Some(Segment::Field(first)) = segments.next() {
            // After a bare `event`, a bracketed field would be read as a top-level key.
            let misread = first == "event"
                && matches!(path.segments.get(1), Some(Segment::Field(next)) if !is_identifier(next));
            if is_identifier(first) && !is_reserved(first) && !misread {
                self.out.push_str(first);
            } else {
                self.out.push_str("event[");
                self.string(first);
                self.out.push(']');
            }
        }
        for segment in segments {
            match segment {
                Segment::Field(field) if is_identifier(field) => {
                    self.out.push('.');
                    self.out.push_str(field);
                }
                Segment::Field(field) => {
                    self.out.push('[');
                    self.string(field);
                    self.out.push(']');
                }
                Segment::Index(index) => {
                    let _ = write!(self.out, "[{index}]");
                }
            }
        }
    }

    fn call(&mut self, call: &Call) {
        self.out.push_str(&call.name.text);
        self.out.push('(');
        self.list(&call.args, Level::Or);
        if let Some(filter) = &call.filter {
            self.out.push_str(if call.args.is_empty() {
                "where "
            } else {
                " where "
            });
            self.expr(filter, Level::Or);
        }
        self.out.push(')');
        if let Some(frame) = &call.frame {
            let word = match frame.kind {
                FrameKind::Over => "over",
                FrameKind::Per => "per",
            };
            let parts = [
                (word, Some(frame.length)),
                ("every", frame.every),
                ("offset", frame.offset),
            ];
            for (word, duration) in parts {
                if let Some(duration) = duration {
                    let _ = write!(self.out, " {word} {}", print_duration(duration.seconds));
                }
            }
        }
    }

    fn list(&mut self, items: &[Expr], least: Level) {
        for (position, item) in items.iter().enumerate() {
            if position > 0 {
                self.out.push_str(", ");
            }
            self.expr(item, least);
        }
    }

    fn test(&mut self, negated: bool, test: &Test) {
        if let Test::Is(kind) = test {
            let not = if negated { "not " } else { "" };
            let _ = write!(self.out, " is {not}{}", kind_word(*kind));
            return;
        }
        self.out.push_str(if negated { " not " } else { " " });
        match test {
            Test::InRange { low, high } => {
                self.out.push_str("in ");
                if let Some(low) = low {
                    self.expr(low, Level::Sum);
                }
                self.out.push_str("..");
                if let Some(high) = high {
                    self.expr(high, Level::Sum);
                }
            }
            Test::InList(items) => {
                self.out.push_str("in [");
                self.list(items, Level::Sum);
                self.out.push(']');
            }
            Test::InPath(path) => {
                self.out.push_str("in ");
                self.path(path);
            }
            Test::InCidr(call) => {
                self.out.push_str("in ");
                self.call(call);
            }
            Test::Contains(text) => self.text_test("contains ", text),
            Test::StartsWith(text) => self.text_test("starts with ", text),
            Test::EndsWith(text) => self.text_test("ends with ", text),
            Test::Matches { pattern, .. } => {
                self.out.push_str("matches ");
                self.string(pattern);
            }
            Test::Is(_) => {}
        }
    }

    fn text_test(&mut self, words: &str, text: &Expr) {
        self.out.push_str(words);
        self.expr(text, Level::Sum);
    }
}

fn level(expr: &Expr) -> Level {
    match &expr.kind {
        ExprKind::Chain(chain) => match chain.rest.first().map(|link| link.op) {
            Some(ChainOp::Or) => Level::Or,
            Some(ChainOp::And) => Level::And,
            Some(ChainOp::Add | ChainOp::Subtract) => Level::Sum,
            Some(ChainOp::Multiply | ChainOp::Divide | ChainOp::Remainder) => Level::Product,
            Some(ChainOp::Coalesce) => Level::Coalesce,
            None => level(&chain.first),
        },
        ExprKind::Not(_) => Level::Not,
        ExprKind::Compare { .. } | ExprKind::Test { .. } => Level::Compare,
        ExprKind::Negate(_) => Level::Unary,
        ExprKind::Number(_)
        | ExprKind::String(_)
        | ExprKind::Bool(_)
        | ExprKind::Null
        | ExprKind::Path(_)
        | ExprKind::Call(_) => Level::Primary,
    }
}

fn tighter(level: Level) -> Level {
    match level {
        Level::Or => Level::And,
        Level::And => Level::Not,
        Level::Not => Level::Compare,
        Level::Compare => Level::Sum,
        Level::Sum => Level::Product,
        Level::Product => Level::Coalesce,
        Level::Coalesce => Level::Unary,
        Level::Unary | Level::Primary => Level::Primary,
    }
}

fn chain_sign(op: ChainOp) -> &'static str {
    match op {
        ChainOp::Or => "or",
        ChainOp::And => "and",
        ChainOp::Add => "+",
        ChainOp::Subtract => "-",
        ChainOp::Multiply => "*",
        ChainOp::Divide => "/",
        ChainOp::Remainder => "%",
        ChainOp::Coalesce => "??",
    }
}

fn kind_word(kind: Kind) -> &'static str {
    match kind {
        Kind::Missing => "missing",
        Kind::Number => "number",
        Kind::String => "string",
        Kind::Bool => "bool",
        Kind::List => "list",
        Kind::Object => "object",
    }
}
