//! What rules and keys cost in memory, and whether the engine gets slower or larger as it runs on.
//!
//! `cargo bench -p tripline-tests --bench memory [-- KEYS] [--only NAME]`
//!
//! The allocator counts what is asked of it (*live*), and the system tells what the process has (*resident*), which
//! is more by what the allocator rounds up and keeps. Counting takes time, so speeds are to be compared only with
//! one another; those that count are told by the benchmark `engine`.

mod keys;
mod long_run;
mod process;
mod rules;

use std::process::Command;

use peak_alloc::PeakAlloc;
use tripline_tests::bench::Options;

#[global_allocator]
static ALLOCATOR: PeakAlloc = PeakAlloc;

const CASES: [&str; 5] = ["rules", keys::SINGLE, keys::FEW, keys::DENSE, "long run"];

fn main() {
    let options = Options::read(1_000_000);
    if options.only.is_none() {
        return CASES.iter().for_each(|case| alone(case));
    }
    rules::run(&options);
    keys::run(&options);
    long_run::run(&options);
}

/// Runs a case in a process of its own, so that none finds memory that another has left.
fn alone(case: &str) {
    let program = std::env::current_exe().expect("the program has a path");
    let mut command = Command::new(program);
    command
        .args(std::env::args_os().skip(1))
        .args(["--only", case]);
    let status = command.status().expect("the program runs again");
    assert!(status.success(), "the case {case} failed");
}
