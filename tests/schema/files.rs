//! What the checker takes the schema takes: the shipped rules, the corpus, and every key there is.

use std::path::{Path, PathBuf};

use jsonschema::Validator;
use tripline_engine::{RawFile, check};

use super::{definition, root, schema, tree};

/// Validates files against the schema as a whole and against the part of it that their name says.
struct Schemas {
    whole: Validator,
    rules: Validator,
    settings: Validator,
}

impl Schemas {
    fn new() -> Schemas {
        Schemas {
            whole: jsonschema::draft202012::new(&schema()).unwrap(),
            rules: definition("rules"),
            settings: definition("settings"),
        }
    }

    fn takes(&self, origin: &Path, file: &RawFile) {
        let json = tree::json(std::str::from_utf8(&file.bytes).unwrap());
        let part = match file.settings {
            true => &self.settings,
            false => &self.rules,
        };
        for validator in [part, &self.whole] {
            let errors: Vec<String> = validator
                .iter_errors(&json)
                .map(|error| format!("{}: {error}", error.instance_path()))
                .collect();
            assert!(
                errors.is_empty(),
                "{} {}: {errors:#?}",
                origin.display(),
                file.name
            );
        }
    }
}

fn beneath(folder: &Path, extension: &str) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(beneath(&path, extension));
        } else if path.extension().is_some_and(|found| found == extension) {
            found.push(path);
        }
    }
    found.sort();
    found
}

#[test]
fn the_shipped_rules_are_valid() {
    let schemas = Schemas::new();
    let paths = beneath(&root().join("rules"), "yaml");
    let rules = paths
        .iter()
        .filter(|path| !path.to_string_lossy().ends_with(".test.yaml"));
    let mut count = 0;
    for path in rules {
        let file = RawFile {
            name: format!("rules/{}", path.file_name().unwrap().display()),
            settings: path == &root().join("rules/tripline.yaml"),
            bytes: std::fs::read(path).unwrap(),
        };
        schemas.takes(path, &file);
        count += 1;
    }
    assert!(count >= 3);
}

/// The `.yaml` sections of a case.
fn sections(text: &str) -> Vec<RawFile> {
    let mut files: Vec<RawFile> = Vec::new();
    let mut is_file = false;
    for line in text.split_inclusive('\n') {
        if let Some(name) = line.strip_prefix("=== ") {
            let name = name.trim_end();
            is_file = name.ends_with(".yaml");
            if is_file {
                files.push(RawFile {
                    name: name.to_owned(),
                    settings: name == "rules/tripline.yaml",
                    bytes: Vec::new(),
                });
            }
        } else if is_file {
            let last = files.last_mut().unwrap();
            last.bytes.extend_from_slice(line.as_bytes());
        }
    }
    files
}

#[test]
fn what_the_checker_takes_is_valid() {
    let schemas = Schemas::new();
    let mut count = 0;
    for path in beneath(&root().join("tests/corpus"), "case") {
        let text = std::fs::read_to_string(&path).unwrap();
        if check(sections(&text)).program.is_none() {
            continue;
        }
        for file in sections(&text) {
            schemas.takes(&path, &file);
            count += 1;
        }
    }
    assert!(count > 40, "only {count} files of the corpus are fine");
}

/// Every key and every way to write it, whether the checker reads it yet or not.
#[test]
fn the_whole_language_is_valid() {
    let rules = r#"
defaults: {severity: info, labels: {team: iot, floor: 3}, cooldown: 15m, repeat: 1h30m, forget: 7d, by: userId, on: [a, "b_*"]}
alerts:
  sensor-out-of-range:
    on: sensor_reading
    when: data.temperature not in 0..35 or data.humidity not in 10..90
    by: userId
    until: data.temperature in 2..33
    for: 2m
    cooldown: 15m
    repeat: 4h
    severity: warning
    summary: "{userId} reads {data.temperature:.1} °C"
    description: |
      Look at it.
    runbook: https://wiki.example/sensors
    labels: {team: iot}
    enabled: true
    forget: 1w2d
    mode: shadow
  by-list: {when: true, on: "*", by: [userId, {where: data.ip ?? "?"}]}
  by-map: {when: count() over 5m == 0, on: [login, "sso_*"], by: {user: userId, where: data.ip}}
  bare: {when: data.x is missing, labels: , summary: 404}
aggregates:
  events-by-hour:
    on: "*"
    by: [eventType, {user: userId ?? "global"}]
    per: 1h
    compute:
      eventCount: count()
      failures: count(data.ok == false)
      p95Latency: percentile(data.latencyMs, 95)
    keep: 90d
silences:
  night-batch: {match: {alert: "batch-*", key: {host: db1, rack: 7}}, from: 2026-11-01, until: 2026-12-01, daily: 22:00-04:00, timezone: Europe/Berlin, reason: nightly import}
  by-label: {match: {severity: [info, warning], labels: {team: iot}}, until: 2026-12-01 08:00, reason: move}
  one: {match: {alert: "*", severity: info}, until: 2026-12-01T10:00:00+01:00, daily: 8:00-24:00, reason: move}
lists:
  admins: [root, admin]
  office_networks: [10.0.0.0/8, 192.168.0.0/16]
  codes: [200, 204]
  none_yet: []
"#;
    let settings = r#"
event: {type: eventType, time: 'detail["the time"]', id: id, arrival: meta.arrival, max_future: 5m}
schema:
  sensor_reading:
    userId: string
    data.temperature: number
    data.status: {type: string, enum: [ok, degraded, failed]}
    data: object
    data["a b"]: any
lint: {allow: [missing-runbook], deny: [unbounded-key]}
notify:
  routes:
    - {severity: critical, topic: "${PAGER_TOPIC_ARN}"}
    - {severity: [info, warning], alert: "batch-*", labels: {team: iot}, topic: "${BATCH_TOPIC_ARN}"}
    - {topic: "${ALERT_TOPIC_ARN}"}
  resolved: true
"#;
    let schemas = Schemas::new();
    let origin = Path::new("the whole language");
    schemas.takes(origin, &super::file("rules", rules));
    schemas.takes(origin, &super::file("settings", settings));
    for text in [
        "",
        "# nothing yet",
        "alerts:",
        "alerts: {}\nlists:\nsilences:",
    ] {
        schemas.takes(origin, &super::file("rules", text));
    }
    for text in ["", "event:", "schema:\nlint:\nnotify:"] {
        schemas.takes(origin, &super::file("settings", text));
    }
}
