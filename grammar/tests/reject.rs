//! Texts that are no expressions: the kind of error, its place and its words.

use tripline_grammar::SyntaxErrorKind::{self, *};
use tripline_grammar::{Comments, SyntaxError, parse, parse_duration};

fn errors(text: &str) -> Vec<SyntaxError> {
    match parse(text, Comments::Refused) {
        Err(errors) => errors,
        Ok(expr) => panic!("{text} parses: {expr:?}"),
    }
}

/// A text, the kind of its first error, the text that the error points at, and a part of its message or help.
const REJECTED: &[(&str, SyntaxErrorKind, &str, &str)] = &[
    ("", Unexpected, "", "the expression is empty"),
    ("  ", Unexpected, "", "the expression is empty"),
    (
        "a = b",
        Unexpected,
        "=",
        "expected a comparison, `and`, `or` or the end, found `=`",
    ),
    ("a = b", Unexpected, "=", "write `==`"),
    ("a === b", Unexpected, "===", "write `==`"),
    ("a <> b", Unexpected, "<>", "write `!=`"),
    ("a => b", Unexpected, "=>", "write `>=`"),
    ("a && b", Unexpected, "&&", "write `and`"),
    ("a || b", Unexpected, "||", "write `or`"),
    ("!a", Unexpected, "!", "write `not`"),
    ("a AND b", Unexpected, "AND", "in lower case: `and`"),
    ("NOT a", Unexpected, "a", "found `a`"),
    ("a like \"x\"", Unexpected, "like", "`contains`"),
    ("a andb", Unexpected, "andb", "found `andb`"),
    ("a b", Unexpected, "b", "found `b`"),
    ("a == b c", Unexpected, "c", "found `c`"),
    ("a and", Unexpected, "", "expected a value, found the end"),
    ("and a", Unexpected, "and", "expected a value, found `and`"),
    (
        "a == not b",
        Unexpected,
        "not",
        "expected a value, found `not`",
    ),
    ("over > 5", Unexpected, "over", "event[\"over\"]"),
    ("größe > 5", Unexpected, "größe", "event[\"größe\"]"),
    ("a == “x”", Unexpected, "“", "plain quotes"),
    (
        "a.",
        Unexpected,
        "",
        "expected the name of a field, found the end",
    ),
    ("a .b", Unexpected, ".", "found `.`"),
    (
        "a[-1]",
        Unexpected,
        "-",
        "expected a string or a number, found `-`",
    ),
    ("a[b]", Unexpected, "b", "found `b`"),
    ("items.0", Unexpected, ".0", "`[0]`"),
    ("a starts \"x\"", Unexpected, "\"x\"", "expected `with`"),
    (
        "a matches b",
        Unexpected,
        "b",
        "expected a string, found `b`",
    ),
    ("a is null", Unexpected, "null", "write `is missing`"),
    ("a is boolean", Unexpected, "boolean", "write `is bool`"),
    ("a is 5", Unexpected, "5", "write `==`"),
    ("a in", Unexpected, "", "found the end"),
    ("a in ..", Unexpected, "", "found the end"),
    ("a in 5", Unexpected, "5", "`in` needs a range"),
    ("a in (1, 2)", Unexpected, ",", "without parentheses"),
    ("a in (1..2)", Unexpected, "..", "without parentheses"),
    ("a in (b)", Unexpected, "(b)", "`in [b]`"),
    (
        "a in lower(b)",
        Unexpected,
        "lower(b)",
        "`in` needs a range",
    ),
    ("a in \"text\"", Unexpected, "\"text\"", "contains"),
    ("a in 0..5..9", Unexpected, "..", "found `..`"),
    ("a in [1,]", Unexpected, "]", "remove the `,`"),
    ("a in [,]", Unexpected, ",", "found `,`"),
    (
        "a in [b == 1]",
        Unexpected,
        "==",
        "expected an operator, `,` or `]`",
    ),
    ("lower(a,)", Unexpected, ")", "remove the `,`"),
    ("1..2", Unexpected, "..", "found `..`"),
    ("a)", Unexpected, ")", "closes nothing"),
    (
        "count() over x",
        Unexpected,
        "x",
        "expected a duration such as `5m`, found `x`",
    ),
    (
        "count() per 5m every 1m",
        Unexpected,
        "every",
        "found `every`",
    ),
    ("(a", Unclosed, "(", "add `)`"),
    ("a in [1, (2]", Unclosed, "(", "a `]` comes first"),
    ("a == \"x", Unclosed, "\"", "string is not closed"),
    ("(a == 'it''s", Unclosed, "'", "string is not closed"),
    ("\"\\d+\" == a", BadEscape, "\\d", "`'\\d+'`"),
    ("a matches \"it's \\w\"", BadEscape, "\\w", "`'it''s \\w'`"),
    ("a == \"\\ud800\"", BadEscape, "\\ud800", "not an escape"),
    ("a == \"\\u+12f\"", BadEscape, "\\u", "not an escape"),
    ("a == \"\\u12\"", BadEscape, "\\u", "not an escape"),
    ("12abc", BadNumber, "12abc", "cannot start with a digit"),
    ("1__0", BadNumber, "1__0", "between two digits"),
    ("1_", BadNumber, "1_", "between two digits"),
    ("5. > a", BadNumber, "5.", "`5.0`"),
    ("a > .5", BadNumber, ".5", "write `0.5`"),
    ("1e400", BadNumber, "1e400", "too large"),
    ("1e400%", BadNumber, "1e400%", "too large"),
    ("a[4294967296]", BadNumber, "4294967296", "larger than"),
    (
        "count() over 5 > 1",
        BadDuration,
        "5",
        "write `5s` for seconds",
    ),
    ("count() over 5 m > 1", BadDuration, "5", "no unit"),
    (
        "count() over 5min",
        BadDuration,
        "5min",
        "`min` is not a unit",
    ),
    (
        "count() over 500ms",
        BadDuration,
        "500ms",
        "`ms` is not a unit",
    ),
    (
        "count() over 1.5h",
        BadDuration,
        "1.5h",
        "is not a duration",
    ),
    ("count() over 30m1h", BadDuration, "30m1h", "`1h30m`"),
    (
        "count() over 99999999999999999999s",
        BadDuration,
        "99999999999999999999s",
        "too long",
    ),
    ("data.age > 5m", BadDuration, "5m", "stand after `over`"),
    (
        "0 < a < 5",
        ChainedComparison,
        "0 < a < 5",
        "write `a in 0..5`",
    ),
    (
        "9 >= a.b > 5 and c",
        ChainedComparison,
        "9 >= a.b > 5",
        "`a.b in 5..9`",
    ),
    (
        "a == b == c",
        ChainedComparison,
        "a == b == c",
        "in parentheses",
    ),
    (
        "a < b is missing",
        ChainedComparison,
        "a < b is missing",
        "with `and`",
    ),
    (
        "user-id == 5",
        HyphenatedName,
        "user-id",
        "`event[\"user-id\"]`",
    ),
    ("user-id == 5", HyphenatedName, "user-id", "`user - id`"),
    (
        "data.user-id == 5",
        HyphenatedName,
        "user-id",
        "`data[\"user-id\"]`",
    ),
    (
        "data.user-id == 5",
        HyphenatedName,
        "user-id",
        "`data.user - id`",
    ),
    (
        "data[0].a-b-c",
        HyphenatedName,
        "a-b-c",
        "`data[0][\"a-b-c\"]`",
    ),
    ("log-in", HyphenatedName, "log-in", "`event[\"log-in\"]`"),
    (
        "data.x == null",
        MisplacedNull,
        "null",
        "write `data.x is missing`",
    ),
    (
        "data.x != null",
        MisplacedNull,
        "null",
        "write `data.x is not missing`",
    ),
    (
        "null == data.x",
        MisplacedNull,
        "null",
        "write `data.x is missing`",
    ),
    ("default(a, null)", MisplacedNull, "null", "only in a list"),
    (
        "a in [1, null + 1]",
        MisplacedNull,
        "null",
        "only in a list",
    ),
    (
        "a # comment",
        MisplacedComment,
        "# comment",
        "literal block",
    ),
];

