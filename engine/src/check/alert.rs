//! One alert rule: from its entry in a file to its compiled form.

use std::collections::BTreeMap;

use tripline_grammar::print;

use super::defaults::Defaults;
use super::expression::Resolver;
use super::limits;
use super::lists::Lists;
use super::patterns::Patterns as RegexPatterns;
use super::place::Place;
use super::reader::{Reader, Written, shown};
use super::schema::Schema;
use super::template;
use crate::diagnostic::{self as codes, nearest};
use crate::event::Projection;
use crate::ids;
use crate::output::AlertSeverity;
use crate::program::{AlertRule, Grouping, Kind, Node, Patterns, Sharing, stays_untrue};
use crate::yaml::{Content, Entry, Node as Yaml};

/// The keys of an alert, in the order in which they are written.
pub(crate) const KEYS: &[&str] = &[
    "on",
    "when",
    "by",
    "until",
    "for",
    "cooldown",
    "repeat",
    "severity",
    "summary",
    "description",
    "runbook",
    "labels",
    "enabled",
    "forget",
    "mode",
];
/// The least time that a key is kept after its newest event: 7 days.
const FORGET: i64 = 7 * 86_400_000;
/// The most parts that a key may have.
pub(crate) const MAX_PARTS: usize = 32;

/// What all alerts share while they are checked.
pub(super) struct Shared<'p> {
    pub(super) projection: &'p mut Projection,
    pub(super) groupings: &'p mut Groupings,
    pub(super) lists: &'p Lists,
    pub(super) patterns: &'p mut RegexPatterns,
    /// What the meaning of state depends on beside the alert: the paths of the event's type and time.
    pub(super) envelope: &'p str,
    pub(super) schema: &'p Schema,
}

/// The distinct `by` clauses, by their canonical text.
#[derive(Default)]
pub(super) struct Groupings {
    pub(super) list: Vec<Grouping>,
    texts: BTreeMap<String, usize>,
}

