//! Each object of the schema has the keys that the checker takes there, no more and no fewer.

use std::collections::BTreeSet;

use serde_json::Value;
use tripline_engine::{Diagnostic, check};

use super::{NOT_YET, file, schema};

/// An object of the language.
struct Object {
    /// Where its subschema stands.
    place: &'static str,
    /// The kind of file that it stands in.
    kind: &'static str,
    /// The section that it belongs to; empty for the file itself.
    section: &'static str,
    /// A file with the object, `@` standing for one of its keys with a value.
    around: &'static str,
}

const OBJECTS: &[Object] = &[
    Object {
        place: "/$defs/rules",
        kind: "rules",
        section: "",
        around: "{@}",
    },
    Object {
        place: "/$defs/alert",
        kind: "rules",
        section: "alerts",
        around: "alerts: {a: {@}}",
    },
    Object {
        place: "/$defs/aggregate",
        kind: "rules",
        section: "aggregates",
        around: "aggregates: {a: {@}}",
    },
    Object {
        place: "/$defs/silence",
        kind: "rules",
        section: "silences",
        around: "silences: {a: {@}}",
    },
    Object {
        place: "/$defs/silence/properties/match",
        kind: "rules",
        section: "silences",
        around: "silences: {a: {until: 2026-12-01, reason: x, match: {@}}}",
    },
    Object {
        place: "/$defs/defaults",
        kind: "rules",
        section: "defaults",
        around: "defaults: {@}",
    },
    Object {
        place: "/$defs/settings",
        kind: "settings",
        section: "",
        around: "{@}",
    },
    Object {
        place: "/$defs/event",
        kind: "settings",
        section: "event",
        around: "event: {@}",
    },
    Object {
        place: "/$defs/field/anyOf/1",
        kind: "settings",
        section: "schema",
        around: "schema: {a: {data.x: {@}}}",
    },
    Object {
        place: "/$defs/lint",
        kind: "settings",
        section: "lint",
        around: "lint: {@}",
    },
    Object {
        place: "/$defs/notify",
        kind: "settings",
        section: "notify",
        around: "notify: {@}",
    },
    Object {
        place: "/$defs/route",
        kind: "settings",
        section: "notify",
        around: "notify: {routes: [{@}]}",
    },
];

impl Object {
    fn keys(&self, schema: &Value) -> BTreeSet<String> {
        let properties = &schema.pointer(self.place).unwrap()["properties"];
        properties.as_object().unwrap().keys().cloned().collect()
    }

    /// What the checker finds in a file in which the object has this key alone.
    fn with(&self, key: &str) -> Vec<Diagnostic> {
        let text = self.around.replace('@', &format!("{key}: "));
        check(vec![file(self.kind, &text)]).diagnostics
    }

    /// The help of the diagnostic that says that the object has no such key.
    fn unknown(&self, key: &str) -> Option<String> {
        let refused = format!("has no key `{key}`");
        self.with(key)
            .into_iter()
            .find(|diagnostic| {
                diagnostic.id == "unknown-key" && diagnostic.message.ends_with(&refused)
            })
            .map(|diagnostic| diagnostic.help.unwrap_or_default())
    }

    fn is_read(&self) -> bool {
        !NOT_YET.contains(&self.section)
    }
}

#[test]
fn the_keys_of_each_object_are_those_that_the_checker_takes() {
    let schema = schema();
    for object in OBJECTS.iter().filter(|object| object.is_read()) {
        let place = object.place;
        let keys = object.keys(&schema);
        for key in &keys {
            assert_eq!(object.unknown(key), None, "{place}: {key}");
        }
        // A key that is like no other is answered with all of them.
        let help = object
            .unknown("qqqqqqqqqqqq")
            .unwrap_or_else(|| panic!("{place} takes any key"));
        let (_, list) = help
            .split_once(" takes ")
            .unwrap_or_else(|| panic!("{place}: {help}"));
        let taken: BTreeSet<String> = list.split(", ").map(str::to_owned).collect();
        assert_eq!(keys, taken, "{place}");
    }
}

/// Every object that takes no other keys stands in the table above.
#[test]
fn no_object_is_left_out() {
    let schema = schema();
    let mut places = Vec::new();
    super::each("", &schema, &mut places);
    let closed: BTreeSet<&str> = places
        .iter()
        .filter(|(_, subschema)| subschema.get("additionalProperties") == Some(&false.into()))
        .map(|(place, _)| place.as_str())
        .collect();
    let with_properties = places.iter().filter(|(place, subschema)| {
        subschema.get("properties").is_some_and(Value::is_object) && !place.ends_with("/then")
    });
    for (place, _) in with_properties {
        assert!(closed.contains(place.as_str()), "{place} takes any key");
    }
    let known: BTreeSet<&str> = OBJECTS.iter().map(|object| object.place).collect();
    assert_eq!(known, closed);
}

/// A section that the checker has learnt to read is taken off the list, so that its keys are compared.
#[test]
fn sections_not_read_yet() {
    for section in NOT_YET {
        let object = OBJECTS
            .iter()
            .find(|object| object.section.is_empty() && object.keys(&schema()).contains(*section))
            .unwrap_or_else(|| panic!("there is no section {section}"));
        let diagnostics = object.with(section);
        let is_refused = diagnostics
            .iter()
            .any(|diagnostic| diagnostic.id == "not-yet");
        assert!(
            is_refused,
            "the checker reads `{section}`: take it off NOT_YET"
        );
    }
}

#[test]
fn the_severities_are_those_of_the_engine() {
    let schema = schema();
    let listed: BTreeSet<&str> = schema["$defs"]["severity"]["enum"]
        .as_array()
        .unwrap()
        .iter()
        .filter_map(Value::as_str)
        .collect();
    let known: Vec<String> = tripline_engine::AlertSeverity::ALL
        .iter()
        .map(ToString::to_string)
        .collect();
    assert_eq!(listed, known.iter().map(String::as_str).collect());
}
