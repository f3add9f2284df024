//! The language server, by a client that plays a script over its pipes.
#![allow(clippy::unwrap_used)]

mod support;

use std::fs;
use std::io::BufReader;
use std::path::Path;
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};

use lsp_server::{Message, Notification, Request, RequestId};
use lsp_types::Url;
use serde_json::{Value, json};

const RULES: &str = "\
lists:
  admins: [root, admin]
alerts:
  hot:
    on: sensor
    when: data.temperature > 35 and not user in admins
    by: user
  hotter: {on: sensor, when: avg(data.temperature) over 5m > 30, by: user}
silences:
  night: {match: {alert: hot}, until: 2030-01-01, reason: it is quiet}
";
const SETTINGS: &str = "\
schema:
  sensor: {user: string, data.temperature: number, data.status: {type: string, enum: [ok, failed]}}
";
const TESTS: &str = "tests:\n  - name: hot\n    expect: [{alert: hot}]\n";

/// An editor with a server.
struct Editor {
    child: Child,
    input: ChildStdin,
    output: BufReader<ChildStdout>,
    folder: tempfile::TempDir,
    asked: i32,
}

impl Editor {
    fn new(files: &[(&str, &str)]) -> Editor {
        let folder = tempfile::tempdir().unwrap();
        fs::create_dir(folder.path().join("rules")).unwrap();
        for (name, text) in files {
            fs::write(folder.path().join("rules").join(name), text).unwrap();
        }
        let mut child = Command::new(support::binary())
            .arg("lsp")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let (input, output) = (child.stdin.take().unwrap(), child.stdout.take().unwrap());
        let mut editor = Editor {
            child,
            input,
            output: BufReader::new(output),
            folder,
            asked: 0,
        };
        let root = Url::from_file_path(editor.folder.path()).unwrap();
        let given = editor.ask("initialize", json!({"rootUri": root, "capabilities": {}}));
        assert!(given["capabilities"]["hoverProvider"].as_bool().unwrap());
        editor.tell("initialized", json!({}));
        editor
    }

    fn uri(&self, name: &str) -> Url {
        let path: &Path = &self.folder.path().join("rules").join(name);
        Url::from_file_path(path).unwrap()
    }

    fn tell(&mut self, method: &str, params: Value) {
        let told = Notification::new(method.to_owned(), params);
        Message::Notification(told).write(&mut self.input).unwrap();
    }

    /// The answer to a question; what the server tells meanwhile is left out.
    fn ask(&mut self, method: &str, params: Value) -> Value {
        let response = self.try_ask(method, params);
        assert!(response.1.is_null(), "{method}: {}", response.1);
        response.0
    }

    fn try_ask(&mut self, method: &str, params: Value) -> (Value, Value) {
        self.asked += 1;
        let id = RequestId::from(self.asked);
        let request = Request::new(id.clone(), method.to_owned(), params);
        Message::Request(request).write(&mut self.input).unwrap();
        loop {
            if let Message::Response(response) = self.read()
                && response.id == id
            {
                let error = response
                    .error
                    .map_or(Value::Null, |error| json!(error.message));
                return (response.result.unwrap_or_default(), error);
            }
        }
    }

    fn read(&mut self) -> Message {
        Message::read(&mut self.output).unwrap().unwrap()
    }

    /// What the server says of a file, as soon as it is what is waited for.
    fn diagnostics(&mut self, name: &str, wanted: impl Fn(&[Value]) -> bool) -> Vec<Value> {
        let uri = self.uri(name);
        loop {
            if let Message::Notification(told) = self.read()
                && told.method == "textDocument/publishDiagnostics"
                && told.params["uri"] == json!(uri)
            {
                let found = told.params["diagnostics"].as_array().unwrap();
                if wanted(found) {
                    return found.clone();
                }
            }
        }
    }

    fn open(&mut self, name: &str, text: &str) {
        let uri = self.uri(name);
        let document = json!({"uri": uri, "languageId": "yaml", "version": 1, "text": text});
        self.tell("textDocument/didOpen", json!({"textDocument": document}));
    }

