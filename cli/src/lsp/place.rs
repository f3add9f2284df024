//! What stands at a place of a rule file: the keys that lead there, in a file that can be read, and in one that is being written.

use std::ops::Range;

use tripline_engine::yaml::{Content, Document, Entry, Node, Scalar};

/// What stands at a byte of a file that can be read.
#[derive(Debug)]
pub(super) struct Found<'t> {
    /// The keys that lead to it, itself included if it is one; `[]` is an item of a list.
    pub(super) path: Vec<String>,
    pub(super) scalar: &'t Scalar,
    /// Whether it is a key.
    pub(super) is_key: bool,
}

/// The key or value at a byte.
pub(super) fn find(document: &Document, offset: usize) -> Option<Found<'_>> {
    let mut path = Vec::new();
    let mut node = document.root.as_ref()?;
    let holds = |range: &Range<usize>| range.start <= offset && offset <= range.end;
    loop {
        match &node.content {
            Content::Scalar(scalar) => {
                return holds(&scalar.range).then_some(Found {
                    path,
                    scalar,
                    is_key: false,
                });
            }
            Content::List(items) => {
                node = items.iter().find(|item| holds(&item.range))?;
                path.push("[]".to_owned());
            }
            Content::Map(entries) => {
                let entry = entries.iter().find(|entry| holds(&entry.range))?;
                path.push(entry.key.value.to_string());
                if holds(&entry.key.range) {
                    return Some(Found {
                        path,
                        scalar: &entry.key,
                        is_key: true,
                    });
                }
                node = &entry.value;
            }
        }
    }
}

/// All scalars of a file but keys, each with the keys that lead to it.
pub(super) fn scalars<'t>(
    node: &'t Node,
    path: &mut Vec<String>,
    take: &mut impl FnMut(&[String], &'t Scalar),
) {
    match &node.content {
        Content::Scalar(scalar) => take(path, scalar),
        Content::List(items) => {
            path.push("[]".to_owned());
            items.iter().for_each(|item| scalars(item, path, take));
            path.pop();
        }
        Content::Map(entries) => {
            for entry in entries {
                path.push(entry.key.value.to_string());
                scalars(&entry.value, path, take);
                path.pop();
            }
        }
    }
}

/// The entries of a map that some keys lead to.
pub(super) fn entries<'t>(document: &'t Document, path: &[&str]) -> &'t [Entry] {
    let mut node = document.root.as_ref();
    for key in path {
        node = node.and_then(|node| value(node, key));
    }
    match node.map(|node| &node.content) {
        Some(Content::Map(entries)) => entries,
        _ => &[],
    }
}

/// The value of a key.
pub(super) fn value<'t>(node: &'t Node, key: &str) -> Option<&'t Node> {
    match &node.content {
        Content::Map(entries) => {
            let entry = entries.iter().find(|entry| entry.key.value == key)?;
            Some(&entry.value)
        }
        _ => None,
    }
}

/// A place in a file that is being written, and what is written of it.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Written {
    /// The keys that lead to it, its own included if it is a value.
    pub(super) path: Vec<String>,
    /// What stands before it: of the key, or of the value, in this line.
    pub(super) before: String,
    /// Whether it is a value.
    pub(super) is_value: bool,
}

/// Finds out from the indentation of the lines above what is being written at a byte.
pub(super) fn written(text: &str, offset: usize) -> Written {
    let start = text[..offset].rfind('\n').map_or(0, |at| at + 1);
    let line = &text[start..offset];
    let mut indent = indent_of(line);
    let mut path = Vec::new();
    let mut in_item = line.trim_start().starts_with('-');
    // The lines above that stand further left, innermost first.
    for above in text[..start].lines().rev() {
        let (above_indent, rest) = (indent_of(above), above.trim_start());
        if rest.is_empty() || rest.starts_with('#') {
            continue;
        }
        let begins_item = rest.starts_with("- ");
        // An item of a list may stand as far left as its key.
        let encloses = above_indent < indent || above_indent == indent && in_item && !begins_item;
        let written = rest.trim_start_matches("- ");
        // What stands beside the first key of an item is no part of that key.
        let key_indent = above_indent + rest.len() - written.len();
        let key = key_of(written).filter(|_| key_indent < indent || !begins_item);
        if encloses && (begins_item || key.is_some()) {
            path.extend(key.map(|(key, _)| key.to_owned()));
            indent = above_indent;
            in_item = begins_item;
            if begins_item {
                path.push("[]".to_owned());
            }
        }
        if indent == 0 && !in_item {
            break;
        }
    }
    path.reverse();
    let mut rest = line.trim_start();
    if let Some(item) = rest.strip_prefix('-') {
        path.push("[]".to_owned());
        rest = item.trim_start();
    }
    within(rest, path)
}

