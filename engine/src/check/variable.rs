//! Variables such as `${PAGER_TOPIC_ARN}`: text that is filled in where the alerts are sent.

use tripline_grammar::ast::Span;

/// The first variable in a text.
pub(super) fn first(text: &str) -> Option<Span> {
    let mut from = 0;
    while let Some(at) = text[from..].find("${") {
        let start = from + at;
        from = start + 2;
        if let Some(length) = name(&text[from..]) {
            return Some(Span::new(start, from + length + 1));
        }
    }
    None
}

/// The first `${` that begins no variable.
pub(super) fn first_malformed(text: &str) -> Option<Span> {
    let mut from = 0;
    while let Some(at) = text[from..].find("${") {
        let start = from + at;
        from = start + 2;
        match name(&text[from..]) {
            Some(length) => from += length + 1,
            None => return Some(Span::new(start, from)),
        }
    }
    None
}

/// The length of the name before a `}` at the start of a text.
fn name(text: &str) -> Option<usize> {
    let end = text
        .find(|char: char| !(char.is_ascii_uppercase() || char.is_ascii_digit() || char == '_'))?;
    let begins_well = !text.starts_with(|char: char| char.is_ascii_digit());
    (end > 0 && begins_well && text[end..].starts_with('}')).then_some(end)
}

#[cfg(test)]
mod tests {
    use super::{Span, first, first_malformed};

    #[test]
    fn a_variable_is_a_name_in_capitals_between_braces() {
        assert_eq!(first("a-${X_1}-b"), Some(Span::new(2, 8)));
        assert_eq!(first("${data.price} ${1X} ${} ${x} $X ${X"), None);
        assert_eq!(first("${${X}"), Some(Span::new(2, 6)));
        assert_eq!(first_malformed("${A}/${_B2} $C {D}"), None);
        assert_eq!(first_malformed("${A}${b}"), Some(Span::new(4, 6)));
        assert_eq!(first_malformed("é${"), Some(Span::new(2, 4)));
    }
}
