//! Which parts of rules tests exercise.
//!
//! The rules are compiled once more, with a probe at each clause (`Node::Probe`): the production evaluator runs, and whoever does
//! not ask pays nothing. Such a program has no index to keep events from conditions that they cannot make true, since that a clause
//! was false is to be seen as well.

mod probes;

use std::collections::BTreeSet;
use std::ops::Range;
use std::sync::Arc;
use std::sync::atomic::{AtomicU8, Ordering};

use crate::check::{Checked, check_trees};
use crate::event::Datum;
use crate::program::{AlertRule, Program};
use crate::rule_test::{Reached, TestRun};
use crate::source::RawFile;

const TRUE: u8 = 1;
const FALSE: u8 = 2;

/// What a clause has been.
#[derive(Debug, Default)]
pub(crate) struct Seen(AtomicU8);

impl Seen {
    pub(crate) fn note(&self, value: &Datum<'_>) {
        match value {
            Datum::Bool(true) => self.0.fetch_or(TRUE, Ordering::Relaxed),
            Datum::Bool(false) => self.0.fetch_or(FALSE, Ordering::Relaxed),
            // That it is unknown is nothing that a rule says.
            _ => return,
        };
    }

    fn has(&self, what: u8) -> bool {
        self.0.load(Ordering::Relaxed) & what != 0
    }
}

/// Rules that note what of them is exercised.
#[derive(Debug)]
pub struct Covered {
    /// The program that the tests are to run on.
    pub program: Program,
    rules: Vec<Probed>,
}

/// A rule and its probes.
#[derive(Debug)]
struct Probed {
    name: String,
    is_aggregate: bool,
    file: usize,
    range: Range<usize>,
    clauses: Vec<Probe>,
}

/// A clause of a rule, and what it has been.
#[derive(Debug)]
struct Probe {
    text: String,
    range: Range<usize>,
    file: usize,
    seen: Arc<Seen>,
}

/// What tests exercise of a rule.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RuleCoverage {
    /// Its name.
    pub name: String,
    /// Whether it is an aggregate; else it is an alert.
    pub is_aggregate: bool,
    /// Index of its file.
    pub file: usize,
    /// Where its name stands in it.
    pub range: Range<usize>,
    /// Its clauses: the parts of its conditions that are true or false by themselves.
    pub clauses: Vec<Clause>,
    /// What can become of it.
    pub points: Vec<Point>,
}

/// A part of a condition that is true or false by itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Clause {
    /// Its canonical text.
    pub text: String,
    /// Index of the file in which it stands: that of the rule.
    pub file: usize,
    /// Where it stands.
    pub range: Range<usize>,
    /// Whether it was true in any test.
    pub was_true: bool,
    /// Whether it was false in any test.
    pub was_false: bool,
}

/// Something that can become of a rule.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Point {
    /// What.
    pub what: Reached,
    /// Whether it happened in any test.
    pub was_reached: bool,
}

impl RuleCoverage {
    /// How many things there are to exercise, and how many of them are.
    pub fn counts(&self) -> (usize, usize) {
        let clauses = self.clauses.iter();
        let outcomes = clauses.flat_map(|clause| [clause.was_true, clause.was_false]);
        let points = self.points.iter().map(|point| point.was_reached);
        outcomes.chain(points).fold((0, 0), |(all, done), is_done| {
            (all + 1, done + usize::from(is_done))
        })
    }
}

impl Checked {
    /// The rules once more, compiled to note what of them is exercised; `None` where rules have errors.
    pub fn covered(&self) -> Option<Covered> {
        let files = self.files.iter().zip(&self.documents).enumerate();
        let again = files.map(|(index, (file, tree))| {
            let raw = RawFile {
                name: file.name.clone(),
                bytes: file.text.clone().into_bytes(),
                settings: self.settings_file == Some(index),
            };
            (raw, Some(Arc::clone(tree)))
        });
        let mut program = check_trees(again.collect()).program?;
        let rules = probes::set(self, &mut program);
        program.reindex();
        Some(Covered { program, rules })
    }
}

impl Covered {
    /// What the clauses of an alert have been since this was last asked: true, false, both or neither, in their order.
    pub(crate) fn take_seen(&self, alert: &str) -> Vec<u8> {
        let mut rules = self.rules.iter();
        let rule = rules.find(|rule| !rule.is_aggregate && rule.name == alert);
        let clauses = rule.into_iter().flat_map(|rule| &rule.clauses);
        clauses
            .map(|clause| clause.seen.0.swap(0, Ordering::Relaxed))
            .collect()
    }

    /// What the tests exercised that ran on its program.
    pub fn report(&self, runs: &[TestRun]) -> Vec<RuleCoverage> {
        let reached: BTreeSet<(&str, &Reached)> = runs
            .iter()
            .flat_map(|run| &run.reached)
            .map(|(rule, what)| (rule.as_str(), what))
            .collect();
        let point = |rule: &Probed, what: Reached| Point {
            was_reached: reached.contains(&(rule.name.as_str(), &what)),
            what,
        };
        let rules = self.rules.iter().map(|rule| RuleCoverage {
            name: rule.name.clone(),
            is_aggregate: rule.is_aggregate,
            file: rule.file,
            range: rule.range.clone(),
            clauses: rule.clauses.iter().map(Probe::clause).collect(),
            points: self
                .can_reach(rule)
                .into_iter()
                .map(|what| point(rule, what))
                .collect(),
        });
        rules.collect()
    }

    /// What can become of a rule.
    fn can_reach(&self, rule: &Probed) -> Vec<Reached> {
        if !rule.is_aggregate {
            let alert = self.program.alert_named(&rule.name);
            return alert.map_or_else(Vec::new, |(_, alert)| of_alert(alert));
        }
        let mut aggregates = self.program.aggregates();
        let found = aggregates.find(|one| one.name == rule.name);
        let columns = found.into_iter().flat_map(|one| &one.compute);
        let columns = columns.map(|column| Reached::Column(column.text.clone()));
        std::iter::once(Reached::Row).chain(columns).collect()
    }
}

fn of_alert(alert: &AlertRule) -> Vec<Reached> {
    let mut all = vec![Reached::Fires];
    if !alert.is_per_event() {
        all.push(Reached::Resolves);
    }
    if alert.hold.is_some() {
        all.extend([Reached::Pending, Reached::Dropped]);
    }
    if alert.cooldown.is_some() {
        all.push(Reached::Suppressed);
    }
    if alert.repeat.is_some() {
        all.push(Reached::Repeats);
    }
    let windows = alert.windows.iter();
    all.extend(windows.map(|window| Reached::Window(window.text.clone())));
    all
}

impl Probe {
    fn clause(&self) -> Clause {
        Clause {
            text: self.text.clone(),
            file: self.file,
            range: self.range.clone(),
            was_true: self.seen.has(TRUE),
            was_false: self.seen.has(FALSE),
        }
    }
}
