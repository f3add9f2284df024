//! The schema of events, as the settings declare it: event type → path → type.

use std::cell::Cell;
use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;

use tripline_grammar::ast::{ExprKind, Segment};
use tripline_grammar::print_path;

use super::reader::{Reader, shown};
use crate::diagnostic::{self as codes, nearest};
use crate::program::Patterns;
use crate::yaml::{Content, Entry, Node as Yaml};

const TYPES: [&str; 6] = ["string", "number", "bool", "list", "object", "any"];
const TYPE_KEYS: &[&str] = &["type", "enum"];
/// The most declared types that the globs of one alert are compared with; past it, it is not checked.
const MAX_MATCHES: usize = 256;
/// The most members of an enum.
const MAX_MEMBERS: usize = 1_000;
/// How many pairs of names are compared in all for the sake of suggestions.
const MAX_COMPARISONS: usize = 1_000_000;

/// What the schema says of a path.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Declared {
    Text(Option<Rc<BTreeSet<String>>>),
    Number,
    Bool,
    List,
    Object,
    Any,
}

impl Declared {
    /// Whether anything may lie beneath.
    fn is_open(&self) -> bool {
        matches!(self, Declared::List | Declared::Object | Declared::Any)
    }
}

/// The paths of one event type, as a tree.
#[derive(Debug, Default)]
struct Field {
    declared: Option<Declared>,
    fields: BTreeMap<Segment, Field>,
}

impl Field {
    /// What is declared for a path; `None` if it is not known.
    fn find(&self, path: &[Segment]) -> Option<Declared> {
        let (mut field, mut open) = (self, false);
        for segment in path {
            open |= field.declared.as_ref().is_some_and(Declared::is_open);
            match field.fields.get(segment) {
                Some(inner) => field = inner,
                None => {
                    open |= field.declared.as_ref().is_some_and(Declared::is_open);
                    return open.then_some(Declared::Any);
                }
            }
        }
        Some(field.declared.clone().unwrap_or(Declared::Object))
    }
}

/// An event type of the schema.
#[derive(Debug, Default)]
struct EventType {
    root: Field,
    /// The canonical texts of its paths.
    paths: Vec<String>,
}

/// The event types that the settings declare.
#[derive(Debug, Default)]
pub(crate) struct Schema {
    types: BTreeMap<String, EventType>,
    /// The paths of the envelope, which every event has.
    envelope: Vec<Vec<Segment>>,
    comparisons: Cell<usize>,
}

/// The declared types that an alert takes events of.
#[derive(Debug)]
pub(crate) struct View<'s> {
    schema: &'s Schema,
    types: Vec<(&'s str, &'s EventType)>,
}

impl Schema {
    /// The names of the event types.
    pub(crate) fn types(&self) -> impl Iterator<Item = &str> {
        self.types.keys().map(String::as_str)
    }

    pub(crate) fn set_envelope(&mut self, envelope: Vec<Vec<Segment>>) {
        self.envelope = envelope;
    }

    /// What is known of the events that an alert takes; `None` if some of them are of no declared type.
    pub(crate) fn view(&self, on: &Patterns) -> Option<View<'_>> {
        let mut types = BTreeMap::new();
        for pattern in &on.0 {
            match pattern.strip_suffix('*') {
                // Every type, declared or not.
                Some("") => return None,
                Some(prefix) => {
                    let from = self.types.range(prefix.to_owned()..);
                    let matched = from.take_while(|(name, _)| name.starts_with(prefix));
                    let before = types.len();
                    let limit = MAX_MATCHES + 1;
                    types.extend(matched.take(limit).map(|(name, of)| (name.as_str(), of)));
                    if types.len() == before && !self.has(prefix) {
                        return None;
                    }
                }
                None => {
                    let (name, of) = self.types.get_key_value(pattern)?;
                    types.insert(name.as_str(), of);
                }
            }
        }
        (1..=MAX_MATCHES).contains(&types.len()).then(|| View {
            schema: self,
            types: types.into_iter().collect(),
        })
    }

    fn has(&self, prefix: &str) -> bool {
        let mut from = self.types.range(prefix.to_owned()..);
        from.next()
            .is_some_and(|(name, _)| name.starts_with(prefix))
    }

    /// Whether so many more comparisons may be made for the sake of a suggestion.
    fn may_compare(&self, pairs: usize) -> bool {
        self.comparisons
            .set(self.comparisons.get().saturating_add(pairs));
        self.comparisons.get() <= MAX_COMPARISONS
    }
}

