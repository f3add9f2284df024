use std::collections::BTreeMap;

use super::LINTS;
use crate::check::LintLevels;
use crate::diagnostic::{CODES, Severity, nearest};

/// Which lints are reported, and as what.
#[derive(Debug, Clone, Default)]
pub struct Levels(BTreeMap<&'static str, Option<Severity>>);

/// A name that is no lint's.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unlisted {
    /// The name.
    pub name: String,
    /// The nearest lint, if any is near.
    pub near: Option<&'static str>,
    /// Whether it names an error of the compiler, which no setting changes.
    pub is_error: bool,
}

impl Levels {
    /// The defaults of the lints, changed by the settings.
    #[must_use]
    pub fn new(settings: &LintLevels) -> Levels {
        let mut levels = Levels(
            LINTS
                .iter()
                .map(|lint| (lint.code.id, lint.severity))
                .collect(),
        );
        // What the settings name and is no lint is a finding of `unknown-lint`.
        for id in settings.allow.keys() {
            let _ = levels.allow(id);
        }
        for id in settings.deny.keys() {
            let _ = levels.deny(id);
        }
        levels
    }

    /// Leaves out what a lint finds; it is named by its id or code.
    ///
    /// # Errors
    ///
    /// If there is no such lint.
    pub fn allow(&mut self, name: &str) -> Result<(), Unlisted> {
        self.0.insert(find(name)?, None);
        Ok(())
    }

    /// Makes what a lint finds an error; it is named by its id or code.
    ///
    /// # Errors
    ///
    /// If there is no such lint.
    pub fn deny(&mut self, name: &str) -> Result<(), Unlisted> {
        self.0.insert(find(name)?, Some(Severity::Error));
        Ok(())
    }

    pub(super) fn severity(&self, id: &str) -> Option<Severity> {
        self.0.get(id).copied().flatten()
    }
}

/// The id of a lint, by its id or code.
pub(super) fn find(name: &str) -> Result<&'static str, Unlisted> {
    let codes = || LINTS.iter().map(|lint| lint.code);
    if let Some(found) =
        codes().find(|code| code.id == name || code.code.eq_ignore_ascii_case(name))
    {
        return Ok(found.id);
    }
    Err(Unlisted {
        name: name.to_owned(),
        near: nearest(name, codes().map(|code| code.id)),
        is_error: CODES
            .iter()
            .any(|code| code.id == name || code.code.eq_ignore_ascii_case(name)),
    })
}
