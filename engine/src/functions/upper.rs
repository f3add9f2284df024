//! `upper(text)`: text in upper case.
//!
//! *What it does.* Gives the text with every letter in upper case, by Unicode's rules for no language
//! in particular; what has no case stays.
//!
//! *Missing and wrong values.* Unknown if the text is missing, and for what is no text.
//!
//! *Examples.* `upper(data.code)` of `{"data":{"code":"de-ab"}}` is `"DE-AB"`; see `EXAMPLES`.

use std::borrow::Cow;

use super::{Body, Example, Function, Parameter, Takes, example};
use crate::check::Type;
use crate::event::Datum;

pub(super) const FUNCTION: Function = Function {
    name: "upper",
    signature: "upper(text)",
    summary: "Gives the text in upper case.",
    takes: Takes::These(&[Parameter::Text]),
    gives: Type::Text,
    body: Body::One(upper),
    examples: EXAMPLES,
};

const EXAMPLES: &[Example] = &[
    example(
        "upper(data.code)",
        r#"{"data":{"code":"de-ab"}}"#,
        r#""DE-AB""#,
    ),
    example(
        "upper(data.code)",
        r#"{"data":{"code":"straße"}}"#,
        r#""STRASSE""#,
    ),
    example("upper(data.code)", r#"{"data":{"code":"OK"}}"#, r#""OK""#),
    example("upper(data.code)", r#"{"data":{"code":true}}"#, "unknown"),
    example("upper(data.code)", "{}", "unknown"),
];

fn upper(value: Datum<'_>) -> Datum<'_> {
    match value {
        Datum::Text(text)
            if text
                .bytes()
                .all(|b| b.is_ascii() && !b.is_ascii_lowercase()) =>
        {
            Datum::Text(text)
        }
        Datum::Text(text) => Datum::Text(Cow::Owned(text.to_uppercase())),
        _ => Datum::Unread,
    }
}