    fn change(&mut self, name: &str, text: &str) {
        let uri = self.uri(name);
        let params =
            json!({"textDocument": {"uri": uri, "version": 2}, "contentChanges": [{"text": text}]});
        self.tell("textDocument/didChange", params);
    }

    /// Where a text stands, so many bytes into it.
    fn place(&self, name: &str, text: &str, what: &str, into: usize) -> Value {
        let offset = text.find(what).unwrap() + into;
        let line = text[..offset].matches('\n').count();
        let column = offset - text[..offset].rfind('\n').map_or(0, |at| at + 1);
        json!({"textDocument": {"uri": self.uri(name)}, "position": {"line": line, "character": column}})
    }

    fn labels(&mut self, name: &str, text: &str, what: &str) -> Vec<String> {
        let place = self.place(name, text, what, what.len());
        let items = self.ask("textDocument/completion", place);
        let items = items.as_array().unwrap().iter();
        items
            .map(|item| item["label"].as_str().unwrap().to_owned())
            .collect()
    }

    fn close(mut self) {
        self.ask("shutdown", Value::Null);
        self.tell("exit", Value::Null);
        drop(self.input);
        assert!(self.child.wait().unwrap().success());
    }
}

fn is_error(found: &Value) -> bool {
    found["severity"] == 1
}

fn editor() -> Editor {
    let files = [
        ("a.yaml", RULES),
        ("tripline.yaml", SETTINGS),
        ("a.test.yaml", TESTS),
    ];
    Editor::new(&files)
}

#[test]
fn mistakes_are_shown_as_they_are_typed_and_go_when_they_are_mended() {
    let mut editor = editor();
    editor.open("a.yaml", RULES);
    let broken = RULES.replace("data.temperature > 35", "data.temperatur > 35");
    editor.change("a.yaml", &broken);
    let found = editor.diagnostics("a.yaml", |found| found.iter().any(is_error));
    assert_eq!(found[0]["code"], "E1203", "{found:?}");
    assert_eq!(
        found[0]["range"]["start"],
        json!({"line": 5, "character": 10})
    );
    assert_eq!(found[0]["source"], "tripline");
    assert!(
        found[0]["message"]
            .as_str()
            .unwrap()
            .contains("data.temperature")
    );
    editor.change("a.yaml", RULES);
    editor.diagnostics("a.yaml", |found| !found.iter().any(is_error));
    // A text that is no YAML, and one that is cut off, are answered all the same.
    for text in [
        "alerts: {",
        "\t- [",
        "alerts:\n  hot:\n    when: data.te",
        "",
    ] {
        editor.change("a.yaml", text);
        let place = json!({"textDocument": {"uri": editor.uri("a.yaml")}, "position": {"line": 99, "character": 99}});
        editor.ask("textDocument/completion", place.clone());
        editor.ask("textDocument/hover", place);
    }
    editor.close();
}

#[test]
fn what_a_lint_finds_can_be_mended_and_a_file_formatted() {
    let mut editor = editor();
    let text = "alerts:\n  hot:\n    summary: hot\n    runbook: https://r.example\n    when: 35<data.temperature\n    on: sensor\n    by: user\n";
    editor.open("b.yaml", text);
    let about = |one: &Value| one["message"].as_str().unwrap().contains("35");
    let found = editor.diagnostics("b.yaml", |found| found.iter().any(about));
    let range = found.iter().find(|one| about(one)).unwrap()["range"].clone();
    let uri = editor.uri("b.yaml");
    let params =
        json!({"textDocument": {"uri": uri}, "range": range, "context": {"diagnostics": []}});
    let actions = editor.ask("textDocument/codeAction", params);
    let edit = &actions[0]["edit"]["changes"][uri.as_str()][0];
    assert!(
        edit["newText"]
            .as_str()
            .unwrap()
            .contains("data.temperature > 35"),
        "{actions}"
    );
    let options = json!({"tabSize": 2, "insertSpaces": true});
    let params = json!({"textDocument": {"uri": uri}, "options": options});
    let edits = editor.ask("textDocument/formatting", params);
    let new = edits[0]["newText"].as_str().unwrap();
    assert!(
        new.contains("    on: sensor\n    when: 35 < data.temperature\n    by: user\n"),
        "{new}"
    );
    editor.close();
}