#[test]
fn rejected_texts_say_why() {
    for (text, kind, place, words) in REJECTED {
        let errors = errors(text);
        let error = &errors[0];
        assert_eq!(error.kind, *kind, "{text}: {errors:#?}");
        assert_eq!(
            &text[error.span.start as usize..error.span.end as usize],
            *place,
            "{text}: {error:#?}"
        );
        let all = format!(
            "{}\n{}",
            error.message,
            error.help.as_deref().unwrap_or_default()
        );
        assert!(all.contains(words), "{text}: {error:#?}");
    }
}

#[test]
fn every_kind_has_a_case() {
    // A match, so that a new kind does not compile until it is listed.
    let index = |kind: SyntaxErrorKind| match kind {
        TooLong => 0,
        TooDeep => 1,
        Unclosed => 2,
        Unexpected => 3,
        BadEscape => 4,
        BadNumber => 5,
        BadDuration => 6,
        ChainedComparison => 7,
        HyphenatedName => 8,
        MisplacedNull => 9,
        MisplacedComment => 10,
    };
    let mut seen = [false; 11];
    for (_, kind, ..) in REJECTED {
        seen[index(*kind)] = true;
    }
    for text in ["a".repeat(20_000), "(".repeat(100)] {
        seen[index(errors(&text)[0].kind)] = true;
    }
    assert_eq!(seen, [true; 11]);
}

