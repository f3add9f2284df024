/// The names that the settings file may have.
pub(crate) const SETTINGS: [&str; 2] = ["tripline.yaml", "tripline.yml"];

/// A file as it was read, before it is known to be text.
#[derive(Debug, Clone)]
pub struct RawFile {
    /// Its path as users should see it.
    pub name: String,
    /// Its content.
    pub bytes: Vec<u8>,
    /// Whether it is the settings file: `tripline.yaml` at the root of the rules folder.
    pub settings: bool,
}

/// A rule file: its name and text.
#[derive(Debug, Clone)]
pub struct SourceFile {
    /// Its path as users should see it.
    pub name: String,
    /// Its text; empty if it could not be read as text.
    pub text: String,
}

/// A place in a file, both counted from 1, the column in characters.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Position {
    /// The line.
    pub line: usize,
    /// The column.
    pub column: usize,
}

impl SourceFile {
    /// Finds line and column of a byte offset.
    pub fn position(&self, offset: usize) -> Position {
        let before = &self.text.as_bytes()[..offset.min(self.text.len())];
        let start = before
            .iter()
            .rposition(|&byte| byte == b'\n')
            .map_or(0, |at| at + 1);
        let line = before.iter().filter(|&&byte| byte == b'\n').count() + 1;
        // Counts the bytes that begin a character.
        let column = before[start..]
            .iter()
            .filter(|&&byte| byte & 0xC0 != 0x80)
            .count()
            + 1;
        Position { line, column }
    }
}
