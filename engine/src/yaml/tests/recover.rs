use std::fmt::Write;

use super::super::*;
use super::short;

/// Checks that exactly the alerts named bad are reported, each inside itself, and the others are read.
fn check_alerts(alerts: &[(&str, &str)]) {
    let mut text = "defaults:\n  severity: info\nalerts:\n".to_owned();
    let mut places = Vec::new();
    for (name, body) in alerts {
        let start = text.len();
        text.push_str(body);
        places.push((*name, start..text.len()));
    }
    text.push_str("lists:\n  admins: [\"root\", admin]\n");
    let document = parse(&text);
    let root = document.root.expect(&text);
    let mut problems = document.problems.iter();
    let mut good = Vec::new();
    for (name, place) in &places {
        if name.starts_with("bad") {
            let problem = problems
                .next()
                .unwrap_or_else(|| panic!("{name} of\n{text}"));
            let Range { start, end } = problem.range;
            assert!(
                place.start <= start && end <= place.end,
                "{problem:?} for {name} of\n{text}"
            );
        } else {
            good.push(*name);
        }
    }
    assert_eq!(problems.next(), None, "{text}");
    let keys = root
        .get("alerts")
        .and_then(Node::as_map)
        .unwrap_or_default();
    let keys: Vec<_> = keys.iter().map(|entry| entry.key.value.as_str()).collect();
    assert_eq!(keys, good, "{text}");
    assert!(
        root.get("lists")
            .and_then(|lists| lists.get("admins"))
            .is_some(),
        "{text}"
    );
}

#[test]
fn each_bad_entry_is_reported_once() {
    let bad = [
        "    when: \"x == 1\n    by: y\n",
        "    when: 'x == 1\n    summary: \"{y}\"\n",
        "    when: [x\n    by: y\n",
        "    when: {x: [y\n",
        "    when: x ]\n    by: {a: b]}\n",
        "\twhen: x\n",
        "    when: x\n\tby: y\n",
        "    when: x\n   by: y\n",
        "    when: x\n      by: y\n",
        "    when: x\n    by\n",
        "    when: x: y\n",
        "    when: @x\n",
        "    when: \"a\" == b\n",
        "    labels: {a: x[0] == {, b: y}\n",
        "    when: \"\\q\"\n",
        "    when: x\n    - y\n",
    ];
    let good = [
        "    when: \"x == 'a'\"\n    by: [y]\n",
        "    when: |\n      x\n      # y\n    summary: \"a\n      b\"\n",
        "    when: it's\n\n    # \"comment\n",
    ];
    let entry = |name: &str, body: &str| format!("  {name}:\n{body}");
    for first in bad {
        for second in bad {
            let (a, b) = (entry("bad1", first), entry("bad2", second));
            let (x, y, z) = (
                entry("x", good[0]),
                entry("y", good[1]),
                entry("z", good[2]),
            );
            let (a, b) = (("bad1", a.as_str()), ("bad2", b.as_str()));
            let (x, y, z) = (("x", x.as_str()), ("y", y.as_str()), ("z", z.as_str()));
            check_alerts(&[a, x, y, z]);
            check_alerts(&[x, a, y]);
            check_alerts(&[x, y, a]);
            check_alerts(&[a, b]);
            check_alerts(&[a, x, b, y]);
            check_alerts(&[x, a, b, y, z]);
        }
    }
}

#[test]
fn bad_blocks_do_not_hide_others() {
    let text = "a: \"x\nb: [1\nc:\n  d: e\n f: g\nh: 'ok'\n";
    let document = parse(text);
    assert_eq!(short(&document.root.unwrap()), "{c: {d: e}, h: \"ok\"}");
    assert_eq!(document.problems.len(), 3);
    // Values that go on where an entry could begin are no errors.
    let text = "a:\n  b: [x,\n  y]\n  c: \"p\n q\"\n  d: 'e\n";
    let document = parse(text);
    assert_eq!(
        short(&document.root.unwrap()),
        "{a: {b: [x, y], c: \"p q\"}}"
    );
    assert_eq!(document.problems.len(), 1);
    let document = parse("alerts: x\n  a:\n    b: c\n  d:\n    e: f\ng: h\n");
    assert_eq!(document.problems.len(), 1);
    assert_eq!(short(&document.root.unwrap()), "{g: h}");
    let document = parse("foo\na: b\n");
    assert_eq!(document.problems[0].range, 0..1);
    assert_eq!(document.problems.len(), 1);
    assert_eq!(short(&document.root.unwrap()), "{a: b}");
}

#[test]
fn words_for_syntax_errors() {
    let first = |text: &str| parse(text).problems.remove(0);
    let problem = first("a:\n  b: {when: x in [1, 2, by: y}\n");
    assert!(problem.help.unwrap().starts_with("quote this expression"));
    let problem = first("a:\n  b: \"x\n  c: d\n");
    assert_eq!(
        (problem.message.as_str(), problem.range),
        ("this quote is not closed", 8..9)
    );
    let problem = first("a:\n\tb: c\n");
    assert_eq!(problem.help.as_deref(), Some("indent with spaces"));
}

#[test]
fn large_broken_files_stay_quick() {
    let mut text = "alerts:\n".to_owned();
    let mut number = 0;
    while text.len() < 1 << 20 {
        let quote = if number % 3 == 0 { "\"" } else { "" };
        writeln!(text, "  a{number}:\n    when: {quote}x == 1\n    by: y").unwrap();
        number += 1;
    }
    let document = parse(&text);
    assert_eq!(document.problems.len(), 50);
    let binary: String = (0..200_000u32)
        .filter_map(|n| char::from_u32(n * 7919 % 0x300))
        .collect();
    assert!(!parse(&binary).problems.is_empty());
}

#[test]
fn lines_without_a_key_are_blamed_themselves() {
    let text = "a:\n  b: 1\n  foo\n  c: 2\n";
    let document = parse(text);
    assert_eq!(document.problems.len(), 1, "{:?}", document.problems);
    assert_eq!(short(&document.root.unwrap()), "{a: {b: 1, c: 2}}");
    let items = parse("-\n- b\n-\n").root.unwrap();
    let ranges: Vec<_> = items
        .as_list()
        .unwrap()
        .iter()
        .map(|item| item.range.clone())
        .collect();
    assert_eq!(ranges, [1..1, 4..5, 7..7]);
}

#[test]
fn an_alias_of_what_could_not_be_read_is_not_reported_as_well() {
    let aliases = |anchor: &str| {
        let text = format!("alerts:\n  a: {{x: &{anchor} 1, y: [}}\n  b: *base\n  c: [*base]\n");
        let problems = parse(&text).problems.into_iter();
        problems
            .filter(|problem| problem.kind == ProblemKind::UnknownAlias)
            .count()
    };
    assert_eq!(aliases("base"), 0);
    assert_eq!(aliases("baseline"), 2);
}
