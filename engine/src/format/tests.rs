// A test that cannot read its own data has failed.
#![allow(clippy::disallowed_methods, clippy::unwrap_used)]

use std::path::{Path, PathBuf};

use super::format;
use crate::{Checked, RawFile, check, loader};

const UNTIDY: &str = "\
# All about heat.
alerts:
  hot:                     # the first one
    # Who wants to know?
    severity: info
    when: (data.x>35) and not(data.y==2)  # too hot
    # One for each user.

    # Really.
    by: [ userId, {half: a+(b*c)} ]
    on: sensor
    summary: |
      hot
        # no comment

  cold: {when: data.x<0, on: sensor}
aggregates:
  hourly: {per: 1h, compute: {n: count( data.ok==false ), s: 'last(data.s where data.s!=\"\")'}, on: a}
";

const TIDY: &str = "\
# All about heat.
alerts:
  hot:                     # the first one
    # Who wants to know?
    on: sensor
    when: data.x > 35 and not data.y == 2  # too hot
    # One for each user.

    # Really.
    by: [ userId, {half: a + b * c} ]
    severity: info
    summary: |
      hot
        # no comment

  cold: {on: sensor, when: data.x < 0}
aggregates:
  hourly: {on: a, per: 1h, compute: {n: count(data.ok == false), s: 'last(data.s where data.s != \"\")'}}
";

#[track_caller]
fn gives(text: &str, wanted: &str) {
    assert_eq!(format(text).as_deref(), Some(wanted));
    assert_eq!(format(wanted).as_deref(), Some(wanted), "the second time");
}

#[test]
fn expressions_and_keys_are_put_in_order_and_comments_go_with_them() {
    gives(UNTIDY, TIDY);
}

#[test]
fn line_breaks_and_a_byte_order_mark_stay() {
    let marked = |text: &str| format!("\u{feff}{}", text.replace('\n', "\r\n"));
    gives(&marked(UNTIDY), &marked(TIDY));
}

#[test]
fn expressions_on_several_lines_stay_on_them() {
    let text = "alerts:\n  a:\n    when: |\n      a>1   # one\n      or b>2\n    until: >\n      a<1\n      and b<2\n";
    gives(text, text);
}

#[test]
fn what_an_anchor_names_stays_as_it_is() {
    let text = "alerts:\n  a: {when: &x a>1, on: s}\n  b: {when: *x, summary: *x}\n";
    gives(text, text);
}

#[test]
fn what_does_not_parse_is_not_formatted() {
    assert_eq!(format("alerts: {a: {when: 'a >'}}"), None);
    assert_eq!(format("alerts: [a"), None);
    gives("", "");
}

/// Every rule folder of the corpus, and the shipped one.
fn folders() -> Vec<Vec<RawFile>> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let mut folders = vec![loader::read_rules(&root.join("rules")).unwrap()];
    let mut open: Vec<PathBuf> = vec![root.join("tests/corpus")];
    while let Some(path) = open.pop() {
        if path.is_dir() {
            open.extend(
                std::fs::read_dir(path)
                    .unwrap()
                    .map(|entry| entry.unwrap().path()),
            );
            continue;
        }
        let Ok(text) = std::fs::read_to_string(&path) else {
            continue;
        };
        let sections = text.strip_prefix("=== ").into_iter();
        let sections = sections.flat_map(|text| text.split("\n=== "));
        let files = sections.filter_map(|section| {
            let (name, text) = section.split_once('\n')?;
            let name = name.trim_end();
            let is_rules = name.ends_with(".yaml") || name.ends_with(".yml");
            is_rules.then(|| RawFile {
                name: name.to_owned(),
                bytes: format!("{text}\n").into_bytes(),
                settings: name == "rules/tripline.yaml" || name == "rules/tripline.yml",
            })
        });
        folders.push(files.collect());
    }
    folders
}

fn meaning(checked: &Checked) -> Option<Vec<(String, [u8; 16])>> {
    let program = checked.program.as_ref()?;
    let alerts = program
        .alerts()
        .map(|rule| (rule.name.clone(), rule.fingerprint()));
    let aggregates = program.aggregates();
    let aggregates = aggregates.map(|rule| (rule.name.clone(), rule.fingerprint()));
    Some(alerts.chain(aggregates).collect())
}

#[test]
fn no_rule_that_compiles_changes_its_meaning() {
    let (mut compiled, mut changed) = (0, 0);
    for files in folders() {
        let before = check(files.clone());
        if before.program.is_none() {
            continue;
        }
        compiled += 1;
        let formatted: Vec<RawFile> = files
            .into_iter()
            .map(|file| {
                let text = String::from_utf8(file.bytes).unwrap();
                let once =
                    format(&text).unwrap_or_else(|| panic!("{} compiles:\n{text}", file.name));
                assert_eq!(format(&once).as_ref(), Some(&once), "{}", file.name);
                changed += usize::from(once != text);
                RawFile {
                    bytes: once.into_bytes(),
                    ..file
                }
            })
            .collect();
        let after = check(formatted);
        assert_eq!(meaning(&before), meaning(&after), "{:?}", after.files);
    }
    assert!(
        compiled > 50 && changed > 5,
        "{compiled} compiled, {changed} changed"
    );
}
