//! The index beside asking every rule.

mod generate;
mod shared;

use fastrand::Rng;

use super::subject::Values;
use super::{Index, Scratch};
use crate::eval::Scope;
use crate::event::{Datum, Event, Source};
use crate::program::Program;
use crate::time::Time;
use crate::{RawFile, check};
use generate::{event, rules};

fn compile(rules: &str) -> Program {
    let file = RawFile {
        name: "rules/rules.yaml".into(),
        bytes: rules.into(),
        settings: false,
    };
    let checked = check(vec![file]);
    match checked.program {
        Some(program) => program,
        None => panic!("{rules}\n{:#?}", checked.diagnostics),
    }
}

fn decode<'a>(program: &Program, line: &'a str) -> Event<'a> {
    let source = Source::File {
        file: "events",
        line: 1,
    };
    program.decode(line.as_bytes(), source).unwrap()
}

fn holds(program: &Program, alert: usize, event: &Event<'_>) -> bool {
    Scope::of_event(event).condition(&program.alerts[alert].when) == Datum::Bool(true)
}

fn values<'v>(program: &'v Program, scope: &'v Scope<'v>) -> Values<'v> {
    Values::new(scope, &program.index.derived)
}

/// What asking every rule gives.
fn asked(program: &Program, event: &Event<'_>) -> Vec<u32> {
    let alerts = program.alerts.iter().enumerate();
    alerts
        .filter(|(alert, rule)| {
            rule.is_per_event()
                && rule.on.matches(event.kind.as_deref())
                && holds(program, *alert, event)
        })
        .map(|(alert, _)| alert as u32)
        .collect()
}

#[test]
fn the_index_gives_what_asking_every_rule_gives() {
    let (mut fired, mut refiled) = (0, 0);
    for seed in 0..120 {
        let mut rng = Rng::with_seed(seed);
        // With few rules most columns have tests of one sort.
        let count = [2, 10, 60][seed as usize % 3];
        let program = compile(&rules(&mut rng, count));
        let mut scratch = Scratch::hasty(32);
        for _ in 0..400 {
            let line = event(&mut rng);
            let event = decode(&program, &line);
            let kind = event.kind.as_deref();
            program
                .index
                .candidates(kind, &Scope::of_event(&event), &mut scratch);
            let found = scratch.found();
            assert!(found.is_sorted_by(|a, b| a < b), "{found:?}");
            for &rule in found {
                let rule = &program.alerts[rule as usize];
                assert!(rule.is_per_event() && rule.on.matches(kind));
            }
            scratch.retain(|alert| holds(&program, alert, &event));
            let wanted = asked(&program, &event);
            let missed = wanted.iter().find(|rule| !scratch.found().contains(rule));
            let missed = missed.map(|rule| &program.alerts[*rule as usize].when_text);
            assert_eq!(
                scratch.found(),
                wanted,
                "seed {seed}, {line}, first missed: {missed:?}"
            );
            fired += wanted.len();
        }
        refiled += usize::from(scratch.watch.has_refiled());
    }
    assert!(fired > 10_000 && refiled > 40, "{fired} {refiled}");
}

/// What a condition is said to need holds wherever the condition does.
#[test]
fn a_condition_that_is_true_has_all_it_needs() {
    for seed in 100..130 {
        let mut rng = Rng::with_seed(seed);
        let program = compile(&rules(&mut rng, 60));
        for _ in 0..100 {
            let line = event(&mut rng);
            let event = decode(&program, &line);
            let scope = Scope::of_event(&event);
            let values = values(&program, &scope);
            for (alert, rule) in program.alerts.iter().enumerate() {
                if rule.is_per_event() && holds(&program, alert, &event) {
                    let need = &program.index.needs[alert];
                    assert!(need.holds(&values), "{} {line}", rule.when_text);
                }
            }
        }
    }
}

/// Of how many rules an anchor holds.
fn anchored(rules: &str, line: &str) -> usize {
    let program = compile(rules);
    let event = decode(&program, line);
    let mut scratch = Scratch::default();
    let kind = event.kind.as_deref();
    program.index.anchored(
        kind,
        &values(&program, &Scope::of_event(&event)),
        &mut scratch,
    );
    scratch.found().len()
}

