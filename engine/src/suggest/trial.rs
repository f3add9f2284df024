//! Running a scene, and what it shows.

use std::collections::BTreeSet;

use super::scene::Scene;
use super::search::Search;
use crate::check::check_tests;
use crate::program::AlertRule;
use crate::rule_test::{Delivery, Moment, Reached, RuleTest, TestRun, What};
use crate::source::RawFile;

/// The most scenes that are run, and the most events of all of them.
const RUNS: usize = 8_000;
const EVENTS: i64 = 800_000;

/// What came of a scene.
pub(super) struct Outcome {
    pub(super) test: RuleTest,
    pub(super) run: TestRun,
    /// What each clause was.
    pub(super) seen: Vec<u8>,
    pub(super) reached: BTreeSet<Reached>,
}

impl Outcome {
    pub(super) fn fires(&self, rule: &AlertRule) -> bool {
        let mut moments = self.run.moments.iter();
        moments.any(|moment| moment.alert == rule.name && moment.what == What::Fires)
    }

    /// How much of it is not among what is known.
    pub(super) fn adds(&self, known: &Known) -> u32 {
        let known_seen = known.seen.iter().copied().chain(std::iter::repeat(0));
        let bits = self.seen.iter().zip(known_seen);
        let clauses: u32 = bits.map(|(seen, known)| (seen & !known).count_ones()).sum();
        clauses + self.reached.difference(&known.reached).count() as u32
    }
}

/// What chosen scenes have shown.
#[derive(Default)]
pub(super) struct Known {
    pub(super) seen: Vec<u8>,
    pub(super) reached: BTreeSet<Reached>,
}

impl Known {
    pub(super) fn take(&mut self, outcome: &Outcome) {
        self.seen.resize(outcome.seen.len(), 0);
        let bits = self.seen.iter_mut().zip(&outcome.seen);
        bits.for_each(|(known, seen)| *known |= seen);
        self.reached.extend(outcome.reached.iter().cloned());
    }
}

impl Search<'_> {
    /// Runs a scene as the test that it is; `None` if that is too much, or no test.
    pub(super) fn run(&mut self, scene: &Scene) -> Option<Outcome> {
        self.runs += 1;
        self.events += scene.events();
        if self.runs > RUNS || self.events > EVENTS {
            return None;
        }
        let mut text = String::from("tests:\n  - name: scene\n");
        scene.write(&self.fields, &mut text);
        text.push_str("    expect: []\n");
        let file = RawFile {
            name: "scene.test.yaml".to_owned(),
            bytes: text.into_bytes(),
            settings: false,
        };
        let none = |_: &str, _: &str| Err(String::new());
        let mut read = check_tests(vec![file], &self.covered.program, &none);
        let test = read.tests.pop()?;
        let run = test.run(&self.covered.program, Delivery::default());
        let seen = self.covered.take_seen(&self.rule.name);
        let reached = run
            .reached
            .iter()
            .filter(|(rule, _)| *rule == self.rule.name);
        let reached = reached.map(|(_, reached)| reached.clone()).collect();
        let is_whole = |moment: &Moment| moment.at.0 % 1_000 == 0;
        let is_sound = run.rejected.is_empty() && run.moments.iter().all(is_whole);
        is_sound.then_some(Outcome {
            test,
            run,
            seen,
            reached,
        })
    }
}
