//! Runs the conformance corpus: one folder a stage, one file a case.
//!
//! A case is a text file of sections, each headed by `=== name`. What it must give stands in its last
//! section; `BLESS=1` writes what it gives instead, for review.
// A test that cannot read its own data has failed.
#![allow(clippy::unwrap_used)]

use std::collections::BTreeSet;
use std::fmt::Write;
use std::path::{Path, PathBuf};

use tripline_engine::{CODES, Checked, LINTS, Levels, RawFile, SourceFile, Time, check_tests};
use tripline_tests::run::{Batches, Run, compile};

struct Case {
    path: PathBuf,
    sections: Vec<(String, String)>,
}

impl Case {
    fn read(path: PathBuf) -> Case {
        let text = std::fs::read_to_string(&path).unwrap();
        let mut sections: Vec<(String, String)> = Vec::new();
        for line in text.split_inclusive('\n') {
            match line.strip_prefix("=== ") {
                Some(name) => sections.push((name.trim_end().to_owned(), String::new())),
                None => sections
                    .last_mut()
                    .expect("a case begins with a section")
                    .1
                    .push_str(line),
            }
        }
        Case { path, sections }
    }

    fn section(&self, name: &str) -> &str {
        let found = self.sections.iter().find(|(section, _)| section == name);
        &found
            .unwrap_or_else(|| panic!("{} has no section {name}", self.path.display()))
            .1
    }

    fn files(&self) -> Vec<RawFile> {
        let files = self
            .sections
            .iter()
            .filter(|(name, _)| name.ends_with(".yaml") || name.ends_with(".yml"));
        files
            .map(|(name, text)| RawFile {
                name: name.clone(),
                bytes: text.clone().into(),
                settings: name == "rules/tripline.yaml" || name == "rules/tripline.yml",
            })
            .collect()
    }

    /// Compares what the case gives with what stands in its last section.
    fn expect(&self, given: &str) -> Option<String> {
        let (name, wanted) = self.sections.last().unwrap();
        if given == wanted {
            return None;
        }
        if std::env::var_os("BLESS").is_some() {
            let mut text = String::new();
            for (section, body) in &self.sections[..self.sections.len() - 1] {
                write!(text, "=== {section}\n{body}").unwrap();
            }
            write!(text, "=== {name}\n{given}").unwrap();
            std::fs::write(&self.path, text).unwrap();
            return None;
        }
        Some(format!(
            "{}: {name}\n--- wanted\n{wanted}--- given\n{given}",
            self.path.display()
        ))
    }
}

fn stage(name: &str, give: impl Fn(&Case) -> String) {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("corpus")
        .join(name);
    let mut paths: Vec<PathBuf> = std::fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .collect();
    paths.sort();
    assert!(!paths.is_empty());
    let failures: Vec<String> = paths
        .into_iter()
        .map(Case::read)
        .filter_map(|case| case.expect(&give(&case)))
        .collect();
    assert!(
        failures.is_empty(),
        "{} cases failed\n\n{}",
        failures.len(),
        failures.join("\n\n")
    );
}

/// Every line of the first section is an expression: its canonical text, or its errors.
#[test]
fn parse() {
    stage("parse", |case| {
        let mut given = String::new();
        for line in case.section("expressions").lines() {
            writeln!(given, "{line}").unwrap();
            match tripline_grammar::parse(line, Default::default()) {
                Ok(expr) => writeln!(given, "  = {}", tripline_grammar::print(&expr)).unwrap(),
                Err(errors) => {
                    for error in errors {
                        let marker = " ".repeat(line[..error.span.start as usize].chars().count());
                        writeln!(given, "  {marker}^ {:?}: {}", error.kind, error.message).unwrap();
                        if let Some(help) = error.help {
                            writeln!(given, "    help: {help}").unwrap();
                        }
                    }
                }
            }
        }
        given
    });
}

fn diagnostics(checked: &Checked) -> String {
    let place = |file: &SourceFile, range: &std::ops::Range<usize>| {
        let (from, to) = (file.position(range.start), file.position(range.end));
        format!(
            "{}:{}:{}-{}:{}",
            file.name, from.line, from.column, to.line, to.column
        )
    };
    let mut given = String::new();
    for diagnostic in &checked.diagnostics {
        let at = diagnostic
            .labels
            .first()
            .map(|label| place(&checked.files[label.file], &label.range));
        let at = at.unwrap_or_default();
        writeln!(
            given,
            "{} {} {at} {}",
            diagnostic.code, diagnostic.id, diagnostic.message
        )
        .unwrap();
        for label in diagnostic.labels.iter().skip(1) {
            writeln!(
                given,
                "  {} {}",
                place(&checked.files[label.file], &label.range),
                label.text
            )
            .unwrap();
        }
        if let Some(help) = &diagnostic.help {
            writeln!(given, "  help: {help}").unwrap();
        }
    }
    given
}

/// The `.yaml` sections are rule files; what is found in them, one line each.
#[test]
fn check() {
    stage("check", |case| {
        diagnostics(&tripline_engine::check(case.files()))
    });
}

