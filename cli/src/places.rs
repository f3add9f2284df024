//! Lines and columns of byte offsets, found fast even in a file with a hundred thousand findings.

/// Where the lines of a text begin.
#[derive(Debug)]
pub(crate) struct Places<'a> {
    text: &'a str,
    starts: Vec<usize>,
}

impl<'a> Places<'a> {
    pub(crate) fn new(text: &'a str) -> Self {
        let newlines = text
            .bytes()
            .enumerate()
            .filter(|&(_, byte)| byte == b'\n')
            .map(|(at, _)| at + 1);
        Self {
            text,
            starts: std::iter::once(0).chain(newlines).collect(),
        }
    }

    /// The nearest character boundary at or before an offset.
    pub(crate) fn boundary(&self, offset: usize) -> usize {
        self.text.floor_char_boundary(offset)
    }

    /// Index of the line that holds an offset, from 0.
    pub(crate) fn line(&self, offset: usize) -> usize {
        self.starts.partition_point(|&start| start <= offset) - 1
    }

    /// Bytes of a line, without its newline.
    pub(crate) fn bytes_of(&self, line: usize) -> std::ops::Range<usize> {
        let end = self
            .starts
            .get(line + 1)
            .map_or(self.text.len(), |&next| next - 1);
        self.starts[line]..end
    }

    /// Line and column, both from 1, the column in characters.
    pub(crate) fn position(&self, offset: usize) -> (usize, usize) {
        let offset = self.boundary(offset);
        let line = self.line(offset);
        (
            line + 1,
            self.text[self.starts[line]..offset].chars().count() + 1,
        )
    }
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
}
