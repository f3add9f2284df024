//! Rules from a seed, as data and as the text of a rule file.

use std::fmt::{self, Display, Write};

use super::TYPES;

/// What a term asks of its field.
#[derive(Debug, Clone, PartialEq)]
pub enum Test {
    /// It is greater.
    Above(f64),
    /// It is less.
    Below(f64),
    /// It is this text.
    Text(String),
    /// It is this.
    Bool(bool),
}

/// One comparison of a field under `data` with a constant.
#[derive(Debug, Clone, PartialEq)]
pub struct Term {
    /// The name of the field.
    pub field: &'static str,
    /// What is asked of it.
    pub test: Test,
}

impl Display for Term {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "data.{} ", self.field)?;
        match &self.test {
            Test::Above(number) => write!(out, "> {number}"),
            Test::Below(number) => write!(out, "< {number}"),
            Test::Text(text) => write!(out, "== '{text}'"),
            Test::Bool(truth) => write!(out, "== {truth}"),
        }
    }
}

/// A per-event rule: all terms hold of an event of a type.
#[derive(Debug, Clone, PartialEq)]
pub struct Rule {
    /// The number of the type.
    pub kind: usize,
    /// One to three of them, of different fields.
    pub terms: Vec<Term>,
}

impl Rule {
    /// The name of the type.
    pub fn on(&self) -> String {
        format!("type_{:02}", self.kind)
    }

    /// The condition, the terms joined by `and` or another word.
    pub fn when(&self, word: &str) -> String {
        let terms: Vec<String> = self.terms.iter().map(Term::to_string).collect();
        terms.join(&format!(" {word} "))
    }
}

/// Rules that are almost never true, because the first term of each almost never is.
pub fn kind(count: usize) -> Vec<Rule> {
    let mut random = fastrand::Rng::with_seed(2);
    let rule = |index| {
        let round = |number: f64| (number * 10_000.0).round() / 10_000.0;
        let mut rest = [
            ("temperature", Test::Above(round(24.999 + random.f64()))),
            ("humidity", Test::Below(round(40.0 - random.f64() * 10.0))),
            ("latencyMs", Test::Above(f64::from(random.u32(399..900)))),
            ("load", Test::Above(round(0.9999 + random.f64()))),
            ("status", Test::Text("failed".to_owned())),
            ("retries", Test::Above(f64::from(random.u32(3..9)))),
            ("region", Test::Text(format!("us-{}", random.u32(1..9)))),
            ("ok", Test::Bool(false)),
        ];
        random.shuffle(&mut rest);
        if rest[0].0 == "ok" {
            rest.swap(0, 1);
        }
        let terms = rest.into_iter().take(random.usize(1..=3));
        Rule {
            kind: index % TYPES,
            terms: terms.map(|(field, test)| Term { field, test }).collect(),
        }
    };
    (0..count).map(rule).collect()
}

/// As [`kind`], but that one rule of each type is true of this share of its events.
pub fn alerting(count: usize, share: f64) -> Vec<Rule> {
    let mut rules = kind(count);
    for rule in rules.iter_mut().take(TYPES) {
        rule.terms = vec![Term {
            field: "load",
            test: Test::Above(1.0 - share),
        }];
    }
    rules
}

/// The text of a rule file with these alerts, each an event type (or `*`) and a condition.
pub fn yaml(alerts: impl IntoIterator<Item = (String, String)>) -> String {
    let mut text = String::from("alerts:\n");
    for (index, (on, when)) in alerts.into_iter().enumerate() {
        writeln!(
            text,
            "  rule-{index:05}: {{on: \"{on}\", when: \"{when}\"}}"
        )
        .expect("writing to a string cannot fail");
    }
    text
}
