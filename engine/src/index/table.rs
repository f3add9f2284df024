//! The rules that take events of one type, filed by their anchors.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::Found;
use super::need::Need;
use super::numbers::Numbers;
use super::predicate::{Accepts, KINDS, Kinds, Point, Predicate, kind_of};
use super::texts::Texts;
use crate::event::Value;
use crate::program::{Constant, Members};

/// A list with more values is looked up once for all rules that use it, instead of value by value.
const SHORT_LIST: usize = 256;

/// Rules by their anchors.
#[derive(Debug, Clone, Default)]
pub(super) struct Table {
    /// Those without an anchor.
    always: Vec<u32>,
    /// One for each slot that is some rule's anchor.
    columns: Vec<Column>,
}

/// The rules whose anchors test one slot.
#[derive(Debug, Clone, Default)]
struct Column {
    slot: usize,
    kinds: Option<Box<[Vec<u32>; KINDS]>>,
    numbers: Numbers,
    texts: Texts,
    lists: Vec<(Arc<Members>, Vec<u32>)>,
}

impl Table {
    /// Files rules by what they need.
    pub(super) fn new<'n>(rules: impl Iterator<Item = (u32, &'n Need)>) -> Table {
        let mut always = Vec::new();
        let mut columns: BTreeMap<usize, Column> = BTreeMap::new();
        for (rule, need) in rules {
            let mut file = |predicate: &Predicate| {
                let slot = predicate.slot;
                let column = columns.entry(slot).or_insert_with(|| Column {
                    slot,
                    ..Column::default()
                });
                column.file(&predicate.accepts, rule);
            };
            if !need.anchors(&mut file) {
                always.push(rule);
            }
        }
        let mut columns: Vec<Column> = columns.into_values().collect();
        for column in &mut columns {
            column.numbers.finish();
            column.texts.finish();
        }
        Table { always, columns }
    }

    /// Finds the rules whose anchors hold.
    pub(super) fn find(&self, slots: &[Value<'_>], found: &mut Found) {
        found.add_all(&self.always);
        for column in &self.columns {
            if let Some(value) = slots.get(column.slot) {
                column.find(value, found);
            }
        }
    }
}

impl Column {
    fn file(&mut self, accepts: &Accepts, rule: u32) {
        match accepts {
            Accepts::Kinds(kinds) => self.file_kinds(*kinds, rule),
            Accepts::Span(span) => self.numbers.add_span(*span, rule),
            Accepts::Point(point) => self.numbers.add_point(*point, rule),
            Accepts::Text(text) => self.texts.add_text(text, rule),
            Accepts::Part(place, part) => self.texts.add_part(*place, part, rule),
            Accepts::List(members) if members.len() <= SHORT_LIST => {
                let mut kinds = Vec::new();
                for value in members.values() {
                    match value {
                        None => kinds.push(super::predicate::MISSING),
                        Some(Constant::Bool(true)) => kinds.push(super::predicate::TRUE),
                        Some(Constant::Bool(false)) => kinds.push(super::predicate::FALSE),
                        Some(Constant::Number(number)) => {
                            self.numbers.add_point(Point::of(number), rule);
                        }
                        Some(Constant::Text(text)) => self.texts.add_text(&text, rule),
                    }
                }
                if !kinds.is_empty() {
                    self.file_kinds(Kinds::of(&kinds), rule);
                }
            }
            Accepts::List(members) => {
                let same = |other: &&mut (Arc<Members>, _)| Arc::ptr_eq(&other.0, members);
                match self.lists.iter_mut().find(same) {
                    Some((_, rules)) => rules.push(rule),
                    None => self.lists.push((members.clone(), vec![rule])),
                }
            }
        }
    }

    fn file_kinds(&mut self, kinds: Kinds, rule: u32) {
        let filed = self.kinds.get_or_insert_default();
        for (kind, rules) in filed.iter_mut().enumerate() {
            if kinds.0 & 1 << kind != 0 {
                rules.push(rule);
            }
        }
    }

    fn find(&self, value: &Value<'_>, found: &mut Found) {
        if let Some(kinds) = &self.kinds
            && let Some(rules) = kinds.get(usize::from(kind_of(value)))
        {
            found.add_all(rules);
        }
        match value {
            Value::Number(number) => self.numbers.find(*number, found),
            Value::Text(text) => self.texts.find(text, found),
            _ => {}
        }
        for (members, rules) in &self.lists {
            if members.holds(value) {
                found.add_all(rules);
            }
        }
    }
}
