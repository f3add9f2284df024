//! Lints about what the tests beside the rules show. Rules without test files have none of these findings.

use std::collections::BTreeSet;

use super::findings::Findings;
use super::rules::{Alert, Rules};
use super::{Family, Lint};
use crate::check::Checked;
use crate::diagnostic::Severity;
use crate::event::Source;
use crate::program::Program;
use crate::rule_test::{Expected, RuleTest};

pub(super) const ALERT_WITHOUT_TEST: Lint = Lint::new(
    "W2701",
    "alert-without-test",
    Severity::Info,
    Family::Tests,
    untested,
);
pub(super) const ALERT_WITHOUT_NEGATIVE_TEST: Lint = Lint::new(
    "W2702",
    "alert-without-negative-test",
    Severity::Info,
    Family::Tests,
    never_quiet,
);

/// What tests expect of alerts, by their names.
#[derive(Debug, Default)]
pub(crate) struct Tested {
    /// Something is expected of them.
    named: BTreeSet<String>,
    /// Events come that they take, and they are not to fire.
    quiet: BTreeSet<String>,
}

impl Checked {
    /// Takes note of the tests beside the rules, for the lints about them: before [`Checked::lint`], and only if there are
    /// any.
    pub fn note_tests(&mut self, tests: &[RuleTest]) {
        let Some(program) = &self.program else {
            return;
        };
        let mut tested = Tested::default();
        for test in tests {
            let named = test.expect.iter().map(|expected| expected.alert.clone());
            tested.named.extend(named);
            let firing = test.expect.iter().filter(|one| one.expects_firing());
            let firing: BTreeSet<&str> = firing
                .map(|Expected { alert, .. }| alert.as_str())
                .collect();
            let kinds = kinds(program, test);
            for rule in program.alerts() {
                let takes = || kinds.iter().any(|kind| rule.on.matches(kind.as_deref()));
                if !firing.contains(rule.name.as_str())
                    && !tested.quiet.contains(&rule.name)
                    && takes()
                {
                    tested.quiet.insert(rule.name.clone());
                }
            }
        }
        self.tested = Some(tested);
    }
}

/// The types of a test's events.
fn kinds(program: &Program, test: &RuleTest) -> BTreeSet<Option<String>> {
    let mut kinds = BTreeSet::new();
    for event in &test.events {
        let source = Source::File {
            file: "test",
            line: 1,
        };
        let decoded = program.decode_at(event.json.as_bytes(), Some(event.arrival), source);
        if let Ok(kind) = decoded.as_ref().map(|event| event.kind())
            // Most have the type of the one before.
            && !kinds.iter().any(|known: &Option<String>| known.as_deref() == kind)
        {
            kinds.insert(kind.map(str::to_owned));
        }
    }
    kinds
}

/// The alerts that tests can be about, with what they are tested for.
fn testable<'r, 'c>(
    rules: &'r Rules<'c>,
) -> impl Iterator<Item = (&'r Alert<'c>, &'c Tested)> + use<'r, 'c> {
    let alerts = rules.alerts.iter();
    let enabled = alerts.filter(|alert| alert.compiled.is_some());
    enabled.filter_map(|alert| Some((alert, rules.checked.tested.as_ref()?)))
}

fn untested(rules: &Rules<'_>, out: &mut Findings) {
    for (alert, tested) in testable(rules) {
        if !tested.named.contains(alert.name) {
            out.alert(alert, format!("no test expects anything of `{}`", alert.name))
                .help("write one beside the rule that shows when it fires, in a file such as `logins.test.yaml`");
        }
    }
}

fn never_quiet(rules: &Rules<'_>, out: &mut Findings) {
    for (alert, tested) in testable(rules) {
        // Of one without any test it is enough to say so.
        if tested.named.contains(alert.name) && !tested.quiet.contains(alert.name) {
            let message = format!("no test shows that `{}` can keep quiet", alert.name);
            out.alert(alert, message)
                .help("write one with events that it takes, just short of what makes it fire, and `expect: []`");
        }
    }
}
