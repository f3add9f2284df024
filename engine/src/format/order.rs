//! Puts the keys of a rule in order, each with its comments.

use super::{Edit, all_rules};
use crate::yaml::{Content, Document, Entry, Node, Range};

/// What puts the keys of every rule in order.
///
/// A file with anchors keeps its order: an alias has to come after what it names.
pub(super) fn edits(text: &str, document: &Document) -> Vec<Edit> {
    if document.root.as_ref().is_some_and(has_anchor) {
        return Vec::new();
    }
    all_rules(document)
        .filter_map(|(rule, keys)| Some((rule.as_map()?, keys)))
        .flat_map(|(entries, keys)| ordered(text, document, entries, keys).unwrap_or_default())
        .collect()
}

fn has_anchor(node: &Node) -> bool {
    let within = match &node.content {
        Content::Scalar(_) => false,
        Content::List(items) => items.iter().any(has_anchor),
        Content::Map(entries) => entries.iter().any(|entry| has_anchor(&entry.value)),
    };
    node.anchor.is_some() || within
}

/// Puts each entry in the place of the one whose turn it has; `None` if they are in order or cannot be moved.
fn ordered(text: &str, document: &Document, entries: &[Entry], keys: &[&str]) -> Option<Vec<Edit>> {
    let rank = |entry: &Entry| keys.iter().position(|key| *key == entry.key.value);
    let ranks: Vec<usize> = entries.iter().map(rank).collect::<Option<_>>()?;
    if ranks.is_sorted() {
        return None;
    }
    let whole = entries.first()?.range.start..entries.last()?.range.end;
    let places = if text[whole.clone()].contains('\n') {
        lines(text, document, entries)?
    } else {
        entries.iter().map(|entry| entry.range.clone()).collect()
    };
    let mut turns: Vec<usize> = (0..entries.len()).collect();
    turns.sort_by_key(|&turn| ranks[turn]);
    let moved = places.iter().zip(turns);
    Some(
        moved
            .map(|(place, turn)| Edit {
                range: place.clone(),
                text: text[places[turn].clone()].to_owned(),
            })
            .collect(),
    )
}

/// The lines of each entry of a block mapping, with the comments above it, without the last line break.
fn lines(text: &str, document: &Document, entries: &[Entry]) -> Option<Vec<Range>> {
    let line_start = |at: usize| text[..at].rfind('\n').map_or(0, |before| before + 1);
    let line_end = |at: usize| {
        let end = text[at..]
            .find('\n')
            .map_or(text.len(), |length| at + length);
        at + text[at..end].trim_end_matches('\r').len()
    };
    let is_comment = |line: &Range| {
        let start = line.start + text[line.clone()].find('#').unwrap_or(line.len());
        let blank = text[line.start..start].trim().is_empty();
        let comments = &document.comments;
        let found = comments.binary_search_by_key(&start, |comment| comment.range.start);
        blank && found.is_ok()
    };
    let mut places: Vec<Range> = Vec::new();
    for entry in entries {
        let mut start = line_start(entry.range.start);
        if !text[start..entry.range.start].trim().is_empty() {
            return None;
        }
        let end = line_end(entry.range.end);
        let rest = text[entry.range.end..end].trim_start();
        if !(rest.is_empty() || rest.starts_with('#')) {
            return None;
        }
        // The comments above the first entry speak of the rule.
        if let Some(last) = places.last() {
            while start > last.end + 1 {
                let above = line_start(start - 1)..start - 1;
                if above.start <= last.end || !is_comment(&above) {
                    break;
                }
                start = above.start;
            }
        }
        places.push(start..end);
    }
    Some(places)
}
