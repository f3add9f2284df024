//! The pass before the grammar: it reads tokens in a loop, so no text can overflow the stack, and it
//! reports what a grammar reports badly (open brackets, misspelt numbers, hyphens in names).

use std::borrow::Cow;

use crate::ast::Span;
use crate::parser::Comments;
use crate::token::{Token, TokenKind, is_reserved, is_word_char};
use crate::{MAX_LENGTH, MAX_NESTING, SyntaxError, SyntaxErrorKind};

const SIGNS: [&str; 19] = [
    "===", "!==", "==", "!=", "<=", ">=", "<>", "=>", "=<", "=~", "!~", "&&", "||", "??", "**",
    "..", "->", "::", ":=",
];

/// What a text looks like to the grammar, and its tokens for error messages.
pub(crate) struct Scan<'t> {
    /// The text with as many spaces in place of comments, tabs and line breaks, so that offsets hold.
    pub(crate) text: Cow<'t, str>,
    /// Its tokens in order.
    pub(crate) tokens: Vec<Token>,
}

/// Reads the tokens of `text` and checks its length, brackets, nesting, strings, comments and numbers.
pub(crate) fn prescan(text: &str, comments: Comments) -> Result<Scan<'_>, Vec<SyntaxError>> {
    if text.len() > MAX_LENGTH {
        let at = text.floor_char_boundary(MAX_LENGTH);
        let message = format!(
            "the expression is {} bytes long; the limit is {MAX_LENGTH}",
            text.len()
        );
        return Err(vec![
            SyntaxError::new(SyntaxErrorKind::TooLong, Span::new(at, at), message)
                .with_help("split it into several alerts, or declare long lists under `lists:`"),
        ]);
    }
    let mut scanner = Scanner {
        text,
        at: 0,
        tokens: Vec::with_capacity(text.len() / 3),
        errors: Vec::new(),
        levels: vec![Level::default()],
        depth: 0,
        path_start: 0,
        blanks: Vec::new(),
    };
    let complete = scanner.run(comments);
    if let Err(error) = complete {
        scanner.errors.push(error);
    }
    if !scanner.errors.is_empty() {
        scanner.errors.sort_by_key(|error| error.span.start);
        return Err(scanner.errors);
    }
    Ok(Scan {
        text: blanked(text, &scanner.blanks),
        tokens: scanner.tokens,
    })
}

/// The text with spaces in place of these ranges.
fn blanked<'t>(text: &'t str, blanks: &[(usize, usize)]) -> Cow<'t, str> {
    let mut blanked = String::new();
    let mut copied = 0;
    for &(start, end) in blanks {
        blanked.push_str(&text[copied..start]);
        blanked.extend(std::iter::repeat_n(' ', end - start));
        copied = end;
    }
    if copied == 0 {
        return Cow::Borrowed(text);
    }
    blanked.push_str(&text[copied..]);
    Cow::Owned(blanked)
}

/// What is open at one level of brackets.
#[derive(Default)]
struct Level {
    /// The bracket and where it stands; none at the outermost level.
    opener: Option<(usize, char)>,
    /// The `not`s whose operand has not ended.
    nots: usize,
    /// The unary minuses whose operand has not ended.
    minuses: usize,
    /// Where the path before the bracket begins, for paths that go on after `]`.
    path_start: usize,
}

/// The state of one prescan.
pub(crate) struct Scanner<'t> {
    pub(crate) text: &'t str,
    pub(crate) at: usize,
    tokens: Vec<Token>,
    pub(crate) errors: Vec<SyntaxError>,
    levels: Vec<Level>,
    /// All open brackets and prefix operators: a bound of the recursion that the text needs.
    depth: usize,
    path_start: usize,
    /// Comments, tabs and line breaks, in the order of the text.
    blanks: Vec<(usize, usize)>,
}

