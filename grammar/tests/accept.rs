//! Texts that are expressions: what they mean and how they print.

use tripline_grammar::ast::{Expr, ExprKind, Number, Segment, Test};
use tripline_grammar::{Comments, parse, parse_duration, print, print_duration, print_path};

fn parsed(text: &str) -> Expr {
    parse(text, Comments::Refused).unwrap_or_else(|errors| panic!("{text}: {errors:#?}"))
}

/// Each text and its canonical form; an empty form is the text itself.
const CANONICAL: &[(&str, &str)] = &[
    ("a", ""),
    (" a ", "a"),
    (
        "data.temperature not in 0..35 or data.humidity not in 10..90",
        "",
    ),
    (
        "count(data.ok == false) over 5m >= 5 and count(data.ok == false) over 5m / count() over 5m > 80%",
        "",
    ),
    ("count() over 15m == 0", ""),
    ("userId ?? \"global\"", ""),
    ("count() over 5m > 3 * count() over 5m offset 1d", ""),
    (
        "count() over 1h every 10s offset 90m",
        "count() over 1h every 10s offset 1h30m",
    ),
    ("sum(data.n) per 1d offset 7d", ""),
    (
        "percentile(data.latencyMs, 95 where data.ok) over 10m > 250",
        "",
    ),
    ("count(where a == 1) over 1m", ""),
    (
        "any(data.items, it.price > 5 and it.kind in [\"a\", 'b'])",
        "any(data.items, it.price > 5 and it.kind in [\"a\", \"b\"])",
    ),
    ("default(a, b) == 1", ""),
    ("count (a)", "count(a)"),
    // Precedence.
    ("a or b and not c == d + e * f ?? -g", ""),
    ("((a or b)) and c", "(a or b) and c"),
    ("(a and b) or c", "a and b or c"),
    ("(a or b) or c", ""),
    ("a - (b - c)", ""),
    ("(a + b) * c", ""),
    ("a + (b * c)", "a + b * c"),
    ("(a ?? b) ?? c", ""),
    ("-(a ?? b)", ""),
    ("not (a and b)", ""),
    ("not(a)", "not a"),
    ("not not a", ""),
    ("--a", ""),
    ("a - -b", ""),
    ("(a < b) == true", ""),
    ("(not a) == b", ""),
    ("a-1", "a - 1"),
    ("a -b", "a - b"),
    ("a- b", "a - b"),
    ("a.b[0]-c", "a.b[0] - c"),
    ("count()-len(x)", "count() - len(x)"),
    // Numbers.
    ("1_000_000", "1000000"),
    ("1.50", "1.5"),
    ("1.0", ""),
    ("1e3", "1000.0"),
    ("2.5E-3", "0.0025"),
    ("9223372036854775807", ""),
    ("9223372036854775808", "9.223372036854776e18"),
    ("80%", ""),
    ("0.5%", ""),
    ("80% - 3", ""),
    ("80%-3", "80% - 3"),
    ("80%-b", "80% - b"),
    ("5%3", "5 % 3"),
    ("5% 3", "5 % 3"),
    ("5%b", "5 % b"),
    ("5%(b)", "5 % b"),
    ("5 % b", ""),
    ("5 % -3", ""),
    ("5% % 3", ""),
    ("a > 80% and b", ""),
    ("80% not in 1..2", ""),
    ("a in 10%..90%", ""),
    // Ranges.
    ("a in 0..", ""),
    ("a in ..35", ""),
    ("a in 0.. and b in ..5", ""),
    ("a in -5..-1", ""),
    ("a in 0.5..1.5", ""),
    ("a in low..high", ""),
    ("a in low .. high + 1", "a in low..high + 1"),
    ("a in data.low..data.high[0]", ""),
    ("a in (b or c)..2", ""),
    // Lists.
    ("a in []", ""),
    ("a not in [1, -2, null, \"x\", b]", ""),
    ("a in admins", ""),
    ("a in data.tags", ""),
    ("a in cidr(\"10.0.0.0/8\")", ""),
    ("a in cidrs", ""),
    // Tests.
    ("a contains \"x\"", ""),
    ("a not starts with lower(b)", ""),
    ("a ends with \"x\" + b", ""),
    ("a not matches '^\\d+$'", "a not matches \"^\\\\d+$\""),
    ("a is missing", ""),
    (
        "a is not number or a is string or a is bool or a is list or a is object",
        "",
    ),
    // Names and paths.
    ("event[\"x\"]", "x"),
    ("event['x'].y", "x.y"),
    ("event.x", ""),
    ("event", ""),
    ("event[0]", ""),
    ("event[\"event\"]", "event"),
    ("event[\"event\"][\"user-id\"]", ""),
    ("event[\"user-id\"]", ""),
    ("event[\"over\"].per", ""),
    ("event[\"\"]", ""),
    ("data[\"user-id\"]", ""),
    ("data[\"ok\"]", "data.ok"),
    ("data[ 0 ].in.not.x", "data[0].in.not.x"),
    ("data.count", ""),
    ("count", ""),
    ("missing is missing", ""),
    ("with", ""),
    ("orders", ""),
    ("android or island", ""),
    ("nothing", ""),
    ("innings in inning", ""),
    ("$x.@y._z1", ""),
    ("a\n  and\tb", "a and b"),
    // Strings.
    (
        r#""a\"\\\/\b\f\n\r\té😀""#,
        "\"a\\\"\\\\/\\u0008\\u000c\\n\\r\\té😀\"",
    ),
    ("'it''s \\d'", "\"it's \\\\d\""),
    ("'' == \"\"", "\"\" == \"\""),
    ("'# not a comment'", "\"# not a comment\""),
    ("\"(\" == ')'", "\"(\" == \")\""),
];

