//! `len(text or list)`: how long a text or a list is.
//!
//! *What it does.* Gives the number of characters (Unicode code points) of a text, or of items of a
//! list of the event.
//!
//! *Missing and wrong values.* Unknown if the value is missing, and for what is neither text nor a
//! list; an object has no length.
//!
//! *Examples.* `len(data.name)` of `{"data":{"name":"Zoë"}}` is `3`; see `EXAMPLES`.

use super::{Body, Example, Function, Parameter, Takes, example};
use crate::check::Type;
use crate::event::Datum;
use crate::number::Number;

pub(super) const FUNCTION: Function = Function {
    name: "len",
    signature: "len(text or list)",
    summary: "Gives the number of characters of a text, or of items of a list.",
    takes: Takes::These(&[Parameter::TextOrList]),
    gives: Type::Number,
    body: Body::One(len),
    examples: EXAMPLES,
};

const EXAMPLES: &[Example] = &[
    example("len(data.name)", r#"{"data":{"name":"Zoë"}}"#, "3"),
    example(
        "len(data.tags)",
        r#"{"data":{"tags":["a",{"b":[1,2]},null]}}"#,
        "3",
    ),
    example("len(data.tags)", r#"{"data":{"tags":[]}}"#, "0"),
    example("len('')", "{}", "0"),
    example("len(lower(data.name))", r#"{"data":{"name":"AÀ"}}"#, "2"),
    example("len(data.tags)", r#"{"data":{"tags":{"a":1}}}"#, "unknown"),
    example("len(data.tags)", r#"{"data":{"tags":12}}"#, "unknown"),
    example("len(data.tags)", "{}", "unknown"),
];

fn len(value: Datum<'_>) -> Datum<'_> {
    let length = match value {
        Datum::Text(text) => text.chars().count(),
        Datum::List { length, .. } => length,
        _ => return Datum::Unread,
    };
    Datum::Number(Number::Integer(length as i64))
}
