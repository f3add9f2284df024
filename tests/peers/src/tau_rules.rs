//! tau-engine: detections as they are written for logs.

use std::fmt::Write;

use tau_engine::{Optimisations, Rule as TauRule};
use tripline_tests::bench::{Events, Rule, Test};

use crate::{Grouped, each, grouped};

pub(crate) fn compile(rules: &[Rule]) -> Grouped<TauRule> {
    grouped(rules, |rule| {
        let mut text = String::from("detection:\n  A:\n");
        for term in &rule.terms {
            // A whole number compares with whole numbers only.
            let number = |number: &f64| match term.field {
                "latencyMs" | "retries" => format!("{number}"),
                _ => format!("{number:?}"),
            };
            let test = match &term.test {
                Test::Above(above) => format!("'>{}'", number(above)),
                Test::Below(below) => format!("'<{}'", number(below)),
                Test::Text(text) => text.clone(),
                Test::Bool(truth) => truth.to_string(),
            };
            writeln!(text, "    data.{}: {test}", term.field)
                .expect("writing to a string cannot fail");
        }
        text.push_str("  condition: A\ntrue_positives: []\ntrue_negatives: []\n");
        let rule = TauRule::from_str(&text).expect("a rule");
        rule.optimise(Optimisations::default())
    })
}

pub(crate) fn run(rules: &Grouped<TauRule>, events: &Events) -> usize {
    each(events, |kind, event| {
        let event: serde_json::Value = serde_json::from_str(event).expect("generated as JSON");
        let event = event.as_object().expect("generated as an object");
        rules[kind]
            .iter()
            .filter(|rule| rule.matches(event))
            .count()
    })
}