impl<'s> View<'s> {
    /// What is declared for a path where all types that declare it agree, else anything.
    ///
    /// `None` if no type has it.
    pub(crate) fn find(&self, path: &[Segment]) -> Option<Declared> {
        let envelope = &self.schema.envelope;
        let is_envelope = envelope.iter().any(|known| known.starts_with(path));
        let mut found = self.types.iter().filter_map(|(_, of)| of.root.find(path));
        let Some(first) = found.next() else {
            return is_envelope.then_some(Declared::Any);
        };
        let merged = found.try_fold(first, |a, b| match (a, b) {
            (Declared::Text(Some(a)), Declared::Text(Some(b))) => {
                let members = a.union(&b).cloned().collect();
                Some(Declared::Text(Some(Rc::new(members))))
            }
            (Declared::Text(_), Declared::Text(_)) => Some(Declared::Text(None)),
            (a, b) => (a == b).then_some(a),
        });
        Some(merged.unwrap_or(Declared::Any))
    }

    /// The types of the view, as a message names them.
    pub(crate) fn subject(&self) -> String {
        match self.types.as_slice() {
            [(name, _)] => format!("`{}` has", shown(name)),
            [(first, _), (second, _)] => {
                format!("neither `{}` nor `{}` has", shown(first), shown(second))
            }
            types => format!("none of the {} event types of this alert has", types.len()),
        }
    }

    /// Whether [`View::subject`] denies by itself.
    pub(crate) fn denies(&self) -> bool {
        self.types.len() > 1
    }

    /// The declared path nearest to one that is not known.
    pub(crate) fn nearest_path(&self, path: &str) -> Option<&'s str> {
        let paths = || self.types.iter().flat_map(|(_, of)| &of.paths);
        let pairs = self.types.iter().map(|(_, of)| of.paths.len()).sum();
        let known = paths().map(String::as_str);
        let near = self.schema.may_compare(pairs).then(|| nearest(path, known));
        near.flatten()
    }

    /// The member of an enum nearest to a text that is none.
    pub(crate) fn nearest_member<'m>(
        &self,
        text: &str,
        members: &'m BTreeSet<String>,
    ) -> Option<&'m str> {
        let known = members.iter().map(String::as_str);
        let near = self.schema.may_compare(members.len());
        near.then(|| nearest(text, known)).flatten()
    }
}

/// Reads the `schema` of the settings.
pub(crate) fn check<'c>(reader: &mut Reader<'c, '_>, node: &'c Yaml) -> Schema {
    let mut schema = Schema::default();
    for entry in reader.map(node, "`schema`") {
        let name = entry.key.value.as_str();
        if name.is_empty() || name.contains('*') {
            let message = format!("`{}` is no event type", shown(name));
            let help = "declare each event type by its own name".to_owned();
            let range = entry.key.range.clone();
            reader.refuse(codes::BAD_NAME, range, message, Some(help));
            continue;
        }
        let what = format!("the event type `{}`", shown(name));
        let mut of = EventType::default();
        for field in reader.map(&entry.value, &what) {
            declare(reader, &mut of, field);
        }
        schema.types.insert(name.to_owned(), of);
    }
    schema
}

