//! `default(value, value)`: a value to take for one that is missing.
//!
//! *What it does.* Gives the first value if it is known, else the second: `default(a, b)` is `a ?? b`.
//!
//! *Missing and wrong values.* Unknown only if both values are.
//!
//! *Examples.* `default(data.x, 5)` of `{"data":{"x":3}}` is `3`; see `EXAMPLES`.

use super::{Body, Example, Function, Parameter, Takes, example};
use crate::check::Type;

pub(super) const FUNCTION: Function = Function {
    name: "default",
    signature: "default(value, value)",
    summary: "Gives the first value if it is known, else the second.",
    takes: Takes::These(&[Parameter::Anything, Parameter::Anything]),
    gives: Type::Any,
    body: Body::Coalesce,
    examples: EXAMPLES,
};

const EXAMPLES: &[Example] = &[
    example("default(data.x, 5)", r#"{"data":{"x":3}}"#, "3"),
    example("default(data.x, 5)", r#"{"data":{"x":null}}"#, "5"),
    example(
        "default(data.x / data.y, 0)",
        r#"{"data":{"x":1,"y":0}}"#,
        "0",
    ),
    example("default(data.x, data.y)", "{}", "unknown"),
];
