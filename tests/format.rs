//! Formatting rule files never changes what they mean.
#![allow(clippy::unwrap_used)]

use std::path::{Path, PathBuf};

use tripline_engine::{Checked, RawFile, check, format, loader};

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

/// A rule file with each condition on several lines, and a comment on the first of them.
fn spread(yaml: &str) -> String {
    let mut out = String::new();
    for line in yaml.lines() {
        let condition = line
            .strip_prefix("    when: '")
            .and_then(|rest| rest.strip_suffix('\''));
        let Some(condition) = condition else {
            out += &format!("{line}\n");
            continue;
        };
        let lines = condition
            .replace("''", "'")
            .replace(" and ", "  # both\n        and   ")
            .replace(" or ", "\n      or ")
            .replace(" == ", "==");
        out += &format!("    when: |\n      {lines}\n");
        out += "    summary: 'it is { (data.x) :.2} by {user  ?? 1}'\n";
    }
    out
}

#[test]
fn conditions_on_several_lines_and_templates_keep_their_meaning() {
    use tripline_tests::generate::{Features, case};
    let (mut compiled, mut changed) = (0, 0);
    for seed in 0..300 {
        let text = spread(&case(seed, Features::ALL).yaml);
        let file = |text: &str| RawFile {
            name: "rules/a.yaml".to_owned(),
            bytes: text.as_bytes().to_vec(),
            settings: false,
        };
        let before = check(vec![file(&text)]);
        if before.program.is_none() {
            continue;
        }
        compiled += 1;
        let once = format(&text).unwrap();
        assert_eq!(format(&once).as_ref(), Some(&once), "seed {seed}:\n{text}");
        changed += usize::from(once != text);
        assert!(!once.contains("{ (data.x)"), "{once}");
        assert_eq!(once.lines().count(), text.lines().count(), "{once}");
        assert_eq!(
            once.matches("# both").count(),
            text.matches("# both").count()
        );
        let after = check(vec![file(&once)]);
        assert_eq!(meaning(&before), meaning(&after), "seed {seed}:\n{text}");
    }
    assert!(
        compiled > 100 && changed > 100,
        "{compiled} compiled, {changed} changed"
    );
}
