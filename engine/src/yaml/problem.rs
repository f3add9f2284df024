//! What can be wrong with a YAML file, in words for the one who wrote it.

use serde_yaml::ErrorKind;

use super::Range;

/// Something that is wrong with a YAML file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// What sort of problem it is.
    pub kind: ProblemKind,
    /// The problem in one sentence.
    pub message: String,
    /// Where it is.
    pub range: Range,
    /// What to do about it.
    pub help: Option<String>,
    /// Another place that has to do with it, and how.
    pub related: Option<(Range, String)>,
}

/// What sort of problem a [`Problem`] is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ProblemKind {
    /// The text is not YAML.
    Syntax,
    /// A key stands twice in one map.
    DuplicateKey,
    /// A key is a list, a map or empty.
    BadKey,
    /// A `*name` without a `&name` before it.
    UnknownAlias,
    /// The aliases of the file expand to too many nodes.
    AliasBudget,
    /// An alias stands inside the node that it names.
    Recursion,
    /// The file holds more than one document.
    SeveralDocuments,
    /// Lists and maps are nested too deeply.
    TooDeep,
    /// The merge key `<<` is used.
    MergeKey,
    /// A tag such as `!name` is used.
    Tag,
}

impl Problem {
    pub(super) fn new(kind: ProblemKind, message: impl Into<String>, range: Range) -> Self {
        Self {
            kind,
            message: message.into(),
            range,
            help: None,
            related: None,
        }
    }

    pub(super) fn help(mut self, help: &str) -> Self {
        self.help = Some(help.to_owned());
        self
    }

    pub(super) fn related(mut self, range: Range, text: &str) -> Self {
        self.related = Some((range, text.to_owned()));
        self
    }
}

/// A syntax error as the parser met it, with offsets in the text that it was given.
#[derive(Debug, Clone)]
pub(super) struct Failure {
    pub(super) kind: ErrorKind,
    pub(super) at: usize,
    /// Where the last thing that could be read ends.
    pub(super) last_end: usize,
    /// The innermost `[` or `{` open at the error.
    pub(super) flow: Option<usize>,
}

impl Failure {
    /// Whether more text could have mended it.
    pub(super) fn is_unclosed(&self, text: &str) -> bool {
        use ErrorKind as K;
        matches!(
            self.kind,
            K::UnclosedQuotedScalar
                | K::UnclosedFlowCollection { .. }
                | K::UnexpectedEof
                | K::UnexpectedEofFlowSequence
                | K::UnexpectedEofFlowMapping
                | K::UnexpectedEofImplicitFlowMapping
        ) || self.at >= text.trim_end().len()
    }

