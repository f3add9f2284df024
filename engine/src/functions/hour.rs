//! `hour([zone])`: the hour of the clock.
//!
//! *What it does.* Gives the hour of the day, 0 to 23, at the clock of the evaluation: in an alert per
//! event the event's time, else the clock of the group. Without a zone it is UTC. The zone is written
//! as text and is a name of the IANA database, such as `"Europe/Berlin"`. An alert per key whose
//! condition uses it is evaluated at each full hour of the zone.
//!
//! *Missing and wrong values.* It is always known. An unknown zone is an error of the rule.
//!
//! *Examples.* `hour()` of `{"timestamp":"2026-03-29T00:59:59Z"}` is `0`; see `EXAMPLES`.

use super::{Body, Clock, Example, Function, Takes, example};
use crate::check::Type;

pub(super) const FUNCTION: Function = Function {
    name: "hour",
    signature: "hour([zone])",
    summary: "Gives the hour of the day, 0 to 23, in a time zone or in UTC.",
    takes: Takes::Zone,
    gives: Type::Number,
    body: Body::Clock(Clock::Hour),
    examples: EXAMPLES,
};

const EXAMPLES: &[Example] = &[
    example("hour()", r#"{"timestamp":"2026-03-29T00:59:59Z"}"#, "0"),
    example(
        "hour('Europe/Berlin')",
        r#"{"timestamp":"2026-03-29T00:59:59Z"}"#,
        "1",
    ),
    example(
        "hour('Europe/Berlin')",
        r#"{"timestamp":"2026-03-29T01:00:00Z"}"#,
        "3",
    ),
    example(
        "hour('Asia/Kolkata')",
        r#"{"timestamp":"2026-03-29T00:59:59Z"}"#,
        "6",
    ),
    example(
        "hour() in 22.. or hour() < 6",
        r#"{"timestamp":"2026-03-29T00:59:59Z"}"#,
        "true",
    ),
];
