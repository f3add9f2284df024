//! What people get wrong: the schema refuses it where it stands, and so does the checker.

use tripline_engine::check;

use super::{definition, file, schema, tree};

/// The kind of file, where the mistake shows, and the file.
const MISTAKES: &[(&str, &str, &str)] = &[
    ("rules", "", "alert: {a: {when: data.x > 1}}"),
    ("rules", "", "[a, b]"),
    ("rules", "/alerts", "alerts: {1st: {when: data.x > 1}}"),
    (
        "rules",
        "/alerts",
        "alerts: {'with space': {when: data.x > 1}}",
    ),
    ("rules", "/alerts/a", "alerts: {a: {on: login}}"),
    ("rules", "/alerts/a", "alerts: {a: }"),
    ("rules", "/alerts/a", "alerts: {a: data.x > 1}"),
    (
        "rules",
        "/alerts/a",
        "alerts: {a: {when: data.x > 1, serverity: info}}",
    ),
    (
        "rules",
        "/alerts/a/severity",
        "alerts: {a: {when: data.x > 1, severity: high}}",
    ),
    (
        "rules",
        "/alerts/a/for",
        "alerts: {a: {when: data.x > 1, for: 2 minutes}}",
    ),
    (
        "rules",
        "/alerts/a/for",
        "alerts: {a: {when: data.x > 1, for: 120}}",
    ),
    (
        "rules",
        "/alerts/a/for",
        "alerts: {a: {when: data.x > 1, for: 0s}}",
    ),
    (
        "rules",
        "/alerts/a/for",
        "alerts: {a: {when: data.x > 1, for: 30m1h}}",
    ),
    (
        "rules",
        "/alerts/a/on",
        "alerts: {a: {when: data.x > 1, on: '*_reading'}}",
    ),
    (
        "rules",
        "/alerts/a/on",
        "alerts: {a: {when: data.x > 1, on: []}}",
    ),
    (
        "rules",
        "/alerts/a/by",
        "alerts: {a: {when: data.x > 1, by: [userId, userId]}}",
    ),
    (
        "rules",
        "/alerts/a/enabled",
        "alerts: {a: {when: data.x > 1, enabled: yes}}",
    ),
    (
        "rules",
        "/alerts/a/labels",
        "alerts: {a: {when: data.x > 1, labels: [iot]}}",
    ),
    (
        "rules",
        "/alerts/a/labels/team",
        "alerts: {a: {when: data.x > 1, labels: {team: [iot]}}}",
    ),
    (
        "rules",
        "/alerts/a/mode",
        "alerts: {a: {when: data.x > 1, mode: dry-run}}",
    ),
    (
        "rules",
        "/alerts/a/when",
        "alerts: {a: {when: {data.x: 1}}}",
    ),
    (
        "rules",
        "/alerts/a/summary",
        "alerts: {a: {when: data.x > 1, summary: {userId}}}",
    ),
    ("rules", "/defaults", "defaults: {when: data.x > 1}"),
    (
        "rules",
        "/aggregates/a",
        "aggregates: {a: {compute: {n: count()}}}",
    ),
    (
        "rules",
        "/aggregates/a/compute",
        "aggregates: {a: {per: 1h, compute: {events: count()}}}",
    ),
    (
        "rules",
        "/silences/a",
        "silences: {a: {match: {alert: b}, until: 2026-12-01}}",
    ),
    (
        "rules",
        "/silences/a/until",
        "silences: {a: {match: {alert: b}, until: 1.12.2026, reason: x}}",
    ),
    (
        "rules",
        "/silences/a/match",
        "silences: {a: {match: {}, until: 2026-12-01, reason: x}}",
    ),
    (
        "rules",
        "/silences/a/daily",
        "silences: {a: {match: {alert: b}, until: 2026-12-01, daily: at night, reason: x}}",
    ),
    ("rules", "/lists/admins", "lists: {admins: root}"),
    ("rules", "/lists", "lists: {the-admins: [root]}"),
    ("settings", "/event", "event: {kind: eventType}"),
    ("settings", "/event/time", "event: {time: 5}"),
    ("settings", "/schema/a/x", "schema: {a: {x: integer}}"),
    (
        "settings",
        "/schema/a/x",
        "schema: {a: {x: {type: number, enum: [a]}}}",
    ),
    ("settings", "/lint", "lint: {warn: [missing-runbook]}"),
    ("settings", "/lint/allow", "lint: {allow: missing-runbook}"),
    (
        "settings",
        "/notify/routes/0",
        "notify: {routes: [{severity: critical}]}",
    ),
    ("settings", "/notify/routes", "notify: {routes: []}"),
    ("settings", "", "alerts: {a: {when: data.x > 1}}"),
];

#[test]
fn mistakes_are_refused_where_they_stand() {
    let whole = jsonschema::draft202012::new(&schema()).unwrap();
    for (kind, place, text) in MISTAKES {
        // Where the file is no YAML, an editor has said so.
        if !tripline_engine::yaml::parse(text).problems.is_empty() {
            panic!("{text}: no YAML");
        }
        let json = tree::json(text);
        let validator = definition(kind);
        let places: Vec<String> = validator
            .iter_errors(&json)
            .map(|error| error.instance_path().to_string())
            .collect();
        assert_eq!(places, [*place], "{text}");
        // Another kind of file's section is no mistake but for the name of the file.
        let is_other_kind = *kind == "settings" && text.starts_with("alerts");
        assert_eq!(whole.is_valid(&json), is_other_kind, "{text}");
        let checked = check(vec![file(kind, text)]);
        assert!(checked.program.is_none(), "the checker takes {text}");
    }
}
