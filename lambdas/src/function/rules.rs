//! The rules of a function: those it was built with, or those in a folder.

use std::fmt;
use std::path::Path;

use tripline_engine::loader;
use tripline_engine::{Program, RawFile, Severity, check};

use crate::drawing::Drawing;

/// The files that the build script found without errors: their names, their text, and whether they are settings.
const EMBEDDED: &[(&str, &str, bool)] = include!(concat!(env!("OUT_DIR"), "/rules.rs"));

/// Rules that a function does not start with.
#[derive(Debug)]
pub struct BadRules(String);

impl fmt::Display for BadRules {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for BadRules {}

/// Compiles the embedded rules, or those in a folder instead.
///
/// # Errors
///
/// With drawn diagnostics, if there are errors in them; and if the folder cannot be read.
pub fn program(folder: Option<&str>) -> Result<Program, BadRules> {
    let files = match folder {
        None => embedded(),
        Some(folder) => {
            let files = loader::read_rules(Path::new(folder));
            files.map_err(|error| BadRules(format!("RULES_DIR: {error}")))?
        }
    };
    let checked = check(files);
    if let Some(program) = checked.program {
        return Ok(program);
    }
    let drawing = Drawing::new(&checked.files, false);
    let errors = checked.diagnostics.iter();
    let errors = errors.filter(|one| one.severity == Severity::Error);
    let drawn: String = errors.map(|one| drawing.draw(one)).collect();
    Err(BadRules(format!("the rules have errors\n\n{drawn}")))
}

fn embedded() -> Vec<RawFile> {
    let files = EMBEDDED.iter().map(|(name, text, settings)| RawFile {
        name: (*name).to_owned(),
        bytes: text.as_bytes().to_vec(),
        settings: *settings,
    });
    files.collect()
}
