//! What a value can be tested for: membership, parts of text, patterns.

use std::sync::Arc;

use tripline_grammar::ast::{self, Expr, ExprKind, Span};
use tripline_grammar::print;

use super::{Resolved, Resolver, Type, shorten};
use crate::diagnostic as codes;
use crate::program::{Constant, Members, Node, Test};

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
                if let Some(networks) = self.networks(items)? {
                    self.same_type(value_type, Type::Text, span)?;
                    return Ok(networks);
                }
                let has_null = items.iter().any(|item| item.kind == ExprKind::Null);
                let nodes: Vec<_> = items
                    .iter()
                    .filter(|item| item.kind != ExprKind::Null)
                    .map(|item| {
                        let (node, of) = self.resolve(item)?;
                        self.same_type(value_type, of, item.span)?;
                        Ok(node)
                    })
                    .collect();
                let items = nodes.into_iter().collect::<Resolved<Vec<Node>>>()?;
                match constants(&items) {
                    Some(constants) => {
                        let null = has_null.then_some(None);
                        let items = constants.into_iter().map(Some).chain(null);
                        Test::Members(Arc::new(Members::new(items)))
                    }
                    None => Test::List { items, has_null },
                }
            }
            ast::Test::InPath(path) => match self.declared_list(path) {
                Some(list) => {
                    self.fits_list(value, value_type, list, path.span)?;
                    list.test()
                }
                None => Test::Items(Box::new(self.path(path, true))),
            },
            ast::Test::InCidr(call) => {
                self.is_text(value, value_type, "cidr")?;
                self.cidr(call)?
            }
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
                match self.patterns.compile(pattern) {
                    Ok(regex) => Test::Matches(Box::new(regex)),
                    Err((message, help)) => {
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

/// The values of a list, if all of them are constants.
fn constants(items: &[Node]) -> Option<Vec<Constant>> {
    let constant = |item: &Node| match item {
        Node::Constant(constant) => Some(constant.clone()),
        _ => None,
    };
    items.iter().map(constant).collect()
}
