//! A set of rules that runs, and what becomes of it when its files change.

use std::collections::{BTreeMap, HashMap};
use std::path::Path;
use std::sync::Arc;

use serde::Serialize;
use tripline_engine::rule_test::Delivery;
use tripline_engine::yaml::Document;
use tripline_engine::{
    Diagnostic, Program, RawFile, RuleEntry, Severity, SourceFile, Time, check_tests, check_trees,
    loader,
};
use tripline_lambdas::drawing::Drawing;

use crate::test::fixture;

/// How many findings a reload tells of.
const MOST_TOLD: usize = 50;

/// Rules without errors, and where they are written.
pub(super) struct Rules {
    pub(super) program: Program,
    pub(super) files: Vec<SourceFile>,
    /// By name.
    pub(super) alerts: BTreeMap<String, RuleEntry>,
    /// By name.
    pub(super) aggregates: BTreeMap<String, RuleEntry>,
}

/// What a change of the files did.
#[derive(Debug, Clone, Serialize)]
pub(super) struct Reload {
    pub(super) at: Time,
    /// Whether the rules that are on disk run.
    pub(super) ok: bool,
    /// In one line.
    pub(super) summary: String,
    pub(super) millis: f64,
    pub(super) diagnostics: Vec<Told>,
    pub(super) tests: Option<Tests>,
    pub(super) changes: Vec<Change>,
}

/// How the tests of rules that changed went.
#[derive(Debug, Clone, Serialize)]
pub(super) struct Tests {
    pub(super) passed: u64,
    pub(super) failed: u64,
    pub(super) text: String,
}

/// A rule that is not as it was.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(super) struct Change {
    pub(super) alert: String,
    pub(super) change: Kind,
}

/// How a rule is not as it was.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum Kind {
    Added,
    Changed,
    Removed,
}

/// A finding, for people.
#[derive(Debug, Clone, Serialize)]
pub(super) struct Told {
    code: &'static str,
    severity: &'static str,
    message: String,
    help: Option<String>,
    file: Option<String>,
    line: usize,
    column: usize,
    pub(super) drawn: String,
}

impl Told {
    pub(super) fn is_error(&self) -> bool {
        self.severity == "error"
    }
}

/// What came of reading the files.
pub(super) enum Read {
    /// Rules that can run.
    Whole(Box<Rules>, Vec<Told>),
    /// Rules with errors, which are told.
    Broken(Vec<Told>),
}

/// The trees of files as they were last read, by name.
#[derive(Default)]
pub(super) struct Trees(HashMap<String, (String, Arc<Document>)>);

impl Trees {
    /// The tree of a file, if it says what it said.
    fn of(&self, file: &RawFile) -> Option<Arc<Document>> {
        let (text, tree) = self.0.get(&file.name)?;
        (text.as_bytes() == file.bytes).then(|| Arc::clone(tree))
    }
}

impl Read {
    /// Checks files of rules.
    pub(super) fn files(files: Vec<RawFile>) -> Read {
        Read::again(files, &mut Trees::default())
    }

    /// Checks files of rules of which most say what they said.
    pub(super) fn again(files: Vec<RawFile>, trees: &mut Trees) -> Read {
        let known = files.into_iter().map(|file| {
            let tree = trees.of(&file);
            (file, tree)
        });
        let mut checked = check_trees(known.collect());
        let read = checked.trees();
        let read =
            read.map(|(file, tree)| (file.name.clone(), (file.text.clone(), Arc::clone(tree))));
        *trees = Trees(read.collect());
        let told = told(&checked.files, &checked.diagnostics);
        let entries = checked.entries();
        let (program, files) = (checked.program.take(), std::mem::take(&mut checked.files));
        // The trees of the files are many small pieces, which nobody waits for.
        std::thread::spawn(move || drop(checked));
        let Some(program) = program else {
            return Read::Broken(told);
        };
        let by_name = |is_alert| {
            let chosen = entries
                .iter()
                .filter(move |entry| entry.is_alert == is_alert);
            chosen
                .map(|entry| (entry.name.clone(), entry.clone()))
                .collect()
        };
        let rules = Rules {
            program,
            alerts: by_name(true),
            aggregates: by_name(false),
            files,
        };
        Read::Whole(Box::new(rules), told)
    }
}

impl Rules {
    /// What a rule says, and where: the file and the line.
    pub(super) fn written(&self, entry: &RuleEntry) -> (&str, &str, usize) {
        let file = &self.files[entry.file];
        let text = file.text.get(entry.range.clone()).unwrap_or_default();
        (text, &file.name, file.position(entry.range.start).line)
    }

