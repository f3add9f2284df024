//! Reads typed values from a YAML tree, with a diagnostic for each that is not what it must be.

use std::collections::HashMap;
use std::ops::Range;

use foldhash::fast::FixedState;
use tripline_grammar::ast::Expr;
use tripline_grammar::{Comments, SyntaxError, SyntaxErrorKind};

use super::place::Place;
use super::variable;
use crate::diagnostic::{self as codes, Code, Diagnostic, nearest};
use crate::yaml::{Content, Entry, Node, Scalar, Style};

/// An expression as written, and where.
pub(crate) struct Written<'c> {
    pub(crate) expr: Expr,
    pub(crate) place: Place<'c>,
}

/// Reads the tree of one file.
pub(crate) struct Reader<'c, 'd> {
    /// Index of the file.
    pub(crate) file: usize,
    /// The file's text.
    pub(crate) text: &'c str,
    pub(crate) diagnostics: &'d mut Vec<Diagnostic>,
    pub(crate) parsed: &'d mut Parsed,
}

/// Short expressions that were parsed: keys, the holes of templates and simple conditions are the same in many rules.
#[derive(Default)]
pub(crate) struct Parsed(HashMap<String, Expr, FixedState>);

impl Parsed {
    /// The longest that is worth a place, in bytes: of longer ones hardly any comes again.
    const LONGEST: usize = 32;
}

