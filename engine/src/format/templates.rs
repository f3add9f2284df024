//! Summaries and descriptions: the expressions in their braces are written canonically.

use tripline_grammar::{Comments, parse, print};

use super::spread::in_place;
use super::{Edit, is_shared, rules};
use crate::check::template::{Piece, split};
use crate::yaml::{Document, Scalar};

/// The scalars that are templates and nothing else.
pub(super) fn scalars(document: &Document) -> Vec<&Scalar> {
    let mut found = Vec::new();
    for rule in rules(document, "alerts").filter(|rule| !is_shared(rule)) {
        let texts = ["summary", "description"].into_iter();
        let texts = texts.filter_map(|key| rule.get(key));
        let texts = texts.filter(|node| !is_shared(node));
        found.extend(texts.filter_map(|node| node.as_scalar()));
    }
    found
}

/// What makes the expressions of all templates canonical; those that are spread over lines stay.
pub(super) fn edits(text: &str, document: &Document) -> Vec<Edit> {
    let mut edits = Vec::new();
    for scalar in scalars(document) {
        for piece in split(&scalar.value).unwrap_or_default() {
            let Piece::Hole { start, end, .. } = piece else {
                continue;
            };
            let written = &scalar.value[start..end];
            let Some(printed) = canonical(written).filter(|printed| printed != written) else {
                continue;
            };
            let edit = in_place(text, scalar, start..end, printed);
            edits.extend(edit.filter(|edit| !text[edit.range.clone()].contains(['\n', '\r'])));
        }
    }
    edits
}

/// What a template says, however its expressions are written; `None` if it is none.
pub(super) fn said(value: &str) -> Option<String> {
    let mut said = String::new();
    for piece in split(value).ok()? {
        match piece {
            Piece::Text(text) => said += &format!("{text:?}"),
            Piece::Hole {
                start,
                end,
                decimals,
            } => said += &format!("{{{}:{decimals:?}}}", canonical(&value[start..end])?),
        }
    }
    Some(said)
}

fn canonical(expression: &str) -> Option<String> {
    let expr = parse(expression, Comments::Refused).ok()?;
    Some(print(&expr))
}
