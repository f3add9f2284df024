//! What is wrong with rule files, as data; drawing it is elsewhere.

use std::fmt;
use std::ops::Range;

use serde::Serialize;

/// How bad a finding is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// Worth knowing.
    Info,
    /// Likely a mistake.
    Warning,
    /// The rules do not compile.
    Error,
}

impl fmt::Display for Severity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Severity::Info => "info",
            Severity::Warning => "warning",
            Severity::Error => "error",
        })
    }
}

/// One finding in the rule files.
#[derive(Debug, Clone)]
pub struct Diagnostic {
    /// Its stable code, such as `E1101`.
    pub code: &'static str,
    /// Its stable name, such as `unknown-key`.
    pub id: &'static str,
    /// How bad it is.
    pub severity: Severity,
    /// What is wrong, in one line.
    pub message: String,
    /// Where it is: the primary place first; empty only if there is none.
    pub labels: Vec<Label>,
    /// How to mend it.
    pub help: Option<String>,
    /// The alert it is about.
    pub alert: Option<String>,
    /// Edits that mend it without changing what the rules mean; empty if there are none.
    pub fix: Vec<Edit>,
}

/// Bytes of a file to be replaced.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Edit {
    /// Index of the file among those that were checked.
    pub file: usize,
    /// Start of the bytes.
    pub start: usize,
    /// End of the bytes.
    pub end: usize,
    /// What is to stand there.
    pub text: String,
}

/// A place that a diagnostic points at.
#[derive(Debug, Clone)]
pub struct Label {
    /// Index of the file among those that were checked.
    pub file: usize,
    /// The bytes.
    pub range: Range<usize>,
    /// What is to be said of them; may be empty.
    pub text: String,
}

/// The class of a diagnostic: its code and name never change and are never used again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Code {
    /// `E` or, for a lint, `W` and four digits.
    pub code: &'static str,
    /// A name in kebab-case.
    pub id: &'static str,
}

macro_rules! codes {
    ($($constant:ident = $code:literal $id:literal,)*) => {
        $(pub(crate) const $constant: Code = Code { code: $code, id: $id };)*
        /// Every code, in order.
        pub const CODES: &[Code] = &[$($constant,)*];
    };
}

