//! The parts of the reference that are data: each stands between `<!-- name -->` and `<!-- /name -->`.

use std::fmt::Write;

use serde_json::{Value, json};
use tripline_engine::reference::{aggregates, functions, limits};
use tripline_engine::{CODES, page};

use super::cells::{Given, evaluate};

/// A field that no event has.
const UNREAD: &str = "data.nothing";
/// An aggregate, of whatever type is wanted, over no values.
const EMPTY: &str = "last(data.nothing) per 1h";

/// Makes the Markdown of a part.
type Part = fn() -> String;

/// Puts the tables into the text.
///
/// # Panics
///
/// If the text has not the markers of one.
pub fn fill(text: &str) -> String {
    let parts: [(&str, Part); 10] = [
        ("functions", function_table),
        ("function examples", function_examples),
        ("aggregates", aggregate_table),
        ("limits", limit_table),
        ("codes", code_table),
        ("logic", logic),
        ("operators", operators),
        ("tests", tests),
        ("unknown arguments", unknown_arguments),
        ("empty windows", empty_windows),
    ];
    let mut text = text.to_owned();
    for (name, part) in parts {
        let (open, close) = (format!("<!-- {name} -->\n"), format!("<!-- /{name} -->"));
        let Some((before, rest)) = text.split_once(&open) else {
            panic!("the reference has no {open}");
        };
        let Some((_, after)) = rest.split_once(&close) else {
            panic!("the reference has no {close}");
        };
        text = format!("{before}{open}\n{}\n{close}{after}", part());
    }
    text
}

/// A table in Markdown.
fn table(heads: &[&str], rows: impl IntoIterator<Item = Vec<String>>) -> String {
    let line = |cells: &[String]| {
        let cells: Vec<String> = cells.iter().map(|cell| cell.replace('|', "\\|")).collect();
        format!("| {} |\n", cells.join(" | "))
    };
    let heads: Vec<String> = heads.iter().map(|head| (*head).to_owned()).collect();
    let mut text = line(&heads);
    let _ = writeln!(text, "|{}", "---|".repeat(heads.len()));
    for row in rows {
        text.push_str(&line(&row));
    }
    text
}

fn code(text: &str) -> String {
    format!("`{text}`")
}

fn function_table() -> String {
    let rows = functions().map(|one| {
        let example = one.examples.first().map(|one| {
            format!(
                "`{}` of `{}` is `{}`",
                one.expression, one.event, one.result
            )
        });
        vec![
            code(one.signature),
            one.summary.to_owned(),
            example.unwrap_or_default(),
        ]
    });
    table(&["function", "what it does", "for example"], rows)
}

fn function_examples() -> String {
    let rows = functions().flat_map(|one| one.examples).map(|example| {
        let result = match example.result {
            "unknown" => "unknown".to_owned(),
            known => code(known),
        };
        vec![code(example.expression), code(example.event), result]
    });
    table(&["expression", "event", "gives"], rows)
}

fn aggregate_table() -> String {
    let rows = aggregates().map(|one| {
        let examples: Vec<String> = one
            .examples
            .iter()
            .map(|(values, result)| match *result {
                "?" => format!("`{values}`: unknown"),
                known => format!("`{values}`: `{known}`"),
            })
            .collect();
        vec![
            code(one.signature),
            one.summary.to_owned(),
            one.error.to_owned(),
            examples.join("; "),
        ]
    });
    table(
        &["aggregate", "what it gives", "error", "for example"],
        rows,
    )
}

fn limit_table() -> String {
    let rows = limits()
        .into_iter()
        .map(|one| vec![one.what.to_owned(), one.limit]);
    table(&["what", "at most"], rows)
}

fn code_table() -> String {
    let rows = CODES.iter().map(|one| {
        let Ok(page) = page(one.code) else {
            panic!("{} has no page", one.code);
        };
        let text = page.text.trim_start_matches("### What it means").trim();
        let meaning = text.split("\n\n").next().unwrap_or_default();
        vec![code(one.code), code(one.id), meaning.replace('\n', " ")]
    });
    table(&["code", "name", "what it means"], rows)
}

