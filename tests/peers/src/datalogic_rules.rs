//! datalogic-rs: JSONLogic.

use datalogic_rs::bumpalo::Bump;
use datalogic_rs::{Engine, Logic, ParsedData};
use serde_json::{Value, json};
use tripline_tests::bench::{Events, Rule, Term, Test};

use crate::{Grouped, each, grouped};

pub(crate) struct Rules {
    engine: Engine,
    logic: Grouped<Logic>,
}

fn logic(term: &Term) -> Value {
    let field = json!({"var": format!("data.{}", term.field)});
    match &term.test {
        Test::Above(number) => json!({">": [field, number]}),
        Test::Below(number) => json!({"<": [field, number]}),
        Test::Text(text) => json!({"===": [field, text]}),
        Test::Bool(truth) => json!({"===": [field, truth]}),
    }
}

pub(crate) fn compile(rules: &[Rule]) -> Rules {
    let engine = Engine::new();
    let logic = grouped(rules, |rule| {
        let terms: Vec<Value> = rule.terms.iter().map(logic).collect();
        let text = json!({"and": terms}).to_string();
        engine.compile(text.as_str()).expect("a rule")
    });
    Rules { engine, logic }
}

pub(crate) fn run(rules: &Rules, events: &Events) -> usize {
    let mut arena = Bump::new();
    each(events, |kind, event| {
        arena.reset();
        let data = ParsedData::from_json(event).expect("generated as JSON");
        let holds = |logic: &&Logic| {
            let given = rules
                .engine
                .evaluate(logic, &data, &arena)
                .expect("it evaluates");
            given.as_bool() == Some(true)
        };
        rules.logic[kind].iter().filter(holds).count()
    })
}
