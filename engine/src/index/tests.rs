//! The index beside asking every rule.

use fastrand::Rng;

use super::{Index, Scratch};
use crate::eval::Scope;
use crate::event::{Datum, Event, Source};
use crate::program::Program;
use crate::{RawFile, check};

/// Numbers that are equal, neighbours, or far apart.
const NUMBERS: &[&str] = &[
    "0",
    "-0.0",
    "1",
    "1.0",
    "2.5",
    "-3",
    "5",
    "7",
    "9007199254740991",
    "9007199254740992",
    "9007199254740992.0",
    "9007199254740993",
    "9007199254740994.0",
    "-9007199254740993",
    "9223372036854775807",
    "9223372036854775808.0",
    "1e300",
    "-1e300",
];
const TEXTS: &[&str] = &[
    "",
    "a",
    "ab",
    "abc",
    "ABC",
    "b",
    "ba",
    "admin",
    "aDMin",
    "root admin",
    "eu-1",
    "eu-12",
    "7",
    "é",
    "a\\nb",
    "item-120",
    "item-299",
];
const PATTERNS: &[&str] = &[
    "^a",
    "a$",
    "^abc$",
    "^(ab|ba)$",
    "ab|ba",
    "^(a|b)",
    "^a|b$",
    "(?i)admin",
    "(?i)^ABC$",
    "(?m)^b",
    "(?m)a$",
    "e.-[0-9]+",
    "[0-9]+",
    "x*",
    "(root )?admin",
    "(?:ab){1,2}c?",
    "(a|ab)(c|bcd)?$",
    "\\bab\\b",
    "^$",
    "",
    "[a-c]{2}",
    "é",
    "^.b",
    "item-(1|2)\\d\\d",
    "[a&&b]",
    "^[a&&b]$",
    "(x?ab|c)+",
    "\\w+ admin",
    "a.b",
    "(?s)a.b",
    "(?i)ſ|k",
    "^^a$$",
];
const FIELDS: &[&str] = &["x", "y", "t", "u", "b", "l", "o"];
const TYPES: &[&str] = &["a", "ab", "abc", "abd", "b"];

fn pick<'c>(rng: &mut Rng, choices: &[&'c str]) -> &'c str {
    choices[rng.usize(..choices.len())]
}

fn constant(rng: &mut Rng) -> String {
    match rng.u32(..9) {
        0..5 => pick(rng, NUMBERS).to_owned(),
        5..8 => format!("\"{}\"", pick(rng, TEXTS)),
        _ => rng.bool().to_string(),
    }
}

fn ordered(rng: &mut Rng) -> String {
    match rng.u32(..4) {
        0 => format!("\"{}\"", pick(rng, TEXTS)),
        _ => pick(rng, NUMBERS).to_owned(),
    }
}

fn simple(rng: &mut Rng) -> String {
    let field = pick(rng, FIELDS);
    let not = pick(rng, &["", "not "]);
    match rng.u32(..19) {
        0..4 => {
            let op = pick(rng, &["<", "<=", ">", ">="]);
            let limit = ordered(rng);
            match rng.bool() {
                true => format!("{field} {op} {limit}"),
                false => format!("{limit} {op} {field}"),
            }
        }
        4..7 => {
            let op = pick(rng, &["==", "=="]).replace("==", pick(rng, &["==", "!="]));
            let value = constant(rng);
            match rng.bool() {
                true => format!("{field} {op} {value}"),
                false => format!("{value} {op} {field}"),
            }
        }
        7 | 8 => {
            let ends = match rng.u32(..4) {
                0 => format!("{}..", ordered(rng)),
                1 => format!("..{}", ordered(rng)),
                2 => format!("{}..{}", pick(rng, NUMBERS), pick(rng, NUMBERS)),
                _ => format!("\"{}\"..\"{}\"", pick(rng, TEXTS), pick(rng, TEXTS)),
            };
            format!("{field} {not}in {ends}")
        }
        9 => {
            let mut items: Vec<String> = (0..rng.usize(1..4)).map(|_| constant(rng)).collect();
            if rng.u32(..4) == 0 {
                items.push("null".to_owned());
            }
            format!("{field} {not}in [{}]", items.join(", "))
        }
        10 => format!("{field} {not}in {}", pick(rng, &["short", "long", "hosts"])),
        11 | 12 => {
            let test = pick(rng, &["contains", "starts with", "ends with"]);
            format!("{field} {not}{test} \"{}\"", pick(rng, TEXTS))
        }
        13 | 14 => format!("{field} {not}matches '{}'", pick(rng, PATTERNS)),
        15 => {
            let kind = ["missing", "number", "string", "bool", "list", "object"];
            format!("{field} is {not}{}", pick(rng, &kind))
        }
        16 => format!("{not}{}", pick(rng, &["b", "x", "true", "false"])),
        17 => {
            let op = pick(rng, &["<", "==", "!="]);
            let other = pick(rng, &["y", "u", "x + 1", "lower(t)", "x ?? 5"]);
            format!("{field} {op} {other}")
        }
        _ => pick(
            rng,
            &[
                "x in l",
                "t contains u",
                "x ?? 5 > 3",
                "x + 1 > 3",
                "any(l, it == 1)",
                "x in [1, y]",
                "x in y..7",
                "5 in x..y",
                "-x < 3",
                "t in cidr(\"10.0.0.0/8\")",
            ],
        )
        .to_owned(),
    }
}

