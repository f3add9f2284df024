//! The words and tokens of the language, as error messages and the printer need them.

/// The words that cannot start a path.
pub const RESERVED: [&str; 17] = [
    "or", "and", "not", "in", "contains", "starts", "ends", "matches", "is", "over", "per",
    "every", "offset", "where", "true", "false", "null",
];

/// Whether a word is reserved.
pub(crate) fn is_reserved(word: &str) -> bool {
    RESERVED.contains(&word)
}

/// Whether a text can be written as a name, reserved or not.
pub(crate) fn is_identifier(text: &str) -> bool {
    text.starts_with(|c: char| is_word_char(c) && !c.is_ascii_digit())
        && text.chars().all(is_word_char)
}

/// Whether a character can stand in a name; the first one is no digit.
pub(crate) fn is_word_char(c: char) -> bool {
    c.is_ascii_alphanumeric() || matches!(c, '_' | '@' | '$')
}

/// A token of the text.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Token {
    /// What it is.
    pub(crate) kind: TokenKind,
    /// Where it begins.
    pub(crate) start: usize,
    /// One past its end.
    pub(crate) end: usize,
}

/// The kinds of token that errors tell apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum TokenKind {
    /// A word that is not reserved, or one after a dot.
    Name,
    /// A reserved word.
    Keyword,
    /// A number, also one with letters at its end.
    Number,
    /// A string with its quotes.
    String,
    /// A bracket, an operator, or anything else.
    Sign,
}