impl Groupings {
    /// The place of a clause in the list, which it is added to if it is new.
    pub(super) fn add(
        &mut self,
        written: &[(String, Written<'_>)],
        parts: Vec<(String, Node)>,
    ) -> usize {
        let text = written
            .iter()
            .map(|(name, written)| format!("{name:?}={:?},", print(&written.expr)))
            .collect();
        let list = &mut self.list;
        *self.texts.entry(text).or_insert_with(|| {
            list.push(Grouping { parts });
            list.len() - 1
        })
    }
}

/// Checks an alert; `None` if it has an error or is not enabled.
pub(super) fn check<'c>(
    reader: &mut Reader<'c, '_>,
    entry: &'c Entry,
    defaults: &Defaults<'c>,
    shared: &mut Shared<'_>,
) -> Option<AlertRule> {
    let name = entry.key.value.as_str();
    check_name(reader, entry, "an alert");
    let what = format!("the alert `{}`", shown(name));
    let fields = reader.fields(&entry.value, &what, KEYS);
    let own = |key: &str| fields.iter().any(|field| field.key.value == key);
    let find = |key: &str| {
        fields
            .iter()
            .find(|field| field.key.value == key)
            .map(|field| &field.value)
            .or_else(|| defaults.get(key))
    };

    let when = match find("when") {
        Some(when) => reader.expression(when, "`when`"),
        None => {
            // What is no mapping has been reported as such, and so has a misspelt `when`.
            let misspelt = fields.iter().any(|field| {
                let key = field.key.value.as_str();
                !KEYS.contains(&key) && nearest(key, KEYS.iter().copied()) == Some("when")
            });
            let is_map = matches!(&entry.value.content, Content::Map(_));
            if (is_map || is_empty(&entry.value)) && !misspelt {
                let help = "say when it fires: `when: data.temperature > 35`".to_owned();
                let message = format!("{what} has no condition");
                reader.refuse(
                    codes::MISSING_KEY,
                    entry.key.range.clone(),
                    message,
                    Some(help),
                );
            }
            None
        }
    };
    let until = find("until").map(|until| reader.expression(until, "`until`"));
    let by = find("by").map_or_else(Vec::new, |by| by_clause(reader, by));
    let on = find("on").map_or_else(|| Patterns(vec!["*".to_owned()]), |on| patterns(reader, on));
    let hold = find("for").and_then(|hold| reader.duration(hold, "`for`"));
    let forget = find("forget").and_then(|node| Some((reader.duration(node, "`forget`")?, node)));
    let cooldown = find("cooldown").and_then(|node| reader.duration(node, "`cooldown`"));
    let repeat = find("repeat").and_then(|node| Some((reader.duration(node, "`repeat`")?, node)));
    if let (Some(cooldown), Some((repeat, node))) = (cooldown, repeat)
        && repeat < cooldown
    {
        let message = "`repeat` is shorter than `cooldown`".to_owned();
        let help = "`cooldown` would withhold the repeated messages; make `repeat` as long, or leave one of them out";
        reader.refuse(
            codes::REPEAT_TOO_SHORT,
            node.range.clone(),
            message,
            Some(help.to_owned()),
        );
    }
    let shadow = find("mode").is_some_and(|node| mode(reader, node));
    let severity = find("severity")
        .and_then(|node| severity(reader, node))
        .unwrap_or_default();
    let runbook = find("runbook").and_then(|node| Some(reader.text(node, "`runbook`")?.to_owned()));
    let mut merged = BTreeMap::new();
    for node in [defaults.get("labels"), find("labels")]
        .into_iter()
        .flatten()
    {
        merged.extend(labels(reader, node));
    }
    let enabled = find("enabled")
        .and_then(|node| reader.bool(node, "`enabled`"))
        .unwrap_or(true);

    // The place is replaced before anything is resolved.
    let start = Place {
        file: reader.file,
        text: reader.text,
        scalar: &entry.key,
        base: 0,
    };
    let mut resolver = Resolver::new(shared.projection, shared.lists, shared.patterns, start);
    resolver.schema = shared.schema.view(&on);
    let when_node = when
        .as_ref()
        .and_then(|when| resolver.condition(&when.expr, when.place).ok());
    let until_node = until
        .iter()
        .flatten()
        .map(|until| resolver.condition(&until.expr, until.place).ok())
        .next();
    resolver.complete =
        when_node.is_some() && !matches!(until, Some(None)) && !matches!(until_node, Some(None));
    let parts: Vec<_> = by
        .iter()
        .map(|(name, written)| {
            let node = resolver.key(&written.expr, written.place).ok()?;
            Some((name.clone(), node))
        })
        .collect();
    let by_texts: Vec<String> = by.iter().map(|(_, written)| print(&written.expr)).collect();
    let mut text = |key: &'static str, what: &str| {
        let scalar = reader.scalar(find(key)?, what)?;
        let place = Place {
            file: reader.file,
            text: reader.text,
            scalar,
            base: 0,
        };
        template::check(reader, &mut resolver, place, &by_texts)
    };
    let summary = text("summary", "`summary`");
    let description = text("description", "`description`");
    let Resolver {
        windows,
        mut evidence,
        ticks,
        lists,
        diagnostics,
        ..
    } = resolver;
    evidence.shrink_to_fit();
    reader.diagnostics.extend(diagnostics);

    let longest = windows
        .iter()
        .map(|window| window.frame.span())
        .max()
        .unwrap_or(0);
    if let Some((millis, node)) = forget
        && millis < longest
    {
        let help = "a key would be dropped while its window still holds events; leave `forget` out, or make it longer";
        let refused = codes::FORGET_TOO_SHORT
            .error("`forget` is shorter than the longest window")
            .help(help);
        // A default may suit the other alerts of the file.
        let refused = if own("forget") {
            refused.at(reader.file, node.range.clone(), "")
        } else {
            let at = refused.at(reader.file, entry.key.range.clone(), "");
            at.at(reader.file, node.range.clone(), "the default of this file")
        };
        reader.diagnostics.push(refused);
    }
    if let Some((message, help)) = limits::state(&what, &windows) {
        reader.refuse(
            codes::STATE_TOO_LARGE,
            entry.key.range.clone(),
            message,
            Some(help),
        );
    }