#[test]
fn several_errors_are_reported_at_once() {
    let kinds = |text: &str| {
        errors(text)
            .iter()
            .map(|error| error.kind)
            .collect::<Vec<_>>()
    };
    assert_eq!(
        kinds("a == null or 0 < b < 5 or c == \"\\x\""),
        [MisplacedNull, ChainedComparison, BadEscape]
    );
    assert_eq!(
        kinds("user-id == 12x and count() over 5"),
        [HyphenatedName, BadNumber, BadDuration]
    );
}

#[test]
fn durations_are_refused() {
    for text in [
        "",
        "5",
        "m",
        "5 m",
        "5x",
        "1h1h",
        "-5m",
        "5m3",
        "1_0s",
        "18446744073709551616s",
        "9999999999999999w",
    ] {
        let Err(error) = parse_duration(text) else {
            panic!("{text}")
        };
        assert_eq!(error.kind, BadDuration);
    }
}

/// Runs on a stack of so many KiB, where recursion that a text can drive would overflow.
fn on_a_stack_of(kib: usize, test: impl FnOnce() + Send + 'static) {
    let thread = std::thread::Builder::new().stack_size(kib * 1024);
    assert!(thread.spawn(test).is_ok_and(|thread| thread.join().is_ok()));
}

#[test]
fn hostile_texts_end_in_an_error() {
    on_a_stack_of(512, || {
        for (text, kind) in [
            ("(".repeat(10_000), TooDeep),
            ("[".repeat(10_000), TooDeep),
            ("f(".repeat(5_000), TooDeep),
            ("-".repeat(10_000), TooDeep),
            ("not ".repeat(4_000), TooDeep),
            (format!("{}a{}", "(".repeat(65), ")".repeat(65)), TooDeep),
            (format!("{}a", "not ".repeat(65)), TooDeep),
            (format!("{}{}a", "not ".repeat(40), "-".repeat(40)), TooDeep),
            (
                format!("{}a{}", "not -f(".repeat(22), ")".repeat(22)),
                TooDeep,
            ),
            (
                format!("{}a{}", "not not a == (".repeat(30), ")".repeat(30)),
                TooDeep,
            ),
            ("(".repeat(100_000), TooLong),
            ("a or ".repeat(100_000), TooLong),
            ("é".repeat(1 << 19), TooLong),
            (format!("a in [{}1]", "1,".repeat(1_000)), TooLong),
            (")".repeat(10_000), Unexpected),
            (format!("a or{}", " or".repeat(5_000)), Unexpected),
            ("\"".repeat(9_999), Unclosed),
            ("\u{0}".repeat(10_000), Unexpected),
        ] {
            assert_eq!(errors(&text)[0].kind, kind, "{}", &text[..20]);
        }
    });
}

/// The deepest nesting that the limit admits, in forms that take the parser through each of its rules.
fn deepest(inner: &str) -> impl Iterator<Item = String> {
    [
        ("(", ")"),
        ("f(", ")"),
        ("f(a where ", ")"),
        ("a or a and a == a + a * a ?? (", ")"),
        ("a or a and a in a + a * a ?? (", ") .. a"),
    ]
    .map(|(open, close)| format!("{}{inner}{}", open.repeat(64), close.repeat(64)))
    .into_iter()
}

// Threads have 2 MiB; this is an unoptimised build, and leaves a quarter of that.
#[test]
fn the_deepest_texts_fit_the_stack_of_a_thread() {
    on_a_stack_of(1536, || {
        for text in deepest("a") {
            let expr = parse(&text, Comments::Refused).unwrap();
            assert!(!tripline_grammar::print(&expr.without_spans()).is_empty());
        }
        // What fails in the depth is not read again on the way out, or this would never end.
        for text in deepest("=") {
            assert!(errors(&text)[0].message.ends_with("found `=`"));
        }
    });
}

#[test]
fn other_control_characters_are_no_blanks() {
    for blank in ["\u{b}", "\u{c}", "\u{1}", "\u{a0}"] {
        let text = format!("a >{blank}1");
        assert!(parse(&text, Comments::Refused).is_err(), "{blank:?}");
    }
    assert!(parse("a\t>\r\n1\n", Comments::Refused).is_ok());
}
