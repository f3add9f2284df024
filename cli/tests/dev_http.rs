//! The server of `tripline dev`: who may ask, how much, and what is answered.
#![allow(clippy::unwrap_used)]

mod support;

use std::collections::BTreeSet;

use serde_json::{Map, Value, json};
use support::server::{Reply, Server};
use support::{Folder, project, shipped};
use tripline_engine::yaml::{self, Content, Node, Style};

const SEEN: &str = "alerts: {seen: {on: probe, when: n >= 0, summary: \"{text}\"}}\n";

fn posting(rules: &str) -> (Folder, Server) {
    let folder = Folder::with(&[("rules/a.yaml", rules)]);
    let server = Server::start(&folder, &["--ephemeral", "--post"]);
    (folder, server)
}

fn value(node: &Node) -> Value {
    match &node.content {
        Content::List(items) => items.iter().map(value).collect(),
        Content::Map(entries) => {
            let entries = entries
                .iter()
                .map(|entry| (entry.key.value.to_string(), value(&entry.value)));
            Value::Object(entries.collect::<Map<_, _>>())
        }
        Content::Scalar(scalar) if scalar.style == Style::Plain => {
            serde_json::from_str(&scalar.value).unwrap_or_else(|_| scalar.as_str().into())
        }
        Content::Scalar(scalar) => scalar.as_str().into(),
    }
}

fn described() -> Value {
    let text = std::fs::read_to_string(project().join("cli/src/dev/openapi.yaml")).unwrap();
    let read = yaml::parse(&text);
    assert!(read.problems.is_empty(), "{:?}", read.problems);
    value(&read.root.unwrap())
}

#[test]
fn every_route_is_described_and_every_answer_is_as_described() {
    let described = described();
    let paths = described["paths"].as_object().unwrap();
    let routes = std::fs::read_to_string(project().join("cli/src/dev/http/routes.rs")).unwrap();
    let served = routes
        .split(".route(\"")
        .skip(1)
        .map(|rest| rest.split('"').next().unwrap());
    let served: BTreeSet<&str> = served.filter(|path| path.starts_with("/api")).collect();
    assert_eq!(served, paths.keys().map(String::as_str).collect());

    let folder = Folder::new();
    let (rules, sample) = (shipped("rules"), shipped("rules/sample/events.ndjson.gz"));
    let server = Server::start(
        &folder,
        &["--ephemeral", "--rules", &rules, "--events", &sample],
    );
    server.wait("/api/status", |status| status["source"]["state"] == "ended");
    let try_it = server.get("/api/try/start?alert=login-brute-force");
    for (path, operations) in paths {
        for (method, operation) in operations.as_object().unwrap() {
            server.post("/events", "nonsense");
            let id = server.get("/api/quarantine")["entries"][0]["id"].to_string();
            let is_alert = !path.contains("aggregates");
            let name = if is_alert {
                "login-brute-force"
            } else {
                "requests-by-hour"
            };
            let key = match is_alert {
                true => "%7B%22userId%22:%22user-1%22%7D",
                false => "%7B%22service%22:%22checkout%22%7D",
            };
            let asked = path.replace("{name}", name).replace("{id}", &id);
            let first = format!("{} {asked}?key={key}&alert={name}", method.to_uppercase());
            let schema = &operation["responses"]["200"]["content"]["application/json"]["schema"];
            if schema.is_null() {
                continue;
            }
            let body = if path == "/api/try" {
                try_it.to_string()
            } else {
                String::new()
            };
            let reply = server.send(&first, &["Content-Type: application/json"], body.as_bytes());
            assert_eq!(reply.status, 200, "{first}: {reply:?}");
            let schema = json!({"allOf": [schema], "components": described["components"]});
            let validator = jsonschema::validator_for(&schema).unwrap();
            let answer = reply.json();
            let wrong: Vec<String> = validator
                .iter_errors(&answer)
                .map(|error| format!("{error} at {}", error.instance_path()))
                .collect();
            assert!(wrong.is_empty(), "{first}: {wrong:?}");
        }
    }
}

