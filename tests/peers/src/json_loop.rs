//! What one would write by hand: parse the event, try the rules of its type one after the other.

use serde_json::Value;
use tripline_tests::bench::{Events, Rule, Term, Test};

use crate::{Grouped, each};

pub(crate) fn run(rules: &Grouped<Rule>, events: &Events) -> usize {
    each(events, |kind, event| {
        let event: Value = serde_json::from_str(event).expect("generated as JSON");
        let data = &event["data"];
        let holds = |term: &Term| {
            let value = &data[term.field];
            match &term.test {
                Test::Above(number) => value.as_f64().is_some_and(|value| value > *number),
                Test::Below(number) => value.as_f64().is_some_and(|value| value < *number),
                Test::Text(text) => value.as_str() == Some(text),
                Test::Bool(truth) => value.as_bool() == Some(*truth),
            }
        };
        rules[kind]
            .iter()
            .filter(|rule| rule.terms.iter().all(holds))
            .count()
    })
}
