//! Counts the instructions of a few small fixed cases and holds them to a committed budget.
//!
//! `cargo bench -p tripline-tests --bench instructions` runs itself under `valgrind --tool=callgrind`, once for each
//! case, and compares with `tests/budget/instructions.txt`; `BLESS=1` writes that file. Counts do not
//! depend on what else the machine does, so a change of two parts in a hundred is one of the program.
//!
//! What makes the counts stay the same:
//!
//! - They begin when [`counted_by_callgrind`] is called and end when it returns: neither the start of the process, nor the
//!   making of events and programs is in them.
//! - Lock file and profile are fixed, and new crates may want a new budget. The budget names the compiler that it is of:
//!   with another one the counts are shown, and held to nothing.
//! - Some crates choose their code by what the processor can do (memchr, sha2, simdutf8, and the C library's
//!   copying). Under valgrind the processor is the one valgrind shows: no more than AVX2, and no instructions for
//!   SHA. Where that is not the same, the budget file says so in its first line, and the counts are not comparable.
//! - Hash tables have random seeds, taken from addresses and from the system. They move the counts by up to three parts
//!   in a thousand; addresses are fixed by valgrind.
//! - The allocator is the system's, as others give memory back by the clock.

use std::collections::BTreeMap;
use std::fmt::Write;
use std::hint::black_box;
use std::path::Path;
use std::process::{Command, ExitCode};

use tripline_engine::{MemoryStore, RawFile, check};
use tripline_tests::bench::{Events, Generator, Workload, drive, kind, yaml};
use tripline_tests::run::compile_text;

/// What begins the line that names the compiler of a budget.
const COMPILER: &str = "# Compiler: ";

const EVENTS: usize = 2_000;
const BUDGET: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/budget/instructions.txt");
/// How far from the budget a count may be, in thousandths: one that is lower must be written down, too.
const TOLERANCE: u64 = 20;
const CASES: [(&str, fn()); 4] = [
    ("per-event", per_event),
    ("windowed", windowed),
    ("aggregates", aggregates),
    ("check", check_rules),
];

/// What callgrind counts. Nothing else may have this name in its own, or it would end the counting.
#[inline(never)]
fn counted_by_callgrind(run: &mut dyn FnMut()) {
    run();
    black_box(());
}

fn rules(count: usize) -> String {
    let rules = kind(count);
    yaml(rules.iter().map(|rule| (rule.on(), rule.when("and"))))
}

/// Runs as many events before those that are counted: by then there are keys, and memory to be reused.
fn run(rules: &str) {
    let program = compile_text(rules);
    let mut generator = Generator::new(Workload::default());
    let mut events = Events::default();
    let mut store = MemoryStore::new();
    generator.fill(&mut events, EVENTS);
    drive(&program, &mut store, &events);
    generator.fill(&mut events, EVENTS);
    counted_by_callgrind(&mut || {
        black_box(drive(&program, &mut store, &events));
    });
}

/// 2,000 events, 100 rules.
fn per_event() {
    run(&rules(100));
}

/// 2,000 events, one rule with a window.
fn windowed() {
    run("alerts: {burst: {by: userId, when: count(data.ok == false) over 5m >= 5}}");
}

/// 2,000 events, one rule of aggregates.
fn aggregates() {
    run(
        "aggregates: {four: {by: [eventType, userId], per: 1h, compute: {avg: avg(data.temperature), max: max(data.temperature), regions: distinct(data.region), p95: \"percentile(data.latencyMs, 95)\"}}}",
    );
}

/// The text of 200 alerts becomes a program.
fn check_rules() {
    let file = RawFile {
        name: "rules/rules.yaml".to_owned(),
        bytes: rules(200).into_bytes(),
        settings: false,
    };
    let mut files = vec![file];
    counted_by_callgrind(&mut || {
        let checked = check(std::mem::take(&mut files));
        assert!(black_box(checked).program.is_some());
    });
}

fn main() -> ExitCode {
    let mut arguments = std::env::args().skip_while(|argument| argument != "--case");
    if let Some(name) = arguments.nth(1) {
        let case = CASES.iter().find(|(case, _)| *case == name);
        let (_, case) = case.expect("it is one of the cases");
        case();
        return ExitCode::SUCCESS;
    }
    let mut counts = BTreeMap::new();
    for (name, _) in CASES {
        match count(name) {
            Ok(instructions) => counts.insert(name.to_owned(), instructions),
            Err(reason) => {
                eprintln!("the instructions of `{name}` cannot be counted: {reason}");
                return ExitCode::FAILURE;
            }
        };
    }
    if std::env::var_os("BLESS").is_some() {
        bless(&counts);
    }
    compare(&counts)
}

