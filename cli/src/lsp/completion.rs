//! What may be written next.

use lsp_types::{CompletionItem, CompletionItemKind, Documentation, MarkupContent, MarkupKind};

use tripline_engine::yaml;

use super::place::{self, Written};
use super::schema::Place;
use super::vocabulary::{self, Field, Kind};
use super::workspace::{At, Workspace};

pub(super) fn complete(workspace: &Workspace, at: &At<'_>) -> Vec<CompletionItem> {
    let written = place::written(&at.file.text.text, at.offset);
    if at.file.is_test && written.is_value && is_event_type(&written) {
        return types(workspace);
    }
    let here = Place::of(workspace.root(at.file), &written.path);
    // An item of a list is a value, or a map that is begun.
    let is_item = written.path.last().is_some_and(|key| key == "[]");
    if !written.is_value || is_item && here.keys().next().is_some() {
        return keys(&here, at, &written);
    }
    if here.is_alert() {
        return alerts(workspace);
    }
    if here.is_event_type() {
        return types(workspace);
    }
    let values = here.values().into_iter();
    let values = values.map(|value| item(&value, CompletionItemKind::ENUM_MEMBER, "", ""));
    let mut items: Vec<CompletionItem> = values.collect();
    if here.is_expression() || in_template(&written) {
        items.extend(expression(workspace, at, &written));
    }
    items
}

/// The keys of a map that are not there yet.
fn keys(here: &Place, at: &At<'_>, written: &Written) -> Vec<CompletionItem> {
    // Half a key makes a map unreadable: it is read without.
    let text = &at.file.text.text;
    let begun = at.offset - written.before.len();
    let blank = " ".repeat(at.offset - begun);
    let readable = yaml::parse(&format!("{}{blank}{}", &text[..begun], &text[at.offset..]));
    let path: Vec<&str> = written.path.iter().map(String::as_str).collect();
    let there = place::entries(&readable, &path);
    let missing = here
        .keys()
        .filter(|(key, _)| !there.iter().any(|entry| entry.key.value == *key));
    let items = missing.map(|(key, inner)| CompletionItem {
        insert_text: Some(format!("{key}: ")),
        ..item(
            key,
            CompletionItemKind::PROPERTY,
            "",
            &inner.explained().unwrap_or_default(),
        )
    });
    items.collect()
}

/// Words of an expression.
fn expression(workspace: &Workspace, at: &At<'_>, written: &Written) -> Vec<CompletionItem> {
    let types = rule_types(at, written);
    let fields = vocabulary::fields(workspace);
    let mut fields: Vec<&Field> = fields
        .iter()
        .filter(|field| vocabulary::is_of(field, &types))
        .collect();
    if let Some(compared) = compared(&written.before) {
        let field = fields.iter().find(|field| field.path == compared);
        if let Some(field) = field.filter(|field| !field.values.is_empty()) {
            let values = field.values.iter();
            return values
                .map(|value| {
                    let text = format!("{value:?}");
                    item(&text, CompletionItemKind::ENUM_MEMBER, &field.path, "")
                })
                .collect();
        }
    }
    fields.dedup_by(|a, b| a.path == b.path);
    let fields = fields.into_iter().map(|field| {
        let detail = format!("{} of {}", field.kind, field.event);
        item(&field.path, CompletionItemKind::FIELD, &detail, "")
    });
    let words = vocabulary::words().map(|word| {
        let kind = match word.kind {
            Kind::Function | Kind::Aggregate => CompletionItemKind::FUNCTION,
            Kind::Keyword => CompletionItemKind::KEYWORD,
        };
        let insert = match word.kind {
            Kind::Function | Kind::Aggregate => format!("{}(", word.name),
            Kind::Keyword => word.name.clone(),
        };
        CompletionItem {
            insert_text: Some(insert),
            ..item(&word.name, kind, &word.signature, &word.summary)
        }
    });
    let lists = workspace
        .rules()
        .flat_map(|file| place::entries(&file.tree, &["lists"]));
    let lists = lists.map(|list| item(&list.key.value, CompletionItemKind::CONSTANT, "list", ""));
    fields.chain(words).chain(lists).collect()
}

/// The event types of the rule that is being written.
fn rule_types(at: &At<'_>, written: &Written) -> Vec<String> {
    let [section, name, ..] = written.path.as_slice() else {
        return Vec::new();
    };
    let rules = place::entries(&at.file.tree, &[section]);
    let rule = rules.iter().find(|rule| rule.key.value == *name);
    rule.map(|rule| vocabulary::types_of(&rule.value))
        .unwrap_or_default()
}

/// The path that the value which comes next is compared with.
fn compared(before: &str) -> Option<&str> {
    let before = before.trim_end_matches('"').trim_end();
    let operators = ["==", "!=", " in [", " in"];
    let rest = operators
        .iter()
        .find_map(|operator| before.strip_suffix(operator))?;
    rest.trim_end()
        .rsplit([' ', '(', '['])
        .next()
        .filter(|path| !path.is_empty())
}

/// Whether an expression of a template is being written: `{…`.
fn in_template(written: &Written) -> bool {
    let key = written.path.last().map(String::as_str);
    let open = written.before.rfind('{') > written.before.rfind('}');
    matches!(key, Some("summary" | "description")) && open
}

/// Whether the type of an event of a test is being written.
fn is_event_type(written: &Written) -> bool {
    written.path.last().is_some_and(|key| key == "eventType")
}

fn types(workspace: &Workspace) -> Vec<CompletionItem> {
    let types = vocabulary::event_types(workspace).into_iter();
    types
        .map(|name| item(&name, CompletionItemKind::CLASS, "event type", ""))
        .collect()
}

fn alerts(workspace: &Workspace) -> Vec<CompletionItem> {
    let alerts = workspace
        .rules()
        .flat_map(|file| place::entries(&file.tree, &["alerts"]));
    alerts
        .map(|alert| item(&alert.key.value, CompletionItemKind::EVENT, "alert", ""))
        .collect()
}

fn item(
    label: &str,
    kind: CompletionItemKind,
    detail: &str,
    documentation: &str,
) -> CompletionItem {
    let said = |text: &str| (!text.is_empty()).then(|| text.to_owned());
    CompletionItem {
        label: label.to_owned(),
        kind: Some(kind),
        detail: said(detail),
        documentation: said(documentation).map(|value| {
            let kind = MarkupKind::Markdown;
            Documentation::MarkupContent(MarkupContent { kind, value })
        }),
        ..CompletionItem::default()
    }
}
