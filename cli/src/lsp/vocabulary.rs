//! The words of expressions: what the language has, and what events and rules bring.

use tripline_engine::reference;
use tripline_engine::yaml::{Content, Node};

use super::place;
use super::workspace::Workspace;

/// A word of the language.
pub(super) struct Word {
    pub(super) name: String,
    /// How it is written.
    pub(super) signature: String,
    /// What it gives, in one sentence.
    pub(super) summary: String,
    pub(super) kind: Kind,
}

/// What kind of word it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Function,
    Aggregate,
    Keyword,
}

/// The words that every expression may have.
pub(super) fn words() -> impl Iterator<Item = Word> {
    let functions = reference::functions().map(|function| Word {
        name: function.name.to_owned(),
        signature: function.signature.to_owned(),
        summary: function.summary.to_owned(),
        kind: Kind::Function,
    });
    let aggregates = reference::aggregates().map(|aggregate| Word {
        name: aggregate.name.to_owned(),
        signature: format!("{} over 5m", aggregate.signature),
        summary: aggregate.summary.to_owned(),
        kind: Kind::Aggregate,
    });
    let keywords = reference::KEYWORDS.iter().map(|keyword| Word {
        name: keyword.name.to_owned(),
        signature: keyword.name.to_owned(),
        summary: keyword.summary.to_owned(),
        kind: Kind::Keyword,
    });
    functions.chain(aggregates).chain(keywords)
}

/// A field of events.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Field {
    pub(super) event: String,
    pub(super) path: String,
    /// Its type.
    pub(super) kind: String,
    /// Its values, where they can be counted.
    pub(super) values: Vec<String>,
}

/// The fields that the settings say events have; if they say nothing, those that the events beside the rules have.
pub(super) fn fields(workspace: &Workspace) -> Vec<Field> {
    let declared = declared(workspace);
    if !declared.is_empty() {
        return declared;
    }
    let sampled = workspace.sample().iter().map(|field| Field {
        event: field.event.clone(),
        path: field.path.clone(),
        kind: field.kind.to_owned(),
        values: field.members.clone(),
    });
    sampled.collect()
}

fn declared(workspace: &Workspace) -> Vec<Field> {
    let Some(settings) = workspace.settings() else {
        return Vec::new();
    };
    let mut fields = Vec::new();
    for event in place::entries(&settings.tree, &["schema"]) {
        for field in place::entries(&settings.tree, &["schema", &event.key.value]) {
            let kind = match &field.value.content {
                Content::Scalar(scalar) => Some(scalar.value.to_string()),
                _ => place::value(&field.value, "type").and_then(text),
            };
            let values = match place::value(&field.value, "enum").map(|node| &node.content) {
                Some(Content::List(items)) => items.iter().filter_map(text).collect(),
                _ => Vec::new(),
            };
            fields.push(Field {
                event: event.key.value.to_string(),
                path: field.key.value.to_string(),
                kind: kind.unwrap_or_default(),
                values,
            });
        }
    }
    fields
}

/// The event types that the settings and the rules name.
pub(super) fn event_types(workspace: &Workspace) -> Vec<String> {
    let mut types: Vec<String> = fields(workspace)
        .into_iter()
        .map(|field| field.event)
        .collect();
    for file in workspace.rules() {
        for section in ["alerts", "aggregates"] {
            for rule in place::entries(&file.tree, &[section]) {
                types.extend(types_of(&rule.value));
            }
        }
    }
    types.sort();
    types.dedup();
    types
}

/// The event types that a rule is for; none means all.
pub(super) fn types_of(rule: &Node) -> Vec<String> {
    match place::value(rule, "on").map(|node| &node.content) {
        Some(Content::Scalar(scalar)) => vec![scalar.value.to_string()],
        Some(Content::List(items)) => items.iter().filter_map(text).collect(),
        _ => Vec::new(),
    }
}

/// Whether a field is one of the events of these types; a type may end with `*`.
pub(super) fn is_of(field: &Field, types: &[String]) -> bool {
    let fits = |wanted: &String| match wanted.strip_suffix('*') {
        Some(prefix) => field.event.starts_with(prefix),
        None => field.event == *wanted,
    };
    types.is_empty() || types.iter().any(fits)
}

fn text(node: &Node) -> Option<String> {
    Some(node.as_scalar()?.value.to_string())
}
