#![allow(clippy::unwrap_used)]

use std::fmt::Write;

use proptest::prelude::*;
use proptest::test_runner::RngSeed;

use super::*;

mod recover;

/// The tree in short: `{key: value}`, `[item]`, `'text'` quoted by style.
fn short(node: &Node) -> String {
    match &node.content {
        Content::Scalar(scalar) => match scalar.style {
            Style::Plain => scalar.value.to_string(),
            _ => format!("{:?}", scalar.value),
        },
        Content::List(items) => {
            let items: Vec<_> = items.iter().map(short).collect();
            format!("[{}]", items.join(", "))
        }
        Content::Map(entries) => {
            let entries = entries.iter();
            let entries: Vec<_> = entries
                .map(|entry| format!("{}: {}", entry.key.value, short(&entry.value)))
                .collect();
            format!("{{{}}}", entries.join(", "))
        }
    }
}

fn tree(text: &str) -> String {
    let document = parse(text);
    assert_eq!(document.problems, [], "{text:?}");
    document.root.as_ref().map(short).unwrap_or_default()
}

fn kinds(text: &str) -> Vec<(ProblemKind, &str)> {
    let problems = parse(text).problems;
    problems
        .into_iter()
        .map(|problem| (problem.kind, &text[problem.range]))
        .collect()
}

/// Every piece of a scalar's source with the character that it stands for.
fn sources<'t>(scalar: &Scalar, text: &'t str) -> Vec<(char, &'t str)> {
    let chars = scalar.value.char_indices();
    chars
        .map(|(at, c)| (c, &text[scalar.source_range(text, at..at + c.len_utf8())]))
        .collect()
}

#[test]
fn reads_scalars_as_written() {
    assert_eq!(
        tree("on: yes\n017: 0x1F\nn: ~\n"),
        "{on: yes, 017: 0x1F, n: ~}"
    );
    assert_eq!(
        tree("a: [x, {y: z}]\nb:\nc: ''\n"),
        "{a: [x, {y: z}], b: , c: \"\"}"
    );
    assert_eq!(tree(""), "");
    assert_eq!(tree("# only\n"), "");
    assert_eq!(tree("\u{feff}a:\r\n  - b\r\n"), "{a: [b]}");
    let document = parse("a: 'true'\nb: true\nc: 'null'\nd: null\ne:\n");
    let root = document.root.unwrap();
    let scalar = |key| root.get(key).unwrap().as_scalar().unwrap();
    assert_eq!(scalar("a").as_bool(), None);
    assert_eq!(scalar("b").as_bool(), Some(true));
    assert!(!scalar("c").is_null());
    assert!(scalar("d").is_null() && scalar("e").is_null());
}

#[test]
fn ranges_are_exact() {
    let text = "a: # c\nb : &x\n'c':\n  - \n  - d\nl: {e, f: , \"g\":1}\nm: |  # n > 1\n   o\n\n# p\nq:\n  r: s\n  t:\nu: >+\n  v\n\nw: |-\n";
    let document = parse(text);
    assert_eq!(document.problems, []);
    let root = document.root.unwrap();
    let at = |key: &str| root.get(key).unwrap().range.clone();
    assert_eq!(at("a"), 2..2);
    assert_eq!(at("b"), 10..10);
    assert_eq!(&text[root.entry("c").unwrap().key.range.clone()], "'c'");
    let items = root.get("c").unwrap().as_list().unwrap();
    assert_eq!(
        &text[..items[0].range.start],
        &text[..text.find("- \n").unwrap() + 1]
    );
    assert_eq!(&text[at("c")], "- \n  - d");
    let flow = root.get("l").unwrap();
    assert_eq!(&text[flow.range.clone()], "{e, f: , \"g\":1}");
    assert!(!flow.in_flow && flow.get("e").unwrap().in_flow);
    assert!(text[..flow.get("f").unwrap().range.start].ends_with("f:"));
    assert_eq!(&text[at("m")], "|  # n > 1\n   o");
    assert_eq!(&text[at("q")], "r: s\n  t:");
    assert_eq!(
        &text[root.entry("q").unwrap().range.clone()],
        "q:\n  r: s\n  t:"
    );
    assert_eq!(&text[at("u")], ">+\n  v\n\n");
    assert_eq!(&text[at("w")], "|-");
    let comments: Vec<_> = document
        .comments
        .iter()
        .map(|c| &text[c.range.clone()])
        .collect();
    assert_eq!(comments, ["# c", "# n > 1", "# p"]);
}

