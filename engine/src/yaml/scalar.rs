//! Finds where a scalar is written.

use ecow::EcoString;
use serde_yaml::ScalarStyle;

use super::source_range::line_break_length;
use super::{Range, Scalar, Style};

impl Scalar {
    /// A scalar that is not written, at the place where it would be.
    pub(super) fn empty(at: usize) -> Self {
        Self {
            value: EcoString::new(),
            range: at..at,
            style: Style::Plain,
            body: None,
        }
    }

    /// Makes a scalar of what the parser says about it.
    ///
    /// `last_end` is where the token before it ends; the range is not empty.
    pub(super) fn read(
        text: &str,
        value: EcoString,
        style: ScalarStyle,
        range: Range,
        last_end: usize,
    ) -> Self {
        let style = match style {
            ScalarStyle::SingleQuoted => Style::Single,
            ScalarStyle::DoubleQuoted => Style::Double,
            ScalarStyle::Literal => Style::Literal,
            ScalarStyle::Folded => Style::Folded,
            _ => Style::Plain,
        };
        if !matches!(style, Style::Literal | Style::Folded) {
            return Self {
                value,
                range,
                style,
                body: None,
            };
        }
        let (header, body_start) = block_header(text, last_end, range.start);
        let body = body_start..range.end.max(body_start);
        let lines = &text[body.clone()];
        // The last line may be the indentation of whatever comes next.
        let kept = lines.trim_end_matches([' ', '\t']);
        let lines = if kept.ends_with(['\n', '\r']) {
            kept
        } else {
            lines
        };
        let keep = text[header..body_start]
            .split('#')
            .next()
            .is_some_and(|indicators| indicators.contains('+'));
        let content = lines.trim_end();
        let end = if keep {
            body_start + lines.len()
        } else if content.is_empty() {
            header + text[header..body_start].trim_end().len()
        } else {
            let rest = &lines[content.len()..];
            body_start + content.len() + rest.find(['\n', '\r']).unwrap_or(rest.len())
        };
        Self {
            value,
            range: header..end,
            style,
            body: Some(Box::new(body_start..body_start + lines.len())),
        }
    }
}

/// The start of a block scalar's `|` or `>`, and of the line after it.
fn block_header(text: &str, from: usize, content: usize) -> (usize, usize) {
    let mut at = from;
    while let Some(next) = text[at..].chars().next() {
        match next {
            '|' | '>' => break,
            '#' => at += text[at..].find(['\n', '\r']).unwrap_or(text.len() - at),
            '&' | '!' => {
                at += text[at..]
                    .find(char::is_whitespace)
                    .unwrap_or(text.len() - at)
            }
            _ => at += next.len_utf8(),
        }
        if at > content {
            return (from.min(content), content);
        }
    }
    let line = text[at..].find(['\n', '\r']).unwrap_or(text.len() - at);
    let line_break = line_break_length(&text[at + line..]).unwrap_or(0);
    (at, at + line + line_break)
}
