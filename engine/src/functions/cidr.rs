//! `cidr(text)`: the addresses of a network.
//!
//! *What it does.* Stands to the right of `in`: `data.ip in cidr("10.0.0.0/8")` is true if the value is
//! an address of the network. The network is written as text: an IPv4 or IPv6 address, or one with the
//! length of its prefix. An IPv4 address mapped to IPv6 (`::ffff:10.0.0.1`) is the IPv4 address.
//!
//! *Missing and wrong values.* Unknown if the value is missing, and for what is no address. A network
//! that is none, or has bits set after its prefix, is an error of the rule.
//!
//! *Examples.* `data.ip in cidr("10.0.0.0/8")` of `{"data":{"ip":"10.200.3.4"}}` is `true`; see
//! `EXAMPLES`.

use super::{Body, Example, Function, Parameter, Takes, example};
use crate::check::Type;

pub(super) const FUNCTION: Function = Function {
    name: "cidr",
    signature: "cidr(text)",
    summary: "Stands after `in` and holds the addresses of a network.",
    takes: Takes::These(&[Parameter::Text]),
    gives: Type::Any,
    body: Body::Network,
    examples: EXAMPLES,
};

const EXAMPLES: &[Example] = &[
    example(
        r#"data.ip in cidr("10.0.0.0/8")"#,
        r#"{"data":{"ip":"10.200.3.4"}}"#,
        "true",
    ),
    example(
        r#"data.ip in cidr("10.0.0.0/8")"#,
        r#"{"data":{"ip":"11.0.0.0"}}"#,
        "false",
    ),
    example(
        r#"data.ip not in cidr("192.168.1.1")"#,
        r#"{"data":{"ip":"192.168.1.2"}}"#,
        "true",
    ),
    example(
        r#"data.ip in cidr("10.0.0.0/8")"#,
        r#"{"data":{"ip":"::ffff:10.0.0.1"}}"#,
        "true",
    ),
    example(
        r#"data.ip in cidr("2001:db8::/32")"#,
        r#"{"data":{"ip":"2001:db8:1::1"}}"#,
        "true",
    ),
    example(
        r#"data.ip in cidr("::/0")"#,
        r#"{"data":{"ip":"10.0.0.1"}}"#,
        "false",
    ),
    example(
        r#"data.ip in cidr("0.0.0.0/0")"#,
        r#"{"data":{"ip":"somewhere"}}"#,
        "unknown",
    ),
    example(
        r#"data.ip in cidr("10.0.0.0/8")"#,
        r#"{"data":{"ip":10}}"#,
        "unknown",
    ),
    example(r#"data.ip in cidr("10.0.0.0/8")"#, "{}", "unknown"),
];
