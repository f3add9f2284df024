//! `tripline schema infer`: a schema that the rules for the sample agree with.

#![allow(clippy::unwrap_used)]

mod support;

use std::fs;
use std::path::Path;

use support::Folder;

#[test]
fn the_schema_of_the_shipped_sample_suits_the_shipped_rules() {
    let rules = Path::new(env!("CARGO_MANIFEST_DIR")).join("../rules");
    let sample = rules.join("sample/events.ndjson.gz");
    let folder = Folder::new();
    let infer = ["schema", "infer", sample.to_str().unwrap()];
    let schema = folder.run(&infer).expect(0).stdout;
    assert_eq!(folder.run(&infer).expect(0).stdout, schema);
    assert!(schema.contains("\n    data.ok: bool\n"), "{schema}");
    for entry in fs::read_dir(&rules).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_str().unwrap().to_owned();
        if name.ends_with(".yaml") && name != "tripline.yaml" && !name.ends_with(".test.yaml") {
            folder.write(&format!("rules/{name}"), fs::read(&path).unwrap());
        }
    }
    folder.write("rules/tripline.yaml", &schema);
    folder.run(&["check", "--fail-on", "warning"]).expect(0);
}

#[test]
fn lines_that_are_no_events_are_counted() {
    let folder = Folder::new();
    let event = r#"{"eventType":"a","x":1}"#;
    let outcome = folder
        .run_with(
            &["schema", "infer", "-"],
            format!("{event}\n\nnonsense\n").as_bytes(),
        )
        .expect(0);
    assert!(
        outcome.stdout.contains("    x: number  # 1 to 1\n"),
        "{}",
        outcome.stdout
    );
    assert!(
        outcome
            .stderr
            .contains("1 line passed over, the first is -:3: not JSON"),
        "{}",
        outcome.stderr
    );
    let outcome = folder
        .run_with(&["schema", "infer", "-"], b"nonsense\n")
        .expect(2);
    assert!(
        outcome.stderr.contains("no line is an event"),
        "{}",
        outcome.stderr
    );
    folder.run(&["schema", "infer", "nowhere"]).expect(2);
}

#[test]
fn the_settings_say_where_an_events_type_is() {
    let folder = Folder::new();
    let infer = |arguments: &[&str]| {
        let event = br#"{"detail":{"kind":"a"},"eventType":"b","x":1}"#;
        let all = [&["schema", "infer", "-"], arguments].concat();
        folder.run_with(&all, event)
    };
    let begins = |arguments: &[&str], name: &str| {
        let schema = infer(arguments).expect(0).stdout;
        assert!(
            schema.starts_with(&format!("schema:\n  {name}:\n")),
            "{schema}"
        );
    };
    begins(&[], "b");
    folder.write("rules/tripline.yaml", "event: {type: detail.kind}\n");
    // What else is wrong with the rules has no say in it.
    folder.write("rules/a.yaml", "alerts: {hot: {wen: x > 1}}\n");
    begins(&[], "a");
    begins(&["--type-path", "eventType"], "b");
    begins(&["--rules", "elsewhere"], "b");
    folder.write("rules/tripline.yaml", "event: {type: \"detail[0]\"}\n");
    let refused = infer(&[]).expect(2);
    assert!(
        refused.stderr.contains("name a field with --type-path"),
        "{}",
        refused.stderr
    );
}