    let per_key = !windows.is_empty()
        || find("until").is_some()
        || find("for").is_some()
        || find("repeat").is_some();
    let text = |written: &Written<'_>| print(&written.expr);
    let when_text = when.as_ref().map(text).unwrap_or_default();
    let until_text = until.iter().flatten().map(text).next();
    let fingerprint = fingerprint(
        shared.envelope,
        name,
        &on,
        &when_text,
        until_text.as_deref(),
        hold,
        &by,
        &lists,
    );
    let grouping = shared
        .groupings
        .add(&by, parts.into_iter().collect::<Option<_>>()?);
    let until = match until_node {
        Some(until) => Some(until?),
        None => None,
    };
    let when = when_node?;
    let rule = AlertRule {
        rests: until.is_none() && ticks.is_empty() && stays_untrue(&when, &windows),
        name: name.to_owned(),
        severity,
        on,
        kind: if per_key {
            Kind::PerKey
        } else {
            Kind::PerEvent
        },
        when,
        when_text,
        until,
        until_text,
        ticks: if per_key { ticks } else { Vec::new() },
        hold,
        cooldown,
        repeat: repeat.map(|(millis, _)| millis),
        shadow,
        forget: forget.map_or_else(
            || FORGET.max(2 * (longest + hold.unwrap_or(0))),
            |(millis, _)| millis,
        ),
        places: (0..windows.len() as u32).collect(),
        windows,
        sharing: Sharing::Alone,
        grouping,
        evidence,
        summary,
        description,
        runbook,
        labels: merged,
        fingerprint,
    };
    enabled.then_some(rule)
}

fn is_empty(node: &Yaml) -> bool {
    matches!(&node.content, Content::Scalar(scalar) if scalar.is_null())
}

/// Reports the name of an entry that is none; `kind` is what it would name.
pub(super) fn check_name<'c>(reader: &mut Reader<'c, '_>, entry: &'c Entry, kind: &str) {
    let name = entry.key.value.as_str();
    if !is_name(name) {
        let message = format!("`{}` is no name for {kind}", shown(name));
        let help = "a letter, then up to 127 letters, digits, `-` or `_`".to_owned();
        let range = entry.key.range.clone();
        reader.refuse(codes::BAD_NAME, range, message, Some(help));
    }
}

pub(super) fn is_name(name: &str) -> bool {
    name.len() <= 128
        && name.starts_with(|char: char| char.is_ascii_alphabetic())
        && name
            .chars()
            .all(|char| char.is_ascii_alphanumeric() || char == '_' || char == '-')
}

