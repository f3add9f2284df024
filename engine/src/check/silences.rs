//! Silences, as written in any rule file.

use std::collections::BTreeMap;

use chrono_tz::Tz;
use serde_json::Value;

use super::moment::{self, Wrong};
use super::names::Names;
use super::reader::{Reader, shown};
use super::{alert, matcher};
use crate::diagnostic::{self as codes, nearest};
use crate::matcher::Matcher;
use crate::number::Number;
use crate::program::canonical_number;
use crate::silence::{Daily, Silence};
use crate::yaml::{Content, Entry, Node as Yaml, Style};

const KEYS: &[&str] = &["match", "from", "until", "daily", "timezone", "reason"];
const MATCH_KEYS: &[&str] = &["alert", "key", "severity", "labels"];
/// How many unknown zones are compared with all that there are.
const MAX_SUGGESTIONS: usize = 20;

/// The silences of all files.
pub(super) struct Silences {
    list: Vec<Silence>,
    names: Names,
    unknown_zones: usize,
}

impl Silences {
    pub(super) fn new() -> Self {
        Silences {
            list: Vec::new(),
            names: Names::new("a silence", codes::DUPLICATE_SILENCE),
            unknown_zones: 0,
        }
    }

    /// The silences, sorted by name.
    pub(super) fn finish(mut self) -> Vec<Silence> {
        self.list.sort_by(|a, b| a.name.cmp(&b.name));
        self.list
    }

    /// Checks the silences of one file.
    pub(super) fn check<'c>(&mut self, reader: &mut Reader<'c, '_>, section: &'c Yaml) {
        for entry in reader.map(section, "`silences`") {
            alert::check_name(reader, entry, "a silence");
            self.names.declare(reader, entry);
            let silence = self.silence(reader, entry);
            self.list.extend(silence);
        }
    }

    fn silence<'c>(&mut self, reader: &mut Reader<'c, '_>, entry: &'c Entry) -> Option<Silence> {
        let name = &entry.key.value;
        let what = format!("the silence `{}`", shown(name));
        let before = reader.diagnostics.len();
        let fields = reader.fields(&entry.value, &what, KEYS);
        if reader.diagnostics.len() > before && fields.is_empty() {
            return None;
        }
        let find = |key: &str| entry.value.get(key);
        let missing = [
            (
                "match",
                "say what it is about: `match: {alert: \"batch-*\"}`",
            ),
            ("until", "say when it ends: `until: 2026-12-01`"),
            (
                "reason",
                "say why, for whoever misses the alert: `reason: nightly import`",
            ),
        ];
        // One that is misspelt has been reported as that.
        let misspelt = |wanted: &str| {
            let mut keys = fields.iter().map(|field| field.key.value.as_str());
            keys.any(|key| {
                !KEYS.contains(&key) && nearest(key, KEYS.iter().copied()) == Some(wanted)
            })
        };
        let is_missing = |key: &str| find(key).is_none() && !misspelt(key);
        for (key, help) in missing.iter().filter(|(key, _)| is_missing(key)) {
            let message = format!("{what} has no `{key}`");
            let range = entry.key.range.clone();
            reader.refuse(codes::MISSING_KEY, range, message, Some((*help).to_owned()));
        }
        if let Some(node) = find("reason") {
            reader.scalar(node, "`reason`");
            reader.text(node, "`reason`");
        }
        let zone = match find("timezone") {
            Some(node) => self.zone(reader, node),
            None => Some(Tz::UTC),
        };
        let matched = find("match").and_then(|node| matched(reader, node));
        // Without its zone nothing is known of a time.
        let zone = zone?;
        let mut moment = |key: &str| {
            let (node, what) = (find(key)?, format!("`{key}`"));
            let text = &reader.scalar(node, &what)?.value;
            let found = moment::moment(text.trim(), zone);
            found.map_err(|wrong| refuse(reader, node, wrong)).ok()
        };
        let (from, until) = (moment("from"), moment("until"));
        if let (Some(from), Some(until), Some(node)) = (from, until, find("until"))
            && until <= from
        {
            let message = format!("{what} ends before it begins");
            let message = if until == from {
                format!("{what} ends where it begins")
            } else {
                message
            };
            let help = "`until` is the first moment that is not silent any more".to_owned();
            reader.refuse(codes::BAD_VALUE, node.range.clone(), message, Some(help));
        }
        let daily = find("daily").and_then(|node| {
            let text = &reader.scalar(node, "`daily`")?.value;
            let part = moment::part_of_day(text.trim());
            let (from, until) = part.map_err(|wrong| refuse(reader, node, wrong)).ok()?;
            Some(Daily { from, until, zone })
        });
        let (alerts, key) = matched?;
        Some(Silence {
            name: name.to_string(),
            alerts,
            key,
            from,
            until: until?,
            daily,
        })
    }

    fn zone<'c>(&mut self, reader: &mut Reader<'c, '_>, node: &'c Yaml) -> Option<Tz> {
        let name = &reader.scalar(node, "`timezone`")?.value;
        let found = moment::zone(name, self.unknown_zones < MAX_SUGGESTIONS);
        self.unknown_zones += usize::from(found.is_err());
        found.map_err(|wrong| refuse(reader, node, wrong)).ok()
    }
}

fn refuse<'c>(reader: &mut Reader<'c, '_>, node: &'c Yaml, wrong: Wrong) {
    let range = node.range.clone();
    reader.refuse(codes::BAD_VALUE, range, wrong.message, wrong.help);
}

fn matched<'c>(
    reader: &mut Reader<'c, '_>,
    node: &'c Yaml,
) -> Option<(Matcher, BTreeMap<String, Value>)> {
    let before = reader.diagnostics.len();
    let (mut alerts, mut key) = (Matcher::default(), BTreeMap::new());
    for entry in reader.fields(node, "`match`", MATCH_KEYS) {
        let name = entry.key.value.as_str();
        if name == "key" {
            for part in reader.map(&entry.value, "`key`") {
                let value = key_value(reader, &part.value);
                key.extend(value.map(|value| (part.key.value.to_string(), value)));
            }
        } else {
            matcher::read(reader, &mut alerts, name, &entry.value);
        }
    }
    if reader.diagnostics.len() > before {
        return None;
    }
    if alerts == Matcher::default() && key.is_empty() {
        let message = "an empty `match` would silence everything".to_owned();
        let help = "name what it is about; if that is everything, write `alert: \"*\"`".to_owned();
        reader.refuse(codes::BAD_VALUE, node.range.clone(), message, Some(help));
        return None;
    }
    Some((alerts, key))
}

/// Reads a value of a key in its canonical form: quoted it is text, else it may be a number or a boolean.
fn key_value<'c>(reader: &mut Reader<'c, '_>, node: &'c Yaml) -> Option<Value> {
    let text = reader.text(node, "a value of `key`")?;
    let Content::Scalar(scalar) = &node.content else {
        return None;
    };
    if scalar.style != Style::Plain {
        return Some(text.into());
    }
    if let Some(bool) = scalar.as_bool() {
        return Some(bool.into());
    }
    let number = text.parse().map(Number::Integer).ok().or_else(|| {
        let double: f64 = serde_json::from_str(text).ok()?;
        Some(Number::Double(double))
    });
    Some(number.map_or_else(|| text.into(), |number| canonical_number(number).into()))
}
