//! Event input: which files to read, and their lines, in bounded memory.

mod pieces;

use std::fs::{self, File};
use std::io::{self, BufRead, BufReader, Cursor, Read};
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use flate2::bufread::MultiGzDecoder;
use tripline_lambdas::payload::{self, Frames};

use self::pieces::Pieces;
use crate::failure::Failure;

/// How much of a line that is no event is kept, in bytes.
pub(crate) const RAW_BYTES: usize = 4096;

/// The largest window that a zstd frame may ask for: what the `zstd` command writes and reads unless it is told to
/// take more, as a power of two.
const ZSTD_WINDOW_LOG: u32 = 27;
const READ_BYTES: usize = 256 * 1024;
const ENDINGS: [&str; 3] = [".ndjson", ".jsonl", ".json"];
const COMPRESSIONS: [&str; 2] = [".gz", ".zst"];

/// A file of events, or standard input.
#[derive(Debug)]
pub(crate) struct Input {
    /// The path as users gave it.
    pub(crate) name: Arc<str>,
    /// Its size, unless it is a pipe or the like.
    pub(crate) bytes: Option<u64>,
    /// The file; `None` is standard input.
    pub(crate) path: Option<PathBuf>,
}

/// Finds the files that arguments name: files themselves, `-`, and the event files beneath folders in path order.
pub(crate) fn expand(arguments: &[PathBuf]) -> Result<Vec<Input>, Failure> {
    let mut inputs = Vec::new();
    for argument in arguments {
        if argument.as_os_str() == "-" {
            inputs.push(Input {
                name: "-".into(),
                bytes: None,
                path: None,
            });
            continue;
        }
        let metadata =
            fs::metadata(argument).map_err(|error| Failure::path("read", argument, &error))?;
        if !metadata.is_dir() {
            inputs.push(Input::file(argument.clone(), &metadata));
            continue;
        }
        let mut found = Vec::new();
        collect(argument, &mut found)?;
        if found.is_empty() {
            return Err(Failure::Message(format!(
                "no event files in {}: looked for *.ndjson, *.jsonl and *.json, plain and with .gz or .zst",
                argument.display()
            )));
        }
        found.sort_by(|a, b| a.0.cmp(&b.0));
        inputs.extend(
            found
                .into_iter()
                .map(|(path, metadata)| Input::file(path, &metadata)),
        );
    }
    Ok(inputs)
}

/// Adds the event files beneath a folder. Hidden ones are passed over, and links to folders are not followed.
fn collect(folder: &Path, found: &mut Vec<(PathBuf, fs::Metadata)>) -> Result<(), Failure> {
    let fail = |error: io::Error| Failure::path("read the folder", folder, &error);
    for entry in fs::read_dir(folder).map_err(fail)? {
        let entry = entry.map_err(fail)?;
        let name = entry.file_name().to_string_lossy().into_owned();
        let path = entry.path();
        if name.starts_with('.') {
            continue;
        }
        if entry.file_type().map_err(fail)?.is_dir() {
            collect(&path, found)?;
        } else if is_of_events(&name) {
            let metadata =
                fs::metadata(&path).map_err(|error| Failure::path("read", &path, &error))?;
            if metadata.is_file() {
                found.push((path, metadata));
            }
        }
    }
    Ok(())
}

fn is_of_events(name: &str) -> bool {
    let plain = COMPRESSIONS
        .iter()
        .find_map(|ending| name.strip_suffix(ending))
        .unwrap_or(name);
    ENDINGS.iter().any(|ending| plain.ends_with(ending))
}

impl Input {
    fn file(path: PathBuf, metadata: &fs::Metadata) -> Self {
        let name = path.display().to_string().into();
        Self {
            name,
            bytes: metadata.is_file().then_some(metadata.len()),
            path: Some(path),
        }
    }

    /// Opens the input; `read` grows by the bytes that are read from it, before they are decompressed.
    pub(crate) fn open(&self, limit: usize, read: Arc<AtomicU64>) -> io::Result<Events> {
        self.open_decoding(limit, read, as_asked)
    }

    /// As [`Input::open`], with a thread of its own that decompresses what is compressed before it is asked for.
    pub(crate) fn open_ahead(&self, limit: usize, read: Arc<AtomicU64>) -> io::Result<Events> {
        self.open_decoding(limit, read, ahead)
    }

    fn open_decoding(
        &self,
        limit: usize,
        read: Arc<AtomicU64>,
        decoding: Decoding,
    ) -> io::Result<Events> {
        let source: Box<dyn Read + Send> = match &self.path {
            Some(path) => Box::new(File::open(path)?),
            None => Box::new(io::stdin()),
        };
        let reader = decompressed(Metered { source, read }, decoding)?;
        let mut lines = Lines::new(reader, limit);
        if self.bytes.is_none() {
            lines.waits = Some(|reader| !reader.buffered().contains(&b'\n'));
        }
        Ok(lines)
    }
}

/// When a decoder is asked for what it gives.
type Decoding = fn(Box<dyn Read + Send>) -> io::Result<Box<dyn Buffered>>;

fn as_asked(decoder: Box<dyn Read + Send>) -> io::Result<Box<dyn Buffered>> {
    Ok(Box::new(BufReader::with_capacity(READ_BYTES, decoder)))
}

fn ahead(decoder: Box<dyn Read + Send>) -> io::Result<Box<dyn Buffered>> {
    Ok(Box::new(Pieces::ahead_of(decoder)?))
}

