//! `floor(number)`: the whole number below.
//!
//! *What it does.* Gives the greatest whole number that is not greater than the number. It is an
//! integer if it fits 64 bits.
//!
//! *Missing and wrong values.* Unknown if the number is missing, and for what is no number.
//!
//! *Examples.* `floor(data.x)` of `{"data":{"x":2.9}}` is `2`; see `EXAMPLES`.

use super::{Body, Example, Function, Parameter, Takes, example};
use crate::check::Type;
use crate::event::Datum;

pub(super) const FUNCTION: Function = Function {
    name: "floor",
    signature: "floor(number)",
    summary: "Gives the greatest whole number that is not greater than the number.",
    takes: Takes::These(&[Parameter::Number]),
    gives: Type::Number,
    body: Body::One(floor),
    examples: EXAMPLES,
};

const EXAMPLES: &[Example] = &[
    example("floor(data.x)", r#"{"data":{"x":2.9}}"#, "2"),
    example("floor(data.x)", r#"{"data":{"x":-2.1}}"#, "-3"),
    example(
        "floor(data.x)",
        r#"{"data":{"x":9007199254740993}}"#,
        "9007199254740993",
    ),
    example("floor(data.x) == data.x", r#"{"data":{"x":1e300}}"#, "true"),
    example("floor(data.x)", r#"{"data":{"x":"2.5"}}"#, "unknown"),
    example("floor(data.x)", "{}", "unknown"),
];

fn floor(value: Datum<'_>) -> Datum<'_> {
    match value {
        Datum::Number(number) => Datum::Number(number.to_whole(f64::floor)),
        _ => Datum::Unread,
    }
}
