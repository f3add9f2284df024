//! Counts which expressions rules have in common: those become subjects of their anchors.

use std::collections::HashMap;

use foldhash::fast::FixedState;

use super::clause;
use super::key::Keys;
use super::need::Need;
use super::predicate::Predicate;
use super::subject::{Derived, Subject};
use crate::program::Node;

/// The greatest part of an expression that one rule pays for. What a rule has for itself costs as much to compute for
/// an anchor as in its condition, so two at least must share it.
const MOST_SHARE: f32 = 0.5;
/// The least guess of how often a test of the time alone holds: such tests choose working hours, or the others.
const OF_CLOCKS: f32 = 0.4;

/// The expressions in the conditions of rules.
#[derive(Debug, Default)]
pub(super) struct Census<'r> {
    keys: Keys,
    /// The number of each expression by its key.
    numbers: HashMap<Box<[u8]>, u32, FixedState>,
    met: Vec<Met<'r>>,
    /// How many rules of a table need a test of an expression.
    uses: HashMap<(u32, u32), u32, FixedState>,
    /// Whether the last rule has an expression.
    has_any: bool,
    /// The rules that have one, with their tables.
    rules: Vec<(u32, Vec<u32>)>,
}

/// An expression that was met.
#[derive(Debug)]
struct Met<'r> {
    node: &'r Node,
    /// Whether it is a test taken without its `not`.
    is_plain: bool,
    /// Its number among those that are in common, once it is.
    kept: Option<u32>,
}

impl<'r> Census<'r> {
    /// What a condition needs to be true, each expression in it taken as if other rules had it, too.
    pub(super) fn need(&mut self, condition: &'r Node) -> Need {
        self.has_any = false;
        clause::need(condition, true, self)
    }

    /// Counts what the last rule needs in each of its tables.
    pub(super) fn count(&mut self, rule: u32, need: &Need, tables: Vec<u32>) {
        if !self.has_any {
            return;
        }
        let mut numbers = Vec::new();
        need.subjects(&mut |subject| match subject {
            Subject::Derived(number) => numbers.push(number),
            Subject::Slot(_) => {}
        });
        numbers.sort_unstable();
        numbers.dedup();
        for number in numbers {
            for table in &tables {
                *self.uses.entry((number, *table)).or_default() += 1;
            }
        }
        self.rules.push((rule, tables));
    }

    /// Settles, after the last rule was counted, what each needs; gives the expressions in common.
    pub(super) fn settle(mut self, needs: &mut [Need]) -> Vec<Derived> {
        let mut derived = Vec::new();
        for (rule, tables) in std::mem::take(&mut self.rules) {
            if let Some(need) = needs.get_mut(rule as usize) {
                let unsettled = std::mem::replace(need, Need::nothing());
                *need = unsettled.replace(&mut |predicate| match predicate.subject {
                    Subject::Slot(_) => Need::of(predicate),
                    Subject::Derived(number) => {
                        let share = self.share(number, &tables);
                        self.settled(predicate, number, share, &mut derived)
                    }
                });
            }
        }
        derived
    }

    /// The part of an expression's cost that falls to one rule of these tables.
    fn share(&self, number: u32, tables: &[u32]) -> f32 {
        let uses = tables.iter().map(|table| self.uses.get(&(number, *table)));
        let shares = uses.map(|uses| uses.map_or(1.0, |uses| 1.0 / *uses as f32));
        shares.sum::<f32>() / tables.len() as f32
    }

    /// The test of an expression that is computed once for all rules, or nothing if too few have it.
    fn settled(
        &mut self,
        predicate: Predicate,
        number: u32,
        share: f32,
        derived: &mut Vec<Derived>,
    ) -> Need {
        let Some(met) = self.met.get_mut(number as usize) else {
            return Need::nothing();
        };
        if share > MOST_SHARE {
            return Need::nothing();
        }
        let kept = match met.kept {
            Some(kept) => kept,
            None => {
                derived.push(Derived::new(met.owned()));
                derived.len() as u32 - 1
            }
        };
        met.kept = Some(kept);
        let least = match met.node.reads_event() {
            true => 0.0,
            false => OF_CLOCKS,
        };
        let guess = predicate.guess().max(least);
        let subject = Subject::Derived(kept);
        let accepts = predicate.accepts;
        Need::shared(Predicate { subject, accepts }, guess, share)
    }

    /// What a test of a value is about; `None` if it is nothing that an index can know.
    pub(super) fn value(&mut self, node: &'r Node) -> Option<Subject> {
        match node {
            Node::Slot(slot) => Some(Subject::Slot(*slot as u32)),
            Node::Constant(_) => None,
            node => {
                let is_plain = false;
                self.meet(Met {
                    node,
                    is_plain,
                    kept: None,
                })
            }
        }
    }

    /// The truth of a clause; that of a test is what it is without its `not`.
    pub(super) fn clause(&mut self, node: &'r Node) -> Option<Subject> {
        let is_plain = matches!(node, Node::Test { .. });
        self.meet(Met {
            node,
            is_plain,
            kept: None,
        })
    }

    fn meet(&mut self, met: Met<'r>) -> Option<Subject> {
        let key = match met.node {
            Node::Test { value, test, .. } if met.is_plain => self.keys.of_plain(value, test)?,
            node => self.keys.of(node)?,
        };
        self.has_any = true;
        if let Some(number) = self.numbers.get(key) {
            return Some(Subject::Derived(*number));
        }
        let number = self.met.len() as u32;
        self.numbers.insert(key.into(), number);
        self.met.push(met);
        Some(Subject::Derived(number))
    }
}

impl Met<'_> {
    /// The expression for the index to keep.
    fn owned(&self) -> Node {
        match self.node {
            Node::Test { value, test, .. } if self.is_plain => Node::Test {
                value: value.clone(),
                negated: false,
                test: test.clone(),
            },
            node => node.clone(),
        }
    }
}