/// Decompresses a reader if its first bytes say that it is gzip or zstd, whatever its name.
fn decompressed(
    mut source: impl Read + Send + 'static,
    decoding: Decoding,
) -> io::Result<Box<dyn Buffered>> {
    let mut head = Vec::with_capacity(payload::MAGIC_BYTES);
    source
        .by_ref()
        .take(payload::MAGIC_BYTES as u64)
        .read_to_end(&mut head)?;
    let gzip = head.starts_with(&[0x1f, 0x8b]);
    let zstd = payload::begins_zstd(&head);
    let whole = BufReader::with_capacity(READ_BYTES, Cursor::new(head).chain(source));
    if gzip {
        decoding(Box::new(MultiGzDecoder::new(whole)))
    } else if zstd {
        decoding(Box::new(Frames::new(whole, ZSTD_WINDOW_LOG)?))
    } else {
        Ok(Box::new(whole))
    }
}

/// A reader whose bytes at hand can be looked at.
pub(crate) trait Buffered: BufRead + Send {
    fn buffered(&self) -> &[u8];
}

impl<R: Read + Send> Buffered for BufReader<R> {
    fn buffered(&self) -> &[u8] {
        self.buffer()
    }
}

impl Buffered for Box<dyn Buffered> {
    fn buffered(&self) -> &[u8] {
        (**self).buffered()
    }
}

/// Counts the bytes that pass.
struct Metered<R> {
    source: R,
    read: Arc<AtomicU64>,
}

impl<R: Read> Read for Metered<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let number = self.source.read(buffer)?;
        self.read.fetch_add(number as u64, Ordering::Relaxed);
        Ok(number)
    }
}

/// The lines of an input.
pub(crate) type Events = Lines<Box<dyn Buffered>>;

/// Reads lines of at most a given length.
pub(crate) struct Lines<R> {
    reader: R,
    limit: usize,
    number: u64,
    /// Of a pipe, whether the next line is not at hand, so that whoever writes may be waited for.
    waits: Option<fn(&R) -> bool>,
}

/// A line that was read, or why there is none.
#[derive(Debug)]
pub(crate) enum Line {
    /// A line without its end: its number and where it stands in the buffer.
    Whole(u64, Range<usize>),
    /// A line over the limit: its number, its first bytes, and its length.
    TooLong(u64, Range<usize>, u64),
    /// Reading failed in the midst of this line, which may be empty.
    Broken(u64, Range<usize>, io::Error),
    /// There are no more lines.
    End,
}

impl<R: Buffered> Lines<R> {
    pub(crate) fn new(reader: R, limit: usize) -> Self {
        Self {
            reader,
            limit,
            number: 0,
            waits: None,
        }
    }

    /// The longest line, in bytes.
    pub(crate) fn limit(&self) -> usize {
        self.limit
    }

    /// Whether the next line may be long in coming.
    pub(crate) fn waits(&self) -> bool {
        self.waits.is_some_and(|waits| waits(&self.reader))
    }

    /// Appends lines that have been read already, at most so many, and tells the number, the place and the text of each.
    ///
    /// Many at once, they take a fraction of the time that [`Lines::next`] does. It takes nothing that is out of the
    /// ordinary, nor the first line.
    pub(crate) fn at_hand(
        &mut self,
        buffer: &mut Vec<u8>,
        most: usize,
        mut take: impl FnMut(u64, Range<usize>, &[u8]),
    ) {
        if self.number == 0 {
            return;
        }
        let (start, bytes) = (buffer.len(), self.reader.buffered());
        let mut taken = 0;
        for end in memchr::memchr_iter(b'\n', bytes).take(most) {
            let line = &bytes[taken..end];
            if line.len() > self.limit {
                break;
            }
            self.number += 1;
            let line = line.strip_suffix(b"\r").unwrap_or(line);
            let place = start + taken;
            take(self.number, place..place + line.len(), line);
            taken = end + 1;
        }
        buffer.extend_from_slice(&bytes[..taken]);
        self.reader.consume(taken);
    }

    /// Appends the next line to the buffer: never more than the limit and one byte.
    pub(crate) fn next(&mut self, buffer: &mut Vec<u8>) -> Line {
        let start = buffer.len();
        self.number += 1;
        let most = self.limit as u64 + 1;
        let read = (&mut self.reader).take(most).read_until(b'\n', buffer);
        match read {
            Err(error) => self.broken(start, buffer, error),
            Ok(0) => Line::End,
            Ok(number) if number as u64 == most && buffer.last() != Some(&b'\n') => {
                buffer.truncate(start + RAW_BYTES.min(number));
                match skip_line(&mut self.reader) {
                    Ok(rest) => Line::TooLong(self.number, start..buffer.len(), most + rest),
                    Err(error) => self.broken(start, buffer, error),
                }
            }
            Ok(_) => {
                for end in [b'\n', b'\r'] {
                    if buffer.len() > start && buffer.last() == Some(&end) {
                        buffer.pop();
                    }
                }
                let mark = if self.number == 1 && buffer[start..].starts_with(b"\xef\xbb\xbf") {
                    3
                } else {
                    0
                };
                Line::Whole(self.number, start + mark..buffer.len())
            }
        }
    }

    fn broken(&self, start: usize, buffer: &[u8], error: io::Error) -> Line {
        Line::Broken(self.number, start..buffer.len(), error)
    }
}

/// Passes over the rest of a line and tells its length without the newline.
fn skip_line(reader: &mut impl BufRead) -> io::Result<u64> {
    let mut passed = 0;
    loop {
        let available = match reader.fill_buf() {
            Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
            other => other?,
        };
        let newline = available.iter().position(|&byte| byte == b'\n');
        let (length, used) = newline.map_or((available.len(), available.len()), |at| (at, at + 1));
        passed += length as u64;
        reader.consume(used);
        if newline.is_some() || used == 0 {
            return Ok(passed);
        }
    }
}

#[cfg(test)]
#[path = "input_tests.rs"]
mod tests;