#[test]
fn what_is_asked_of_an_alert_is_answered() {
    let folder = Folder::new();
    let (rules, sample) = (shipped("rules"), shipped("rules/sample/events.ndjson.gz"));
    let server = Server::start(
        &folder,
        &["--ephemeral", "--rules", &rules, "--events", &sample],
    );
    server.wait("/api/status", |status| status["source"]["state"] == "ended");
    let alert = server.get("/api/alerts/login-brute-force");
    assert!(
        alert["source"]
            .as_str()
            .unwrap()
            .starts_with("  login-brute-force:\n    ")
    );
    assert_eq!(alert["windows"][0]["length"], "5m");
    assert_eq!(
        alert["windows"][0]["threshold"],
        json!([{"op": ">=", "value": 5.0, "severity": "critical"}])
    );
    let keys = server.get("/api/alerts/error-ratio/keys");
    let key = &keys["keys"][0]["key"];
    let key = key
        .to_string()
        .replace('"', "%22")
        .replace('{', "%7B")
        .replace('}', "%7D");
    let series = server.get(&format!("/api/alerts/error-ratio/series?key={key}"));
    let moments = series["times"].as_array().unwrap().len();
    assert!(moments > 100, "{moments}");
    assert_eq!(
        series["series"][0]["values"].as_array().unwrap().len(),
        moments
    );
    assert!(!series["episodes"].as_array().unwrap().is_empty());
    let missing = server.send("GET /api/alerts/login-brute-forse", &[], b"");
    assert_eq!(missing.status, 404);
    assert!(
        missing.body.contains("did you mean `login-brute-force`?"),
        "{missing:?}"
    );
    let wrong = server.send("GET /api/alerts/error-ratio/why?key=nonsense", &[], b"");
    assert_eq!(wrong.status, 400);

    // What is begun with fires, and the test that is made of it passes.
    let begun = server.get("/api/try/start?alert=login-brute-force");
    let tried = server.post("/api/try", &begun.to_string());
    assert_eq!(tried["diagnostics"], json!([]));
    let timeline = tried["timeline"].as_array().unwrap();
    assert!(
        timeline.iter().any(|entry| entry["kind"] == "firing"),
        "{tried}"
    );
    folder.write("tried/rules.yaml", begun["rules"].as_str().unwrap());
    folder.write("tried/tried.test.yaml", tried["test"].as_str().unwrap());
    folder.run(&["test", "--rules", "tried"]).expect(0);
    let broken = server.post(
        "/api/try",
        r#"{"rules": "alerts: {a: {when: }}", "events": "nonsense"}"#,
    );
    assert_eq!(broken["diagnostics"][0]["severity"], "error");
}

#[test]
fn only_this_machine_and_its_own_page_may_ask() {
    let (_folder, server) = posting(SEEN);
    let port = server.port;
    let ask = |first: &str, headers: &[&str]| {
        server.send(first, headers, b"{\"eventType\":\"x\"}").status
    };
    for host in ["localhost", "127.0.0.1", "[::1]", "LOCALHOST"] {
        assert_eq!(
            ask("GET /api/status", &[&format!("Host: {host}:{port}")]),
            200,
            "{host}"
        );
    }
    for host in [
        "evil.example",
        "127.0.0.1.evil.example",
        "localhost.evil.example",
        "127.0.0.2",
        "",
        "[::2]",
    ] {
        assert_eq!(
            ask("GET /api/status", &[&format!("Host: {host}:{port}")]),
            403,
            "{host}"
        );
    }
    assert_eq!(ask("GET /api/status", &["Host: localhost:1"]), 403);
    assert_eq!(ask("GET /api/status", &["Host: localhost"]), 403);
    let own = format!("Origin: http://127.0.0.1:{port}");
    assert_eq!(ask("POST /events", &[&own]), 200);
    assert_eq!(ask("POST /events", &[]), 200);
    for origin in [
        "http://evil.example",
        "null",
        "http://127.0.0.1:1",
        "http://localhost",
    ] {
        let origin = format!("Origin: {origin}");
        assert_eq!(ask("POST /events", &[&origin]), 403, "{origin}");
        assert_eq!(
            ask("POST /api/quarantine/retry", &[&origin]),
            403,
            "{origin}"
        );
    }
    assert_eq!(ask("POST /events", &["Sec-Fetch-Site: cross-site"]), 403);
    let page = server.send("GET /", &[], b"");
    assert_eq!(page.status, 200);
    for header in [
        "content-security-policy: default-src 'none'; script-src 'self';",
        "x-content-type-options: nosniff",
        "frame-ancestors 'none'",
    ] {
        assert!(page.head.contains(header), "{}", page.head);
    }
    assert!(!page.head.contains("access-control-allow-origin"));
    let packed = server.send("GET /", &["Accept-Encoding: gzip, br"], b"");
    assert!(
        packed.head.contains("content-encoding: gzip"),
        "{}",
        packed.head
    );
    assert_eq!(ask("GET /page/../Cargo.toml", &[]), 404);
    assert_eq!(ask("DELETE /api/status", &[]), 405);
}

#[test]
fn others_need_the_token() {
    let folder = Folder::with(&[("rules/a.yaml", SEEN)]);
    let server = Server::start(&folder, &["--ephemeral", "--post", "--listen", "0.0.0.0"]);
    let token = server.address.split_once("?token=").unwrap().1;
    let ask = |first: &str, headers: &[&str]| server.send(first, headers, b"");
    assert_eq!(ask("GET /api/status", &[]).status, 401);
    assert_eq!(ask("GET /", &[]).status, 401);
    assert_eq!(ask("GET /?token=wrong", &[]).status, 401);
    assert_eq!(
        ask(
            "GET /api/status",
            &[&format!("Authorization: Bearer {token}x")]
        )
        .status,
        401
    );
    assert_eq!(
        ask(
            "GET /api/status",
            &[&format!("Authorization: Bearer {token}")]
        )
        .status,
        200
    );
    let opened = ask(&format!("GET /?token={token}"), &[]);
    assert_eq!(opened.status, 303);
    assert!(
        opened.head.contains("httponly; samesite=strict"),
        "{}",
        opened.head
    );
    let cookie = format!("Cookie: other=1; tripline-token={token}");
    assert_eq!(ask("GET /", &[&cookie]).status, 200);
    assert_eq!(
        ask("POST /events", &[&cookie, "Origin: http://evil.example"]).status,
        403
    );
}

