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
    "10.0.0.1",
    "10.200.0.1",
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
const NUMERIC: &[&str] = &[
    "(x - y)",
    "(x + 1)",
    "(x + 2)",
    "(x * y)",
    "(x / y)",
    "(x % 2)",
    "(-x)",
    "(x ?? 0)",
    "(x ?? y)",
    "len(t)",
    "len(l)",
    "abs(x)",
    "round(y)",
    "min(x, y)",
    "max(x, 5)",
    "number(t)",
    "hour(\"Europe/Berlin\")",
    "weekday()",
];
const TEXTUAL: &[&str] = &[
    "lower(t)",
    "upper(t)",
    "trim(lower(u))",
    "text(x)",
    "(t ?? \"a\")",
    "date()",
];
/// Of any type.
const MIXED: &[&str] = &[
    "(t ?? u)",
    "(l ?? t)",
    "(o ?? x)",
    "(b ?? false)",
    "(x ?? t)",
];
const CLAUSES: &[&str] = &[
    "x > y",
    "x >= y",
    "t == u",
    "b == (x < y)",
    "x == l",
    "o != l",
    "x in l",
    "x not in l",
    "(x in short) == b",
    "(x in short) == true",
    "(x not in short) == true",
    "(x not in short) != true",
    "(x not in short) == b",
    "t contains u",
    "t not starts with u",
    "any(l, it == 1)",
    "all(l, it > 0)",
    "any(l, it in short)",
    "all(l, it not in short)",
    "x in [1, y]",
    "x not in [1, y, null]",
    "x in y..7",
    "x not in y..7",
    "5 in x..y",
    "t in cidr(\"10.0.0.0/8\")",
    "t not in cidr(\"10.0.0.0/8\")",
    "t in cidr(\"10.0.0.0/9\")",
    "t in hosts",
    "t matches '[a-z]+'",
    "t not matches '[a-z]+'",
    "lower(t) matches '[a-c]+$'",
    "(b ?? true)",
    "(b ?? false)",
    "x != 5",
    "t > \"abc\"",
    "lower(t) == u",
    "hour() in 9..x",
];
const FIELDS: &[&str] = &["x", "y", "t", "u", "b", "l", "o"];
const TYPES: &[&str] = &["a", "ab", "abc", "abd", "b"];

fn pick<'c>(rng: &mut Rng, choices: &[&'c str]) -> &'c str {
    choices[rng.usize(..choices.len())]
}

/// One of a few that stand together, the same for all rules of a set, so that they have them in common.
fn near<'c>(rng: &mut Rng, from: usize, choices: &[&'c str]) -> &'c str {
    choices[(from + rng.usize(..3)) % choices.len()]
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

/// A test of a value that is computed.
fn derived(rng: &mut Rng, from: usize) -> String {
    let not = pick(rng, &["", "not "]);
    let (order, equality) = (["<", "<=", ">", ">="], ["==", "!="]);
    match rng.u32(..9) {
        0 => format!(
            "{} {} {}",
            near(rng, from, NUMERIC),
            pick(rng, &order),
            pick(rng, NUMBERS)
        ),
        1 => {
            let (value, low) = (near(rng, from, NUMERIC), pick(rng, NUMBERS));
            format!("{value} {not}in {low}..{}", pick(rng, NUMBERS))
        }
        2 => format!(
            "{} {} {}",
            pick(rng, NUMBERS),
            pick(rng, &equality),
            near(rng, from, NUMERIC)
        ),
        3 => {
            let (value, op) = (near(rng, from, TEXTUAL), pick(rng, &equality));
            format!("{value} {op} \"{}\"", pick(rng, TEXTS))
        }
        4 => {
            let test = pick(rng, &["contains", "starts with", "ends with"]);
            let value = near(rng, from, TEXTUAL);
            format!("{value} {not}{test} \"{}\"", pick(rng, TEXTS))
        }
        5 => {
            let value = near(rng, from, TEXTUAL);
            format!("{value} {not}matches '{}'", pick(rng, PATTERNS))
        }
        6 => {
            let value = near(rng, from, MIXED);
            let kind = ["missing", "number", "string", "bool", "list", "object"];
            format!("{value} is {not}{}", pick(rng, &kind))
        }
        7 => {
            let list = pick(rng, &["short", "long", "[1, \"a\", null]", "[true, 5]"]);
            format!("{} {not}in {list}", near(rng, from, MIXED))
        }
        _ => format!(
            "{} {} {}",
            near(rng, from, MIXED),
            pick(rng, &equality),
            constant(rng)
        ),
    }
}

fn simple(rng: &mut Rng, from: usize) -> String {
    match rng.u32(..6) {
        0 => return derived(rng, from),
        1 => return format!("{}({})", pick(rng, &["", "not "]), near(rng, from, CLAUSES)),
        _ => {}
    }
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

fn condition(rng: &mut Rng, from: usize, depth: u32) -> String {
    match rng.u32(..8) {
        0..3 if depth > 0 => {
            let parts: Vec<_> = (0..rng.usize(2..4))
                .map(|_| condition(rng, from, depth - 1))
                .collect();
            format!("({})", parts.join(" and "))
        }
        3 | 4 if depth > 0 => {
            let parts: Vec<_> = (0..rng.usize(2..4))
                .map(|_| condition(rng, from, depth - 1))
                .collect();
            format!("({})", parts.join(" or "))
        }
        5 if depth > 0 => format!("not ({})", condition(rng, from, depth - 1)),
        _ => simple(rng, from),
    }
}

pub(super) fn rules(rng: &mut Rng, count: usize) -> String {
    let mut text = String::from("lists:\n  short: [1, \"a\", true, 2.5]\n  hosts: [10.0.0.1]\n");
    let long: Vec<String> = (0..300)
        .map(|item| format!("item-{item}, {item}"))
        .collect();
    text.push_str(&format!("  long: [{}]\nalerts:\n", long.join(", ")));
    let from = rng.usize(..NUMERIC.len() * CLAUSES.len());
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
        let condition = condition(rng, from, 3);
        // Some have a state for each key: those are no business of the index.
        let hold = pick(rng, &["", "", "", "", "    for: 1m\n"]);
        text.push_str(&format!(
            "  r{rule:03}:\n    on: {on}\n{hold}    when: |\n      {condition}\n"
        ));
    }
    text
}

pub(super) fn event(rng: &mut Rng) -> String {
    let (day, hour) = (rng.u32(1..8), rng.u32(..24));
    let mut text = format!("{{\"timestamp\":\"2026-01-0{day}T{hour:02}:00:00Z\"");
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