impl<'c> Reader<'c, '_> {
    pub(crate) fn refuse(
        &mut self,
        code: Code,
        range: Range<usize>,
        message: String,
        help: Option<String>,
    ) {
        let mut diagnostic = code.error(message).at(self.file, range, "");
        diagnostic.help = help;
        self.diagnostics.push(diagnostic);
    }

    fn wrong_type(&mut self, node: &Node, what: &str, wanted: &str) {
        let found = match &node.content {
            Content::Map(_) => "a mapping",
            Content::List(_) => "a list",
            Content::Scalar(scalar) if scalar.is_null() || scalar.value.trim().is_empty() => {
                "empty"
            }
            Content::Scalar(_) => "a single value",
        };
        self.refuse(
            codes::WRONG_TYPE,
            node.range.clone(),
            format!("{what} must be {wanted}, and it is {found}"),
            None,
        );
    }

    /// Reads a mapping; an absent value counts as an empty one.
    pub(crate) fn map(&mut self, node: &'c Node, what: &str) -> &'c [Entry] {
        match &node.content {
            Content::Map(entries) => entries,
            Content::Scalar(scalar) if scalar.is_null() => &[],
            _ => {
                self.wrong_type(node, what, "a mapping");
                &[]
            }
        }
    }

    /// Reads a mapping whose keys are known, and reports the others.
    pub(crate) fn fields(&mut self, node: &'c Node, what: &str, known: &[&str]) -> &'c [Entry] {
        let entries = self.map(node, what);
        for entry in entries {
            let key = entry.key.value.as_str();
            if !known.contains(&key) {
                let help = match nearest(key, known.iter().copied()) {
                    Some(near) => format!("did you mean `{near}`?"),
                    None => format!("{what} takes {}", known.join(", ")),
                };
                let message = format!("{what} has no key `{}`", shown(key));
                self.refuse(
                    codes::UNKNOWN_KEY,
                    entry.key.range.clone(),
                    message,
                    Some(help),
                );
            }
        }
        entries
    }

    /// Reads a single value that is not empty.
    pub(crate) fn scalar(&mut self, node: &'c Node, what: &str) -> Option<&'c Scalar> {
        match &node.content {
            Content::Scalar(scalar) if !scalar.is_null() && !scalar.value.trim().is_empty() => {
                Some(scalar)
            }
            _ => {
                self.wrong_type(node, what, "a single value");
                None
            }
        }
    }

    /// Reads text that is taken as it stands; it may be empty.
    pub(crate) fn text(&mut self, node: &'c Node, what: &str) -> Option<&'c str> {
        let scalar = match &node.content {
            Content::Scalar(scalar) if !scalar.is_null() => scalar,
            _ => self.scalar(node, what)?,
        };
        if let Some(variable) = variable::first(&scalar.value) {
            let place = Place {
                file: self.file,
                text: self.text,
                scalar,
                base: 0,
            };
            let help = "only the `topic` of a route in `tripline.yaml` takes variables".to_owned();
            self.refuse(
                codes::BAD_VARIABLE,
                place.range(variable),
                "a variable is legal in `topic` only".to_owned(),
                Some(help),
            );
            return None;
        }
        Some(&scalar.value)
    }

    pub(crate) fn bool(&mut self, node: &'c Node, what: &str) -> Option<bool> {
        let scalar = self.scalar(node, what)?;
        let bool = scalar.as_bool();
        if bool.is_none() {
            let message = format!(
                "{what} must be true or false, not `{}`",
                shown(&scalar.value)
            );
            self.refuse(codes::WRONG_TYPE, node.range.clone(), message, None);
        }
        bool
    }

    /// Reads a duration such as `1h30m`, in milliseconds, of at least a second.
    pub(crate) fn duration(&mut self, node: &'c Node, what: &str) -> Option<i64> {
        /// Ten years: past any use, and far from where milliseconds overflow.
        const MAX: u64 = 3_653 * 86_400;
        let scalar = self.scalar(node, what)?;
        let place = Place {
            file: self.file,
            text: self.text,
            scalar,
            base: 0,
        };
        match tripline_grammar::parse_duration(&scalar.value) {
            Ok(duration) if (1..=MAX).contains(&duration.seconds) => {
                Some(duration.seconds as i64 * 1_000)
            }
            Ok(duration) => {
                let message = format!("{what} must be from 1s to 3653d long");
                self.refuse(codes::BAD_VALUE, place.range(duration.span), message, None);
                None
            }
            Err(error) => {
                self.syntax_error(&error, place, false);
                None
            }
        }
    }

    /// Parses the expression that a value is.
    pub(crate) fn expression(&mut self, node: &'c Node, what: &str) -> Option<Written<'c>> {
        let scalar = self.scalar(node, what)?;
        let place = Place {
            file: self.file,
            text: self.text,
            scalar,
            base: 0,
        };
        let expr = self.parse(
            &scalar.value,
            place,
            node.in_flow && scalar.style == Style::Plain,
        )?;
        Some(Written { expr, place })
    }

    /// Parses the expression that a key is.
    pub(crate) fn key_expression(&mut self, key: &'c Scalar) -> Option<Written<'c>> {
        let place = Place {
            file: self.file,
            text: self.text,
            scalar: key,
            base: 0,
        };
        let expr = self.parse(&key.value, place, false)?;
        Some(Written { expr, place })
    }

    /// Parses a part of a scalar; `bare_in_flow` if YAML ended it at a bracket or comma.
    pub(crate) fn parse(
        &mut self,
        text: &str,
        place: Place<'c>,
        bare_in_flow: bool,
    ) -> Option<Expr> {
        let comments = if place.scalar.style == Style::Literal {
            Comments::Allowed
        } else {
            Comments::Refused
        };
        let is_short = text.len() <= Parsed::LONGEST;
        if let Some(expr) = is_short.then(|| self.parsed.0.get(text)).flatten() {
            return Some(expr.clone());
        }
        match tripline_grammar::parse(text, comments) {
            Ok(expr) => {
                if is_short && comments == Comments::Refused {
                    self.parsed.0.insert(text.to_owned(), expr.clone());
                }
                Some(expr)
            }
            Err(errors) => {
                for error in &errors {
                    self.syntax_error(error, place, bare_in_flow);
                }
                None
            }
        }
    }

    fn syntax_error(&mut self, error: &SyntaxError, place: Place<'c>, bare_in_flow: bool) {
        let help = if bare_in_flow && error.kind == SyntaxErrorKind::Unclosed {
            Some("quote this expression: inside { } YAML reads , [ ] { } itself".to_owned())
        } else {
            error.help.clone()
        };
        self.refuse(
            code_of(error.kind),
            place.range(error.span),
            error.message.clone(),
            help,
        );
    }
}

fn code_of(kind: SyntaxErrorKind) -> Code {
    match kind {
        SyntaxErrorKind::TooLong => codes::EXPRESSION_TOO_LONG,
        SyntaxErrorKind::TooDeep => codes::EXPRESSION_TOO_DEEP,
        SyntaxErrorKind::Unclosed => codes::UNCLOSED,
        SyntaxErrorKind::Unexpected => codes::UNEXPECTED,
        SyntaxErrorKind::BadEscape => codes::BAD_ESCAPE,
        SyntaxErrorKind::BadNumber => codes::BAD_NUMBER,
        SyntaxErrorKind::BadDuration => codes::BAD_DURATION,
        SyntaxErrorKind::ChainedComparison => codes::CHAINED_COMPARISON,
        SyntaxErrorKind::HyphenatedName => codes::HYPHENATED_NAME,
        SyntaxErrorKind::MisplacedNull => codes::MISPLACED_NULL,
        SyntaxErrorKind::MisplacedComment => codes::MISPLACED_COMMENT,
    }
}

/// A name from a file, cut to a length that fits a message.
pub(crate) fn shown(text: &str) -> String {
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_';
    if text.len() <= 60 && text.bytes().all(is_plain) {
        return text.to_owned();
    }
    let mut shown: String = text.chars().take(60).flat_map(char::escape_debug).collect();
    if text.chars().nth(60).is_some() {
        shown.push('…');
    }
    shown
}
