//! `number(text)`: the number that a text holds.
//!
//! *What it does.* Gives the number that is written in the text as JSON writes numbers, blanks around
//! it aside.
//!
//! *Missing and wrong values.* Unknown if the text is missing, for what is no text, and for text that
//! is no number or one past the doubles. A field that is a number in some events and text in others is
//! `number(text(data.x))`.
//!
//! *Examples.* `number(data.x)` of `{"data":{"x":"36.5"}}` is `36.5`; see `EXAMPLES`.

use super::{Body, Example, Function, Parameter, Takes, example};
use crate::check::Type;
use crate::event::Datum;
use crate::number::Number;

pub(super) const FUNCTION: Function = Function {
    name: "number",
    signature: "number(text)",
    summary: "Gives the number that is written in a text.",
    takes: Takes::These(&[Parameter::Text]),
    gives: Type::Number,
    body: Body::One(number),
    examples: EXAMPLES,
};

const EXAMPLES: &[Example] = &[
    example("number(data.x)", r#"{"data":{"x":"36.5"}}"#, "36.5"),
    example("number(data.x)", r#"{"data":{"x":" -12 "}}"#, "-12"),
    example("number(data.x)", r#"{"data":{"x":"1e3"}}"#, "1000"),
    example(
        "number(data.x)",
        r#"{"data":{"x":"9007199254740993"}}"#,
        "9007199254740993",
    ),
    example("number(text(data.x))", r#"{"data":{"x":5}}"#, "5"),
    example("number(data.x)", r#"{"data":{"x":"12 V"}}"#, "unknown"),
    example("number(data.x)", r#"{"data":{"x":"1e999"}}"#, "unknown"),
    example("number(data.x)", r#"{"data":{"x":"NaN"}}"#, "unknown"),
    example("number(data.x)", r#"{"data":{"x":""}}"#, "unknown"),
    example("number(data.x)", r#"{"data":{"x":5}}"#, "unknown"),
    example("number(data.x)", "{}", "unknown"),
];

fn number(value: Datum<'_>) -> Datum<'_> {
    let Datum::Text(text) = value else {
        return Datum::Unread;
    };
    Number::parse(text.trim()).map_or(Datum::Unread, Datum::Number)
}
