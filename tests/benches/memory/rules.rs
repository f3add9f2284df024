//! How long rules take to compile, and how much memory they take.

use cpu_time::ThreadTime;
use tripline_engine::{RawFile, check};
use tripline_tests::bench::{Options, kind, yaml};

use crate::ALLOCATOR;
use crate::process::{Memory, mebibytes};

pub(crate) fn run(options: &Options) {
    let name = "rules";
    if !options.wants(name) {
        return;
    }
    println!(
        "{:<52} {:>10} {:>10} {:>10}",
        "rules: from text to program", "ms", "peak MiB", "live MiB"
    );
    for count in [10, 1_000, 10_000] {
        let rules = kind(count);
        let text = yaml(rules.iter().map(|rule| (rule.on(), rule.when("and"))));
        let mut best = (f64::MAX, 0.0, 0.0);
        for _ in 0..options.rounds {
            let before = Memory::now().live;
            ALLOCATOR.reset_peak_usage();
            let file = RawFile {
                name: "rules/rules.yaml".to_owned(),
                bytes: text.clone().into_bytes(),
                settings: false,
            };
            let begun = ThreadTime::now();
            let program = check(vec![file]).program.expect("generated without errors");
            let took = begun.elapsed().as_secs_f64() * 1_000.0;
            let peak = mebibytes(ALLOCATOR.peak_usage().saturating_sub(before));
            let live = mebibytes(Memory::now().live.saturating_sub(before));
            drop(program);
            if took < best.0 {
                best = (took, peak, live);
            }
        }
        let (took, peak, live) = best;
        println!(
            "{:<52} {took:>10.1} {peak:>10.1} {live:>10.1}",
            format!("rules: {count} per-event rules")
        );
    }
}