#[test]
fn maps_escapes_and_folds() {
    let text = r#"a: "x\"y\u00e9\uD834\uDD1E\
   z  
   w

   v\tq""#;
    let document = parse(text);
    let root = document.root.unwrap();
    let scalar = root.get("a").unwrap().as_scalar().unwrap();
    let pairs = sources(scalar, text);
    let expected = [
        ('x', "x"),
        ('"', r#"\""#),
        ('y', "y"),
        ('é', r"\u00e9"),
        ('𝄞', r"\uD834\uDD1E"),
        ('z', "z"),
        (' ', "\n"),
        ('w', "w"),
        ('\n', "\n"),
        ('v', "v"),
        ('\t', r"\t"),
        ('q', "q"),
    ];
    assert_eq!(pairs, expected);
    let end = scalar.value.len();
    assert_eq!(
        scalar.source_range(text, end..end),
        text.len() - 1..text.len() - 1
    );
    assert_eq!(
        &text[scalar.source_range(text, 0..end)],
        &text[4..text.len() - 1]
    );
}

#[test]
fn maps_block_scalars() {
    for (text, expected) in [
        ("a: |\n  x\n   y\n\n  z\n", "x| |y|z"),
        (
            "a:\r\n  b: >-\r\n    x\r\n    y\r\n\r\n\r\n    z\r\n  c: d\r\n",
            "x|y|z",
        ),
        ("a: |2\n\n     x\n  y", " | | |x|y"),
        ("a: >\n  x\n    y\n  z\n\n    q\n", "x| | |y|z| | |q"),
        ("- |+\n x\n\n\n- b\n", "x"),
        ("a:\n  - >1-\n    x\n   y\n  - c\n", "x|y"),
    ] {
        let document = parse(text);
        assert_eq!(document.problems, [], "{text:?}");
        let mut node = document.root.as_ref().unwrap();
        while node.as_scalar().is_none() {
            node = match &node.content {
                Content::List(items) => &items[0],
                Content::Map(entries) => &entries[0].value,
                Content::Scalar(_) => unreachable!(),
            };
        }
        let scalar = node.as_scalar().unwrap();
        let mut seen = Vec::new();
        for (value, source) in sources(scalar, text) {
            assert_ne!(
                source,
                &text[scalar.range.clone()],
                "{text:?} {:?}",
                scalar.value
            );
            if source.starts_with(['\n', '\r']) {
                assert!(value == '\n' || value == ' ', "{text:?}");
            } else if !source.is_empty() {
                assert_eq!(value.to_string(), source, "{text:?}");
                seen.push(source);
            }
        }
        let expected: Vec<_> = expected.split('|').collect();
        assert_eq!(
            seen.concat().replace(' ', ""),
            expected.concat().replace(' ', ""),
            "{text:?}"
        );
        let end = scalar.value.len();
        let end = scalar.source_range(text, end..end).start;
        let last = scalar.value.trim_end().chars().last().unwrap();
        assert!(text[..end].ends_with(last), "{text:?}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig {
        rng_seed: RngSeed::Fixed(1),
        ..ProptestConfig::with_cases(400)
    })]

    #[test]
    fn every_character_maps_to_itself(
        lines in proptest::collection::vec("[a-zé𝄞'\"\\\\#:,.0-9]{0,5}( {1,3}[a-zé'\"\\\\.,\\[<=]{1,4}){0,3}", 1..5),
        style in 0..6, crlf: bool, bom: bool, chomp in 0..3usize, lead in 0..3usize,
    ) {
        let chomp = ["", "-", "+"][chomp];
        let pad = |lines: &[String]| lines.join("\n    ");
        let body = match style {
            0 => lines.iter().map(|line| format!("x{}", line.replace([':', '#', '"', '\''], "y"))).collect::<Vec<_>>().join("\n\n    "),
            1 => format!("'{}'", pad(&lines).replace('\'', "''")),
            2 => format!("\"{}\"", pad(&lines).replace('\\', "\\\\").replace('"', "\\\"").replace('é', "\\xe9").replace('c', "c\\\n   ")),
            3 => format!("|{chomp}\n    x\n    {}", pad(&lines)),
            4 => format!(">{chomp}\n    x\n    {}", pad(&lines)),
            _ => format!(">2{chomp} # c\n    {}x\n    {}", " ".repeat(lead), pad(&lines)),
        };
        let mut text = format!("a:\n  b: {body}\n\n  c: d\n");
        if crlf { text = text.replace('\n', "\r\n"); }
        if bom { text.insert(0, '\u{feff}'); }
        let document = parse(&text);
        prop_assert_eq!(&document.problems, &[]);
        let root = document.root.unwrap();
        let scalar = root.get("a").and_then(|a| a.get("b")).and_then(Node::as_scalar).unwrap();
        let mut last = 0;
        for (at, c) in scalar.value.char_indices() {
            let source = scalar.source_range(&text, at..at + c.len_utf8());
            prop_assert!(source.start >= last, "backwards at {} in {:?}", at, &text);
            last = source.end;
            let source = &text[source];
            match source {
                "\\\\" => prop_assert_eq!(c, '\\'),
                "\\\"" => prop_assert_eq!(c, '"'),
                "''" => prop_assert_eq!(c, '\''),
                "\\xe9" => prop_assert_eq!(c, 'é'),
                "\n" | "\r\n" => prop_assert!(c == '\n' || c == ' '),
                _ => prop_assert_eq!(c.to_string(), source, "{:?}", &text),
            }
        }
    }

    #[test]
    fn never_panics(text in "[ \t\n\r\\-:{}\\[\\]\"'|>&*!#,?%@a-c\u{0}\u{1}\u{feff}é]{0,80}", cut in 0..90usize) {
        for text in [text.clone(), text.replace('\t', "\n  ")] {
            let document = parse(&text);
            for problem in &document.problems {
                prop_assert!(text.get(problem.range.clone()).is_some());
                if let Some((range, _)) = &problem.related {
                    prop_assert!(text.get(range.clone()).is_some());
                }
            }
            let mut open: Vec<&Node> = document.root.iter().collect();
            while let Some(node) = open.pop() {
                prop_assert!(text.get(node.range.clone()).is_some());
                match &node.content {
                    Content::Scalar(scalar) => {
                        let range = scalar.source_range(&text, cut..cut + 1);
                        prop_assert!(text.get(range).is_some());
                    }
                    Content::List(items) => open.extend(items),
                    Content::Map(entries) => open.extend(entries.iter().map(|entry| &entry.value)),
                }
            }
        }
    }
}

