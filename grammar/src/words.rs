//! The grammar's rules and the text's tokens in words that rule authors know.

use crate::ast::Span;
use crate::parser::rules::Rule;
use crate::token::{RESERVED, Token, TokenKind};
use crate::{SyntaxError, SyntaxErrorKind};

/// Makes the error for a text that the grammar refuses at byte `at`, where it expected one of `expected`.
pub(crate) fn unexpected(
    text: &str,
    tokens: &[Token],
    at: usize,
    expected: &[Rule],
) -> SyntaxError {
    let position = tokens.iter().position(|token| token.end > at);
    let found = position.map(|position| tokens[position]);
    let (span, found_words) = match found {
        Some(token) => (
            Span::new(token.start, token.end),
            format!("`{}`", shortened(&text[token.start..token.end])),
        ),
        None => (Span::new(text.len(), text.len()), "the end".to_owned()),
    };
    let mut names: Vec<Expected> = expected
        .iter()
        .filter_map(|rule| expectation(*rule))
        .collect();
    names.sort_unstable();
    names.dedup();
    let message = match tokens.is_empty() {
        true => "the expression is empty".to_owned(),
        false if names.is_empty() => format!("unexpected {found_words}"),
        false => format!("expected {}, found {found_words}", joined(&names)),
    };
    let error = SyntaxError::new(SyntaxErrorKind::Unexpected, span, message);
    match position.and_then(|position| help(text, tokens, position, &names)) {
        Some(help) => error.with_help(help),
        None => error,
    }
}

/// What can be expected, in the order in which a message names it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Expected {
    Value,
    Operator,
    Comparison,
    Not,
    In,
    With,
    Kind,
    Text,
    Field,
    Index,
    Duration,
    Every,
    Offset,
    Frame,
    Dots,
    And,
    Or,
    Where,
    Comma,
    Paren,
    Bracket,
    End,
}

/// Translates a rule; none for those that would say nothing new.
fn expectation(rule: Rule) -> Option<Expected> {
    Some(match rule {
        Rule::condition
        | Rule::comparison
        | Rule::sum
        | Rule::minus
        | Rule::not_prefix
        | Rule::group
        | Rule::call
        | Rule::path
        | Rule::name
        | Rule::number
        | Rule::boolean
        | Rule::null
        | Rule::list
        | Rule::range => Expected::Value,
        Rule::arith_op => Expected::Operator,
        Rule::test_start
        | Rule::compare
        | Rule::compare_op
        | Rule::membership
        | Rule::substring
        | Rule::pattern
        | Rule::kind_test
        | Rule::contains
        | Rule::matches
        | Rule::starts_with
        | Rule::starts
        | Rule::ends_with
        | Rule::ends
        | Rule::is => Expected::Comparison,
        Rule::not => Expected::Not,
        Rule::in_ => Expected::In,
        Rule::with => Expected::With,
        Rule::kind => Expected::Kind,
        Rule::string => Expected::Text,
        Rule::field => Expected::Field,
        Rule::index => Expected::Index,
        Rule::duration => Expected::Duration,
        Rule::every => Expected::Every,
        Rule::offset => Expected::Offset,
        Rule::frame | Rule::over | Rule::per => Expected::Frame,
        Rule::dots => Expected::Dots,
        Rule::and => Expected::And,
        Rule::or => Expected::Or,
        Rule::filter | Rule::where_ => Expected::Where,
        Rule::comma => Expected::Comma,
        Rule::close_paren => Expected::Paren,
        Rule::close_bracket => Expected::Bracket,
        Rule::EOI => Expected::End,
        // A second comparison is read only to be refused.
        Rule::chained => return None,
        _ => return None,
    })
}

fn joined(names: &[Expected]) -> String {
    let has = |name: Expected| names.contains(&name);
    let words: Vec<&str> = names
        .iter()
        // Where a condition can go on, arithmetic can as well; naming it would hide the rest. A value
        // can be a string, and a comparison can be `not in`.
        .filter(|name| match name {
            Expected::Operator | Expected::Not | Expected::In => !has(Expected::Comparison),
            Expected::Text => !has(Expected::Value),
            _ => true,
        })
        .map(|name| words(*name))
        .collect();
    match words.as_slice() {
        [] => "something else".to_owned(),
        [only] => (*only).to_owned(),
        [others @ .., last] => format!("{} or {last}", others.join(", ")),
    }
}

