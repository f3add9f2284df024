//! Lines and columns of byte offsets, found fast even in a file with a hundred thousand findings.

/// The number of characters is kept for every so many bytes.
const STEP: usize = 1024;

/// Where the lines of a text begin, and how many characters come before.
#[derive(Debug)]
pub struct Places<'a> {
    text: &'a str,
    starts: Vec<usize>,
    /// How many characters begin before each multiple of the step.
    characters: Vec<usize>,
}

impl<'a> Places<'a> {
    /// Finds the lines of a text.
    pub fn new(text: &'a str) -> Self {
        let newlines = text
            .bytes()
            .enumerate()
            .filter(|&(_, byte)| byte == b'\n')
            .map(|(at, _)| at + 1);
        let steps = text.as_bytes().chunks(STEP).scan(0, |count, step| {
            *count += characters(step);
            Some(*count)
        });
        Self {
            text,
            starts: std::iter::once(0).chain(newlines).collect(),
            characters: std::iter::once(0).chain(steps).collect(),
        }
    }

    /// The nearest character boundary at or before an offset.
    pub fn boundary(&self, offset: usize) -> usize {
        self.text.floor_char_boundary(offset)
    }

    /// Index of the line that holds an offset, from 0.
    pub fn line(&self, offset: usize) -> usize {
        self.starts.partition_point(|&start| start <= offset) - 1
    }

    /// Bytes of a line, without its line break.
    pub fn bytes_of(&self, line: usize) -> std::ops::Range<usize> {
        let end = self
            .starts
            .get(line + 1)
            .map_or(self.text.len(), |&next| next - 1);
        let start = self.starts[line];
        let returns = self.text[start..end].ends_with('\r');
        start..end - usize::from(returns)
    }

    /// Line and column, both from 1, the column in characters.
    pub fn position(&self, offset: usize) -> (usize, usize) {
        let offset = self.boundary(offset);
        let line = self.line(offset);
        let column = self.characters_before(offset) - self.characters_before(self.starts[line]);
        (line + 1, column + 1)
    }

    fn characters_before(&self, offset: usize) -> usize {
        let step = offset / STEP;
        self.characters[step] + characters(&self.text.as_bytes()[step * STEP..offset])
    }
}

/// How many characters begin in some bytes of a text.
fn characters(bytes: &[u8]) -> usize {
    bytes.iter().filter(|&&byte| byte & 0xc0 != 0x80).count()
}

#[cfg(test)]
mod tests {
    use super::Places;

    #[test]
    fn columns_count_characters() {
        let places = Places::new("a: 1\né: ü2\n");
        let found: Vec<_> = [0, 4, 5, 7, 11, 12, 99]
            .map(|offset| places.position(offset))
            .into();
        assert_eq!(
            found,
            [(1, 1), (1, 5), (2, 1), (2, 2), (2, 5), (2, 6), (3, 1)]
        );
        assert_eq!(places.bytes_of(1), 5..12);
        assert_eq!(places.bytes_of(2), 13..13);
    }

    #[test]
    fn columns_are_right_far_into_a_line() {
        let text = format!("é\n{}\nb", "aé€𝄞".repeat(700));
        let places = Places::new(&text);
        for offset in 0..text.len() {
            let before = &text[..text.floor_char_boundary(offset)];
            let line = before.rsplit('\n').next().unwrap();
            let expected = (before.matches('\n').count() + 1, line.chars().count() + 1);
            assert_eq!(places.position(offset), expected, "{offset}");
        }
    }

    #[test]
    fn a_line_break_of_two_bytes_is_no_part_of_its_line() {
        let places = Places::new("a\r\n\r\nb\r");
        let lines = [0, 1, 2].map(|line| places.bytes_of(line));
        assert_eq!(lines, [0..1, 3..3, 5..6]);
    }
}
