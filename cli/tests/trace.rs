//! `tripline run --trace`: every change of every key, with its reason.
#![allow(clippy::unwrap_used)]

mod support;

use support::Folder;

const RULES: &str = "\
alerts:
  cooled: {on: reading, by: room, when: value > 50, cooldown: 1h}
  episode: {on: reading, by: room, when: value > 5, until: value < 3, cooldown: 5m, repeat: 10m, forget: 2h}
  held: {on: reading, by: room, when: value > 5, for: 2m, forget: 2h}
  mean: {on: reading, by: [{place: room}, zone ?? 0], when: avg(value) over 1m > 5}
  once: {on: reading, when: value > 60}
  quiet: {on: reading, when: value > 70}
  shadow: {on: reading, by: room, when: value > 80, mode: shadow}
silences:
  works: {match: {alert: quiet}, until: 2026-02-01, reason: works in the hall}
";

fn reading(time: &str, members: &str) -> String {
    format!(
        "{{\"eventType\":\"reading\",\"timestamp\":\"2026-01-05T{time}Z\",\"room\":\"a\"{members}}}\n"
    )
}

fn line(
    alert: &str,
    key: &str,
    time: &str,
    change: (&str, &str),
    reason: &str,
    rest: &str,
) -> String {
    let (from, to) = change;
    format!(
        "{{\"alert\":\"{alert}\",{key}\"at\":\"2026-01-05T{time}Z\",\"from\":\"{from}\",\"to\":\"{to}\",\"reason\":\"{reason}\",{rest}}}"
    )
}

#[test]
fn every_reason_stands_in_lines_as_published() {
    let folder = Folder::with(&[("rules/a.yaml", RULES)]);
    let events = [
        reading("08:00:00", ",\"value\":6"),
        reading("08:00:30", ",\"value\":1"),
        reading("08:01:00", ",\"value\":85"),
        reading("08:01:10", ",\"value\":55"),
        reading("08:10:00", ""),
        reading("08:20:00", ",\"value\":4"),
        reading("08:20:10", ",\"value\":9"),
        reading("08:22:10", ",\"value\":9"),
        reading("11:00:00", ",\"value\":4,\"room\":\"b\"").replace("\"room\":\"a\",", ""),
    ];
    folder.write("e.ndjson", events.concat());
    let outcome = folder
        .run(&["run", "--events", "e.ndjson", "--trace", "t.ndjson"])
        .expect(0);
    let (inactive, pending, firing) = ("inactive", "pending", "firing");
    let room = "\"key\":{\"room\":\"a\"},";
    let place = "\"key\":{\"place\":\"a\",\"zone ?? 0\":0},";
    let value = |value: &str| format!("\"values\":{{\"value\":{value}}}");
    let mean = |value: &str| format!("\"values\":{{\"avg(value) over 1m\":{value}}}");
    let none = "\"values\":{}";
    let silenced = format!("\"silence\":\"works\",{}", value("85"));
    let wanted = [
        line(
            "episode",
            room,
            "08:00:00.000",
            (inactive, firing),
            "condition true",
            &value("6"),
        ),
        line(
            "held",
            room,
            "08:00:00.000",
            (inactive, pending),
            "condition true",
            &value("6"),
        ),
        line(
            "mean",
            place,
            "08:00:00.000",
            (inactive, firing),
            "condition true",
            &mean("6.0"),
        ),
        line(
            "episode",
            room,
            "08:00:30.000",
            (firing, inactive),
            "until true",
            &value("1"),
        ),
        line(
            "held",
            room,
            "08:00:30.000",
            (pending, inactive),
            "condition false",
            &value("1"),
        ),
        line(
            "mean",
            place,
            "08:00:30.000",
            (firing, inactive),
            "condition false",
            &mean("3.5"),
        ),
        line(
            "cooled",
            room,
            "08:01:00.000",
            (inactive, firing),
            "condition true",
            &value("85"),
        ),
        line(
            "episode",
            room,
            "08:01:00.000",
            (inactive, firing),
            "condition true",
            &value("85"),
        ),
        line(
            "episode",
            room,
            "08:01:00.000",
            (firing, firing),
            "cooldown",
            &value("85"),
        ),
        line(
            "held",
            room,
            "08:01:00.000",
            (inactive, pending),
            "condition true",
            &value("85"),
        ),
        line(
            "mean",
            place,
            "08:01:00.000",
            (inactive, firing),
            "condition true",
            &mean("30.666666666666668"),
        ),
        line(
            "once",
            "",
            "08:01:00.000",
            (inactive, firing),
            "condition true",
            &value("85"),
        ),
        line(
            "quiet",
            "",
            "08:01:00.000",
            (inactive, firing),
            "condition true",
            &value("85"),
        ),
        line(
            "quiet",
            "",
            "08:01:00.000",
            (firing, firing),
            "silenced",
            &silenced,
        ),
        line(
            "shadow",
            room,
            "08:01:00.000",
            (inactive, firing),
            "condition true",
            &value("85"),
        ),
        line(
            "shadow",
            room,
            "08:01:00.000",
            (firing, firing),
            "shadow",
            &value("85"),
        ),
        line(
            "cooled",
            room,
            "08:01:10.000",
            (inactive, inactive),
            "cooldown",
            &value("55"),
        ),
        line(
            "mean",
            place,
            "08:02:11.000",
            (firing, inactive),
            "condition unknown",
            none,
        ),
        line(
            "held",
            room,
            "08:03:00.000",
            (pending, firing),
            "held",
            none,
        ),
        line(
            "episode",
            room,
            "08:15:00.000",
            (firing, firing),
            "repeat",
            none,
        ),
        line(
            "held",
            room,
            "08:20:00.000",
            (firing, inactive),
            "condition false",
            &value("4"),
        ),
        line(
            "held",
            room,
            "08:20:10.000",
            (inactive, pending),
            "condition true",
            &value("9"),
        ),
        line(
            "mean",
            place,
            "08:20:10.000",
            (inactive, firing),
            "condition true",
            &mean("6.5"),
        ),
        line(
            "mean",
            place,
            "08:21:11.000",
            (firing, inactive),
            "condition unknown",
            none,
        ),
        line(
            "held",
            room,
            "08:22:10.000",
            (pending, firing),
            "for elapsed",
            &value("9"),
        ),
        line(
            "mean",
            place,
            "08:22:10.000",
            (inactive, firing),
            "condition true",
            &mean("9.0"),
        ),
        line(
            "mean",
            place,
            "08:23:11.000",
            (firing, inactive),
            "condition unknown",
            none,
        ),
        line(
            "episode",
            room,
            "10:15:00.000",
            (firing, firing),
            "repeat",
            none,
        ),
        line(
            "episode",
            room,
            "10:22:10.000",
            (firing, inactive),
            "forgotten",
            none,
        ),
        line(
            "held",
            room,
            "10:22:10.000",
            (firing, inactive),
            "forgotten",
            none,
        ),
    ];
    let found = folder.read("t.ndjson");
    for (found, wanted) in found.lines().zip(&wanted) {
        assert_eq!(found, wanted);
    }
    assert_eq!(found, wanted.join("\n") + "\n");

    // The trace changes nothing of what is told.
    let untraced = folder.run(&["run", "--events", "e.ndjson"]).expect(0);
    assert_eq!(untraced.stdout, outcome.stdout);
    let piped = folder
        .run(&[
            "run", "--events", "e.ndjson", "--trace", "-", "--alerts", "a.ndjson",
        ])
        .expect(0);
    assert_eq!(piped.stdout, found);
}
