//! Regular expressions: each is compiled once, however many rules use it.

use std::collections::HashMap;

use regex::{Regex, RegexBuilder};

/// The most memory a compiled regular expression may take, in bytes.
pub(crate) const MAX_REGEX: usize = 1 << 20;

/// Why a pattern is refused, and how to mend it.
type Refusal = (String, Option<String>);

/// What came of the patterns that were compiled so far, by their text.
#[derive(Default)]
pub(super) struct Patterns(HashMap<String, Result<Regex, Refusal>>);

impl Patterns {
    pub(super) fn compile(&mut self, pattern: &str) -> Result<Regex, Refusal> {
        if let Some(known) = self.0.get(pattern) {
            return known.clone();
        }
        let compiled = RegexBuilder::new(pattern).size_limit(MAX_REGEX).build();
        let outcome = compiled.map_err(|error| refusal(pattern, &error));
        self.0.insert(pattern.to_owned(), outcome.clone());
        outcome
    }
}

fn refusal(pattern: &str, error: &regex::Error) -> Refusal {
    match error {
        regex::Error::CompiledTooBig(limit) => {
            let classes = ["\\w", "\\d", "\\s", "\\b", "(?i"];
            let help = if classes.iter().any(|class| pattern.contains(class)) {
                "`\\w` and its kin know all of Unicode: write `[A-Za-z0-9_]` or `(?-u:\\w)`, or lower the repetitions"
            } else {
                "lower its repetitions"
            };
            let message = format!("the pattern compiles to more than {limit} bytes");
            (message, Some(help.to_owned()))
        }
        error => {
            // The message draws the pattern over several lines; the reason stands on the last one.
            let text = error.to_string();
            let reason = text.lines().last().unwrap_or_default();
            let reason = reason.trim_start_matches("error: ");
            let message = format!("the pattern is no regular expression: {reason}");
            (message, None)
        }
    }
}