fn words(expected: Expected) -> &'static str {
    match expected {
        Expected::Value => "a value",
        Expected::Operator => "an operator",
        Expected::Comparison => "a comparison",
        Expected::Not => "`not`",
        Expected::In => "`in`",
        Expected::With => "`with`",
        Expected::Kind => "`missing` or a type (`number`, `string`, `bool`, `list`, `object`)",
        Expected::Text => "a string",
        Expected::Field => "the name of a field",
        Expected::Index => "a number",
        Expected::Duration => "a duration such as `5m`",
        Expected::Every => "`every`",
        Expected::Offset => "`offset`",
        Expected::Frame => "a window such as `over 5m`",
        Expected::Dots => "`..`",
        Expected::And => "`and`",
        Expected::Or => "`or`",
        Expected::Where => "`where`",
        Expected::Comma => "`,`",
        Expected::Paren => "`)`",
        Expected::Bracket => "`]`",
        Expected::End => "the end",
    }
}

/// Says how to mend what is known from other languages.
fn help(text: &str, tokens: &[Token], position: usize, expected: &[Expected]) -> Option<String> {
    let token = tokens[position];
    let word = &text[token.start..token.end];
    let before = |steps: usize| {
        let token = tokens.get(position.checked_sub(steps)?)?;
        Some(&text[token.start..token.end])
    };
    if expected.contains(&Expected::Kind) {
        let meant = match word.to_ascii_lowercase().as_str() {
            "null" | "none" | "nil" | "undefined" | "empty" | "absent" => "missing",
            "int" | "integer" | "float" | "double" | "numeric" => "number",
            "text" | "str" => "string",
            "boolean" | "true" | "false" => "bool",
            "array" => "list",
            "map" | "dict" => "object",
            _ => {
                return Some(
                    "`is` asks for the type of a value; to compare, write `==`".to_owned(),
                );
            }
        };
        return Some(format!("write `is {meant}`"));
    }
    let written = match word {
        "=" | "===" | ":=" => "write `==` to compare",
        "!==" | "<>" => "write `!=`",
        "=>" => "write `>=`",
        "=<" => "write `<=`",
        "=~" | "~" | "!~" => "write `matches` or `not matches`",
        "&&" | "&" => "write `and`",
        "||" | "|" => "write `or`",
        "!" => "write `not`",
        "“" | "”" | "„" | "‘" | "’" | "`" => {
            "strings stand in plain quotes: \"…\" or '…'"
        }
        "{" | "}" => "templates have braces, expressions have not",
        "?" => "for a default write `a ?? b`",
        "]" | ")" if before(1) == Some(",") => "remove the `,` before it",
        "," | ".." if after_in_paren(text, tokens, position) => {
            "after `in`, a list is written `[1, 2]` and a range `1..2`, both without parentheses"
        }
        _ => "",
    };
    if !written.is_empty() {
        return Some(written.to_owned());
    }
    let lower = word.to_ascii_lowercase();
    if token.kind == TokenKind::Keyword
        && expected.contains(&Expected::Value)
        && !matches!(word, "and" | "or" | "not")
    {
        return Some(format!(
            "`{word}` is a reserved word; for the field, write `event[\"{word}\"]`"
        ));
    }
    if token.kind != TokenKind::Name {
        return None;
    }
    if !word.is_ascii() {
        return Some(format!(
            "a name has only ASCII letters; for the field, write `event[\"{word}\"]`"
        ));
    }
    if word != lower && RESERVED.contains(&lower.as_str()) {
        return Some(format!("the language's words are in lower case: `{lower}`"));
    }
    Some(match lower.as_str() {
        "like" => "write `contains`, `starts with` or `matches`".to_owned(),
        "between" => "write `in 1..5`, which includes both ends".to_owned(),
        "unless" => "write `and not`".to_owned(),
        "equals" | "eq" => "write `==`".to_owned(),
        "startswith" | "starts_with" => "write `starts with`".to_owned(),
        "endswith" | "ends_with" => "write `ends with`".to_owned(),
        _ => return None,
    })
}

/// Whether the innermost bracket open before a token is a parenthesis right after `in`.
fn after_in_paren(text: &str, tokens: &[Token], position: usize) -> bool {
    let word = |index: usize| &text[tokens[index].start..tokens[index].end];
    let mut closed = 0;
    for index in (0..position).rev() {
        match word(index) {
            ")" | "]" => closed += 1,
            "(" | "[" if closed > 0 => closed -= 1,
            "(" => return index > 0 && word(index - 1) == "in",
            "[" => return false,
            _ => {}
        }
    }
    false
}

fn shortened(text: &str) -> String {
    const LONGEST: usize = 40;
    match text.char_indices().nth(LONGEST) {
        Some((cut, _)) => format!("{}…", &text[..cut]),
        None => text.to_owned(),
    }
}
