//! `tripline dev`: what it tells is what `run` tells, however it ends in between.
#![allow(clippy::unwrap_used)]

mod support;

use std::collections::BTreeSet;
use std::io::{BufRead, BufReader};

use rusqlite::Connection;
use serde_json::{Value, json};
use support::server::Server;
use support::{Folder, shipped};

/// Alerts as texts, without where their events stand, which the commands name differently.
fn texts(alerts: impl Iterator<Item = String>) -> Vec<String> {
    let mut texts: Vec<String> = alerts
        .map(|line| {
            let mut alert: Value = serde_json::from_str(&line).unwrap();
            alert.as_object_mut().unwrap().remove("source");
            alert.to_string()
        })
        .collect();
    texts.sort();
    texts
}

fn stored(folder: &Folder, sql: &str) -> Vec<Value> {
    let connection = Connection::open(folder.path("dev.db")).unwrap();
    let mut query = connection.prepare(sql).unwrap();
    let rows = query.query_map([], |row| row.get::<_, String>(0)).unwrap();
    rows.map(|row| serde_json::from_str(&row.unwrap()).unwrap())
        .collect()
}

fn rows(folder: &Folder) -> BTreeSet<String> {
    let sql = "SELECT json_object('aggregate', aggregate, 'key', json(key), 'values', json(vals), 'events', events, 'start', start)
               FROM rows";
    stored(folder, sql).iter().map(Value::to_string).collect()
}

/// What `run` gives: alerts and rows.
fn expected(folder: &Folder, rules: &str) -> (Vec<String>, BTreeSet<String>) {
    let arguments = [
        "run",
        "--quiet",
        "--rules",
        rules,
        "--events",
        "events.ndjson",
        "--aggregates",
        "rows.ndjson",
    ];
    let outcome = folder.run(&arguments).expect(0);
    let rows = support::rows(&folder.read("rows.ndjson")).into_iter().map(|row| {
        let start = tripline_engine::Time::parse(row["window"]["start"].as_str().unwrap()).unwrap();
        let row = json!({
            "aggregate": row["aggregate"], "key": row["key"], "values": row["values"], "events": row["events"], "start": start.0,
        });
        row.to_string()
    });
    (
        texts(outcome.stdout.lines().map(str::to_owned)),
        rows.collect(),
    )
}

fn sample(folder: &Folder, seed: &str, events: &str) {
    let arguments = [
        "sample",
        "--seed",
        seed,
        "--events",
        events,
        "--output",
        "events.ndjson",
    ];
    folder.run(&arguments).expect(0);
}

const DEV: [&str; 7] = [
    "dev",
    "--once",
    "--store",
    "dev.db",
    "--events",
    "events.ndjson",
    "--rules",
];

#[test]
fn it_gives_what_a_run_gives() {
    let (folder, rules) = (Folder::new(), shipped("rules"));
    sample(&folder, "5", "12000");
    let outcome = folder.run(&[&DEV[..], &[&rules]].concat()).expect(0);
    let (alerts, expected_rows) = expected(&folder, &rules);
    assert!(alerts.len() > 100);
    assert_eq!(texts(outcome.stdout.lines().map(str::to_owned)), alerts);
    assert_eq!(rows(&folder), expected_rows);
    // Told once, however often it is started.
    let again = folder.run(&[&DEV[..], &[&rules]].concat()).expect(0);
    assert_eq!(again.stdout, "");
}

#[test]
fn killed_at_any_point_it_goes_on_where_it_stopped() {
    let (folder, rules) = (Folder::new(), shipped("rules"));
    sample(&folder, "8", "40000");
    let mut random = fastrand::Rng::with_seed(8);
    for _ in 0..8 {
        let mut child = folder.start(&[&DEV[..], &[&rules]].concat());
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
        // What is told is stored, and the next batch is on its way.
        let told = random.usize(1..250);
        let _ = lines.by_ref().take(told).count();
        child.kill().unwrap();
        child.wait().unwrap();
    }
    folder.run(&[&DEV[..], &[&rules]].concat()).expect(0);
    let (alerts, expected_rows) = expected(&folder, &rules);
    let found = stored(&folder, "SELECT alert FROM alerts");
    assert_eq!(texts(found.iter().map(Value::to_string)), alerts);
    assert_eq!(rows(&folder), expected_rows);
}

