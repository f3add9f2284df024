//! Rules that change while `tripline dev` runs.
#![allow(clippy::unwrap_used)]

mod support;

use std::collections::BTreeMap;
use std::fs;

use serde_json::Value;
use support::Folder;
use support::server::Server;

const SEEN: &str = "alerts: {seen: {on: probe, when: n >= 0, summary: \"{n}\"}}\n";

/// Saves as most editors do.
fn save(folder: &Folder, name: &str, text: &str) {
    folder.write("rules/.saving", text);
    fs::rename(folder.path("rules/.saving"), folder.path(name)).unwrap();
}

fn names(alerts: &Value) -> Vec<&str> {
    let alerts = alerts["alerts"].as_array().unwrap().iter();
    alerts
        .map(|alert| alert["name"].as_str().unwrap())
        .collect()
}

#[test]
fn what_is_saved_runs_and_what_is_broken_does_not() {
    let logins = |limit: u32| {
        format!(
            "alerts:\n  logins: {{on: login, when: count() over 5m >= {limit}, by: user}}\n  other: {{on: other, when: count() over 5m >= 2}}\n"
        )
    };
    let test = "tests:\n  - name: two\n    events: [{at: 0s, every: 1s, times: 2, eventType: login, user: a}]\n    expect: [{alert: logins, fires: 1s}]\n";
    let folder = Folder::with(&[("rules/a.yaml", &logins(3)), ("rules/a.test.yaml", test)]);
    let server = Server::start(&folder, &["--ephemeral", "--post"]);
    let mut events = server.subscribe();
    server.post("/events", r#"{"eventType":"other"}"#);

    save(&folder, "rules/a.yaml", &logins(2));
    let reload = events.wait("reload", |_| true);
    assert_eq!(reload["ok"], true);
    assert_eq!(
        reload["summary"],
        "+0 ~1 −0 alerts; state kept for 1 of 2; logins restarts"
    );
    assert_eq!(reload["changes"][0]["alert"], "logins");
    let tested = events.wait("reload", |reload| !reload["tests"].is_null());
    assert_eq!(
        (&tested["tests"]["passed"], &tested["tests"]["failed"]),
        (&1.into(), &0.into())
    );

    save(
        &folder,
        "rules/a.yaml",
        "alerts: {logins: {on: login, when: count( >= 2}}\n",
    );
    let reload = events.wait("reload", |reload| reload["ok"] == false);
    assert_eq!(reload["diagnostics"][0]["severity"], "error", "{reload}");
    assert!(
        reload["diagnostics"][0]["drawn"]
            .as_str()
            .unwrap()
            .contains("rules/a.yaml")
    );
    assert_eq!(server.get("/api/status")["reload"]["ok"], false);
    // The last good ones run.
    server.post(
        "/events",
        "{\"eventType\":\"login\",\"user\":\"b\"}\n{\"eventType\":\"login\",\"user\":\"b\"}",
    );
    let alert = events.wait("alert", |alert| alert["alert"] == "logins");
    assert_eq!(alert["key"]["user"], "b");

    // What was counted before it all is still counted.
    let kept = logins(2).replace("by: user", "by: user, severity: critical");
    save(&folder, "rules/a.yaml", &kept);
    let reload = events.wait("reload", |reload| reload["ok"] == true);
    assert_eq!(reload["summary"], "+0 ~1 −0 alerts; state kept for 2 of 2");
    server.post("/events", r#"{"eventType":"other"}"#);
    events.wait("alert", |alert| alert["alert"] == "other");

    // An episode of a rule that is gone ends.
    save(
        &folder,
        "rules/a.yaml",
        "alerts: {other: {on: other, when: count() over 5m >= 2}}\n",
    );
    let alert = events.wait("alert", |alert| alert["status"] == "resolved");
    assert_eq!(
        (&alert["alert"], &alert["reason"]),
        (&"logins".into(), &"rule-removed".into())
    );
}

#[test]
fn edits_under_load_lose_no_event_and_repeat_none() {
    let folder = Folder::with(&[("rules/seen.yaml", SEEN)]);
    let server = Server::start(&folder, &["--store", "dev.db", "--post"]);
    let mut random = fastrand::Rng::with_seed(11);
    let mut files: BTreeMap<String, String> = BTreeMap::new();
    let mut posted = 0;
    for round in 0..150 {
        let name = format!("rules/r{}.yaml", random.u8(..4));
        let file = name
            .trim_start_matches("rules/r")
            .trim_end_matches(".yaml")
            .to_owned();
        let good = format!("alerts: {{alert-{file}-{round}: {{on: other, when: n >= {round}}}}}\n");
        match random.u8(..6) {
            0 => save(&folder, &name, &good),
            1 => {
                // In two parts, as editors that write in place do.
                folder.write(&name, &good[..random.usize(..good.len())]);
                folder.write(&name, &good);
            }
            2 => save(
                &folder,
                &name,
                "alerts: {broken: {on: other, when: n >= }}\n",
            ),
            3 => {
                let _ = fs::remove_file(folder.path(&name));
            }
            4 => {
                let other = format!("rules/sub/{}.yaml", random.u8(..2));
                fs::create_dir_all(folder.path("rules/sub")).unwrap();
                let _ = fs::rename(folder.path(&name), folder.path(&other));
            }
            _ => folder.write(&name, ""),
        }
        let mut lines = String::new();
        for _ in 0..random.u32(1..40) {
            lines += &format!("{{\"eventType\":\"probe\",\"n\":{posted}}}\n");
            posted += 1;
        }
        assert_eq!(server.post("/events", &lines)["rejected"], 0);
    }
    // In the end there are files without errors, which run.
    let _ = fs::remove_dir_all(folder.path("rules/sub"));
    for file in 0..4 {
        let name = format!("rules/r{file}.yaml");
        let text = format!("alerts: {{last-{file}: {{on: other, when: n >= 1}}}}\n");
        save(&folder, &name, &text);
        files.insert(name, text);
    }
    server.wait("/api/alerts", |alerts| {
        names(alerts) == ["last-0", "last-1", "last-2", "last-3", "seen"]
    });
    let status = server.get("/api/status");
    assert_eq!(status["reload"]["ok"], true, "{status}");
    assert_eq!(status["totals"]["events"], posted);
    drop(server);
    let connection = rusqlite::Connection::open(folder.path("dev.db")).unwrap();
    let sql =
        "SELECT CAST(alert ->> 'summary' AS INTEGER) FROM alerts WHERE name = 'seen' ORDER BY 1";
    let mut query = connection.prepare(sql).unwrap();
    let seen = query.query_map([], |row| row.get::<_, i64>(0)).unwrap();
    let seen: Vec<i64> = seen.map(Result::unwrap).collect();
    assert_eq!(seen, (0..posted).collect::<Vec<i64>>());
}

#[test]
fn folders_that_tell_nothing_are_looked_at() {
    let folder = Folder::with(&[("rules/seen.yaml", SEEN)]);
    let server = Server::start(&folder, &["--ephemeral", "--post", "--poll"]);
    let mut events = server.subscribe();
    folder.write("rules/b.yaml", "alerts: {more: {on: other, when: n > 1}}\n");
    let reload = events.wait("reload", |_| true);
    assert_eq!(reload["summary"], "+1 ~0 −0 alerts; state kept for 1 of 1");
}
