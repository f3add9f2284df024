//! `lower(text)`: text in lower case.
//!
//! *What it does.* Gives the text with every letter in lower case, by Unicode's rules for no language
//! in particular; what has no case stays.
//!
//! *Missing and wrong values.* Unknown if the text is missing, and for what is no text.
//!
//! *Examples.* `lower(data.name)` of `{"data":{"name":"Ada LOVELACE"}}` is `"ada lovelace"`; see
//! `EXAMPLES`.

use std::borrow::Cow;

use super::{Body, Example, Function, Parameter, Takes, example};
use crate::check::Type;
use crate::event::Datum;

pub(super) const FUNCTION: Function = Function {
    name: "lower",
    signature: "lower(text)",
    summary: "Gives the text in lower case.",
    takes: Takes::These(&[Parameter::Text]),
    gives: Type::Text,
    body: Body::One(lower),
    examples: EXAMPLES,
};

const EXAMPLES: &[Example] = &[
    example(
        "lower(data.name)",
        r#"{"data":{"name":"Ada LOVELACE"}}"#,
        r#""ada lovelace""#,
    ),
    example(
        "lower(data.name)",
        r#"{"data":{"name":"ÀÉÎ 1"}}"#,
        r#""àéî 1""#,
    ),
    example(
        "lower(data.name)",
        r#"{"data":{"name":"plain"}}"#,
        r#""plain""#,
    ),
    example("lower(data.name)", r#"{"data":{"name":5}}"#, "unknown"),
    example("lower(data.name)", "{}", "unknown"),
];

fn lower(value: Datum<'_>) -> Datum<'_> {
    match value {
        // Most texts are what is wanted already, and cost nothing.
        Datum::Text(text)
            if text
                .bytes()
                .all(|b| b.is_ascii() && !b.is_ascii_uppercase()) =>
        {
            Datum::Text(text)
        }
        Datum::Text(text) => Datum::Text(Cow::Owned(text.to_lowercase())),
        _ => Datum::Unread,
    }
}
