//! Rules that note what of them is exercised do what they do otherwise.
#![allow(clippy::unwrap_used)]

use std::path::Path;

use tripline_engine::rule_test::{Delivery, RuleTest, TestRun};
use tripline_engine::{Program, check, check_tests, loader};

#[test]
fn the_shipped_rules_do_the_same_with_probes() {
    let rules = Path::new(env!("CARGO_MANIFEST_DIR")).join("../rules");
    let checked = check(loader::read_rules(&rules).unwrap());
    let program = checked.program.as_ref().unwrap();
    let files = loader::read_tests(&rules).unwrap();
    let read = check_tests(files, program, &|_, _| Err("there is none".to_owned()));
    let covered = checked.covered().unwrap();
    assert!(read.tests.len() > 30);
    let runs = |program: &Program| -> Vec<TestRun> {
        let run = |test: &RuleTest| test.run(program, Delivery::default());
        read.tests.iter().map(run).collect()
    };
    let noted = runs(&covered.program);
    assert_eq!(noted, runs(program));
    let report = covered.report(&noted);
    assert_eq!(
        report.len(),
        program.alerts().len() + program.aggregates().len()
    );
    for rule in report {
        let (all, exercised) = rule.counts();
        assert!(all > 1 && all == exercised, "{rule:?}");
    }
    // Nothing is exercised by nothing.
    let none = checked.covered().unwrap().report(&[]);
    assert!(none.iter().all(|rule| rule.counts().1 == 0), "{none:?}");
}
