//! cel: the Common Expression Language.

use cel::{Context, Program, Value};
use tripline_tests::bench::{Events, Rule, Test};

use crate::{Grouped, each, grouped};

pub(crate) fn compile(rules: &[Rule]) -> Grouped<Program> {
    grouped(rules, |rule| {
        let terms = rule.terms.iter().map(|term| {
            // Whole numbers are another type than doubles.
            let number = |number: &f64| match term.field {
                "latencyMs" | "retries" => format!("{number}"),
                _ => format!("{number:?}"),
            };
            let field = format!("data.{}", term.field);
            match &term.test {
                Test::Above(above) => format!("{field} > {}", number(above)),
                Test::Below(below) => format!("{field} < {}", number(below)),
                Test::Text(text) => format!("{field} == '{text}'"),
                Test::Bool(truth) => format!("{field} == {truth}"),
            }
        });
        Program::compile(&terms.collect::<Vec<_>>().join(" && ")).expect("an expression")
    })
}

pub(crate) fn run(rules: &Grouped<Program>, events: &Events) -> usize {
    let root = Context::default();
    each(events, |kind, event| {
        let mut event: serde_json::Value = serde_json::from_str(event).expect("generated as JSON");
        let mut context = root.new_inner_scope();
        context
            .add_variable("data", event["data"].take())
            .expect("a value");
        let holds = |rule: &&Program| rule.execute(&context) == Ok(Value::Bool(true));
        rules[kind].iter().filter(holds).count()
    })
}
