//! From the grammar's pairs to the syntax tree; all errors are collected.

use pest::iterators::{Pair, Pairs};

use crate::ast::{
    Call, ChainOp, Duration, Expr, ExprKind, Frame, FrameKind, Name, Path, Segment, Span,
};
use crate::parser::rules::Rule;
use crate::precedence::{ARITHMETIC, LOGIC, Operators, arithmetic, grouped, prefixed};
use crate::{MAX_NESTING, SyntaxError, SyntaxErrorKind, duration, literal};

/// The state of one lowering: the errors so far. It goes on after each with a placeholder.
pub(crate) struct Lowering<'t> {
    text: &'t str,
    pub(crate) errors: Vec<SyntaxError>,
}

impl<'t> Lowering<'t> {
    /// Starts on `text`, which the errors quote.
    pub(crate) fn new(text: &'t str) -> Self {
        Lowering {
            text,
            errors: Vec::new(),
        }
    }

    /// Gives the errors in the order of the text.
    pub(crate) fn into_errors(mut self) -> Vec<SyntaxError> {
        self.errors.sort_by_key(|error| error.span.start);
        self.errors
    }

    /// Lowers a `condition`.
    pub(crate) fn condition(&mut self, pair: Pair<'_, Rule>) -> Expr {
        let mut operands = Vec::new();
        let mut operators = Operators::new();
        let mut nots = Vec::new();
        for part in pair.into_inner() {
            match part.as_rule() {
                Rule::not_prefix => nots.push(span_of(&part).start),
                Rule::and => operators.push((ChainOp::And, span_of(&part))),
                Rule::or => operators.push((ChainOp::Or, span_of(&part))),
                _ => {
                    let operand = self.comparison(part);
                    operands.push(prefixed(&mut nots, operand, ExprKind::Not));
                }
            }
        }
        grouped(operands, operators, &LOGIC)
    }

    pub(crate) fn sum(&mut self, pair: Pair<'_, Rule>) -> Expr {
        let mut operands = Vec::new();
        let mut operators = Operators::new();
        let mut minuses = Vec::new();
        for part in pair.into_inner() {
            match part.as_rule() {
                Rule::minus => minuses.push(span_of(&part).start),
                Rule::arith_op => operators.push((arithmetic(part.as_str()), span_of(&part))),
                _ => {
                    let operand = self.primary(part);
                    operands.push(prefixed(&mut minuses, operand, ExprKind::Negate));
                }
            }
        }
        grouped(operands, operators, &ARITHMETIC)
    }

    fn primary(&mut self, pair: Pair<'_, Rule>) -> Expr {
        let span = span_of(&pair);
        let kind = match pair.as_rule() {
            Rule::group => {
                let Some(inner) = pair.into_inner().next() else {
                    return placeholder(span);
                };
                // Parentheses leave no node, but an error about the expression should show them.
                return Expr {
                    span,
                    ..self.condition(inner)
                };
            }
            Rule::call => ExprKind::Call(self.call(pair)),
            Rule::path => ExprKind::Path(self.path(pair)),
            Rule::string => {
                let start = span.start as usize;
                ExprKind::String(literal::string(pair.as_str(), start, &mut self.errors))
            }
            Rule::boolean => ExprKind::Bool(pair.as_str() == "true"),
            Rule::number => match literal::number(pair.as_str(), span.start as usize) {
                Ok(number) => ExprKind::Number(number),
                Err(error) => {
                    self.errors.push(error);
                    ExprKind::Null
                }
            },
            _ => {
                let message = "`null` stands only in a list";
                self.errors.push(
                    SyntaxError::new(SyntaxErrorKind::MisplacedNull, span, message).with_help(
                        "a field that is null counts as missing: test it with `is missing`",
                    ),
                );
                ExprKind::Null
            }
        };
        Expr { kind, span }
    }

