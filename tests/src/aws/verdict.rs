//! What is wrong with a world after everything came to an end.

use std::collections::BTreeSet;

use serde_json::Value;

use super::scenario::{Expected, OVER_SHARDS, Scenario, unplaced};
use super::world::Shared;

/// What differs from what one calm evaluation gives.
pub(super) fn wrong(scenario: &Scenario, expected: &Expected, shared: &Shared) -> Vec<String> {
    let mut wrong = Vec::new();
    let sent = &shared.sent;
    for (id, (alert, _)) in sent {
        let given = unplaced(serde_json::from_str(alert).unwrap_or_default());
        let name = given["alert"].as_str().unwrap_or_default().to_owned();
        if OVER_SHARDS.contains(&name.as_str()) {
            if name == "too-much" {
                wrong.push(format!("an event counts twice: {given}"));
            }
        } else if expected.notifications.get(id) != Some(&given) {
            let like = expected.notifications.get(id);
            wrong.push(format!(
                "sent, and not given: {given}; of this id: {like:?}"
            ));
        }
    }
    for (id, alert) in &expected.notifications {
        let over_shards = alert["alert"]
            .as_str()
            .is_some_and(|name| OVER_SHARDS.contains(&name));
        if !over_shards && !sent.contains_key(id) {
            wrong.push(format!("never sent: {alert}"));
        }
    }
    let fires = |json: &(String, u64)| json.0.contains("\"alert\":\"everything\"");
    if scenario.events > 0 && !sent.values().any(fires) {
        wrong.push("an event is missing from a window over all shards".to_owned());
    }
    let rows = shared.rows.values().flat_map(|row| &row.published);
    let mut rows: Vec<String> = rows
        .map(|row| serde_json::to_string(row).unwrap_or_default())
        .collect();
    rows.sort();
    if !alike(&rows, &expected.rows) {
        wrong.push(format!("rows differ:\n{rows:#?}\n{:#?}", expected.rows));
    }
    let events: BTreeSet<String> = shared.events.keys().cloned().collect();
    if events != expected.events {
        wrong.push("the events table differs".to_owned());
    }
    let poison = scenario.puts.iter().filter(|put| put.is_poison);
    let poison: BTreeSet<String> = poison.map(|put| put.record.sequence.to_string()).collect();
    let quarantined = shared.quarantined.keys().map(|(_, position)| {
        let record = position.split(':').next().unwrap_or_default();
        record.to_owned()
    });
    if quarantined.collect::<BTreeSet<_>>() != poison {
        wrong.push("the quarantine differs".to_owned());
    }
    if shared.items.values().any(|item| !item.outbox.is_empty()) {
        wrong.push("something is left in an outbox".to_owned());
    }
    wrong
}

/// Whether rows are the same, but for the last digits of a mean: shards add up in any order.
fn alike(given: &[String], expected: &[String]) -> bool {
    let read = |row: &String| serde_json::from_str::<Value>(row).unwrap_or_default();
    given.len() == expected.len()
        && given.iter().zip(expected).all(|(given, expected)| {
            let (mut given, mut expected) = (read(given), read(expected));
            let (a, b) = (
                given["values"]["mean"].take(),
                expected["values"]["mean"].take(),
            );
            let near = match (a.as_f64(), b.as_f64()) {
                (Some(a), Some(b)) => (a - b).abs() <= 1e-9 * b.abs(),
                (a, b) => a == b,
            };
            near && given == expected
        })
}
