//! `abs(number)`: a number without its sign.
//!
//! *What it does.* Gives how far the number is from zero. Integers stay integers, but for the least of
//! 64 bits, whose opposite has no room there and goes on as a double.
//!
//! *Missing and wrong values.* Unknown if the number is missing, and for what is no number.
//!
//! *Examples.* `abs(data.x)` of `{"data":{"x":-2.5}}` is `2.5`; see `EXAMPLES`.

use super::{Body, Example, Function, Parameter, Takes, example};
use crate::check::Type;
use crate::event::Datum;
use crate::number::Number;

pub(super) const FUNCTION: Function = Function {
    name: "abs",
    signature: "abs(number)",
    summary: "Gives the number without its sign.",
    takes: Takes::These(&[Parameter::Number]),
    gives: Type::Number,
    body: Body::One(abs),
    examples: EXAMPLES,
};

const EXAMPLES: &[Example] = &[
    example("abs(data.x)", r#"{"data":{"x":-2.5}}"#, "2.5"),
    example("abs(data.x)", r#"{"data":{"x":7}}"#, "7"),
    example(
        "abs(data.x) == 9223372036854775808.0",
        r#"{"data":{"x":-9223372036854775808}}"#,
        "true",
    ),
    example("abs(data.x - 30)", r#"{"data":{"x":18}}"#, "12"),
    example("abs(data.x)", r#"{"data":{"x":"-1"}}"#, "unknown"),
    example("abs(data.x)", "{}", "unknown"),
];

fn abs(value: Datum<'_>) -> Datum<'_> {
    match value {
        Datum::Number(Number::Double(double)) => Datum::Number(Number::Double(double.abs())),
        Datum::Number(Number::Integer(integer)) if integer < 0 => {
            Datum::Number(Number::Integer(integer).negate())
        }
        Datum::Number(integer) => Datum::Number(integer),
        _ => Datum::Unread,
    }
}
