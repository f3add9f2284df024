//! One pass over the JSON of an event that fills a slot for each path some rule names and skips the rest.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::fmt;

use serde::de::{DeserializeSeed, Deserializer, Error, IgnoredAny, MapAccess, SeqAccess, Visitor};
use sonic_rs::LazyValue;
use tripline_grammar::ast::Segment;

use super::fields::Fields;
use super::nesting::nests_too_deep;
use super::scan;
use super::value::{List, Rows, Slots, Value};
use crate::number::Number;

/// How many keys of one object may stand again. Each time, what the earlier one left is forgotten, which
/// takes as long as there are paths beneath it.
pub(super) const MAX_REPEATS: usize = 1_000;
const REPEATS: &str = "an object repeats its keys over 1000 times";

/// The paths that are read from events, or from each item of a list, as a tree of fields.
#[derive(Debug, Default)]
pub(crate) struct Projection {
    root: Field,
    slots: usize,
}

/// A place in an event: whether its value is wanted, and what is wanted beneath it.
#[derive(Debug, Default)]
pub(super) struct Field {
    pub(super) slot: Option<usize>,
    keep_items: bool,
    pub(super) fields: Fields,
    items: BTreeMap<u32, Field>,
    each: Option<Box<Each>>,
}

/// What is read of each item of a list.
#[derive(Debug)]
struct Each {
    /// Where the items go.
    slot: usize,
    /// Its slots are those of one item; the first is the item itself.
    item: Projection,
}

impl Projection {
    /// The slot of a path, made if it is new; `keep_items` if a rule looks into the list there.
    pub(crate) fn slot(&mut self, path: &[Segment], keep_items: bool) -> usize {
        let (field, slots) = self.field(path);
        field.keep_items |= keep_items;
        *field.slot.get_or_insert_with(|| new_slot(slots))
    }

    /// The slot of the items of the list at a path, and what is read of each of them.
    pub(crate) fn each(&mut self, path: &[Segment]) -> (usize, &mut Projection) {
        let (field, slots) = self.field(path);
        let each = field.each.get_or_insert_with(|| {
            let mut item = Projection::default();
            item.slot(&[], false);
            Box::new(Each {
                slot: new_slot(slots),
                item,
            })
        });
        (each.slot, &mut each.item)
    }

    /// Whether anything is read of the field of this name.
    pub(crate) fn names(&self, field: &str) -> bool {
        self.root.fields.has(field)
    }

    fn field(&mut self, path: &[Segment]) -> (&mut Field, &mut usize) {
        let slots = &mut self.slots;
        let mut field = &mut self.root;
        for segment in path {
            field = match segment {
                Segment::Field(name) => field.fields.entry(name),
                Segment::Index(index) => field.items.entry(*index).or_default(),
            };
            if let Segment::Index(_) = segment {
                // A list that is kept whole takes this item from its slot.
                field.slot.get_or_insert_with(|| new_slot(slots));
            }
        }
        (field, slots)
    }

    #[cfg(test)]
    pub(super) fn root(&self) -> &Field {
        &self.root
    }

    #[cfg(test)]
    pub(super) fn len(&self) -> usize {
        self.slots
    }

    /// Reads one JSON object.
    pub(super) fn read<'a>(&self, json: &'a str, slots: &mut Slots<'a>) -> Result<(), Unread> {
        slots.reset(self.slots);
        match scan::read(json, &self.root, slots) {
            Some(()) => Ok(()),
            None => self.read_general(json, slots),
        }
    }

    /// As [`Projection::read`], by the general parser.
    pub(super) fn read_general<'a>(
        &self,
        json: &'a str,
        slots: &mut Slots<'a>,
    ) -> Result<(), Unread> {
        // It skips values recursively, so this comes first.
        if nests_too_deep(json.as_bytes()) {
            return Err(Unread::TooDeep);
        }
        slots.reset(self.slots);
        let mut deserializer = sonic_rs::Deserializer::from_str(json);
        (&mut deserializer)
            .deserialize_any(Root(Seed {
                field: &self.root,
                slots,
            }))
            .map_err(|error| Unread::Malformed(reason(error)))?;
        let ended = deserializer.end();
        ended.map_err(|error| Unread::Malformed(reason(error)))
    }
}

/// Why a text is not read.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Unread {
    TooDeep,
    Malformed(String),
}

fn new_slot(slots: &mut usize) -> usize {
    *slots += 1;
    *slots - 1
}

