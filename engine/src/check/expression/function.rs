//! Functions: what they take, and what becomes of their calls.

use std::sync::Arc;

use tripline_grammar::ast::{Call, Expr, ExprKind, Path, Segment, Span};
use tripline_grammar::{print, print_path};

use super::{Items, Resolved, Resolver, Type, shorten};
use crate::check::lists::List;
use crate::diagnostic as codes;
use crate::event::Projection;
use crate::functions::{Body, Function, Parameter, Reading, Takes, nearest_zone, zone};
use crate::program::{ItemList, Network, Networks, Node, Parsed, Test};

/// What stands for the item in the condition of `any` and `all`.
const IT: &str = "it";

impl<'p> Resolver<'_, 'p> {
    pub(super) fn function(
        &mut self,
        function: &'static Function,
        call: &Call,
    ) -> Resolved<(Node, Type)> {
        let name = function.name;
        if let Some(frame) = &call.frame {
            let message = format!("`{name}` is a function, and only aggregates have a window");
            return Err(self.refuse(codes::MISPLACED_WINDOW, frame.span, message, "", None));
        }
        if let Some(filter) = &call.filter {
            let message = format!("`{name}` is a function, and only aggregates have a `where`");
            return Err(self.refuse(codes::WRONG_ARITY, filter.span, message, "", None));
        }
        if matches!(function.body, Body::Network) {
            let message = format!("`{name}` is no value: it stands to the right of `in`");
            let help = format!("write `data.ip in {}`", shorten(&print_call(call)));
            return Err(self.refuse(codes::BAD_ARGUMENT, call.name.span, message, "", Some(help)));
        }
        self.argument_count(function, call)?;
        let node = match (&function.body, call.args.as_slice()) {
            (Body::Clock(clock), args) => {
                let reading = Reading {
                    clock: *clock,
                    zone: self.zone(name, args.first())?,
                };
                // In `by` and in windows the event's own time is read, which needs no timer.
                if self.no_window_in.is_none() && !self.ticks.contains(&reading.tick()) {
                    self.ticks.push(reading.tick());
                }
                Node::Clock(reading)
            }
            (Body::Items(deciding), [list, condition]) => {
                self.over_items(name, *deciding, list, condition)?
            }
            (Body::Coalesce, args) => {
                let resolved: Vec<_> = args.iter().map(|arg| self.resolve(arg)).collect();
                let resolved = resolved.into_iter().collect::<Resolved<Vec<_>>>()?;
                let first = resolved.first().map_or(Type::Any, |(_, of)| *of);
                let same = resolved.iter().all(|(_, of)| *of == first);
                let nodes = resolved.into_iter().map(|(node, _)| node).collect();
                return Ok((Node::Coalesce(nodes), if same { first } else { Type::Any }));
            }
            (_, args) => {
                // Every argument is resolved, so that one error does not hide the next.
                let args: Vec<_> = args
                    .iter()
                    .enumerate()
                    .map(|(index, arg)| self.argument(function, index, arg))
                    .collect();
                Node::Call {
                    function,
                    args: args.into_iter().collect::<Resolved<_>>()?,
                }
            }
        };
        Ok((node, function.gives))
    }

    fn argument_count(&mut self, function: &Function, call: &Call) -> Resolved<()> {
        if function.takes_so_many(call.args.len()) {
            return Ok(());
        }
        let (name, takes) = (function.name, function.arity());
        let message = format!("`{name}` takes {takes}, not {}", call.args.len());
        let help = Some(format!("it is written `{}`", function.signature));
        Err(self.refuse(codes::WRONG_ARITY, call.name.span, message, "", help))
    }

    fn argument(&mut self, function: &Function, index: usize, arg: &Expr) -> Resolved<Node> {
        let parameter = match function.takes {
            Takes::These(parameters) => parameters.get(index).copied(),
            Takes::Several(parameter) => Some(parameter),
            Takes::Zone => None,
        };
        let name = function.name;
        let (wanted, what) = match parameter {
            Some(Parameter::Number) => (Type::Number, format!("`{name}` takes numbers")),
            Some(Parameter::Text) => (Type::Text, format!("`{name}` takes text")),
            Some(Parameter::TextOrList) => (Type::Text, format!("`{name}` takes text or a list")),
            _ => return self.resolve(arg).map(|(node, _)| node),
        };
        self.operand(arg, wanted, codes::TYPE_MISMATCH, &what)
    }

    fn zone(&mut self, function: &str, arg: Option<&Expr>) -> Resolved<chrono_tz::Tz> {
        let Some(arg) = arg else {
            return Ok(chrono_tz::UTC);
        };
        let ExprKind::String(name) = &arg.kind else {
            let message = format!("`{function}` takes the name of a time zone as text");
            let help = Some(format!("write `{function}(\"Europe/Berlin\")`"));
            return Err(self.refuse(codes::BAD_ARGUMENT, arg.span, message, "", help));
        };
        zone(name).ok_or_else(|| {
            let message = format!("there is no time zone `{}`", shorten(name));
            let help = match nearest_zone(name) {
                Some(near) => format!("did you mean `\"{near}\"`?"),
                None => "write a name of the IANA database, such as `\"Europe/Berlin\"`".to_owned(),
            };
            self.refuse(codes::UNKNOWN_ZONE, arg.span, message, "", Some(help))
        })
    }

    fn over_items(
        &mut self,
        function: &'static str,
        deciding: bool,
        list: &Expr,
        condition: &Expr,
    ) -> Resolved<Node> {
        let ExprKind::Path(path) = &list.kind else {
            let text = shorten(&print(list));
            let message = format!("`{function}` takes the path to a list first, not `{text}`");
            let help = Some(format!("write `{function}(data.items, {IT}.price > 100)`"));
            return Err(self.refuse(codes::BAD_ARGUMENT, list.span, message, "", help));
        };
        let rest = self.within_item(path).map(<[Segment]>::to_vec);
        if let (None, Some(around)) = (&rest, self.items.last()) {
            // It would go over one list for each item of another, and give the same each time.
            let message = format!(
                "`{}` is not in the item that `{}` looks at",
                shorten(&print_path(path)),
                around.function
            );
            let help = "begin the path with `it`, or join the two with `and`".to_owned();
            return Err(self.refuse(codes::BAD_ARGUMENT, list.span, message, "", Some(help)));
        }
        let is_nested = rest.is_some();
        let path = rest.unwrap_or_else(|| path.segments.clone());
        let (slot, _) = self.item().each(&path);
        self.items.push(Items { path, function });
        let what = format!("`{function}` takes a condition");
        let condition = self.operand(condition, Type::Bool, codes::TYPE_MISMATCH, &what);
        self.items.pop();
        Ok(Node::Items {
            list: if is_nested {
                ItemList::Item(slot)
            } else {
                ItemList::Slot(slot)
            },
            deciding,
            condition: Box::new(condition?),
        })
    }

    /// The rest of a path that begins with `it`, where that stands for an item.
    pub(super) fn within_item<'e>(&self, path: &'e Path) -> Option<&'e [Segment]> {
        match path.segments.split_first() {
            Some((Segment::Field(first), rest)) if first == IT && !self.items.is_empty() => {
                Some(rest)
            }
            _ => None,
        }
    }

    /// What is read of the item that `it` stands for, or of the event where there is none.
    pub(super) fn item(&mut self) -> &mut Projection {
        let event = &mut *self.projection;
        self.items
            .iter()
            .fold(event, |around, items| around.each(&items.path).1)
    }

    /// Refuses an aggregate in the condition of `any` or `all`: it counts events, not items.
    pub(super) fn window_fits_here(&mut self, aggregate: &str, expr: &Expr) -> Resolved<()> {
        let Some(around) = self.items.last() else {
            return Ok(());
        };
        let message = format!("`{}` cannot hold an aggregate", around.function);
        let help = format!(
            "`{aggregate}` adds up events, not items; compare it outside: `{}(…) and {aggregate}(…) over 5m > 1`",
            around.function
        );
        Err(self.refuse(codes::NESTED_AGGREGATE, expr.span, message, "", Some(help)))
    }

    /// The network after `in`.
    pub(super) fn cidr(&mut self, call: &Call) -> Resolved<Test> {
        let [arg] = call.args.as_slice() else {
            let message = format!("`cidr` takes one argument, not {}", call.args.len());
            let help = Some("it is written `cidr(\"10.0.0.0/8\")`".to_owned());
            return Err(self.refuse(codes::WRONG_ARITY, call.name.span, message, "", help));
        };
        if let Some(frame) = &call.frame {
            let message = "`cidr` is a function, and only aggregates have a window".to_owned();
            return Err(self.refuse(codes::MISPLACED_WINDOW, frame.span, message, "", None));
        }
        if let Some(filter) = &call.filter {
            let message = "`cidr` is a function, and only aggregates have a `where`".to_owned();
            return Err(self.refuse(codes::WRONG_ARITY, filter.span, message, "", None));
        }
        let ExprKind::String(text) = &arg.kind else {
            let message = "`cidr` takes a network as text".to_owned();
            let help = "write `cidr(\"10.0.0.0/8\")`; for many networks, declare a list".to_owned();
            return Err(self.refuse(codes::BAD_ARGUMENT, arg.span, message, "", Some(help)));
        };
        match Network::parse(text) {
            Parsed::Network(network) => Ok(Test::Networks(Arc::new(Networks::new(vec![network])))),
            Parsed::HostBits(network) => Err(self.host_bits(text, &network, arg.span)),
            Parsed::Neither => {
                let message = format!("`{}` is neither an address nor a prefix", shorten(text));
                let help = "write an address, or a prefix such as `10.0.0.0/8` or `2001:db8::/32`";
                let help = Some(help.to_owned());
                Err(self.refuse(codes::BAD_NETWORK, arg.span, message, "", help))
            }
        }
    }

    fn host_bits(&mut self, text: &str, network: &str, span: Span) -> super::Refused {
        let message = format!("`{}` has bits set after its prefix", shorten(text));
        let help = Some(format!(
            "write `{network}` for the network, or leave out the prefix for the one address"
        ));
        self.refuse(codes::BAD_NETWORK, span, message, "", help)
    }

    /// The networks that a list holds, if all its items are addresses or prefixes.
    pub(super) fn networks(&mut self, items: &[Expr]) -> Resolved<Option<Test>> {
        let mut networks = Vec::with_capacity(items.len());
        let mut host_bits = Vec::new();
        for item in items {
            let ExprKind::String(text) = &item.kind else {
                return Ok(None);
            };
            match Network::parse(text) {
                Parsed::Network(network) => networks.push(network),
                Parsed::HostBits(network) => host_bits.push((text, network, item.span)),
                Parsed::Neither => return Ok(None),
            }
        }
        let refused = host_bits
            .into_iter()
            .map(|(text, network, span)| self.host_bits(text, &network, span))
            .last();
        match refused {
            Some(refused) => Err(refused),
            None if networks.is_empty() => Ok(None),
            None => Ok(Some(Test::Networks(Arc::new(Networks::new(networks))))),
        }
    }

    /// The declared list that a name after `in` means, if there is one of that name.
    pub(super) fn declared_list(&mut self, path: &Path) -> Option<&'p List> {
        let [Segment::Field(name)] = path.segments.as_slice() else {
            return None;
        };
        if self.within_item(path).is_some() {
            return None;
        }
        let list = self.declared.get(name)?;
        self.lists.insert(name.clone(), list.fingerprint);
        Some(list)
    }

    /// Refuses a value that no item of a list can equal.
    pub(super) fn fits_list(
        &mut self,
        value: &Expr,
        of: Type,
        list: &List,
        span: Span,
    ) -> Resolved<()> {
        let Some(holds) = list.misfits(of) else {
            return Ok(());
        };
        let message = format!(
            "{} is never in a list of {holds}, and `{}` is one",
            of.name(),
            shorten(&print(value))
        );
        Err(self.refuse(codes::TYPE_MISMATCH, span, message, "", None))
    }
}

fn print_call(call: &Call) -> String {
    print(&Expr {
        kind: ExprKind::Call(call.clone()),
        span: Span::default(),
    })
}
