//! The folder of the rules: what is saved there runs as soon as it is whole and has no errors.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;
use std::sync::mpsc::{RecvTimeoutError, channel};
use std::time::{Duration, Instant};

use tokio::sync::mpsc;
use tripline_engine::{RawFile, loader};

use super::pipeline::Order;
use super::rules::{Read, Reload, Rules, Trees};
use crate::changes::{is_of_rules, look, look_every, rest_of_burst, watcher};
use crate::check::today;

/// How long a file may be empty while its writer goes on.
const UNFINISHED: Duration = Duration::from_millis(300);

/// What to do about the files as they are.
pub(super) enum Verdict {
    /// Nothing: they say what they said.
    Same,
    /// Look again soon: some file seems to be in the midst of being written.
    Unfinished,
    /// Run these rules.
    Run(Arc<Rules>, Reload),
    /// Leave the last good ones running, and tell what is wrong.
    Tell(Reload),
}

/// The files as they were last read, and the rules that run.
pub(super) struct Watched {
    files: BTreeMap<String, Vec<u8>>,
    trees: Trees,
    running: Arc<Rules>,
    /// Whether the files say something else than what runs.
    broken: bool,
}

impl Watched {
    pub(super) fn new(files: &[RawFile], running: Arc<Rules>) -> Watched {
        Watched {
            files: contents(files),
            trees: Trees::default(),
            running,
            broken: false,
        }
    }

    /// Judges the files as they are now; `patient` is whether one that was emptied may be waited for.
    pub(super) fn judge(&mut self, files: Vec<RawFile>, patient: bool) -> Verdict {
        let now = contents(&files);
        if now == self.files {
            return Verdict::Same;
        }
        let is_blank = |bytes: &[u8]| bytes.trim_ascii().is_empty();
        let is_emptied = |(name, bytes): (&String, &Vec<u8>)| {
            is_blank(bytes) && self.files.get(name).is_some_and(|before| !is_blank(before))
        };
        if patient && now.iter().any(is_emptied) {
            return Verdict::Unfinished;
        }
        self.files = now;
        match Read::again(files, &mut self.trees) {
            Read::Broken(told) => {
                self.broken = true;
                Verdict::Tell(Reload {
                    at: today(),
                    ok: false,
                    summary: broken(told.iter().filter(|one| one.is_error()).count()),
                    millis: 0.0,
                    diagnostics: told,
                    tests: None,
                    changes: Vec::new(),
                })
            }
            Read::Whole(rules, told) => {
                self.broken = false;
                let rules = Arc::from(rules);
                let before = std::mem::replace(&mut self.running, Arc::clone(&rules));
                let changes = rules.changes_since(&before);
                let reload = Reload {
                    at: today(),
                    ok: true,
                    summary: rules.summary_since(&before, &changes),
                    millis: 0.0,
                    diagnostics: told,
                    tests: None,
                    changes,
                };
                Verdict::Run(rules, reload)
            }
        }
    }

    /// What is told of a folder that cannot be read.
    fn unreadable(&mut self, reason: String) -> Option<Reload> {
        // It is told once.
        (!std::mem::replace(&mut self.broken, true)).then(|| Reload {
            at: today(),
            ok: false,
            summary: format!("{reason}; the last good rules run"),
            millis: 0.0,
            diagnostics: Vec::new(),
            tests: None,
            changes: Vec::new(),
        })
    }
}

fn broken(errors: usize) -> String {
    let errors = crate::terminal::counted(errors as u64, "error");
    format!("{errors} in the rules; the last good ones run")
}

fn contents(files: &[RawFile]) -> BTreeMap<String, Vec<u8>> {
    let files = files.iter();
    files
        .map(|file| (file.name.clone(), file.bytes.clone()))
        .collect()
}

/// Watches a folder until the pipeline ends.
pub(super) fn watch(
    folder: &Path,
    polls: bool,
    mut watched: Watched,
    orders: &mpsc::Sender<Order>,
) {
    let (sender, changes) = channel();
    // Without a watcher the folder is looked at now and then.
    let watcher = (!polls).then(|| watcher(folder, is_of_rules, sender.clone()));
    let watcher = watcher.flatten();
    let every = look_every(watcher.is_some());
    let mut seen = look(folder, is_of_rules);
    // What was saved after the rules were read, and before this, nobody tells of.
    let _ = sender.send(Instant::now());
    let mut retries = None;
    loop {
        let began = match changes.recv_timeout(retries.unwrap_or(every)) {
            Ok(began) => {
                rest_of_burst(&changes, began);
                began
            }
            Err(RecvTimeoutError::Timeout) if orders.is_closed() => return,
            Err(RecvTimeoutError::Timeout) => {
                let now = look(folder, is_of_rules);
                if retries.is_none() && now == seen {
                    continue;
                }
                seen = now;
                Instant::now()
            }
            Err(RecvTimeoutError::Disconnected) => return,
        };
        let patient = retries.take().is_none();
        let verdict = match loader::read_rules(folder) {
            Ok(files) => watched.judge(files, patient),
            // A file may be gone between being listed and being read.
            Err(_) if patient => Verdict::Unfinished,
            Err(error) => match watched.unreadable(error.to_string()) {
                Some(reload) => Verdict::Tell(reload),
                None => Verdict::Same,
            },
        };
        let sent = match verdict {
            Verdict::Same => continue,
            Verdict::Unfinished => {
                retries = Some(UNFINISHED);
                continue;
            }
            Verdict::Tell(reload) => orders.blocking_send(Order::Broken(reload, began)),
            Verdict::Run(rules, reload) => {
                let changes = reload.changes.clone();
                let order = Order::Reload(Arc::clone(&rules), reload, began);
                let sent = orders.blocking_send(order);
                // The rules run already while their tests do.
                let tests = sent.is_ok().then(|| rules.test(folder, &changes)).flatten();
                match tests {
                    Some(tests) => orders.blocking_send(Order::Tested(tests)),
                    None => sent,
                }
            }
        };
        if sent.is_err() {
            return;
        }
    }
}

#[cfg(test)]
#[path = "watch_tests.rs"]
mod tests;
