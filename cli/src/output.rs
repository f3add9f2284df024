//! Files and streams that rows are written to.

use std::fs::File;
use std::io::{self, BufWriter, Write};
use std::path::Path;

use serde::Serialize;

use crate::failure::Failure;

/// Gives a file that is there another text.
///
/// # Errors
///
/// If it cannot be written. A name that is not UTF-8 is known with other signs, and no file of that name is to come into being.
pub(crate) fn rewrite(name: &str, text: &str) -> Result<(), Failure> {
    let path = Path::new(name);
    let file = File::options().write(true).truncate(true).open(path);
    file.and_then(|mut file| file.write_all(text.as_bytes()))
        .map_err(|error| Failure::path("write", path, &error))
}

/// Something to write rows to, with a name for error messages.
pub(crate) struct Output {
    name: String,
    writer: Box<dyn Write>,
}

impl Output {
    /// Standard output; `None` or `-` on the command line.
    pub(crate) fn stdout() -> Self {
        Self {
            name: "to standard output".to_owned(),
            writer: Box::new(BufWriter::new(io::stdout().lock())),
        }
    }

    /// Creates a file, or empties it.
    pub(crate) fn create(path: &Path) -> Result<Self, Failure> {
        if path.as_os_str() == "-" {
            return Ok(Self::stdout());
        }
        let file = File::create(path).map_err(|error| Failure::path("create", path, &error))?;
        let name = path.display().to_string();
        Ok(Self {
            name,
            writer: Box::new(BufWriter::with_capacity(64 * 1024, file)),
        })
    }

    /// Creates a file, or adds to it.
    #[cfg(feature = "aws")]
    pub(crate) fn append(path: &Path) -> Result<Self, Failure> {
        let file = File::options().create(true).append(true).open(path);
        let file = file.map_err(|error| Failure::path("write", path, &error))?;
        Ok(Self {
            name: path.display().to_string(),
            writer: Box::new(BufWriter::new(file)),
        })
    }

    /// Writes one JSON object on a line of its own.
    pub(crate) fn row(&mut self, row: &impl Serialize) -> Result<(), Failure> {
        serde_json::to_writer(&mut self.writer, row)
            .map_err(|error| Failure::write(&self.name, &error.into()))?;
        self.write(b"\n")
    }

    pub(crate) fn write(&mut self, bytes: &[u8]) -> Result<(), Failure> {
        self.writer
            .write_all(bytes)
            .map_err(|error| Failure::write(&self.name, &error))
    }

    pub(crate) fn flush(&mut self) -> Result<(), Failure> {
        self.writer
            .flush()
            .map_err(|error| Failure::write(&self.name, &error))
    }
}

/// Whether two paths name one file, which need not be there yet.
pub(crate) fn is_same(a: &Path, b: &Path) -> bool {
    let place = |path: &Path| {
        path.canonicalize().or_else(|error| {
            let folder = path
                .parent()
                .filter(|folder| !folder.as_os_str().is_empty());
            let folder = folder.unwrap_or(Path::new(".")).canonicalize()?;
            Ok::<_, io::Error>(folder.join(path.file_name().ok_or(error)?))
        })
    };
    a == b || matches!((place(a), place(b)), (Ok(a), Ok(b)) if a == b)
}

/// Refuses to write over a file that is also read.
pub(crate) fn refuse_overwrite<'a>(
    output: &Path,
    mut inputs: impl Iterator<Item = &'a Path>,
) -> Result<(), Failure> {
    let Ok(output_path) = output.canonicalize() else {
        return Ok(());
    };
    if inputs.any(|input| input.canonicalize().is_ok_and(|input| input == output_path))
        && output_path.is_file()
    {
        return Err(Failure::Message(format!(
            "{} is read as events: write to another file",
            output.display()
        )));
    }
    Ok(())
}
