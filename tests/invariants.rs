//! What the project's layout promises: which crates may see which, and that the core is pure.
// A test that cannot read its own data has failed.
#![allow(clippy::unwrap_used)]

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

/// The edges between the workspace's crates, tests aside, as (from, to).
fn edges() -> Vec<(String, String)> {
    let output = Command::new(env!("CARGO"))
        .args([
            "metadata",
            "--format-version",
            "1",
            "--no-deps",
            "--offline",
        ])
        .current_dir(root())
        .output()
        .unwrap();
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    let metadata: Value = serde_json::from_slice(&output.stdout).unwrap();
    let packages = metadata["packages"].as_array().unwrap();
    let name = |value: &Value| value["name"].as_str().unwrap().to_owned();
    let ours: Vec<String> = packages.iter().map(name).collect();
    let mut edges = Vec::new();
    for package in packages {
        for dependency in package["dependencies"].as_array().unwrap() {
            if ours.contains(&name(dependency)) {
                edges.push((name(package), name(dependency)));
            }
        }
    }
    edges
}

#[test]
fn crates_depend_only_downwards() {
    let allowed = BTreeMap::from([
        ("tripline-grammar", vec![]),
        ("tripline-engine", vec!["tripline-grammar"]),
        ("tripline-lambdas", vec!["tripline-engine"]),
        ("tripline", vec!["tripline-engine", "tripline-lambdas"]),
        (
            "tripline-tests",
            vec![
                "tripline-grammar",
                "tripline-engine",
                "tripline-lambdas",
                "tripline",
            ],
        ),
    ]);
    let edges = edges();
    assert!(!edges.is_empty());
    for (from, to) in edges {
        assert!(
            allowed[from.as_str()].contains(&to.as_str()),
            "{from} must not depend on {to}"
        );
    }
}

fn sources(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            // What the compiler writes is not ours.
            if !path.ends_with("target") {
                sources(&path, found);
            }
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            found.push(path);
        }
    }
}

/// The lints see calls; this sees names: neither crate may so much as name what is not pure.
#[test]
fn the_core_names_no_clock_environment_network_or_task() {
    let forbidden = [
        "std::fs",
        "std::env",
        "std::net::Tcp",
        "std::net::Udp",
        "std::process",
        "std::thread",
        "SystemTime",
        "Instant",
        "Utc::now",
        "Local::now",
        "async fn",
        "tokio",
        "aws_",
        "println!",
        "eprintln!",
    ];
    let mut files = Vec::new();
    sources(&root().join("grammar/src"), &mut files);
    sources(&root().join("engine/src"), &mut files);
    assert!(files.len() > 20);
    for file in files {
        // The one module that reads rule files.
        if file.ends_with("engine/src/loader.rs") {
            continue;
        }
        let text = std::fs::read_to_string(&file).unwrap();
        let code = text.split("#[cfg(test)]").next().unwrap_or_default();
        for word in forbidden {
            assert!(!code.contains(word), "{} names {word}", file.display());
        }
    }
}

#[test]
fn no_source_file_outgrows_one_subject() {
    let mut files = Vec::new();
    for folder in ["grammar", "engine", "cli", "lambdas", "tests"] {
        sources(&root().join(folder), &mut files);
    }
    for file in files {
        let lines = std::fs::read_to_string(&file).unwrap().lines().count();
        assert!(
            lines <= 500,
            "{} has {lines} lines: split it by noun",
            file.display()
        );
    }
}