#[test]
fn accepted_texts_print_canonically() {
    for (text, canonical) in CANONICAL {
        let canonical = if canonical.is_empty() {
            text
        } else {
            canonical
        };
        let expr = parsed(text);
        assert_eq!(print(&expr), *canonical, "{text}");
        assert_eq!(
            parsed(canonical).without_spans(),
            expr.without_spans(),
            "{text}"
        );
    }
}

#[test]
fn one_level_is_one_chain() {
    let ExprKind::Chain(or) = parsed("a or b or c and d or e").kind else {
        panic!()
    };
    assert_eq!(or.rest.len(), 3);
    let ExprKind::Chain(sum) = parsed("a * 2 + b - c / d % e + f").kind else {
        panic!()
    };
    assert_eq!(sum.rest.len(), 3);
    assert!(
        matches!(&sum.rest[1].operand.kind, ExprKind::Chain(product) if product.rest.len() == 2)
    );
}

#[test]
fn spans_cover_what_was_written() {
    let text = "  (a or b)  and  x.y [0] ";
    let Err(_) = parse(text, Comments::Refused) else {
        panic!("a path has no spaces")
    };
    let text = "  (a or b)  and  count( where c )  over 5m == 0 ";
    let expr = parsed(text);
    let slice = |span: tripline_grammar::ast::Span| &text[span.start as usize..span.end as usize];
    assert_eq!(slice(expr.span), text.trim());
    let ExprKind::Chain(chain) = expr.kind else {
        panic!()
    };
    assert_eq!(slice(chain.first.span), "(a or b)");
    assert_eq!(slice(chain.rest[0].op_span), "and");
    let ExprKind::Compare { left, .. } = &chain.rest[0].operand.kind else {
        panic!()
    };
    assert_eq!(slice(left.span), "count( where c )  over 5m");
    let ExprKind::Call(call) = &left.kind else {
        panic!()
    };
    let Some(frame) = &call.frame else { panic!() };
    assert_eq!(
        (slice(frame.span), slice(frame.length.span)),
        ("over 5m", "5m")
    );
    assert_eq!(
        (frame.length.seconds, slice(call.name.span)),
        (300, "count")
    );
}

#[test]
fn event_brackets_reach_top_level_keys() {
    let segments = |text: &str| {
        let ExprKind::Path(path) = parsed(text).kind else {
            panic!()
        };
        assert_eq!(print_path(&path), print(&parsed(text)));
        path.segments
    };
    let field = |name: &str| Segment::Field(name.to_owned());
    assert_eq!(
        segments("event[\"user-id\"].x"),
        [field("user-id"), field("x")]
    );
    assert_eq!(segments("event.x"), [field("event"), field("x")]);
    assert_eq!(
        segments("event[\"event\"][\"a\"]"),
        [field("event"), field("a")]
    );
    assert_eq!(
        segments("data[\"a.b\"][12]"),
        [field("data"), field("a.b"), Segment::Index(12)]
    );
}

#[test]
fn numbers_keep_their_kind() {
    let number = |text: &str| match parsed(text).kind {
        ExprKind::Number(number) => number,
        other => panic!("{other:?}"),
    };
    assert_eq!(number("1_0"), Number::Integer(10));
    assert_eq!(number("1e1"), Number::Double(10.0));
    assert_eq!(number("99999999999999999999"), Number::Double(1e20));
    assert_eq!(number("12.5%"), Number::Percent(12.5));
}

#[test]
fn in_tells_its_operands_apart() {
    let test = |text: &str| match parsed(text).kind {
        ExprKind::Test { test, .. } => test,
        other => panic!("{other:?}"),
    };
    assert!(matches!(test("a in b"), Test::InPath(_)));
    assert!(matches!(
        test("a in b.."),
        Test::InRange {
            low: Some(_),
            high: None
        }
    ));
    assert!(matches!(
        test("a in ..b"),
        Test::InRange {
            low: None,
            high: Some(_)
        }
    ));
    assert!(matches!(test("a in cidr('::/0')"), Test::InCidr(_)));
    assert!(matches!(test("a in [null]"), Test::InList(items) if items[0].kind == ExprKind::Null));
}

#[test]
fn comments_stand_where_they_are_allowed() {
    let text = "a # (ünclosed \"\n  or '#' == b # end";
    let Ok(expr) = parse(text, Comments::Allowed) else {
        panic!()
    };
    assert_eq!(print(&expr), "a or \"#\" == b");
}

#[test]
fn durations_round_trip() {
    for (text, seconds, canonical) in [
        ("10s", 10, "10s"),
        ("90m", 5_400, "1h30m"),
        ("7d", 604_800, "7d"),
        ("1w", 604_800, "7d"),
        ("14d", 1_209_600, "2w"),
        ("15d", 1_296_000, "15d"),
        ("1w1d", 691_200, "8d"),
        ("1d2h3m4s", 93_784, "1d2h3m4s"),
        ("0s", 0, "0s"),
    ] {
        assert_eq!(
            parse_duration(text).map(|duration| duration.seconds),
            Ok(seconds),
            "{text}"
        );
        assert_eq!(print_duration(seconds), canonical);
    }
}

#[test]
fn limits_admit_what_they_name() {
    let deep = format!("{}a{}", "(".repeat(64), ")".repeat(64));
    assert_eq!(print(&parsed(&deep)), "a");
    parsed(&format!("{}a", "not ".repeat(64)));
    parsed(&format!("{}a", "-".repeat(64)));
    parsed(&format!("a in [{}1]", "1,".repeat(999)));
    parsed(&vec!["not a == -b"; 1_000].join(" and "));
    parsed(&vec!["a not in b"; 1_000].join(" or "));
    parsed(&vec!["a"; 4_000].join(" - "));
}