    /// Puts the failure in words; `text` is what was parsed and stands at `base` in the file.
    pub(super) fn problem(&self, text: &str, base: usize) -> Problem {
        use ErrorKind as K;
        let shift = |range: Range| base + range.start..base + range.end;
        let end = text.trim_end().len();
        if self.kind == K::RecursionLimitExceeded {
            let message = "lists and maps are nested too deeply here";
            return Problem::new(ProblemKind::TooDeep, message, shift(char_at(text, self.at)));
        }
        let mut at = self.at;
        let mut help = None;
        let mut related = None;
        let message = match &self.kind {
            K::UnclosedQuotedScalar => {
                help = Some("close the quote on this line");
                "this quote is not closed".to_owned()
            }
            K::InvalidTrailingSingleQuotedScalar | K::InvalidTrailingDoubleQuotedScalar => {
                if let Some(quote) = opening_quote(text, self.last_end, at) {
                    if text
                        .get(quote..at)
                        .is_some_and(|quoted| quoted.contains(['\n', '\r']))
                    {
                        related = Some((char_at(text, quote), "this quote may not be closed"));
                    } else {
                        related = Some((char_at(text, quote), "the quoted text begins here"));
                    }
                }
                help = Some("write a value that begins with a quote wholly in quotes");
                "text follows the closing quote".to_owned()
            }
            K::UnknownQuotedScalarEscape => {
                help = Some(r"write \\ for a backslash, or use '…' quotes");
                "this escape is not known in \"…\"".to_owned()
            }
            K::MappingValueNotAllowed | K::InvalidMappingValueWhitespace => {
                help = Some("quote the value: YAML reads `: ` as the end of a key");
                "a `:` is not allowed here".to_owned()
            }
            K::TabNotAllowed
            | K::TabInBlockIndentation
            | K::TabInIndentation
            | K::TabAtBlockScalarStart
            | K::TabInPlainScalar => {
                help = Some("indent with spaces");
                "a tab cannot be used as indentation".to_owned()
            }
            K::ExpectedBlockMappingKey | K::InvalidIndentation => {
                help = Some("indent the keys of one map alike");
                "this line's indentation fits none of the lines above".to_owned()
            }
            K::SimpleKeyExpected => {
                help = Some("write `key: value`");
                "this is neither a key with `:` nor part of the value above".to_owned()
            }
            K::ExpectedBlockSequenceEntry => {
                "a `-` is expected here, as on the items above".to_owned()
            }
            K::BlockSequenceEntryNotAllowed => "a list item is not allowed here".to_owned(),
            K::CommentInterceptedScalar => {
                help = Some("put the comment before the value");
                "a comment stands in the middle of a value".to_owned()
            }
            K::UnexpectedCharacter { character } => {
                help = Some("quote the value");
                format!("a value cannot begin with `{}`", character.escape_default())
            }
            K::MismatchedFlowCollectionEnd { open, close } => {
                format!("`{open}` is closed by `{close}`")
            }
            K::MisplacedFlowCollectionEnd => "this bracket closes nothing".to_owned(),
            K::UnclosedFlowCollection { .. }
            | K::UnexpectedEofFlowSequence
            | K::UnexpectedEofFlowMapping
            | K::UnexpectedEofImplicitFlowMapping => {
                at = self.flow.unwrap_or(at);
                "this bracket is not closed".to_owned()
            }
            K::ExpectedFlowMappingSeparator => "a `,` or `}` is expected here".to_owned(),
            K::ExpectedFlowSequenceSeparator => "a `,` or `]` is expected here".to_owned(),
            K::InvalidColonPlacement => "a `:` is not allowed here, inside brackets".to_owned(),
            K::UnexpectedEof => "the file ends too early".to_owned(),
            other => other.to_string(),
        };
        if at >= end {
            at = self.flow.unwrap_or_else(|| last_char(text, end));
        }
        if let Some(open) = self.flow.filter(|open| *open != at) {
            related = Some((char_at(text, open), "inside the bracket that opens here"));
        }
        let flow_kind = matches!(
            self.kind,
            K::UnclosedFlowCollection { .. }
                | K::MismatchedFlowCollectionEnd { .. }
                | K::MisplacedFlowCollectionEnd
                | K::FlowMappingValueAdjacentCollection
        );
        if self.flow.is_some() || flow_kind {
            help = Some("quote this expression: inside { } YAML reads , [ ] { } itself");
        }
        let mut problem = Problem::new(ProblemKind::Syntax, message, shift(char_at(text, at)));
        if let Some(help) = help {
            problem = problem.help(help);
        }
        if let Some((range, words)) = related {
            problem = problem.related(shift(range), words);
        }
        problem
    }
}

/// The range of the character at an offset, empty at a line's or the text's end.
fn char_at(text: &str, at: usize) -> Range {
    let at = at.min(text.len());
    let next = text.get(at..).and_then(|rest| rest.chars().next());
    match next {
        Some(next) if !matches!(next, '\n' | '\r') => at..at + next.len_utf8(),
        _ => at..at,
    }
}

fn last_char(text: &str, end: usize) -> usize {
    text[..end]
        .char_indices()
        .next_back()
        .map_or(0, |(at, _)| at)
}

fn opening_quote(text: &str, from: usize, to: usize) -> Option<usize> {
    let between = text.get(from..to)?;
    between.find(['"', '\'']).map(|at| from + at)
}
