//! `date([zone])`: the day of the calendar.
//!
//! *What it does.* Gives the date as text such as `2026-11-23`, at the clock of the evaluation; dates
//! compare as text does. Without a zone it is UTC. The zone is written as text and is a name of the
//! IANA database, such as `"Europe/Berlin"`. An alert per key whose condition uses it is evaluated at
//! each midnight of the zone.
//!
//! *Missing and wrong values.* It is always known. An unknown zone is an error of the rule.
//!
//! *Examples.* `date()` of `{"timestamp":"2026-11-22T23:30:00Z"}` is `"2026-11-22"`; see `EXAMPLES`.

use super::{Body, Clock, Example, Function, Takes, example};
use crate::check::Type;

pub(super) const FUNCTION: Function = Function {
    name: "date",
    signature: "date([zone])",
    summary: "Gives the date as text such as `2026-11-23`, in a time zone or in UTC.",
    takes: Takes::Zone,
    gives: Type::Text,
    body: Body::Clock(Clock::Date),
    examples: EXAMPLES,
};

const EXAMPLES: &[Example] = &[
    example(
        "date()",
        r#"{"timestamp":"2026-11-22T23:30:00Z"}"#,
        r#""2026-11-22""#,
    ),
    example(
        "date('Asia/Tokyo')",
        r#"{"timestamp":"2026-11-22T23:30:00Z"}"#,
        r#""2026-11-23""#,
    ),
    example(
        "date() in ['2026-12-25', '2026-12-26']",
        r#"{"timestamp":"2026-12-25T08:00:00Z"}"#,
        "true",
    ),
];
