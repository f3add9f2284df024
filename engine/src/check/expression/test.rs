//! What a value can be tested for: membership, parts of text, patterns.

use std::net::IpAddr;

use regex::RegexBuilder;
use tripline_grammar::ast::{self, Expr, ExprKind, Span};
use tripline_grammar::print;

use super::{Resolved, Resolver, Type, shorten};
use crate::diagnostic as codes;
use crate::program::{Node, Test};

/// The most memory a compiled regular expression may take, in bytes.
const MAX_REGEX: usize = 1 << 20;

impl Resolver<'_, '_> {
    pub(super) fn test(
        &mut self,
        test: &ast::Test,
        value: &Expr,
        value_type: Type,
        span: Span,
    ) -> Resolved<Test> {
        Ok(match test {
            ast::Test::InRange { low, high } => {
                // The ends compare with the value, and with one another where the value can be anything.
                let mut wanted = value_type;
                let mut end = |end: &Option<Box<Expr>>| {
                    let Some(end) = end else { return Ok(None) };
                    let (node, of) = self.resolve(end)?;
                    if of == Type::Bool {
                        let message = "a range has numbers or texts as its ends".to_owned();
                        return Err(self.refuse(codes::TYPE_MISMATCH, end.span, message, "", None));
                    }
                    self.same_type(wanted, of, span)?;
                    if wanted == Type::Any {
                        wanted = of;
                    }
                    Ok(Some(Box::new(node)))
                };
                let (low, high) = (end(low), end(high));
                Test::Range {
                    low: low?,
                    high: high?,
                }
            }
            ast::Test::InList(items) => {
                if !items.is_empty() && items.iter().all(is_network) {
                    return Err(self.not_yet("a list of addresses", span));
                }
                let has_null = items.iter().any(|item| item.kind == ExprKind::Null);
                let items: Vec<_> = items
                    .iter()
                    .filter(|item| item.kind != ExprKind::Null)
                    .map(|item| {
                        let (node, of) = self.resolve(item)?;
                        self.same_type(value_type, of, item.span)?;
                        Ok(node)
                    })
                    .collect();
                Test::List {
                    items: items.into_iter().collect::<Resolved<_>>()?,
                    has_null,
                }
            }
            ast::Test::InPath(path) => Test::Items(Box::new(self.path(path, true))),
            ast::Test::InCidr(call) => return Err(self.not_yet("`cidr`", call.name.span)),
            ast::Test::Contains(text) => {
                Test::Contains(Box::new(self.text(value, value_type, text, "contains")?))
            }
            ast::Test::StartsWith(text) => Test::StartsWith(Box::new(self.text(
                value,
                value_type,
                text,
                "starts with",
            )?)),
            ast::Test::EndsWith(text) => {
                Test::EndsWith(Box::new(self.text(value, value_type, text, "ends with")?))
            }
            ast::Test::Matches { pattern, span } => {
                self.is_text(value, value_type, "matches")?;
                match RegexBuilder::new(pattern).size_limit(MAX_REGEX).build() {
                    Ok(regex) => Test::Matches(Box::new(regex)),
                    Err(error) => {
                        let (message, help) = regex_error(&error);
                        return Err(self.refuse(
                            codes::BAD_REGEX,
                            *span,
                            message,
                            "in this pattern",
                            help,
                        ));
                    }
                }
            }
            ast::Test::Is(kind) => Test::Is(*kind),
        })
    }

    fn text(&mut self, value: &Expr, value_type: Type, text: &Expr, op: &str) -> Resolved<Node> {
        self.is_text(value, value_type, op)?;
        self.operand(
            text,
            Type::Text,
            codes::TYPE_MISMATCH,
            &format!("`{op}` takes text"),
        )
    }

    fn is_text(&mut self, value: &Expr, value_type: Type, op: &str) -> Resolved<()> {
        if value_type.can_be(Type::Text) {
            return Ok(());
        }
        let message = format!(
            "`{op}` takes text, but `{}` is {}",
            shorten(&print(value)),
            value_type.name()
        );
        Err(self.refuse(codes::TYPE_MISMATCH, value.span, message, "", None))
    }
}

/// Whether a list item is an address or a prefix such as `10.0.0.0/8`.
fn is_network(item: &Expr) -> bool {
    let ExprKind::String(text) = &item.kind else {
        return false;
    };
    let (address, bits) = text.split_once('/').unwrap_or((text, "0"));
    address.parse::<IpAddr>().is_ok() && bits.parse::<u8>().is_ok_and(|bits| bits <= 128)
}

fn regex_error(error: &regex::Error) -> (String, Option<String>) {
    match error {
        regex::Error::CompiledTooBig(limit) => (
            format!("the pattern compiles to more than {limit} bytes"),
            Some("lower its repetitions".to_owned()),
        ),
        error => {
            // The message draws the pattern over several lines; the reason stands on the last one.
            let text = error.to_string();
            let reason = text
                .lines()
                .last()
                .unwrap_or_default()
                .trim_start_matches("error: ")
                .to_owned();
            (
                format!("the pattern is no regular expression: {reason}"),
                None,
            )
        }
    }
}
