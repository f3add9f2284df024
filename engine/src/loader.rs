//! The one place of this crate that touches the file system: it reads rule files, and decides nothing.
#![allow(clippy::disallowed_methods)]

use std::fmt;
use std::fs::File;
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use crate::source::{RawFile, SETTINGS};

/// A rule file or folder that could not be read.
#[derive(Debug)]
pub struct LoadError {
    path: PathBuf,
    error: io::Error,
}

impl fmt::Display for LoadError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "cannot read the rules in {}: {}",
            self.path.display(),
            self.error
        )?;
        if self.error.kind() == io::ErrorKind::NotFound {
            write!(f, " (name the folder of your rule files with --rules)")?;
        }
        Ok(())
    }
}

impl std::error::Error for LoadError {}

/// Reads every `*.yaml` and `*.yml` beneath `folder` in path order, but not `*.test.yaml`.
///
/// A file is read up to one byte past the size limit; the check refuses it then. Hidden files and
/// folders are passed over, and links to folders are not followed.
pub fn read_rules(folder: &Path) -> Result<Vec<RawFile>, LoadError> {
    let paths = collected(folder, |name| !is_test(name))?;
    let is_settings = |path: &Path| {
        let name = path.strip_prefix(folder).ok().and_then(Path::to_str);
        name.is_some_and(|name| SETTINGS.contains(&name))
    };
    let read = |path: &PathBuf| read(path, is_settings(path));
    paths.iter().map(read).collect()
}

/// Reads every `*.test.yaml` and `*.test.yml` beneath `folder` in path order, as [`read_rules`] does the others.
///
/// # Errors
///
/// If the folder or a file cannot be read.
pub fn read_tests(folder: &Path) -> Result<Vec<RawFile>, LoadError> {
    let paths = collected(folder, is_test)?;
    paths.iter().map(|path| read(path, false)).collect()
}

/// Whether the name of a file, from the folder of the rules on, is that of the settings.
pub fn is_settings(name: &str) -> bool {
    SETTINGS.contains(&name)
}

/// Whether the name of a file is that of a rule file or of the settings.
pub fn is_rule_file(name: &str) -> bool {
    let mut folders = name.split('/');
    is_yaml(name) && !is_test(name) && !folders.any(|part| part.starts_with('.'))
}

fn is_yaml(name: &str) -> bool {
    name.ends_with(".yaml") || name.ends_with(".yml")
}

fn is_test(name: &str) -> bool {
    name.ends_with(".test.yaml") || name.ends_with(".test.yml")
}

fn collected(folder: &Path, wanted: fn(&str) -> bool) -> Result<Vec<PathBuf>, LoadError> {
    let mut paths = Vec::new();
    collect(folder, wanted, &mut paths)?;
    paths.sort();
    Ok(paths)
}

fn collect(
    folder: &Path,
    wanted: fn(&str) -> bool,
    paths: &mut Vec<PathBuf>,
) -> Result<(), LoadError> {
    let fail = |error| LoadError {
        path: folder.to_owned(),
        error,
    };
    for entry in std::fs::read_dir(folder).map_err(fail)? {
        let entry = entry.map_err(fail)?;
        let path = entry.path();
        let name = entry.file_name().to_string_lossy().into_owned();
        if name.starts_with('.') {
            continue;
        }
        if entry.file_type().map_err(fail)?.is_dir() {
            collect(&path, wanted, paths)?;
        } else if is_yaml(&name) && wanted(&name) {
            paths.push(path);
        }
    }
    Ok(())
}

fn read(path: &Path, settings: bool) -> Result<RawFile, LoadError> {
    let limit = crate::MAX_RULE_FILE_BYTES as u64 + 1;
    let mut bytes = Vec::new();
    // A pipe would be waited for.
    let is_file = |metadata: std::fs::Metadata| match metadata.is_file() {
        true => Ok(metadata.len().min(limit) as usize),
        false => Err(io::Error::other("it is no file")),
    };
    std::fs::metadata(path)
        .and_then(is_file)
        .and_then(|length| {
            bytes.reserve_exact(length);
            File::open(path)?.take(limit).read_to_end(&mut bytes)
        })
        .map_err(|error| LoadError {
            path: path.to_owned(),
            error,
        })?;
    Ok(RawFile {
        name: path.display().to_string(),
        bytes,
        settings,
    })
}
