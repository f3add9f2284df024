//! Maps positions in a decoded scalar back to the bytes of the file.
//!
//! The raw text is decoded once more, this time remembering for each character where it came
//! from. The result is compared with the value, so a disagreement with the parser costs
//! precision, never correctness.

use super::{Range, Scalar, Style};

/// A decoded character and the source it comes from.
struct Piece {
    value: char,
    source: Range,
}

pub(super) fn source_range(scalar: &Scalar, text: &str, span: Range) -> Range {
    if let Some(range) = verbatim(scalar, text, &span) {
        return range;
    }
    let Some(pieces) = pieces(scalar, text) else {
        return scalar.range.clone();
    };
    let empty = span.is_empty();
    let mut offset = 0;
    let mut found: Option<Range> = None;
    for piece in &pieces {
        let next = offset + piece.value.len_utf8();
        if empty && span.start < next {
            return piece.source.start..piece.source.start;
        }
        if offset < span.end && span.start < next {
            let start = found.map_or(piece.source.start, |range| range.start);
            found = Some(start..piece.source.end);
        }
        offset = next;
    }
    found.unwrap_or_else(|| {
        let end = end_of_value(scalar, &pieces);
        end..end
    })
}

/// The range if the value is written as it is, without escapes, folds or indentation.
fn verbatim(scalar: &Scalar, text: &str, span: &Range) -> Option<Range> {
    let quote = match scalar.style {
        Style::Plain => 0,
        Style::Single | Style::Double => 1,
        Style::Literal | Style::Folded => return None,
    };
    let start = scalar.range.start + quote;
    let written = text.get(start..scalar.range.end.checked_sub(quote)?)?;
    scalar.value.get(span.clone())?;
    (written == scalar.value).then(|| start + span.start..start + span.end)
}

/// Where something appended to the value would go.
fn end_of_value(scalar: &Scalar, pieces: &[Piece]) -> usize {
    let block = matches!(scalar.style, Style::Literal | Style::Folded);
    let last = pieces
        .iter()
        .rev()
        .find(|piece| !(block && piece.value == '\n'));
    match (last, scalar.style) {
        (Some(piece), _) => piece.source.end,
        (None, Style::Single | Style::Double) => scalar.range.start + 1,
        (None, _) => scalar.range.end,
    }
}

/// The source of each character of the value; `None` if the two disagree.
fn pieces(scalar: &Scalar, text: &str) -> Option<Vec<Piece>> {
    let mut pieces = match scalar.style {
        Style::Plain | Style::Single | Style::Double => {
            let quote = usize::from(scalar.style != Style::Plain);
            let end = scalar.range.end.checked_sub(quote)?;
            flow_pieces(text, scalar.range.start + quote..end, scalar.style)?
        }
        Style::Literal | Style::Folded => {
            let body = scalar.body.as_deref()?;
            let mut pieces = block_pieces(text, scalar, body)?;
            // A block that the end of the file cuts off has a line break all the same.
            if pieces.last().is_some_and(|piece| piece.value != '\n') {
                pieces.push(Piece {
                    value: '\n',
                    source: body.end..body.end,
                });
            }
            pieces
        }
    };
    let mut read = pieces.iter().map(|piece| piece.value);
    let mut length = 0;
    for value in scalar.value.chars() {
        if read.next() != Some(value) {
            return None;
        }
        length += 1;
    }
    let block = matches!(scalar.style, Style::Literal | Style::Folded);
    if !block && read.next().is_some() {
        return None;
    }
    pieces.truncate(length);
    Some(pieces)
}

/// A position in the text, stopping at an end.
struct Cursor<'t> {
    text: &'t str,
    at: usize,
}

impl<'t> Cursor<'t> {
    fn new(text: &'t str, range: Range) -> Option<Self> {
        text.get(range.clone())?;
        let text = text.get(..range.end)?;
        let at = range.start;
        Some(Self { text, at })
    }

    fn rest(&self) -> &'t str {
        &self.text[self.at..]
    }

    fn next(&mut self) -> Option<(char, Range)> {
        let value = self.rest().chars().next()?;
        let start = self.at;
        self.at += value.len_utf8();
        Some((value, start..self.at))
    }

    fn line_break(&mut self) -> Option<Range> {
        let start = self.at;
        self.at += line_break_length(self.rest())?;
        Some(start..self.at)
    }

    fn skip_blanks(&mut self) {
        let rest = self.rest();
        self.at += rest.len() - rest.trim_start_matches([' ', '\t']).len();
    }
}

/// The length of the line break that a text begins with.
pub(super) fn line_break_length(text: &str) -> Option<usize> {
    if text.starts_with("\r\n") {
        Some(2)
    } else {
        text.starts_with(['\n', '\r']).then_some(1)
    }
}

