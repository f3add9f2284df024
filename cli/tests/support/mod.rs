//! Runs the command as users do: in a folder of its own, with nothing of the caller's environment.
// Each test file uses some of this, and a helper that fails fails its test.
#![allow(dead_code, clippy::unwrap_used)]

pub(crate) mod little;
pub(crate) mod plant;
pub(crate) mod rooms;
pub(crate) mod server;

use std::fs;
use std::io::{Read, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::thread;
use std::time::Duration;

use flate2::Compression;
use flate2::write::GzEncoder;
use serde_json::Value;
use tempfile::TempDir;

/// Far more than any of these runs takes; one that takes longer hangs.
const PATIENCE: Duration = Duration::from_secs(120);

/// The alerts that are shipped.
pub(crate) const SHIPPED: [&str; 13] = [
    "error-ratio",
    "login-after-failures",
    "login-at-night",
    "login-brute-force",
    "login-from-outside",
    "sensor-failed",
    "sensor-out-of-range",
    "sensor-silent",
    "slow-requests",
    "slow-tail",
    "traffic-jump",
    "unsteady-room",
    "watched-login",
];

/// A folder to run the command in.
pub(crate) struct Folder(TempDir);

/// What a run gave.
#[derive(Debug)]
pub(crate) struct Outcome {
    /// The exit code; a command that was ended by a signal has none.
    pub(crate) code: Option<i32>,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

impl Folder {
    pub(crate) fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    /// A folder with these files.
    pub(crate) fn with(files: &[(&str, &str)]) -> Self {
        let folder = Self::new();
        for (name, content) in files {
            folder.write(name, content);
        }
        folder
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    /// Writes a file and the folders above it.
    pub(crate) fn write(&self, name: &str, content: impl AsRef<[u8]>) {
        let path = self.path(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, content).unwrap();
    }

    pub(crate) fn read(&self, name: &str) -> String {
        fs::read_to_string(self.path(name)).unwrap()
    }

    /// Runs the command.
    pub(crate) fn run(&self, arguments: &[&str]) -> Outcome {
        self.run_with(arguments, b"")
    }

    /// Runs the command with something on its standard input.
    pub(crate) fn run_with(&self, arguments: &[&str], input: &[u8]) -> Outcome {
        let mut command = Command::new(binary());
        command.args(arguments);
        self.finish(command, input)
    }

    /// Runs the command with that many KiB of address space, where the system can bound it.
    pub(crate) fn run_within(&self, kibibytes: u32, arguments: &[&str]) -> Outcome {
        let mut command = Command::new("/bin/sh");
        command
            .arg("-c")
            .arg(format!(
                "ulimit -v {kibibytes} 2>/dev/null; exec \"$0\" \"$@\""
            ))
            .arg(binary())
            .args(arguments);
        self.finish(command, b"")
    }

    /// Starts the command with pipes on all sides.
    pub(crate) fn start(&self, arguments: &[&str]) -> Child {
        let mut command = Command::new(binary());
        command.args(arguments);
        self.spawn(command)
    }

    fn spawn(&self, mut command: Command) -> Child {
        command
            .current_dir(self.0.path())
            .env_clear()
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap()
    }

    fn finish(&self, command: Command, input: &[u8]) -> Outcome {
        let mut child = self.spawn(command);
        let (stdout, stderr) = (
            drained(child.stdout.take().unwrap()),
            drained(child.stderr.take().unwrap()),
        );
        // A command that ends before it has read everything breaks this pipe, which is its right.
        let _ = child.stdin.take().unwrap().write_all(input);
        let (Ok(stdout), Ok(stderr)) =
            (stdout.recv_timeout(PATIENCE), stderr.recv_timeout(PATIENCE))
        else {
            child.kill().unwrap();
            child.wait().unwrap();
            panic!("the command runs longer than {PATIENCE:?}");
        };
        Outcome {
            code: child.wait().unwrap().code(),
            stdout,
            stderr,
        }
    }
}

impl Outcome {
    /// Fails with everything that is known unless the exit code is this one and nothing panicked.
    #[track_caller]
    pub(crate) fn expect(self, code: i32) -> Self {
        let tail = |text: &str| {
            let from = text.floor_char_boundary(text.len().saturating_sub(3_000));
            text[from..].to_owned()
        };
        assert_eq!(
            self.code,
            Some(code),
            "standard error: {}\nstandard output: {}",
            tail(&self.stderr),
            tail(&self.stdout)
        );
        assert!(!self.stderr.contains("panicked"), "{}", tail(&self.stderr));
        self
    }

    /// The lines of standard output as JSON.
    #[track_caller]
    pub(crate) fn rows(&self) -> Vec<Value> {
        rows(&self.stdout)
    }

    /// The alerts on standard output: `name status`, and the line of the event that made the change.
    #[track_caller]
    pub(crate) fn alerts(&self) -> Vec<String> {
        brief(&self.stdout)
    }
}

/// The command under test.
pub(crate) fn binary() -> &'static str {
    env!("CARGO_BIN_EXE_tripline")
}

/// The root of the project.
pub(crate) fn project() -> &'static Path {
    Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/.."))
}

/// A file of the project as an argument.
pub(crate) fn shipped(name: &str) -> String {
    project().join(name).to_str().unwrap().to_owned()
}

/// Lines of JSON.
#[track_caller]
pub(crate) fn rows(text: &str) -> Vec<Value> {
    text.lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect()
}

/// Alerts in brief: `hot firing 3` for a message made by the event on line 3, `-` for a timer's.
#[track_caller]
pub(crate) fn brief(text: &str) -> Vec<String> {
    rows(text)
        .iter()
        .map(|row| {
            let line = row["source"]["line"]
                .as_u64()
                .map_or("-".to_owned(), |line| line.to_string());
            let text = |key: &str| row[key].as_str().unwrap().to_owned();
            format!("{} {} {line}", text("alert"), text("status"))
        })
        .collect()
}

/// A text as a gzip file.
pub(crate) fn gzip(text: &str) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
    encoder.write_all(text.as_bytes()).unwrap();
    encoder.finish().unwrap()
}

/// A text as a zstd file, with a checksum.
pub(crate) fn zstd(text: &str) -> Vec<u8> {
    let mut encoder = zstd::Encoder::new(Vec::new(), 1).unwrap();
    encoder.include_checksum(true).unwrap();
    encoder.write_all(text.as_bytes()).unwrap();
    encoder.finish().unwrap()
}

/// Compares with a snapshot; with `BLESS=1` in the environment, rewrites it.
#[track_caller]
pub(crate) fn assert_snapshot(name: &str, found: &str) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("tests/snapshots")
        .join(format!("{name}.txt"));
    if std::env::var_os("BLESS").is_some() {
        fs::write(&path, found).unwrap();
        return;
    }
    let expected = fs::read_to_string(&path).unwrap_or_default();
    assert_eq!(
        found,
        expected,
        "{} differs; found:\n{found}",
        path.display()
    );
}

/// Reads a pipe to its end beside the test.
fn drained(mut pipe: impl Read + Send + 'static) -> Receiver<String> {
    let (sender, receiver) = channel();
    thread::spawn(move || {
        let mut bytes = Vec::new();
        if pipe.read_to_end(&mut bytes).is_ok() {
            let _ = sender.send(String::from_utf8(bytes).unwrap());
        }
    });
    receiver
}
