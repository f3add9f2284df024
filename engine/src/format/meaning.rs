//! Compares what two texts say, as the checks read them.

use std::collections::BTreeSet;

use super::{canonical, expression_scalars, read};
use crate::yaml::{Content, Node, Scalar};

/// Whether two texts hold the same values under the same keys, and the same comments: expressions are compared by their
/// canonical text, and the keys of a map in any order.
pub(super) fn same_meaning(one: &str, other: &str) -> bool {
    let tell = |text: &str| {
        let document = read(text)?;
        let expressions: BTreeSet<usize> = expression_scalars(&document)
            .iter()
            .map(|scalar| scalar.range.start)
            .collect();
        let mut comments: Vec<String> = document
            .comments
            .iter()
            .map(|comment| comment.text.clone())
            .collect();
        comments.sort();
        let root = document.root.as_ref();
        Some((root.map(|root| said(root, &expressions)), comments))
    };
    tell(one).is_some_and(|said| tell(other) == Some(said))
}

/// What a node says, with no trace of how it is written.
fn said(node: &Node, expressions: &BTreeSet<usize>) -> String {
    match &node.content {
        Content::Scalar(scalar) => value(scalar, expressions.contains(&scalar.range.start)),
        Content::List(items) => {
            let items: Vec<_> = items.iter().map(|item| said(item, expressions)).collect();
            format!("[{}]", items.join(","))
        }
        Content::Map(entries) => {
            let mut entries: Vec<_> = entries
                .iter()
                .map(|entry| format!("{:?}:{}", entry.key.value, said(&entry.value, expressions)))
                .collect();
            entries.sort();
            format!("{{{}}}", entries.join(","))
        }
    }
}

fn value(scalar: &Scalar, is_expression: bool) -> String {
    match is_expression.then(|| canonical(scalar)).flatten() {
        Some(printed) => format!("{printed:?}"),
        // Without quotes `true` and `5` are no text.
        None => format!("{:?}/{:?}", scalar.value, scalar.style),
    }
}
