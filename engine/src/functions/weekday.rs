//! `weekday([zone])`: the day of the week.
//!
//! *What it does.* Gives the day of the week as ISO 8601 counts it, from 1 for Monday to 7 for Sunday,
//! at the clock of the evaluation. Without a zone it is UTC. The zone is written as text and is a name
//! of the IANA database, such as `"Europe/Berlin"`. An alert per key whose condition uses it is
//! evaluated at each midnight of the zone.
//!
//! *Missing and wrong values.* It is always known. An unknown zone is an error of the rule.
//!
//! *Examples.* `weekday()` of `{"timestamp":"2026-11-22T23:30:00Z"}` is `7`; see `EXAMPLES`.

use super::{Body, Clock, Example, Function, Takes, example};
use crate::check::Type;

pub(super) const FUNCTION: Function = Function {
    name: "weekday",
    signature: "weekday([zone])",
    summary: "Gives the day of the week, 1 for Monday to 7 for Sunday, in a time zone or in UTC.",
    takes: Takes::Zone,
    gives: Type::Number,
    body: Body::Clock(Clock::Weekday),
    examples: EXAMPLES,
};

const EXAMPLES: &[Example] = &[
    example("weekday()", r#"{"timestamp":"2026-11-22T23:30:00Z"}"#, "7"),
    example(
        "weekday('Europe/Berlin')",
        r#"{"timestamp":"2026-11-22T23:30:00Z"}"#,
        "1",
    ),
    example(
        "weekday() in 6..7",
        r#"{"timestamp":"2026-11-22T23:30:00Z"}"#,
        "true",
    ),
];
