//! `round(number)`: the nearest whole number.
//!
//! *What it does.* Gives the whole number nearest to the number; halves go away from zero. It is an
//! integer if it fits 64 bits.
//!
//! *Missing and wrong values.* Unknown if the number is missing, and for what is no number.
//!
//! *Examples.* `round(data.x)` of `{"data":{"x":2.5}}` is `3`; see `EXAMPLES`.

use super::{Body, Example, Function, Parameter, Takes, example};
use crate::check::Type;
use crate::event::Datum;

pub(super) const FUNCTION: Function = Function {
    name: "round",
    signature: "round(number)",
    summary: "Gives the whole number nearest to the number, halves away from zero.",
    takes: Takes::These(&[Parameter::Number]),
    gives: Type::Number,
    body: Body::One(round),
    examples: EXAMPLES,
};

const EXAMPLES: &[Example] = &[
    example("round(data.x)", r#"{"data":{"x":2.5}}"#, "3"),
    example("round(data.x)", r#"{"data":{"x":-2.5}}"#, "-3"),
    example("round(data.x)", r#"{"data":{"x":2.4999}}"#, "2"),
    example(
        "round(data.x)",
        r#"{"data":{"x":9007199254740993}}"#,
        "9007199254740993",
    ),
    example(
        "round(data.x * 100) / 100",
        r#"{"data":{"x":1.234}}"#,
        "1.23",
    ),
    example("round(data.x) == data.x", r#"{"data":{"x":1e300}}"#, "true"),
    example("round(data.x)", r#"{"data":{"x":"2.5"}}"#, "unknown"),
    example("round(data.x)", "{}", "unknown"),
];

fn round(value: Datum<'_>) -> Datum<'_> {
    match value {
        Datum::Number(number) => Datum::Number(number.to_whole(f64::round)),
        _ => Datum::Unread,
    }
}
