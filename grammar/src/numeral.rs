//! The part of the prescan that reads what begins with a digit.

use crate::prescan::Scanner;
use crate::token::{TokenKind, is_word_char};
use crate::{SyntaxErrorKind, duration};

impl Scanner<'_> {
    /// Reads a number, or the duration that stands in its place.
    pub(crate) fn number(&mut self) {
        let start = self.at;
        let digits = |from: usize| self.run_end(from, |c| c.is_ascii_digit() || c == '_');
        let digit_at = |at: usize| self.next_is(at, |c| c.is_ascii_digit());
        let mut end = digits(start);
        if self.next_is(end, |c| c == '.') && digit_at(end + 1) {
            end = digits(end + 1);
        }
        if self.next_is(end, |c| matches!(c, 'e' | 'E')) {
            let signed = usize::from(self.next_is(end + 1, |c| matches!(c, '+' | '-')));
            if digit_at(end + 1 + signed) {
                end = digits(end + 1 + signed);
            }
        }
        let spelt_end = end;
        end = self.run_end(end, |c| is_word_char(c) || c.is_alphanumeric());
        let word = &self.text[start..end];
        let is_duration = self.last_keyword_is(&["over", "per", "every", "offset"]);
        let bad_underscore = word[..spelt_end - start]
            .split(|c: char| !c.is_ascii_digit() && c != '_')
            .any(|run| run.starts_with('_') || run.ends_with('_') || run.contains("__"));
        let lone_dot = self.next_is(end, |c| c == '.') && !self.text[end..].starts_with("..");
        self.push(TokenKind::Number, start, end);
        if is_duration {
            if let Err(error) = duration::read(word, start) {
                self.errors.push(error);
            }
        } else if end > spelt_end && duration::read(word, start).is_ok() {
            let message = format!("the duration `{word}` cannot stand here");
            let help = "durations stand after `over`, `per`, `every` and `offset`; compare with a plain \
                        number in the unit of the field";
            self.error(
                SyntaxErrorKind::BadDuration,
                start,
                message,
                help.to_owned(),
            );
        } else if end > spelt_end {
            let message = format!("`{word}` is not a number");
            let help = "a name cannot start with a digit; as a field, write it in brackets: \
                        `event[\"…\"]`";
            self.error(SyntaxErrorKind::BadNumber, start, message, help.to_owned());
        } else if bad_underscore {
            let message = format!("`{word}` is not a number");
            let help = "a `_` stands between two digits only: `1_000`";
            self.error(SyntaxErrorKind::BadNumber, start, message, help.to_owned());
        } else if lone_dot {
            let message = format!("the number `{word}.` has no digits after its dot");
            let help = format!("write `{word}` or `{word}.0`; a range has two dots: `{word}..`");
            self.at = end + 1;
            self.error(SyntaxErrorKind::BadNumber, start, message, help);
        }
    }

    /// Reports `.5` and `items.0`.
    pub(crate) fn dot_and_digits(&mut self) {
        let start = self.at;
        let end = self.run_end(start + 1, |c| is_word_char(c) || c.is_alphanumeric());
        let word = &self.text[start + 1..end];
        let after_path = self.touching().is_some() && self.after_operand();
        self.push(TokenKind::Number, start, end);
        let all_digits = word.bytes().all(|byte| byte.is_ascii_digit());
        let (kind, message, help) = if after_path && all_digits {
            let message = format!("`.{word}` is neither a field nor an item");
            let help =
                format!("write `[{word}]` for the item of a list, `[\"{word}\"]` for the field");
            (SyntaxErrorKind::Unexpected, message, help)
        } else if after_path {
            let message = format!("the field `{word}` starts with a digit");
            (
                SyntaxErrorKind::Unexpected,
                message,
                format!("write it in brackets: `[\"{word}\"]`"),
            )
        } else {
            let message = format!("the number `.{word}` has no digit before its dot");
            (
                SyntaxErrorKind::BadNumber,
                message,
                format!("write `0.{word}`"),
            )
        };
        self.error(kind, start, message, help);
    }
}
