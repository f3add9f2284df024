//! Splits a text into the blocks that its indentation shows, without parsing it.

use super::Range;
use super::source_range::line_break_length;

/// A line of the text, with its line break.
struct Line {
    range: Range,
    indent: usize,
    kind: LineKind,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum LineKind {
    /// Blank, a comment, or a closing bracket: never begins a block.
    Filler,
    /// A list item.
    Item,
    /// Anything else.
    Text,
}

/// A top-level key with all that is indented beneath it.
#[derive(Debug)]
pub(super) struct Block {
    pub(super) range: Range,
    /// The line of the key, with what stands before it.
    pub(super) head: Range,
    /// The entries directly beneath the key.
    pub(super) entries: Vec<Range>,
}

/// Splits the text into top-level blocks; together they cover all of it.
pub(super) fn blocks(text: &str) -> Vec<Block> {
    let lines = lines(text);
    let mut starts = Vec::new();
    let mut keyed = false;
    for (index, line) in lines.iter().enumerate() {
        let starts_block = match line.kind {
            LineKind::Text => line.indent == 0,
            LineKind::Item => line.indent == 0 && !keyed,
            LineKind::Filler => false,
        };
        if starts_block {
            keyed |= line.kind == LineKind::Text;
            starts.push(index);
        }
    }
    // What stands before the first key belongs to its block.
    match starts.first_mut() {
        Some(first) => *first = 0,
        None => starts.push(0),
    }
    let mut blocks = Vec::new();
    for (number, &start) in starts.iter().enumerate() {
        let end = starts.get(number + 1).copied().unwrap_or(lines.len());
        if let Some(block) = block(text, &lines[start..end]) {
            blocks.push(block);
        }
    }
    blocks
}

fn block(text: &str, lines: &[Line]) -> Option<Block> {
    let range = lines.first()?.range.start..lines.last()?.range.end;
    let head = lines.iter().position(|line| line.kind != LineKind::Filler);
    let head = head.unwrap_or(lines.len() - 1);
    let rest = &lines[head + 1..];
    let mut starts = Vec::new();
    let first = rest.iter().find(|line| line.kind != LineKind::Filler);
    if let Some(indent) = first.map(|line| line.indent) {
        for (index, line) in rest.iter().enumerate() {
            let tabs = text[line.range.clone()]
                .trim_start_matches(' ')
                .starts_with('\t');
            let next = rest.get(index + 1).map_or(0, |next| next.indent);
            // Below a tab, only what looks like the head of an entry is taken for one.
            let headlike = text[line.range.clone()].trim_end().ends_with(':') && next > line.indent;
            if line.kind != LineKind::Filler && line.indent <= indent && (!tabs || headlike) {
                starts.push(index);
            }
        }
    }
    let end_of = |index: usize| rest.get(index).map_or(range.end, |line| line.range.start);
    let head_end = end_of(starts.first().copied().unwrap_or(rest.len()));
    let entries = starts.iter().enumerate().map(|(number, &start)| {
        let end = starts.get(number + 1).copied().unwrap_or(rest.len());
        rest[start].range.start..end_of(end)
    });
    Some(Block {
        head: range.start..head_end,
        entries: entries.collect(),
        range: range.clone(),
    })
}

fn lines(text: &str) -> Vec<Line> {
    let mut lines = Vec::new();
    let mut start = 0;
    let mut tab = None;
    while start < text.len() {
        let rest = &text[start..];
        let length = rest.find(['\n', '\r']).unwrap_or(rest.len());
        let end = start + length + line_break_length(&rest[length..]).unwrap_or(0);
        let line = rest[..length].trim_start_matches('\u{feff}');
        let content = line.trim_start_matches([' ', '\t']);
        let kind = match content.chars().next() {
            None | Some('#' | ']' | '}' | ',') => LineKind::Filler,
            Some('-') if matches!(content[1..].chars().next(), None | Some(' ' | '\t')) => {
                LineKind::Item
            }
            Some(_) => LineKind::Text,
        };
        let spaces = line.len() - line.trim_start_matches(' ').len();
        if kind != LineKind::Filler && spaces > 0 {
            tab.get_or_insert(spaces);
        }
        // A tab counts as one step of the file's indentation.
        let white = &line[..line.len() - content.len()];
        let indent = white.chars().fold(0, |indent, white| {
            indent + if white == '\t' { tab.unwrap_or(2) } else { 1 }
        });
        lines.push(Line {
            range: start..end,
            indent,
            kind,
        });
        start = end;
    }
    lines
}
