//! Where each rule stands in the files that were checked.

use std::ops::Range;

use super::Checked;
use crate::yaml::Node;

/// A rule as it is written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RuleEntry {
    /// Its name.
    pub name: String,
    /// Whether it is an alert; else it is an aggregate.
    pub is_alert: bool,
    /// The file, as [`Checked::files`] numbers them.
    pub file: usize,
    /// Its bytes in the file, from the name on.
    pub range: Range<usize>,
    /// What it says of itself.
    pub description: Option<String>,
}

impl Checked {
    /// The alerts and aggregates of the files, by file and place.
    pub fn entries(&self) -> Vec<RuleEntry> {
        let mut entries = Vec::new();
        for (file, document) in self.documents.iter().enumerate() {
            if Some(file) == self.settings_file {
                continue;
            }
            for (section, is_alert) in [("alerts", true), ("aggregates", false)] {
                let rules = document.root.as_ref().and_then(|root| root.get(section));
                for entry in rules.and_then(Node::as_map).unwrap_or_default() {
                    let description = entry.value.get("description").and_then(Node::as_scalar);
                    entries.push(RuleEntry {
                        name: entry.key.value.to_string(),
                        is_alert,
                        file,
                        range: entry.range.clone(),
                        description: description.map(|text| text.value.to_string()),
                    });
                }
            }
        }
        entries
    }
}
