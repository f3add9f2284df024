//! Names expressions by what they compute, so that the same one is known again in another rule.

use std::collections::HashMap;

use foldhash::fast::FixedState;

use crate::program::{Constant, ItemList, Node, Test};

/// Writes the names of expressions. They last as long as the rules do, and are for looking up only.
#[derive(Debug, Default)]
pub(super) struct Keys {
    bytes: Vec<u8>,
    /// The names of lists of constants by their addresses, since one list may be in many rules.
    lists: HashMap<usize, [u8; 16], FixedState>,
}

impl Keys {
    /// Names an expression; `None` if it depends on more than the event and its time.
    pub(super) fn of(&mut self, node: &Node) -> Option<&[u8]> {
        self.bytes.clear();
        self.node(node, false)?;
        Some(&self.bytes)
    }

    /// Names a test as it is without its `not`.
    pub(super) fn of_plain(&mut self, value: &Node, test: &Test) -> Option<&[u8]> {
        self.bytes.clear();
        self.tested(value, false, test, false)?;
        Some(&self.bytes)
    }

    /// Adds an expression, which may be one of those on each item of a list.
    fn node(&mut self, node: &Node, in_list: bool) -> Option<()> {
        match node {
            Node::Constant(constant) => {
                self.tag(0);
                self.constant(constant);
            }
            Node::Slot(slot) => {
                self.tag(1);
                self.number(*slot);
            }
            Node::Item(slot) if in_list => {
                self.tag(2);
                self.number(*slot);
            }
            Node::Item(_) | Node::Window(_) | Node::Probe { .. } => return None,
            Node::Call { function, args } => {
                self.tag(3);
                self.text(function.name);
                self.nodes(args, in_list)?;
            }
            Node::Clock(reading) => {
                self.tag(4);
                self.tag(reading.clock as u8);
                self.text(reading.zone.name());
            }
            Node::Items {
                list,
                deciding,
                condition,
            } => {
                self.tag(5);
                self.tag(u8::from(*deciding));
                match list {
                    ItemList::Slot(slot) => {
                        self.tag(0);
                        self.number(*slot);
                    }
                    ItemList::Item(slot) if in_list => {
                        self.tag(1);
                        self.number(*slot);
                    }
                    ItemList::Item(_) => return None,
                }
                self.node(condition, true)?;
            }
            Node::Not(of) => {
                self.tag(6);
                self.node(of, in_list)?;
            }
            Node::Negate(of) => {
                self.tag(7);
                self.node(of, in_list)?;
            }
            Node::All(operands) => {
                self.tag(8);
                self.nodes(operands, in_list)?;
            }
            Node::Any(operands) => {
                self.tag(9);
                self.nodes(operands, in_list)?;
            }
            Node::Coalesce(operands) => {
                self.tag(10);
                self.nodes(operands, in_list)?;
            }
            Node::Arithmetic { first, rest } => {
                self.tag(11);
                self.node(first, in_list)?;
                self.number(rest.len());
                for step in rest {
                    self.tag(step.op as u8);
                    self.tag(u8::from(step.reads_event));
                    self.node(&step.operand, in_list)?;
                }
            }
            Node::Compare { op, left, right } => {
                self.tag(12);
                self.tag(*op as u8);
                self.node(left, in_list)?;
                self.node(right, in_list)?;
            }
            Node::Test {
                value,
                negated,
                test,
            } => self.tested(value, *negated, test, in_list)?,
        }
        Some(())
    }

    fn nodes(&mut self, nodes: &[Node], in_list: bool) -> Option<()> {
        self.number(nodes.len());
        nodes.iter().try_for_each(|node| self.node(node, in_list))
    }

    fn tested(&mut self, value: &Node, negated: bool, test: &Test, in_list: bool) -> Option<()> {
        self.tag(13);
        self.tag(u8::from(negated));
        self.node(value, in_list)?;
        match test {
            Test::Range { low, high } => {
                self.tag(0);
                for end in [low, high] {
                    self.tag(u8::from(end.is_some()));
                    if let Some(end) = end {
                        self.node(end, in_list)?;
                    }
                }
            }
            Test::List { items, has_null } => {
                self.tag(1);
                self.tag(u8::from(*has_null));
                self.nodes(items, in_list)?;
            }
            Test::Members(members) => {
                self.tag(2);
                self.list(&**members, |members| members.fingerprint());
            }
            Test::Networks(networks) => {
                self.tag(3);
                self.list(&**networks, |networks| networks.fingerprint());
            }
            Test::Items(list) => {
                self.tag(4);
                self.node(list, in_list)?;
            }
            Test::Contains(text) => {
                self.tag(5);
                self.node(text, in_list)?;
            }
            Test::StartsWith(text) => {
                self.tag(6);
                self.node(text, in_list)?;
            }
            Test::EndsWith(text) => {
                self.tag(7);
                self.node(text, in_list)?;
            }
            Test::Matches(regex) => {
                self.tag(8);
                self.text(regex.as_str());
            }
            Test::Is(kind) => {
                self.tag(9);
                self.tag(*kind as u8);
            }
        }
        Some(())
    }

    fn constant(&mut self, constant: &Constant) {
        use crate::number::Number::{Double, Integer};
        match constant {
            Constant::Bool(bool) => self.tag(u8::from(*bool)),
            Constant::Number(Integer(integer)) => {
                self.tag(2);
                self.bytes.extend(integer.to_ne_bytes());
            }
            Constant::Number(Double(double)) => {
                self.tag(3);
                self.bytes.extend(double.to_bits().to_ne_bytes());
            }
            Constant::Text(text) => {
                self.tag(4);
                self.text(text);
            }
        }
    }

    fn list<L>(&mut self, list: &L, name: impl Fn(&L) -> [u8; 16]) {
        let address = std::ptr::from_ref(list) as usize;
        let name = self.lists.entry(address).or_insert_with(|| name(list));
        self.bytes.extend(*name);
    }

    fn tag(&mut self, tag: u8) {
        self.bytes.push(tag);
    }

    fn number(&mut self, number: usize) {
        self.bytes.extend(number.to_ne_bytes());
    }

    fn text(&mut self, text: &str) {
        self.number(text.len());
        self.bytes.extend(text.as_bytes());
    }
}
