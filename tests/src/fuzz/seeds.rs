//! What a fuzzer begins with: the shipped rules and events, the conformance corpus, states of a run.

use std::fs;
use std::io::Read;
use std::path::{Path, PathBuf};

use flate2::read::MultiGzDecoder;

use super::rules::SEPARATOR;
use super::state::Fixture;

/// Reads the seeds of a fuzz target, in a fixed order.
///
/// # Panics
///
/// If the project's own files cannot be read.
pub fn seeds(target: &str) -> Vec<Vec<u8>> {
    match target {
        "parser" => expressions(),
        "rules" => rule_files(),
        "events" => event_lines(),
        "state" => Fixture::new().seeds(),
        _ => panic!("there is no fuzz target {target}"),
    }
}

/// Each expression of the corpus, and what stands after `when:` and its like in rule files.
fn expressions() -> Vec<Vec<u8>> {
    let mut found: Vec<Vec<u8>> = Vec::new();
    for (name, text) in sections() {
        for line in text.lines() {
            if name == "expressions" {
                found.push(line.into());
            } else if let Some((key, value)) = line.trim().split_once(": ")
                && ["when", "until", "by", "for", "forget"].contains(&key)
            {
                found.push(value.into());
            }
        }
    }
    found
}

/// Each rule file, with the settings file of its case if it has one.
fn rule_files() -> Vec<Vec<u8>> {
    let mut found: Vec<Vec<u8>> = shipped().into_iter().map(String::into_bytes).collect();
    found.push(include_bytes!("rules.yaml").to_vec());
    for case in cases() {
        let settings = case
            .iter()
            .find(|(name, _)| name.ends_with("tripline.yaml"));
        for (name, text) in &case {
            if name.ends_with(".yaml") && !name.ends_with("tripline.yaml") {
                let beside = settings.map(|(_, text)| [SEPARATOR, text.as_bytes()].concat());
                // The separator begins with the end of a line, which the file has.
                let text = text.trim_end_matches('\n').as_bytes();
                found.push([text, &beside.unwrap_or_default()].concat());
            }
        }
    }
    found
}

/// The events of each case, and some of the sample.
fn event_lines() -> Vec<Vec<u8>> {
    let mut found = vec![include_bytes!("events.ndjson").to_vec()];
    let cases = sections().into_iter();
    found.extend(
        cases
            .filter(|(name, _)| name == "events")
            .map(|(_, text)| text.into_bytes()),
    );
    let mut sample = vec![0; 8 << 10];
    let file = match fs::File::open(root().join("rules/sample/events.ndjson.gz")) {
        Ok(file) => file,
        Err(error) => panic!("the sample: {error}"),
    };
    if let Err(error) = MultiGzDecoder::new(file).read_exact(&mut sample) {
        panic!("the sample: {error}");
    }
    let lines: Vec<&[u8]> = sample.split(|&byte| byte == b'\n').collect();
    found.extend(lines.chunks(10).map(|lines| lines.join(&b'\n')));
    found
}

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

fn shipped() -> Vec<String> {
    let files = files(&root().join("rules"));
    let yaml = files
        .iter()
        .filter(|path| path.extension().is_some_and(|ending| ending == "yaml"));
    yaml.map(|path| read(path)).collect()
}

fn sections() -> Vec<(String, String)> {
    let mut sections: Vec<_> = cases().into_iter().flatten().collect();
    sections.extend(
        shipped()
            .into_iter()
            .map(|text| ("shipped".to_owned(), text)),
    );
    sections
}

/// The sections of each case of the conformance corpus.
fn cases() -> Vec<Vec<(String, String)>> {
    let corpus = root().join("tests/corpus");
    // The cases of the lints stand one folder deeper.
    let folders = files(&corpus).into_iter().flat_map(|folder| files(&folder));
    let paths = folders.flat_map(|path| {
        if path.is_dir() {
            files(&path)
        } else {
            vec![path]
        }
    });
    paths
        .map(|path| {
            let mut sections: Vec<(String, String)> = Vec::new();
            for line in read(&path).split_inclusive('\n') {
                if let Some(name) = line.strip_prefix("=== ") {
                    sections.push((name.trim_end().to_owned(), String::new()));
                } else if let Some((_, text)) = sections.last_mut() {
                    text.push_str(line);
                }
            }
            sections
        })
        .collect()
}

/// The paths in a folder, in order.
fn files(folder: &Path) -> Vec<PathBuf> {
    let entries = match fs::read_dir(folder) {
        Ok(entries) => entries,
        Err(error) => panic!("{}: {error}", folder.display()),
    };
    let mut paths: Vec<PathBuf> = entries
        .filter_map(|entry| Some(entry.ok()?.path()))
        .collect();
    paths.sort();
    paths
}

fn read(path: &Path) -> String {
    match fs::read_to_string(path) {
        Ok(text) => text,
        Err(error) => panic!("{}: {error}", path.display()),
    }
}