#[test]
fn bodies_requests_and_subscribers_are_bounded() {
    let (_folder, server) = posting(SEEN);
    let large = vec![b' '; (10 << 20) + 1];
    assert_eq!(server.send("POST /events", &[], &large).status, 413);
    let many = "{}\n".repeat(10_001);
    assert_eq!(
        server.send("POST /events", &[], many.as_bytes()).status,
        413
    );
    let subscribers: Vec<_> = (0..32).map(|_| server.subscribe()).collect();
    assert_eq!(server.send("GET /api/stream", &[], b"").status, 503);
    assert_eq!(server.get("/api/status")["totals"]["events"], 0);
    drop(subscribers);
}

#[test]
fn events_are_posted_as_json_lines_and_by_an_sdk() {
    let (_folder, server) = posting(SEEN);
    let mut events = server.subscribe();
    let counts = server.post(
        "/events",
        "{\"eventType\":\"probe\",\"n\":1}\n\nnonsense\n{\"eventType\":\"probe\",\"n\":2}",
    );
    assert_eq!(counts, json!({"accepted": 2, "rejected": 1}));
    assert_eq!(
        server.post("/events", "[{\"eventType\":\"probe\",\"n\":3}]")["accepted"],
        1
    );
    assert_eq!(
        server.post("/events", "{\n  \"eventType\": \"probe\",\n  \"n\": 4\n}")["accepted"],
        1
    );
    let put = |body: &str| -> Reply {
        let headers = [
            "X-Amz-Target: Kinesis_20131202.PutRecords",
            "Content-Type: application/x-amz-json-1.1",
        ];
        server.send("POST /events", &headers, body.as_bytes())
    };
    // {"eventType":"probe","n":5,"text":"five"}
    let data = "eyJldmVudFR5cGUiOiJwcm9iZSIsIm4iOjUsInRleHQiOiJmaXZlIn0=";
    let reply = put(
        &json!({"StreamName": "any", "Records": [{"Data": data, "PartitionKey": "a"}]}).to_string(),
    );
    assert_eq!(reply.status, 200, "{reply:?}");
    assert_eq!(reply.json()["FailedRecordCount"], 0);
    assert_eq!(reply.json()["Records"].as_array().unwrap().len(), 1);
    events.wait("alert", |alert| alert["summary"] == "five");
    for wrong in [
        "",
        "{}",
        r#"{"Records": []}"#,
        r#"{"Records": [{"Data": "*"}]}"#,
    ] {
        let reply = put(wrong);
        assert_eq!(
            (reply.status, &reply.json()["__type"]),
            (400, &json!("SerializationException")),
            "{wrong}"
        );
    }
    let other = server.send(
        "POST /events",
        &["X-Amz-Target: Kinesis_20131202.GetRecords"],
        b"{}",
    );
    assert_eq!(other.status, 400);
    // AWS's SDKs post to the root of their endpoint.
    let headers = ["X-Amz-Target: Kinesis_20131202.PutRecords"];
    let body = json!({"Records": [{"Data": data, "PartitionKey": "a"}]}).to_string();
    assert_eq!(server.send("POST /", &headers, body.as_bytes()).status, 200);
}

#[test]
fn what_stands_in_quarantine_is_retried() {
    let (folder, server) = posting("alerts: {}\n");
    folder.write("rules/tripline.yaml", "event: {time: when}\n");
    drop(server);
    let server = Server::start(&folder, &["--ephemeral", "--post"]);
    let mut events = server.subscribe();
    server.post("/events", "<script>alert(1)</script>\n[1]");
    let found = server.get("/api/quarantine");
    assert_eq!(found["total"], 2);
    assert_eq!(found["entries"][1]["payload"], "<script>alert(1)</script>");
    let reply = server.send("GET /api/quarantine", &[], b"");
    assert!(
        reply.head.contains("content-type: application/json"),
        "{}",
        reply.head
    );
    assert_eq!(
        server.post("/api/quarantine/retry", ""),
        json!({"retried": 0, "failed": 2})
    );
    assert_eq!(server.get("/api/quarantine")["total"], 2);
    assert_eq!(
        server
            .send("POST /api/quarantine/999/retry", &[], b"")
            .status,
        404
    );
    events.wait("status", |status| status["totals"]["rejected"] == 4);
}

#[cfg(unix)]
#[test]
fn what_events_say_does_not_command_the_terminal() {
    let (_folder, server) = posting(SEEN);
    let mut events = server.subscribe();
    server.post(
        "/events",
        r#"{"eventType":"probe","n":1,"text":"\u001b[2J<b>"}"#,
    );
    events.wait("alert", |alert| alert["summary"] == "\u{1b}[2J<b>");
    let (text, _) = server.end();
    assert!(!text.contains('\u{1b}'), "{text:?}");
    assert_eq!(text.lines().count(), 1);
}
