//! Aggregate rules: every window's rows, computed at the end from all events.

use std::collections::BTreeMap;

use serde_json::{Map, Value};
use tripline_grammar::ast::{Call, Expr, ExprKind};

use super::aggregate::{self, Contribution};
use super::datum::Datum;
use super::expression::{Lists, Scope, evaluate, leaves};
use super::input::Event;
use super::rule::{key, named, parse_named};
use super::{OracleAggregate, OracleRow};

/// The values of a key, and its events in one window.
type Members<'a> = (Vec<Value>, Vec<&'a Event>);

/// The rows of one aggregate rule over all events, in the order of the output.
pub(super) fn rows(
    rule: &OracleAggregate,
    lists: &Lists,
    events: &[Event],
) -> Result<Vec<OracleRow>, String> {
    let by = parse_named(&rule.name, &rule.by)?;
    let compute = parse_named(&rule.name, &rule.compute)?;
    let length = rule.per_seconds as i64 * 1_000;
    let mut groups: BTreeMap<(i64, Vec<u8>), Members<'_>> = BTreeMap::new();
    for event in events.iter().filter(|event| event.matches(&rule.on)) {
        let scope = Scope::of_event(&event.value, event.time, lists);
        let Some(key) = key(&by, scope) else {
            continue;
        };
        let start = event.time.div_euclid(length) * length;
        let bytes = Value::from(key.clone()).to_string().into_bytes();
        let group = groups.entry((start, bytes));
        group.or_insert_with(|| (key, Vec::new())).1.push(event);
    }
    let row = |((start, _), (key, events)): (_, Members<'_>)| {
        let mut values = Map::new();
        for (name, expr) in &compute {
            let value = computed(expr, &events, lists, rule.per_seconds as i64);
            if let Some(value) = value.to_json() {
                values.insert(name.clone(), value);
            }
        }
        OracleRow {
            aggregate: rule.name.clone(),
            key: named(&by, &key),
            start_ms: start,
            end_ms: start + length,
            values,
            events: events.len() as u64,
        }
    };
    Ok(groups.into_iter().map(row).collect())
}

/// What an expression over aggregates without windows gives for some events.
fn computed(expr: &Expr, events: &[&Event], lists: &Lists, seconds: i64) -> Datum {
    let mut values: Vec<(Call, Datum)> = Vec::new();
    for leaf in leaves(expr) {
        if let ExprKind::Call(call) = leaf.kind {
            let scopes = events
                .iter()
                .map(|event| Scope::of_event(&event.value, event.time, lists));
            let held: Vec<Contribution> = scopes
                .filter_map(|scope| aggregate::contribution(&call, scope))
                .collect();
            let held: Vec<&Contribution> = held.iter().collect();
            let value = aggregate::value(&call, &held, seconds);
            values.push((call, value));
        }
    }
    let scope = Scope {
        windows: &values,
        ..Scope::nowhere()
    };
    evaluate(expr, scope)
}
