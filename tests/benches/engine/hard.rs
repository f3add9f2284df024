//! What rules and events may be that are not kind, each beside a kind twin with as many alerts.

use tripline_tests::bench::{
    Events, Options, Rule, Shape, TYPES, Table, Workload, alerting, drive, interleave, kind, yaml,
};
use tripline_tests::run::compile_text;

use tripline_engine::MemoryStore;

use crate::{engine, projection};

/// How many rules a case has, unless it says another number.
const RULES: usize = 10_000;
const PATTERNS: usize = 1_000;

pub(crate) fn run(options: &Options) {
    let mut events = None;
    for (name, count, rules) in conditions() {
        if options.wants(name) {
            let events = events.get_or_insert_with(|| Workload::default().events(options.events));
            against_kind(options, name, &rules(), count, events);
        }
    }
    for (name, share) in [
        ("hard: 10 % of events alert", 0.1),
        ("hard: 50 % of events alert", 0.5),
    ] {
        if options.wants(name) {
            let events = events.get_or_insert_with(|| Workload::default().events(options.events));
            alerts(options, name, share, events);
        }
    }
    for (name, shape) in shapes() {
        if options.wants(name) {
            let plain = events.get_or_insert_with(|| Workload::default().events(options.events));
            spelling(options, name, shape, plain);
        }
    }
}

