//! Replays what the fuzzers have found worth keeping, and what they begin with.
//!
//! `SEEDS=folder` writes the seeds of each target to `folder/<target>/` besides.
// A test that cannot read its own data has failed; where seeds go is for its caller to say.
#![allow(clippy::unwrap_used, clippy::disallowed_methods)]

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};

use tripline_tests::fuzz::{TARGETS, seeds::seeds};

fn replay(name: &str) {
    let (_, target) = TARGETS.iter().find(|target| target.0 == name).unwrap();
    let seeds = seeds(name);
    assert!(!seeds.is_empty());
    if let Some(folder) = std::env::var_os("SEEDS") {
        let folder = Path::new(&folder).join(name);
        std::fs::create_dir_all(&folder).unwrap();
        for (index, seed) in seeds.iter().enumerate() {
            std::fs::write(folder.join(format!("seed-{index:03}")), seed).unwrap();
        }
    }
    let corpus = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("fuzz/corpus")
        .join(name);
    let mut paths: Vec<PathBuf> = std::fs::read_dir(&corpus)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .collect();
    paths.sort();
    assert!(!paths.is_empty());
    let kept = paths
        .into_iter()
        .map(|path| (path.display().to_string(), std::fs::read(&path).unwrap()));
    let seeds = seeds.into_iter().zip(0..);
    let seeds = seeds.map(|(seed, index)| (format!("seed {index} of {name}"), seed));
    let failed: Vec<String> = kept
        .chain(seeds)
        .filter(|(_, data)| catch_unwind(AssertUnwindSafe(|| target(data))).is_err())
        .map(|(from, _)| from)
        .collect();
    assert!(failed.is_empty(), "these failed: {failed:#?}");
}

#[test]
fn parser() {
    replay("parser");
}

#[test]
fn rules() {
    replay("rules");
}

#[test]
fn events() {
    replay("events");
}

#[test]
fn state() {
    replay("state");
}
