//! Changes in a folder of rules, as they happen.

use std::path::{Path, PathBuf};
use std::sync::mpsc::{Receiver, Sender};
use std::time::{Duration, Instant, SystemTime};

use notify::{EventKind, RecursiveMode, Watcher};

/// A burst of changes is over when nothing changes for so long.
const QUIET: Duration = Duration::from_millis(8);
/// A burst is cut off after so long.
const BURST: Duration = Duration::from_millis(100);
/// How often the folder is looked at though nothing is told of it: some file systems tell nothing.
const LOOK_EVERY: Duration = Duration::from_secs(2);
/// As above, where it is known that nothing is told.
const POLL_EVERY: Duration = Duration::from_millis(150);

/// How often to look at the folder, if it is told of changes or if it is not.
pub(crate) fn look_every(is_told: bool) -> Duration {
    match is_told {
        true => LOOK_EVERY,
        false => POLL_EVERY,
    }
}

/// Waits until nothing has changed for a moment.
pub(crate) fn rest_of_burst(changes: &Receiver<Instant>, began: Instant) {
    while began.elapsed() < BURST {
        if changes.recv_timeout(QUIET).is_err() {
            return;
        }
    }
}

/// Whether a file of this name may hold rules.
pub(crate) fn is_of_rules(name: &str) -> bool {
    name.ends_with(".yaml") || name.ends_with(".yml")
}

/// Tells of every change of wanted files in a folder; `None` where nothing can tell.
pub(crate) fn watcher(
    folder: &Path,
    is_wanted: fn(&str) -> bool,
    changed: Sender<Instant>,
) -> Option<notify::RecommendedWatcher> {
    let concerns = move |path: &PathBuf| {
        let name = path.file_name().and_then(|name| name.to_str());
        // What has no ending may be a folder.
        name.is_none_or(|name| !name.contains('.') || is_wanted(name))
    };
    let told = move |event: notify::Result<notify::Event>| {
        let is_change = match &event {
            Ok(event) => {
                !matches!(event.kind, EventKind::Access(_))
                    && (event.paths.is_empty() || event.paths.iter().any(&concerns))
            }
            Err(_) => true,
        };
        if is_change {
            // Whoever watches no more wants to know nothing.
            let _ = changed.send(Instant::now());
        }
    };
    let mut watcher = notify::recommended_watcher(told).ok()?;
    watcher.watch(folder, RecursiveMode::Recursive).ok()?;
    Some(watcher)
}

/// The wanted files with their lengths and times of change.
pub(crate) fn look(
    folder: &Path,
    is_wanted: fn(&str) -> bool,
) -> Vec<(PathBuf, u64, Option<SystemTime>)> {
    let mut found = Vec::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(&folder).into_iter().flatten().flatten() {
            let name = entry.file_name().to_string_lossy().into_owned();
            let is_folder = entry.file_type().is_ok_and(|kind| kind.is_dir());
            if name.starts_with('.') {
                continue;
            }
            if is_folder {
                folders.push(entry.path());
            } else if is_wanted(&name) {
                // Of a link, what it leads to.
                let metadata = std::fs::metadata(entry.path()).ok();
                let length = metadata.as_ref().map_or(0, std::fs::Metadata::len);
                found.push((
                    entry.path(),
                    length,
                    metadata.and_then(|file| file.modified().ok()),
                ));
            }
        }
    }
    found.sort();
    found
}
