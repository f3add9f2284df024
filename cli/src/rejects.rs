//! Rows for lines that are no events.

use serde::Serialize;

use crate::batch::Rejected;
use crate::failure::Failure;
use crate::input::RAW_BYTES;
use crate::output::Output;

#[derive(Serialize)]
struct Row<'a> {
    file: &'a str,
    line: u64,
    reason: &'a str,
    raw: &'a str,
}

/// Writes the row of one line.
pub(crate) fn write(
    output: &mut Output,
    file: &str,
    rejected: &Rejected<'_>,
) -> Result<(), Failure> {
    let raw = raw_text(rejected.raw);
    let row = Row {
        file,
        line: rejected.line,
        reason: &rejected.reason,
        raw: &raw,
    };
    output.row(&row)
}

/// The first 4 KiB of a line as text, cut between characters; bytes that are no UTF-8 become U+FFFD.
fn raw_text(raw: &[u8]) -> String {
    // Four bytes more, so that a character on the edge is whole and the cut below leaves it out.
    let head = &raw[..raw.len().min(RAW_BYTES + 4)];
    let mut text = String::from_utf8_lossy(head).into_owned();
    text.truncate(text.floor_char_boundary(RAW_BYTES));
    text
}

#[cfg(test)]
mod tests {
    use super::raw_text;

    #[test]
    fn raw_is_cut_between_characters() {
        assert_eq!(raw_text("é".repeat(5_000).as_bytes()), "é".repeat(2_048));
        assert_eq!(
            raw_text(format!("x{}", "é".repeat(5_000)).as_bytes()),
            format!("x{}", "é".repeat(2_047))
        );
        assert_eq!(raw_text(b"a\xff\xfeb"), "a\u{fffd}\u{fffd}b");
        assert_eq!(raw_text(&[0xff; 9_000]).len(), 4_095);
    }
}
