//! Any expression prints to a text that parses back to it, and no text makes the parser panic.

use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;
use proptest::test_runner::{RngSeed, TestRunner};
use tripline_grammar::ast::*;
use tripline_grammar::{Comments, parse, parse_duration, print};

fn expr(kind: ExprKind) -> Expr {
    Expr {
        kind,
        span: Span::default(),
    }
}

fn name() -> impl Strategy<Value = String> {
    "[A-Za-z_@$][A-Za-z0-9_@$]{0,5}".prop_filter("reserved", |name| {
        parse(name, Comments::Refused).is_ok_and(|expr| matches!(expr.kind, ExprKind::Path(_)))
    })
}

fn field() -> impl Strategy<Value = String> {
    prop_oneof![
        4 => name(),
        1 => any::<String>(),
        2 => prop::sample::select(vec!["event", "over", "not", "true", "user-id", "", "0", "a.b"]).prop_map(str::to_owned),
    ]
}

fn path() -> impl Strategy<Value = Path> {
    let segment = prop_oneof![
        field().prop_map(Segment::Field),
        any::<u32>().prop_map(Segment::Index),
    ];
    (field(), vec(segment, 0..3)).prop_map(|(first, rest)| {
        let segments = std::iter::once(Segment::Field(first)).chain(rest).collect();
        Path {
            segments,
            span: Span::default(),
        }
    })
}

fn number() -> impl Strategy<Value = Number> {
    let finite = || {
        prop_oneof![
            prop::num::f64::POSITIVE | prop::num::f64::ZERO,
            (0..1000u32).prop_map(f64::from)
        ]
    };
    prop_oneof![
        (0..=i64::MAX).prop_map(Number::Integer),
        (0..100i64).prop_map(Number::Integer),
        finite().prop_map(|value| Number::Double(value.abs())),
        finite().prop_map(|value| Number::Percent(value.abs())),
    ]
}

fn duration() -> impl Strategy<Value = Duration> {
    prop_oneof![
        any::<u64>(),
        0..5_000_000u64,
        (0..10u64).prop_map(|weeks| weeks * 604_800)
    ]
    .prop_map(|seconds| Duration {
        seconds,
        span: Span::default(),
    })
}

fn frame() -> impl Strategy<Value = Frame> {
    (
        any::<bool>(),
        duration(),
        option::of(duration()),
        option::of(duration()),
    )
        .prop_map(|(over, length, every, offset)| Frame {
            kind: if over {
                FrameKind::Over
            } else {
                FrameKind::Per
            },
            length,
            every: every.filter(|_| over),
            offset,
            span: Span::default(),
        })
}

fn boxed(inner: &BoxedStrategy<Expr>) -> impl Strategy<Value = Box<Expr>> + use<> {
    inner.clone().prop_map(Box::new)
}

fn call<N: Strategy<Value = String>>(
    name: N,
    inner: &BoxedStrategy<Expr>,
) -> impl Strategy<Value = Call> + use<N> {
    (
        name,
        vec(inner.clone(), 0..3),
        option::of(boxed(inner)),
        option::of(frame()),
    )
        .prop_map(|(text, args, filter, frame)| Call {
            name: Name {
                text,
                span: Span::default(),
            },
            args,
            filter,
            frame: frame.map(Box::new),
        })
}

fn chain(inner: &BoxedStrategy<Expr>) -> impl Strategy<Value = Chain> + use<> {
    use ChainOp::*;
    let levels: Vec<Vec<ChainOp>> = vec![
        vec![Or],
        vec![And],
        vec![Add, Subtract],
        vec![Multiply, Divide, Remainder],
        vec![Coalesce],
    ];
    let inner = inner.clone();
    prop::sample::select(levels).prop_flat_map(move |ops| {
        let link = (prop::sample::select(ops), inner.clone()).prop_map(|(op, operand)| Link {
            op,
            op_span: Span::default(),
            operand,
        });
        (inner.clone().prop_map(Box::new), vec(link, 1..4))
            .prop_map(|(first, rest)| Chain { first, rest })
    })
}

fn test(inner: &BoxedStrategy<Expr>) -> impl Strategy<Value = Test> + use<> {
    let range = (option::of(boxed(inner)), option::of(boxed(inner)))
        .prop_filter("one end", |(low, high)| low.is_some() || high.is_some());
    let item = prop_oneof![4 => inner.clone(), 1 => Just(expr(ExprKind::Null))];
    prop_oneof![
        range.prop_map(|(low, high)| Test::InRange { low, high }),
        vec(item, 0..4).prop_map(Test::InList),
        path().prop_map(Test::InPath),
        call(Just("cidr".to_owned()), inner).prop_map(Test::InCidr),
        boxed(inner).prop_map(Test::Contains),
        boxed(inner).prop_map(Test::StartsWith),
        boxed(inner).prop_map(Test::EndsWith),
        any::<String>().prop_map(|pattern| Test::Matches {
            pattern,
            span: Span::default()
        }),
        prop::sample::select(vec![
            Kind::Missing,
            Kind::Number,
            Kind::String,
            Kind::Bool,
            Kind::List,
            Kind::Object
        ])
        .prop_map(Test::Is),
    ]
}

