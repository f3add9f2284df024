//! Compares what two texts say, as the checks read them.

use std::collections::BTreeSet;

use super::{canonical, expression_scalars, read, templates};
use crate::yaml::{Content, Node, Scalar};

/// Whether two texts hold the same values under the same keys, and the same comments: expressions are compared by their
/// canonical text, and the keys of a map in any order.
pub(super) fn same_meaning(one: &str, other: &str) -> bool {
    let tell = |text: &str| {
        let document = read(text)?;
        let places = |scalars: Vec<&Scalar>| {
            let places = scalars.iter().map(|scalar| scalar.range.start);
            places.collect::<BTreeSet<usize>>()
        };
        let special = Special {
            expressions: places(expression_scalars(&document)),
            templates: places(templates::scalars(&document)),
        };
        let mut comments: Vec<String> = document
            .comments
            .iter()
            .map(|comment| comment.text.clone())
            .collect();
        comments.sort();
        let root = document.root.as_ref();
        Some((root.map(|root| said(root, &special)), comments))
    };
    tell(one).is_some_and(|said| tell(other) == Some(said))
}

/// Where the scalars begin that are compared by what they say.
struct Special {
    expressions: BTreeSet<usize>,
    templates: BTreeSet<usize>,
}

/// What a node says, with no trace of how it is written.
fn said(node: &Node, special: &Special) -> String {
    match &node.content {
        Content::Scalar(scalar) => value(scalar, special),
        Content::List(items) => {
            let items: Vec<_> = items.iter().map(|item| said(item, special)).collect();
            format!("[{}]", items.join(","))
        }
        Content::Map(entries) => {
            let mut entries: Vec<_> = entries
                .iter()
                .map(|entry| format!("{:?}:{}", entry.key.value, said(&entry.value, special)))
                .collect();
            entries.sort();
            format!("{{{}}}", entries.join(","))
        }
    }
}

fn value(scalar: &Scalar, special: &Special) -> String {
    let start = &scalar.range.start;
    if special.expressions.contains(start)
        && let Some(printed) = canonical(scalar)
    {
        return format!("{printed:?}");
    }
    if special.templates.contains(start)
        && let Some(said) = templates::said(&scalar.value)
    {
        return format!("{said:?}/{:?}", scalar.style);
    }
    // Without quotes `true` and `5` are no text.
    format!("{:?}/{:?}", scalar.value, scalar.style)
}