#[test]
fn conditions_are_filed_where_they_seldom_hold() {
    let base = r#""timestamp":"2026-01-05T10:00:00Z","eventType":"a""#;
    // Of each pair, an event that the anchors let pass and one that they do not.
    let cases = [
        ("x > 5 and b", r#""x":6"#, r#""x":5,"b":true"#),
        ("not (x <= 5)", r#""x":6"#, r#""x":"6""#),
        (
            "not (x == 1 or b)",
            r#""x":2,"b":false"#,
            r#""x":2,"b":true"#,
        ),
        ("x in 3..7", r#""x":7"#, r#""x":7.5"#),
        ("x > 3 and x < 7", r#""x":6"#, r#""x":7"#),
        ("x not in 3..7", r#""x":7.5"#, r#""x":7"#),
        ("x in [1, 5, \"a\"]", r#""x":5.0"#, r#""x":6"#),
        ("x in [1, null]", "\"y\":1", r#""x":6"#),
        ("t == 'a' or x == 1", r#""t":"a""#, r#""t":"b","x":2"#),
        (
            "t contains 'bc' and b",
            r#""t":"abcd""#,
            r#""t":"b","b":true"#,
        ),
        ("t starts with 'bc'", r#""t":"bcd""#, r#""t":"abc""#),
        ("t ends with 'bc'", r#""t":"abc""#, r#""t":"bcd""#),
        ("t matches '^a(b|c)'", r#""t":"acd""#, r#""t":"bab""#),
        (
            "t matches '[0-9]+foo[0-9]+'",
            r#""t":"a foo""#,
            r#""t":"12""#,
        ),
        ("t matches '(?i)^root$'", r#""t":"rOOt""#, r#""t":"root x""#),
        ("x is missing", "\"y\":1", r#""x":6"#),
        ("b != true", r#""b":false"#, r#""b":true"#),
        ("x > 5 and x < 5", "", r#""x":5"#),
        (
            "x < 5 and (b or not b)",
            r#""x":1,"b":true"#,
            r#""x":7,"b":true"#,
        ),
    ];
    for (condition, pass, stop) in cases {
        let rules = format!("alerts:\n  r:\n    on: a\n    when: |\n      {condition}\n");
        let event = |fields: &str| match fields {
            "" => format!("{{{base}}}"),
            fields => format!("{{{base},{fields}}}"),
        };
        let passes = condition != "x > 5 and x < 5";
        assert_eq!(
            anchored(&rules, &event(pass)),
            usize::from(passes),
            "{condition}"
        );
        assert_eq!(anchored(&rules, &event(stop)), 0, "{condition}");
    }
}

/// The guess files by the equality in both sets: right in one of them, wrong in the other.
#[test]
fn anchors_follow_what_the_events_show() {
    let mut rules = String::from("alerts:\n");
    for rule in 0..50 {
        let region = rule % 4;
        rules.push_str(&format!(
            "  a{rule}: {{on: a, when: \"region == 'eu-{region}' and x > {}\"}}\n",
            100 + rule
        ));
        rules.push_str(&format!(
            "  b{rule}: {{on: a*, when: \"user == 'u-{rule}' and x > {rule}\"}}\n"
        ));
    }
    let program = compile(&rules);
    let mut scratch = Scratch::default();
    let mut rng = Rng::with_seed(1);
    let mut counts = Vec::new();
    for _ in 0..4_000 {
        let (region, user, x) = (rng.u32(..4), rng.u32(..10_000), rng.u32(..100));
        let line = format!(
            "{{\"timestamp\":\"2026-01-05T10:00:00Z\",\"eventType\":\"a\",\
             \"region\":\"eu-{region}\",\"user\":\"u-{user}\",\"x\":{x}}}"
        );
        let event = decode(&program, &line);
        let kind = event.kind.as_deref();
        program.index.anchored(
            kind,
            &values(&program, &Scope::of_event(&event)),
            &mut scratch,
        );
        counts.push(scratch.found().len());
        program
            .index
            .candidates(kind, &Scope::of_event(&event), &mut scratch);
        scratch.retain(|alert| holds(&program, alert, &event));
        assert_eq!(scratch.found(), asked(&program, &event));
    }
    let mean = |counts: &[usize]| counts.iter().sum::<usize>() as f64 / counts.len() as f64;
    assert!(mean(&counts[..50]) > 10.0, "the guess is wrong at first");
    assert!(mean(&counts[2_000..]) < 0.1, "{}", mean(&counts[2_000..]));
}

#[test]
fn an_index_without_rules_finds_none() {
    let index = Index::new(std::iter::empty());
    let mut scratch = Scratch::default();
    let scope = Scope::of_values(&[], Time(0));
    index.candidates(Some("a"), &scope, &mut scratch);
    index.candidates(None, &scope, &mut scratch);
    assert!(scratch.found().is_empty());
}
