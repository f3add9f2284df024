//! Rule files as git has them.

use std::ffi::OsStr;
use std::path::Path;
use std::process::Command;

use tripline_engine::loader;

use crate::failure::Failure;
use crate::terminal::tame;

/// A rule file of a revision: its name from the folder on, and its bytes.
pub(crate) type GitFile = (String, Vec<u8>);

/// Reads the rule files that a folder has at a revision.
pub(crate) fn rules_at(folder: &Path, revision: &str) -> Result<Vec<GitFile>, Failure> {
    let commit = format!("{revision}^{{commit}}");
    let verify = [
        "rev-parse",
        "--verify",
        "--quiet",
        "--end-of-options",
        &commit,
    ];
    let commit = git(folder, &verify.map(OsStr::new))?.ok_or_else(|| {
        Failure::Message(format!(
            "git knows no revision `{}` in {}",
            tame(revision),
            folder.display()
        ))
    })?;
    let commit = String::from_utf8_lossy(&commit).trim().to_owned();
    let list = ["ls-tree", "-r", "-z", "--name-only", &commit, "."];
    let names = git(folder, &list.map(OsStr::new))?.unwrap_or_default();
    let mut files = Vec::new();
    for name in names.split(|byte| *byte == 0) {
        let name = String::from_utf8_lossy(name).into_owned();
        if !loader::is_rule_file(&name) {
            continue;
        }
        let object = format!("{commit}:./{name}");
        let blob = git(folder, &["cat-file", "blob", &object].map(OsStr::new))?;
        files.extend(blob.map(|bytes| (name, bytes)));
    }
    Ok(files)
}

/// What git says in a folder; `None` if it fails.
fn git(folder: &Path, arguments: &[&OsStr]) -> Result<Option<Vec<u8>>, Failure> {
    let output = Command::new("git")
        .arg("-C")
        .arg(folder)
        .args(arguments)
        .output()
        .map_err(|error| {
            Failure::Message(format!("cannot run git, which revisions need: {error}"))
        })?;
    Ok(output.status.success().then_some(output.stdout))
}
