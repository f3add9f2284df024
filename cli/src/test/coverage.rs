//! What the tests exercise of the rules: a table, JSON, and LCOV for editors and CI.

use std::fmt::Write;
use std::path::{Path, PathBuf};

use rayon::prelude::*;
use serde_json::{Value, json};
use tripline_engine::rule_test::{Delivery, RuleTest};
use tripline_engine::{Checked, RuleCoverage, SourceFile};

use crate::args::TestArgs;
use crate::failure::Failure;
use crate::terminal::tame;

/// What was measured.
pub(super) struct Coverage<'c> {
    rules: Vec<RuleCoverage>,
    files: &'c [SourceFile],
}

/// Something that no test exercises.
struct Gap {
    file: usize,
    at: usize,
    text: String,
}

impl TestArgs {
    /// Whether coverage is wanted in any form.
    pub(super) fn measures(&self) -> bool {
        self.coverage || self.coverage_output.is_some() || self.min_coverage.is_some()
    }
}

/// Runs the tests once more, on rules that note what of them is exercised.
pub(super) fn measure<'c>(checked: &'c Checked, tests: &[&RuleTest]) -> Option<Coverage<'c>> {
    let covered = checked.covered()?;
    let runs: Vec<_> = tests
        .par_iter()
        .map(|test| test.run(&covered.program, Delivery::default()))
        .collect();
    Some(Coverage {
        rules: covered.report(&runs),
        files: &checked.files,
    })
}

