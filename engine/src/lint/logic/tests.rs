use tripline_grammar::ast::Expr;

use super::{always, facts, implies, may_imply, never};

fn parse(text: &str) -> Expr {
    tripline_grammar::parse(text, Default::default()).unwrap()
}

#[test]
fn contradictions_are_found_through_and_or_not() {
    for text in [
        "x > 35 and x < 0",
        "count() over 5m < 0",
        "not (x > 5) and x > 7",
        "x == \"a\" and x == \"b\"",
        "x == \"a\" and x > 5",
        "(x > 5 or x < 0) and x in 1..4",
        "count() over 5m > 2 and count() over 5m < 3",
        "count(a) over 5m / count() over 5m > 120%",
        "hour() == 24",
        "a and not a",
        "x is missing and x > 5",
        "x in 35..0",
        "1 > 2",
        "x > 1 and (y < 0 and x < 1)",
        "not (x > 0 or x <= 0)",
    ] {
        assert!(never(&parse(text)), "{text}");
        assert!(always(&parse(&format!("not ({text})"))), "not ({text})");
    }
}

#[test]
fn what_may_be_true_is_no_contradiction() {
    for text in [
        "x > 35 or x < 0",
        "x > 0 and y < 0",
        "count() over 5m == 0",
        "x != 5 and x != \"a\"",
        "not (x > 5) and x > 4",
        "count(a) over 5m / count(b) over 5m > 120%",
        "count(a) over 5m / count() over 10m > 120%",
        "x is missing or x > 5",
        "x not in 0..35",
        "x in [1, null] and x is missing",
        "sum(x) over 5m < 0",
        "x >= 5 and x <= 5",
        "\"a\" < x and x < \"c\"",
        "a or not a",
    ] {
        assert!(!never(&parse(text)), "{text}");
    }
}

#[test]
fn tautologies_are_true_of_every_number() {
    for text in [
        "x > 5 or x <= 10",
        "count() over 5m >= 0",
        "x in ..5 or x > 4",
        "1 < 2",
        "count() over 1m >= 1 or count() over 1m == 0",
    ] {
        assert!(always(&parse(text)), "{text}");
    }
    for text in [
        "x > 5 or x < 5",
        "x > 5",
        "x is missing",
        "x != 5",
        "sum(x) over 5m >= 0",
        "x == true or y",
        "x == true or x == false",
    ] {
        assert!(!always(&parse(text)), "{text}");
    }
}

#[test]
fn one_condition_implies_another() {
    for (a, b) in [
        ("x > 40", "x > 30"),
        ("x > 40 and y", "x > 30 and y"),
        ("x > 40", "x > 30 or z"),
        ("x == 5", "x in 0..9"),
        ("x > 50 or x > 40", "x > 30"),
        ("x == \"a\"", "x in [\"a\", \"b\"]"),
        ("x > 40", "x < 0 or x > 30"),
        ("not (x < 5)", "x >= 4"),
        ("count() over 5m > 4", "count() over 5m >= 5"),
    ] {
        assert!(implies(&parse(a), &parse(b)), "{a} => {b}");
    }
    for (a, b) in [
        ("x > 30", "x > 40"),
        ("x > 40 or y", "x > 30"),
        ("x > 4", "x >= 5"),
        ("x > 1", "y > 1"),
        ("x != 5", "x > 5"),
    ] {
        assert!(!implies(&parse(a), &parse(b)), "{a} => {b}");
    }
}

#[test]
fn the_quick_answer_never_denies_what_follows() {
    let texts = [
        "x > 3",
        "x > 5",
        "x >= 4 and y < 2",
        "x > 5 and y > 1 or x > 7",
        "x > 5 or y > 5",
        "not (x <= 5)",
        "x in 6..9",
        "x in [6, 7]",
        "x == 6 or x == 7",
        "x == \"a\"",
        "x != \"b\"",
        "x is missing",
        "not (x is missing)",
        "a",
        "not a",
        "a and x > 5",
        "a or b",
        "count() over 5m >= 5",
        "count() over 5m > 4",
        "count() over 5m > 4.5 and count(a) over 5m / count() over 5m > 20%",
        "x starts with \"ab\"",
        "x starts with \"a\"",
        "lower(x) == \"a\" and hour() in 1..4",
        "hour() in 0..23",
    ];
    let conditions: Vec<Expr> = texts.iter().map(|text| parse(text)).collect();
    let mut following = 0;
    for (a, text) in conditions.iter().zip(texts) {
        for (b, other) in conditions.iter().zip(texts) {
            if implies(a, b) {
                following += 1;
                assert!(may_imply((a, &facts(a)), &facts(b)), "{text} / {other}");
            }
        }
    }
    assert!(following > 40, "{following}");
}
