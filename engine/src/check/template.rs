//! Summaries and descriptions: text with `{expression}` and `{expression:.1}` in it.

use tripline_grammar::print;

use super::expression::Resolver;
use super::place::Place;
use super::reader::Reader;
use crate::diagnostic as codes;
use crate::program::{Part, Template};
use tripline_grammar::ast::Span;

/// A part of a template as written: text, or an expression with its place in the scalar's value.
pub(crate) enum Piece {
    Text(String),
    Hole {
        start: usize,
        end: usize,
        decimals: Option<usize>,
    },
}

/// How many errors of one template are shown: finding the place of each takes the length of the text.
const MAX_ERRORS: usize = 20;
/// The most decimals that can be asked for.
const MAX_DECIMALS: usize = 17;

/// Splits a template; an error is a place in the text and what is wrong there.
pub(crate) fn split(text: &str) -> Result<Vec<Piece>, (usize, &'static str)> {
    let mut pieces = Vec::new();
    let mut plain = String::new();
    let mut rest = text.char_indices().peekable();
    while let Some((at, char)) = rest.next() {
        match char {
            '{' | '}' if rest.next_if(|(_, next)| *next == char).is_some() => plain.push(char),
            '{' => {
                if !plain.is_empty() {
                    pieces.push(Piece::Text(std::mem::take(&mut plain)));
                }
                let mut quote = None;
                let mut escaped = false;
                let end = rest.by_ref().find(|&(_, char)| {
                    match (quote, char) {
                        _ if escaped => escaped = false,
                        (Some('"'), '\\') => escaped = true,
                        (Some(open), char) if open == char => quote = None,
                        (None, '"' | '\'') => quote = Some(char),
                        (None, '}') => return true,
                        _ => {}
                    }
                    false
                });
                let Some((end, _)) = end else {
                    return Err((at, "this `{` is not closed"));
                };
                let inside = &text[at + 1..end];
                let (length, decimals) = match inside.rsplit_once(":.") {
                    Some((before, digits))
                        if !digits.is_empty() && digits.bytes().all(|b| b.is_ascii_digit()) =>
                    {
                        match digits.parse() {
                            Ok(decimals) if decimals <= MAX_DECIMALS => {
                                (before.len(), Some(decimals))
                            }
                            _ => {
                                return Err((
                                    at + 1 + before.len(),
                                    "at most 17 decimals can be shown",
                                ));
                            }
                        }
                    }
                    _ => (inside.len(), None),
                };
                pieces.push(Piece::Hole {
                    start: at + 1,
                    end: at + 1 + length,
                    decimals,
                });
            }
            '}' => return Err((at, "this `}` closes nothing")),
            char => plain.push(char),
        }
    }
    if !plain.is_empty() {
        pieces.push(Piece::Text(plain));
    }
    Ok(pieces)
}

/// Checks a template of the alert that `resolver` belongs to; `by` are the canonical texts of the key's
/// expressions.
pub(super) fn check<'c>(
    reader: &mut Reader<'c, '_>,
    resolver: &mut Resolver<'c, '_>,
    place: Place<'c>,
    by: &[String],
) -> Option<Template> {
    let text = place.scalar.value.as_str();
    if text.len() > tripline_grammar::MAX_LENGTH {
        let message = format!(
            "this text is {} bytes long; the limit is {}",
            text.len(),
            tripline_grammar::MAX_LENGTH
        );
        let help =
            "keep what happened in the summary, and put the rest behind `runbook`".to_owned();
        reader.refuse(
            codes::BAD_TEMPLATE,
            place.range(Span::new(0, 1)),
            message,
            Some(help),
        );
        return None;
    }
    let pieces = match split(text) {
        Ok(pieces) => pieces,
        Err((at, message)) => {
            let help = "write `{{` and `}}` for braces that are to be shown";
            reader.refuse(
                codes::BAD_TEMPLATE,
                place.range(Span::new(at, at + 1)),
                message.to_owned(),
                Some(help.to_owned()),
            );
            return None;
        }
    };
    let mut parts = Vec::with_capacity(pieces.len());
    let mut complete = true;
    let errors = reader.diagnostics.len() + resolver.diagnostics.len();
    for piece in pieces {
        if reader.diagnostics.len() + resolver.diagnostics.len() >= errors + MAX_ERRORS {
            break;
        }
        match piece {
            Piece::Text(text) => parts.push(Part::Text(text)),
            Piece::Hole {
                start,
                end,
                decimals,
            } => {
                let inner = Place {
                    base: start,
                    ..place
                };
                if text[start..end].trim().is_empty() {
                    let message = "there is no expression in these braces".to_owned();
                    reader.refuse(
                        codes::BAD_TEMPLATE,
                        inner.range(Span::new(0, end - start)),
                        message,
                        None,
                    );
                    complete = false;
                    continue;
                }
                let part = reader
                    .parse(&text[start..end], inner, false)
                    .and_then(|expr| {
                        // The key is known even where the event's fields are not.
                        match by.iter().position(|part| *part == print(&expr)) {
                            Some(index) => Some(Part::Key { index, decimals }),
                            None => resolver
                                .shown(&expr, inner)
                                .ok()
                                .map(|node| Part::Value { node, decimals }),
                        }
                    });
                match part {
                    Some(part) => parts.push(part),
                    None => complete = false,
                }
            }
        }
    }
    complete.then_some(Template(parts))
}
