//! The rules that take events of one type, filed by their anchors.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::Found;
use super::need::Need;
use super::numbers::Numbers;
use super::predicate::{Accepts, FALSE, KINDS, Kinds, MISSING, Point, Predicate, TRUE, kind_of};
use super::subject::{Subject, Values};
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
    /// One for each slot that some rule's anchor tests.
    columns: Vec<Column>,
    /// One for each computed value that some rule's anchor tests.
    derived: Vec<Column>,
}

/// The rules whose anchors test one value. What most values need is here, in one line of the cache.
#[derive(Debug, Clone)]
struct Column {
    /// The number of the slot or of the computed value.
    number: u32,
    /// A number below the first and above the second passes no test.
    calm: [f64; 2],
    /// A bit for each length that a text may have to pass; the last is that of all that are longer.
    lengths: u64,
    numbers: Option<Box<Numbers>>,
    texts: Option<Box<Texts>>,
    others: Option<Box<Others>>,
}

/// The rules whose anchors test for something else than numbers and texts.
#[derive(Debug, Clone, Default)]
struct Others {
    kinds: [Vec<u32>; KINDS],
    lists: Vec<(Arc<Members>, Vec<u32>)>,
}

impl Table {
    /// Files rules by what they need.
    pub(super) fn new<'n>(rules: impl Iterator<Item = (u32, &'n Need)>) -> Table {
        let mut always = Vec::new();
        let mut columns: BTreeMap<Subject, Column> = BTreeMap::new();
        for (rule, need) in rules {
            let mut file = |predicate: &Predicate| {
                let subject = predicate.subject;
                let column = columns
                    .entry(subject)
                    .or_insert_with(|| Column::new(subject));
                column.file(&predicate.accepts, rule);
            };
            if !need.anchors(&mut file) {
                always.push(rule);
            }
        }
        for column in columns.values_mut() {
            column.finish();
        }
        let first_derived = Subject::Derived(0);
        let derived = columns.split_off(&first_derived).into_values().collect();
        Table {
            always,
            columns: columns.into_values().collect(),
            derived,
        }
    }

    /// Finds the rules whose anchors hold.
    pub(super) fn find(&self, values: &Values<'_>, found: &mut Found) {
        found.add_all(&self.always);
        let slots = values.slots;
        for column in &self.columns {
            if let Some(value) = slots.get(column.number as usize) {
                column.find(value, found);
            }
        }
        if !self.derived.is_empty() {
            self.find_derived(values, found);
        }
    }

    #[inline(never)]
    fn find_derived(&self, values: &Values<'_>, found: &mut Found) {
        for column in &self.derived {
            column.find(&values.derive(column.number), found);
        }
    }

    /// How many values are computed for each event.
    #[cfg(test)]
    pub(super) fn computes(&self) -> usize {
        self.derived.len()
    }
}

impl Column {
    fn new(subject: Subject) -> Column {
        let (Subject::Slot(number) | Subject::Derived(number)) = subject;
        Column {
            number,
            calm: [f64::INFINITY, f64::NEG_INFINITY],
            lengths: 0,
            numbers: None,
            texts: None,
            others: None,
        }
    }

    fn file(&mut self, accepts: &Accepts, rule: u32) {
        match accepts {
            Accepts::Kinds(kinds) => self.file_kinds(*kinds, rule),
            Accepts::Span(span) => self.numbers.get_or_insert_default().add_span(*span, rule),
            Accepts::Point(point) => self.file_point(*point, rule),
            Accepts::Text(text) => self.file_text(text, rule),
            Accepts::Part(place, part) => {
                self.lengths = u64::MAX;
                let texts = self.texts.get_or_insert_default();
                texts.add_part(*place, part, rule);
            }
            Accepts::List(members) if members.len() <= SHORT_LIST => {
                let mut kinds = Vec::new();
                for value in members.values() {
                    match value {
                        None => kinds.push(MISSING),
                        Some(Constant::Bool(true)) => kinds.push(TRUE),
                        Some(Constant::Bool(false)) => kinds.push(FALSE),
                        Some(Constant::Number(number)) => self.file_point(Point::of(number), rule),
                        Some(Constant::Text(text)) => self.file_text(&text, rule),
                    }
                }
                if !kinds.is_empty() {
                    self.file_kinds(Kinds::of(&kinds), rule);
                }
            }
            Accepts::List(members) => {
                let lists = &mut self.others.get_or_insert_default().lists;
                let same = |other: &&mut (Arc<Members>, _)| Arc::ptr_eq(&other.0, members);
                match lists.iter_mut().find(same) {
                    Some((_, rules)) => rules.push(rule),
                    None => lists.push((members.clone(), vec![rule])),
                }
            }
        }
    }

