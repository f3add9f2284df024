//! A schema inferred from sample events.

mod sampled;

pub use sampled::SampledField;

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;

use serde_json::Value;
use tripline_grammar::ast::{Path, Segment, Span};
use tripline_grammar::print_path;

/// The most values of a text that is taken for a closed set.
const MEMBERS: usize = 12;
/// How often a value of a closed set is seen, on average, at the least.
const TIMES: u64 = 20;
/// The most fields of an object whose names are no data.
const FIELDS: usize = 100;
/// The most values of a field that are counted each by itself.
const COUNTED: usize = 100;
/// The most event types.
const TYPES: usize = 1_000;

/// What sample events have told about their fields.
#[derive(Debug, Default)]
pub struct SchemaSample {
    types: BTreeMap<String, Field>,
}

/// What was seen at a path.
#[derive(Debug, Default)]
struct Field {
    seen: u64,
    bools: u64,
    lists: u64,
    objects: u64,
    numbers: u64,
    texts: u64,
    range: Option<(f64, f64)>,
    members: BTreeSet<String>,
    /// How often each value was seen, as JSON, until there are too many of them.
    values: BTreeMap<String, u64>,
    too_many: bool,
    fields: BTreeMap<String, Field>,
}

impl SchemaSample {
    /// Adds an event; `type_path` names the field of its type, such as `["eventType"]`.
    ///
    /// # Errors
    ///
    /// With the reason, if the bytes are no JSON object, or one without a type, or there are too many types.
    pub fn add(&mut self, event: &[u8], type_path: &[&str]) -> Result<(), String> {
        let event: Value =
            serde_json::from_slice(event).map_err(|error| format!("not JSON: {error}"))?;
        if !event.is_object() {
            return Err("not an object".to_owned());
        }
        let found = type_path
            .iter()
            .try_fold(&event, |value, name| value.get(name));
        let Some(name) = found.and_then(Value::as_str) else {
            return Err(format!("no event type in `{}`", type_path.join(".")));
        };
        if self.types.len() == TYPES && !self.types.contains_key(name) {
            return Err(format!(
                "one event type more than {TYPES}, which is the limit"
            ));
        }
        self.types.entry(name.to_owned()).or_default().add(&event);
        Ok(())
    }

    /// Writes the `schema:` section of a settings file, with what was seen as comments.
    pub fn to_yaml(&self) -> String {
        let mut out = String::from("schema:\n");
        if self.types.is_empty() {
            out = "schema: {}\n".to_owned();
        }
        for (name, event) in &self.types {
            let _ = writeln!(out, "  {}:", quoted(name));
            let mut path = Path {
                segments: Vec::new(),
                span: Span::default(),
            };
            event.write(event.seen, &mut path, &mut out);
        }
        out
    }
}

impl Field {
    fn add(&mut self, value: &Value) {
        match value {
            Value::Null => return,
            Value::Bool(_) => self.bools += 1,
            Value::Array(_) => self.lists += 1,
            Value::Number(number) => {
                self.numbers += 1;
                let number = number.as_f64().unwrap_or_default();
                let (least, greatest) = self.range.unwrap_or((number, number));
                self.range = Some((least.min(number), greatest.max(number)));
            }
            Value::String(text) => {
                self.texts += 1;
                // One more than the limit says that there are too many.
                if self.members.len() <= MEMBERS {
                    self.members.insert(text.clone());
                }
            }
            Value::Object(fields) => {
                self.objects += 1;
                for (name, value) in fields {
                    if self.fields.len() <= FIELDS || self.fields.contains_key(name) {
                        self.fields.entry(name.clone()).or_default().add(value);
                    }
                }
            }
        }
        self.seen += 1;
        if !self.too_many && !value.is_array() && !value.is_object() {
            *self.values.entry(value.to_string()).or_default() += 1;
            if self.values.len() > COUNTED {
                self.too_many = true;
                self.values.clear();
            }
        }
    }

    /// Whether it is an object that always has the like, whose fields tell more than it does.
    fn is_parent(&self) -> bool {
        self.objects == self.seen && (1..=FIELDS).contains(&self.fields.len())
    }

    /// Whether it is a text of a closed set.
    fn is_closed(&self) -> bool {
        self.texts == self.seen
            && self.members.len() <= MEMBERS
            && self.texts >= self.members.len() as u64 * TIMES
    }

    /// Writes this field, or those beneath it if it is an object that always has the like.
    fn write(&self, events: u64, path: &mut Path, out: &mut String) {
        if self.is_parent() {
            for (name, field) in &self.fields {
                path.segments.push(Segment::Field(name.clone()));
                field.write(events, path, out);
                path.segments.pop();
            }
            return;
        }
        if path.segments.is_empty() {
            return;
        }
        let _ = write!(
            out,
            "    {}: {}",
            quoted(&print_path(path)),
            self.declared()
        );
        let mut notes = Vec::new();
        if let (Some((least, greatest)), true) = (self.range, self.numbers == self.seen) {
            notes.push(format!("{least} to {greatest}"));
        }
        if self.seen < events {
            notes.push(format!("optional: in {} of {events}", self.seen));
        }
        if !notes.is_empty() {
            let _ = write!(out, "  # {}", notes.join("; "));
        }
        out.push('\n');
    }