fn any_expr() -> impl Strategy<Value = Expr> {
    use CompareOp::*;
    let leaf = prop_oneof![
        number().prop_map(ExprKind::Number),
        any::<String>().prop_map(ExprKind::String),
        any::<bool>().prop_map(ExprKind::Bool),
        path().prop_map(ExprKind::Path),
    ]
    .prop_map(expr);
    leaf.prop_recursive(5, 40, 4, |inner| {
        let ops = vec![Equal, NotEqual, Less, LessEqual, Greater, GreaterEqual];
        prop_oneof![
            call(name(), &inner).prop_map(ExprKind::Call),
            boxed(&inner).prop_map(ExprKind::Negate),
            boxed(&inner).prop_map(ExprKind::Not),
            chain(&inner).prop_map(ExprKind::Chain),
            (prop::sample::select(ops), boxed(&inner), boxed(&inner))
                .prop_map(|(op, left, right)| ExprKind::Compare { op, left, right }),
            (boxed(&inner), any::<bool>(), test(&inner)).prop_map(|(value, negated, test)| {
                ExprKind::Test {
                    value,
                    negated,
                    test,
                }
            }),
        ]
        .prop_map(expr)
    })
}

/// Texts made of the language's own words, which get further into the parser than random characters.
fn wordy() -> impl Strategy<Value = String> {
    let words = vec![
        "a",
        "data.x",
        "user-id",
        "event[\"x\"]",
        "1",
        "2.5",
        "80%",
        "1e400",
        "5m",
        "\"\\d\"",
        "'x'",
        "null",
        "true",
        "and",
        "or",
        "not",
        "in",
        "is",
        "missing",
        "contains",
        "starts",
        "with",
        "matches",
        "over",
        "per",
        "every",
        "offset",
        "where",
        "count(",
        "cidr(",
        "(",
        ")",
        "[",
        "]",
        ",",
        "..",
        ".",
        "==",
        "=",
        "<",
        ">",
        "+",
        "-",
        "*",
        "/",
        "%",
        "??",
        "#",
        "\n",
        "é",
        "\"",
        "'",
        "!",
        "_",
    ];
    (vec(prop::sample::select(words), 0..30), any::<bool>())
        .prop_map(|(words, spaced)| words.join(if spaced { " " } else { "" }))
}

/// Parses, and checks what holds for every text.
fn check(text: &str) {
    for comments in [Comments::Refused, Comments::Allowed] {
        match parse(text, comments) {
            Ok(expr) => {
                let printed = print(&expr);
                let again = parse(&printed, Comments::Refused)
                    .unwrap_or_else(|errors| panic!("{printed}: {errors:?}"));
                assert_eq!(again.without_spans(), expr.without_spans(), "{text}");
                assert_eq!(print(&again), printed);
            }
            Err(errors) => {
                assert!(!errors.is_empty());
                for error in &errors {
                    assert!(
                        text.get(error.span.start as usize..error.span.end as usize)
                            .is_some(),
                        "{error:?}"
                    );
                }
            }
        }
    }
    let _ = parse_duration(text);
}

/// How many cases of each property; more of them with `CASES`, and always the same ones.
fn cases() -> u32 {
    option_env!("CASES").map_or(512, |cases| cases.parse().expect("CASES is a number"))
}

/// Checks a property of everything that a strategy makes.
///
/// It has a thread of its own: without optimisation the strategies alone take more than a test's two megabytes of stack.
fn holds<S: Strategy>(
    strategy: impl FnOnce() -> S + Send + 'static,
    property: impl Fn(S::Value) -> Result<(), TestCaseError> + Send + 'static,
) {
    let check = move || {
        let config = ProptestConfig {
            cases: cases(),
            failure_persistence: None,
            rng_seed: RngSeed::Fixed(1),
            ..ProptestConfig::default()
        };
        let found = TestRunner::new(config).run(&strategy(), property);
        found.unwrap_or_else(|error| panic!("{error}"));
    };
    let thread = std::thread::Builder::new()
        .stack_size(32 << 20)
        .spawn(check);
    let done = thread.expect("a thread can be started").join();
    done.unwrap_or_else(|panic| std::panic::resume_unwind(panic));
}

#[test]
fn printed_expressions_parse_back() {
    holds(any_expr, |expr| {
        let text = print(&expr);
        let parsed = parse(&text, Comments::Refused);
        prop_assert!(parsed.is_ok(), "{}: {:#?}", text, parsed);
        prop_assert_eq!(
            parsed.map(|parsed| parsed.without_spans()),
            Ok(expr),
            "{}",
            text
        );
        Ok(())
    });
}

#[test]
fn any_text_is_parsed_or_refused() {
    holds(any::<String>, |text| {
        check(&text);
        Ok(())
    });
}

#[test]
fn any_bytes_are_parsed_or_refused() {
    holds(
        || vec(any::<u8>(), 0..200),
        |bytes| {
            check(&String::from_utf8_lossy(&bytes));
            Ok(())
        },
    );
}

#[test]
fn any_words_are_parsed_or_refused() {
    holds(wordy, |text| {
        check(&text);
        Ok(())
    });
}
