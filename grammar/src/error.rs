use crate::ast::Span;

/// What is wrong with the text of an expression, where, and how to mend it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SyntaxError {
    /// The class of the error, for a stable diagnostic code.
    pub kind: SyntaxErrorKind,
    /// Where it is.
    pub span: Span,
    /// What is wrong, in one line.
    pub message: String,
    /// How to mend it.
    pub help: Option<String>,
}

impl SyntaxError {
    pub(crate) fn new(kind: SyntaxErrorKind, span: Span, message: impl Into<String>) -> Self {
        SyntaxError {
            kind,
            span,
            message: message.into(),
            help: None,
        }
    }

    pub(crate) fn with_help(self, help: impl Into<String>) -> Self {
        SyntaxError {
            help: Some(help.into()),
            ..self
        }
    }
}

impl std::fmt::Display for SyntaxError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for SyntaxError {}

/// The classes of syntax error.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum SyntaxErrorKind {
    /// Past [`crate::MAX_LENGTH`] or [`crate::MAX_LIST`].
    TooLong,
    /// Past [`crate::MAX_NESTING`].
    TooDeep,
    /// A bracket or string that is not closed.
    Unclosed,
    /// A word or sign that cannot stand where it does.
    Unexpected,
    /// An escape in a `"…"` string that JSON does not know.
    BadEscape,
    /// A number that does not fit or is misspelt.
    BadNumber,
    /// A duration that is misspelt or does not fit.
    BadDuration,
    /// `0 < a < 5`
    ChainedComparison,
    /// `user-id`: a subtraction or a name with a hyphen?
    HyphenatedName,
    /// `null` outside a list.
    MisplacedNull,
    /// `#` outside a string where comments cannot stand.
    MisplacedComment,
}
