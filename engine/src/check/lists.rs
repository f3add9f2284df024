//! The declared lists: names for many values, which any rule may look a value up in.

use std::collections::BTreeMap;
use std::sync::Arc;

use tripline_grammar::Comments;
use tripline_grammar::ast::{ExprKind, Segment};

use super::Type;
use super::names::Names;
use super::reader::{Reader, shown};
use crate::diagnostic as codes;
use crate::number::Number;
use crate::program::{Constant, Members, Network, Networks, Parsed, Test};
use crate::yaml::{Content, Entry, Node, Scalar, Style};

/// How many errors of one list are shown.
const MAX_ERRORS: usize = 20;

/// The lists of all files, by name.
#[derive(Default)]
pub(super) struct Lists(BTreeMap<String, List>);

/// A declared list.
pub(super) struct List {
    contents: Contents,
    /// Names what it holds, however that is written.
    pub(super) fingerprint: [u8; 16],
}

/// What a list holds, once for all rules that name it.
enum Contents {
    Values(Arc<Members>),
    Networks(Arc<Networks>),
}

impl Lists {
    pub(super) fn get(&self, name: &str) -> Option<&List> {
        self.0.get(name)
    }

    /// Reads the lists of a file.
    pub(super) fn read<'c>(
        &mut self,
        reader: &mut Reader<'c, '_>,
        root: &'c Node,
        names: &mut Names,
    ) {
        // What else is wrong with the file is reported with its alerts.
        let sections = root.as_map().unwrap_or_default();
        for section in sections.iter().filter(|entry| entry.key.value == "lists") {
            for entry in reader.map(&section.value, "`lists`") {
                let list = list(reader, entry);
                if names.declare(reader, entry) {
                    self.0.insert(entry.key.value.to_string(), list);
                }
            }
        }
    }
}

impl List {
    /// The test of a value against the list.
    pub(super) fn test(&self) -> Test {
        match &self.contents {
            Contents::Values(members) => Test::Members(Arc::clone(members)),
            Contents::Networks(networks) => Test::Networks(Arc::clone(networks)),
        }
    }

    /// What the list holds, in words, if no value of a type can be among it.
    pub(super) fn misfits(&self, of: Type) -> Option<&'static str> {
        let (text, number, bool) = match &self.contents {
            Contents::Values(members) => {
                (members.has_text(), members.has_number(), members.has_bool())
            }
            Contents::Networks(_) => (true, false, false),
        };
        let fits = match of {
            Type::Any => true,
            Type::Text => text,
            Type::Number => number,
            Type::Bool => bool,
        };
        match (text, number, bool) {
            // An empty list fits everything and holds nothing.
            (false, false, false) => None,
            _ if fits => None,
            (true, false, false) => Some("texts"),
            (false, true, false) => Some("numbers"),
            (false, false, true) => Some("truth values"),
            (true, true, false) => Some("texts and numbers"),
            (true, false, true) => Some("texts and truth values"),
            (false, true, true) => Some("numbers and truth values"),
            // Such a list fits every type.
            (true, true, true) => None,
        }
    }
}

fn list<'c>(reader: &mut Reader<'c, '_>, entry: &'c Entry) -> List {
    let name = entry.key.value.as_str();
    if !is_name(name) {
        let message = format!("`{}` is no name for a list", shown(name));
        let help = "a letter, `_`, `@` or `$`, then such or digits, and no word of the language";
        let help = Some(help.to_owned());
        reader.refuse(codes::BAD_NAME, entry.key.range.clone(), message, help);
    }
    let contents = match &entry.value.content {
        Content::List(items) => contents(reader, items),
        _ => {
            let message = format!("the list `{}` must be a list of values", shown(name));
            let help = format!("write `{}: [root, admin]`", shown(name));
            let range = if entry.value.range.is_empty() {
                entry.key.range.clone()
            } else {
                entry.value.range.clone()
            };
            reader.refuse(codes::WRONG_TYPE, range, message, Some(help));
            Contents::Values(Arc::default())
        }
    };
    List {
        fingerprint: match &contents {
            Contents::Values(members) => members.fingerprint(),
            Contents::Networks(networks) => networks.fingerprint(),
        },
        contents,
    }
}

fn contents<'c>(reader: &mut Reader<'c, '_>, items: &'c [Node]) -> Contents {
    let before = reader.diagnostics.len();
    let mut values = Vec::with_capacity(items.len());
    let mut networks = Vec::new();
    let mut host_bits = Vec::new();
    let mut all_networks = !items.is_empty();
    for item in items {
        if reader.diagnostics.len() >= before + MAX_ERRORS {
            break;
        }
        let Some(value) = value(reader, item) else {
            all_networks = false;
            continue;
        };
        if all_networks {
            match value.as_ref().map(network) {
                Some(Parsed::Network(network)) => networks.push(network),
                Some(Parsed::HostBits(network)) => {
                    if host_bits.len() < MAX_ERRORS {
                        host_bits.push((item, network));
                    }
                }
                Some(Parsed::Neither) | None => all_networks = false,
            }
        }
        values.push(value);
    }
    if !all_networks {
        return Contents::Values(Arc::new(Members::new(values)));
    }
    for (item, network) in host_bits {
        let text = item.as_scalar().map_or("", Scalar::as_str);
        let message = format!("`{}` has bits set after its prefix", shown(text));
        let help =
            format!("write `{network}` for the network, or leave out the prefix for the address");
        reader.refuse(codes::BAD_NETWORK, item.range.clone(), message, Some(help));
    }
    Contents::Networks(Arc::new(Networks::new(networks)))
}