/// Decodes a plain or quoted scalar without its quotes.
fn flow_pieces(text: &str, range: Range, style: Style) -> Option<Vec<Piece>> {
    let mut cursor = Cursor::new(text, range)?;
    let mut pieces = Vec::new();
    while !cursor.rest().is_empty() {
        let start = cursor.at;
        cursor.skip_blanks();
        if line_break_length(cursor.rest()).is_some() {
            fold(&mut cursor, &mut pieces, true);
            continue;
        }
        cursor.at = start;
        let (value, mut source) = cursor.next()?;
        let value = match (style, value) {
            (Style::Single, '\'') => {
                source.end = cursor.next()?.1.end;
                '\''
            }
            (Style::Double, '\\') => {
                if line_break_length(cursor.rest()).is_some() {
                    fold(&mut cursor, &mut pieces, false);
                    continue;
                }
                let value = escape(&mut cursor)?;
                source.end = cursor.at;
                value
            }
            _ => value,
        };
        pieces.push(Piece { value, source });
    }
    Some(pieces)
}

/// Reads the line breaks at the cursor: one is a space (if it counts), n are n - 1 line breaks.
fn fold(cursor: &mut Cursor<'_>, pieces: &mut Vec<Piece>, counts: bool) {
    let mut breaks = Vec::new();
    while let Some(source) = cursor.line_break() {
        breaks.push(source);
        cursor.skip_blanks();
    }
    if counts && breaks.len() == 1 {
        pieces.extend(
            breaks
                .into_iter()
                .map(|source| Piece { value: ' ', source }),
        );
    } else {
        let rest = breaks.into_iter().skip(1);
        pieces.extend(rest.map(|source| Piece {
            value: '\n',
            source,
        }));
    }
}

/// Reads what follows a `\`.
fn escape(cursor: &mut Cursor<'_>) -> Option<char> {
    let (letter, _) = cursor.next()?;
    Some(match letter {
        '0' => '\0',
        'a' => '\x07',
        'b' => '\x08',
        't' | '\t' => '\t',
        'n' => '\n',
        'v' => '\x0b',
        'f' => '\x0c',
        'r' => '\r',
        'e' => '\x1b',
        'N' => '\u{85}',
        '_' => '\u{a0}',
        'L' => '\u{2028}',
        'P' => '\u{2029}',
        'x' => char::from_u32(hex(cursor, 2)?)?,
        'U' => char::from_u32(hex(cursor, 8)?)?,
        'u' => match hex(cursor, 4)? {
            high @ 0xd800..=0xdbff => {
                if cursor.next()?.0 != '\\' || cursor.next()?.0 != 'u' {
                    return None;
                }
                let low = hex(cursor, 4)?.checked_sub(0xdc00)?;
                char::from_u32(0x10000 + ((high - 0xd800) << 10) + low)?
            }
            code => char::from_u32(code)?,
        },
        other => other,
    })
}

fn hex(cursor: &mut Cursor<'_>, digits: usize) -> Option<u32> {
    let code = u32::from_str_radix(cursor.rest().get(..digits)?, 16).ok()?;
    cursor.at += digits;
    Some(code)
}

/// Decodes the lines of a block scalar, with all its trailing line breaks.
fn block_pieces(text: &str, scalar: &Scalar, body: &Range) -> Option<Vec<Piece>> {
    let mut cursor = Cursor::new(text, body.clone())?;
    let indent = block_indent(cursor.rest(), &scalar.value);
    let mut pieces = Vec::new();
    // Of the line before: whether it began with a blank, so that the break after it is kept.
    let mut kept = true;
    let mut breaks: Vec<Range> = Vec::new();
    while !cursor.rest().is_empty() {
        let rest = cursor.rest();
        let spaces = rest.len() - rest.trim_start_matches(' ').len();
        cursor.at += spaces.min(indent);
        if let Some(source) = cursor.line_break() {
            breaks.push(source);
            continue;
        }
        let Some(first) = cursor.rest().chars().next() else {
            break;
        };
        let keeps = scalar.style == Style::Literal || matches!(first, ' ' | '\t');
        push_breaks(&mut pieces, &mut breaks, kept || keeps);
        kept = keeps;
        while line_break_length(cursor.rest()).is_none() {
            let Some((value, source)) = cursor.next() else {
                break;
            };
            pieces.push(Piece { value, source });
        }
        breaks.extend(cursor.line_break());
    }
    push_breaks(&mut pieces, &mut breaks, true);
    Some(pieces)
}

fn push_breaks(pieces: &mut Vec<Piece>, breaks: &mut Vec<Range>, kept: bool) {
    let folded = usize::from(!kept);
    let value = if folded == breaks.len() { ' ' } else { '\n' };
    let skipped = if value == ' ' { 0 } else { folded };
    let rest = breaks.drain(..).skip(skipped);
    pieces.extend(rest.map(|source| Piece { value, source }));
}

/// The indentation that was stripped, told from the first line with text on both sides.
fn block_indent(body: &str, value: &str) -> usize {
    let spaces = |text: &str| {
        text.split(['\n', '\r'])
            .find(|line| !line.trim_matches(' ').is_empty())
            .map(|line| line.len() - line.trim_start_matches(' ').len())
    };
    match (spaces(body), spaces(value)) {
        (Some(body), Some(value)) => body.saturating_sub(value),
        _ => usize::MAX,
    }
}