    /// What is not as it was before.
    pub(super) fn changes_since(&self, before: &Rules) -> Vec<Change> {
        let mut changes = Vec::new();
        let mut add = |alert: &str, change| {
            let alert = alert.to_owned();
            changes.push(Change { alert, change });
        };
        let now = self.program.alerts();
        for rule in now {
            let name = rule.name.as_str();
            let Some((_, old)) = before.program.alert_named(name) else {
                add(name, Kind::Added);
                continue;
            };
            let text = |rules: &Rules| {
                let entry = rules.alerts.get(name);
                entry.map(|entry| rules.written(entry).0.to_owned())
            };
            if old.fingerprint() != rule.fingerprint() || text(self) != text(before) {
                add(name, Kind::Changed);
            }
        }
        for rule in before.program.alerts() {
            if self.program.alert_named(&rule.name).is_none() {
                add(&rule.name, Kind::Removed);
            }
        }
        changes
    }

    /// What a reload did, in one line: `+1 ~2 −0 alerts; state kept for 41 of 42; login-brute-force restarts`.
    pub(super) fn summary_since(&self, before: &Rules, changes: &[Change]) -> String {
        let count = |kind| changes.iter().filter(|one| one.change == kind).count();
        let mut summary = format!(
            "+{} ~{} −{} alerts",
            count(Kind::Added),
            count(Kind::Changed),
            count(Kind::Removed)
        );
        let mut kept = 0;
        let mut restarts = Vec::new();
        for rule in self.program.alerts() {
            match before.program.alert_named(&rule.name) {
                Some((_, old)) if old.fingerprint() == rule.fingerprint() => kept += 1,
                Some(_) => restarts.push(rule.name.as_str()),
                None => {}
            }
        }
        summary += &format!("; state kept for {kept} of {}", kept + restarts.len());
        let more = restarts.len().saturating_sub(3);
        restarts.truncate(3);
        match (restarts.as_slice(), more) {
            ([], _) => {}
            ([one], 0) => summary += &format!("; {one} restarts"),
            (several, 0) => summary += &format!("; {} restart", several.join(", ")),
            (several, more) => {
                summary += &format!("; {} and {more} more restart", several.join(", "))
            }
        }
        summary
    }

    /// Runs the tests that name one of the rules that changed; none if there are no such tests.
    pub(super) fn test(&self, folder: &Path, changes: &[Change]) -> Option<Tests> {
        let files = loader::read_tests(folder)
            .ok()
            .filter(|files| !files.is_empty())?;
        let read = check_tests(files, &self.program, &fixture);
        let names_one = |test: &tripline_engine::rule_test::RuleTest| {
            let mut expected = test.expect.iter();
            expected.any(|one| changes.iter().any(|change| change.alert == one.alert))
        };
        let (mut passed, mut failed) = (0, Vec::new());
        for test in read.tests.iter().filter(|test| names_one(test)) {
            let run = test.run(&self.program, Delivery::default());
            match test.judge(&self.program, &run).mismatches.is_empty() {
                true => passed += 1,
                false => failed.push(test.name.clone()),
            }
        }
        (passed > 0 || !failed.is_empty()).then(|| Tests {
            passed,
            failed: failed.len() as u64,
            text: match failed.as_slice() {
                [] => format!("{passed} tests passed"),
                names => format!(
                    "{} of {} tests failed: {} (`tripline test` shows why)",
                    names.len(),
                    passed + names.len() as u64,
                    names.join(", ")
                ),
            },
        })
    }
}

/// Findings as they are told: errors first, and so many at most.
pub(super) fn told(files: &[SourceFile], all: &[Diagnostic]) -> Vec<Told> {
    let drawing = Drawing::new(files, false);
    let mut all: Vec<&Diagnostic> = all.iter().collect();
    all.sort_by_key(|one| std::cmp::Reverse(one.severity));
    let told = all.into_iter().take(MOST_TOLD).map(|one| {
        let label = one.labels.first();
        let place = label.map(|label| files[label.file].position(label.range.start));
        Told {
            code: one.code,
            severity: match one.severity {
                Severity::Error => "error",
                Severity::Warning => "warning",
                Severity::Info => "info",
            },
            message: one.message.clone(),
            help: one.help.clone(),
            file: label.map(|label| files[label.file].name.clone()),
            line: place.map_or(0, |place| place.line),
            column: place.map_or(0, |place| place.column),
            drawn: drawing.draw(one),
        }
    });
    told.collect()
}
