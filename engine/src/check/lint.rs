//! Which lints the settings allow and deny.

use std::collections::BTreeMap;
use std::ops::Range;

use super::reader::{Reader, shown};
use crate::diagnostic as codes;
use crate::yaml::{Content, Node as Yaml};

const KEYS: &[&str] = &["allow", "deny"];

/// Which lints the settings allow and deny, by their ids, each with its place in the settings file.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct LintLevels {
    /// Those that are not to be reported.
    pub allow: BTreeMap<String, Range<usize>>,
    /// Those that are errors.
    pub deny: BTreeMap<String, Range<usize>>,
}

/// Reads the `lint` of the settings.
pub(super) fn check<'c>(reader: &mut Reader<'c, '_>, node: &'c Yaml) -> LintLevels {
    let mut levels = LintLevels::default();
    for entry in reader.fields(node, "`lint`", KEYS) {
        match entry.key.value.as_str() {
            "allow" => levels.allow = ids(reader, &entry.value, "`allow`"),
            "deny" => levels.deny = ids(reader, &entry.value, "`deny`"),
            _ => {}
        }
    }
    for (id, denied) in &levels.deny {
        if let Some(allowed) = levels.allow.get(id) {
            let both = codes::BAD_VALUE
                .error(format!("the lint `{id}` is both allowed and denied"))
                .at(reader.file, denied.clone(), "")
                .at(reader.file, allowed.clone(), "allowed here")
                .help("leave it in one of the two");
            reader.diagnostics.push(both);
        }
    }
    levels
}

fn ids<'c>(
    reader: &mut Reader<'c, '_>,
    node: &'c Yaml,
    what: &str,
) -> BTreeMap<String, Range<usize>> {
    let mut ids = BTreeMap::new();
    let Content::List(items) = &node.content else {
        let message = format!("{what} must be a list of lints");
        let help = "write `[missing-runbook]`".to_owned();
        reader.refuse(codes::WRONG_TYPE, node.range.clone(), message, Some(help));
        return ids;
    };
    for item in items {
        let Some(scalar) = reader.scalar(item, "a lint") else {
            continue;
        };
        if is_id(&scalar.value) {
            ids.insert(scalar.value.to_string(), item.range.clone());
        } else {
            let message = format!("`{}` is no id of a lint", shown(&scalar.value));
            let help = "an id has small letters and `-`, such as `missing-runbook`".to_owned();
            reader.refuse(codes::BAD_VALUE, item.range.clone(), message, Some(help));
        }
    }
    ids
}

fn is_id(text: &str) -> bool {
    let is_word = |word: &str| {
        !word.is_empty()
            && word
                .bytes()
                .all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit())
    };
    text.len() <= 64
        && text.starts_with(|char: char| char.is_ascii_lowercase())
        && text.split('-').all(is_word)
}
