//! Places in a text, as editors count them: lines, and UTF-16 units in a line.

use std::ops::Range;

use line_index::{LineIndex, TextSize, WideEncoding, WideLineCol};
use lsp_types::Position;

/// A text and its lines.
#[derive(Debug)]
pub(super) struct Text {
    pub(super) text: String,
    lines: LineIndex,
}

impl Text {
    pub(super) fn new(text: String) -> Text {
        let lines = LineIndex::new(&text);
        Text { text, lines }
    }

    /// The byte at a position; of one that there is not, the next before it.
    pub(super) fn offset(&self, position: Position) -> usize {
        let wide = WideLineCol {
            line: position.line,
            col: position.character,
        };
        let found = self.lines.to_utf8(WideEncoding::Utf16, wide);
        let found = found.and_then(|place| self.lines.offset(place));
        let end = || match self.lines.line(position.line) {
            Some(line) => usize::from(line.end()),
            None => self.text.len(),
        };
        let mut offset = found.map_or_else(end, usize::from).min(self.text.len());
        // A column behind the line's end is its end.
        if let Some(line) = self.lines.line(position.line) {
            offset = offset.min(usize::from(line.end()));
        }
        while !self.text.is_char_boundary(offset) {
            offset -= 1;
        }
        offset
    }

    pub(super) fn position(&self, offset: usize) -> Position {
        let mut offset = offset.min(self.text.len());
        while !self.text.is_char_boundary(offset) {
            offset -= 1;
        }
        let offset = TextSize::try_from(offset).unwrap_or_default();
        let place = self.lines.line_col(offset);
        let wide = self.lines.to_wide(WideEncoding::Utf16, place);
        wide.map_or_else(Position::default, |wide| Position::new(wide.line, wide.col))
    }

    pub(super) fn range(&self, range: Range<usize>) -> lsp_types::Range {
        lsp_types::Range::new(self.position(range.start), self.position(range.end))
    }

    /// The word around a byte, as expressions have them: names joined by dots.
    pub(super) fn word(&self, offset: usize) -> Range<usize> {
        let is_part = |char: char| char.is_alphanumeric() || "_@$.-".contains(char);
        let before = self.text[..offset]
            .chars()
            .rev()
            .take_while(|char| is_part(*char));
        let start = offset - before.map(char::len_utf8).sum::<usize>();
        let after = self.text[offset..]
            .chars()
            .take_while(|char| is_part(*char));
        start..offset + after.map(char::len_utf8).sum::<usize>()
    }
}

#[cfg(test)]
mod tests {
    use lsp_types::Position;

    use super::Text;

    #[test]
    fn columns_are_utf_16_units() {
        let text = Text::new("a: \"😀é\" # x\r\nb: 1\n".to_owned());
        let quote = text.text.find("é\"").unwrap_or_default() + 'é'.len_utf8();
        assert_eq!(text.position(quote), Position::new(0, 7));
        assert_eq!(text.offset(Position::new(0, 7)), quote);
        assert_eq!(text.offset(Position::new(1, 3)), text.text.len() - 2);
        for beyond in [
            Position::new(0, 900),
            Position::new(900, 0),
            Position::new(2, 5),
        ] {
            assert!(
                text.text.is_char_boundary(text.offset(beyond)),
                "{beyond:?}"
            );
        }
        assert_eq!(text.position(usize::MAX), Position::new(2, 0));
    }

    #[test]
    fn words_are_paths() {
        let text = Text::new("when: data.ok == true".to_owned());
        assert_eq!(&text.text[text.word(9)], "data.ok");
        assert_eq!(&text.text[text.word(14)], "");
    }
}
