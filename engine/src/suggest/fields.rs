//! Values worth trying in the fields that a rule reads: what it compares them with, a step to either side, and others.

use std::collections::BTreeMap;

use regex_syntax::hir::{Class, Hir, HirKind};
use serde_json::Value;
use tripline_grammar::ast::{Expr, ExprKind, Segment, Test};

use crate::functions::{Body, FUNCTIONS};
use crate::infer::SampledField;
use crate::lint::walk;

/// A field and what to try in it.
#[derive(Debug)]
pub(super) struct Field {
    pub(super) path: Vec<Segment>,
    /// The likeliest to matter first; `None` is an event without the field.
    pub(super) values: Vec<Option<Value>>,
    /// The numbers it is compared with: a step below each, itself, and a step above.
    pub(super) numbers: Vec<[Value; 3]>,
    /// Whether its different values are counted.
    pub(super) is_distinct: bool,
}

impl Field {
    fn new(path: Vec<Segment>) -> Field {
        Field {
            path,
            values: Vec::new(),
            numbers: Vec::new(),
            is_distinct: false,
        }
    }

    pub(super) fn offer(&mut self, value: Option<Value>) {
        if !self.values.contains(&value) {
            self.values.push(value);
        }
    }

    fn offer_number(&mut self, number: f64) {
        // A step is one of the last decimal that is written: 1, or 0.1 for 36.5.
        let decimals = (0..6).find(|&places| {
            let shifted = number * 10_f64.powi(places);
            (shifted - shifted.round()).abs() < 1e-6
        });
        let scale = 10_f64.powi(decimals.unwrap_or(6));
        let step = |by: f64| json_number((number * scale + by).round() / scale);
        let around = [step(-1.0), step(0.0), step(1.0)];
        for value in [&around[1], &around[2], &around[0]] {
            self.offer(Some(value.clone()));
        }
        // Far off, for what measures how values differ.
        self.offer(Some(json_number(number + 10.0 * number.abs().max(1.0))));
        if !self.numbers.contains(&around) {
            self.numbers.push(around);
        }
    }

    fn offer_literal(&mut self, literal: &Literal) {
        match literal {
            Literal::Number(number) => self.offer_number(*number),
            Literal::Text(text) => self.offer(Some(Value::from(text.as_str()))),
            Literal::Bool(bool) => self.offer(Some(Value::from(*bool))),
        }
    }

    /// Adds what a rule does not name: another text, the other truth, and no value at all.
    pub(super) fn complete(&mut self) {
        let known: Vec<Value> = self.values.iter().flatten().cloned().collect();
        if known.is_empty() {
            let any = [Value::from(1), Value::from(true), Value::from("a")];
            any.into_iter().for_each(|value| self.offer(Some(value)));
        }
        if known.iter().any(Value::is_string) {
            self.offer(Some(Value::from("other")));
        }
        if known.is_empty() || known.iter().any(Value::is_boolean) {
            self.offer(Some(Value::from(true)));
            self.offer(Some(Value::from(false)));
        }
        self.offer(None);
    }
}

/// A whole number without a fraction, as an author writes it.
fn json_number(number: f64) -> Value {
    match number.fract() == 0.0 && number.abs() < 9e15 {
        true => Value::from(number as i64),
        false => Value::from(number),
    }
}

#[derive(Debug, Clone, PartialEq)]
enum Literal {
    Number(f64),
    Text(String),
    Bool(bool),
}

/// The fields of conditions, and the numbers that windows are compared with.
#[derive(Debug, Default)]
pub(super) struct Compared {
    pub(super) fields: Vec<Field>,
    pub(super) counts: Vec<i64>,
}

impl Compared {
    /// Notes what a condition reads; `lists` has an item of each declared list.
    pub(super) fn note(&mut self, condition: &Expr, lists: &BTreeMap<String, String>) {
        walk::each(condition, &mut |expr| match &expr.kind {
            ExprKind::Path(path) => {
                self.field(&path.segments);
            }
            ExprKind::Compare { left, right, .. } => {
                self.compared(left, &literals(right));
                self.compared(right, &literals(left));
            }
            ExprKind::Test { value, test, .. } => self.compared(value, &tested(test, lists)),
            ExprKind::Call(call) if call.name.text == "distinct" => {
                for path in call.args.iter().flat_map(paths) {
                    if let Some(field) = self.field(&path) {
                        field.is_distinct = true;
                    }
                }
            }
            _ => {}
        });
    }

    /// The field of a path; none for what an item of a list holds.
    pub(super) fn field(&mut self, path: &[Segment]) -> Option<&mut Field> {
        if matches!(path.first(), Some(Segment::Field(name)) if name == "it") {
            return None;
        }
        let place = self.fields.iter().position(|field| field.path == path);
        let place = place.unwrap_or_else(|| {
            self.fields.push(Field::new(path.to_vec()));
            self.fields.len() - 1
        });
        self.fields.get_mut(place)
    }

    fn compared(&mut self, side: &Expr, literals: &[Literal]) {
        for path in paths(side) {
            if let Some(field) = self.field(&path) {
                literals.iter().for_each(|one| field.offer_literal(one));
            }
        }
        let mut has_window = false;
        walk::each(side, &mut |expr| has_window |= walk::window(expr).is_some());
        for literal in literals.iter().filter(|_| has_window) {
            if let Literal::Number(number) = literal
                && number.fract() == 0.0
                && (0.0..=MOST_COUNTED).contains(number)
            {
                self.counts.push(*number as i64);
            }
        }
    }
}

