//! Keeps the JSON schema of rule files in step with what the checker takes.
// A test that cannot read its own data has failed.
#![allow(clippy::unwrap_used)]

#[path = "schema/files.rs"]
mod files;
#[path = "schema/keys.rs"]
mod keys;
#[path = "schema/mistakes.rs"]
mod mistakes;
#[path = "schema/tests.rs"]
mod tests;
#[path = "schema/tree.rs"]
mod tree;

use std::path::{Path, PathBuf};

use jsonschema::Validator;
use serde_json::{Value, json};
use tripline_engine::RawFile;

/// The sections that the checker answers with `E1901` so far: nothing is asked of it there. A name that is
/// not needed any more fails [`keys::sections_not_read_yet`].
const NOT_YET: &[&str] = &[];

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

fn schema() -> Value {
    read("rules")
}

/// The schema of rule files, or that of test files.
fn read(name: &str) -> Value {
    let path = root().join(format!("grammar/{name}.schema.json"));
    let text = std::fs::read_to_string(path).unwrap();
    serde_json::from_str(&text).unwrap()
}

/// A validator of what one of the schema's definitions describes.
fn definition(name: &str) -> Validator {
    let definitions = schema()["$defs"].take();
    assert!(definitions.get(name).is_some(), "no definition {name}");
    let reference = format!("#/$defs/{name}");
    jsonschema::draft202012::new(&json!({"$defs": definitions, "$ref": reference})).unwrap()
}

/// A file by the name that makes it a rule file or the settings file.
fn file(kind: &str, text: &str) -> RawFile {
    let settings = kind == "settings";
    RawFile {
        name: if settings {
            "rules/tripline.yaml"
        } else {
            "rules/a.yaml"
        }
        .to_owned(),
        settings,
        bytes: text.into(),
    }
}

#[test]
fn the_schema_is_one() {
    for schema in [schema(), read("tests")] {
        jsonschema::draft202012::meta::validate(&schema).unwrap();
        jsonschema::draft202012::new(&schema).unwrap();
    }
}

/// Calls with every subschema and its place.
fn each<'s>(place: &str, value: &'s Value, found: &mut Vec<(String, &'s Value)>) {
    match value {
        Value::Object(fields) => {
            found.push((place.to_owned(), value));
            for (key, value) in fields.iter().filter(|(key, _)| *key != "examples") {
                each(&format!("{place}/{key}"), value, found);
            }
        }
        Value::Array(items) => {
            for (index, value) in items.iter().enumerate() {
                each(&format!("{place}/{index}"), value, found);
            }
        }
        _ => {}
    }
}

#[test]
fn examples_and_defaults_are_valid_themselves() {
    let checked = valid_examples(&schema()) + valid_examples(&read("tests"));
    assert!(checked > 40);
}

fn valid_examples(schema: &Value) -> usize {
    let mut places = Vec::new();
    each("", schema, &mut places);
    let mut checked = 0;
    for (place, subschema) in places {
        let examples = subschema.get("examples").and_then(Value::as_array);
        let default = subschema.get("default");
        let mut given = examples.into_iter().flatten().chain(default).peekable();
        if given.peek().is_none() {
            continue;
        }
        let mut alone = subschema.clone();
        alone["$defs"] = schema["$defs"].clone();
        let validator = jsonschema::draft202012::new(&alone).unwrap();
        for value in given {
            assert!(validator.is_valid(value), "{place}: {value}");
            checked += 1;
        }
    }
    checked
}

/// An editor shows a title and a description of whatever the cursor is on.
#[test]
fn every_key_says_what_it_is() {
    keys_are_explained(&schema());
    keys_are_explained(&read("tests"));
}

fn keys_are_explained(schema: &Value) {
    let mut places = Vec::new();
    each("", schema, &mut places);
    for (place, subschema) in places {
        let properties = subschema.get("properties").and_then(Value::as_object);
        for (key, property) in properties.into_iter().flatten() {
            if place.ends_with("/then") {
                continue;
            }
            let referred = property
                .get("$ref")
                .and_then(|reference| schema.pointer(&reference.as_str()?[1..]));
            for word in ["title", "description"] {
                let said = property.get(word).or_else(|| referred?.get(word));
                assert!(said.is_some(), "{place}/{key} has no {word}");
            }
        }
    }
}
