#![allow(clippy::unwrap_used)]

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use tripline_engine::RawFile;

use super::{Verdict, Watched};
use crate::dev::rules::{Read, Rules};

fn raw(files: &BTreeMap<String, String>) -> Vec<RawFile> {
    let files = files.iter().map(|(name, text)| RawFile {
        name: name.clone(),
        bytes: text.clone().into_bytes(),
        settings: false,
    });
    files.collect()
}

fn rules(files: &BTreeMap<String, String>) -> Option<Arc<Rules>> {
    match Read::files(raw(files)) {
        Read::Whole(rules, _) => Some(Arc::from(rules)),
        Read::Broken(_) => None,
    }
}

fn names(rules: &Rules) -> BTreeSet<(String, [u8; 16])> {
    let alerts = rules.program.alerts();
    alerts
        .map(|rule| (rule.name.clone(), rule.fingerprint()))
        .collect()
}

/// A file of one alert, which is another at every edit.
fn text(file: u8, edit: u32) -> String {
    format!("alerts:\n  alert-{file}:\n    on: probe\n    when: count(n > {edit}) over 5m >= 2\n")
}

#[test]
fn whatever_is_done_to_the_files_the_last_good_set_runs() {
    let mut random = fastrand::Rng::with_seed(3);
    let mut files: BTreeMap<String, String> = BTreeMap::new();
    files.insert("a0.yaml".to_owned(), text(0, 0));
    let first = rules(&files).unwrap();
    let mut watched = Watched::new(&raw(&files), Arc::clone(&first));
    let mut running = first;
    let (mut swaps, mut broken, mut waited) = (0, 0, 0);
    for edit in 0..1_000 {
        let file = random.u8(..6);
        let name = format!("a{file}.yaml");
        let whole = text(file, edit);
        match random.u8(..16) {
            0..=9 => {
                // What was moved stands there once more.
                files.remove(&format!("b{file}.yaml"));
                files.insert(name, whole);
            }
            // In the midst of a write.
            10 => {
                files.insert(name, whole[..random.usize(..whole.len())].to_owned());
            }
            11 => {
                files.remove(&name);
            }
            12 => {
                let other = format!("b{file}.yaml");
                files.remove(&name).map(|text| files.insert(other, text));
            }
            13 => {
                files.insert(name, String::new());
            }
            _ => {
                files.insert(name, whole.replace(">= 2", ">= "));
            }
        }
        let before = names(&running);
        let mut verdict = watched.judge(raw(&files), true);
        if matches!(verdict, Verdict::Unfinished) {
            waited += 1;
            verdict = watched.judge(raw(&files), false);
        }
        match verdict {
            Verdict::Run(now, reload) => {
                swaps += 1;
                assert!(reload.ok);
                let good = rules(&files).expect("what runs has no errors");
                assert_eq!(names(&now), names(&good));
                let after = names(&now);
                let kept = format!("state kept for {} of", before.intersection(&after).count());
                assert!(reload.summary.contains(&kept), "{} {kept}", reload.summary);
                running = now;
            }
            Verdict::Tell(reload) => {
                broken += 1;
                assert!(!reload.ok && !reload.diagnostics.is_empty());
                assert!(rules(&files).is_none());
            }
            Verdict::Same => {}
            Verdict::Unfinished => panic!("it waits once only"),
        }
        assert_eq!(names(&watched.running), names(&running));
    }
    assert!(
        swaps > 100 && broken > 100 && waited > 20,
        "{swaps} {broken} {waited}"
    );
}

#[test]
fn a_file_that_is_emptied_is_waited_for() {
    let files = BTreeMap::from([("a.yaml".to_owned(), text(1, 1))]);
    let mut watched = Watched::new(&raw(&files), rules(&files).unwrap());
    let empty = BTreeMap::from([("a.yaml".to_owned(), String::new())]);
    assert!(matches!(
        watched.judge(raw(&empty), true),
        Verdict::Unfinished
    ));
    assert!(matches!(watched.judge(raw(&files), true), Verdict::Same));
    let Verdict::Run(_, reload) = watched.judge(raw(&empty), false) else {
        panic!("it is empty for good");
    };
    assert_eq!(reload.summary, "+0 ~0 −1 alerts; state kept for 0 of 0");
}
