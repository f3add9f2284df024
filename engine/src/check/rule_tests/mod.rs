//! Test files, as written beside the rules: `*.test.yaml`.

mod events;

use std::collections::BTreeMap;

use serde_json::{Map, Value};

use super::reader::{Parsed, Reader, shown};
use super::{alert, moment, read};
use crate::diagnostic::{self as codes, Diagnostic, Severity, nearest};
use crate::program::Program;
use crate::rule_test::{Expected, ExpectedRow, Resolves, RuleTest, TestEvent};
use crate::source::{RawFile, SourceFile};
use crate::time::Time;
use crate::yaml::{self, Content, Document, Entry, Node as Yaml, Style};

const TEST_KEYS: &[&str] = &["name", "start", "until", "events", "expect", "aggregates"];
const EXPECT_KEYS: &[&str] = &[
    "alert",
    "key",
    "pending",
    "fires",
    "suppressed",
    "resolves",
    "severity",
    "values",
];
const ROW_KEYS: &[&str] = &["aggregate", "key", "window", "values"];
/// A Monday noon, so that no rule about nights and weekends is concerned: 2026-01-05T12:00:00Z.
const START: Time = Time(1_767_614_400_000);

/// What came of checking test files.
#[derive(Debug, Default)]
pub struct CheckedTests {
    /// The tests that can be run.
    pub tests: Vec<RuleTest>,
    /// The files, as the diagnostics number them.
    pub files: Vec<SourceFile>,
    /// What was found, by file and place.
    pub diagnostics: Vec<Diagnostic>,
}

/// Reads the file that an entry `file:` names: it is given the name of the test file, and the path as it is written there.
pub type ReadFixture = dyn Fn(&str, &str) -> Result<Vec<u8>, String>;

/// Reads test files against the rules that they test.
pub fn check_tests(raw: Vec<RawFile>, program: &Program, fixture: &ReadFixture) -> CheckedTests {
    let mut diagnostics = Vec::new();
    let raw = raw.into_iter().enumerate();
    let files: Vec<SourceFile> = raw
        .map(|(index, file)| read(index, file, &mut diagnostics))
        .collect();
    let documents: Vec<Document> = files.iter().map(|file| yaml::parse(&file.text)).collect();
    let mut parsed = Parsed::default();
    let mut tests = Vec::new();
    for (index, document) in documents.iter().enumerate() {
        let problems = document.problems.iter();
        diagnostics.extend(problems.map(|problem| super::of_problem(index, problem)));
        let mut reader = Reader {
            file: index,
            text: &files[index].text,
            diagnostics: &mut diagnostics,
            parsed: &mut parsed,
        };
        let mut tester = Tester {
            reader: &mut reader,
            program,
            fixture: &|path| fixture(&files[index].name, path),
            names: BTreeMap::new(),
        };
        tests.extend(tester.file(document.root.as_ref()));
    }
    diagnostics.sort_by_key(|one| {
        one.labels
            .first()
            .map(|label| (label.file, label.range.start))
    });
    CheckedTests {
        tests,
        files,
        diagnostics,
    }
}

struct Tester<'t, 'c, 'd> {
    reader: &'t mut Reader<'c, 'd>,
    program: &'t Program,
    fixture: &'t dyn Fn(&str) -> Result<Vec<u8>, String>,
    names: BTreeMap<&'c str, std::ops::Range<usize>>,
}

impl<'c> Tester<'_, 'c, '_> {
    fn file(&mut self, root: Option<&'c Yaml>) -> Vec<RuleTest> {
        let section = root.and_then(|root| {
            self.reader.fields(root, "a test file", &["tests"]);
            root.get("tests")
        });
        let items: &[Yaml] = match section.map(|node| &node.content) {
            Some(Content::List(items)) => items,
            Some(_) => {
                if let Some(section) = section {
                    self.wrong(section, "`tests` must be a list");
                }
                return Vec::new();
            }
            None => &[],
        };
        if items.is_empty() {
            let help = "write `tests:` with a list of tests, or remove the file".to_owned();
            let message = "this file has no tests".to_owned();
            self.reader
                .refuse(codes::MISSING_KEY, 0..0, message, Some(help));
        }
        let tests = items.iter().filter_map(|item| self.test(item));
        tests.collect()
    }