impl Coverage<'_> {
    /// How much is exercised, of a hundred; all of nothing.
    pub(super) fn percent(&self) -> f64 {
        percent(self.rules.iter().map(RuleCoverage::counts))
    }

    /// A line for each rule, and what no test exercises.
    pub(super) fn table(&self) -> String {
        let names = self.rules.iter().map(|rule| rule.name.len());
        let width = names.max().unwrap_or(0).max("all rules".len());
        let mut text = format!("{:width$}  exercised  covered\n", "rule");
        let mut line = |name: &str, (all, done): (usize, usize)| {
            let share = format!("{done}/{all}");
            let percent = percent([(all, done)]);
            let _ = writeln!(text, "{name:width$}  {share:>9}  {percent:>5.1} %");
        };
        let mut sum = (0, 0);
        for rule in &self.rules {
            let (all, done) = rule.counts();
            sum = (sum.0 + all, sum.1 + done);
            line(&rule.name, (all, done));
        }
        line("all rules", sum);
        let gaps: Vec<Gap> = self.rules.iter().flat_map(gaps).collect();
        if !gaps.is_empty() {
            text += "\nnever exercised:\n";
        }
        let places = gaps.iter().map(|gap| self.place(gap.file, gap.at));
        let places: Vec<String> = places.collect();
        let width = places.iter().map(String::len).max().unwrap_or(0);
        for (gap, place) in gaps.iter().zip(places) {
            let _ = writeln!(text, "  {place:width$}  {}", tame(&gap.text));
        }
        text
    }

    fn place(&self, file: usize, at: usize) -> String {
        let position = self.files[file].position(at);
        let name = tame(&self.files[file].name);
        format!("{name}:{}:{}", position.line, position.column)
    }

    /// The report in the format that a file's name asks for.
    pub(super) fn report(&self, file: &Path) -> Result<String, Failure> {
        match file.extension().and_then(|end| end.to_str()) {
            Some("json") => Ok(format!("{:#}\n", self.json())),
            Some("info" | "lcov") => Ok(self.lcov()),
            _ => Err(Failure::Message(format!(
                "{}: coverage is written as JSON (`.json`) or LCOV (`.info`): name the file so",
                file.display()
            ))),
        }
    }

    fn json(&self) -> Value {
        let rules = self.rules.iter().map(|rule| {
            let at = |file: usize, at: usize| {
                let position = self.files[file].position(at);
                (position.line, position.column)
            };
            let clauses = rule.clauses.iter().map(|clause| {
                let (line, column) = at(clause.file, clause.range.start);
                json!({"text": clause.text, "line": line, "column": column, "true": clause.was_true, "false": clause.was_false})
            });
            let points = rule.points.iter();
            let points = points.map(|point| json!({"what": point.what.to_string(), "reached": point.was_reached}));
            let (all, done) = rule.counts();
            json!({
                "name": rule.name,
                "kind": if rule.is_aggregate { "aggregate" } else { "alert" },
                "file": self.files[rule.file].name,
                "line": at(rule.file, rule.range.start).0,
                "percent": percent([(all, done)]),
                "clauses": clauses.collect::<Vec<_>>(),
                "points": points.collect::<Vec<_>>(),
            })
        });
        json!({"percent": self.percent(), "rules": rules.collect::<Vec<_>>()})
    }

    /// LCOV's tracefile: a rule is a function, and each clause a branch to true and one to false (`geninfo(1)`).
    fn lcov(&self) -> String {
        let mut text = String::new();
        for (index, file) in self.files.iter().enumerate() {
            let rules = || self.rules.iter().filter(|rule| rule.file == index);
            if rules().next().is_none() {
                continue;
            }
            let line = |at: usize| file.position(at).line;
            let _ = writeln!(text, "TN:\nSF:{}", file.name);
            let mut hit = 0;
            for rule in rules() {
                let _ = writeln!(text, "FN:{},{}", line(rule.range.start), rule.name);
            }
            for rule in rules() {
                let reached = rule.points.iter().filter(|point| point.was_reached).count();
                hit += usize::from(reached > 0);
                let _ = writeln!(text, "FNDA:{reached},{}", rule.name);
            }
            let _ = writeln!(text, "FNF:{}\nFNH:{hit}", rules().count());
            let mut lines = std::collections::BTreeMap::new();
            let (mut branches, mut taken) = (0, 0);
            for clause in rules().flat_map(|rule| &rule.clauses) {
                let line = line(clause.range.start);
                let outcomes = [clause.was_true, clause.was_false];
                for (branch, was) in outcomes.into_iter().enumerate() {
                    let count = usize::from(was);
                    let _ = writeln!(text, "BRDA:{line},{branches},{branch},{count}");
                    taken += count;
                    *lines.entry(line).or_insert(0) += count;
                }
                branches += 1;
            }
            let _ = writeln!(text, "BRF:{}\nBRH:{taken}", 2 * branches);
            for (line, count) in &lines {
                let _ = writeln!(text, "DA:{line},{count}");
            }
            let hit = lines.values().filter(|count| **count > 0).count();
            let _ = writeln!(text, "LF:{}\nLH:{hit}\nend_of_record", lines.len());
        }
        text
    }
}

fn percent(counts: impl IntoIterator<Item = (usize, usize)>) -> f64 {
    let sum = |(all, done), (more, of_them)| (all + more, done + of_them);
    let (all, done) = counts.into_iter().fold((0, 0), sum);
    match all {
        0 => 100.0,
        // Rounded down: all is said of all only.
        _ => (done as f64 / all as f64 * 1_000.0).floor() / 10.0,
    }
}

fn gaps(rule: &RuleCoverage) -> impl Iterator<Item = Gap> + '_ {
    let clauses = rule.clauses.iter().flat_map(move |clause| {
        let outcomes = [("true", clause.was_true), ("false", clause.was_false)];
        let never = outcomes.into_iter().filter(|(_, was)| !was);
        never.map(move |(outcome, _)| Gap {
            file: clause.file,
            at: clause.range.start,
            text: format!("{}: `{}` was never {outcome}", rule.name, clause.text),
        })
    });
    let points = rule.points.iter().filter(|point| !point.was_reached);
    clauses.chain(points.map(|point| Gap {
        file: rule.file,
        at: rule.range.start,
        text: format!("{}: never {}", rule.name, point.what),
    }))
}

/// Where a report goes.
pub(super) fn write(coverage: &Coverage<'_>, file: &PathBuf) -> Result<(), Failure> {
    std::fs::write(file, coverage.report(file)?)
        .map_err(|error| Failure::write(&format!("{}", file.display()), &error))
}
