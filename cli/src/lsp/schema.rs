//! The JSON schema of rule files: which keys stand where, and what they mean.

use std::sync::LazyLock;

use serde_json::Value;

static SCHEMA: LazyLock<Value> = LazyLock::new(|| {
    serde_json::from_str(include_str!("../../../grammar/rules.schema.json")).unwrap_or_default()
});

/// How many references lead from one to the next at most.
const DEPTH: usize = 8;

/// What the schema says of a place: all that may stand there.
#[derive(Debug, Clone)]
pub(super) struct Place(Vec<&'static Value>);

impl Place {
    /// The place at the end of a path of keys; `[]` is an item of a list.
    pub(super) fn of(is_settings: bool, path: &[String]) -> Place {
        let root = if is_settings { "settings" } else { "rules" };
        let mut place = Place::resolved(&SCHEMA["$defs"][root]);
        for key in path {
            let inner = place.0.iter().filter_map(|one| match key.as_str() {
                "[]" => one.get("items"),
                key => {
                    let property = one.get("properties").and_then(|all| all.get(key));
                    property.or_else(|| one.get("additionalProperties"))
                }
            });
            place = Place(inner.flat_map(|one| Place::resolved(one).0).collect());
        }
        place
    }

    /// All that a schema stands for.
    fn resolved(schema: &'static Value) -> Place {
        let mut all = vec![schema];
        for _ in 0..DEPTH {
            let mut more: Vec<&'static Value> = Vec::new();
            for one in &all {
                let name = one.get("$ref").and_then(Value::as_str);
                let name = name.and_then(|name| name.strip_prefix("#/$defs/"));
                more.extend(name.map(|name| &SCHEMA["$defs"][name]));
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
        Place(all)
    }

    /// The keys that may stand there, with what they mean.
    pub(super) fn keys(&self) -> impl Iterator<Item = (&'static str, Place)> {
        let maps = self
            .0
            .iter()
            .filter_map(|one| one.get("properties")?.as_object());
        maps.flatten()
            .map(|(key, inner)| (key.as_str(), Place::resolved(inner)))
    }

    /// The values that may stand there, where they can be counted.
    pub(super) fn values(&self) -> Vec<String> {
        let mut values = Vec::new();
        for one in &self.0 {
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
        self.is_any(&["alertPattern"])
    }

    /// Whether event types stand there.
    pub(super) fn is_event_type(&self) -> bool {
        self.is_any(&["eventPattern", "on"])
    }

    fn is_any(&self, names: &[&str]) -> bool {
        let defined = |name: &&str| {
            let wanted = &SCHEMA["$defs"][*name];
            self.0.iter().any(|one| std::ptr::eq(*one, wanted))
        };
        names.iter().any(defined)
    }

    /// What it means, as Markdown.
    pub(super) fn explained(&self) -> Option<String> {
        let said = |key: &str| self.0.iter().find_map(|one| one.get(key)?.as_str());
        let mut text = said("description")?.to_owned();
        if let Some(title) = said("title") {
            text = format!("**{title}.** {text}");
        }
        let default = self.0.iter().find_map(|one| one.get("default"));
        if let Some(default) = default {
            text += &format!("\n\nUnset: `{}`", plain(default));
        }
        let examples = self
            .0
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
    use super::Place;

    fn place(is_settings: bool, path: &[&str]) -> Place {
        let path: Vec<String> = path.iter().map(|key| (*key).to_owned()).collect();
        Place::of(is_settings, &path)
    }

    #[test]
    fn the_schema_is_followed() {
        let keys: Vec<&str> = place(false, &["alerts", "x"])
            .keys()
            .map(|(key, _)| key)
            .collect();
        for key in ["when", "by", "until", "severity"] {
            assert!(keys.contains(&key), "{keys:?}");
        }
        assert!(place(false, &["alerts", "x", "when"]).is_expression());
        assert!(place(false, &["alerts", "x", "by", "[]"]).is_expression());
        assert!(place(false, &["aggregates", "x", "compute", "n"]).is_expression());
        assert!(!place(false, &["alerts", "x", "runbook"]).is_expression());
        assert!(place(false, &["silences", "x", "match", "alert"]).is_alert());
        assert!(place(true, &["notify", "routes", "[]", "alert"]).is_alert());
        assert!(place(false, &["alerts", "x", "on", "[]"]).is_event_type());
        let severities = place(false, &["alerts", "x", "severity"]).values();
        assert_eq!(severities, ["info", "warning", "critical"]);
        assert!(place(false, &["alerts", "x", "for"]).explained().is_some());
        assert!(place(false, &["nothing", "here"]).keys().next().is_none());
    }
}
