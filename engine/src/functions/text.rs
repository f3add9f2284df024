//! `text(value)`: a value as text.
//!
//! *What it does.* Gives a number or a truth value as the text that JSON has for it, a whole number
//! without a fraction; text stays as it is.
//!
//! *Missing and wrong values.* Unknown if the value is missing, and for a list or an object.
//!
//! *Examples.* `text(data.x)` of `{"data":{"x":1.5}}` is `"1.5"`; see `EXAMPLES`.

use std::borrow::Cow;

use super::{Body, Example, Function, Parameter, Takes, example};
use crate::check::Type;
use crate::event::Datum;
use crate::program::canonical_number;

pub(super) const FUNCTION: Function = Function {
    name: "text",
    signature: "text(value)",
    summary: "Gives a value as text.",
    takes: Takes::These(&[Parameter::Anything]),
    gives: Type::Text,
    body: Body::One(text),
    examples: EXAMPLES,
};

const EXAMPLES: &[Example] = &[
    example("text(data.x)", r#"{"data":{"x":1.5}}"#, r#""1.5""#),
    example("text(data.x)", r#"{"data":{"x":7.0}}"#, r#""7""#),
    example("text(data.x)", r#"{"data":{"x":true}}"#, r#""true""#),
    example(
        "text(data.x)",
        r#"{"data":{"x":"as it is"}}"#,
        r#""as it is""#,
    ),
    example(
        "text(data.x) starts with '40'",
        r#"{"data":{"x":404}}"#,
        "true",
    ),
    example("text(data.x)", r#"{"data":{"x":[1]}}"#, "unknown"),
    example("text(data.x)", r#"{"data":{"x":{}}}"#, "unknown"),
    example("text(data.x)", "{}", "unknown"),
];

fn text(value: Datum<'_>) -> Datum<'_> {
    let text = match value {
        Datum::Text(text) => text,
        Datum::Bool(bool) => Cow::Borrowed(if bool { "true" } else { "false" }),
        Datum::Number(number) => Cow::Owned(canonical_number(number).to_string()),
        _ => return Datum::Unread,
    };
    Datum::Text(text)
}
