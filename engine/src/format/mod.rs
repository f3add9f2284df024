//! Formats rule files: expressions as the printer writes them, the keys of a rule in one order.
//!
//! The text is edited where it differs, so comments, blank lines, quotes and line breaks stay as they are. Expressions
//! that their author spread over several lines stay spread: what stands on each of them is formatted by itself. What is left is compared with what was there
//! ([`meaning`]), and a text whose meaning an edit would change is given back as it was.

mod meaning;
mod order;
mod spread;
mod templates;
#[cfg(test)]
mod tests;

use tripline_grammar::{Comments, parse, print};

use crate::check::{AGGREGATE_KEYS, ALERT_KEYS};
use crate::yaml::{self, Content, Document, Node, Range, Scalar, Style};
use meaning::same_meaning;

/// A byte order mark, which some editors put before a text.
const MARK: char = '\u{feff}';

/// Formats the text of a rule file; `None` if it is no YAML, or holds an expression that does not parse.
///
/// The result means what the text means, and formatting it again changes nothing.
///
/// ```
/// let rules = "alerts:\n  hot:\n    when: (data.x>35)   # too hot\n    on: sensor\n";
/// let formatted = tripline_engine::format(rules).expect("the rules parse");
/// assert_eq!(formatted, "alerts:\n  hot:\n    on: sensor\n    when: data.x > 35   # too hot\n");
/// ```
#[must_use]
pub fn format(text: &str) -> Option<String> {
    if let Some(rest) = text.strip_prefix(MARK) {
        return format(rest).map(|formatted| format!("{MARK}{formatted}"));
    }
    let document = read(text)?;
    let mut edits = expressions(text, &document)?;
    edits.extend(templates::edits(text, &document));
    let printed = apply(text, edits);
    let document = read(&printed)?;
    let formatted = apply(&printed, order::edits(&printed, &document));
    let same = same_meaning(text, &formatted);
    Some(if same { formatted } else { text.to_owned() })
}

/// A part of the text, and what takes its place.
struct Edit {
    range: Range,
    text: String,
}

/// The tree of a text that has nothing wrong with it.
fn read(text: &str) -> Option<Document> {
    let document = yaml::parse(text);
    document.problems.is_empty().then_some(document)
}

/// The text with edits that do not overlap.
fn apply(text: &str, mut edits: Vec<Edit>) -> String {
    edits.sort_by_key(|edit| edit.range.start);
    let mut out = String::with_capacity(text.len());
    let mut at = 0;
    for edit in edits {
        out.push_str(&text[at..edit.range.start]);
        out.push_str(&edit.text);
        at = edit.range.end;
    }
    out.push_str(&text[at..]);
    out
}

/// The rules of a kind: `alerts` or `aggregates`.
fn rules<'d>(document: &'d Document, kind: &str) -> impl Iterator<Item = &'d Node> + use<'d> {
    let root = document.root.as_ref();
    let rules = root.and_then(|root| root.get(kind)).and_then(Node::as_map);
    rules.unwrap_or_default().iter().map(|entry| &entry.value)
}

/// Every rule, and the defaults of the file, with the order of its keys.
fn all_rules(document: &Document) -> impl Iterator<Item = (&Node, &'static [&'static str])> {
    let root = document.root.as_ref();
    let defaults = root.and_then(|root| root.get("defaults"));
    let alerts = rules(document, "alerts").chain(defaults);
    let alerts = alerts.map(|rule| (rule, ALERT_KEYS));
    alerts.chain(rules(document, "aggregates").map(|rule| (rule, AGGREGATE_KEYS)))
}

/// The scalars that are expressions and nothing else: what an anchor names may stand elsewhere as mere text.
fn expression_scalars(document: &Document) -> Vec<&Scalar> {
    let mut found = Vec::new();
    let rules = all_rules(document).map(|(rule, _)| rule);
    for rule in rules.filter(|rule| !is_shared(rule)) {
        for key in ["when", "until", "by", "compute"] {
            if let Some(node) = rule.get(key) {
                leaves(node, &mut found);
            }
        }
    }
    found
}

fn is_shared(node: &Node) -> bool {
    node.anchor.is_some() || node.alias.is_some()
}

fn leaves<'d>(node: &'d Node, found: &mut Vec<&'d Scalar>) {
    if is_shared(node) {
        return;
    }
    match &node.content {
        Content::Scalar(scalar) if scalar.is_null() => {}
        Content::Scalar(scalar) => found.push(scalar),
        Content::List(items) => items.iter().for_each(|item| leaves(item, found)),
        Content::Map(entries) => entries.iter().for_each(|entry| leaves(&entry.value, found)),
    }
}

/// What makes the expressions canonical.
fn expressions(text: &str, document: &Document) -> Option<Vec<Edit>> {
    let mut edits = Vec::new();
    for scalar in expression_scalars(document) {
        let printed = canonical(scalar)?;
        let is_spread = text[scalar.range.clone()].contains(['\n', '\r']);
        if is_spread {
            edits.extend(spread::edits(text, scalar));
            continue;
        }
        if printed == scalar.value {
            continue;
        }
        edits.extend(written(scalar.style, &printed).map(|text| Edit {
            range: scalar.range.clone(),
            text,
        }));
    }
    Some(edits)
}

/// The canonical text of an expression.
fn canonical(scalar: &Scalar) -> Option<String> {
    let expr = parse(&scalar.value, comments_in(scalar)).ok()?;
    Some(print(&expr))
}

/// Whether there may be comments in an expression.
fn comments_in(scalar: &Scalar) -> Comments {
    match scalar.style {
        Style::Literal => Comments::Allowed,
        _ => Comments::Refused,
    }
}

/// A value as a scalar of this style, or in quotes where it cannot stand without.
fn written(style: Style, value: &str) -> Option<String> {
    let single = format!("'{}'", value.replace('\'', "''"));
    let double = format!("\"{}\"", value.replace('\\', "\\\\").replace('"', "\\\""));
    let candidates = match style {
        Style::Plain => [value.to_owned(), single],
        Style::Single => [single, double],
        Style::Double => [double, single],
        Style::Literal | Style::Folded => return None,
    };
    // Inside a flow mapping more has to be quoted than elsewhere.
    candidates.into_iter().find(|candidate| {
        let read = yaml::parse(&format!("{{k: {candidate}, l: 1}}"));
        let found = read
            .root
            .as_ref()
            .and_then(|root| root.get("k")?.as_scalar());
        read.problems.is_empty() && found.is_some_and(|scalar| scalar.value == value)
    })
}
