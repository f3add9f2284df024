//! `tripline run --aggregates`: the rows of aggregate rules.
#![allow(clippy::unwrap_used)]

mod support;

use support::{Folder, plant};

const RULES: &str = "\
aggregates:
  z-last:
    on: reading
    per: 1h
    compute: {n: count()}
  readings:
    on: [reading, alarm]
    by: [{zone: zone ?? \"none\"}, room]
    per: 10m
    compute:
      top: max(value)
      n: count()
      high: count(value > 30)
      mean: avg(value)
      first-kinds: distinct(kind where value > 20)
      low: min(value)
      newest: last(kind)
      p50: percentile(value, 50)
      sum: sum(value)
      each-second: rate()
      spread: stddev(value)
";

fn reading(time: &str, members: &str) -> String {
    format!("{{\"eventType\":\"reading\",\"timestamp\":\"2026-01-05T{time}Z\"{members}}}\n")
}

/// The rows of a run over these events.
fn aggregated(rules: &str, events: &str) -> String {
    let folder = Folder::with(&[("rules/a.yaml", rules)]);
    folder.write("e.ndjson", events);
    let outcome = folder
        .run(&["run", "--events", "e.ndjson", "--aggregates", "rows.ndjson"])
        .expect(0);
    assert_eq!(outcome.stdout, "");
    folder.read("rows.ndjson")
}

#[test]
fn rows_are_lines_of_json_as_published() {
    let events = [
        reading("08:00:00", ",\"room\":\"b\",\"value\":31,\"kind\":\"x\""),
        reading(
            "08:09:59.999",
            ",\"room\":\"b\",\"value\":10,\"kind\":\"y\"",
        ),
        reading("08:10:00", ",\"room\":\"b\",\"value\":0.5,\"kind\":7"),
        reading(
            "08:20:00",
            ",\"room\":1.0,\"zone\":\"n\",\"value\":\"no number\"",
        ),
        reading("08:20:00", ",\"room\":\"a \\\"q\\\" é\",\"zone\":false"),
        reading("08:20:01", ",\"room\":1,\"zone\":\"n\",\"value\":-2"),
        // It comes late, and its window has room for it.
        reading("08:01:00", ",\"room\":\"b\",\"value\":40,\"kind\":\"x\""),
        // These have no key of their own.
        reading("08:20:00", ",\"zone\":\"n\""),
        reading("08:20:00", ",\"room\":null,\"zone\":\"n\""),
        reading("08:20:00", ",\"room\":[1],\"zone\":\"n\""),
    ];
    let first =
        "\"window\":{\"start\":\"2026-01-05T08:00:00.000Z\",\"end\":\"2026-01-05T08:10:00.000Z\"}";
    let second =
        "\"window\":{\"start\":\"2026-01-05T08:10:00.000Z\",\"end\":\"2026-01-05T08:20:00.000Z\"}";
    let third =
        "\"window\":{\"start\":\"2026-01-05T08:20:00.000Z\",\"end\":\"2026-01-05T08:30:00.000Z\"}";
    let wanted = [
        format!(
            "{{\"aggregate\":\"readings\",\"key\":{{\"zone\":\"none\",\"room\":\"b\"}},{first},\"values\":{{\"top\":40,\"n\":3,\"high\":2,\"mean\":27.0,\"first-kinds\":1,\"low\":10,\"newest\":\"y\",\"p50\":30.879170984455957,\"sum\":81,\"each-second\":0.005,\"spread\":12.569805089976535}},\"events\":3}}"
        ),
        format!(
            "{{\"aggregate\":\"readings\",\"key\":{{\"zone\":\"none\",\"room\":\"b\"}},{second},\"values\":{{\"top\":0.5,\"n\":1,\"high\":0,\"mean\":0.5,\"first-kinds\":0,\"low\":0.5,\"newest\":7,\"p50\":0.5,\"sum\":0.5,\"each-second\":0.0016666666666666668,\"spread\":0.0}},\"events\":1}}"
        ),
        format!(
            "{{\"aggregate\":\"readings\",\"key\":{{\"zone\":\"n\",\"room\":1}},{third},\"values\":{{\"top\":-2,\"n\":2,\"high\":0,\"mean\":-2.0,\"first-kinds\":0,\"low\":-2,\"p50\":-2.0,\"sum\":-2,\"each-second\":0.0033333333333333335,\"spread\":0.0}},\"events\":2}}"
        ),
        format!(
            "{{\"aggregate\":\"readings\",\"key\":{{\"zone\":false,\"room\":\"a \\\"q\\\" é\"}},{third},\"values\":{{\"n\":1,\"high\":0,\"first-kinds\":0,\"sum\":0,\"each-second\":0.0016666666666666668}},\"events\":1}}"
        ),
        "{\"aggregate\":\"z-last\",\"key\":{},\"window\":{\"start\":\"2026-01-05T08:00:00.000Z\",\"end\":\"2026-01-05T09:00:00.000Z\"},\"values\":{\"n\":10},\"events\":10}".to_owned(),
    ];
    let found = aggregated(RULES, &events.concat());
    for (found, wanted) in found.lines().zip(&wanted) {
        assert_eq!(found, wanted);
    }
    assert_eq!(found, wanted.join("\n") + "\n");
}

/// Rows sort by aggregate, window start, then the key's canonical bytes.
#[test]
fn rows_are_sorted() {
    let rules = "\
aggregates:
  b: {by: k, per: 1m, compute: {n: count()}}
  B: {by: k, per: 1m, compute: {n: count()}}
  a-1: {by: k, per: 1m, compute: {n: count()}}
  a: {by: k, per: 1m, compute: {n: count()}}
";
    let keys = [
        "10", "9", "\"b\"", "true", "\"é\"", "\"B\"", "-1", "\"10\"", "\"\"",
    ];
    let events: String = ["08:01:59", "07:00:00", "08:01:00"]
        .iter()
        .flat_map(|time| keys.map(|key| reading(time, &format!(",\"k\":{key}"))))
        .collect();
    let found = aggregated(rules, &events);
    let mut order = Vec::new();
    for line in found.lines() {
        let row: serde_json::Value = serde_json::from_str(line).unwrap();
        let key = format!("[{}]", row["key"]["k"]);
        let start = row["window"]["start"].as_str().unwrap().to_owned();
        order.push((row["aggregate"].as_str().unwrap().to_owned(), start, key));
    }
    assert_eq!(order.len(), 4 * 2 * keys.len());
    assert!(order.is_sorted(), "{order:#?}");
}

#[test]
fn rows_leave_when_they_were_kept_long_enough() {
    let rules = "\
aggregates:
  kept: {per: 1h, compute: {n: count()}, keep: 1d}
  for-ever: {per: 1h, compute: {n: count()}}
";
    let event = |day: u32, time: &str| format!("{{\"timestamp\":\"2026-01-{day:02}T{time}Z\"}}\n");
    let kept = |events: String| {
        let found = aggregated(rules, &events);
        let rows = found
            .lines()
            .filter(|line| line.contains("\"kept\""))
            .count();
        assert_eq!(
            found
                .lines()
                .filter(|line| line.contains("\"for-ever\""))
                .count(),
            2
        );
        rows
    };
    // The window ends at nine, and its row lives for a day from then.
    let first = event(5, "08:30:00");
    assert_eq!(kept(first.clone() + &event(6, "08:59:59.999")), 2);
    assert_eq!(kept(first.clone() + &event(6, "09:00:00")), 2);
    assert_eq!(kept(first.clone() + &event(6, "09:00:00.001")), 1);
    // What comes too late for its row has none either.
    assert_eq!(kept(event(6, "10:00:00") + &first), 1);
}

#[test]
fn rows_do_not_depend_on_how_the_input_is_split() {
    let (folder, lines) = plant::folder(3_000);
    let run = |arguments: &[&str]| {
        folder
            .run(&[&["run", "--quiet"], arguments].concat())
            .expect(0);
        folder.read("rows.ndjson")
    };
    let whole = run(&["--events", "all.ndjson", "--aggregates", "rows.ndjson"]);
    assert!(whole.lines().count() > 40, "{}", whole.lines().count());
    for size in [7, 333, 1_500] {
        let mut names = Vec::new();
        for (at, part) in lines.chunks(size).enumerate() {
            let name = format!("in{size}/{at:04}.ndjson");
            folder.write(&name, part.concat());
            names.push(name);
        }
        let input = format!("in{size}");
        let split = run(&["--events", &input, "--aggregates", "rows.ndjson"]);
        assert_eq!(split, whole, "{size} a file");
    }
}

#[test]
fn rows_may_go_to_standard_output_and_an_empty_run_has_none() {
    let folder = Folder::with(&[("rules/a.yaml", RULES)]);
    folder.write("e.ndjson", reading("08:00:00", ",\"room\":\"b\""));
    let outcome = folder
        .run(&[
            "run",
            "--events",
            "e.ndjson",
            "--aggregates",
            "-",
            "--alerts",
            "alerts.ndjson",
        ])
        .expect(0);
    assert_eq!(outcome.rows().len(), 2);
    folder.write("none.ndjson", "\n\n");
    folder.write("rows.ndjson", "what was there before\n");
    folder
        .run(&[
            "run",
            "--events",
            "none.ndjson",
            "--aggregates",
            "rows.ndjson",
        ])
        .expect(0);
    assert_eq!(folder.read("rows.ndjson"), "");
}
