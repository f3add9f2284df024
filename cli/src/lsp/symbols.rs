//! What has a name: alerts, aggregates, silences and lists, where they are defined and where they are meant.

use std::collections::HashMap;
use std::ops::Range;

use lsp_types::{
    DocumentSymbol, DocumentSymbolResponse, GotoDefinitionResponse, Location,
    PrepareRenameResponse, SymbolKind, TextEdit, Url, WorkspaceEdit,
};

use super::place;
use super::schema::Place;
use super::workspace::{At, File, Workspace};

/// A name.
#[derive(Debug, PartialEq, Eq)]
enum Name {
    Alert(String),
    List(String),
}

/// A place where a name stands.
struct Use<'w> {
    file: &'w File,
    range: Range<usize>,
    is_definition: bool,
}

pub(super) fn definition(workspace: &Workspace, at: &At<'_>) -> Option<GotoDefinitionResponse> {
    let (name, _) = name_at(workspace, at)?;
    let uses = uses(workspace, &name).into_iter();
    let defined = uses
        .filter(|one| one.is_definition)
        .map(|one| one.location());
    Some(GotoDefinitionResponse::Array(defined.collect()))
}

pub(super) fn references(workspace: &Workspace, at: &At<'_>) -> Option<Vec<Location>> {
    let (name, _) = name_at(workspace, at)?;
    let uses = uses(workspace, &name);
    Some(uses.iter().map(Use::location).collect())
}

pub(super) fn prepare_rename(workspace: &Workspace, at: &At<'_>) -> Option<PrepareRenameResponse> {
    let (_, range) = name_at(workspace, at)?;
    Some(PrepareRenameResponse::Range(at.file.text.range(range)))
}

/// Gives a name another one, wherever it stands.
///
/// # Errors
///
/// With the reason, if nothing there has a name, or the new one is none, or is taken.
pub(super) fn rename(
    workspace: &Workspace,
    at: &At<'_>,
    new: &str,
) -> Result<WorkspaceEdit, String> {
    let Some((name, _)) = name_at(workspace, at) else {
        return Err("only alerts and lists can be renamed".to_owned());
    };
    let (renamed, is_name): (Name, fn(char) -> bool) = match name {
        Name::Alert(_) => (Name::Alert(new.to_owned()), |char| {
            char.is_ascii_alphanumeric() || "-_.".contains(char)
        }),
        Name::List(_) => (Name::List(new.to_owned()), |char| {
            char.is_ascii_alphanumeric() || "_@$".contains(char)
        }),
    };
    let begins = new.starts_with(|char: char| char.is_ascii_alphabetic() || "_@$".contains(char));
    if !begins || !new.chars().all(is_name) {
        return Err(format!(
            "`{new}` is no name: take letters, digits and `-`, or `_` for a list"
        ));
    }
    if uses(workspace, &renamed)
        .iter()
        .any(|one| one.is_definition)
    {
        return Err(format!("there is a `{new}` already"));
    }
    let mut changes: HashMap<Url, Vec<TextEdit>> = HashMap::new();
    for one in uses(workspace, &name) {
        let edit = TextEdit::new(one.file.text.range(one.range.clone()), new.to_owned());
        changes.entry(one.file.uri.clone()).or_default().push(edit);
    }
    Ok(WorkspaceEdit::new(changes))
}

pub(super) fn of_document(workspace: &Workspace, uri: &Url) -> Option<DocumentSymbolResponse> {
    let file = workspace.file(uri)?;
    let kinds = [
        ("alerts", SymbolKind::EVENT),
        ("aggregates", SymbolKind::STRUCT),
        ("silences", SymbolKind::BOOLEAN),
        ("lists", SymbolKind::CONSTANT),
    ];
    let mut symbols = Vec::new();
    for (section, kind) in kinds {
        for entry in place::entries(&file.tree, &[section]) {
            #[allow(deprecated, reason = "the field has no other way to be left out")]
            symbols.push(DocumentSymbol {
                name: entry.key.value.to_string(),
                detail: Some(section.trim_end_matches('s').to_owned()),
                kind,
                tags: None,
                deprecated: None,
                range: file.text.range(entry.range.clone()),
                selection_range: file.text.range(entry.key.range.clone()),
                children: None,
            });
        }
    }
    Some(DocumentSymbolResponse::Nested(symbols))
}

impl Use<'_> {
    fn location(&self) -> Location {
        let range = self.file.text.range(self.range.clone());
        Location::new(self.file.uri.clone(), range)
    }
}

/// The name that stands at a place.
fn name_at(workspace: &Workspace, at: &At<'_>) -> Option<(Name, Range<usize>)> {
    let found = place::find(&at.file.tree, at.offset)?;
    let path: Vec<&str> = found.path.iter().map(String::as_str).collect();
    let value = found.scalar.value.to_string();
    let whole = found.scalar.range.clone();
    match path.as_slice() {
        ["alerts", _] if found.is_key => Some((Name::Alert(value), whole)),
        ["lists", _] if found.is_key => Some((Name::List(value), whole)),
        _ if found.is_key => None,
        _ if is_alert(workspace, at.file, &found.path) => Some((Name::Alert(value), whole)),
        _ => {
            let word = at.file.text.word(at.offset);
            let name = Name::List(at.file.text.text[word.clone()].to_owned());
            let mut uses = uses(workspace, &name).into_iter();
            uses.any(|one| one.is_definition).then_some((name, word))
        }
    }
}

/// Whether the name of an alert stands at the end of a path.
fn is_alert(workspace: &Workspace, file: &File, path: &[String]) -> bool {
    Place::of(workspace.root(file), path).is_alert()
}

/// Wherever a name stands.
fn uses<'w>(workspace: &'w Workspace, name: &Name) -> Vec<Use<'w>> {
    let (section, wanted) = match name {
        Name::Alert(name) => ("alerts", name),
        Name::List(name) => ("lists", name),
    };
    let mut uses = Vec::new();
    for file in workspace.files() {
        if !file.is_test {
            let defined = place::entries(&file.tree, &[section]).iter();
            let defined = defined.filter(|entry| entry.key.value == *wanted);
            uses.extend(defined.map(|entry| Use {
                file,
                range: entry.key.range.clone(),
                is_definition: true,
            }));
        }
        let Some(root) = &file.tree.root else {
            continue;
        };
        place::scalars(root, &mut Vec::new(), &mut |path, scalar| {
            let mut found = |range: Range<usize>| {
                uses.push(Use {
                    file,
                    range,
                    is_definition: false,
                });
            };
            match name {
                Name::Alert(_) if scalar.value == *wanted => {
                    if is_alert(workspace, file, path) {
                        found(scalar.range.clone());
                    }
                }
                Name::Alert(_) => {}
                Name::List(_) => {
                    if Place::of(workspace.root(file), path).is_expression() {
                        let text = &file.text.text[scalar.range.clone()];
                        for (at, _) in text.match_indices(wanted.as_str()) {
                            let word = file.text.word(scalar.range.start + at);
                            // Of a path it is a part, after `in` a list.
                            let before = file.text.text[..word.start].trim_end();
                            if word.len() == wanted.len() && before.ends_with(" in") {
                                found(word);
                            }
                        }
                    }
                }
            }
        });
    }
    uses
}
