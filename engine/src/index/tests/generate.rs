//! Random rules whose conditions meet in few fields, and events that meet their corners.

use fastrand::Rng;

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

pub(super) fn rules(rng: &mut Rng, count: usize) -> String {
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

pub(super) fn event(rng: &mut Rng) -> String {
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
