//! Which rules changed since a git revision.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use tripline_engine::yaml::{self, Node};
use tripline_engine::{Checked, Label};

use crate::failure::Failure;
use crate::git;

const SECTIONS: [&str; 4] = ["alerts", "aggregates", "silences", "lists"];

/// The rules as they were.
pub(super) struct Before {
    /// The texts of files.
    files: BTreeSet<String>,
    /// The texts of entries, each with the defaults of its file, by section and name.
    entries: BTreeMap<(&'static str, String), String>,
}

/// Reads the rules of a revision.
pub(super) fn read(folder: &Path, revision: &str) -> Result<Before, Failure> {
    let mut before = Before {
        files: BTreeSet::new(),
        entries: BTreeMap::new(),
    };
    for (_, text) in git::rules_at(folder, revision)? {
        let text = String::from_utf8_lossy(&text).into_owned();
        before.entries.extend(
            entries(&text)
                .into_iter()
                .map(|entry| (entry.key, entry.text)),
        );
        before.files.insert(text);
    }
    Ok(before)
}

struct Entry {
    key: (&'static str, String),
    range: std::ops::Range<usize>,
    /// Its own text and the defaults that it takes.
    text: String,
}

fn entries(text: &str) -> Vec<Entry> {
    let document = yaml::parse(text);
    let Some(root) = &document.root else {
        return Vec::new();
    };
    let written = |range: &std::ops::Range<usize>| text.get(range.clone()).unwrap_or_default();
    let defaults = root
        .entry("defaults")
        .map_or("", |entry| written(&entry.range));
    let mut found = Vec::new();
    for section in SECTIONS {
        for entry in root.get(section).and_then(Node::as_map).unwrap_or_default() {
            let own = written(&entry.range).trim_end();
            let text = if section == "alerts" {
                format!("{own}\n{defaults}")
            } else {
                own.to_owned()
            };
            found.push(Entry {
                key: (section, entry.key.value.to_string()),
                range: entry.range.clone(),
                text,
            });
        }
    }
    found
}

impl Before {
    /// Leaves the findings in rules that are new or not as they were, and in what else of a file is not.
    pub(super) fn keep_changed(&self, checked: &mut Checked) {
        let mut unchanged: BTreeMap<usize, Vec<Entry>> = BTreeMap::new();
        for (index, file) in checked.files.iter().enumerate() {
            if self.files.contains(&file.text) {
                continue;
            }
            let same = |entry: &Entry| self.entries.get(&entry.key) == Some(&entry.text);
            unchanged.insert(
                index,
                entries(&file.text).into_iter().filter(same).collect(),
            );
        }
        // A finding about two rules counts if either of them changed.
        checked.diagnostics.retain(|one| {
            let is_new = |label: &Label| {
                unchanged.get(&label.file).is_some_and(|entries| {
                    let mut entries = entries.iter();
                    !entries.any(|entry| entry.range.contains(&label.range.start))
                })
            };
            one.labels.is_empty() || one.labels.iter().any(is_new)
        });
    }
}