    fn test(&mut self, node: &'c Yaml) -> Option<RuleTest> {
        let before = self.errors();
        self.reader.fields(node, "a test", TEST_KEYS);
        if !matches!(node.content, Content::Map(_)) {
            return None;
        }
        let name = match node.entry("name") {
            Some(entry) => self.name(&entry.value),
            None => {
                let help = "say what it shows: `name: five failures page once`";
                self.missing(node, "name", help);
                None
            }
        };
        let start = node.get("start").and_then(|node| self.moment(node));
        let start = start.unwrap_or(START);
        let mut events = Vec::new();
        for item in self.items(node, "events") {
            self.event(item, start, &mut events);
        }
        events.sort_by_key(|event: &TestEvent| event.arrival);
        if node.get("expect").is_none() && node.get("aggregates").is_none() {
            self.missing(
                node,
                "expect",
                "say what is to happen; if nothing is, `expect: []`",
            );
        }
        let items = self.items(node, "expect");
        let expect = items.iter().filter_map(|item| self.expected(item, start));
        let expect: Vec<Expected> = expect.collect();
        let items = self.items(node, "aggregates");
        let rows = items.iter().filter_map(|item| self.row(item, start));
        let rows: Vec<ExpectedRow> = rows.collect();
        let until = node
            .get("until")
            .and_then(|node| self.offset(node, "`until`"));
        let last = events.last().map(|event| event.arrival);
        let last = last.max(expect.iter().filter_map(Expected::last).max());
        let end = until.map(|until| start.plus(until)).or(last);
        if let (Some(node), Some(_)) = (node.get("until"), end.filter(|end| Some(*end) < last)) {
            let message = "the test ends before its last event or expectation".to_owned();
            let help = "`until` only adds time: leave out what comes after it".to_owned();
            self.reader
                .refuse(codes::BAD_VALUE, node.range.clone(), message, Some(help));
        }
        let name = name.filter(|_| self.errors() == before)?;
        Some(RuleTest {
            name: name.to_owned(),
            file: self.reader.file,
            range: node.range.clone(),
            start,
            end: end.unwrap_or(start),
            events,
            expect,
            rows,
        })
    }

    /// How many errors there are so far.
    fn errors(&self) -> usize {
        let errors = self.reader.diagnostics.iter();
        errors.filter(|one| one.severity == Severity::Error).count()
    }