/// A folder for each lint: cases named `fires…`, in which it finds something, and `silent…`, in which it does not. Its
/// findings, and those that tell what a suppression does, stand in the last section.
#[test]
fn lint() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("corpus/lint");
    let mut failures = Vec::new();
    let mut folders: BTreeSet<String> = BTreeSet::new();
    for entry in std::fs::read_dir(&folder).unwrap() {
        folders.insert(entry.unwrap().file_name().into_string().unwrap());
    }
    let ids: BTreeSet<String> = LINTS.iter().map(|lint| lint.code.id.to_owned()).collect();
    assert_eq!(folders, ids, "a folder of cases for each lint");
    for id in &ids {
        let mut kinds = BTreeSet::new();
        for entry in std::fs::read_dir(folder.join(id)).unwrap() {
            let case = Case::read(entry.unwrap().path());
            let name = case.path.file_name().unwrap().to_str().unwrap().to_owned();
            let (tests, files): (Vec<_>, Vec<_>) = case
                .files()
                .into_iter()
                .partition(|file| file.name.ends_with(".test.yaml"));
            let mut checked = tripline_engine::check(files);
            assert!(
                checked.program.is_some(),
                "{}: {:#?}",
                case.path.display(),
                checked.diagnostics
            );
            if let (Some(program), false) = (&checked.program, tests.is_empty()) {
                let read = check_tests(tests, program, &|_, _| Err("there is none".to_owned()));
                assert!(read.diagnostics.is_empty(), "{:#?}", read.diagnostics);
                checked.note_tests(&read.tests);
            }
            let mut levels = Levels::new(&checked.lints);
            levels.deny(id).unwrap();
            checked.lint(&levels, Time::parse("2026-11-23T00:00:00Z").unwrap());
            checked.diagnostics.retain(|one| one.id == id);
            let fires = !checked.diagnostics.is_empty();
            let is_meant = name.starts_with(if fires { "fires" } else { "silent" });
            assert!(is_meant, "{id}/{name}: {:#?}", checked.diagnostics);
            kinds.insert(fires);
            failures.extend(case.expect(&diagnostics(&checked)));
        }
        assert_eq!(
            kinds.len(),
            2,
            "{id} needs a case in which it fires, and one in which it is silent"
        );
    }
    assert!(failures.is_empty(), "{}", failures.join("\n\n"));
}

#[test]
fn every_code_has_a_case() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("corpus/check");
    let mut text = String::new();
    for entry in std::fs::read_dir(folder).unwrap() {
        let case = Case::read(entry.unwrap().path());
        text.push_str(&case.sections.last().unwrap().1);
    }
    let seen: BTreeSet<&str> = text
        .lines()
        .filter_map(|line| line.split(' ').next())
        .collect();
    // Bytes that are not UTF-8, a file past the size limit, stored state and test files cannot stand in a case;
    // the command's tests have them.
    let missing: Vec<_> = CODES
        .iter()
        .filter(|code| {
            let elsewhere = ["E1001", "E1002", "E1801", "E1802"].contains(&code.code)
                || code.code.starts_with("E19");
            !elsewhere && !seen.contains(code.code)
        })
        .collect();
    assert!(missing.is_empty(), "no case for {missing:?}");
}

/// Runs the events through the rules: the alerts, or rejects, one JSON object a line, without ids unless
/// the section asks for them; or the trace or the aggregate rows, if the section does. Whatever the batches, with the state written and read between them, and
/// with windows in common kept once, the alerts must be the same.
fn alerts(case: &Case) -> String {
    let program = compile(case.files());
    let until_end = case.sections.iter().any(|(name, _)| name == "until-end");
    let with_ids = case.sections.last().unwrap().0 == "alerts with ids";
    let lines: Vec<&str> = case.section("events").lines().collect();
    let run_of = |program, batches| {
        let run = Run {
            program,
            until_end,
            batches,
        };
        run.over(&lines)
    };
    let run = |batches| run_of(&program, batches);
    let whole = run(Batches::Whole);
    for batches in [
        Batches::Of(1),
        Batches::Of(2),
        Batches::Of(7),
        Batches::Stored(1),
        Batches::Stored(3),
    ] {
        assert_eq!(
            run(batches),
            whole,
            "{} in batches {batches:?}",
            case.path.display()
        );
    }
    let sharing = compile(case.files()).share_windows();
    let shared = run_of(&sharing, Batches::Of(3));
    assert_eq!(shared, whole, "{}: windows kept once", case.path.display());
    let mut given = String::new();
    for (line, reason) in &whole.rejects {
        writeln!(given, "rejected {line}: {reason}").unwrap();
    }
    let rows = match case.sections.last().unwrap().0.as_str() {
        "trace" => &whole.trace,
        "rows" => &whole.rows,
        _ => &whole.alerts,
    };
    for alert in rows {
        if with_ids {
            // As published, so that the order of the keys shows.
            writeln!(given, "{alert}").unwrap();
            continue;
        }
        let mut json: serde_json::Value = serde_json::from_str(alert).unwrap();
        let fields = json.as_object_mut().unwrap();
        fields.remove("id");
        fields.remove("notification");
        if let Some(source) = fields.remove("source") {
            fields.insert("line".to_owned(), source["line"].clone());
        }
        writeln!(given, "{json}").unwrap();
    }
    given
}

#[test]
fn eval() {
    stage("eval", alerts);
}

#[test]
fn window() {
    stage("window", alerts);
}

#[test]
fn alert() {
    stage("alert", alerts);
}

/// As the other stages; the last section may ask for the aggregate rows.
#[test]
fn aggregate() {
    stage("aggregate", alerts);
}

#[test]
fn input() {
    stage("input", alerts);
}
