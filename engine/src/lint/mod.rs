//! Lints: what compiles and is likely a mistake all the same.
//!
//! Each lint is a value of [`Lint`] in a file of its own or of a tight family, listed in [`LINTS`]; its page stands in `pages/`,
//! its cases in `tests/corpus/lint/`. Linting is a step of its own after checking, which only `tripline check` takes. It works
//! on the trees that checking keeps, through the view of [`rules::Rules`].

mod across;
mod expression;
mod file;
mod findings;
mod key;
mod levels;
mod life;
mod logic;
mod metadata;
mod registry;
mod rules;
mod suppression;
mod testing;
pub(crate) mod walk;
mod window;
mod written;

pub use levels::{Levels, Unlisted};
pub use registry::LINTS;
pub(crate) use testing::Tested;
pub(crate) use written::{Reads, Use, Written, reads, written};

use crate::check::Checked;
use crate::diagnostic::{Code, Diagnostic, Severity};
use crate::time::Time;
use findings::Findings;
use rules::Rules;

/// A check of rules that compile.
#[derive(Debug)]
pub struct Lint {
    /// Its code, `W` and four digits, and its id.
    pub code: Code,
    /// How bad its findings are; `None` if it is off until it is denied.
    pub severity: Option<Severity>,
    /// What it is about.
    pub family: Family,
    run: fn(&Rules<'_>, &mut Findings),
}

/// What lints are about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Family {
    /// Files, lists and comments.
    File,
    /// What conditions say.
    Expression,
    /// Windows and their statistics.
    Window,
    /// Keys and what they cost.
    Key,
    /// How alerts begin, go on, end and are told.
    LifeCycle,
    /// What people read.
    Metadata,
    /// Several rules together.
    Across,
    /// What tests show of rules.
    Tests,
}

impl Family {
    /// Names the family as a heading does.
    #[must_use]
    pub fn title(self) -> &'static str {
        match self {
            Family::File => "Files",
            Family::Expression => "Expressions",
            Family::Window => "Windows",
            Family::Key => "Keys and state",
            Family::LifeCycle => "Life cycle",
            Family::Metadata => "Metadata",
            Family::Across => "Across rules",
            Family::Tests => "Tests",
        }
    }
}

impl Lint {
    const fn new(
        code: &'static str,
        id: &'static str,
        severity: Severity,
        family: Family,
        run: fn(&Rules<'_>, &mut Findings),
    ) -> Lint {
        Lint {
            code: Code { code, id },
            severity: Some(severity),
            family,
            run,
        }
    }

    /// The same lint, off until it is denied.
    const fn off(self) -> Lint {
        Lint {
            severity: None,
            ..self
        }
    }
}

impl Checked {
    /// Runs the lints over what was checked, and adds what they find to the diagnostics.
    ///
    /// `today` is what dates in suppressions and silences are compared with. Alerts that have errors are left out, and
    /// notes are where the rules do not compile.
    pub fn lint(&mut self, levels: &Levels, today: Time) {
        let rules = Rules::new(self, today);
        let mut found: Vec<Diagnostic> = Vec::new();
        for lint in LINTS {
            let mut findings = Findings::new(lint);
            (lint.run)(&rules, &mut findings);
            found.append(&mut findings.list);
        }
        let mut found = suppression::apply(&rules, found, today);
        let compiles = self.program.is_some();
        found.retain_mut(|one| match levels.severity(one.id) {
            Some(severity) => {
                one.severity = severity;
                compiles || severity > Severity::Info
            }
            None => false,
        });
        drop(rules);
        self.diagnostics.extend(found);
        self.diagnostics.sort_by(|a, b| {
            let place = |one: &Diagnostic| {
                let first = one.labels.first();
                first.map(|label| (label.file, label.range.start, label.range.end))
            };
            place(a).cmp(&place(b))
        });
    }
}

#[cfg(test)]
mod tests;