/// Counts beyond this are not tried: a test of so many events says it better by itself.
const MOST_COUNTED: f64 = 2_000.0;

/// The paths whose values an expression is made of; not those that only decide what a window counts.
fn paths(expr: &Expr) -> Vec<Vec<Segment>> {
    let mut found = Vec::new();
    if let Some(window) = walk::window(expr) {
        if window.name.text != "count" && window.name.text != "rate" {
            window.args.iter().for_each(|arg| found.extend(paths(arg)));
        }
        return found;
    }
    if let ExprKind::Path(path) = &expr.kind {
        found.push(path.segments.clone());
    }
    walk::children(expr, &mut |child| found.extend(paths(child)));
    found
}

fn literals(expr: &Expr) -> Vec<Literal> {
    if let Some(number) = walk::number(expr) {
        return vec![Literal::Number(number)];
    }
    let mut found = Vec::new();
    match &expr.kind {
        ExprKind::String(text) => found.push(Literal::Text(text.clone())),
        ExprKind::Bool(bool) => found.push(Literal::Bool(*bool)),
        _ if walk::window(expr).is_some() => {}
        _ => walk::children(expr, &mut |child| found.extend(literals(child))),
    }
    found
}

fn tested(test: &Test, lists: &BTreeMap<String, String>) -> Vec<Literal> {
    match test {
        Test::InRange { low, high } => {
            let ends = low.iter().chain(high);
            ends.flat_map(|end| literals(end)).collect()
        }
        Test::InList(items) => items.iter().flat_map(literals).collect(),
        Test::InCidr(call) => {
            let inside = call.args.iter().flat_map(literals).map(host);
            inside.chain([outside()]).collect()
        }
        Test::Contains(text) | Test::StartsWith(text) | Test::EndsWith(text) => literals(text),
        Test::InPath(path) => match path.segments.as_slice() {
            [Segment::Field(name)] => lists.get(name).map_or_else(Vec::new, |item| of(item)),
            _ => Vec::new(),
        },
        Test::Matches { pattern, .. } => {
            let hir = regex_syntax::parse(pattern).ok();
            let example = hir.map(|hir| {
                let mut text = String::new();
                write_example(&hir, &mut text);
                Literal::Text(text)
            });
            example.into_iter().collect()
        }
        Test::Is(_) => Vec::new(),
    }
}

/// An item of a declared list; of a network an address inside and one outside.
fn of(item: &str) -> Vec<Literal> {
    match item.parse() {
        Ok(number) => vec![Literal::Number(number)],
        Err(_) if item.contains('/') => vec![host(Literal::Text(item.to_owned())), outside()],
        Err(_) => vec![Literal::Text(item.to_owned())],
    }
}

/// An address that is in nobody's network (RFC 5737).
fn outside() -> Literal {
    Literal::Text("203.0.113.9".to_owned())
}

/// The address of a network.
fn host(literal: Literal) -> Literal {
    match literal {
        Literal::Text(text) => {
            let address = text.split_once('/').map(|(address, _)| address.to_owned());
            Literal::Text(address.unwrap_or(text))
        }
        other => other,
    }
}

/// Writes a short text that a regular expression matches, but for what it looks around at.
fn write_example(hir: &Hir, text: &mut String) {
    match hir.kind() {
        HirKind::Literal(literal) => text.push_str(&String::from_utf8_lossy(&literal.0)),
        HirKind::Class(class) => text.extend(member(class)),
        HirKind::Repetition(repetition) => {
            for _ in 0..repetition.min.min(100) {
                write_example(&repetition.sub, text);
            }
        }
        HirKind::Capture(capture) => write_example(&capture.sub, text),
        HirKind::Concat(parts) => parts.iter().for_each(|part| write_example(part, text)),
        HirKind::Alternation(parts) => parts
            .first()
            .into_iter()
            .for_each(|part| write_example(part, text)),
        HirKind::Empty | HirKind::Look(_) => {}
    }
}

/// A member of a class that can be read, if there is one.
fn member(class: &Class) -> Option<char> {
    let Class::Unicode(class) = class else {
        return None;
    };
    let has = |char: char| {
        let mut ranges = class.iter();
        ranges.any(|range| (range.start()..=range.end()).contains(&char))
    };
    let plain = ('a'..='z')
        .chain('0'..='9')
        .chain('A'..='Z')
        .find(|one| has(*one));
    plain.or_else(|| class.iter().next().map(|range| range.start()))
}

/// The event types that the alert takes, the likeliest first.
pub(super) fn event_types(on: &[String], kind: &Field, sample: &[SampledField]) -> Vec<String> {
    let mut found: Vec<String> = Vec::new();
    let mut offer = |one: &str| {
        if !found.iter().any(|known| known == one) && found.len() < 4 {
            found.push(one.to_owned());
        }
    };
    for pattern in on {
        match pattern.strip_suffix('*') {
            None => offer(pattern),
            Some(prefix) => {
                let compared = kind.values.iter().flatten().filter_map(Value::as_str);
                let sampled = sample.iter().map(|field| field.event.as_str());
                let mut known = compared
                    .chain(sampled)
                    .filter(|one| one.starts_with(prefix))
                    .peekable();
                if known.peek().is_none() {
                    offer(&format!("{prefix}event"));
                }
                known.for_each(&mut offer);
            }
        }
    }
    found
}

/// Whether a function asks the clock.
pub(super) fn is_clock(name: &str) -> bool {
    let mut functions = FUNCTIONS.iter();
    functions.any(|function| function.name == name && matches!(function.body, Body::Clock(_)))
}