    /// The name of a test, which no other of its file has.
    fn name(&mut self, node: &'c Yaml) -> Option<&'c str> {
        let name = self.reader.text(node, "`name`")?;
        if let Some(first) = self.names.insert(name, node.range.clone()) {
            let two = codes::DUPLICATE_TEST
                .error(format!("there are two tests `{}`", shown(name)))
                .at(self.reader.file, node.range.clone(), "")
                .at(self.reader.file, first, "the first one");
            self.reader.diagnostics.push(two);
        }
        Some(name)
    }

    /// The items of a list that a test may have.
    fn items(&mut self, node: &'c Yaml, key: &str) -> &'c [Yaml] {
        let Some(node) = node.get(key) else {
            return &[];
        };
        match &node.content {
            Content::List(items) => items,
            Content::Scalar(scalar) if scalar.is_null() => &[],
            _ => {
                self.wrong(node, &format!("`{key}` must be a list"));
                &[]
            }
        }
    }

    fn expected(&mut self, node: &'c Yaml, start: Time) -> Option<Expected> {
        self.reader.fields(node, "an expectation", EXPECT_KEYS);
        let names = self.program.alerts().map(|rule| rule.name.as_str());
        let alert = self.known(node, "alert", names.collect());
        let mut at = |key: &str| {
            let node = node.get(key)?;
            self.offset(node, &format!("`{key}`"))
                .map(|offset| start.plus(offset))
        };
        let (pending, fires, suppressed) = (at("pending"), at("fires"), at("suppressed"));
        let resolves = match node.get("resolves") {
            None => Resolves::Unsaid,
            Some(node) if matches!(&node.content, Content::Scalar(scalar) if scalar.value == "never") => {
                Resolves::Never
            }
            Some(node) => {
                let offset = self.offset(node, "`resolves`");
                offset.map_or(Resolves::Unsaid, |offset| Resolves::At(start.plus(offset)))
            }
        };
        let severity = node.get("severity");
        let severity = severity.and_then(|node| alert::severity(self.reader, node));
        let alert = alert?;
        let (program, mut rules) = (self.program, self.program.alerts.iter());
        let rule = rules.find(|rule| rule.name == alert)?;
        let names = program.groupings[rule.grouping].names().collect();
        let key = self.values(node, "key", names);
        let shown = rule.evidence.iter().map(|evidence| evidence.text.clone());
        let values = self.values(node, "values", shown.collect());
        Some(Expected {
            alert,
            range: node.range.clone(),
            key,
            pending,
            fires,
            suppressed,
            resolves,
            severity,
            values,
        })
    }

    fn row(&mut self, node: &'c Yaml, start: Time) -> Option<ExpectedRow> {
        self.reader.fields(node, "an expected row", ROW_KEYS);
        let names = self.program.aggregates().map(|rule| rule.name.as_str());
        let aggregate = self.known(node, "aggregate", names.collect());
        let window = node.get("window");
        let window = window.and_then(|node| self.offset(node, "`window`"));
        let aggregate = aggregate?;
        let (program, mut rules) = (self.program, self.program.aggregates.iter());
        let rule = rules.find(|rule| rule.name == aggregate)?;
        let names = program.groupings[rule.grouping].names().collect();
        let key = self.values(node, "key", names);
        let columns = rule.compute.iter().map(|compute| compute.text.clone());
        let columns = columns.chain(["events".to_owned()]).collect();
        Some(ExpectedRow {
            aggregate,
            range: node.range.clone(),
            key,
            window: window.map(|offset| start.plus(offset)),
            values: self.values(node, "values", columns),
        })
    }

    /// The name of a rule that there is.
    fn known(&mut self, node: &'c Yaml, what: &str, names: Vec<&str>) -> Option<String> {
        let Some(node) = node.get(what) else {
            if matches!(node.content, Content::Map(_)) {
                let help = format!(
                    "name the {what}: `{{{what}: {}}}`",
                    names.first().unwrap_or(&"…")
                );
                self.missing(node, what, &help);
            }
            return None;
        };
        let name = &self.reader.scalar(node, &format!("`{what}`"))?.value;
        if names.contains(&name.as_str()) {
            return Some(name.to_string());
        }
        let help = match nearest(name, names) {
            Some(near) => format!("did you mean `{near}`?"),
            None => "the rules that are enabled have none of this name".to_owned(),
        };
        let message = format!("there is no {what} `{}`", shown(name));
        self.reader.refuse(
            codes::UNKNOWN_TESTED_RULE,
            node.range.clone(),
            message,
            Some(help),
        );
        None
    }

    /// Values by the names that a rule has.
    fn values(&mut self, node: &'c Yaml, key: &str, names: Vec<String>) -> Vec<(String, Value)> {
        let Some(node) = node.get(key) else {
            return Vec::new();
        };
        let names: Vec<&str> = names.iter().map(String::as_str).collect();
        let what = format!("`{key}` of this rule");
        let entries = self.reader.fields(node, &what, &names);
        entries.iter().map(field).collect()
    }

    fn moment(&mut self, node: &'c Yaml) -> Option<Time> {
        let text = &self.reader.scalar(node, "`start`")?.value;
        let refuse = |wrong: moment::Wrong| {
            let range = node.range.clone();
            self.reader
                .refuse(codes::BAD_VALUE, range, wrong.message, wrong.help);
        };
        moment::moment(text.trim(), chrono_tz::Tz::UTC)
            .map_err(refuse)
            .ok()
    }

    /// A time since the test's start, in milliseconds: `0s`, `1m20s`.
    fn offset(&mut self, node: &'c Yaml, what: &str) -> Option<i64> {
        match &node.content {
            Content::Scalar(scalar) if matches!(scalar.value.trim(), "0" | "0s") => Some(0),
            _ => self.reader.duration(node, what),
        }
    }

    fn number(&mut self, node: &'c Yaml, what: &str) -> Option<u64> {
        let scalar = self.reader.scalar(node, what)?;
        let number = scalar.value.trim().parse().ok();
        if number.is_none() {
            self.wrong(node, &format!("{what} must be a whole number"));
        }
        number
    }

    fn wrong(&mut self, node: &Yaml, message: &str) {
        let range = node.range.clone();
        self.reader
            .refuse(codes::WRONG_TYPE, range, message.to_owned(), None);
    }

    fn missing(&mut self, node: &Yaml, key: &str, help: &str) {
        let message = format!("`{key}` is missing");
        let range = node.range.start..node.range.start;
        self.reader
            .refuse(codes::MISSING_KEY, range, message, Some(help.to_owned()));
    }
}

fn field(entry: &Entry) -> (String, Value) {
    (entry.key.value.to_string(), json(&entry.value))
}

/// A value as JSON: what stands without quotes is a number, a truth value or nothing if it looks like it.
fn json(node: &Yaml) -> Value {
    match &node.content {
        Content::Map(entries) => Value::Object(entries.iter().map(field).collect::<Map<_, _>>()),
        Content::List(items) => items.iter().map(json).collect(),
        Content::Scalar(scalar) if scalar.style != Style::Plain => scalar.value.as_str().into(),
        Content::Scalar(scalar) if scalar.is_null() => Value::Null,
        Content::Scalar(scalar) => match scalar.value.as_str() {
            "true" => true.into(),
            "false" => false.into(),
            text => match serde_json::from_str::<serde_json::Number>(text) {
                Ok(number) => number.into(),
                Err(_) => text.into(),
            },
        },
    }
}
