//! A YAML file as an editor reads it: JSON by YAML's core schema.

use serde_json::{Map, Number, Value};
use tripline_engine::yaml::{self, Content, Node, Scalar, Style};

/// Reads a file; `null` for an empty one.
pub(crate) fn json(text: &str) -> Value {
    let document = yaml::parse(text);
    assert!(document.problems.is_empty(), "{:?}", document.problems);
    document.root.as_ref().map_or(Value::Null, node)
}

fn node(node: &Node) -> Value {
    match &node.content {
        Content::Scalar(value) => scalar(value),
        Content::List(items) => items.iter().map(self::node).collect(),
        Content::Map(entries) => {
            let fields = entries
                .iter()
                .map(|entry| (entry.key.value.to_string(), self::node(&entry.value)));
            Value::Object(fields.collect::<Map<_, _>>())
        }
    }
}

fn scalar(scalar: &Scalar) -> Value {
    let text = scalar.value.as_str();
    if scalar.style != Style::Plain {
        return text.into();
    }
    match text {
        "" | "~" | "null" | "Null" | "NULL" => return Value::Null,
        "true" | "True" | "TRUE" => return true.into(),
        "false" | "False" | "FALSE" => return false.into(),
        _ => {}
    }
    let integer = match text.get(..2) {
        Some("0o") => i64::from_str_radix(&text[2..], 8).ok(),
        Some("0x") => i64::from_str_radix(&text[2..], 16).ok(),
        _ => text.parse().ok(),
    };
    // A double of Rust may also be a word, such as `inf`.
    let is_numeric = text.contains(|char: char| char.is_ascii_digit())
        && text
            .trim_matches(|char: char| "+-.0123456789eE".contains(char))
            .is_empty();
    let double = || text.parse().ok().filter(|_| is_numeric);
    integer
        .map(Number::from)
        .or_else(|| Number::from_f64(double()?))
        .map_or_else(|| text.into(), Value::Number)
}

#[test]
fn scalars_are_of_the_core_schema() {
    let given = json(
        "{a: 1, b: 1.5, c: '1', d: 5m, e: 2026-11-01, f: on, g: true, h: , i: 0x1f, j: inf, k: 1e3, l: -2}",
    );
    let wanted = serde_json::json!({
        "a": 1, "b": 1.5, "c": "1", "d": "5m", "e": "2026-11-01", "f": "on", "g": true, "h": null,
        "i": 31, "j": "inf", "k": 1000.0, "l": -2
    });
    assert_eq!(given, wanted);
}