fn network(value: &Constant) -> Parsed {
    match value {
        Constant::Text(text) => Network::parse(text),
        Constant::Number(_) | Constant::Bool(_) => Parsed::Neither,
    }
}

/// Reads an item; `Some(None)` is null.
fn value<'c>(reader: &mut Reader<'c, '_>, item: &'c Node) -> Option<Option<Constant>> {
    let Content::Scalar(scalar) = &item.content else {
        let message = "a list holds single values".to_owned();
        reader.refuse(codes::WRONG_TYPE, item.range.clone(), message, None);
        return None;
    };
    if scalar.is_null() {
        return Some(None);
    }
    let text = scalar.as_str();
    if let Some(bool) = scalar.as_bool() {
        return Some(Some(Constant::Bool(bool)));
    }
    if scalar.style != Style::Plain {
        return Some(Some(Constant::Text(text.to_owned())));
    }
    if let Some(number) = Number::parse(text) {
        return Some(Some(Constant::Number(number)));
    }
    if is_ambiguous(text) {
        let message = format!("`{}` may be meant as text or not", shown(text));
        let help = format!(
            "quote it if it is text: `\"{}\"`; else write it as JSON does",
            shown(text)
        );
        reader.refuse(codes::BAD_VALUE, item.range.clone(), message, Some(help));
        return None;
    }
    Some(Some(Constant::Text(text.to_owned())))
}

/// Whether YAML has this for a number or a truth value, and JSON has not: `007`, `0x1F`, `.5`, `True`.
fn is_ambiguous(text: &str) -> bool {
    let unsigned = text.trim_start_matches(['+', '-']);
    let digits_of = |prefix: &str, radix: u32| {
        unsigned
            .strip_prefix(prefix)
            .is_some_and(|rest| !rest.is_empty() && rest.chars().all(|c| c.is_digit(radix)))
    };
    let is_number = unsigned.starts_with(|c: char| c.is_ascii_digit() || c == '.')
        && unsigned.contains(|c: char| c.is_ascii_digit())
        && unsigned.parse::<f64>().is_ok();
    let is_word = ["true", "false", ".inf", ".nan"]
        .iter()
        .any(|word| unsigned.eq_ignore_ascii_case(word));
    is_number || is_word || digits_of("0x", 16) || digits_of("0o", 8)
}

/// Whether a text is a name that can stand after `in`.
fn is_name(text: &str) -> bool {
    let parsed = tripline_grammar::parse(text, Comments::Refused);
    parsed.is_ok_and(|expr| match expr.kind {
        ExprKind::Path(path) => path.segments == [Segment::Field(text.to_owned())],
        _ => false,
    })
}

#[cfg(test)]
mod tests {
    use crate::{RawFile, check};

    fn fingerprint(lists: &str, alert: &str) -> [u8; 16] {
        let rules = format!("lists: {{{lists}}}\nalerts: {{a: {{{alert}}}}}");
        let checked = check(vec![RawFile {
            name: "rules/a.yaml".into(),
            bytes: rules.into(),
            settings: false,
        }]);
        let program = checked.program.expect("the rules have no errors");
        let alert = program.alerts().next().expect("there is one alert");
        alert.fingerprint()
    }

    #[test]
    fn the_lists_that_a_condition_or_key_names_belong_to_the_alert_and_no_others() {
        let when = "when: 'count(data.x in a) over 5m > 1'";
        let before = fingerprint("a: [1, b, 2.5], c: [d]", when);
        // However it is written.
        assert_eq!(
            fingerprint("c: [other], a: ['b', 2.50, 1.0, b]", when),
            before
        );
        assert_ne!(fingerprint("a: [1, b], c: [d]", when), before);
        assert_ne!(fingerprint("a: [1, b, 2.5, null], c: [d]", when), before);
        assert_ne!(fingerprint("a: ['1', b, 2.5], c: [d]", when), before);
        // Without the list the name is a path.
        assert_ne!(fingerprint("c: [d]", when), before);

        let by = "when: 'data.x > 1', for: 1m, by: {k: data.x in a}";
        assert_ne!(fingerprint("a: [1]", by), fingerprint("a: [2]", by));
        let summary = "when: 'data.x > 1', for: 1m, summary: '{data.x in a}'";
        assert_eq!(
            fingerprint("a: [1]", summary),
            fingerprint("a: [2]", summary)
        );
    }

    #[test]
    fn networks_are_named_by_their_addresses() {
        let when = "when: 'count(data.ip in a) over 5m > 1'";
        let before = fingerprint("a: [10.0.0.0/8, 192.168.1.1]", when);
        let same = "a: [192.168.1.1/32, 10.128.0.0/9, 10.0.0.0/9, 10.1.0.0/16]";
        assert_eq!(fingerprint(same, when), before);
        assert_ne!(fingerprint("a: [10.0.0.0/8, 192.168.1.2]", when), before);
    }
}