/// Runs a case under callgrind.
fn count(case: &str) -> Result<u64, String> {
    let program = std::env::current_exe().map_err(|error| error.to_string())?;
    let folder = tempfile::tempdir().map_err(|error| error.to_string())?;
    let output = Command::new("valgrind")
        .args(["--tool=callgrind", "--collect-atstart=no"])
        .arg("--toggle-collect=*counted_by_callgrind*")
        .arg("--callgrind-out-file=counts")
        .arg(program)
        .args(["--case", case])
        .current_dir(folder.path())
        // What stands in the environment would move the stack.
        .env_clear()
        .env("PATH", std::env::var_os("PATH").unwrap_or_default())
        .output()
        .map_err(|error| {
            format!("valgrind does not run ({error}); install the package valgrind")
        })?;
    let said = String::from_utf8_lossy(&output.stderr);
    if !output.status.success() {
        return Err(format!("it ended with {}: {said}", output.status));
    }
    let counts = std::fs::read_to_string(folder.path().join("counts"))
        .map_err(|error| format!("callgrind wrote nothing: {error}"))?;
    let total = counts.lines().find_map(|line| {
        let total = line
            .strip_prefix("totals:")
            .or(line.strip_prefix("summary:"))?;
        total.trim().parse::<u64>().ok()
    });
    match total {
        Some(0) | None => Err(format!("callgrind counted nothing: {said}")),
        Some(total) => Ok(total),
    }
}

fn bless(counts: &BTreeMap<String, u64>) {
    let mut text = format!(
        "# Instructions on x86_64 with AVX2, as valgrind shows it; written by BLESS=1 cargo bench -p tripline-tests --bench instructions\n{COMPILER}{}\n",
        compiler()
    );
    for (name, count) in counts {
        writeln!(text, "{name} {count}").expect("writing to a string cannot fail");
    }
    if let Some(folder) = Path::new(BUDGET).parent() {
        std::fs::create_dir_all(folder).expect("the folder can be made");
    }
    std::fs::write(BUDGET, text).expect("the budget can be written");
}

/// The compiler, as it names itself.
fn compiler() -> String {
    let compiler = std::env::var_os("RUSTC").unwrap_or_else(|| "rustc".into());
    let version = Command::new(compiler).arg("--version").output();
    let version = version.map(|output| String::from_utf8_lossy(&output.stdout).trim().to_owned());
    version.unwrap_or_else(|error| format!("unknown: {error}"))
}

/// Tells each count beside its budget; fails if one is out of it.
fn compare(counts: &BTreeMap<String, u64>) -> ExitCode {
    let text = std::fs::read_to_string(BUDGET).unwrap_or_default();
    let budgeted = text.lines().find_map(|line| line.strip_prefix(COMPILER));
    let budget: BTreeMap<&str, u64> = text
        .lines()
        .filter_map(|line| line.split_once(' '))
        .filter_map(|(name, count)| Some((name, count.parse().ok()?)))
        .collect();
    println!(
        "{:<12} {:>13} {:>13} {:>8}",
        "case", "instructions", "budget", ""
    );
    let mut fits = budget.len() == counts.len();
    for (name, count) in counts {
        let Some(allowed) = budget.get(name.as_str()) else {
            println!("{name:<12} {count:>13} {:>13}", "none");
            fits = false;
            continue;
        };
        let change = (*count as f64 / *allowed as f64 - 1.0) * 100.0;
        let is_near = count.abs_diff(*allowed) * 1_000 <= allowed * TOLERANCE;
        let mark = if is_near { "" } else { "  <-- out of budget" };
        println!("{name:<12} {count:>13} {allowed:>13} {change:>+7.2}%{mark}");
        fits &= is_near;
    }
    if fits {
        return ExitCode::SUCCESS;
    }
    let compiler = compiler();
    if let Some(other) = budgeted.filter(|budgeted| *budgeted != compiler) {
        eprintln!("Held to nothing: the budget is of {other}, and this is {compiler}.");
        return ExitCode::SUCCESS;
    }
    eprintln!(
        "More instructions want a reason, and fewer are to be kept: BLESS=1 writes {BUDGET} anew."
    );
    ExitCode::FAILURE
}