// E10: the file and its YAML. E11: keys and values. E12: names and types in expressions.
// E13: the syntax of expressions. E14: windows. E15: alerts. E16: silences and routes.
// E17: aggregates. E18: stored state. E19: tests of rules.
codes! {
    UNREADABLE_FILE = "E1001" "unreadable-file",
    FILE_TOO_LARGE = "E1002" "file-too-large",
    YAML_SYNTAX = "E1003" "yaml-syntax",
    DUPLICATE_KEY = "E1004" "duplicate-key",
    BAD_KEY = "E1005" "bad-key",
    UNKNOWN_ALIAS = "E1006" "unknown-alias",
    ALIAS_BUDGET = "E1007" "alias-budget",
    RECURSIVE_ALIAS = "E1008" "recursive-alias",
    SEVERAL_DOCUMENTS = "E1009" "several-documents",
    YAML_TOO_DEEP = "E1010" "yaml-too-deep",
    MERGE_KEY = "E1011" "merge-key",
    YAML_TAG = "E1012" "yaml-tag",
    MISPLACED_SETTINGS = "E1013" "misplaced-settings",
    UNKNOWN_KEY = "E1101" "unknown-key",
    WRONG_TYPE = "E1102" "wrong-type",
    MISSING_KEY = "E1103" "missing-key",
    BAD_NAME = "E1104" "bad-name",
    DUPLICATE_ALERT = "E1105" "duplicate-alert",
    BAD_VALUE = "E1106" "bad-value",
    DUPLICATE_LIST = "E1111" "duplicate-list",
    UNKNOWN_FUNCTION = "E1201" "unknown-function",
    WRONG_ARITY = "E1202" "wrong-arity",
    UNKNOWN_FIELD = "E1203" "unknown-field",
    TYPE_MISMATCH = "E1204" "type-mismatch",
    NOT_A_CONDITION = "E1205" "not-a-condition",
    BAD_REGEX = "E1206" "bad-regex",
    NOT_IN_ENUM = "E1207" "not-in-enum",
    UNKNOWN_ZONE = "E1211" "unknown-zone",
    BAD_NETWORK = "E1212" "bad-network",
    BAD_ARGUMENT = "E1213" "bad-argument",
    EXPRESSION_TOO_LONG = "E1301" "expression-too-long",
    EXPRESSION_TOO_DEEP = "E1302" "expression-too-deep",
    UNCLOSED = "E1303" "unclosed",
    UNEXPECTED = "E1304" "unexpected",
    BAD_ESCAPE = "E1305" "bad-escape",
    BAD_NUMBER = "E1306" "bad-number",
    BAD_DURATION = "E1307" "bad-duration",
    CHAINED_COMPARISON = "E1308" "chained-comparison",
    HYPHENATED_NAME = "E1309" "hyphenated-name",
    MISPLACED_NULL = "E1310" "misplaced-null",
    MISPLACED_COMMENT = "E1311" "misplaced-comment",
    AGGREGATE_WITHOUT_WINDOW = "E1401" "aggregate-without-window",
    NESTED_AGGREGATE = "E1402" "nested-aggregate",
    WINDOW_OUT_OF_RANGE = "E1403" "window-out-of-range",
    MISPLACED_WINDOW = "E1404" "misplaced-window",
    STATE_TOO_LARGE = "E1405" "state-too-large",
    UNEVEN_PANE = "E1406" "uneven-pane",
    UNEVEN_OFFSET = "E1407" "uneven-offset",
    BAD_PERCENTILE = "E1408" "bad-percentile",
    BAD_TEMPLATE = "E1501" "bad-template",
    FORGET_TOO_SHORT = "E1502" "forget-too-short",
    REPEAT_TOO_SHORT = "E1503" "repeat-too-short",
    DUPLICATE_SILENCE = "E1601" "duplicate-silence",
    UNROUTED_ALERT = "E1602" "unrouted-alert",
    BAD_VARIABLE = "E1603" "bad-variable",
    NOT_AN_AGGREGATE = "E1701" "not-an-aggregate",
    DUPLICATE_AGGREGATE = "E1702" "duplicate-aggregate",
    STATE_RESTARTS = "E1801" "state-restarts",
    STATE_REMOVED = "E1802" "state-removed",
    UNKNOWN_TESTED_RULE = "E1901" "unknown-tested-rule",
    DUPLICATE_TEST = "E1902" "duplicate-test",
    TOO_MANY_TEST_EVENTS = "E1903" "too-many-test-events",
    MISTYPED_EVENT_KEY = "E1904" "mistyped-event-key",
}

impl Code {
    pub(crate) fn error(self, message: impl Into<String>) -> Diagnostic {
        self.diagnostic(Severity::Error, message.into())
    }

    pub(crate) fn info(self, message: impl Into<String>) -> Diagnostic {
        self.diagnostic(Severity::Info, message.into())
    }

    pub(crate) fn diagnostic(self, severity: Severity, message: String) -> Diagnostic {
        Diagnostic {
            code: self.code,
            id: self.id,
            severity,
            message,
            labels: Vec::new(),
            help: None,
            alert: None,
            fix: Vec::new(),
        }
    }
}

impl Diagnostic {
    pub(crate) fn at(mut self, file: usize, range: Range<usize>, text: impl Into<String>) -> Self {
        self.labels.push(Label {
            file,
            range,
            text: text.into(),
        });
        self
    }

    pub(crate) fn help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(help.into());
        self
    }
}

/// The known name nearest to one that is not known, if any is near enough to be meant.
pub fn nearest<'a>(unknown: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    // A longer one is no slip of the fingers, and comparing texts takes the product of their lengths.
    const LONGEST: usize = 64;
    let wanted = Some(unknown)
        .filter(|unknown| unknown.len() <= LONGEST)?
        .to_lowercase();
    known
        .into_iter()
        .filter(|name| name.len() <= 2 * LONGEST)
        .map(|name| (strsim::jaro_winkler(&wanted, &name.to_lowercase()), name))
        .filter(|(score, _)| *score > 0.78)
        .max_by(|a, b| a.0.total_cmp(&b.0))
        .map(|(_, name)| name)
}

#[cfg(test)]
mod tests {
    use super::CODES;

    #[test]
    fn codes_and_ids_are_unique_and_in_order() {
        assert!(CODES.windows(2).all(|pair| pair[0].code < pair[1].code));
        let mut ids: Vec<_> = CODES.iter().map(|code| code.id).collect();
        ids.sort_unstable();
        ids.dedup();
        assert_eq!(ids.len(), CODES.len());
    }
}
