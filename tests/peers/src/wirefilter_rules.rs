//! wirefilter: whole numbers only, so all numbers are counted in millionths.

use serde::Deserialize;
use tripline_tests::bench::{Events, Rule, Test};
use wirefilter::{ExecutionContext, Filter, Scheme};

use crate::{Grouped, each, grouped};

#[derive(Deserialize)]
struct Event<'a> {
    #[serde(borrow)]
    data: Data<'a>,
}

#[derive(Deserialize)]
struct Data<'a> {
    temperature: f64,
    humidity: f64,
    status: &'a str,
    ok: bool,
    #[serde(rename = "latencyMs")]
    latency: f64,
    load: f64,
    region: &'a str,
    retries: f64,
}

pub(crate) fn scheme() -> Scheme {
    wirefilter::Scheme! {
        temperature: Int, humidity: Int, latencyMs: Int, load: Int, retries: Int,
        status: Bytes, region: Bytes, ok: Bool,
    }
}

fn millionths(number: f64) -> i32 {
    (number * 1_000_000.0).round() as i32
}

pub(crate) fn compile<'s>(scheme: &'s Scheme, rules: &[Rule]) -> Grouped<Filter<'s>> {
    grouped(rules, |rule| {
        let terms = rule.terms.iter().map(|term| match &term.test {
            Test::Above(number) => format!("{} > {}", term.field, millionths(*number)),
            Test::Below(number) => format!("{} < {}", term.field, millionths(*number)),
            Test::Text(text) => format!("{} == \"{text}\"", term.field),
            Test::Bool(true) => term.field.to_owned(),
            Test::Bool(false) => format!("not {}", term.field),
        });
        let text = terms.collect::<Vec<_>>().join(" && ");
        scheme.parse(&text).expect("a filter").compile()
    })
}

/// A filter takes only values that live as long as its scheme.
pub(crate) fn run<'s>(
    scheme: &'s Scheme,
    rules: &Grouped<Filter<'s>>,
    events: &'s Events,
) -> usize {
    each(events, |kind, event| {
        let Event { data } = sonic_rs::from_str(event).expect("generated as JSON");
        let mut context = ExecutionContext::new(scheme);
        let numbers = [
            ("temperature", data.temperature),
            ("humidity", data.humidity),
            ("latencyMs", data.latency),
            ("load", data.load),
            ("retries", data.retries),
        ];
        for (name, number) in numbers {
            context
                .set_field_value(name, millionths(number))
                .expect("a number");
        }
        context
            .set_field_value("status", data.status)
            .expect("a text");
        context
            .set_field_value("region", data.region)
            .expect("a text");
        context
            .set_field_value("ok", data.ok)
            .expect("a truth value");
        let holds = |rule: &&Filter<'s>| rule.execute(&context).expect("the same scheme");
        rules[kind].iter().filter(holds).count()
    })
}
