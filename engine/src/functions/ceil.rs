//! `ceil(number)`: the whole number above.
//!
//! *What it does.* Gives the least whole number that is not less than the number. It is an integer if
//! it fits 64 bits.
//!
//! *Missing and wrong values.* Unknown if the number is missing, and for what is no number.
//!
//! *Examples.* `ceil(data.x)` of `{"data":{"x":2.1}}` is `3`; see `EXAMPLES`.

use super::{Body, Example, Function, Parameter, Takes, example};
use crate::check::Type;
use crate::event::Datum;

pub(super) const FUNCTION: Function = Function {
    name: "ceil",
    signature: "ceil(number)",
    summary: "Gives the least whole number that is not less than the number.",
    takes: Takes::These(&[Parameter::Number]),
    gives: Type::Number,
    body: Body::One(ceil),
    examples: EXAMPLES,
};

const EXAMPLES: &[Example] = &[
    example("ceil(data.x)", r#"{"data":{"x":2.1}}"#, "3"),
    example("ceil(data.x)", r#"{"data":{"x":-2.9}}"#, "-2"),
    example(
        "ceil(data.x)",
        r#"{"data":{"x":9007199254740993}}"#,
        "9007199254740993",
    ),
    example("ceil(data.x) == data.x", r#"{"data":{"x":1e300}}"#, "true"),
    example("ceil(data.x)", r#"{"data":{"x":"2.5"}}"#, "unknown"),
    example("ceil(data.x)", "{}", "unknown"),
];

fn ceil(value: Datum<'_>) -> Datum<'_> {
    match value {
        Datum::Number(number) => Datum::Number(number.to_whole(f64::ceil)),
        _ => Datum::Unread,
    }
}