type Case = (&'static str, usize, fn() -> String);

/// Conditions that are not kind, each with its number of rules.
fn conditions() -> [Case; 12] {
    let pattern = "hard: regular expressions, 1,000 rules";
    [
        (
            "hard: thresholds in the normal band, == userId",
            RULES,
            || {
                with(RULES, |random, _| {
                    let user = random.u32(0..73_000);
                    let above = 15.0 + random.f64() * 10.0;
                    format!("data.temperature > {above:.2} and userId == 'user-{user}'")
                })
            },
        ),
        ("hard: two thresholds in the band, == userId", RULES, || {
            with(RULES, |random, _| {
                let user = random.u32(0..73_000);
                let (above, below) = (15.0 + random.f64() * 10.0, 40.0 + random.f64() * 20.0);
                format!(
                    "data.temperature > {above:.2} and data.humidity < {below:.1} and userId == 'user-{user}'"
                )
            })
        }),
        ("hard: no event type", RULES, || {
            yaml(
                kind(RULES)
                    .iter()
                    .map(|rule| ("*".to_owned(), rule.when("and"))),
            )
        }),
        ("hard: or", RULES, || {
            with(RULES, |random, _| {
                let (above, below) = (25.0 + random.f64(), 40.0 - random.f64() * 10.0);
                let load = 1.0 + random.f64();
                format!(
                    "data.temperature > {above:.2} or data.humidity < {below:.1} or data.load > {load:.4}"
                )
            })
        }),
        ("hard: or under and", RULES, || {
            with(RULES, |random, _| {
                let (above, below) = (25.0 + random.f64(), 40.0 - random.f64() * 10.0);
                format!(
                    "data.ok == false and (data.temperature > {above:.2} or data.humidity < {below:.1})"
                )
            })
        }),
        ("hard: not", RULES, || {
            with(RULES, |random, index| {
                let at_most = 25.0 + random.f64();
                match index % 3 {
                    0 => format!("not data.temperature <= {at_most:.2}"),
                    1 => format!("not (data.temperature <= {at_most:.2} or data.ok == true)"),
                    _ => format!("data.temperature not in 0..{at_most:.2} and not data.ok == true"),
                }
            })
        }),
        ("hard: prefixes", RULES, || {
            with(RULES, |random, _| {
                let user = random.u32(10_000..73_000);
                format!("userId starts with 'user-{user}'")
            })
        }),
        ("hard: a function of a field", RULES, || {
            with(RULES, |random, _| {
                let user = random.u32(0..73_000);
                format!("lower(userId) == 'user-{user}'")
            })
        }),
        ("hard: one field less another", RULES, || {
            with(RULES, |random, _| {
                let above = -15.2 + random.f64() * 0.2;
                format!("data.temperature - data.humidity > {above:.3}")
            })
        }),
        ("hard: two fields compared", RULES, || {
            with(RULES, |random, _| {
                let load = 0.99 + random.f64() * 0.01;
                format!("data.temperature > data.humidity and data.load > {load:.5}")
            })
        }),
        (pattern, PATTERNS, || {
            with(PATTERNS, |random, _| {
                let user = random.u32(10_000..73_000);
                format!("userId matches '^user-{user}$'")
            })
        }),
        (
            "hard: unanchored regular expressions, 1,000 rules",
            PATTERNS,
            || {
                with(PATTERNS, |random, _| {
                    let (first, last) = (random.u32(10..73), random.u32(0..100));
                    format!("userId matches 'r-{first}[0-9]+{last:02}' and data.load > 0.99")
                })
            },
        ),
    ]
}

/// So many rules, each of one type.
fn with(count: usize, when: impl Fn(&mut fastrand::Rng, usize) -> String) -> String {
    let mut random = fastrand::Rng::with_seed(3);
    yaml((0..count).map(|index| {
        let on = format!("type_{:02}", index % TYPES);
        (on, when(&mut random, index))
    }))
}

fn text(rules: &[Rule]) -> String {
    yaml(rules.iter().map(|rule| (rule.on(), rule.when("and"))))
}

/// Measures rules beside as many kind ones that are true as often.
fn against_kind(options: &Options, name: &str, rules: &str, count: usize, events: &Events) {
    let program = compile_text(rules);
    let given = drive(&program, &mut MemoryStore::new(), events);
    let share = given as f64 / events.len() as f64;
    let twin = compile_text(&text(&alerting(count, share)));
    let mut runners = [
        projection(events),
        engine(name, &program, events),
        engine(format!("  its twin: {count} kind rules"), &twin, events),
    ];
    interleave(options.rounds, &mut runners);
    let table = Table {
        events: events.len(),
    };
    table.head(name.trim_start_matches("hard: "));
    table.row(
        &runners[1],
        &runners[0],
        &Table::factor(&runners[1], &runners[2]),
    );
    table.row(&runners[2], &runners[0], "");
}

/// Alerts themselves cost something, so the twins have as many: from one rule a type, without any others. Beside
/// them, what the alerts cost in all.
fn alerts(options: &Options, name: &str, share: f64, events: &Events) {
    let few = compile_text(&text(&alerting(TYPES, share)));
    let many = compile_text(&text(&alerting(RULES, share)));
    let spread = compile_text(&sliced(share));
    let none = compile_text(&text(&kind(RULES)));
    let mut runners = [
        projection(events),
        engine(name, &many, events),
        engine(format!("{name}, each of another rule"), &spread, events),
        engine(format!("  the twin: {TYPES} rules"), &few, events),
        engine("  no alerts", &none, events),
    ];
    interleave(options.rounds, &mut runners);
    let table = Table {
        events: events.len(),
    };
    table.head(name.trim_start_matches("hard: "));
    for runner in &runners[1..3] {
        let beside_none = runner.best.as_secs_f64() / runners[4].best.as_secs_f64();
        let remark = format!(
            "{} (x{beside_none:.2} of no alerts)",
            Table::factor(runner, &runners[3])
        );
        table.row(runner, &runners[0], &remark);
    }
    table.row(&runners[3], &runners[0], "");
    table.row(&runners[4], &runners[0], "");
}

/// Each type's rules share out the top of a field's range among them.
fn sliced(share: f64) -> String {
    let slices = RULES / TYPES;
    with(RULES, |_, index| {
        let step = share / slices as f64;
        let from = 1.0 - share + (index / TYPES) as f64 * step;
        format!("data.load > {from:.7} and data.load <= {:.7}", from + step)
    })
}

fn shapes() -> [(&'static str, Shape); 6] {
    [
        ("hard: escapes", Shape::Escapes),
        ("hard: unicode", Shape::Unicode),
        ("hard: pretty-printed", Shape::Pretty),
        ("hard: the type is the last key", Shape::TypeLast),
        ("hard: events of 1 KB", Shape::Padded(1_000)),
        ("hard: events of 5 KB", Shape::Padded(5_000)),
    ]
}

/// Measures the same rules over the same events in two spellings.
fn spelling(options: &Options, name: &str, shape: Shape, plain: &Events) {
    // Long events are fewer, so that they fit into memory.
    let count = match shape {
        Shape::Padded(bytes) => options.events * 250 / bytes,
        _ => options.events,
    };
    let workload = Workload::default();
    let spelt = Workload { shape, ..workload }.events(count);
    let fewer;
    let plain = if count == options.events {
        plain
    } else {
        fewer = workload.events(count);
        &fewer
    };
    let program = compile_text(&text(&kind(RULES)));
    let mut runners = [
        projection(&spelt),
        engine(name, &program, &spelt),
        projection(plain),
        engine("  its twin: plain events", &program, plain),
    ];
    interleave(options.rounds, &mut runners);
    let table = Table { events: count };
    table.head(&format!(
        "{} ({} bytes)",
        name.trim_start_matches("hard: "),
        spelt.average()
    ));
    table.row(
        &runners[1],
        &runners[0],
        &Table::factor(&runners[1], &runners[3]),
    );
    table.row(&runners[3], &runners[2], "");
}
