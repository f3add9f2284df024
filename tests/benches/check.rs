//! How long the rules of a large installation take to check, and how much memory.
//!
//! `cargo bench -p tripline-tests --bench check [-- ALERTS]` writes the alerts from a seed, 500 to a file, and
//! prints the processor time of each of five runs of `check()` and the peak memory of the process (both
//! where the system tells them, which is Linux).

use std::fmt::Write;
use std::hint::black_box;

use tripline_engine::{RawFile, check};

const PER_FILE: usize = 500;

/// Alerts as people write them: plain, quoted and block scalars, thresholds, windows, templates, labels.
fn files(count: usize) -> Vec<RawFile> {
    let mut random = fastrand::Rng::with_seed(1);
    let mut files = Vec::new();
    for first in (0..count).step_by(PER_FILE) {
        let mut text = String::from("# Rules of one team.\nalerts:\n");
        for index in first..count.min(first + PER_FILE) {
            alert(index, &mut random, &mut text);
        }
        files.push(RawFile {
            settings: false,
            name: format!("rules/team-{:03}.yaml", first / PER_FILE),
            bytes: text.into_bytes(),
        });
    }
    files
}

fn alert(index: usize, random: &mut fastrand::Rng, text: &mut String) {
    let field = ["temperature", "humidity", "latencyMs", "load", "retries"][random.usize(0..5)];
    let number = random.u32(1..1_000);
    let kind = random.u32(0..40);
    let severity = ["info", "warning", "critical"][random.usize(0..3)];
    let (when, more, summary) = match index % 4 {
        0 => (
            format!("data.{field} > {number} and data.region == 'eu-{kind}'"),
            "",
            format!("{{userId}} reads {{data.{field}:.1}}"),
        ),
        1 => (
            format!(
                "count(data.status >= 500) over 5m / count() over 5m > {}%",
                kind + 1
            ),
            "    by: [service, data.region]\n    for: 2m\n",
            "{service}: {count(data.status >= 500) over 5m} of {count() over 5m} failed".to_owned(),
        ),
        2 => (
            format!("\"data.{field} not in 0..{number} or data.{field} is missing\""),
            "    by: userId\n    until: data.ok == true\n",
            format!("{field} is out of range"),
        ),
        _ => (
            format!(
                "|\n      avg(data.{field} where data.ok == true) over 10m > {number}   # as agreed\n      and count() over 10m >= 20"
            ),
            "    by: {user: userId}\n    forget: 1d\n",
            format!("{{avg(data.{field} where data.ok == true) over 10m:.0}} on average"),
        ),
    };
    write!(
        text,
        "  {field}-{index:05}:\n    on: type_{kind:02}\n    when: {when}\n{more}    severity: {severity}\n    summary: \"{summary}\"\n    description: What to do is said in the runbook, and whom to call.\n    runbook: https://wiki.example/rules/{index}\n    labels: {{team: team-{kind}, tier: \"{}\"}}\n\n",
        kind % 3,
    )
    .expect("writing to a string cannot fail");
}

/// The processor time of this process in milliseconds, in ticks of ten.
fn processor_time() -> Option<u64> {
    let stat = std::fs::read_to_string("/proc/self/schedstat").ok()?;
    let nanoseconds: u64 = stat.split_whitespace().next()?.parse().ok()?;
    Some(nanoseconds / 1_000_000)
}

/// The most memory that this process has had, in MiB.
fn peak_memory() -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find(|line| line.starts_with("VmHWM:"))?;
    line.split_whitespace()
        .nth(1)?
        .parse::<u64>()
        .ok()
        .map(|kibibytes| kibibytes >> 10)
}

fn main() {
    let mut arguments = std::env::args().skip(1);
    let mut count = 10_000;
    let mut folder = None;
    while let Some(argument) = arguments.next() {
        match argument.as_str() {
            "--write" => folder = arguments.next(),
            other => count = other.parse().unwrap_or(count),
        }
    }
    let files = files(count);
    if let Some(folder) = folder {
        // For the command itself: `tripline check --rules FOLDER`.
        std::fs::create_dir_all(&folder).expect("the folder can be made");
        for file in &files {
            let path = file.name.replacen("rules", &folder, 1);
            std::fs::write(path, &file.bytes).expect("the folder can be written");
        }
    }
    let bytes: usize = files.iter().map(|file| file.bytes.len()).sum();
    println!(
        "{count} alerts in {} files, {} KiB",
        files.len(),
        bytes >> 10
    );
    for _ in 0..5 {
        let given = files.clone();
        let before = processor_time();
        let checked = black_box(check(given));
        let after = processor_time();
        assert!(
            checked.program.is_some(),
            "{:#?}",
            checked.diagnostics.first()
        );
        if let (Some(before), Some(after), Some(peak)) = (before, after, peak_memory()) {
            println!("{} ms, peak {peak} MiB", after - before);
        }
    }
}
