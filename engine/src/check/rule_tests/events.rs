//! The events of a test: as they are written, generated, or read from a file.

use serde_json::{Map, Value};
use tripline_grammar::ast::Segment;

use super::{Tester, field, json};
use crate::check::reader::shown;
use crate::diagnostic::{self as codes, Severity};
use crate::event::Source;
use crate::rule_test::{MAX_TEST_EVENTS, Random, TestEvent};
use crate::time::Time;
use crate::yaml::{Content, Entry, Node as Yaml};

/// What an entry of `events` says beside the event.
const EVENT_KEYS: [&str; 8] = [
    "at", "arrives", "every", "times", "each", "random", "event", "file",
];
/// How often and when the event of an entry happens.
struct Generator<'c> {
    at: i64,
    arrives: Option<i64>,
    every: i64,
    times: usize,
    each: Vec<(&'c str, Vec<Value>)>,
    random: Option<u64>,
}

impl<'c> Tester<'_, 'c, '_> {
    pub(super) fn event(&mut self, node: &'c Yaml, start: Time, events: &mut Vec<TestEvent>) {
        let Content::Map(entries) = &node.content else {
            self.wrong(
                node,
                "an event must be a mapping: `{at: 0s, eventType: login}`",
            );
            return;
        };
        if let Some(file) = node.get("file") {
            // What is recorded says itself when it happened, and how often.
            self.reader.fields(node, "an entry with `file`", &["file"]);
            self.fixture(file, events);
            return;
        }
        let Some(generator) = self.generator(node) else {
            return;
        };
        let combinations = match generator.random {
            Some(_) => 1,
            None => generator.each.iter().fold(1, |number: usize, (_, values)| {
                number.saturating_mul(values.len())
            }),
        };
        let number = generator.times.saturating_mul(combinations);
        if events.len().saturating_add(number) > MAX_TEST_EVENTS {
            let message =
                format!("these are {number} events, and a test may have {MAX_TEST_EVENTS}");
            let help =
                "lower `times`: what a rule does shows with a few events more than its threshold";
            let range = node.range.clone();
            self.reader.refuse(
                codes::TOO_MANY_TEST_EVENTS,
                range,
                message,
                Some(help.to_owned()),
            );
            return;
        }
        let body = match node.get("event") {
            Some(body) => {
                self.reader
                    .fields(node, "an entry with `event`", &EVENT_KEYS);
                json(body)
            }
            None => {
                let own = entries
                    .iter()
                    .filter(|entry| !EVENT_KEYS.contains(&entry.key.value.as_str()));
                own.clone().for_each(|entry| self.mistyped(entry));
                Value::Object(own.map(field).collect())
            }
        };
        let mut random = Random(generator.random.unwrap_or_default());
        for time in 0..generator.times {
            let jitter = match generator.random {
                Some(_) => random.below(generator.every.max(1) as usize) as i64,
                None => 0,
            };
            let at = generator.at + time as i64 * generator.every + jitter;
            for combination in 0..combinations {
                let mut event = body.clone();
                let mut rest = combination;
                for (path, values) in &generator.each {
                    let chosen = match generator.random {
                        Some(_) => random.below(values.len()),
                        None => rest % values.len(),
                    };
                    rest /= values.len();
                    let path: Vec<&str> = path.split('.').collect();
                    set(&mut event, &path, values[chosen].clone());
                }
                let time = start.plus(at);
                self.stamp(&mut event, time);
                events.push(TestEvent {
                    arrival: generator
                        .arrives
                        .map_or(time, |arrives| start.plus(arrives)),
                    json: event.to_string(),
                });
            }
        }
    }

    /// Warns of a field that no rule names, and that looks like what an entry says beside the event.
    fn mistyped(&mut self, entry: &'c Entry) {
        let key = entry.key.value.as_str();
        let is_near = |known: &&&str| {
            // A longer one is no slip of the fingers.
            key.len() <= 16
                && strsim::damerau_levenshtein(&key.to_lowercase(), known)
                    <= known.len().div_ceil(6)
                && says(known, &entry.value)
        };
        let Some(meant) = EVENT_KEYS.iter().find(is_near) else {
            return;
        };
        if self.program.projection.names(key) {
            return;
        }
        let warning = codes::MISTYPED_EVENT_KEY
            .diagnostic(
                Severity::Warning,
                format!(
                    "`{}` is a field of the event here, and no rule names it",
                    shown(key)
                ),
            )
            .at(self.reader.file, entry.key.range.clone(), "")
            .help(format!(
                "did you mean `{meant}`? If it is a field, write the event as `event: {{{}: …}}`",
                shown(key)
            ));
        self.reader.diagnostics.push(warning);
    }