fn reason(error: sonic_rs::Error) -> String {
    // The parser's message goes on with an excerpt over several lines; its first line says it all.
    let text = error.to_string();
    let line = text.lines().next().unwrap_or_default();
    line.trim_end().trim_end_matches(':').to_owned()
}

impl Field {
    /// Forgets what an earlier key of the same name left: the last one counts.
    pub(super) fn clear(&self, slots: &mut Slots<'_>) {
        if let Some(slot) = self.slot {
            slots.set(slot, Value::Missing);
        }
        if let Some(each) = &self.each {
            slots.set(each.slot, Value::Missing);
        }
        self.fields.iter().for_each(|field| field.clear(slots));
        self.items.values().for_each(|field| field.clear(slots));
    }
}

pub(super) struct Seed<'f, 's, 'a> {
    pub(super) field: &'f Field,
    pub(super) slots: &'s mut Slots<'a>,
}

impl<'a> Seed<'_, '_, 'a> {
    /// Reads a value that stands by itself.
    pub(super) fn again(self, json: &'a str) -> Result<(), String> {
        let mut deserializer = sonic_rs::Deserializer::from_str(json);
        self.deserialize(&mut deserializer).map_err(reason)
    }

    fn set<E>(self, value: Value<'a>) -> Result<(), E> {
        if let Some(slot) = self.field.slot {
            self.slots.set(slot, value);
        }
        Ok(())
    }
}

impl<'a> DeserializeSeed<'a> for Seed<'_, '_, 'a> {
    type Value = ();

    fn deserialize<D: Deserializer<'a>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_any(self)
    }
}

/// The number of a double of the event; what is past the doubles is no number.
fn double(value: f64) -> Value<'static> {
    if value.is_finite() {
        Value::Number(Number::Double(value))
    } else {
        Value::Missing
    }
}

macro_rules! visit_scalars {
    () => {
        fn visit_unit<E>(self) -> Result<Self::Value, E> {
            self.set(Value::Missing)
        }
        fn visit_bool<E>(self, value: bool) -> Result<Self::Value, E> {
            self.set(Value::Bool(value))
        }
        fn visit_i64<E>(self, value: i64) -> Result<Self::Value, E> {
            self.set(Value::Number(Number::Integer(value)))
        }
        fn visit_u64<E>(self, value: u64) -> Result<Self::Value, E> {
            self.set(match i64::try_from(value) {
                Ok(integer) => Value::Number(Number::Integer(integer)),
                Err(_) => double(value as f64),
            })
        }
        fn visit_f64<E>(self, value: f64) -> Result<Self::Value, E> {
            self.set(double(value))
        }
        fn visit_borrowed_str<E>(self, value: &'a str) -> Result<Self::Value, E> {
            self.set(Value::Text(Cow::Borrowed(value)))
        }
        fn visit_str<E>(self, value: &str) -> Result<Self::Value, E> {
            self.set(Value::Text(Cow::Owned(value.to_owned())))
        }
    };
}

impl<'a> Visitor<'a> for Seed<'_, '_, 'a> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a JSON value")
    }

    visit_scalars!();

    fn visit_map<A: MapAccess<'a>>(self, mut map: A) -> Result<(), A::Error> {
        let Seed { field, slots } = self;
        let mut found = 0;
        // The first keys that were seen, a bit for each; of the others any may be a repeat.
        let mut seen = 0_u64;
        while let Some(child) = map.next_key_seed(Key(field))? {
            match child {
                Some((index, child)) => {
                    found += 1;
                    if found > field.fields.len() + MAX_REPEATS {
                        return Err(A::Error::custom(REPEATS));
                    }
                    let bit = 1_u64.checked_shl(index as u32).unwrap_or(0);
                    if bit == 0 || seen & bit != 0 {
                        child.clear(slots);
                    }
                    seen |= bit;
                    map.next_value_seed(Seed {
                        field: child,
                        slots: &mut *slots,
                    })?;
                }
                None => {
                    map.next_value::<IgnoredAny>()?;
                }
            }
        }
        Seed { field, slots }.set(Value::Object)
    }

    fn visit_seq<A: SeqAccess<'a>>(self, mut seq: A) -> Result<(), A::Error> {
        let Seed { field, slots } = self;
        if let Some(each) = &field.each {
            return rows(field, each, slots, seq);
        }
        let mut items = Vec::new();
        let mut wanted = field.items.iter().peekable();
        let mut length = 0;
        for index in 0_u32.. {
            length = index as usize;
            if let Some((_, child)) = wanted.next_if(|(at, _)| **at == index) {
                if seq
                    .next_element_seed(Seed {
                        field: child,
                        slots: &mut *slots,
                    })?
                    .is_none()
                {
                    break;
                }
                if let (true, Some(slot)) = (field.keep_items, child.slot) {
                    items.push(slots[slot].clone());
                }
            } else if field.keep_items {
                match seq.next_element_seed(Item)? {
                    Some(item) => items.push(item),
                    None => break,
                }
            } else if seq.next_element::<IgnoredAny>()?.is_none() {
                break;
            }
        }
        Seed { field, slots }.set(Value::List(Box::new(List { items, length })))
    }
}

