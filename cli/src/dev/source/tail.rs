//! A file that grows, as `tail -F` follows it: cut off or put aside and made anew, it goes on with what is there.

use std::fs::{File, Metadata};
use std::io::{Read, Seek, SeekFrom};
use std::path::Path;
use std::time::Duration;

use tripline_engine::MAX_EVENT_BYTES;

use super::files::Position;
use super::pace::Pace;
use super::{End, Feed};
use crate::failure::Failure;

/// How often the end of a file is looked at.
const LOOK_EVERY: Duration = Duration::from_millis(100);
const READ_BYTES: usize = 256 << 10;

/// Follows a file until the command ends.
pub(super) fn follow(
    path: &Path,
    from: Option<&Position>,
    pace: &mut Pace<'_>,
    feed: &Feed,
) -> Result<(), End> {
    let failed = |error: std::io::Error| Failure::path("read", path, &error);
    let name = path.display().to_string();
    let mut from = from.filter(|from| from.file == name).cloned();
    let mut chunk = vec![0; READ_BYTES];
    loop {
        let mut file = File::open(path).map_err(failed)?;
        let identity = identity(&file.metadata().map_err(failed)?);
        // What was read of another file of this name says nothing of this one.
        let begun = from.take().filter(|from| from.identity == Some(identity));
        let mut line = begun.as_ref().map_or(0, |from| from.line);
        let mut offset = begun.map_or(0, |from| from.bytes);
        file.seek(SeekFrom::Start(offset)).map_err(failed)?;
        let mut rest: Vec<u8> = Vec::new();
        loop {
            let read = file.read(&mut chunk).map_err(failed)?;
            for piece in chunk[..read].split_inclusive(|byte| *byte == b'\n') {
                rest.extend_from_slice(piece);
                if !piece.ends_with(b"\n") {
                    continue;
                }
                line += 1;
                offset += rest.len() as u64;
                let record = rest.trim_ascii().to_vec();
                rest.clear();
                if record.is_empty() {
                    continue;
                }
                let position = || Position::of(&name, line, offset, Some(identity)).text();
                pace.take(record, position)?;
            }
            // A line over the limit is no event: what is kept of it says so.
            rest.truncate(MAX_EVENT_BYTES + 1);
            if read > 0 {
                continue;
            }
            pace.send()?;
            if !pace.is_live() {
                pace.go_live();
                feed.tell("running", format!("{name}, as it grows"));
            }
            if is_another(path, identity, offset) {
                break;
            }
            feed.wait(LOOK_EVERY)?;
        }
        while !path.exists() {
            feed.wait(LOOK_EVERY)?;
        }
    }
}

/// Whether the file that stands there is not the one that was read, or is shorter than what was read.
fn is_another(path: &Path, read: u64, offset: u64) -> bool {
    // One that is gone may come back; what is still written to the old one is read until then.
    path.metadata()
        .is_ok_and(|file| identity(&file) != read || file.len() < offset)
}

#[cfg(unix)]
fn identity(file: &Metadata) -> u64 {
    std::os::unix::fs::MetadataExt::ino(file)
}

#[cfg(not(unix))]
fn identity(_: &Metadata) -> u64 {
    0
}