fn event() -> Value {
    json!({"data": {"yes": true, "no": false, "n": 5, "text": "abc", "list": [1, 5]}})
}

/// Evaluates a grid of expressions: a row of them for each first cell.
fn grid(heads: &[&str], rows: &[(String, Vec<Option<String>>)]) -> String {
    let cells = rows.iter().flat_map(|(_, cells)| cells);
    let expressions: Vec<String> = cells.flatten().cloned().collect();
    let mut values = evaluate(&expressions, &event()).into_iter();
    let rows = rows.iter().map(|(head, cells)| {
        let mut row = vec![head.clone()];
        for cell in cells {
            row.push(match cell {
                Some(_) => values.next().map(shown).unwrap_or_default(),
                None => "–".to_owned(),
            });
        }
        row
    });
    table(heads, rows)
}

fn shown(given: Given) -> String {
    match given {
        Given::Known(value) => code(&value),
        unknown => unknown.to_string(),
    }
}

/// The words that stand for operands in the tables.
fn operand(word: &str) -> &str {
    match word {
        "true" => "data.yes",
        "false" => "data.no",
        "5" => "data.n",
        "\"abc\"" => "data.text",
        "[1, 5]" => "data.list",
        "*unread*" => UNREAD,
        "*empty*" => EMPTY,
        other => other,
    }
}

fn logic() -> String {
    let words = ["true", "false", "*unread*", "*empty*"];
    let mut text = String::new();
    for op in ["and", "or"] {
        let head = format!("`{op}`");
        let mut heads = vec![head.as_str()];
        heads.extend(words);
        let rows = words.map(|left| {
            let cells =
                words.map(|right| Some(format!("{} {op} {}", operand(left), operand(right))));
            (format!("**{left}**"), cells.to_vec())
        });
        text.push_str(&grid(&heads, &rows));
        text.push('\n');
    }
    let mut heads = vec!["`not`"];
    heads.extend(words);
    let cells = words.map(|word| Some(format!("not {}", operand(word))));
    text.push_str(&grid(&heads, &[(String::new(), cells.to_vec())]));
    text
}

/// What an operator gives for pairs of operands.
fn operators() -> String {
    let pairs = [
        ("5", "*unread*"),
        ("*unread*", "5"),
        ("5", "*empty*"),
        ("*empty*", "5"),
        ("*unread*", "*empty*"),
        ("*empty*", "*empty*"),
        ("5", "\"abc\""),
    ];
    let names: Vec<String> = pairs
        .iter()
        .map(|(left, right)| format!("{left} ∘ {right}"))
        .collect();
    let mut heads = vec!["∘"];
    heads.extend(names.iter().map(String::as_str));
    let ops = [
        "==",
        "!=",
        "<",
        "<=",
        ">",
        ">=",
        "+",
        "-",
        "*",
        "/",
        "%",
        "??",
        "contains",
        "starts with",
        "ends with",
    ];
    let rows = ops.map(|op| {
        let cells =
            pairs.map(|(left, right)| Some(format!("{} {op} {}", operand(left), operand(right))));
        (code(op), cells.to_vec())
    });
    grid(&heads, &rows)
}

