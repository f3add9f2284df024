//! Why a command could not do its work.

use std::io;
use std::path::Path;

/// The end of a command that could not go on.
#[derive(Debug)]
pub(crate) enum Failure {
    /// The reader of our output closed it; not an error.
    Closed,
    /// What to tell the user.
    Message(String),
}

impl Failure {
    /// A failed write to `target`, a broken pipe apart.
    pub(crate) fn write(target: &str, error: &io::Error) -> Self {
        match error.kind() {
            io::ErrorKind::BrokenPipe => Failure::Closed,
            _ => Failure::Message(format!("cannot write {target}: {error}")),
        }
    }

    /// A file or folder that cannot be opened, listed or created.
    pub(crate) fn path(action: &str, path: &Path, error: &io::Error) -> Self {
        Failure::Message(format!("cannot {action} {}: {error}", path.display()))
    }
}