#[test]
fn mistakes_in_tests_are_shown_and_go_with_the_rule_that_was_meant() {
    let mut editor = editor();
    editor.open("a.test.yaml", &TESTS.replace("alert: hot", "alert: hott"));
    let found = editor.diagnostics("a.test.yaml", |found| !found.is_empty());
    assert_eq!(found[0]["code"], "E1901", "{found:?}");
    editor.open("a.yaml", &RULES.replace("  hot:", "  hott:"));
    editor.diagnostics("a.test.yaml", <[_]>::is_empty);
    editor.close();
}

#[test]
fn an_alert_without_a_test_is_shown_as_long_as_it_has_none() {
    let mut editor = editor();
    let rules = "alerts:\n  cold: {on: sensor, by: user, when: data.temperature < 3}\n";
    editor.open("b.yaml", rules);
    editor.open("a.test.yaml", TESTS);
    let is_it = |one: &Value| one["code"] == "W2701";
    editor.diagnostics("b.yaml", |found| found.iter().any(is_it));
    editor.change("a.test.yaml", &TESTS.replace("alert: hot", "alert: cold"));
    editor.diagnostics("b.yaml", |found| !found.iter().any(is_it));
    editor.close();
}

#[test]
fn a_change_in_one_file_shows_in_another() {
    let mut editor = editor();
    let without = "alerts: {}\nlists: {}\n";
    let other = "alerts:\n  cold: {on: sensor, when: not user in admins}\n";
    editor.open("b.yaml", other);
    editor.open("a.yaml", without);
    let found = editor.diagnostics("b.yaml", |found| found.iter().any(is_error));
    let message = found[0]["message"].as_str().unwrap();
    assert!(message.contains("admins"), "{message}");
    editor.close();
}

#[test]
fn what_may_be_written_is_offered() {
    let mut editor = editor();
    let typed =
        |text: &str| RULES.replace("    by: user\n  hotter", &format!("    {text}\n  hotter"));

    let text = typed("un");
    editor.open("a.yaml", &text);
    let keys = editor.labels("a.yaml", &text, "    un");
    assert!(
        keys.contains(&"until".to_owned()) && keys.contains(&"severity".to_owned()),
        "{keys:?}"
    );
    assert!(
        !keys.contains(&"when".to_owned()),
        "it is there already: {keys:?}"
    );

    let text = typed("until: data.");
    editor.change("a.yaml", &text);
    let words = editor.labels("a.yaml", &text, "until: data.");
    for word in [
        "data.temperature",
        "count",
        "lower",
        "starts with",
        "admins",
    ] {
        assert!(words.contains(&word.to_owned()), "{word}: {words:?}");
    }
    let text = typed("until: data.status == \"");
    editor.change("a.yaml", &text);
    let values = editor.labels("a.yaml", &text, "data.status == \"");
    assert_eq!(values, ["\"ok\"", "\"failed\""]);

    let text = typed("severity: ");
    editor.change("a.yaml", &text);
    assert_eq!(
        editor.labels("a.yaml", &text, "severity: "),
        ["info", "warning", "critical"]
    );

    let text = "silences:\n  x: {match: {alert: ";
    editor.open("b.yaml", text);
    let alerts = editor.labels("b.yaml", text, "alert: ");
    assert_eq!(alerts, ["hot", "hotter"]);
    let text = "tests:\n  - expect:\n      - {alert: ";
    editor.open("a.test.yaml", text);
    assert_eq!(
        editor.labels("a.test.yaml", text, "alert: "),
        ["hot", "hotter"]
    );
    let text = "tests:\n  - name: a\n    expect:\n      - alert: hot\n        \n";
    editor.open("a.test.yaml", text);
    let labels = editor.labels("a.test.yaml", text, "hot\n        ");
    assert!(
        labels.contains(&"fires".to_owned()) && labels.contains(&"resolves".to_owned()),
        "{labels:?}"
    );
    let place = editor.place("a.test.yaml", text, "expect", 1);
    let given = editor.ask("textDocument/hover", place);
    assert!(given.to_string().contains("What alerts do"), "{given}");
    editor.close();
}