/// What tests of one value give.
fn tests() -> String {
    let words = ["5", "\"abc\"", "[1, 5]", "*unread*", "*empty*"];
    let tests = [
        ("in 1..9", "in 1..9"),
        ("in [5, \"abc\"]", "in [5, \"abc\"]"),
        ("in [4, null]", "in [4, null]"),
        ("in *the path of* [1, 5]", "in data.list"),
        ("in *the path of nothing*", "in data.nothing"),
        ("in cidr(\"10.0.0.0/8\")", "in cidr(\"10.0.0.0/8\")"),
        ("matches \"^a\"", "matches \"^a\""),
        ("is missing", "is missing"),
        ("is not missing", "is not missing"),
        ("is number", "is number"),
        ("is string", "is string"),
        ("is bool", "is bool"),
        ("is list", "is list"),
        ("is object", "is object"),
    ];
    let mut heads = vec!["the value"];
    heads.extend(words);
    let rows = tests.map(|(shown, test)| {
        let cells = words.map(|word| Some(format!("{} {test}", operand(word))));
        (shown.to_owned(), cells.to_vec())
    });
    let mut text = grid(&heads, &rows);
    let inside = [
        "5 in _..9",
        "5 in 1.._",
        "5 in 9.._",
        "5 in [5, _]",
        "5 in [4, _]",
    ];
    let names = inside.map(code);
    let mut heads = vec!["`_` is"];
    heads.extend(names.iter().map(String::as_str));
    let rows = ["*unread*", "*empty*"].map(|word| {
        let cells = inside.map(|test| Some(test.replace('_', &format!("({})", operand(word)))));
        (word.to_owned(), cells.to_vec())
    });
    text.push('\n');
    text.push_str(&grid(&heads, &rows));
    text
}

/// What each function gives for unknown arguments and for one of a wrong type.
fn unknown_arguments() -> String {
    // `_` is the argument; what a function takes besides is known. The last is of a wrong type.
    let calls = [
        ("lower", "lower(_)", "data.n"),
        ("upper", "upper(_)", "data.n"),
        ("trim", "trim(_)", "data.n"),
        ("len", "len(_)", "data.n"),
        ("abs", "abs(_)", "data.text"),
        ("round", "round(_)", "data.text"),
        ("floor", "floor(_)", "data.text"),
        ("ceil", "ceil(_)", "data.text"),
        ("min", "min(5, _)", "data.text"),
        ("max", "max(5, _)", "data.text"),
        ("hour", "", ""),
        ("weekday", "", ""),
        ("date", "", ""),
        ("cidr", "_ in cidr(\"10.0.0.0/8\")", "data.text"),
        ("default", "default(_, 7)", ""),
        ("any", "any(_, it > 3)", "data.n"),
        ("all", "all(_, it > 3)", "data.n"),
        ("number", "number(_)", "data.text"),
        ("text", "text(_)", "data.list"),
    ];
    let names: Vec<&str> = functions().map(|one| one.name).collect();
    let covered: Vec<&str> = calls.iter().map(|(name, ..)| *name).collect();
    assert_eq!(names, covered, "every function has its row");
    let rows: Vec<_> = calls
        .iter()
        .filter(|(_, call, _)| !call.is_empty())
        .map(|(name, call, wrong)| {
            let put = |operand: &str| Some(call.replace('_', operand));
            // A list is a path of the event, so no window can stand for it.
            let empty = if ["any", "all"].contains(name) {
                None
            } else {
                put(EMPTY)
            };
            let wrong = if wrong.is_empty() { None } else { put(wrong) };
            (code(call), vec![put(UNREAD), empty, wrong])
        })
        .collect();
    grid(
        &[
            "`_` is",
            "*unread*",
            "*empty*",
            "of a wrong type or content",
        ],
        &rows,
    )
}

/// What each aggregate gives over no event, and over events that hold no value.
fn empty_windows() -> String {
    let rows: Vec<_> = aggregates()
        .map(|one| {
            let call = |value: &str, filter: &str| {
                let inside = match one.signature.split_once('(').map(|(_, inside)| inside) {
                    Some(inside) if inside.starts_with("[condition]") => {
                        if filter.is_empty() {
                            value.to_owned()
                        } else {
                            filter.to_owned()
                        }
                    }
                    Some(inside) if inside.starts_with("value, p") => {
                        format!("{value}, 95{}", clause(filter))
                    }
                    _ => format!("{value}{}", clause(filter)),
                };
                Some(format!("{}({inside}) per 1h", one.name))
            };
            (
                code(one.signature),
                vec![call("data.n", "data.no"), call(UNREAD, "")],
            )
        })
        .collect();
    grid(
        &[
            "aggregate",
            "over no event",
            "over events whose value (or condition) is unknown",
        ],
        &rows,
    )
}

fn clause(filter: &str) -> String {
    match filter {
        "" => String::new(),
        filter => format!(" where {filter}"),
    }
}
