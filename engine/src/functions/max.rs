//! `max(number, number, …)`: the greatest of some numbers.
//!
//! *What it does.* Gives the greatest of two or more numbers. With one argument and a window, `max` is
//! the aggregate of that name.
//!
//! *Missing and wrong values.* Unknown if any of the numbers is missing or is no number: `??` says what
//! to take instead.
//!
//! *Examples.* `max(data.a, data.b)` of `{"data":{"a":-1.5,"b":3}}` is `3`; see `EXAMPLES`.

use std::cmp::Ordering;

use super::{Body, Example, Function, Parameter, Takes, example};
use crate::check::Type;
use crate::event::Datum;

pub(super) const FUNCTION: Function = Function {
    name: "max",
    signature: "max(number, number, …)",
    summary: "Gives the greatest of two or more numbers.",
    takes: Takes::Several(Parameter::Number),
    gives: Type::Number,
    body: Body::Many(max),
    examples: EXAMPLES,
};

const EXAMPLES: &[Example] = &[
    example("max(data.a, data.b)", r#"{"data":{"a":-1.5,"b":3}}"#, "3"),
    example(
        "max(data.a, 7, data.b)",
        r#"{"data":{"a":9007199254740993,"b":9007199254740992.0}}"#,
        "9007199254740993",
    ),
    example("max(data.a, data.b ?? 0)", r#"{"data":{"a":5}}"#, "5"),
    example("max(data.a, data.b)", r#"{"data":{"a":5}}"#, "unknown"),
    example(
        "max(data.a, data.b)",
        r#"{"data":{"a":5,"b":"6"}}"#,
        "unknown",
    ),
];

fn max(values: Vec<Datum<'_>>) -> Datum<'_> {
    let mut extreme = None;
    for value in values {
        let Datum::Number(number) = value else {
            return Datum::Unread;
        };
        extreme = match extreme {
            Some(held) if number.compare(held) != Ordering::Greater => Some(held),
            _ => Some(number),
        };
    }
    extreme.map_or(Datum::Unread, Datum::Number)
}
