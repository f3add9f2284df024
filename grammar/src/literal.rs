use crate::ast::{Number, Span};
use crate::{SyntaxError, SyntaxErrorKind};

/// Reads a number whose spelling the grammar has accepted; a `%` at its end makes it a percentage.
pub(crate) fn number(text: &str, at: usize) -> Result<Number, SyntaxError> {
    let digits = text.replace('_', "");
    if let Ok(integer) = digits.parse::<i64>() {
        return Ok(Number::Integer(integer));
    }
    let percent = digits.strip_suffix('%');
    match percent.unwrap_or(&digits).parse::<f64>() {
        Ok(value) if value.is_finite() && percent.is_some() => Ok(Number::Percent(value)),
        Ok(value) if value.is_finite() => Ok(Number::Double(value)),
        _ => Err(SyntaxError::new(
            SyntaxErrorKind::BadNumber,
            Span::new(at, at + text.len()),
            "the number is too large",
        )
        .with_help("the largest is about 1.8e308")),
    }
}

/// Reads a string, quotes included, that begins at byte `at`; reports each bad escape and goes on.
pub(crate) fn string(text: &str, at: usize, errors: &mut Vec<SyntaxError>) -> String {
    let content = text
        .get(1..text.len().saturating_sub(1))
        .unwrap_or_default();
    if text.starts_with('\'') {
        return content.replace("''", "'");
    }
    let mut value = String::with_capacity(content.len());
    let mut rest = content;
    while let Some(backslash) = rest.find('\\') {
        value.push_str(&rest[..backslash]);
        rest = &rest[backslash..];
        let length = match escape(rest) {
            Ok((char, length)) => {
                value.push(char);
                length
            }
            Err(length) => {
                let start = at + 1 + content.len() - rest.len();
                let raw = content.replace("\\\"", "\"").replace('\'', "''");
                errors.push(
                    SyntaxError::new(
                        SyntaxErrorKind::BadEscape,
                        Span::new(start, start + length),
                        format!("`{}` is not an escape", &rest[..length]),
                    )
                    .with_help(format!(
                        "in '…' a backslash is itself: write `'{raw}'`, or double the backslash"
                    )),
                );
                length
            }
        };
        rest = &rest[length..];
    }
    value.push_str(rest);
    value
}

/// Reads the escape that `text` begins with: its character and its length, or the length of a bad one.
fn escape(text: &str) -> Result<(char, usize), usize> {
    let Some(letter) = text[1..].chars().next() else {
        return Err(1);
    };
    let char = match letter {
        '"' | '\\' | '/' => letter,
        'b' => '\u{8}',
        'f' => '\u{c}',
        'n' => '\n',
        'r' => '\r',
        't' => '\t',
        'u' => return unicode_escape(text),
        _ => return Err(1 + letter.len_utf8()),
    };
    Ok((char, 2))
}

/// Reads `\uXXXX`, or a pair of them that is one character beyond U+FFFF.
fn unicode_escape(text: &str) -> Result<(char, usize), usize> {
    let unit = |from: usize| {
        let digits = text.get(from..from + 6)?.strip_prefix("\\u")?;
        // `from_str_radix` would accept a sign.
        let all_hex = digits.bytes().all(|byte| byte.is_ascii_hexdigit());
        u16::from_str_radix(digits, 16).ok().filter(|_| all_hex)
    };
    let Some(first) = unit(0) else { return Err(2) };
    let units: Vec<u16> = match first {
        0xD800..=0xDBFF => std::iter::once(first).chain(unit(6)).collect(),
        _ => vec![first],
    };
    match char::decode_utf16(units.iter().copied()).next() {
        Some(Ok(char)) => Ok((char, 6 * char.len_utf16())),
        _ => Err(6),
    }
}
