//! Why a key fires, or does not.

use serde_json::{Value, json};
use tripline_engine::{KeyState, Part, PartValue, Stage};

use super::alerts::{filed, named, phase};
use super::{Answer, present, time};
use crate::dev::pipeline::View;
use crate::explanation::trees;

/// The condition of a key as a tree, with the value of every part.
pub(in crate::dev) fn why(view: &View<'_>, name: &str, key: &str) -> Answer {
    let rule = named(view, name)?;
    let key = filed(view, rule, key)?;
    let stored = view.world.state(rule.fingerprint(), &key)?;
    let state = stored.and_then(|bytes| KeyState::decode(&bytes, rule).ok());
    let Some(state) = state else {
        let text = match rule.has_states() {
            true => "Nothing is known of this key: no event of it came, or it is forgotten.",
            false => {
                "This alert fires for single events and keeps no state: its notifications say why each fired."
            }
        };
        return Ok(json!({
            "outcome": "unknown key", "text": text, "terms": [], "suppressed": null,
        }));
    };
    let look = state.look(rule, present(view));
    let mut terms = Vec::new();
    for (name, condition) in &look.conditions {
        if *name == "until" {
            terms.push(json!({"text": "until", "value": null, "holds": null, "depth": 0}));
        }
        flatten(condition, usize::from(*name == "until"), &mut terms);
    }
    let mut text = trees(&look.conditions, false);
    text += &match (look.stage, look.since) {
        (Stage::Firing, Some(since)) => format!("\nIt fires since {since}."),
        (Stage::Pending, Some(since)) => {
            format!(
                "\nThe condition holds since {since}; it fires once it has held for long enough."
            )
        }
        _ => match look.conditions.first().map(|(_, part)| &part.value) {
            Some(PartValue::Known(Value::Bool(true))) => {
                "\nIt does not fire: it ended, or `until` holds.".to_owned()
            }
            Some(PartValue::Known(_)) => "\nIt does not fire: the condition is false.".to_owned(),
            _ => "\nIt does not fire: without an event the condition is unknown.".to_owned(),
        },
    };
    let withheld = (look.stage == Stage::Firing && !state.is_told())
        .then_some("its message is withheld by a cooldown or a silence");
    Ok(json!({
        "outcome": phase(look.stage),
        "text": text,
        "at": time(look.at),
        "terms": terms,
        "suppressed": withheld,
    }))
}

fn flatten(part: &Part, depth: usize, terms: &mut Vec<Value>) {
    let (value, holds) = match &part.value {
        PartValue::Known(value) => (value.clone(), value.as_bool()),
        PartValue::List => (json!("a list"), None),
        PartValue::Object => (json!("an object"), None),
        PartValue::Unread | PartValue::Empty => (Value::Null, None),
    };
    terms.push(json!({"text": part.text, "value": value, "holds": holds, "depth": depth}));
    for inner in &part.parts {
        flatten(inner, depth + 1, terms);
    }
}
