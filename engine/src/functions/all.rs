//! `all(list, condition)`: whether a condition holds for every item of a list.
//!
//! *What it does.* Gives true if the condition is true of every item of the list. The list is a path of
//! the event; in the condition `it` is the item, and `it.price`, `it["a b"]` or `it[0]` are paths into
//! it. Inside, another `any` or `all` goes over a list of the item, such as `it.lines`. An empty list
//! gives true.
//!
//! *Missing and wrong values.* Unknown if the path leads to no list. If no item decides and the
//! condition is unknown of some item, the result is unknown; it is false as soon as it is false of one,
//! whatever the others are.
//!
//! *Examples.* `all(data.items, it.price > 100)` of `{"data":{"items":[{"price":5},{"price":120}]}}` is
//! `false`; see `EXAMPLES`.

use super::{Body, Example, Function, Parameter, Takes, example};
use crate::check::Type;

pub(super) const FUNCTION: Function = Function {
    name: "all",
    signature: "all(list, condition)",
    summary: "Tells whether a condition is true of every item of a list.",
    takes: Takes::These(&[Parameter::List, Parameter::Condition]),
    gives: Type::Bool,
    body: Body::Items(false),
    examples: EXAMPLES,
};

const EXAMPLES: &[Example] = &[
    example(
        "all(data.items, it.price > 100)",
        r#"{"data":{"items":[{"price":5},{"price":120}]}}"#,
        "false",
    ),
    example(
        "all(data.tags, it starts with 'a')",
        r#"{"data":{"tags":["ab","a"]}}"#,
        "true",
    ),
    example(
        "all(data.items, it.price > 100)",
        r#"{"data":{"items":[]}}"#,
        "true",
    ),
    example(
        "all(data.items, it.price > 100)",
        r#"{"data":{"items":[{"price":120},{}]}}"#,
        "unknown",
    ),
    example(
        "all(data.items, it.price > 100)",
        r#"{"data":{"items":[{"price":20},{}]}}"#,
        "false",
    ),
    example(
        r#"all(data.orders, any(it.lines, it["a b"] == data.wanted))"#,
        r#"{"data":{"wanted":2,"orders":[{"lines":[{"a b":1}]},{"lines":[{"a b":2}]}]}}"#,
        "false",
    ),
    example(
        "all(data.pairs, it[0] < it[1])",
        r#"{"data":{"pairs":[[1,2],[3,4]]}}"#,
        "true",
    ),
    example(
        "all(data.items, it.price > 100)",
        r#"{"data":{"items":5}}"#,
        "unknown",
    ),
    example("all(data.items, it.price > 100)", "{}", "unknown"),
];
