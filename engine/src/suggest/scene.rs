//! A scene: events in time, as a test file says them.

use std::fmt::Write;

use serde_json::Value;
use tripline_grammar::ast::{Path, Segment, Span};
use tripline_grammar::{print_duration, print_path};

use super::fields::Field;

/// A value for each field, in their order; `None` leaves the field out.
pub(super) type Shape = Vec<Option<Value>>;

/// Events that say the same, one after the other.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Group {
    pub(super) shape: Shape,
    /// When the first of them comes, in seconds.
    pub(super) at: i64,
    pub(super) every: i64,
    pub(super) times: i64,
}

/// What happens in a test.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Scene {
    /// When it begins; on a Monday at noon if it does not say.
    pub(super) start: Option<String>,
    pub(super) groups: Vec<Group>,
    /// When the test ends, in seconds.
    pub(super) until: i64,
}

impl Scene {
    pub(super) fn events(&self) -> i64 {
        self.groups.iter().map(|group| group.times).sum()
    }

    /// What distinguishes it: `5 events with data.ok false, then one with data.ok true`.
    pub(super) fn describe(&self, fields: &[Field]) -> String {
        let groups = self.groups.iter().map(|group| {
            let mut text = match group.times {
                1 => "an event".to_owned(),
                times => format!("{times} events"),
            };
            let said = group.shape.iter().zip(fields);
            let said = said.filter(|(_, field)| field.values.len() > 1);
            for (number, (value, field)) in said.enumerate() {
                let path = path(&field.path);
                let _ = match value {
                    None => write!(text, "{} no {path}", joint(number)),
                    Some(_) if field.is_distinct && group.times > 1 => {
                        write!(text, "{} different {path}", joint(number))
                    }
                    Some(Value::String(value)) => {
                        write!(text, "{} {path} {value}", joint(number))
                    }
                    Some(value) => write!(text, "{} {path} {value}", joint(number)),
                };
            }
            text
        });
        let said = groups.collect::<Vec<_>>().join(", then ");
        match &self.start {
            Some(start) => format!("{said}, from {start} on"),
            None => said,
        }
    }

    /// Its lines in a test file, up to `until:`.
    pub(super) fn write(&self, fields: &[Field], text: &mut String) {
        if let Some(start) = &self.start {
            let _ = writeln!(text, "    start: {start}");
        }
        text.push_str("    events:\n");
        for group in &self.groups {
            let differ = group.times > 1 && fields.iter().any(|field| field.is_distinct);
            let (lines, times) = match differ {
                true => (group.times, 1),
                false => (1, group.times),
            };
            for line in 0..lines {
                let at = duration(group.at + line * group.every);
                let _ = write!(text, "      - {{at: {at}");
                if times > 1 {
                    let every = duration(group.every);
                    let _ = write!(text, ", every: {every}, times: {times}");
                }
                let mut root = Vec::new();
                for (value, field) in group.shape.iter().zip(fields) {
                    let differs = differ && field.is_distinct;
                    if let Some(value) = value {
                        let value = match (differs, value) {
                            (true, Value::String(text)) => Value::from(format!("{text}{line}")),
                            (true, value) => value
                                .as_i64()
                                .map_or_else(|| value.clone(), |number| (number + line).into()),
                            (false, value) => value.clone(),
                        };
                        put(&mut root, &field.path, value);
                    }
                }
                for (name, tree) in &root {
                    text.push_str(", ");
                    write_name(name, text);
                    tree.write(text);
                }
                text.push_str("}\n");
            }
        }
        let _ = writeln!(text, "    until: {}", duration(self.until));
    }
}

fn joint(number: usize) -> &'static str {
    if number == 0 { " with" } else { "," }
}

pub(super) fn duration(seconds: i64) -> String {
    match u64::try_from(seconds) {
        Ok(0) | Err(_) => "0s".to_owned(),
        Ok(seconds) => print_duration(seconds),
    }
}

pub(super) fn path(segments: &[Segment]) -> String {
    print_path(&Path {
        segments: segments.to_vec(),
        span: Span::default(),
    })
}

/// An event as it is written: the fields in the order in which they were put.
enum Tree {
    Leaf(Value),
    Map(Vec<(String, Tree)>),
    List(Vec<Tree>),
}

fn put(root: &mut Vec<(String, Tree)>, path: &[Segment], value: Value) {
    let Some((Segment::Field(name), rest)) = path.split_first() else {
        return;
    };
    let place = root.iter().position(|(known, _)| known == name);
    let place = place.unwrap_or_else(|| {
        root.push((name.clone(), Tree::Leaf(Value::Null)));
        root.len() - 1
    });
    root[place].1.put(rest, value);
}

impl Tree {
    fn put(&mut self, path: &[Segment], value: Value) {
        match path.split_first() {
            None => *self = Tree::Leaf(value),
            Some((Segment::Field(_), _)) => {
                if !matches!(self, Tree::Map(_)) {
                    *self = Tree::Map(Vec::new());
                }
                if let Tree::Map(entries) = self {
                    put(entries, path, value);
                }
            }
            Some((Segment::Index(index), rest)) => {
                if !matches!(self, Tree::List(_)) {
                    *self = Tree::List(Vec::new());
                }
                let index = *index as usize;
                if let Tree::List(items) = self
                    && index < MOST_ITEMS
                {
                    while items.len() <= index {
                        items.push(Tree::Leaf(Value::Null));
                    }
                    items[index].put(rest, value);
                }
            }
        }
    }

    fn write(&self, text: &mut String) {
        match self {
            Tree::Leaf(value) => write_value(value, text),
            Tree::Map(entries) => {
                text.push('{');
                for (number, (name, tree)) in entries.iter().enumerate() {
                    if number > 0 {
                        text.push_str(", ");
                    }
                    write_name(name, text);
                    tree.write(text);
                }
                text.push('}');
            }
            Tree::List(items) => {
                text.push('[');
                for (number, item) in items.iter().enumerate() {
                    if number > 0 {
                        text.push_str(", ");
                    }
                    item.write(text);
                }
                text.push(']');
            }
        }
    }
}

/// Longer lists are not written out for the sake of one item.
const MOST_ITEMS: usize = 100;

fn write_name(name: &str, text: &mut String) {
    write_text(name, text);
    text.push_str(": ");
}

/// Writes a value as YAML, within braces.
pub(super) fn write_value(value: &Value, text: &mut String) {
    match value {
        Value::String(string) => write_text(string, text),
        // JSON is YAML.
        value => text.push_str(&value.to_string()),
    }
}

/// Writes text plain where it can only be text.
pub(super) fn write_text(string: &str, text: &mut String) {
    let mut bytes = string.bytes();
    let is_word = bytes
        .next()
        .is_some_and(|first| first.is_ascii_alphabetic())
        && bytes.all(|byte| byte.is_ascii_alphanumeric() || b"_-.".contains(&byte));
    let words = [
        "true", "false", "null", "yes", "no", "on", "off", "y", "n", "nan", "inf",
    ];
    match is_word && !words.contains(&string.to_ascii_lowercase().as_str()) {
        true => text.push_str(string),
        // A string of JSON is one of YAML.
        false => text.push_str(&Value::from(string).to_string()),
    }
}
