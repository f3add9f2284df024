//! `tripline fmt`: what it changes, names and leaves alone.

#![allow(clippy::unwrap_used)]

mod support;

use support::Folder;

const UNTIDY: &str = "alerts:\n  hot:\n    when: (data.x>35)   # too hot\n    on: sensor\n";
const TIDY: &str = "alerts:\n  hot:\n    on: sensor\n    when: data.x > 35   # too hot\n";
const WRONG: &str = "alerts: {cold: {when: 'data.x<', on: sensor}}\n";

#[test]
fn files_are_formatted_once() {
    let folder = Folder::with(&[
        ("rules/a b.yaml", UNTIDY),
        ("rules/tidy.yaml", TIDY.replace("hot", "warm").as_str()),
    ]);
    let outcome = folder.run(&["fmt"]).expect(0);
    assert_eq!(outcome.stdout.replace('\\', "/"), "rules/a b.yaml\n");
    assert_eq!(folder.read("rules/a b.yaml"), TIDY);
    assert_eq!(folder.run(&["fmt"]).expect(0).stdout, "");
}

#[test]
fn check_names_files_and_changes_none() {
    let folder = Folder::with(&[("rules/a.yaml", UNTIDY)]);
    let outcome = folder.run(&["fmt", "--check"]).expect(1);
    assert_eq!(outcome.stdout.replace('\\', "/"), "rules/a.yaml\n");
    assert_eq!(folder.read("rules/a.yaml"), UNTIDY);
    folder.run(&["fmt"]).expect(0);
    assert_eq!(folder.run(&["fmt", "--check"]).expect(0).stdout, "");
}

#[test]
fn a_file_with_errors_is_left_alone_and_hinders_no_other() {
    let folder = Folder::with(&[("rules/a.yaml", WRONG), ("rules/b.yaml", UNTIDY)]);
    let outcome = folder.run(&["fmt"]).expect(1);
    assert!(outcome.stderr.contains("a.yaml"), "{}", outcome.stderr);
    assert!(
        outcome.stderr.contains("1 file with errors left alone"),
        "{}",
        outcome.stderr
    );
    assert_eq!(folder.read("rules/a.yaml"), WRONG);
    assert_eq!(folder.read("rules/b.yaml"), TIDY);
}

#[test]
fn standard_input_goes_to_standard_output() {
    let folder = Folder::new();
    let outcome = folder.run_with(&["fmt", "-"], UNTIDY.as_bytes()).expect(0);
    assert_eq!(outcome.stdout, TIDY);
    folder
        .run_with(&["fmt", "-", "--check"], UNTIDY.as_bytes())
        .expect(1);
    folder
        .run_with(&["fmt", "-", "--check"], TIDY.as_bytes())
        .expect(0);
    for wrong in [WRONG.as_bytes(), b"alerts: [\xff"] {
        let outcome = folder.run_with(&["fmt", "-"], wrong).expect(1);
        assert_eq!(outcome.stdout, "");
        assert!(outcome.stderr.contains("<stdin>"), "{}", outcome.stderr);
    }
}

#[test]
fn a_folder_that_is_not_there_is_named() {
    let outcome = Folder::new().run(&["fmt", "--rules", "nowhere"]).expect(2);
    assert!(outcome.stderr.contains("nowhere"), "{}", outcome.stderr);
}

#[test]
fn the_shipped_rules_are_formatted() {
    let rules = concat!(env!("CARGO_MANIFEST_DIR"), "/../rules");
    let outcome = Folder::new().run(&["fmt", "--check", "--rules", rules]);
    assert_eq!(outcome.expect(0).stdout, "");
}
