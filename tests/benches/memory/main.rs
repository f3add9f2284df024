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

use peak_alloc::PeakAlloc;
use tripline_tests::bench::Options;

#[global_allocator]
static ALLOCATOR: PeakAlloc = PeakAlloc;

fn main() {
    let options = Options::read(1_000_000);
    rules::run(&options);
    keys::run(&options);
    long_run::run(&options);
}