#[test]
fn a_store_is_kept_from_others() {
    let folder = Folder::with(&[
        ("rules/a.yaml", "alerts: {}\n"),
        (
            "other.db",
            "not a database, and long enough to be told from one",
        ),
    ]);
    let server = Server::start(&folder, &["--post", "--store", "dev.db"]);
    let second = folder
        .run(&["dev", "--post", "--once", "--store", "dev.db"])
        .expect(2);
    assert!(
        second
            .stderr
            .contains("is in use by another `tripline dev`"),
        "{}",
        second.stderr
    );
    drop(server);
    let foreign = folder
        .run(&["dev", "--post", "--once", "--store", "other.db"])
        .expect(2);
    assert!(
        foreign.stderr.contains("it is left as it was"),
        "{}",
        foreign.stderr
    );
    Connection::open(folder.path("theirs.db"))
        .unwrap()
        .execute_batch("CREATE TABLE t (a)")
        .unwrap();
    let foreign = folder
        .run(&["dev", "--post", "--once", "--store", "theirs.db", "--fresh"])
        .expect(2);
    assert!(
        foreign.stderr.contains("the database of another program"),
        "{}",
        foreign.stderr
    );
}

#[cfg(unix)]
#[test]
fn a_file_is_followed_as_it_grows_is_cut_off_and_put_aside() {
    let line = |n: u32| format!("{{\"eventType\":\"probe\",\"n\":{n}}}\n");
    let rules = "alerts: {seen: {on: probe, when: n >= 0, summary: \"{n}\"}}\n";
    let folder = Folder::with(&[("rules/a.yaml", rules), ("log.ndjson", "")]);
    let server = Server::start(
        &folder,
        &["--ephemeral", "--events", "log.ndjson", "--follow"],
    );
    // What stands in the file before that has no arrival, and these events have no time of their own.
    server.wait("/api/status", |status| {
        status["source"]["text"] == "log.ndjson, as it grows"
    });
    let mut events = server.subscribe();
    let mut is_told = |n: u32| {
        let n = n.to_string();
        events.wait("alert", |alert| alert["summary"] == n.as_str());
    };
    let add = |text: &str| {
        use std::io::Write;
        let mut file = std::fs::File::options()
            .append(true)
            .open(folder.path("log.ndjson"))
            .unwrap();
        file.write_all(text.as_bytes()).unwrap();
    };
    add(&line(1));
    is_told(1);
    // A line counts when it is whole.
    let (first, second) = (line(2)[..9].to_owned(), line(2)[9..].to_owned());
    add(&first);
    add(&second);
    is_told(2);
    folder.write("log.ndjson", line(3));
    is_told(3);
    std::fs::rename(folder.path("log.ndjson"), folder.path("log.1")).unwrap();
    folder.write("log.ndjson", line(4) + &line(5));
    is_told(4);
    is_told(5);
    let status = server.get("/api/status");
    assert_eq!(status["totals"]["events"], 5, "{status}");
    let (_, said) = server.end();
    assert!(said.contains("5 events, 5 alerts, 0 rejected"), "{said}");
}

#[test]
fn an_absence_is_told_though_nothing_comes() {
    let rules = "alerts: {silent: {on: beat, when: count() over 1s == 0, by: host}}\n";
    let folder = Folder::with(&[("rules/a.yaml", rules)]);
    let server = Server::start(&folder, &["--ephemeral", "--post"]);
    let mut events = server.subscribe();
    server.post("/events", r#"{"eventType":"beat","host":"a"}"#);
    let alert = events.wait("alert", |alert| alert["status"] == "firing");
    assert_eq!(
        (&alert["alert"], &alert["key"]),
        (&json!("silent"), &json!({"host": "a"}))
    );
    server.post("/events", r#"{"eventType":"beat","host":"a"}"#);
    events.wait("alert", |alert| alert["status"] == "resolved");
}

#[cfg(not(feature = "aws"))]
#[test]
fn a_build_without_aws_says_how_to_read_a_stream() {
    let folder = Folder::with(&[("rules/a.yaml", "alerts: {hot: {when: value > 3}}\n")]);
    let refused = folder
        .run(&["dev", "--kinesis", "events", "--ephemeral"])
        .expect(2);
    assert!(
        refused.stderr.contains("--features aws"),
        "{}",
        refused.stderr
    );
    folder
        .run(&["dev", "--kinesis", "events", "--post"])
        .expect(2);
}
