//! One aggregate rule: from its entry in a file to its compiled form.

use std::collections::BTreeMap;

use tripline_grammar::print;

use super::alert::{Shared, by_clause, check_name, is_name, patterns};
use super::expression::Resolver;
use super::limits;
use super::place::Place;
use super::reader::{Reader, Written, shown};
use crate::diagnostic as codes;
use crate::ids;
use crate::program::{AggregateRule, Patterns};
use crate::window::Window;
use crate::yaml::{Content, Entry, Node as Yaml};

/// The keys of an aggregate, in the order in which they are written.
pub(crate) const KEYS: &[&str] = &["on", "by", "per", "compute", "keep"];
/// The longest window, in milliseconds: 31 days.
const MAX_LENGTH: i64 = 31 * 86_400_000;
/// The attributes that a row has beside those of `compute`.
const RESERVED: &[&str] = &[
    "partitionKey",
    "sortKey",
    "events",
    "windowStart",
    "windowEnd",
    "lastUpdated",
    "expiresAt",
];

/// Checks an aggregate; `None` if it has an error.
pub(super) fn check<'c>(
    reader: &mut Reader<'c, '_>,
    entry: &'c Entry,
    shared: &mut Shared<'_>,
) -> Option<AggregateRule> {
    let name = entry.key.value.as_str();
    let what = format!("the aggregate `{}`", shown(name));
    check_name(reader, entry, "an aggregate");
    let fields = reader.fields(&entry.value, &what, KEYS);
    let find = |key: &str| {
        let field = fields.iter().find(|field| field.key.value == key);
        field.map(|field| &field.value)
    };
    // What is neither has been reported as such.
    let is_map = match &entry.value.content {
        Content::Map(_) => true,
        Content::Scalar(scalar) => scalar.is_null(),
        Content::List(_) => false,
    };
    for (key, help) in [
        ("per", "say how long a window is: `per: 1h`"),
        (
            "compute",
            "say what is added up: `compute: {events: count()}`",
        ),
    ] {
        if is_map && find(key).is_none() {
            let message = format!("{what} has no `{key}`");
            let range = entry.key.range.clone();
            reader.refuse(codes::MISSING_KEY, range, message, Some(help.to_owned()));
        }
    }
    let on = find("on").map_or_else(|| Patterns(vec!["*".to_owned()]), |on| patterns(reader, on));
    let by = find("by").map_or_else(Vec::new, |by| by_clause(reader, by));
    let length = find("per").and_then(|node| per(reader, node));
    let keep = find("keep").map(|node| reader.duration(node, "`keep`"));
    let written = find("compute").map_or_else(Vec::new, |node| compute(reader, node));

    let start = Place {
        file: reader.file,
        text: reader.text,
        scalar: &entry.key,
        base: 0,
    };
    let mut resolver = Resolver::new(shared.projection, shared.lists, shared.patterns, start);
    resolver.schema = shared.schema.view(&on);
    let parts: Vec<_> = by
        .iter()
        .map(|(name, written)| {
            let node = resolver.key(&written.expr, written.place).ok()?;
            Some((name.clone(), node))
        })
        .collect();
    let computed: Vec<Option<Window>> = written
        .iter()
        .map(|(name, written)| {
            let written = written.as_ref()?;
            // Without a length the entries are checked all the same.
            let length = length.unwrap_or(MAX_LENGTH);
            let window = resolver.compute(name, &written.expr, written.place, length);
            window.ok()
        })
        .collect();
    let lists = resolver.lists;
    reader.diagnostics.extend(resolver.diagnostics);
    let compute = computed.into_iter().collect::<Option<Vec<_>>>()?;
    if let Some((message, _)) = limits::state(&what, &compute) {
        let help = "split it into several aggregates".to_owned();
        reader.refuse(
            codes::STATE_TOO_LARGE,
            entry.key.range.clone(),
            message,
            Some(help),
        );
    }
    let length = length?;
    let fingerprint = fingerprint(shared.envelope, name, &on, length, &by, &written, &lists);
    let grouping = shared
        .groupings
        .add(&by, parts.into_iter().collect::<Option<_>>()?);
    Some(AggregateRule {
        name: name.to_owned(),
        on,
        grouping,
        length,
        compute,
        keep: match keep {
            Some(keep) => Some(keep?),
            None => None,
        },
        fingerprint,
    })
}

/// Reads `per`: the length of a window, in milliseconds.
fn per<'c>(reader: &mut Reader<'c, '_>, node: &'c Yaml) -> Option<i64> {
    let length = reader.duration(node, "`per`")?;
    if length > MAX_LENGTH {
        let message = "a window is from 1s to 31d long".to_owned();
        let help = "write `31d`".to_owned();
        reader.refuse(
            codes::WINDOW_OUT_OF_RANGE,
            node.range.clone(),
            message,
            Some(help),
        );
        return None;
    }
    Some(length)
}

/// Reads `compute`: what is added up, by name.
fn compute<'c>(reader: &mut Reader<'c, '_>, node: &'c Yaml) -> Vec<(&'c str, Option<Written<'c>>)> {
    let entries = reader.map(node, "`compute`");
    if entries.is_empty() && matches!(&node.content, Content::Map(_)) {
        let message = "`compute` has no entry".to_owned();
        let help = "say what is added up: `compute: {events: count()}`".to_owned();
        reader.refuse(codes::BAD_VALUE, node.range.clone(), message, Some(help));
    }
    let mut written = Vec::new();
    for entry in entries {
        let name = entry.key.value.as_str();
        let problem = if RESERVED.contains(&name) {
            Some("a row has an attribute of this name already: choose another".to_owned())
        } else if !is_name(name) {
            Some("a letter, then up to 127 letters, digits, `-` or `_`".to_owned())
        } else {
            None
        };
        if let Some(help) = problem {
            let message = format!("`{}` is no name for an entry of `compute`", shown(name));
            let range = entry.key.range.clone();
            reader.refuse(codes::BAD_NAME, range, message, Some(help));
        }
        written.push((
            name,
            reader.expression(&entry.value, "an entry of `compute`"),
        ));
    }
    written
}

/// Hashes what the meaning of a rule's rows depends on, in canonical form.
fn fingerprint(
    envelope: &str,
    name: &str,
    on: &Patterns,
    length: i64,
    by: &[(String, Written<'_>)],
    compute: &[(&str, Option<Written<'_>>)],
    lists: &BTreeMap<String, [u8; 16]>,
) -> [u8; 16] {
    let by = by
        .iter()
        .map(|(name, written)| format!("{name:?}={}", print(&written.expr)));
    let compute = compute.iter().map(|(name, written)| {
        let text = written.as_ref().map(|written| print(&written.expr));
        format!("{name:?}={}", text.unwrap_or_default())
    });
    let lists = lists
        .iter()
        .map(|(name, hash)| format!("{name}={}", ids::hex(hash)));
    ids::hash(&[
        b"aggregate",
        envelope.as_bytes(),
        name.as_bytes(),
        on.0.join("\n").as_bytes(),
        &length.to_be_bytes(),
        by.collect::<Vec<_>>().join("\n").as_bytes(),
        compute.collect::<Vec<_>>().join("\n").as_bytes(),
        lists.collect::<Vec<_>>().join("\n").as_bytes(),
    ])
}
