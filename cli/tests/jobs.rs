//! `tripline run --jobs`: the same with any number of threads.
#![allow(clippy::unwrap_used)]

mod support;

use std::io::{BufRead, BufReader, Write};

use support::{Folder, gzip, project, zstd};

/// Three files of events, plain and compressed, with lines among them that are none.
fn folder() -> Folder {
    let folder = Folder::with(&[]);
    let sample = folder.run(&["sample", "--seed", "3", "--events", "12000"]);
    let sample = sample.expect(0).stdout;
    let lines: Vec<&str> = sample.lines().collect();
    let mut parts = lines.chunks(4_500).map(|part| {
        let mut part = part.to_vec();
        part.insert(part.len() / 2, "no event");
        part.insert(1, "");
        part.push("{\"eventType\":\"x\"}");
        part.join("\n") + "\n"
    });
    folder.write("events/a.ndjson", parts.next().unwrap());
    folder.write("events/b.ndjson.gz", gzip(&parts.next().unwrap()));
    folder.write("events/c.ndjson.zst", zstd(&parts.next().unwrap()));
    folder
}

const OUTPUTS: [&str; 4] = ["alerts", "trace", "aggregates", "rejects"];

/// What a run with so many jobs writes: the files, standard error but for its times, and the exit code.
fn outputs(folder: &Folder, jobs: &str, events: &str, more: &[&str], code: i32) -> Vec<String> {
    let rules = project().join("rules");
    let mut arguments = vec!["run", "--jobs", jobs, "--events", events];
    arguments.extend(["--rules", rules.to_str().unwrap()]);
    let options: Vec<String> = OUTPUTS.iter().map(|name| format!("--{name}")).collect();
    for (option, name) in options.iter().zip(OUTPUTS) {
        arguments.extend([option, name]);
    }
    arguments.extend(more);
    let outcome = folder.run(&arguments).expect(code);
    let told = outcome.stderr.lines().map(|line| {
        let (counted, measured) = line.split_once(" in ").unwrap_or((line, ""));
        match measured.contains("events/s") || measured.ends_with("iB") {
            true => counted.to_owned(),
            false => line.to_owned(),
        }
    });
    let told: Vec<String> = told.collect();
    let files = OUTPUTS.iter().map(|name| folder.read(name));
    files.chain([told.join("\n"), outcome.stdout]).collect()
}

#[test]
fn any_number_of_jobs_gives_the_same() {
    let folder = folder();
    let one = outputs(&folder, "1", "events", &["--until-end"], 0);
    assert!(one.iter().take(4).all(|output| !output.is_empty()));
    for jobs in ["2", "3", "8"] {
        let several = outputs(&folder, jobs, "events", &["--until-end"], 0);
        for ((one, several), name) in one.iter().zip(&several).zip(OUTPUTS) {
            assert!(one == several, "{name} of {jobs} jobs differ");
        }
        assert_eq!(one[4..], several[4..], "{jobs} jobs");
    }
}

#[test]
fn any_number_of_jobs_goes_on_from_the_same_state() {
    let folder = folder();
    let mut runs = ["1", "3"].map(|jobs| {
        let state = format!("state-{jobs}");
        let first = outputs(&folder, jobs, "events/a.ndjson", &["--state", &state], 0);
        let second = outputs(&folder, jobs, "events/b.ndjson.gz", &["--state", &state], 0);
        [first, second]
    });
    let [one, several] = &mut runs;
    assert!(one == several);
    assert!(!one[1][0].is_empty());
}

#[test]
fn what_comes_before_damage_is_told_with_any_number_of_jobs() {
    let folder = folder();
    let mut damaged = std::fs::read(folder.path("events/b.ndjson.gz")).unwrap();
    damaged.truncate(damaged.len() * 2 / 3);
    folder.write("events/b.ndjson.gz", damaged);
    let one = outputs(&folder, "1", "events", &[], 2);
    assert!(
        one[4].contains("b.ndjson.gz is damaged or incomplete"),
        "{}",
        one[4]
    );
    for jobs in ["2", "5"] {
        assert!(
            one == outputs(&folder, jobs, "events", &[], 2),
            "{jobs} jobs"
        );
    }
}

#[test]
fn numbers_of_jobs_that_make_no_sense_are_refused() {
    for jobs in ["0", "-1", "many"] {
        let jobs = format!("--jobs={jobs}");
        let outcome = folder()
            .run(&["run", "--events", "events", &jobs])
            .expect(2);
        assert!(outcome.stderr.contains("--jobs"), "{}", outcome.stderr);
    }
}

#[test]
fn a_pipe_is_answered_as_its_events_come() {
    let folder = Folder::with(&[(
        "rules/hot.yaml",
        "alerts: {hot: {when: data.temperature > 35}}",
    )]);
    let mut run = folder.start(&["run", "--events", "-", "--quiet"]);
    let (mut events, alerts) = (run.stdin.take().unwrap(), run.stdout.take().unwrap());
    let mut alerts = BufReader::new(alerts).lines();
    for second in 0..3 {
        let event = format!(
            "{{\"timestamp\":\"2026-01-05T10:00:0{second}Z\",\"data\":{{\"temperature\":40}}}}\n"
        );
        events.write_all(event.as_bytes()).unwrap();
        // The pipe is still open.
        let alert = alerts.next().unwrap().unwrap();
        assert!(
            alert.contains(&format!("2026-01-05T10:00:0{second}")),
            "{alert}"
        );
    }
    drop(events);
    assert!(run.wait().unwrap().success());
}

/// Three alerts with a window in common, and one with another besides.
const IN_COMMON: &str = "
alerts:
  few: {on: login, by: userId, when: count(data.ok == false) over 5m >= 2}
  half: {on: login, by: userId, when: count(data.ok == false) over 5m / count() over 5m > 50%, for: 10s}
  many: {on: login, by: userId, when: count(data.ok == false) over 5m >= 4, cooldown: 10m, repeat: 20m}
  some: {on: login, by: userId, when: count(data.ok == false) over 5m >= 3, until: count() over 5m == 0}
";

#[test]
fn a_window_in_common_is_kept_once_and_gives_what_each_alert_alone_gives() {
    let folder = Folder::with(&[("rules/rules.yaml", IN_COMMON)]);
    let sample = folder.run(&["sample", "--seed", "5", "--events", "12000"]);
    folder.write("events.ndjson", sample.expect(0).stdout);
    let run = |more: &[&str]| {
        let run = ["run", "--rules", "rules", "--events", "events.ndjson"];
        let outputs = ["--alerts", "alerts", "--trace", "trace"];
        let outcome = folder.run(&[&run[..], &outputs, more].concat()).expect(0);
        let keys = outcome.stderr.lines().find_map(|line| {
            let (keys, _) = line.split_once(" keys in ")?;
            keys.parse::<u32>().ok()
        });
        (folder.read("alerts"), folder.read("trace"), keys)
    };
    let (alerts, trace, keys) = run(&["--jobs", "1"]);
    for name in ["few", "half", "many", "some"] {
        assert!(alerts.contains(&format!("\"alert\":\"{name}\"")), "{name}");
    }
    assert!(keys.is_some_and(|keys| keys <= 40), "{keys:?}");
    for more in [["--jobs", "2"], ["--state", "state"]] {
        let (same_alerts, same_trace, _) = run(&more);
        assert!(alerts == same_alerts && trace == same_trace, "{more:?}");
    }
}