/// Reads a list of whose items `any` or `all` ask something, and perhaps other paths as well.
fn rows<'a, A: SeqAccess<'a>>(
    field: &Field,
    each: &Each,
    slots: &mut Slots<'a>,
    mut seq: A,
) -> Result<(), A::Error> {
    let mut rows = Box::new(Rows::default());
    let mut row = Slots::default();
    let mut items = Vec::new();
    let mut length = 0;
    for index in 0_u32.. {
        length = index as usize;
        row.reset(each.item.slots);
        let seed = Seed {
            field: &each.item.root,
            slots: &mut row,
        };
        match field.items.get(&index) {
            None => {
                if seq.next_element_seed(seed)?.is_none() {
                    break;
                }
            }
            // The few items that have paths of their own are read twice.
            Some(child) => {
                let Some(item) = seq.next_element::<LazyValue<'a>>()? else {
                    break;
                };
                let Cow::Borrowed(json) = item.as_raw_cow() else {
                    return Err(A::Error::custom("an item has to be read twice"));
                };
                seed.again(json).map_err(A::Error::custom)?;
                let seed = Seed {
                    field: child,
                    slots: &mut *slots,
                };
                seed.again(json).map_err(A::Error::custom)?;
            }
        }
        if field.keep_items {
            items.extend(row.first().cloned());
        }
        rows.push(&mut row);
    }
    slots.set(each.slot, Value::Rows(rows));
    Seed { field, slots }.set(Value::List(Box::new(List { items, length })))
}

/// Finds the child that a key names.
struct Key<'f>(&'f Field);

impl<'f, 'a> DeserializeSeed<'a> for Key<'f> {
    type Value = Option<(usize, &'f Field)>;

    fn deserialize<D: Deserializer<'a>>(self, deserializer: D) -> Result<Self::Value, D::Error> {
        deserializer.deserialize_str(self)
    }
}

impl<'f> Visitor<'_> for Key<'f> {
    type Value = Option<(usize, &'f Field)>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a key")
    }

    fn visit_str<E>(self, key: &str) -> Result<Self::Value, E> {
        Ok(self.0.fields.get(key))
    }
}

/// Reads an item of a list that is kept: scalars whole, anything else by its type only.
struct Item;

impl Item {
    fn set<'a, E>(self, value: Value<'a>) -> Result<Value<'a>, E> {
        Ok(value)
    }
}

impl<'a> DeserializeSeed<'a> for Item {
    type Value = Value<'a>;

    fn deserialize<D: Deserializer<'a>>(self, deserializer: D) -> Result<Value<'a>, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'a> Visitor<'a> for Item {
    type Value = Value<'a>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a JSON value")
    }

    visit_scalars!();

    fn visit_map<A: MapAccess<'a>>(self, mut map: A) -> Result<Value<'a>, A::Error> {
        while map.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {}
        Ok(Value::Object)
    }

    fn visit_seq<A: SeqAccess<'a>>(self, mut seq: A) -> Result<Value<'a>, A::Error> {
        let mut length = 0;
        while seq.next_element::<IgnoredAny>()?.is_some() {
            length += 1;
        }
        let items = Vec::new();
        Ok(Value::List(Box::new(List { items, length })))
    }
}

/// The outermost value, which must be an object.
struct Root<'f, 's, 'a>(Seed<'f, 's, 'a>);

impl<'a> Visitor<'a> for Root<'_, '_, 'a> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a JSON object")
    }

    fn visit_map<A: MapAccess<'a>>(self, map: A) -> Result<(), A::Error> {
        self.0.visit_map(map)
    }
}
