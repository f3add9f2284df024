//! Finds the per-event alerts that an event may fire, without asking each of them.
//!
//! What a condition *needs* to be true is derived from it: tests of single values ([`need::Need`]). The
//! *subject* of a test is a field, or an expression that several rules have in common ([`census::Census`]):
//! it is computed once for all of them. Each rule is filed under its *anchors*, tests of which one must hold,
//! chosen to be seldom true. For each event type there is a table with a column for each subject of some
//! rule's anchor ([`table::Table`]); in a column the value leads to the rules whose test it passes, by binary
//! search, hash or automaton. So what an event costs grows with the anchors that hold and with the
//! expressions that differ, and not with the rules there are.
//!
//! The choice of anchors starts with a guess and follows what events show ([`watch::Watch`]). Since the
//! whole condition of every candidate is evaluated, anchors decide how fast an answer is, never which.

mod census;
mod clause;
mod found;
mod key;
mod need;
mod numbers;
mod pattern;
mod predicate;
mod prefixes;
mod subject;
mod table;
mod texts;
mod watch;

#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, HashMap};

use foldhash::fast::FixedState;

use crate::eval::Scope;
use crate::program::{Node, Patterns};
use census::Census;
use found::Found;
use need::Need;
use prefixes::Prefixes;
use subject::{Derived, Values};
use table::Table;
use watch::Watch;

/// Rules by event type, and by what their conditions need.
#[derive(Debug, Default)]
pub(crate) struct Index {
    /// The table of each event type that some rule names.
    kinds: HashMap<Box<str>, u32, FixedState>,
    /// The tables of prefixes of types.
    prefixes: Prefixes,
    /// The table of `*`.
    any: Option<u32>,
    tables: Vec<Table>,
    /// The rules of each table.
    homes: Vec<Vec<u32>>,
    /// What each rule needs.
    needs: Vec<Need>,
    /// The expressions that rules have in common.
    derived: Vec<Derived>,
}

/// What one thread of matching needs to itself, and what it has learnt of the events so far.
///
/// It belongs to one index.
#[derive(Debug, Default)]
pub(crate) struct Scratch {
    found: Found,
    watch: Watch,
}

impl Scratch {
    /// Looks at what the events show after so few of them.
    #[cfg(test)]
    fn hasty(span: u32) -> Scratch {
        Scratch {
            watch: Watch::new(span),
            ..Scratch::default()
        }
    }

    /// The rules found, ascending.
    pub(crate) fn found(&self) -> &[u32] {
        self.found.rules()
    }

    /// Keeps the rules whose conditions hold.
    pub(crate) fn retain(&mut self, mut holds: impl FnMut(usize) -> bool) {
        let watch = &mut self.watch;
        self.found.retain(|rule| {
            let kept = holds(rule as usize);
            if !kept {
                watch.wasted(rule);
            }
            kept
        });
    }
}

impl Index {
    /// Files rules, each given with its number, in ascending order.
    pub(crate) fn new<'r>(rules: impl Iterator<Item = (usize, &'r Patterns, &'r Node)>) -> Index {
        let mut index = Index::default();
        let mut prefixes: BTreeMap<Box<[u8]>, Vec<u32>> = BTreeMap::new();
        let mut census = Census::default();
        for (rule, on, condition) in rules {
            let need = census.need(condition);
            let mut tables = Vec::with_capacity(on.0.len());
            for pattern in &on.0 {
                let homes = &mut index.homes;
                let mut new_table = || {
                    homes.push(Vec::new());
                    homes.len() as u32 - 1
                };
                let table = match pattern.strip_suffix('*') {
                    Some("") => *index.any.get_or_insert_with(new_table),
                    Some(prefix) => {
                        let filed = prefixes.entry(prefix.as_bytes().into()).or_default();
                        if filed.is_empty() {
                            filed.push(new_table());
                        }
                        filed.first().copied().unwrap_or_default()
                    }
                    None => match index.kinds.get(pattern.as_str()) {
                        Some(table) => *table,
                        None => {
                            let table = new_table();
                            index.kinds.insert(pattern.as_str().into(), table);
                            table
                        }
                    },
                };
                if let Some(rules) = index.homes.get_mut(table as usize) {
                    rules.push(rule as u32);
                }
                tables.push(table);
            }
            census.count(rule as u32, &need, tables);
            index.needs.resize_with(rule, Need::nothing);
            index.needs.push(need);
        }
        index.derived = census.settle(&mut index.needs);
        index.prefixes = Prefixes::new(prefixes);
        index.tables = (0..index.homes.len())
            .map(|table| index.file(table, |_| None))
            .collect();
        index
    }

    /// Finds the rules that may hold for an event: ascending, none twice, never leaving out one that holds.
    ///
    /// It leaves them in the scratch.
    pub(crate) fn candidates(&self, kind: Option<&str>, scope: &Scope<'_>, scratch: &mut Scratch) {
        let values = Values::new(scope, &self.derived);
        self.anchored(kind, &values, scratch);
        let Scratch { found, watch } = scratch;
        // Most candidates in vain lack another thing they need, which is seen sooner than by evaluating.
        found.retain(|rule| {
            let need = self.needs.get(rule as usize);
            let kept = need.is_none_or(|need| need.is_likely(&values));
            if !kept {
                watch.wasted(rule);
            }
            kept
        });
        found.sort();
        watch.event(self, kind, &values);
    }

    /// Finds the rules of which an anchor holds, in no order.
    fn anchored(&self, kind: Option<&str>, values: &Values<'_>, scratch: &mut Scratch) {
        let Scratch { found, watch } = scratch;
        found.clear(self.needs.len());
        self.tables_of(kind, |table| {
            let refiled = watch.table(table);
            if let Some(table) = refiled.or(self.tables.get(table as usize)) {
                table.find(values, found);
            }
        });
    }

    /// Gives the tables of the rules that take events of a type.
    fn tables_of(&self, kind: Option<&str>, mut give: impl FnMut(u32)) {
        if let Some(kind) = kind {
            if let Some(table) = self.kinds.get(kind) {
                give(*table);
            }
            let give = &mut give;
            self.prefixes.find(kind.bytes(), |tables| {
                tables.iter().copied().for_each(&mut *give)
            });
        }
        self.any.into_iter().for_each(give);
    }

    /// Files the rules of a table by their needs, of which some are known better.
    fn file<'n>(&'n self, table: usize, better: impl Fn(u32) -> Option<&'n Need>) -> Table {
        let rules = self.homes.get(table).into_iter().flatten();
        Table::new(rules.filter_map(|&rule| {
            let need = better(rule).or(self.needs.get(rule as usize));
            Some((rule, need?))
        }))
    }
}
