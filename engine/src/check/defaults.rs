//! The `defaults` of a file: values for the alerts in it that do not set them.

use std::collections::BTreeMap;

use super::alert::{self, Shared};
use super::expression::Resolver;
use super::place::Place;
use super::reader::Reader;
use crate::diagnostic as codes;
use crate::event::Projection;
use crate::yaml::{Content, Entry, Node as Yaml};

const KEYS: &[&str] = &[
    "severity", "labels", "cooldown", "repeat", "forget", "by", "on",
];
/// The most text that the defaults of a file may hold, in bytes: every alert of the file repeats it.
const MAX_TEXT: usize = 4096;

/// The defaults of one file that have no errors of their own.
#[derive(Default)]
pub(super) struct Defaults<'c> {
    values: BTreeMap<&'c str, &'c Yaml>,
}

impl<'c> Defaults<'c> {
    pub(super) fn get(&self, key: &str) -> Option<&'c Yaml> {
        self.values.get(key).copied()
    }
}

/// Checks the defaults at their own place, so that an error in one is told once and not by every alert.
pub(super) fn check<'c>(
    reader: &mut Reader<'c, '_>,
    section: &'c Entry,
    shared: &mut Shared<'_>,
) -> Defaults<'c> {
    let length = text_of(&section.value);
    if length > MAX_TEXT {
        let message = format!("`defaults` holds {length} bytes, and {MAX_TEXT} are the limit");
        let help =
            "every alert of the file takes them: give long values to the alerts that need them";
        reader.refuse(
            codes::BAD_VALUE,
            section.key.range.clone(),
            message,
            Some(help.to_owned()),
        );
        return Defaults::default();
    }
    let mut defaults = Defaults::default();
    for entry in reader.fields(&section.value, "`defaults`", KEYS) {
        let (key, node) = (entry.key.value.as_str(), &entry.value);
        let before = reader.diagnostics.len();
        match key {
            "severity" => drop(alert::severity(reader, node)),
            "labels" => drop(alert::labels(reader, node)),
            "by" => by(reader, entry, shared),
            "on" => drop(alert::patterns(reader, node)),
            "cooldown" | "repeat" | "forget" => {
                reader.duration(node, &format!("`{key}`"));
            }
            _ => continue,
        }
        if reader.diagnostics.len() == before && !entry.duplicate {
            defaults.values.insert(key, node);
        }
    }
    defaults
}

fn by<'c>(reader: &mut Reader<'c, '_>, entry: &'c Entry, shared: &mut Shared<'_>) {
    let start = Place {
        file: reader.file,
        text: reader.text,
        scalar: &entry.key,
        base: 0,
    };
    // No event is read for the sake of a default: the alerts that take it name its paths themselves.
    let mut projection = Projection::default();
    let mut resolver = Resolver::new(&mut projection, shared.lists, shared.patterns, start);
    for (_, written) in alert::by_clause(reader, &entry.value) {
        let _ = resolver.key(&written.expr, written.place);
    }
    reader.diagnostics.extend(resolver.diagnostics);
}

fn text_of(node: &Yaml) -> usize {
    match &node.content {
        Content::Scalar(scalar) => scalar.value.len(),
        Content::List(items) => items.iter().map(text_of).sum(),
        Content::Map(entries) => entries
            .iter()
            .map(|entry| entry.key.value.len() + text_of(&entry.value))
            .sum(),
    }
}
