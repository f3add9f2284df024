//! `trim(text)`: text without the blanks around it.
//!
//! *What it does.* Gives the text without the white space at its start and end, line breaks and
//! Unicode's blanks included; blanks inside stay.
//!
//! *Missing and wrong values.* Unknown if the text is missing, and for what is no text.
//!
//! *Examples.* `trim(data.name)` of `{"data":{"name":"  a b\n"}}` is `"a b"`; see `EXAMPLES`.

use std::borrow::Cow;

use super::{Body, Example, Function, Parameter, Takes, example};
use crate::check::Type;
use crate::event::Datum;

pub(super) const FUNCTION: Function = Function {
    name: "trim",
    signature: "trim(text)",
    summary: "Gives the text without the white space around it.",
    takes: Takes::These(&[Parameter::Text]),
    gives: Type::Text,
    body: Body::One(trim),
    examples: EXAMPLES,
};

const EXAMPLES: &[Example] = &[
    example(
        "trim(data.name)",
        r#"{"data":{"name":"  a b\n"}}"#,
        r#""a b""#,
    ),
    example(r#"trim(' a"b ')"#, "{}", r#""a\"b""#),
    example(
        "trim(data.name)",
        r#"{"data":{"name":"\ta\\b "}}"#,
        r#""a\\b""#,
    ),
    example("trim(data.name)", r#"{"data":{"name":"   "}}"#, r#""""#),
    example("trim(data.name)", r#"{"data":{"name":5}}"#, "unknown"),
    example("trim(data.name)", r#"{"data":{"name":null}}"#, "unknown"),
];

fn trim(value: Datum<'_>) -> Datum<'_> {
    match value {
        Datum::Text(Cow::Borrowed(text)) => Datum::Text(Cow::Borrowed(text.trim())),
        Datum::Text(Cow::Owned(text)) => Datum::Text(Cow::Owned(text.trim().to_owned())),
        _ => Datum::Unread,
    }
}
