//! What something means.

use lsp_types::{Hover, HoverContents, MarkupContent, MarkupKind};

use super::place;
use super::schema::Place;
use super::vocabulary::{self, Kind};
use super::workspace::{At, Workspace};
use crate::sampled;

pub(super) fn hover(workspace: &Workspace, at: &At<'_>) -> Option<Hover> {
    let found = place::find(&at.file.tree, at.offset)?;
    let here = Place::of(workspace.root(at.file), &found.path);
    let (range, text) = if found.is_key {
        (found.scalar.range.clone(), here.explained()?)
    } else {
        let range = at.file.text.word(at.offset);
        let word = &at.file.text.text[range.clone()];
        (range, explained(workspace, word)?)
    };
    Some(Hover {
        contents: HoverContents::Markup(MarkupContent {
            kind: MarkupKind::Markdown,
            value: text,
        }),
        range: Some(at.file.text.range(range)),
    })
}

/// What a word of an expression means.
fn explained(workspace: &Workspace, word: &str) -> Option<String> {
    let fields = vocabulary::fields(workspace);
    let mut texts: Vec<String> = fields
        .iter()
        .filter(|field| field.path == word)
        .map(|field| {
            let mut text = format!("`{}`: {} of `{}`", field.path, field.kind, field.event);
            if !field.values.is_empty() {
                text += &format!(", one of {}", field.values.join(", "));
            }
            text
        })
        .collect();
    let fields = workspace.sample().iter();
    let fields = fields.filter(|field| field.path == word);
    texts.extend(fields.map(sampled::described));
    if !texts.is_empty() {
        return Some(texts.join("\n\n"));
    }
    for file in workspace.rules() {
        let lists = place::entries(&file.tree, &["lists"]);
        if let Some(list) = lists.iter().find(|list| list.key.value == word) {
            let text = &file.text.text[list.range.clone()];
            let shown: Vec<&str> = text.lines().take(12).collect();
            return Some(format!("```yaml\n{}\n```", shown.join("\n")));
        }
    }
    let word = vocabulary::words().find(|one| one.name.split(' ').any(|part| part == word))?;
    let written = match word.kind {
        Kind::Keyword => word.name,
        Kind::Function | Kind::Aggregate => word.signature,
    };
    Some(format!("`{written}`\n\n{}", word.summary))
}