    fn file_kinds(&mut self, kinds: Kinds, rule: u32) {
        let filed = &mut self.others.get_or_insert_default().kinds;
        for (kind, rules) in filed.iter_mut().enumerate() {
            if kinds.0 & 1 << kind != 0 {
                rules.push(rule);
            }
        }
    }

    fn file_point(&mut self, point: Point, rule: u32) {
        self.numbers.get_or_insert_default().add_point(point, rule);
    }

    fn file_text(&mut self, text: &str, rule: u32) {
        self.lengths |= length_bit(text);
        self.texts.get_or_insert_default().add_text(text, rule);
    }

    /// Puts all in order, after the last was filed.
    fn finish(&mut self) {
        if let Some(numbers) = &mut self.numbers {
            numbers.finish();
            self.calm = numbers.calm();
        }
        if let Some(texts) = &mut self.texts {
            texts.finish();
        }
    }

    // Most values find nothing, so that calling it would be half of what it takes.
    #[inline(always)]
    fn find(&self, value: &Value<'_>, found: &mut Found) {
        match (value, &self.numbers, &self.texts) {
            (Value::Number(number), Some(numbers), _) => {
                let [below, above] = self.calm;
                let double = number.to_f64();
                if !(double < below && double > above) {
                    numbers.find(*number, found);
                }
            }
            (Value::Text(text), _, Some(texts)) if self.lengths & length_bit(text) != 0 => {
                texts.find(text, found);
            }
            _ => {}
        }
        if let Some(others) = &self.others {
            others.find(value, found);
        }
    }
}

impl Others {
    fn find(&self, value: &Value<'_>, found: &mut Found) {
        if let Some(rules) = self.kinds.get(usize::from(kind_of(value))) {
            found.add_all(rules);
        }
        for (members, rules) in &self.lists {
            if members.holds(value) {
                found.add_all(rules);
            }
        }
    }
}

fn length_bit(text: &str) -> u64 {
    1 << text.len().min(63)
}

#[cfg(test)]
mod tests {
    use super::Table;
    use crate::eval::Scope;
    use crate::event::Value;
    use crate::index::Found;
    use crate::index::need::Need;
    use crate::index::predicate::{Accepts, Limit, Point, Span};
    use crate::index::subject::{Subject, Values};
    use crate::number::Number;
    use crate::time::Time;

    /// Where doubles cannot tell integers apart, too, what is passed over passes no test.
    #[test]
    fn only_values_that_pass_no_test_are_passed_over() {
        let big = 1_i64 << 53;
        let integers = [0, 7, big - 1, big, big + 1, big + 2, big + 3, i64::MAX];
        let doubles = [6.5, big as f64, (big + 2) as f64, 9.3e18, -0.0];
        let integers = integers.into_iter().map(Number::Integer);
        let numbers: Vec<Number> = integers
            .chain(doubles.into_iter().map(Number::Double))
            .collect();
        let limits = numbers
            .iter()
            .flat_map(|at| [true, false].map(|strict| Some(Limit { at: *at, strict })));
        let spans = limits.flat_map(|limit| {
            let (low, high) = (limit, limit);
            [Span { low, high: None }, Span { low: None, high }]
        });
        let points = numbers
            .iter()
            .map(|number| Accepts::Point(Point::of(*number)));
        for accepts in spans.map(Accepts::Span).chain(points) {
            let need = Need::test(Subject::Slot(0), accepts);
            let table = Table::new([(0, &need)].into_iter());
            for number in &numbers {
                let slots = [Value::Number(*number)];
                let scope = Scope::of_values(&slots, Time(0));
                let values = Values::new(&scope, &[]);
                let mut found = Found::default();
                found.clear(1);
                table.find(&values, &mut found);
                let found = !found.rules().is_empty();
                assert_eq!(found, need.is_met(&values), "{need:?} {number:?}");
            }
        }
    }

    #[test]
    fn texts_of_every_length_are_found() {
        for length in 0..70 {
            let need = Need::test(Subject::Slot(0), Accepts::Text("a".repeat(length).into()));
            let table = Table::new([(0, &need)].into_iter());
            for other in 0..70 {
                let mut found = Found::default();
                found.clear(1);
                let slots = [Value::Text("a".repeat(other).into())];
                let scope = Scope::of_values(&slots, Time(0));
                let values = Values::new(&scope, &[]);
                table.find(&values, &mut found);
                assert_eq!(found.rules().len(), usize::from(length == other));
            }
        }
    }
}