/// Hashes what the meaning of an alert's state depends on, in canonical form.
#[allow(clippy::too_many_arguments)]
fn fingerprint(
    envelope: &str,
    name: &str,
    on: &Patterns,
    when: &str,
    until: Option<&str>,
    hold: Option<i64>,
    by: &[(String, Written<'_>)],
    lists: &BTreeMap<String, [u8; 16]>,
) -> [u8; 16] {
    let by: Vec<String> = by
        .iter()
        .map(|(name, written)| format!("{name:?}={}", print(&written.expr)))
        .collect();
    let lists: Vec<String> = lists
        .iter()
        .map(|(name, contents)| format!("{name}={}", ids::hex(contents)))
        .collect();
    ids::hash(&[
        envelope.as_bytes(),
        name.as_bytes(),
        on.0.join("\n").as_bytes(),
        when.as_bytes(),
        until.unwrap_or_default().as_bytes(),
        hold.unwrap_or(0).to_string().as_bytes(),
        by.join("\n").as_bytes(),
        lists.join("\n").as_bytes(),
    ])
}

/// Reads `by`: an expression, a list of them (an entry `{name: expression}` names it), or a mapping.
pub(crate) fn by_clause<'c>(
    reader: &mut Reader<'c, '_>,
    node: &'c Yaml,
) -> Vec<(String, Written<'c>)> {
    let mut parts: Vec<(String, Written<'c>)> = Vec::new();
    let entries: Vec<(Option<&Entry>, &'c Yaml)> = match &node.content {
        Content::Scalar(_) => vec![(None, node)],
        Content::Map(entries) => entries
            .iter()
            .map(|entry| (Some(entry), &entry.value))
            .collect(),
        Content::List(items) => items
            .iter()
            .flat_map(|item| match &item.content {
                Content::Map(entries) => entries
                    .iter()
                    .map(|entry| (Some(entry), &entry.value))
                    .collect(),
                _ => vec![(None, item)],
            })
            .collect(),
    };
    if entries.len() > MAX_PARTS {
        let message = format!(
            "`by` has {} parts, and {MAX_PARTS} are the limit",
            entries.len()
        );
        let help = "a key of so many parts is hardly ever seen twice".to_owned();
        reader.refuse(codes::BAD_VALUE, node.range.clone(), message, Some(help));
        return parts;
    }
    for (named, value) in entries {
        let Some(written) = reader.expression(value, "an entry of `by`") else {
            continue;
        };
        let name = named.map_or_else(|| print(&written.expr), |entry| entry.key.value.to_string());
        if parts.iter().any(|(other, _)| *other == name) {
            let message = format!("`by` has two parts named `{}`", shown(&name));
            reader.refuse(
                codes::BAD_VALUE,
                value.range.clone(),
                message,
                Some("name one of them: `{name: expression}`".to_owned()),
            );
            continue;
        }
        parts.push((name, written));
    }
    parts
}

/// Reads `on`: an event type, a list of them, a prefix with `*` at its end, or `*`.
pub(super) fn patterns<'c>(reader: &mut Reader<'c, '_>, node: &'c Yaml) -> Patterns {
    let items = match &node.content {
        Content::List(items) => items.iter().collect(),
        _ => vec![node],
    };
    let mut patterns = Vec::with_capacity(items.len());
    for item in items {
        let Some(scalar) = reader.scalar(item, "an event type of `on`") else {
            continue;
        };
        if scalar.value.trim_end_matches('*').contains('*') || scalar.value.ends_with("**") {
            let message = format!(
                "`{}` has a `*` that is not at its end",
                shown(&scalar.value)
            );
            let help = "write a prefix such as `sensor_*`, or list the event types".to_owned();
            reader.refuse(codes::BAD_VALUE, item.range.clone(), message, Some(help));
        }
        patterns.push(scalar.value.as_str().to_owned());
    }
    if patterns.is_empty() && matches!(&node.content, Content::List(items) if items.is_empty()) {
        let message = "`on` names no event type".to_owned();
        reader.refuse(
            codes::BAD_VALUE,
            node.range.clone(),
            message,
            Some("write `\"*\"` for all of them".to_owned()),
        );
    }
    patterns.sort_unstable();
    patterns.dedup();
    Patterns(patterns)
}

pub(super) fn severity<'c>(reader: &mut Reader<'c, '_>, node: &'c Yaml) -> Option<AlertSeverity> {
    let scalar = reader.scalar(node, "`severity`")?;
    let found = AlertSeverity::ALL
        .into_iter()
        .find(|severity| severity.to_string() == scalar.value);
    if found.is_none() {
        let help = match nearest(&scalar.value, ["info", "warning", "critical"]) {
            Some(near) => format!("did you mean `{near}`?"),
            None => "write info, warning or critical".to_owned(),
        };
        let message = format!("there is no severity `{}`", shown(&scalar.value));
        reader.refuse(codes::BAD_VALUE, node.range.clone(), message, Some(help));
    }
    found
}

/// Whether an alert is a shadow.
fn mode<'c>(reader: &mut Reader<'c, '_>, node: &'c Yaml) -> bool {
    let Some(scalar) = reader.scalar(node, "`mode`") else {
        return false;
    };
    if scalar.value != "shadow" {
        let message = format!("there is no mode `{}`", shown(&scalar.value));
        let help = "write `mode: shadow`, or leave it out for an alert that notifies".to_owned();
        reader.refuse(codes::BAD_VALUE, node.range.clone(), message, Some(help));
    }
    true
}

pub(super) fn labels<'c>(reader: &mut Reader<'c, '_>, node: &'c Yaml) -> BTreeMap<String, String> {
    let mut labels = BTreeMap::new();
    for entry in reader.map(node, "`labels`") {
        if let Some(text) = reader.text(&entry.value, "a label") {
            labels.insert(entry.key.value.to_string(), text.to_owned());
        }
    }
    labels
}
