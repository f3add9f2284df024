//! Writes the workload for programs that read files.

use std::fs;
use std::path::Path;

use tripline_tests::bench::{Events, Generator, Workload, kind, yaml};

const RULES: usize = 10_000;

/// Writes `events.ndjson` and a folder `rules` of ten thousand rules.
pub(crate) fn write(folder: &Path, count: usize) {
    let rules = kind(RULES);
    let text = yaml(rules.iter().map(|rule| (rule.on(), rule.when("and"))));
    fs::create_dir_all(folder.join("rules")).expect("the folder can be made");
    fs::write(folder.join("rules/rules.yaml"), text).expect("the rules can be written");
    let mut events = Events::default();
    Generator::new(Workload::default()).fill(&mut events, count);
    fs::write(folder.join("events.ndjson"), events.text()).expect("the events can be written");
    println!(
        "{count} events of {} bytes and {RULES} rules in {}",
        events.average(),
        folder.display()
    );
}