fn declare<'c>(reader: &mut Reader<'c, '_>, of: &mut EventType, entry: &'c Entry) {
    let declared = declared(reader, &entry.value);
    let Some(written) = reader.key_expression(&entry.key) else {
        return;
    };
    let range = entry.key.range.clone();
    let ExprKind::Path(path) = written.expr.kind else {
        let message = format!("`{}` is no path into an event", shown(&entry.key.value));
        let help = "name a field as expressions do: `data.temperature`".to_owned();
        reader.refuse(codes::BAD_NAME, range, message, Some(help));
        return;
    };
    let Some(declared) = declared else { return };
    let text = print_path(&path);
    let mut field = &mut of.root;
    for segment in &path.segments {
        if field.declared.as_ref().is_some_and(|of| !of.is_open()) {
            let message = format!(
                "`{}` lies in a field that holds a single value",
                shown(&text)
            );
            let help = "declare the outer field as `object`, or leave it out".to_owned();
            reader.refuse(codes::BAD_VALUE, range, message, Some(help));
            return;
        }
        field = field.fields.entry(segment.clone()).or_default();
    }
    if field.declared.is_some() {
        // The very same key has been reported where the file was read.
        if !entry.duplicate {
            let message = format!("`{}` is declared twice", shown(&text));
            reader.refuse(codes::BAD_VALUE, range, message, None);
        }
    } else if !declared.is_open() && !field.fields.is_empty() {
        let message = format!("`{}` holds other fields, which have types", shown(&text));
        let help = "declare it as `object`, or leave it out".to_owned();
        reader.refuse(codes::BAD_VALUE, range, message, Some(help));
    } else {
        field.declared = Some(declared);
        of.paths.push(text);
    }
}

fn declared<'c>(reader: &mut Reader<'c, '_>, node: &'c Yaml) -> Option<Declared> {
    if !matches!(node.content, Content::Map(_)) {
        return named(reader, node);
    }
    reader.fields(node, "the declaration of a field", TYPE_KEYS);
    let Some(of) = node.get("type") else {
        let message = "this declaration has no `type`".to_owned();
        let help = "write `{type: string, enum: […]}`".to_owned();
        let range = node.range.clone();
        reader.refuse(codes::MISSING_KEY, range, message, Some(help));
        return None;
    };
    let of = named(reader, of)?;
    let Some(members) = node.get("enum") else {
        return Some(of);
    };
    let range = members.range.clone();
    if of != Declared::Text(None) {
        let message = "only a field of type `string` has an `enum`".to_owned();
        reader.refuse(codes::BAD_VALUE, range, message, None);
        return None;
    }
    let items = match &members.content {
        Content::List(items) if items.len() > MAX_MEMBERS => {
            let message = format!(
                "`enum` has {} members, and {MAX_MEMBERS} are the limit",
                items.len()
            );
            let help = "declare the field as `string`".to_owned();
            reader.refuse(codes::BAD_VALUE, range, message, Some(help));
            return None;
        }
        Content::List(items) if !items.is_empty() => items,
        _ => {
            let message = "`enum` must be a list of the texts that the field can have".to_owned();
            let help = "write `enum: [ok, failed]`".to_owned();
            reader.refuse(codes::WRONG_TYPE, range, message, Some(help));
            return None;
        }
    };
    let texts = items
        .iter()
        .filter_map(|item| Some(reader.text(item, "a member of `enum`")?.to_owned()));
    Some(Declared::Text(Some(Rc::new(texts.collect()))))
}

fn named<'c>(reader: &mut Reader<'c, '_>, node: &'c Yaml) -> Option<Declared> {
    let name = reader.scalar(node, "the type of a field")?.value.as_str();
    Some(match name {
        "string" => Declared::Text(None),
        "number" => Declared::Number,
        "bool" => Declared::Bool,
        "list" => Declared::List,
        "object" => Declared::Object,
        "any" => Declared::Any,
        _ => {
            let near = match name {
                "text" | "str" => Some("string"),
                "integer" | "int" | "float" | "double" => Some("number"),
                "boolean" => Some("bool"),
                "array" => Some("list"),
                "map" => Some("object"),
                _ => nearest(name, TYPES),
            };
            let help = match near {
                Some(near) => format!("did you mean `{near}`?"),
                None => format!("the types are {}", TYPES.join(", ")),
            };
            let message = format!("there is no type `{}`", shown(name));
            let range = node.range.clone();
            reader.refuse(codes::BAD_VALUE, range, message, Some(help));
            return None;
        }
    })
}
