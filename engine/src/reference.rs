//! The functions, aggregates and limits of the rule language as data, for its reference.

use tripline_grammar::print_duration;

use crate::aggregate::AGGREGATES;
use crate::check::{
    MAX_OFFSET, MAX_PANES, MAX_PARTS, MAX_REGEX, MAX_ROUTES, MAX_STATE, MAX_WINDOW,
};
use crate::functions::FUNCTIONS;
use crate::{MAX_EVENT_BYTES, MAX_EVENT_NESTING, MAX_RULE_FILE_BYTES};

/// A function of the rule language.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Function {
    /// Its name.
    pub name: &'static str,
    /// How it is written, such as `hour([zone])`.
    pub signature: &'static str,
    /// What it gives, in one sentence.
    pub summary: &'static str,
    /// What it gives for some events.
    pub examples: Vec<FunctionExample>,
}

/// What an expression gives for an event.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FunctionExample {
    /// The expression.
    pub expression: &'static str,
    /// The event: a JSON object.
    pub event: &'static str,
    /// The value as JSON, or `unknown`.
    pub result: &'static str,
}

/// An aggregate of the rule language.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Aggregate {
    /// Its name.
    pub name: &'static str,
    /// How it is written, without its window.
    pub signature: &'static str,
    /// What it gives, in one sentence.
    pub summary: &'static str,
    /// How far off it can be.
    pub error: &'static str,
    /// Values as a JSON list, and what they give, `?` being unknown.
    pub examples: &'static [(&'static str, &'static str)],
}

/// A word of the language that is no name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Keyword {
    /// The word, or the two that stand together.
    pub name: &'static str,
    /// What it is for, in one sentence.
    pub summary: &'static str,
}

/// Every keyword, in the order in which they are explained.
pub const KEYWORDS: [Keyword; 17] = [
    keyword("and", "Both conditions hold."),
    keyword("or", "One of the conditions holds."),
    keyword("not", "The condition is false."),
    keyword(
        "in",
        "The value is in a range `a..b`, in a list `[a, b]`, or in one of `lists:`.",
    ),
    keyword("contains", "The text contains another."),
    keyword("starts with", "The text begins with another."),
    keyword("ends with", "The text ends with another."),
    keyword("matches", "The text matches a regular expression."),
    keyword(
        "is",
        "The value is `missing`, or a `number`, `string`, `bool`, `list` or `object`; never unknown.",
    ),
    keyword(
        "where",
        "Counts only the events of which a condition holds: `avg(x where ok == true) over 5m`.",
    ),
    keyword("over", "A sliding window: `count() over 5m`."),
    keyword(
        "per",
        "A tumbling window, aligned to UTC: `count() per 1h`.",
    ),
    keyword(
        "every",
        "The steps of a sliding window: `over 1h every 1m`.",
    ),
    keyword(
        "offset",
        "A window that ended some time ago: `over 1h offset 1d`.",
    ),
    keyword("true", "The constant."),
    keyword("false", "The constant."),
    keyword("null", "The constant, as an item of a list only."),
];

const fn keyword(name: &'static str, summary: &'static str) -> Keyword {
    Keyword { name, summary }
}

/// A limit, past which a rule is an error and an event is rejected.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Limit {
    /// What is limited.
    pub what: &'static str,
    /// The most that is allowed.
    pub limit: String,
}

/// Gives every function, in the order in which they are explained.
pub fn functions() -> impl Iterator<Item = Function> {
    FUNCTIONS.iter().map(|function| Function {
        name: function.name,
        signature: function.signature,
        summary: function.summary,
        examples: function
            .examples
            .iter()
            .map(|example| FunctionExample {
                expression: example.expression,
                event: example.event,
                result: example.result,
            })
            .collect(),
    })
}

/// Gives every aggregate, in the order in which they are explained.
pub fn aggregates() -> impl Iterator<Item = Aggregate> {
    AGGREGATES.iter().map(|spec| Aggregate {
        name: spec.name,
        signature: spec.signature,
        summary: spec.summary,
        error: spec.error,
        examples: spec.examples,
    })
}

/// Gives the limits that an author may meet.
pub fn limits() -> Vec<Limit> {
    let limit = |what, limit| Limit { what, limit };
    let kib = |bytes: u64| match bytes {
        bytes if bytes >= 1 << 20 => format!("{} MiB", bytes >> 20),
        bytes => format!("{} KiB", bytes >> 10),
    };
    let bytes = |bytes: usize| kib(bytes as u64);
    vec![
        limit("a rule file", bytes(MAX_RULE_FILE_BYTES)),
        limit("an expression", bytes(tripline_grammar::MAX_LENGTH)),
        limit(
            "brackets and prefix operators within one another",
            tripline_grammar::MAX_NESTING.to_string(),
        ),
        limit(
            "elements of a list in an expression",
            tripline_grammar::MAX_LIST.to_string(),
        ),
        limit("a compiled `matches` pattern", bytes(MAX_REGEX)),
        limit("values of `by`", MAX_PARTS.to_string()),
        limit("a window", print_duration(MAX_WINDOW)),
        limit("panes of a window", MAX_PANES.to_string()),
        limit("`offset`", print_duration(MAX_OFFSET)),
        limit(
            "state of one key, in the worst case",
            kib(MAX_STATE.unsigned_abs()),
        ),
        limit("routes", MAX_ROUTES.to_string()),
        limit("an event", bytes(MAX_EVENT_BYTES)),
        limit(
            "lists and objects of an event within one another",
            MAX_EVENT_NESTING.to_string(),
        ),
    ]
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use tripline_grammar::RESERVED;

    use super::KEYWORDS;

    #[test]
    fn every_reserved_word_is_explained() {
        let first = KEYWORDS.iter().filter_map(|one| one.name.split(' ').next());
        let explained: BTreeSet<&str> = first.collect();
        assert_eq!(explained, RESERVED.into_iter().collect());
    }
}