#[test]
fn reports_what_is_not_supported() {
    use ProblemKind as K;
    assert_eq!(kinds("a: 1\nb: 2\na: 3\n"), [(K::DuplicateKey, "a")]);
    assert_eq!(
        kinds("[a]: 1\n: 2\n{b: c}: d\n"),
        [(K::BadKey, "[a]"), (K::BadKey, ""), (K::BadKey, "{b: c}")]
    );
    assert_eq!(kinds("a: *b\n"), [(K::UnknownAlias, "*b")]);
    assert_eq!(kinds("a: &b [*b]\n"), [(K::Recursion, "*b")]);
    assert_eq!(kinds("a: 1\n---\nb: 1\n"), [(K::SeveralDocuments, "---")]);
    assert_eq!(kinds("a: &b {c: d}\ne:\n  <<: *b\n"), [(K::MergeKey, "<<")]);
    assert_eq!(
        kinds("a: !x 1\nb: !!str 2\n"),
        [(K::Tag, "!x"), (K::Tag, "!!str")]
    );
    assert_eq!(kinds("a: x\0\n# \u{1}\n").len(), 2);
    let document = parse("a: 1\nb: 2\na: 3\n");
    assert_eq!(document.problems[0].related.as_ref().unwrap().0, 0..1);
    let root = document.root.unwrap();
    assert!(root.as_map().unwrap()[2].duplicate);
    assert_eq!(root.get("a").unwrap().as_scalar().unwrap().value, "1");
}

#[test]
fn aliases_expand_within_a_budget() {
    let text = "a: &x {b: &y c}\nd: *x\ne: [*y]\n";
    assert_eq!(tree(text), "{a: {b: c}, d: {b: c}, e: [c]}");
    let root = parse(text).root.unwrap();
    let alias = root.get("d").unwrap();
    assert_eq!(&text[alias.written_range()], "*x");
    assert_eq!(&text[alias.range.clone()], "{b: &y c}");
    let anchor = root.get("a").unwrap().anchor.as_deref().unwrap();
    assert_eq!(&text[anchor.clone()], "&x");
    assert_eq!(&text[root.entry("d").unwrap().range.clone()], "d: *x");

    let mut bomb = "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n".to_owned();
    for level in 1..12 {
        let item = format!("*a{}", level - 1);
        writeln!(bomb, "a{level}: &a{level} [{}]", vec![item; 10].join(", ")).unwrap();
    }
    assert_eq!(kinds(&bomb), [(ProblemKind::AliasBudget, "*a2")]);
}

#[test]
fn nesting_is_bounded() {
    for depth in [63, 64, 65, 254, 300, 100_000] {
        let text = format!("a: {}x{}\nb: c\n", "[".repeat(depth), "]".repeat(depth));
        let document = parse(&text);
        let kinds: Vec<_> = document
            .problems
            .iter()
            .map(|problem| problem.kind)
            .collect();
        assert_eq!(
            kinds,
            if depth > 63 {
                vec![ProblemKind::TooDeep]
            } else {
                vec![]
            },
            "{depth}"
        );
        assert!(document.root.unwrap().get("b").is_some());
    }
}

#[test]
fn empty_block_scalars_end_at_their_header() {
    for (text, header) in [
        ("a: |", "|"),
        ("a: | # c\n\nb: c\n", "| # c"),
        ("a: &x >-\nb: c\n", ">-"),
        ("- - |\n- x\n", "|"),
        ("--- |\n", "|"),
    ] {
        let root = parse(text).root.unwrap();
        let mut node = &root;
        while node.as_scalar().is_none() {
            node = match &node.content {
                Content::List(items) => &items[0],
                Content::Map(entries) => &entries[0].value,
                Content::Scalar(_) => unreachable!(),
            };
        }
        assert_eq!(&text[node.range.clone()], header);
        let end = node.as_scalar().unwrap().source_range(text, 0..0);
        assert!(text[..end.start].ends_with(header), "{text:?}");
    }
}
