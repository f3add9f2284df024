//! The routes of the settings: which topic an alert goes to.

use super::place::Place;
use super::reader::Reader;
use super::{matcher, variable};
use crate::diagnostic as codes;
use crate::matcher::Matcher;
use crate::route::{Route, Routes};
use crate::yaml::{Content, Node as Yaml};

const KEYS: &[&str] = &["routes", "resolved"];
const ROUTE_KEYS: &[&str] = &["severity", "alert", "labels", "topic"];
/// The most routes: each alert is compared with all before the one that it takes.
pub(crate) const MAX_ROUTES: usize = 1_000;

/// Reads the `notify` of the settings.
pub(super) fn check<'c>(reader: &mut Reader<'c, '_>, node: &'c Yaml) -> Routes {
    let mut routes = Routes::default();
    for entry in reader.fields(node, "`notify`", KEYS) {
        match entry.key.value.as_str() {
            "routes" => routes.routes = list(reader, &entry.value),
            "resolved" => {
                routes.resolved = reader.bool(&entry.value, "`resolved`").unwrap_or(true);
            }
            _ => {}
        }
    }
    routes
}

fn list<'c>(reader: &mut Reader<'c, '_>, node: &'c Yaml) -> Vec<Route> {
    let refused = match &node.content {
        Content::List(items) if (1..=MAX_ROUTES).contains(&items.len()) => {
            // A route with an error might have taken the alerts that the others leave.
            let routes: Vec<_> = items.iter().map(|item| route(reader, item)).collect();
            return routes
                .into_iter()
                .collect::<Option<_>>()
                .unwrap_or_default();
        }
        Content::List(items) if items.is_empty() => "`routes` is empty, so no alert goes anywhere",
        Content::List(_) => "`routes` holds more than 1000 routes",
        _ => "`routes` must be a list of routes",
    };
    let help = "write a list such as `[{severity: critical, topic: \"${PAGER_TOPIC_ARN}\"}, {topic: \"${ALERT_TOPIC_ARN}\"}]`";
    let range = node.range.clone();
    reader.refuse(
        codes::BAD_VALUE,
        range,
        refused.to_owned(),
        Some(help.to_owned()),
    );
    Vec::new()
}

fn route<'c>(reader: &mut Reader<'c, '_>, node: &'c Yaml) -> Option<Route> {
    let before = reader.diagnostics.len();
    let (mut alerts, mut topic) = (Matcher::default(), None);
    let entries = reader.fields(node, "a route", ROUTE_KEYS);
    for entry in entries {
        match entry.key.value.as_str() {
            "topic" => topic = self::topic(reader, &entry.value),
            key => {
                matcher::read(reader, &mut alerts, key, &entry.value);
            }
        }
    }
    if reader.diagnostics.len() > before {
        return None;
    }
    if topic.is_none() {
        let help = "say where its alerts go: `topic: \"${ALERT_TOPIC_ARN}\"`".to_owned();
        let range = node.range.clone();
        reader.refuse(
            codes::MISSING_KEY,
            range,
            "this route has no `topic`".to_owned(),
            Some(help),
        );
    }
    Some(Route {
        alerts,
        topic: topic?,
    })
}

fn topic<'c>(reader: &mut Reader<'c, '_>, node: &'c Yaml) -> Option<String> {
    let scalar = reader.scalar(node, "`topic`")?;
    if let Some(span) = variable::first_malformed(&scalar.value) {
        let place = Place {
            file: reader.file,
            text: reader.text,
            scalar,
            base: 0,
        };
        let help = "write `${NAME}`, in capitals, digits and `_`".to_owned();
        reader.refuse(
            codes::BAD_VARIABLE,
            place.range(span),
            "this begins no variable".to_owned(),
            Some(help),
        );
        return None;
    }
    Some(scalar.value.to_string())
}