    /// Says when an event happened, where the settings say that it does, unless it says so itself.
    fn stamp(&self, event: &mut Value, time: Time) {
        let fields: Option<Vec<&str>> = self
            .program
            .envelope
            .time_path
            .iter()
            .map(|segment| match segment {
                Segment::Field(name) => Some(name.as_str()),
                _ => None,
            })
            .collect();
        let path = fields.unwrap_or_default();
        let there = path.iter().try_fold(&*event, |value, name| value.get(name));
        if there.is_none() && !path.is_empty() {
            set(event, &path, Value::from(time.to_string()));
        }
    }

    fn generator(&mut self, node: &'c Yaml) -> Option<Generator<'c>> {
        let at = match node.get("at") {
            Some(at) => self.offset(at, "`at`")?,
            None => 0,
        };
        let arrives = match node.get("arrives") {
            Some(arrives) => Some(self.offset(arrives, "`arrives`")?),
            None => None,
        };
        let times = match node.get("times") {
            Some(times) => self.number(times, "`times`")?,
            None => 1,
        };
        let random = match node.get("random") {
            Some(seed) => Some(self.number(seed, "`random`")?),
            None => None,
        };
        let every = match node.get("every") {
            Some(every) => self.reader.duration(every, "`every`")?,
            None if times > 1 => {
                self.missing(node, "every", "say how far apart they are: `every: 20s`");
                return None;
            }
            None => 0,
        };
        let mut each = Vec::new();
        if let Some(node) = node.get("each") {
            for entry in self.reader.map(node, "`each`") {
                match &entry.value.content {
                    Content::List(items) if !items.is_empty() => {
                        each.push((entry.key.value.as_str(), items.iter().map(json).collect()));
                    }
                    _ => {
                        self.wrong(
                            &entry.value,
                            "`each` takes lists of values: `{userId: [alice, bob]}`",
                        );
                        return None;
                    }
                }
            }
        }
        Some(Generator {
            at,
            arrives,
            every,
            times: usize::try_from(times).unwrap_or(usize::MAX),
            each,
            random,
        })
    }

    /// Takes the events of a file, which say themselves when they happened.
    fn fixture(&mut self, node: &'c Yaml, events: &mut Vec<TestEvent>) {
        let Some(scalar) = self.reader.scalar(node, "`file`") else {
            return;
        };
        let bytes = match (self.fixture)(&scalar.value) {
            Ok(bytes) => bytes,
            Err(reason) => {
                let message = format!("`{}` cannot be read: {reason}", shown(&scalar.value));
                let help = "the path is counted from the folder of the test file".to_owned();
                self.reader
                    .refuse(codes::BAD_VALUE, node.range.clone(), message, Some(help));
                return;
            }
        };
        let lines = bytes.split(|byte| *byte == b'\n').zip(1_u64..);
        for (line, number) in lines.filter(|(line, _)| !line.trim_ascii().is_empty()) {
            let source = Source::File {
                file: scalar.value.as_str(),
                line: number,
            };
            let arrival = match self.program.decode(line, source) {
                Ok(event) => event.arrival,
                Err(rejection) => {
                    let message = format!(
                        "line {number} of `{}` is no event: {}",
                        shown(&scalar.value),
                        rejection.reason
                    );
                    self.reader
                        .refuse(codes::BAD_VALUE, node.range.clone(), message, None);
                    return;
                }
            };
            if events.len() == MAX_TEST_EVENTS {
                let message = format!(
                    "`{}` has more than {MAX_TEST_EVENTS} events",
                    shown(&scalar.value)
                );
                self.reader.refuse(
                    codes::TOO_MANY_TEST_EVENTS,
                    node.range.clone(),
                    message,
                    None,
                );
                return;
            }
            events.push(TestEvent {
                arrival,
                json: String::from_utf8_lossy(line.trim_ascii()).into_owned(),
            });
        }
    }
}

/// Whether a value is one that a key of an entry takes.
fn says(key: &str, value: &Yaml) -> bool {
    let text = match &value.content {
        Content::Map(_) => return matches!(key, "each" | "event"),
        Content::List(_) => return false,
        Content::Scalar(scalar) => scalar.value.trim(),
    };
    match key {
        "at" | "arrives" | "every" => {
            matches!(text, "0" | "0s") || tripline_grammar::parse_duration(text).is_ok()
        }
        // A greater number is rather a time.
        "times" | "random" => text
            .parse()
            .is_ok_and(|number: usize| number <= MAX_TEST_EVENTS),
        "file" => text.contains('.'),
        _ => false,
    }
}

/// Puts a value at a path of fields.
fn set(event: &mut Value, path: &[&str], value: Value) {
    let Some((first, rest)) = path.split_first() else {
        *event = value;
        return;
    };
    if !event.is_object() {
        *event = Value::Object(Map::new());
    }
    if let Some(object) = event.as_object_mut() {
        set(object.entry(*first).or_insert(Value::Null), rest, value);
    }
}
