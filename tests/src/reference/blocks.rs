//! The fenced blocks of the reference: rules and events, and what comes out of them.
//!
//! | block | |
//! |---|---|
//! | `yaml` | a rule file; with `# tripline.yaml` at its top, the settings. Several in a row belong together |
//! | `json events` | lines of events for the rules above |
//! | `json alerts` | what those give, without what a reader need not see; `json alerts in full` with it; `… to the end`: with every timer that is left |
//! | `json rows`, `json trace` | the aggregate rows, the trace |
//! | `text rejects` | the lines that were no events |
//! | `json event` | one event for the expressions below |
//! | `text values` | expressions, each with what it gives for that event |
//! | `text errors` | expressions, each with what is wrong with it |

use std::fmt::Write;

use serde_json::{Value, json};
use tripline_engine::{RawFile, check};

use super::cells::{evaluate, parse};
use crate::run::{Batches, Given, Run, compile};

const ARROW: &str = "→";

/// Runs every example of the text and puts in what it gives.
///
/// # Panics
///
/// If rules do not compile, or a block is of no known kind.
pub fn run(text: &str) -> String {
    let mut example = Example::default();
    let mut result = String::new();
    let mut lines = text.lines();
    while let Some(line) = lines.next() {
        result.push_str(line);
        result.push('\n');
        if line.starts_with('#') {
            example.finish();
        }
        let Some(kind) = line.strip_prefix("```") else {
            continue;
        };
        let body: Vec<&str> = lines.by_ref().take_while(|line| *line != "```").collect();
        let mut body = body.join("\n");
        body.push('\n');
        result.push_str(&example.block(kind, &body).unwrap_or(body));
        result.push_str("```\n");
    }
    example.finish();
    result
}

/// The blocks so far of what belongs together.
#[derive(Default)]
struct Example {
    files: Vec<RawFile>,
    /// Whether the rules have been used, so that the next ones begin an example.
    closed: bool,
    events: String,
    event: Value,
}

impl Example {
    /// Takes a block in; gives its new body if that is what comes out of others.
    fn block(&mut self, kind: &str, body: &str) -> Option<String> {
        match kind {
            "yaml" => self.rules(body),
            "json events" => {
                body.clone_into(&mut self.events);
                self.closed = true;
            }
            "json event" => self.event = parse(body),
            "json alerts" => return Some(lines(&self.run(false).alerts, short)),
            "json alerts to the end" => return Some(lines(&self.run(true).alerts, short)),
            "json alerts in full" => return Some(lines(&self.run(false).alerts, str::to_owned)),
            "json rows" => return Some(lines(&self.run(false).rows, str::to_owned)),
            "json trace" => return Some(lines(&self.run(false).trace, str::to_owned)),
            "text rejects" => return Some(self.rejects()),
            "text values" => return Some(self.values(body)),
            "text errors" => return Some(errors(body)),
            "text" | "sh" => {}
            other => panic!("a block of the reference is of no known kind: {other}"),
        }
        None
    }

    fn rules(&mut self, body: &str) {
        if self.closed {
            self.finish();
        }
        let settings = body.starts_with("# tripline.yaml");
        let name = if settings {
            "tripline".to_owned()
        } else {
            self.files.len().to_string()
        };
        self.files.push(RawFile {
            name: format!("rules/{name}.yaml"),
            bytes: body.into(),
            settings,
        });
    }

    /// Ends what belongs together. Rules that nothing was run with must compile all the same.
    fn finish(&mut self) {
        let files = std::mem::take(&mut self.files);
        self.events.clear();
        self.closed = false;
        if !files.is_empty() {
            compile(files);
        }
    }

    fn run(&self, until_end: bool) -> Given {
        let program = compile(self.files.clone());
        let events: Vec<&str> = self.events.lines().collect();
        let run = |batches| {
            Run {
                program: &program,
                until_end,
                batches,
            }
            .over(&events)
        };
        let given = run(Batches::Whole);
        assert_eq!(given, run(Batches::Stored(1)), "{}", self.events);
        given
    }

    fn rejects(&self) -> String {
        let rejects = self.run(false).rejects;
        let lines = rejects
            .iter()
            .map(|(line, reason)| format!("line {line}: {reason}\n"));
        lines.collect()
    }

    fn values(&self, body: &str) -> String {
        let expressions: Vec<String> = body.lines().map(expression).collect();
        let width = expressions.iter().map(|text| text.chars().count()).max();
        let width = width.unwrap_or_default();
        let event = match &self.event {
            Value::Null => &json!({}),
            event => event,
        };
        let values = evaluate(&expressions, event);
        let mut given = String::new();
        for (text, value) in expressions.iter().zip(values) {
            let value = value.to_string().replace('*', "");
            let _ = writeln!(given, "{text:width$}  {ARROW} {value}");
        }
        given
    }
}

/// The expression of a line, without what it was found to give.
fn expression(line: &str) -> String {
    let text = line.split(ARROW).next().unwrap_or(line);
    text.trim_end().to_owned()
}

/// What is wrong with each expression: the lines that begin it, and beneath each its errors.
fn errors(body: &str) -> String {
    let mut given = String::new();
    for text in body.lines().filter(|line| !line.starts_with(' ')) {
        let rules = json!({"alerts": {"example": {"when": text}}}).to_string();
        let found = check(vec![RawFile {
            name: "rules/example.yaml".to_owned(),
            bytes: rules.into(),
            settings: false,
        }]);
        assert!(!found.diagnostics.is_empty(), "{text} is no error");
        let _ = writeln!(given, "{text}");
        for one in found.diagnostics {
            let _ = writeln!(given, "  {}: {}", one.code, one.message);
            if let Some(help) = one.help {
                let _ = writeln!(given, "  help: {help}");
            }
        }
    }
    given
}

fn lines(rows: &[String], show: impl Fn(&str) -> String) -> String {
    let mut text: String = rows.iter().map(|row| show(row) + "\n").collect();
    if text.is_empty() {
        text.push('\n');
    }
    text
}

/// An alert without its ids, its source and what the rule says anyway; its keys keep their order.
fn short(alert: &str) -> String {
    const LEFT_OUT: [&str; 6] = [
        "id",
        "notification",
        "since",
        "description",
        "runbook",
        "source",
    ];
    let fields = sonic_rs::to_object_iter(alert).map(|field| match field {
        Ok(field) => field,
        Err(error) => panic!("{alert}: {error}"),
    });
    let fields = fields.filter_map(|(name, value)| {
        let usual = name == "severity" && value.as_raw_str() == "\"warning\"";
        let shown = !usual && !LEFT_OUT.iter().any(|one| name == *one);
        shown.then(|| format!("\"{name}\":{}", value.as_raw_str()))
    });
    format!("{{{}}}", fields.collect::<Vec<_>>().join(", "))
}
