//! `min(number, number, …)`: the least of some numbers.
//!
//! *What it does.* Gives the least of two or more numbers. With one argument and a window, `min` is the
//! aggregate of that name.
//!
//! *Missing and wrong values.* Unknown if any of the numbers is missing or is no number: `??` says what
//! to take instead.
//!
//! *Examples.* `min(data.a, data.b)` of `{"data":{"a":-1.5,"b":3}}` is `-1.5`; see `EXAMPLES`.

use std::cmp::Ordering;

use super::{Body, Example, Function, Parameter, Takes, example};
use crate::check::Type;
use crate::event::Datum;

pub(super) const FUNCTION: Function = Function {
    name: "min",
    signature: "min(number, number, …)",
    summary: "Gives the least of two or more numbers.",
    takes: Takes::Several(Parameter::Number),
    gives: Type::Number,
    body: Body::Many(min),
    examples: EXAMPLES,
};

const EXAMPLES: &[Example] = &[
    example(
        "min(data.a, data.b)",
        r#"{"data":{"a":-1.5,"b":3}}"#,
        "-1.5",
    ),
    example(
        "min(data.a, 7, data.b)",
        r#"{"data":{"a":9007199254740993,"b":9007199254740992.0}}"#,
        "7",
    ),
    example("min(data.a, data.b ?? 0)", r#"{"data":{"a":5}}"#, "0"),
    example("min(data.a, data.b)", r#"{"data":{"a":5}}"#, "unknown"),
    example(
        "min(data.a, data.b)",
        r#"{"data":{"a":5,"b":"6"}}"#,
        "unknown",
    ),
];

fn min(values: Vec<Datum<'_>>) -> Datum<'_> {
    let mut extreme = None;
    for value in values {
        let Datum::Number(number) = value else {
            return Datum::Unread;
        };
        extreme = match extreme {
            Some(held) if number.compare(held) != Ordering::Less => Some(held),
            _ => Some(number),
        };
    }
    extreme.map_or(Datum::Unread, Datum::Number)
}