/// Goes into the maps and lists that are open at the end of a line.
fn within(line: &str, mut path: Vec<String>) -> Written {
    let mut rest = line;
    loop {
        if let Some((key, value)) = key_of(rest) {
            path.push(key.to_owned());
            let value = value.trim_start();
            match value.chars().next() {
                Some('{') => rest = open_part(&value[1..], &mut path, '{'),
                Some('[') => rest = open_part(&value[1..], &mut path, '['),
                _ => {
                    return Written {
                        path,
                        before: value.trim_start_matches(['"', '\'']).to_owned(),
                        is_value: true,
                    };
                }
            }
        } else if let Some(inner) = rest.strip_prefix('{') {
            rest = open_part(inner, &mut path, '{');
        } else {
            let is_item = path.last().is_some_and(|last| last == "[]");
            return Written {
                // In the lines of a text, or in a list, a value is written.
                is_value: is_item || rest.contains(' '),
                path,
                before: rest.to_owned(),
            };
        }
    }
}

/// The last part of a map or list that is open at the end of a line.
fn open_part<'l>(inner: &'l str, path: &mut Vec<String>, bracket: char) -> &'l str {
    if bracket == '[' {
        path.push("[]".to_owned());
    }
    let (mut depth, mut quote, mut start) = (0_usize, None, 0);
    for (at, char) in inner.char_indices() {
        match (quote, char) {
            (Some(open), char) if char == open => quote = None,
            (Some(_), _) => {}
            (None, '"' | '\'') => quote = Some(char),
            (None, '{' | '[' | '(') => depth += 1,
            (None, '}' | ']' | ')') => depth = depth.saturating_sub(1),
            (None, ',') if depth == 0 => start = at + 1,
            _ => {}
        }
    }
    inner[start..].trim_start()
}

fn indent_of(line: &str) -> usize {
    line.len() - line.trim_start_matches(' ').len()
}

/// The key at the beginning of a text, and what follows it.
fn key_of(text: &str) -> Option<(&str, &str)> {
    let (key, value) = text.split_once(':')?;
    let is_key = |char: char| char.is_alphanumeric() || "_-.@$*\"'".contains(char);
    let fits = !key.is_empty() && key.chars().all(is_key);
    let ends = value.is_empty() || value.starts_with([' ', '\t']);
    (fits && ends).then(|| (key.trim_matches(['"', '\'']), value))
}

#[cfg(test)]
mod tests {
    use super::{find, written};
    use tripline_engine::yaml;

    /// What is written at the `|`.
    fn at(text: &str) -> (String, String, bool) {
        let offset = text.find('|').unwrap_or(text.len());
        let found = written(&text.replacen('|', "", 1), offset);
        (found.path.join(" "), found.before, found.is_value)
    }

    #[test]
    fn what_is_written_is_found_by_indentation() {
        let cases = [
            ("al|", "", "al", false),
            ("alerts:\n  |", "alerts", "", false),
            (
                "alerts:\n  hot:\n    on: x\n\n    wh|",
                "alerts hot",
                "wh",
                false,
            ),
            (
                "alerts:\n  hot:\n    when: data.|",
                "alerts hot when",
                "data.",
                true,
            ),
            (
                "alerts:\n  hot:\n    when: >\n      data.ok and da|",
                "alerts hot when",
                "data.ok and da",
                true,
            ),
            (
                "alerts:\n  hot:\n    by:\n    - us|",
                "alerts hot by []",
                "us",
                true,
            ),
            (
                "alerts:\n  hot: {on: sensor, when: \"a, b\" == te|",
                "alerts hot when",
                "a, b\" == te",
                true,
            ),
            (
                "alerts:\n  hot: {on: sensor, se|",
                "alerts hot",
                "se",
                false,
            ),
            (
                "alerts:\n  hot: {on: [login, s|",
                "alerts hot on []",
                "s",
                true,
            ),
            (
                "notify:\n  routes:\n    - {severity: |",
                "notify routes [] severity",
                "",
                true,
            ),
            (
                "tests:\n  - name: a\n    expect:\n      - alert: hot\n        fi|",
                "tests [] expect []",
                "fi",
                true,
            ),
            (
                "tests:\n- name: a\n  expect:\n  - fires: 0s\n    alert: |",
                "tests [] expect [] alert",
                "",
                true,
            ),
            (
                "a:\n  b: 1\nsilences:\n  x:\n    match: {al|",
                "silences x match",
                "al",
                false,
            ),
        ];
        for (text, path, before, is_value) in cases {
            assert_eq!(
                at(text),
                (path.to_owned(), before.to_owned(), is_value),
                "{text}"
            );
        }
    }

    #[test]
    fn what_stands_is_found_in_the_tree() {
        let text = "alerts:\n  hot:\n    on: [a, b]\n    when: x > 1\n";
        let tree = yaml::parse(text);
        let found = |what: &str| {
            let offset = text.find(what).unwrap_or_default();
            find(&tree, offset).map(|found| (found.path.join(" "), found.is_key))
        };
        assert_eq!(found("hot"), Some(("alerts hot".to_owned(), true)));
        assert_eq!(found("b]"), Some(("alerts hot on []".to_owned(), false)));
        assert_eq!(found("x >"), Some(("alerts hot when".to_owned(), false)));
    }
}
