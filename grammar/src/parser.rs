use pest::Parser;
use pest::error::{ErrorVariant, InputLocation};

use crate::ast::{Duration, Expr};
use crate::lower::Lowering;
use crate::prescan::prescan;
use crate::{SyntaxError, duration, words};
use rules::{Rule, TriplineParser};

/// The parser that the grammar file generates, with one [`Rule`] per rule of the grammar.
pub(crate) mod rules {
    #![allow(missing_docs, unreachable_pub)]

    #[derive(pest_derive::Parser)]
    #[grammar = "tripline.pest"]
    pub struct TriplineParser;
}

/// Whether `#` begins a comment.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Comments {
    /// A `#` outside a string is an error: where YAML folds lines, it would eat the rest of the text.
    #[default]
    Refused,
    /// A `#` outside a string begins a comment that ends with the line.
    Allowed,
}

/// Parses one expression.
///
/// Spans are byte offsets into `text`. On failure there is at least one error, in the order of the text.
pub fn parse(text: &str, comments: Comments) -> Result<Expr, Vec<SyntaxError>> {
    let scan = prescan(text, comments)?;
    let mut pairs = TriplineParser::parse(Rule::expression, &scan.text).map_err(|error| {
        let at = match error.location {
            InputLocation::Pos(at) | InputLocation::Span((at, _)) => at,
        };
        let positives: &[Rule] = match &error.variant {
            ErrorVariant::ParsingError { positives, .. } => positives,
            ErrorVariant::CustomError { .. } => &[],
        };
        vec![words::unexpected(text, &scan.tokens, at, positives)]
    })?;
    let mut lowering = Lowering::new(text);
    let expr = pairs.next().map(|pair| lowering.condition(pair));
    let errors = lowering.into_errors();
    match expr {
        Some(expr) if errors.is_empty() => Ok(expr),
        // The grammar gives a condition whenever it accepts the text.
        None if errors.is_empty() => Err(vec![words::unexpected(text, &scan.tokens, 0, &[])]),
        _ => Err(errors),
    }
}

/// Parses a text that is one duration, such as `1h30m`; a span in it is relative to `text`.
pub fn parse_duration(text: &str) -> Result<Duration, SyntaxError> {
    let start = text.len() - text.trim_start().len();
    duration::read(text.trim(), start)
}
