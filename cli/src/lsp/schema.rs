//! The JSON schemas of rule files and test files: which keys stand where, and what they mean.

use std::sync::LazyLock;

use serde_json::Value;

static RULES: LazyLock<Value> = LazyLock::new(|| {
    serde_json::from_str(include_str!("../../../grammar/rules.schema.json")).unwrap_or_default()
});
static TESTS: LazyLock<Value> = LazyLock::new(|| {
    serde_json::from_str(include_str!("../../../grammar/tests.schema.json")).unwrap_or_default()
});

/// What kind of file a place is in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Root {
    Rules,
    Settings,
    Tests,
}

/// How many references lead from one to the next at most.
const DEPTH: usize = 8;

/// What the schema says of a place: all that may stand there.
#[derive(Debug, Clone)]
pub(super) struct Place {
    all: Vec<&'static Value>,
    /// What references lead to.
    definitions: &'static Value,
}

impl Place {
    /// The place at the end of a path of keys; `[]` is an item of a list.
    pub(super) fn of(root: Root, path: &[String]) -> Place {
        let (schema, root) = match root {
            Root::Rules => (&*RULES, "rules"),
            Root::Settings => (&*RULES, "settings"),
            Root::Tests => (&*TESTS, "tests"),
        };
        let definitions = &schema["$defs"];
        let mut place = Place::resolved(&definitions[root], definitions);
        for key in path {
            let inner = place.all.iter().filter_map(|one| match key.as_str() {
                "[]" => one.get("items"),
                key => {
                    let property = one.get("properties").and_then(|all| all.get(key));
                    property.or_else(|| one.get("additionalProperties"))
                }
            });
            let all = inner.flat_map(|one| Place::resolved(one, definitions).all);
            place = Place {
                all: all.collect(),
                definitions,
            };
        }
        place
    }

    /// All that a schema stands for.
    fn resolved(schema: &'static Value, definitions: &'static Value) -> Place {
        let mut all = vec![schema];
        for _ in 0..DEPTH {
            let mut more: Vec<&'static Value> = Vec::new();
            for one in &all {
                let name = one.get("$ref").and_then(Value::as_str);
                let name = name.and_then(|name| name.strip_prefix("#/$defs/"));
                more.extend(name.map(|name| &definitions[name]));
                let any = one.get("anyOf").and_then(Value::as_array);
                more.extend(any.into_iter().flatten());
            }
            let before = all.len();
            for one in more {
                if !all.iter().any(|known| std::ptr::eq(*known, one)) {
                    all.push(one);
                }
            }
            if all.len() == before {
                break;
            }
        }
        Place { all, definitions }
    }

    /// The keys that may stand there, with what they mean.
    pub(super) fn keys(&self) -> impl Iterator<Item = (&'static str, Place)> {
        let definitions = self.definitions;
        let maps = self
            .all
            .iter()
            .filter_map(|one| one.get("properties")?.as_object());
        maps.flatten()
            .map(move |(key, inner)| (key.as_str(), Place::resolved(inner, definitions)))
    }

    /// The values that may stand there, where they can be counted.
    pub(super) fn values(&self) -> Vec<String> {
        let mut values = Vec::new();
        for one in &self.all {
            let all = one
                .get("enum")
                .and_then(Value::as_array)
                .into_iter()
                .flatten();
            let all = all.chain(one.get("const"));
            values.extend(all.filter_map(|value| match value {
                Value::String(text) => Some(text.clone()),
                Value::Bool(value) => Some(value.to_string()),
                _ => None,
            }));
            if one.get("type").and_then(Value::as_str) == Some("boolean") {
                values.extend(["true", "false"].map(str::to_owned));
            }
        }
        values
    }

    /// Whether an expression of the rule language stands there.
    pub(super) fn is_expression(&self) -> bool {
        self.is_any(&["condition", "expression"])
    }

    /// Whether the name of an alert, or the beginning of such names, stands there.
    pub(super) fn is_alert(&self) -> bool {
        self.is_any(&["alertPattern", "alertName"])
    }

    /// Whether event types stand there.
    pub(super) fn is_event_type(&self) -> bool {
        self.is_any(&["eventPattern", "on"])
    }

    fn is_any(&self, names: &[&str]) -> bool {
        let defined = |name: &&str| {
            let wanted = &self.definitions[*name];
            self.all.iter().any(|one| std::ptr::eq(*one, wanted))
        };
        names.iter().any(defined)
    }

    /// What it means, as Markdown.
    pub(super) fn explained(&self) -> Option<String> {
        let said = |key: &str| self.all.iter().find_map(|one| one.get(key)?.as_str());
        let mut text = said("description")?.to_owned();
        if let Some(title) = said("title") {
            text = format!("**{title}.** {text}");
        }
        let default = self.all.iter().find_map(|one| one.get("default"));
        if let Some(default) = default {
            text += &format!("\n\nUnset: `{}`", plain(default));
        }
        let examples = self
            .all
            .iter()
            .find_map(|one| one.get("examples")?.as_array());
        let examples = examples
            .into_iter()
            .flatten()
            .filter(|one| !one.is_object());
        let examples: Vec<String> = examples.map(|one| format!("`{}`", plain(one))).collect();
        if !examples.is_empty() {
            text += &format!("\n\nExamples: {}", examples.join(", "));
        }
        Some(text)
    }
}

fn plain(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::{Place, Root};

    fn place(root: Root, path: &[&str]) -> Place {
        let path: Vec<String> = path.iter().map(|key| (*key).to_owned()).collect();
        Place::of(root, &path)
    }

    #[test]
    fn the_schema_is_followed() {
        let keys: Vec<&str> = place(Root::Rules, &["alerts", "x"])
            .keys()
            .map(|(key, _)| key)
            .collect();
        for key in ["when", "by", "until", "severity"] {
            assert!(keys.contains(&key), "{keys:?}");
        }
        assert!(place(Root::Rules, &["alerts", "x", "when"]).is_expression());
        assert!(place(Root::Rules, &["alerts", "x", "by", "[]"]).is_expression());
        assert!(place(Root::Rules, &["aggregates", "x", "compute", "n"]).is_expression());
        assert!(!place(Root::Rules, &["alerts", "x", "runbook"]).is_expression());
        assert!(place(Root::Rules, &["silences", "x", "match", "alert"]).is_alert());
        assert!(place(Root::Settings, &["notify", "routes", "[]", "alert"]).is_alert());
        assert!(place(Root::Rules, &["alerts", "x", "on", "[]"]).is_event_type());
        let severities = place(Root::Rules, &["alerts", "x", "severity"]).values();
        assert_eq!(severities, ["info", "warning", "critical"]);
        assert!(
            place(Root::Rules, &["alerts", "x", "for"])
                .explained()
                .is_some()
        );
        let expected = ["tests", "[]", "expect", "[]"];
        assert!(
            place(Root::Tests, &expected)
                .keys()
                .any(|(key, _)| key == "suppressed")
        );
        assert!(place(Root::Tests, &["tests", "[]", "expect", "[]", "alert"]).is_alert());
        assert!(
            place(Root::Rules, &["nothing", "here"])
                .keys()
                .next()
                .is_none()
        );
    }
}