fn condition(rng: &mut Rng, depth: u32) -> String {
    match rng.u32(..8) {
        0..3 if depth > 0 => {
            let parts: Vec<_> = (0..rng.usize(2..4))
                .map(|_| condition(rng, depth - 1))
                .collect();
            format!("({})", parts.join(" and "))
        }
        3 | 4 if depth > 0 => {
            let parts: Vec<_> = (0..rng.usize(2..4))
                .map(|_| condition(rng, depth - 1))
                .collect();
            format!("({})", parts.join(" or "))
        }
        5 if depth > 0 => format!("not ({})", condition(rng, depth - 1)),
        _ => simple(rng),
    }
}

fn rules(rng: &mut Rng, count: usize) -> String {
    let mut text = String::from("lists:\n  short: [1, \"a\", true, 2.5]\n  hosts: [10.0.0.1]\n");
    let long: Vec<String> = (0..300)
        .map(|item| format!("item-{item}, {item}"))
        .collect();
    text.push_str(&format!("  long: [{}]\nalerts:\n", long.join(", ")));
    for rule in 0..count {
        let on = pick(
            rng,
            &[
                "a",
                "ab",
                "a*",
                "ab*",
                "abc*",
                "[a, b]",
                "[ab*, abc]",
                "'*'",
            ],
        );
        let condition = condition(rng, 3);
        // Some have a state for each key: those are no business of the index.
        let hold = pick(rng, &["", "", "", "", "    for: 1m\n"]);
        text.push_str(&format!(
            "  r{rule:03}:\n    on: {on}\n{hold}    when: |\n      {condition}\n"
        ));
    }
    text
}

fn event(rng: &mut Rng) -> String {
    let mut text = String::from("{\"timestamp\":\"2026-01-05T10:00:00Z\"");
    match rng.u32(..12) {
        0 => {}
        1 => text.push_str(",\"eventType\":7"),
        _ => text.push_str(&format!(",\"eventType\":\"{}\"", pick(rng, TYPES))),
    }
    for field in FIELDS {
        let value = match (*field, rng.u32(..10)) {
            (_, 0) => continue,
            (_, 1) => "null".to_owned(),
            (_, 2) => format!("[1, \"a\", {}]", pick(rng, NUMBERS)),
            (_, 3) => "{\"k\":1}".to_owned(),
            (_, 4) => constant(rng),
            ("x" | "y", _) => pick(rng, NUMBERS).to_owned(),
            ("b", _) => rng.bool().to_string(),
            ("l", _) => "[1, 2]".to_owned(),
            ("o", _) => "{}".to_owned(),
            _ => format!("\"{}\"", pick(rng, TEXTS)),
        };
        text.push_str(&format!(",\"{field}\":{value}"));
    }
    text + "}"
}

pub(super) fn compile(rules: &str) -> Program {
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

pub(super) fn decode<'a>(program: &Program, line: &'a str) -> Event<'a> {
    let source = Source::File {
        file: "events".into(),
        line: 1,
    };
    program.decode(line.as_bytes(), source).unwrap()
}

fn holds(program: &Program, alert: usize, event: &Event<'_>) -> bool {
    Scope::of_event(event).condition(&program.alerts[alert].when) == Datum::Bool(true)
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
    for seed in 0..60 {
        let mut rng = Rng::with_seed(seed);
        let text = rules(&mut rng, 60);
        let program = compile(&text);
        let mut scratch = Scratch::default();
        for _ in 0..400 {
            let line = event(&mut rng);
            let event = decode(&program, &line);
            let kind = event.kind.as_deref();
            program.index.candidates(kind, &event.slots, &mut scratch);
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
    assert!(fired > 10_000 && refiled > 50, "{fired} {refiled}");
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
            for (alert, rule) in program.alerts.iter().enumerate() {
                let need = super::Need::of(&rule.when);
                if holds(&program, alert, &event) {
                    assert!(need.holds(&event.slots), "{} {line}", rule.when_text);
                }
            }
        }
    }
}

/// How many candidates the index gives for an event.
fn candidates(rules: &str, line: &str) -> usize {
    let program = compile(rules);
    let event = decode(&program, line);
    let mut scratch = Scratch::default();
    let kind = event.kind.as_deref();
    program.index.candidates(kind, &event.slots, &mut scratch);
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
            candidates(&rules, &event(pass)),
            usize::from(passes),
            "{condition}"
        );
        assert_eq!(candidates(&rules, &event(stop)), 0, "{condition}");
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
    for _ in 0..2_000 {
        let (region, user, x) = (rng.u32(..4), rng.u32(..10_000), rng.u32(..100));
        let line = format!(
            "{{\"timestamp\":\"2026-01-05T10:00:00Z\",\"eventType\":\"a\",\
             \"region\":\"eu-{region}\",\"user\":\"u-{user}\",\"x\":{x}}}"
        );
        let event = decode(&program, &line);
        let kind = event.kind.as_deref();
        program.index.candidates(kind, &event.slots, &mut scratch);
        counts.push(scratch.found().len());
        scratch.retain(|alert| holds(&program, alert, &event));
        assert_eq!(scratch.found(), asked(&program, &event));
    }
    let mean = |counts: &[usize]| counts.iter().sum::<usize>() as f64 / counts.len() as f64;
    assert!(mean(&counts[..50]) > 10.0, "the guess is wrong at first");
    assert!(mean(&counts[1_000..]) < 0.1, "{}", mean(&counts[1_000..]));
}

#[test]
fn an_index_without_rules_finds_none() {
    let index = Index::new(std::iter::empty());
    let mut scratch = Scratch::default();
    index.candidates(Some("a"), &[], &mut scratch);
    index.candidates(None, &[], &mut scratch);
    assert!(scratch.found().is_empty());
}
