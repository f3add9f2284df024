//! Expressions that rules have in common.

use super::{anchored, asked, compile, decode, holds, values};
use crate::eval::Scope;
use crate::index::Scratch;

/// Of how many rules an anchor holds, and how many values are computed for that.
fn shared(rules: &[(&str, &str)], fields: &str) -> (usize, usize) {
    let mut text = String::from("lists:\n  nets: [10.0.0.0/8]\nalerts:\n");
    for (rule, (on, when)) in rules.iter().enumerate() {
        text.push_str(&format!(
            "  r{rule}:\n    on: {on}\n    when: |\n      {when}\n"
        ));
    }
    let line = format!("{{\"timestamp\":\"2026-01-05T10:00:00Z\",\"eventType\":\"a\",{fields}}}");
    let tables = compile(&text).index.tables;
    let computed = tables.iter().map(|table| table.computes()).sum();
    (anchored(&text, &line), computed)
}

#[test]
fn what_rules_have_in_common_is_computed_once() {
    // Of each pair of conditions, events with the number of those whose anchors let them pass.
    let cases = [
        (
            ["lower(t) == 'a'", "lower(t) == 'b'"],
            [(r#""t":"A""#, 1), (r#""t":"c""#, 0), (r#""t":1"#, 0)],
        ),
        (
            ["x - y > 5", "not (x - y <= 7)"],
            [
                (r#""x":9,"y":1"#, 2),
                (r#""x":9,"y":3"#, 1),
                (r#""x":9"#, 0),
            ],
        ),
        (
            ["x - y in 3..5", "x - y not in 3..5"],
            [
                (r#""x":9,"y":5"#, 1),
                (r#""x":9,"y":1"#, 1),
                (r#""x":9"#, 0),
            ],
        ),
        (
            ["(x ?? 0) > 5", "(x ?? 0) == 0"],
            [(r#""x":6"#, 1), (r#""z":6"#, 1), (r#""x":5"#, 0)],
        ),
        (
            ["x > y", "not (x > y)"],
            [
                (r#""x":2,"y":1"#, 1),
                (r#""x":1,"y":1"#, 1),
                (r#""y":1"#, 0),
            ],
        ),
        (
            ["t in nets", "t not in nets"],
            [
                (r#""t":"10.1.1.1""#, 1),
                (r#""t":"11.1.1.1""#, 1),
                (r#""t":"a""#, 0),
            ],
        ),
        (
            [
                "t in cidr('10.0.0.0/8')",
                "t in cidr('10.0.0.0/8') or t in cidr('10.0.0.0/8')",
            ],
            [
                (r#""t":"10.1.1.1""#, 2),
                (r#""t":"11.1.1.1""#, 0),
                (r#""t":"a""#, 0),
            ],
        ),
        (
            ["t matches '[0-9]+'", "t not matches '[0-9]+'"],
            [(r#""t":"a1""#, 1), (r#""t":"a""#, 1), (r#""t":1"#, 0)],
        ),
        (
            ["any(l, it > 5)", "not any(l, it > 5)"],
            [
                (r#""l":[1,6]"#, 1),
                (r#""l":[1]"#, 1),
                (r#""l":[1,null]"#, 0),
            ],
        ),
        (
            ["x in l", "x in l or x > 7"],
            [
                (r#""x":1,"l":[1]"#, 2),
                (r#""x":8,"l":[1]"#, 1),
                (r#""x":8"#, 1),
            ],
        ),
        (
            ["(x in [1, 2]) == b", "not ((x in [1, 2]) == b)"],
            [
                (r#""x":1,"b":true"#, 1),
                (r#""x":3,"b":true"#, 1),
                (r#""b":true"#, 0),
            ],
        ),
        (
            ["(x not in [1, 2]) == false", "(x not in [1, 2]) is missing"],
            [(r#""x":1"#, 1), (r#""x":3"#, 0), (r#""y":1"#, 1)],
        ),
        (
            ["x != 5", "x != 5 or x is missing and t > 'b'"],
            [(r#""x":6"#, 2), (r#""x":5"#, 0), (r#""t":"c""#, 1)],
        ),
        (
            ["hour() in 9..10", "hour() > 10"],
            [(r#""x":6"#, 1), (r#""x":5"#, 1), (r#""y":5"#, 1)],
        ),
        (
            ["len(t) is missing", "len(t) in [2, null]"],
            [(r#""t":"ab""#, 1), (r#""x":5"#, 2), (r#""t":"abc""#, 0)],
        ),
    ];
    for (conditions, events) in cases {
        let rules: Vec<_> = [conditions; 3]
            .as_flattened()
            .iter()
            .map(|when| ("a", *when))
            .collect();
        for (fields, passed) in events {
            assert_eq!(
                shared(&rules, fields),
                (3 * passed, 1),
                "{conditions:?} {fields}"
            );
        }
    }
}

#[test]
fn what_one_rule_has_alone_is_left_to_the_evaluator() {
    let event = r#""t":"x","u":"x","x":0"#;
    let alone = [("a", "lower(t) == 'a'"), ("a", "upper(t) == 'A'")];
    assert_eq!(shared(&alone, event), (2, 0));
    // The same in another table is computed there.
    let apart = [("a", "lower(t) == 'a'"), ("b", "lower(t) == 'b'")];
    assert_eq!(shared(&apart, event), (1, 0));
    // Twice in one rule is not in two.
    let twice = [("a", "lower(t) == 'a' or lower(t) == 'b'")];
    assert_eq!(shared(&twice, event), (1, 0));
    // Nor is a value the same that only looks so.
    let differ = [
        ("a", "x + 1 > 3"),
        ("a", "x + 1.0 > 3"),
        ("a", "x + 2 > 3"),
        ("a", "x - 1 > 3"),
        ("a", "(x in [1, 2]) == t"),
        ("a", "(x not in [1, 2]) == t"),
        ("a", "(x in [1, 3]) == t"),
        ("a", "t matches '[0-9]'"),
        ("a", "t matches '[0-9]+'"),
        ("a", "any(l, it > 5)"),
        ("a", "all(l, it > 5)"),
        ("a", "any(m, it > 5)"),
        ("a", "hour('Europe/Berlin') > x"),
        ("a", "hour('Europe/Paris') > x"),
        ("a", "weekday('Europe/Paris') > x"),
        ("a", "u contains t"),
        ("a", "t contains u"),
    ];
    let (_, computed) = shared(&differ, event);
    assert_eq!(computed, 0);
}

/// However many rules there are, and whatever else they test.
#[test]
fn the_number_of_computed_values_is_not_that_of_the_rules() {
    let lowered: Vec<String> = (0..500)
        .map(|user| format!("lower(t) == 'u-{user}'"))
        .collect();
    let larger: Vec<String> = (0..500)
        .map(|least| format!("x > y and z > {least} and not any(l, it == 1)"))
        .collect();
    let different: Vec<String> = (0..500).map(|z| format!("s != 'ok' or z == {z}")).collect();
    let all = lowered.iter().chain(&larger).chain(&different);
    let rules: Vec<_> = all.map(|when| ("a", when.as_str())).collect();
    let event = |fields: &str| shared(&rules, fields);
    assert_eq!(event(r#""t":"U-17","z":-1,"s":"ok""#), (1, 2));
    assert_eq!(event(r#""t":"V-17","z":-1,"s":"ok""#), (0, 2));
    assert_eq!(event(r#""t":"V-17","z":-1,"s":"no""#), (500, 2));
    assert_eq!(event(r#""t":"V-17","z":-1"#), (0, 2));
    assert_eq!(event(r#""t":"V-17","z":17"#), (18, 2));
}

/// A test of a value that is computed is taken where those of fields turn out to hold too often, and left where
/// it does.
#[test]
fn anchors_go_to_computed_values_and_back() {
    let mut rules = String::from("alerts:\n");
    for rule in 0..50 {
        let limit = -f64::from(rule) / 50.0;
        rules.push_str(&format!(
            "  a{rule}: {{on: a, when: \"x > y and z > {limit}\"}}\n  \
             b{rule}: {{on: a, when: \"len(t) == {} and z > {}\"}}\n",
            1 + rule % 2,
            100 + rule
        ));
    }
    let program = compile(&rules);
    let mut scratch = Scratch::default();
    let mut counts = Vec::new();
    for event in 0..3_000 {
        let text = ["a", "ab"][event % 2];
        let line = format!(
            "{{\"timestamp\":\"2026-01-05T10:00:00Z\",\"eventType\":\"a\",\
             \"t\":\"{text}\",\"x\":1,\"y\":{},\"z\":1}}",
            1 + event % 7
        );
        let event = decode(&program, &line);
        let (kind, scope) = (event.kind.as_deref(), Scope::of_event(&event));
        let values = values(&program, &scope);
        program.index.anchored(kind, &values, &mut scratch);
        counts.push(scratch.found().len());
        program.index.candidates(kind, &scope, &mut scratch);
        scratch.retain(|alert| holds(&program, alert, &event));
        assert_eq!(scratch.found(), asked(&program, &event));
    }
    assert_eq!(counts[0], 75, "the guess is wrong at first");
    assert_eq!(counts[2_999], 0);
    let table = scratch.watch.table(0);
    assert_eq!(table.map(|table| table.computes()), Some(1));
}
