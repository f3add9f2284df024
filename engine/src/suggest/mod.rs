//! Tests that are suggested for an alert: events at and beside every bound, with what the evaluator makes of them.
//!
//! Nothing is predicted. Events are made of the values that the rule compares its fields with, as many as it counts and one more
//! and one less; each scene is run as a test is, on rules with probes at their clauses; and those are kept that show where the
//! alert begins to fire, or something of it that no other scene showed. What is expected in the text is what happened.

mod fields;
mod scene;
mod search;
mod trial;

use std::fmt::Write;

use serde_json::Value;

use self::scene::{Scene, write_text, write_value};
use self::search::Search;
use self::trial::Outcome;
use crate::check::Checked;
use crate::infer::SampledField;
use crate::lint;
use crate::program::{AlertRule, Program};
use crate::rule_test::{Moment, TestRun, What};

/// Tests for an alert.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Suggestion {
    /// A test file.
    pub text: String,
    /// How many tests it holds.
    pub tests: usize,
    /// How many outcomes of clauses and transitions the alert has, and how many of them the tests exercise.
    pub covered: (usize, usize),
}

impl Checked {
    /// Suggests tests for an alert; `sample` says what its fields usually hold.
    ///
    /// # Errors
    ///
    /// With the reason, if there is no such alert, or no scene that was tried shows anything of it.
    pub fn suggest(&self, alert: &str, sample: &[SampledField]) -> Result<Suggestion, String> {
        let Some(reads) = lint::reads(self, alert) else {
            return Err(format!("there is no alert `{alert}`"));
        };
        let Some(covered) = self.covered() else {
            return Err("the rules have errors".to_owned());
        };
        let Some((_, rule)) = covered.program.alert_named(alert) else {
            return Err(format!("the alert `{alert}` is not enabled"));
        };
        let mut search = Search::new(&reads, &covered, rule, sample);
        let chosen = search.choose();
        if chosen.is_empty() {
            return Err(format!(
                "nothing that was tried shows anything of `{alert}`: write its tests by hand"
            ));
        }
        let left = search.left(&chosen);
        let all = search.all();
        let mut text = String::from(
            "# Suggested: what the rule does now, at and beside its bounds. Keep what you mean; mend the rule where you do not.\n",
        );
        for what in &left {
            let _ = writeln!(text, "# Not shown: {what}");
        }
        text.push_str("tests:\n");
        let mut names: Vec<String> = Vec::new();
        for (scene, outcome) in &chosen {
            let said = scene.describe(&search.fields);
            let mut name = format!("{alert}: {said}: {}", outcome.said(alert));
            if names.contains(&name) {
                let _ = write!(name, " ({})", names.len() + 1);
            }
            let _ = writeln!(text, "  - name: {}", Value::from(name.as_str()));
            names.push(name);
            scene.write(&search.fields, &mut text);
            expectations(&covered.program, outcome, &mut text);
        }
        Ok(Suggestion {
            text,
            tests: chosen.len(),
            covered: (all, all - left.len()),
        })
    }
}

/// Writes what happened as what is expected.
fn expectations(program: &Program, outcome: &Outcome, text: &mut String) {
    let Outcome { test, run, .. } = outcome;
    let mut lines = String::new();
    for moment in &run.moments {
        let says = match moment.what {
            What::Fires => "fires",
            What::Suppressed => "suppressed",
            What::Pending if !fires_after(run, moment) => "pending",
            What::Pending | What::Resolves => continue,
        };
        let offset = |at| test.offset(at).trim_start_matches('+').to_owned();
        lines.push_str("      - {alert: ");
        write_text(&moment.alert, &mut lines);
        if !moment.key.is_empty() {
            lines.push_str(", key: {");
            for (number, (name, value)) in moment.key.iter().enumerate() {
                lines.push_str(if number > 0 { ", " } else { "" });
                write_text(name, &mut lines);
                lines.push_str(": ");
                write_value(value, &mut lines);
            }
            lines.push('}');
        }
        let _ = write!(lines, ", {says}: {}", offset(moment.at));
        if moment.what == What::Fires {
            let _ = write!(lines, ", severity: {}", moment.severity);
            let mut moments = run.moments.iter();
            let resolved = moments.find(|one| {
                one.what == What::Resolves && one.episode.is_some() && one.episode == moment.episode
            });
            let mut alerts = program.alerts();
            let is_single = |rule: &AlertRule| rule.name == moment.alert && rule.is_per_event();
            match resolved {
                Some(resolved) => {
                    let _ = write!(lines, ", resolves: {}", offset(resolved.at));
                }
                None if alerts.any(is_single) => {}
                None => lines.push_str(", resolves: never"),
            }
        }
        lines.push_str("}\n");
    }
    match lines.is_empty() {
        true => text.push_str("    expect: []\n"),
        false => {
            text.push_str("    expect:\n");
            text.push_str(&lines);
        }
    }
}

/// Whether a key that is pending fires later.
fn fires_after(run: &TestRun, pending: &Moment) -> bool {
    run.moments.iter().any(|moment| {
        moment.what == What::Fires
            && (&moment.alert, &moment.key) == (&pending.alert, &pending.key)
            && moment.at >= pending.at
    })
}

impl Outcome {
    /// What became of the alert, in a word.
    fn said(&self, alert: &str) -> &'static str {
        let has = |what| {
            let mut moments = self.run.moments.iter();
            moments.any(|moment| moment.alert == alert && moment.what == what)
        };
        match () {
            () if has(What::Fires) && has(What::Suppressed) => "fires, and is withheld once",
            () if has(What::Fires) => "fires",
            () if has(What::Pending) => "is pending and does not fire",
            () => "does not fire",
        }
    }
}

/// Scenes, each with what came of it.
type Chosen = Vec<(Scene, Outcome)>;