impl Scanner<'_> {
    /// Reads to the end; an error that it returns makes the rest of the text meaningless.
    fn run(&mut self, comments: Comments) -> Result<(), SyntaxError> {
        while let Some(next) = self.text[self.at..].chars().next() {
            match next {
                ' ' => self.at += 1,
                '\t' | '\r' | '\n' => {
                    self.blanks.push((self.at, self.at + 1));
                    self.at += 1;
                }
                '#' => self.comment(comments)?,
                '"' | '\'' => self.string(next)?,
                '0'..='9' => self.number(),
                '(' | '[' => self.open(next)?,
                ')' | ']' => self.close(next)?,
                _ if is_word_char(next) || next.is_alphanumeric() => self.word()?,
                _ => self.sign(next)?,
            }
        }
        for level in &self.levels {
            if let Some((start, opener)) = level.opener {
                let message = format!("this `{opener}` is not closed");
                let span = Span::new(start, start + 1);
                let help = format!("add `{}`", closer_of(opener));
                self.errors.push(
                    SyntaxError::new(SyntaxErrorKind::Unclosed, span, message).with_help(help),
                );
            }
        }
        Ok(())
    }

    pub(crate) fn push(&mut self, kind: TokenKind, start: usize, end: usize) {
        self.tokens.push(Token { kind, start, end });
        self.at = end;
    }

    pub(crate) fn error(
        &mut self,
        kind: SyntaxErrorKind,
        from: usize,
        message: String,
        help: String,
    ) {
        let span = Span::new(from, self.at);
        self.errors
            .push(SyntaxError::new(kind, span, message).with_help(help));
    }

    fn text_of(&self, token: Token) -> &str {
        &self.text[token.start..token.end]
    }

    /// One past the last byte of the run of characters from `from` on that `accept` takes.
    pub(crate) fn run_end(&self, from: usize, accept: impl Fn(char) -> bool) -> usize {
        self.text[from..]
            .find(|c| !accept(c))
            .map_or(self.text.len(), |length| from + length)
    }

    pub(crate) fn next_is(&self, at: usize, accept: impl Fn(char) -> bool) -> bool {
        self.text[at..].starts_with(accept)
    }

    /// The last token, if nothing stands between it and the current place.
    pub(crate) fn touching(&self) -> Option<Token> {
        self.tokens
            .last()
            .copied()
            .filter(|token| token.end == self.at)
    }

    /// Whether the last token ends an operand, so that a `-` or `not` here comes after it.
    pub(crate) fn after_operand(&self) -> bool {
        let Some(&last) = self.tokens.last() else {
            return false;
        };
        match last.kind {
            TokenKind::Name | TokenKind::Number | TokenKind::String => true,
            TokenKind::Keyword => matches!(self.text_of(last), "true" | "false" | "null"),
            TokenKind::Sign => match self.text_of(last) {
                ")" | "]" => true,
                "%" => self.tokens.iter().rev().nth(1).is_some_and(|before| {
                    before.kind == TokenKind::Number && before.end == last.start
                }),
                _ => false,
            },
        }
    }

    pub(crate) fn last_keyword_is(&self, words: &[&str]) -> bool {
        self.tokens.last().is_some_and(|&last| {
            last.kind == TokenKind::Keyword && words.contains(&self.text_of(last))
        })
    }

    fn level(&mut self) -> &mut Level {
        if self.levels.is_empty() {
            self.levels.push(Level::default());
        }
        let top = self.levels.len() - 1;
        &mut self.levels[top]
    }

    fn deepen(&mut self, start: usize) -> Result<(), SyntaxError> {
        self.depth += 1;
        if self.depth <= MAX_NESTING {
            return Ok(());
        }
        let message = format!("the expression nests more than {MAX_NESTING} deep");
        Err(
            SyntaxError::new(SyntaxErrorKind::TooDeep, Span::new(start, self.at), message)
                .with_help(
                    "brackets, `not` and unary `-` count; split the condition into several alerts",
                ),
        )
    }

    fn end_of_minuses(&mut self) {
        self.depth -= std::mem::take(&mut self.level().minuses);
    }

    fn end_of_nots(&mut self) {
        self.end_of_minuses();
        self.depth -= std::mem::take(&mut self.level().nots);
    }

    fn comment(&mut self, comments: Comments) -> Result<(), SyntaxError> {
        let start = self.at;
        self.at = self.run_end(start, |c| c != '\n');
        if comments == Comments::Allowed {
            self.blanks.push((start, self.at));
            return Ok(());
        }
        let message = "a comment cannot stand here";
        let span = Span::new(start, self.at);
        Err(SyntaxError::new(SyntaxErrorKind::MisplacedComment, span, message).with_help(
            "YAML joins the lines of this text into one, so the `#` would eat all that follows; write \
             the expression as a literal block (`when: |`) to use comments",
        ))
    }

    fn string(&mut self, quote: char) -> Result<(), SyntaxError> {
        let start = self.at;
        let mut chars = self.text[start + 1..].char_indices();
        let mut end = None;
        while let Some((offset, char)) = chars.next() {
            let escapes = match quote {
                '"' => char == '\\',
                _ => char == quote && chars.as_str().starts_with(quote),
            };
            if escapes {
                chars.next();
            } else if char == quote {
                end = Some(start + 1 + offset + 1);
                break;
            }
        }
        let Some(end) = end else {
            // Returned at once: brackets are open only because the string has eaten what closes them.
            let span = Span::new(start, start + 1);
            return Err(SyntaxError::new(
                SyntaxErrorKind::Unclosed,
                span,
                "this string is not closed",
            )
            .with_help(format!("add `{quote}` at its end")));
        };
        self.push(TokenKind::String, start, end);
        Ok(())
    }

    fn open(&mut self, opener: char) -> Result<(), SyntaxError> {
        let start = self.at;
        self.push(TokenKind::Sign, start, start + 1);
        self.deepen(start)?;
        let path_start = self.path_start;
        self.levels.push(Level {
            opener: Some((start, opener)),
            path_start,
            ..Level::default()
        });
        Ok(())
    }

    fn close(&mut self, closer: char) -> Result<(), SyntaxError> {
        let start = self.at;
        self.end_of_nots();
        let Some((at, opener)) = self.level().opener else {
            let span = Span::new(start, start + 1);
            let message = format!("this `{closer}` closes nothing");
            return Err(SyntaxError::new(SyntaxErrorKind::Unexpected, span, message)
                .with_help(format!("remove it, or add `{}` before", opener_of(closer))));
        };
        if closer_of(opener) != closer {
            let message = format!("this `{opener}` is not closed: a `{closer}` comes first");
            let span = Span::new(at, at + 1);
            return Err(SyntaxError::new(SyntaxErrorKind::Unclosed, span, message)
                .with_help(format!("add `{}` before the `{closer}`", closer_of(opener))));
        }
        self.push(TokenKind::Sign, start, start + 1);
        self.path_start = self.level().path_start;
        self.levels.pop();
        self.depth -= 1;
        Ok(())
    }

    fn word(&mut self) -> Result<(), SyntaxError> {
        let start = self.at;
        let is_field = self
            .touching()
            .is_some_and(|token| self.text_of(token) == ".");
        let end = self.run_end(start, |c| is_word_char(c) || c.is_alphanumeric());
        let word = &self.text[start..end];
        if is_field || !is_reserved(word) {
            if !is_field {
                self.path_start = start;
            }
            self.push(TokenKind::Name, start, end);
            return Ok(());
        }
        match word {
            "not" if !self.after_operand() && !self.last_keyword_is(&["is"]) => {
                self.level().nots += 1;
                self.push(TokenKind::Keyword, start, end);
                return self.deepen(start);
            }
            "and" | "or" | "where" => self.end_of_nots(),
            "true" | "false" | "null" => {}
            _ => self.end_of_minuses(),
        }
        self.push(TokenKind::Keyword, start, end);
        Ok(())
    }

    fn sign(&mut self, first: char) -> Result<(), SyntaxError> {
        let start = self.at;
        if first == '-' {
            return self.minus();
        }
        let rest = &self.text[start..];
        let alone = first.len_utf8();
        let longer = match self.next_is(start + alone, |c| c.is_ascii_punctuation()) {
            true => SIGNS.iter().find(|sign| rest.starts_with(**sign)),
            false => None,
        };
        let length = longer.map_or(alone, |sign| sign.len());
        let after = start + length;
        if length == 1 && first == '.' && self.next_is(after, |c| c.is_ascii_digit()) {
            self.dot_and_digits();
            return Ok(());
        }
        match first {
            ',' => self.end_of_nots(),
            '.' if length == 1 => {}
            _ => self.end_of_minuses(),
        }
        self.push(TokenKind::Sign, start, after);
        Ok(())
    }

    fn minus(&mut self) -> Result<(), SyntaxError> {
        let start = self.at;
        if !self.after_operand() {
            self.level().minuses += 1;
            self.push(TokenKind::Sign, start, start + 1);
            return self.deepen(start);
        }
        self.end_of_minuses();
        let left = self
            .touching()
            .filter(|token| token.kind == TokenKind::Name);
        match left {
            Some(left) if self.hyphen_ends(left).is_some() => self.hyphenated(left),
            _ => self.push(TokenKind::Sign, start, start + 1),
        }
        Ok(())
    }

    /// Where the words end that hyphens join to the name `left`; none if this is a subtraction.
    fn hyphen_ends(&self, left: Token) -> Option<usize> {
        let starts_word = |c: char| (is_word_char(c) && !c.is_ascii_digit()) || c.is_alphabetic();
        let mut end = left.end;
        while self.next_is(end, |c| c == '-') && self.next_is(end + 1, starts_word) {
            end = self.run_end(end + 1, |c| is_word_char(c) || c.is_alphanumeric());
        }
        let is_call = self.text[end..].trim_start().starts_with('(');
        (end > left.end && !is_call).then_some(end)
    }

    fn hyphenated(&mut self, left: Token) {
        let end = self.hyphen_ends(left).unwrap_or(left.end);
        let name = &self.text[left.start..end];
        let before = &self.text[self.path_start.min(left.start)..left.start];
        let holder = match before.trim_end_matches('.') {
            "" => "event",
            holder => holder,
        };
        let message = format!("`{name}` is a name with a hyphen, or a subtraction");
        let help = format!(
            "for the field, write `{holder}[\"{name}\"]`; to subtract, put spaces around the minus: \
             `{before}{}`",
            name.replace('-', " - ")
        );
        self.push(TokenKind::Name, left.end, end);
        self.error(SyntaxErrorKind::HyphenatedName, left.start, message, help);
    }
}

fn closer_of(opener: char) -> char {
    if opener == '(' { ')' } else { ']' }
}

fn opener_of(closer: char) -> char {
    if closer == ')' { '(' } else { '[' }
}