    pub(crate) fn path(&mut self, pair: Pair<'_, Rule>) -> Path {
        let span = span_of(&pair);
        let mut segments = Vec::new();
        let mut verbatim = false;
        for part in pair.into_inner() {
            let start = span_of(&part).start as usize;
            match part.as_rule() {
                Rule::name | Rule::field => segments.push(Segment::Field(part.as_str().to_owned())),
                Rule::string => {
                    // `event["x"]` is the top-level key x; only the first bracket can mean that.
                    if segments.len() == 1
                        && !verbatim
                        && segments[0] == Segment::Field("event".to_owned())
                    {
                        segments.clear();
                        verbatim = true;
                    }
                    let field = literal::string(part.as_str(), start, &mut self.errors);
                    segments.push(Segment::Field(field));
                }
                Rule::index => match part.as_str().parse() {
                    Ok(index) => segments.push(Segment::Index(index)),
                    Err(_) => self.errors.push(SyntaxError::new(
                        SyntaxErrorKind::BadNumber,
                        span_of(&part),
                        format!("the index is larger than {}", u32::MAX),
                    )),
                },
                _ => {}
            }
        }
        if segments.len() > MAX_NESTING {
            self.errors.push(SyntaxError::new(
                SyntaxErrorKind::TooDeep,
                span,
                format!(
                    "the path has {} steps, and an event nests at most {MAX_NESTING} deep",
                    segments.len()
                ),
            ));
        }
        Path { segments, span }
    }

    pub(crate) fn call(&mut self, pair: Pair<'_, Rule>) -> Call {
        let mut call = Call {
            name: Name {
                text: String::new(),
                span: span_of(&pair),
            },
            args: Vec::new(),
            filter: None,
            frame: None,
        };
        for part in pair.into_inner() {
            match part.as_rule() {
                Rule::name => {
                    call.name = Name {
                        text: part.as_str().to_owned(),
                        span: span_of(&part),
                    };
                }
                Rule::condition => call.args.push(self.condition(part)),
                Rule::filter => {
                    let condition = part
                        .into_inner()
                        .find(|part| part.as_rule() == Rule::condition);
                    call.filter = condition.map(|condition| Box::new(self.condition(condition)));
                }
                Rule::frame => call.frame = self.frame(part).map(Box::new),
                _ => {}
            }
        }
        call
    }

    fn frame(&mut self, pair: Pair<'_, Rule>) -> Option<Frame> {
        let span = span_of(&pair);
        let mut parts = pair.into_inner();
        let kind = match parts.next()?.as_rule() {
            Rule::per => FrameKind::Per,
            _ => FrameKind::Over,
        };
        let length = self.duration(&mut parts)?;
        let (mut every, mut offset) = (None, None);
        while let Some(word) = parts.next() {
            let duration = self.duration(&mut parts);
            match word.as_rule() {
                Rule::every => every = duration,
                _ => offset = duration,
            }
        }
        Some(Frame {
            kind,
            length,
            every,
            offset,
            span,
        })
    }

    fn duration(&mut self, parts: &mut Pairs<'_, Rule>) -> Option<Duration> {
        let pair = parts.next()?;
        match duration::read(pair.as_str(), span_of(&pair).start as usize) {
            Ok(duration) => Some(duration),
            Err(error) => {
                self.errors.push(error);
                None
            }
        }
    }

    pub(crate) fn quote(&self, pair: &Pair<'_, Rule>) -> &'t str {
        self.slice(span_of(pair))
    }

    pub(crate) fn slice(&self, span: Span) -> &'t str {
        self.text
            .get(span.start as usize..span.end as usize)
            .unwrap_or_default()
    }
}

/// Gives the place of a pair. The grammar counts the blanks after an optional part to the pair.
pub(crate) fn span_of(pair: &Pair<'_, Rule>) -> Span {
    let span = pair.as_span();
    let text = span.as_str().trim_end_matches([' ', '\t', '\r', '\n']);
    Span::new(span.start(), span.start() + text.len())
}

/// Stands for what could not be read; an error has been reported, so nobody sees it.
pub(crate) fn placeholder(span: Span) -> Expr {
    Expr {
        kind: ExprKind::Null,
        span,
    }
}
