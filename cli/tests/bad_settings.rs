//! Settings, lists, silences, windows and patterns that nobody should write: each is refused with its place and
//! a remedy, promptly and within little memory.
#![allow(clippy::unwrap_used)]

mod support;

use support::{Folder, Outcome};

/// How much address space a check gets here, in KiB.
const MEMORY: u32 = 700_000;

const RULES: &str = "alerts:\n  hot: {on: reading, when: value > 30}\n";

fn check(files: &[(&str, &str)]) -> Outcome {
    let folder = Folder::with(&[("rules/a.yaml", RULES)]);
    for (name, content) in files {
        folder.write(name, content);
    }
    folder.run_within(MEMORY, &["check"])
}

/// Fails unless the files are refused, at these places (`E1106 rules/a.yaml:3:5`) in this order and at no others.
#[track_caller]
fn refused(files: &[(&str, &str)], wanted: &[&str]) -> String {
    let outcome = check(files).expect(1);
    let mut found = Vec::new();
    let mut code = "";
    for line in outcome.stdout.lines() {
        if let Some((start, _)) = line.split_once("]: ") {
            code = start.strip_prefix("error[").unwrap_or(code);
        }
        if let Some((_, place)) = line.split_once("--> ") {
            found.push(format!("{code} {place}"));
        }
    }
    assert_eq!(found, wanted, "{}", outcome.stdout);
    outcome.stdout
}

#[test]
fn settings_of_wrong_types() {
    let settings = "event: [1]\nschema: 7\nlint: x\nnotify: {routes: 5, resolved: maybe}\n";
    let at = |place: &str| place.replace('@', "rules/tripline.yaml");
    let places = [
        "E1102 @:1:8",
        "E1102 @:2:9",
        "E1102 @:3:7",
        "E1106 @:4:18",
        "E1102 @:4:31",
    ];
    let places = places.map(at);
    refused(
        &[("rules/tripline.yaml", settings)],
        &places.each_ref().map(String::as_str),
    );
}

#[test]
fn settings_with_unknown_keys_and_values() {
    let settings = "evnt: {}\nevent: {tpye: x, max_futur: 1h}\nschema: {other: {a: numbr, b: {type: strin}}}\nlint: {alow: []}\nnotify: {route: []}\n";
    let folder = Folder::with(&[("rules/a.yaml", RULES), ("rules/tripline.yaml", settings)]);
    let shown = folder.run(&["check"]).expect(1).stdout;
    for meant in [
        "event",
        "type",
        "max_future",
        "number",
        "string",
        "allow",
        "routes",
    ] {
        assert!(
            shown.contains(&format!("did you mean `{meant}`?")),
            "{meant}: {shown}"
        );
    }
}

#[test]
fn silences_at_moments_that_there_are_not() {
    let silence = |entry: &str| {
        format!("{RULES}silences:\n  s: {{match: {{alert: hot}}, {entry}, reason: r}}\n")
    };
    for (entry, column, says) in [
        (
            "until: 2026-02-30",
            35,
            "`2026-02-30` is no day of the calendar",
        ),
        (
            "until: 2026-01-01T25:00:00Z",
            35,
            "`25:00:00` is no time of day",
        ),
        ("until: 99999-01-01", 35, "`99999-01-01` is no day or time"),
        (
            "until: 0000-00-00",
            35,
            "`0000-00-00` is no day of the calendar",
        ),
        ("until: -5", 35, "`-5` is no day or time"),
        (
            "from: 2026-03-01, until: 2026-02-01",
            53,
            "the silence `s` ends before it begins",
        ),
        (
            "from: 2026-03-01, until: 2026-03-01",
            53,
            "the silence `s` ends where it begins",
        ),
        (
            "until: 2026-12-01, daily: 25:00-04:00",
            54,
            "`25:00` is no time of day",
        ),
        (
            "until: 2026-12-01, daily: 22:00-22:00",
            54,
            "`22:00-22:00` ends where it begins",
        ),
        (
            "until: 2026-12-01, timezone: Europe/Berln",
            57,
            "did you mean `Europe/Berlin`?",
        ),
    ] {
        let place = format!("E1106 rules/a.yaml:4:{column}");
        let shown = refused(&[("rules/a.yaml", &silence(entry))], &[&place]);
        assert!(shown.contains(says), "{shown}");
    }
}