    fn declared(&self) -> String {
        if self.texts == self.seen && self.seen > 0 {
            if !self.is_closed() {
                return "string".to_owned();
            }
            let members: Vec<_> = self.members.iter().map(|member| quoted(member)).collect();
            return format!("{{type: string, enum: [{}]}}", members.join(", "));
        }
        self.kind().to_owned()
    }

    /// The type that all its values have.
    fn kind(&self) -> &'static str {
        let kinds = [
            (self.texts, "string"),
            (self.numbers, "number"),
            (self.bools, "bool"),
            (self.lists, "list"),
            (self.objects, "object"),
        ];
        let is_all = |number| number == self.seen && self.seen > 0;
        let found = kinds.into_iter().find(|(number, _)| is_all(*number));
        found.map_or("any", |(_, name)| name)
    }
}

/// A text as YAML: in quotes unless it is a path of plain names that YAML takes for nothing else.
fn quoted(text: &str) -> String {
    let plain = text.starts_with(|first: char| first.is_ascii_alphabetic())
        && text
            .chars()
            .all(|one| one.is_ascii_alphanumeric() || "._-".contains(one));
    let words = ["true", "false", "null", "yes", "no", "on", "off", "y", "n"];
    if plain && !words.contains(&text.to_ascii_lowercase().as_str()) {
        return text.to_owned();
    }
    // A JSON text is a double-quoted one of YAML.
    Value::from(text).to_string()
}

#[cfg(test)]
mod tests {
    // A test that cannot add its own events has failed.
    #![allow(clippy::unwrap_used)]

    use super::SchemaSample;
    use crate::{RawFile, check};

    fn inferred(events: &[String]) -> String {
        let mut sample = SchemaSample::default();
        for event in events {
            sample.add(event.as_bytes(), &["kind"]).unwrap();
        }
        sample.to_yaml()
    }

    /// What `check` finds in an alert with this condition under a schema.
    fn codes(schema: &str, on: &str, when: &str) -> Vec<&'static str> {
        let file = |name: &str, text: &str, settings| RawFile {
            name: name.to_owned(),
            bytes: text.into(),
            settings,
        };
        let settings = format!("event: {{type: kind}}\n{schema}");
        let rules = format!("alerts:\n  a:\n    on: {on:?}\n    when: |\n      {when}\n");
        let files = vec![
            file("rules/a.yaml", &rules, false),
            file("rules/tripline.yaml", &settings, true),
        ];
        check(files)
            .diagnostics
            .iter()
            .map(|one| one.code)
            .collect()
    }

    #[test]
    fn types_ranges_closed_sets_and_optional_fields_are_found() {
        let event = |number: i64| {
            let status = if number % 2 == 0 { "ok" } else { "off" };
            let extra = if number == 3 { r#","tags":[1]"# } else { "" };
            format!(
                r#"{{"kind":"a","user-id":"u{number}","data":{{"x":{number}.5,"ok":true,"status":"{status}","mixed":{}{extra}}}}}"#,
                if number == 1 { "1" } else { "\"1\"" },
            )
        };
        let events: Vec<_> = (0..40).map(event).collect();
        let schema = inferred(&events);
        let wanted = "\
schema:
  a:
    data.mixed: any
    data.ok: bool
    data.status: {type: string, enum: [\"off\", ok]}
    data.tags: list  # optional: in 1 of 40
    data.x: number  # 0.5 to 39.5
    kind: {type: string, enum: [a]}
    \"event[\\\"user-id\\\"]\": string
";
        assert_eq!(schema, wanted);
        let reversed: Vec<_> = events.into_iter().rev().collect();
        assert_eq!(inferred(&reversed), wanted);
        assert!(
            codes(
                &schema,
                "a",
                "data.x > 1 and data.status == \"off\" and event[\"user-id\"] is missing"
            )
            .is_empty()
        );
        assert_eq!(codes(&schema, "a", "data.y > 1"), ["E1203"]);
        assert_eq!(codes(&schema, "a", "data.status == \"on\""), ["E1207"]);
    }

    #[test]
    fn names_that_yaml_takes_for_something_else_are_quoted() {
        for name in [
            "true", "12", "a: b", "# no", "tab\\t", "\\u0001", "ü\\\"", "- a", "",
        ] {
            let event = format!(r#"{{"kind":"{name}","{name}":{{"{name}":1}}}}"#);
            let schema = inferred(&[event]);
            let document = crate::yaml::parse(&schema);
            assert_eq!(document.problems, [], "{schema}");
        }
    }

    #[test]
    fn an_object_whose_names_are_data_is_one_field() {
        let names: Vec<_> = (0..200).map(|number| format!(r#""u{number}":1"#)).collect();
        let event = format!(r#"{{"kind":"a","by":{{{}}}}}"#, names.join(","));
        assert!(inferred(&[event]).contains("\n    by: object\n"));
    }

    #[test]
    fn what_is_no_event_is_refused_with_the_reason() {
        let mut sample = SchemaSample::default();
        let mut refuse = |event: &str| sample.add(event.as_bytes(), &["kind"]).unwrap_err();
        assert!(refuse("{").starts_with("not JSON"));
        assert_eq!(refuse("[]"), "not an object");
        assert_eq!(refuse("{\"kind\":1}"), "no event type in `kind`");
        assert_eq!(sample.to_yaml(), "schema: {}\n");
    }
}