#[test]
fn words_are_explained() {
    let mut editor = editor();
    for (what, said) in [
        ("data.temperature", "number of `sensor`"),
        ("avg(", "avg("),
        ("admins\n", "[root, admin]"),
        ("by: user\n  hotter", "One alert state"),
    ] {
        let place = editor.place("a.yaml", RULES, what, 1);
        let given = editor.ask("textDocument/hover", place);
        let text = given["contents"]["value"].as_str().unwrap_or_default();
        assert!(text.contains(said), "{what}: {given}");
    }
    editor.close();
}

#[test]
fn what_events_beside_the_rules_hold_is_shown() {
    let mut events = String::new();
    for number in 0..200 {
        let more = if number < 50 { r#","extra":true"# } else { "" };
        events +=
            &format!(r#"{{"kind":"sensor","user":"u","data":{{"temperature":{number}.5{more}}}}}"#);
        events.push('\n');
    }
    let settings = "event: {type: kind}\n";
    let mut editor = Editor::new(&[("a.yaml", RULES), ("tripline.yaml", settings)]);
    let folder = editor.folder.path().join("rules/sample");
    fs::create_dir(&folder).unwrap();
    fs::write(folder.join("e.ndjson.gz"), support::gzip(&events)).unwrap();
    let place = editor.place("a.yaml", RULES, "data.temperature", 1);
    let given = editor.ask("textDocument/hover", place);
    let text = given["contents"]["value"].as_str().unwrap_or_default();
    assert!(
        text.contains("`data.temperature`: number of `sensor`")
            && text
                .contains("In the sample: number, in 100 % of 200 events `sensor`; 0.5 to 199.5"),
        "{text}"
    );
    // Without a schema the fields of the sample are offered.
    let text = "alerts:\n  new:\n    on: sensor\n    when: data.\n";
    editor.open("new.yaml", text);
    let labels = editor.labels("new.yaml", text, "when: data.");
    assert!(
        labels.iter().any(|label| label == "data.extra"),
        "{labels:?}"
    );
    editor.close();
}

#[test]
fn names_are_found_and_changed_wherever_they_stand() {
    let mut editor = editor();
    let place = editor.place("a.yaml", RULES, "in admins", 5);
    let defined = editor.ask("textDocument/definition", place);
    assert_eq!(
        defined[0]["range"]["start"],
        json!({"line": 1, "character": 2})
    );

    let place = editor.place("a.yaml", RULES, "alert: hot", 8);
    let mut params = place.clone();
    params["newName"] = json!("scorching");
    let edit = editor.ask("textDocument/rename", params);
    let edits = |name: &str| {
        edit["changes"][editor.uri(name).as_str()]
            .as_array()
            .map_or(0, Vec::len)
    };
    assert_eq!((edits("a.yaml"), edits("a.test.yaml")), (2, 1), "{edit}");

    for (name, why) in [("hotter", "already"), ("not a name", "no name")] {
        let mut params = place.clone();
        params["newName"] = json!(name);
        let (_, error) = editor.try_ask("textDocument/rename", params);
        assert!(error.as_str().unwrap().contains(why), "{error}");
    }
    let uri = editor.uri("a.yaml");
    let symbols = editor.ask(
        "textDocument/documentSymbol",
        json!({"textDocument": {"uri": uri}}),
    );
    assert_eq!(symbols.as_array().unwrap().len(), 4);
    let (_, error) = editor.try_ask("textDocument/nothing", json!({}));
    assert!(error.as_str().unwrap().contains("not answered"));
    editor.close();
}