#[test]
fn windows_at_the_limits_and_past_them() {
    let rules = |windows: &[&str]| {
        let alert = |(at, window)| format!("  a{at}: {{on: reading, when: {window} > 1}}\n");
        let alerts = windows.iter().enumerate().map(alert);
        format!("alerts:\n{}", alerts.collect::<String>())
    };
    let within = rules(&[
        "count() over 24m every 1s",
        "count() over 31d",
        "count() over 1s",
        "count() over 31d every 31d",
        "count() per 31d",
        "count() over 6d offset 366d",
        "count() over 5m offset 5s",
    ]);
    let fine = check(&[("rules/a.yaml", &within)]).expect(0);
    assert!(!fine.stdout.contains("error"), "{}", fine.stdout);
    for (window, code, help) in [
        ("count() over 1441s every 1s", "E1403", "write `every 11s`"),
        (
            "count() over 3601s",
            "E1403",
            "write `1h`, or `every 13s` for longer panes",
        ),
        ("count() over 32d", "E1403", "write `31d`"),
        ("count() over 744h1s", "E1403", "write `31d`"),
        ("count() over 0s", "E1403", "write `1s`"),
        ("count() per 32d", "E1403", "write `31d`"),
        (
            "count() over 1h offset 367d",
            "E1403",
            "write `offset 366d`",
        ),
        ("count() over 5m offset 7s", "E1407", "write `offset 5s`"),
        ("count() per 1h offset 30m", "E1407", "write `offset 1h`"),
        ("count() over 5m every 7s", "E1406", "write `every 6s`"),
        ("count() over 5m every 10m", "E1406", "write `every 5m`"),
        ("distinct(a) over 1h", "E1405", "`over 1h every 5m`"),
        (
            "count() over 1h offset 366d",
            "E1405",
            "`over 1h every 30m offset 366d`",
        ),
        ("count() over 1ms", "E1307", "with whole numbers"),
        ("count() over 99999999999999999999d", "E1307", "is too long"),
    ] {
        let outcome = check(&[("rules/a.yaml", &rules(&[window]))]).expect(1);
        let shown = outcome.stdout;
        assert!(
            shown.contains(&format!("error[{code}]: ")),
            "{window}: {shown}"
        );
        assert!(shown.contains(help), "{window}: {shown}");
        assert_eq!(shown.matches("error[").count(), 1, "{shown}");
    }
}

#[test]
fn a_key_of_too_many_parts() {
    let rules = |parts: u32| {
        let names: Vec<_> = (0..parts).map(|part| format!("p{part}")).collect();
        format!(
            "alerts:\n  a: {{when: count() over 5m > 1, by: [{}]}}\n",
            names.join(", ")
        )
    };
    check(&[("rules/a.yaml", &rules(32))]).expect(0);
    refused(
        &[("rules/a.yaml", &rules(33))],
        &["E1106 rules/a.yaml:2:38"],
    );
}

/// Each could be compiled by itself; together they would take gigabytes.
#[test]
fn ten_thousand_patterns_of_many_states() {
    for repetitions in [20, 100_000] {
        let alert = |at| {
            format!(
                "  a{at}: {{on: reading, when: 'name matches \"x{at}\\\\w{{{repetitions}}}z\"'}}\n"
            )
        };
        let rules = format!("alerts:\n{}", (0..10_000).map(alert).collect::<String>());
        let shown = check(&[("rules/a.yaml", &rules)]).expect(1).stdout;
        assert!(shown.contains("error[E1206]: "), "{shown}");
    }
}

#[test]
fn lists_of_a_million_values() {
    let list = |name: &str| {
        let values: Vec<_> = (0..400_000).map(|value| value.to_string()).collect();
        format!("lists:\n  {name}: [{}]\n", values.join(", "))
    };
    let rules = "alerts:\n  hot: {on: reading, when: value in a or value in b or value in c}\n";
    let lists = ["a", "b", "c"].map(list);
    let files = [
        ("rules/a.yaml", rules),
        ("rules/1.yaml", &lists[0]),
        ("rules/2.yaml", &lists[1]),
        ("rules/3.yaml", &lists[2]),
    ];
    check(&files).expect(0);
}

#[test]
fn sixty_thousand_silences_and_as_many_alerts() {
    let many = |entry: &dyn Fn(u32) -> String| (0..60_000).map(entry).collect::<String>();
    let silences =
        many(&|at| format!("  s{at}: {{match: {{alert: hot}}, until: 2027-01-01, reason: r}}\n"));
    let alerts = many(&|at| format!("  a{at}: {{on: reading, when: value > {at}}}\n"));
    let folder = Folder::with(&[
        ("rules/a.yaml", &format!("{RULES}silences:\n{silences}")),
        ("rules/b.yaml", &format!("alerts:\n{alerts}")),
    ]);
    let reading = |day: u32| {
        format!(
            "{{\"eventType\":\"reading\",\"timestamp\":\"202{day}-01-05T08:00:00Z\",\"value\":31}}\n"
        )
    };
    folder.write("e.ndjson", reading(6) + &reading(7));
    let outcome = folder
        .run_within(MEMORY, &["run", "--events", "e.ndjson"])
        .expect(0);
    let hot = outcome
        .alerts()
        .iter()
        .filter(|alert| alert.starts_with("hot "))
        .count();
    assert_eq!(hot, 1);
    assert_eq!(outcome.alerts().len(), 63);
}

#[test]
fn a_hundred_thousand_declared_fields() {
    let fields: String = (0..100_000)
        .map(|field| format!("    data.f{field}: number\n"))
        .collect();
    let settings = format!("schema:\n  reading:\n{fields}");
    let alerts: String = (0..1_000)
        .map(|at| format!("  a{at}: {{on: reading, when: data.e{at} > 1}}\n"))
        .collect();
    let rules = format!("alerts:\n{alerts}  fine: {{on: reading, when: data.f99999 > 1}}\n");
    let files = [
        ("rules/a.yaml", &*rules),
        ("rules/tripline.yaml", &*settings),
    ];
    let outcome = check(&files).expect(1);
    assert!(outcome.stderr.contains("1000 errors"), "{}", outcome.stderr);
}
