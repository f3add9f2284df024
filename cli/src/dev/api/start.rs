//! What *Try it* begins with: a rule, and events that concern it.

use std::collections::VecDeque;

use serde_json::{Value, json};
use tripline_engine::yaml::{self, Node};
use tripline_engine::{RuleEntry, Source, SourceFile, Time};

use super::Answer;
use super::alerts::named;
use crate::dev::pipeline::View;

/// How many events it begins with at most.
const EVENTS: usize = 24;

/// The source of an alert as a file of its own, and the events before it last fired, or the last of its types.
pub(in crate::dev) fn start(view: &View<'_>, name: &str) -> Answer {
    let rule = named(view, name)?;
    let rules = match view.rules.alerts.get(name) {
        Some(entry) => file_of(&view.rules.files, entry),
        None => String::new(),
    };
    let sent = view.world.alerts(Some(name), 50)?.into_iter();
    let mut sent = sent.filter_map(|(_, alert)| serde_json::from_str::<Value>(&alert).ok());
    let fired = sent.find(|alert| alert["status"] == "firing");
    let fired = fired.and_then(|alert| {
        let at = Time::parse(alert["at"].as_str()?)?;
        let names = view.rules.program.key_names(rule).into_iter();
        let values = names.map(|name| alert["key"][name.as_str()].clone());
        Some((Value::Array(values.collect()).to_string(), at))
    });
    let mut events: VecDeque<String> = VecDeque::new();
    let source = || Source::File {
        file: "events",
        line: 0,
    };
    let program = &view.rules.program;
    view.world.each_event(|event, arrival| {
        let Ok(decoded) = program.decode_at(event.as_bytes(), Some(arrival), source()) else {
            return;
        };
        let Some(key) = program.explained_key(name, &decoded) else {
            return;
        };
        let is_of_it = match &fired {
            Some((fired, at)) => *key.key == **fired && decoded.time() <= *at,
            None => true,
        };
        if is_of_it {
            if events.len() == EVENTS {
                events.pop_front();
            }
            events.push_back(event.trim().to_owned());
        }
    })?;
    let events: Vec<String> = events.into();
    Ok(json!({"rules": rules, "events": events.join("\n")}))
}

/// A file with one rule, the defaults that hold for it, and the lists that it names.
fn file_of(files: &[SourceFile], entry: &RuleEntry) -> String {
    let file = &files[entry.file];
    let rule = block(file, entry.range.clone());
    let mut text = String::new();
    let root = yaml::parse(&file.text).root;
    let defaults = root.as_ref().and_then(|root| root.entry("defaults"));
    if let Some(defaults) = defaults {
        text += file
            .text
            .get(defaults.range.clone())
            .unwrap_or_default()
            .trim_end();
        text.push('\n');
    }
    text += &format!("alerts:\n{rule}\n");
    let mut lists = String::new();
    for file in files {
        let root = yaml::parse(&file.text).root;
        let all = root
            .as_ref()
            .and_then(|root| root.get("lists"))
            .and_then(Node::as_map);
        for list in all.unwrap_or_default() {
            let name = list.key.value.as_str();
            let mut words = rule.split(|c: char| !(c.is_ascii_alphanumeric() || c == '_'));
            if words.any(|word| word == name) {
                lists += &format!("{}\n", block(file, list.range.clone()));
            }
        }
    }
    if !lists.is_empty() {
        text += &format!("lists:\n{lists}");
    }
    text
}

/// A piece of a file from the beginning of its line on, so that its lines keep their indentation.
pub(super) fn block(file: &SourceFile, range: std::ops::Range<usize>) -> String {
    let before = file.text.get(..range.start).unwrap_or_default();
    let line = before.rsplit('\n').next().unwrap_or_default();
    let indentation = match line.trim().is_empty() {
        true => line.len(),
        // It stands in braces.
        false => 2,
    };
    let text = file.text.get(range).unwrap_or_default().trim_end();
    format!("{}{text}", " ".repeat(indentation.max(1)))
}
