//! Regular expressions: each is compiled once, however many rules use it.

use std::collections::HashMap;

use regex::{Regex, RegexBuilder};

/// The most memory a compiled regular expression may take, in bytes.
pub(crate) const MAX_REGEX: usize = 1 << 20;
/// The most that all of them may take together, in bytes.
const MAX_TOGETHER: usize = 256 << 20;
/// What the smallest one is taken to need, in bytes.
const MIN_REGEX: usize = 4 << 10;

/// Why a pattern is refused, and how to mend it.
type Refusal = (String, Option<String>);

/// What came of the patterns that were compiled so far, by their text.
#[derive(Default)]
pub(super) struct Patterns {
    known: HashMap<String, Result<Regex, Refusal>>,
    /// How much memory they take at most; those that are refused count for the time they took.
    bytes: usize,
}

impl Patterns {
    pub(super) fn compile(&mut self, pattern: &str) -> Result<Regex, Refusal> {
        if let Some(known) = self.known.get(pattern) {
            return known.clone();
        }
        if self.bytes >= MAX_TOGETHER {
            let mebibytes = MAX_TOGETHER >> 20;
            let message = format!("the patterns of all rules take more than {mebibytes} MiB");
            let help = "write fewer or simpler ones; a list takes far less: `in [\"a\", \"b\"]`";
            return Err((message, Some(help.to_owned())));
        }
        let (compiled, bytes) = build(pattern);
        // A refused one takes no memory, but by far the most time.
        self.bytes += if compiled.is_ok() { bytes } else { 4 * bytes };
        let outcome = compiled.map_err(|error| refusal(pattern, &error));
        self.known.insert(pattern.to_owned(), outcome.clone());
        outcome
    }
}

/// Compiles a pattern, and says within how many bytes.
///
/// The size of a compiled pattern cannot be asked for, so it is tried what it fits.
fn build(pattern: &str) -> (Result<Regex, regex::Error>, usize) {
    let mut limit = MIN_REGEX;
    loop {
        match RegexBuilder::new(pattern).size_limit(limit).build() {
            Err(regex::Error::CompiledTooBig(_)) if limit < MAX_REGEX => limit *= 2,
            outcome => return (outcome, limit),
        }
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

#[cfg(test)]
mod tests {
    use super::{MAX_REGEX, MAX_TOGETHER, MIN_REGEX, Patterns, build};

    #[test]
    fn a_pattern_is_taken_to_need_what_it_fits() {
        assert_eq!(build("^a+b$").1, MIN_REGEX);
        let (words, needs) = build(r"\w{3}");
        assert!(
            words.is_ok() && needs > MIN_REGEX && needs < MAX_REGEX,
            "{needs}"
        );
        let (huge, needs) = build("((a{100}){100}){100}");
        assert!(huge.is_err());
        assert_eq!(needs, MAX_REGEX);
    }

    #[test]
    fn what_all_patterns_take_is_bounded() {
        let mut patterns = Patterns::default();
        assert!(patterns.compile("a").is_ok());
        patterns.bytes = MAX_TOGETHER;
        assert!(patterns.compile("a").is_ok(), "it is known");
        let refusal = patterns.compile("b").err();
        assert_eq!(
            refusal.map(|(message, _)| message).as_deref(),
            Some("the patterns of all rules take more than 256 MiB")
        );
    }
}
