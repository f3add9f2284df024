//! Messages as they are sent: alerts of one rule together, for people and for programs.

use std::borrow::Cow;
use std::fmt::Write;
use std::ops::Range;

use serde::Deserialize;
use serde_json::{Map, Value};
use tripline_engine::group_id;

use crate::item::Notification;

/// The most bytes of a message's text: those that SNS takes, less its attributes.
const MAX_MESSAGE_BYTES: usize = 250_000;
/// The longest alert that is sent whole.
pub(crate) const MAX_ALERT_BYTES: usize = 60_000;
/// What SNS takes of a subject.
const MAX_SUBJECT_CHARS: usize = 99;
/// The most of a text message to a telephone.
const MAX_SMS_CHARS: usize = 300;

/// A message to a topic.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Publication {
    /// The topic.
    pub topic: String,
    /// One line of ASCII for people.
    pub subject: String,
    /// What is sent by each protocol, as a JSON object: text for people, and the alerts as JSON, one a line.
    pub message: String,
    /// The alert rule, which is the message group, too.
    pub alert: String,
    /// How bad it is.
    pub severity: String,
    /// Whether it began or ended.
    pub status: String,
    /// Names what is sent: the same alerts have the same.
    pub deduplication: String,
    /// Which of the given notifications it is made of.
    pub of: Vec<usize>,
}

/// What a message shows of an alert.
#[derive(Debug, Deserialize)]
struct Shown<'a> {
    alert: Cow<'a, str>,
    status: Cow<'a, str>,
    severity: Cow<'a, str>,
    at: Cow<'a, str>,
    repeat: Option<u32>,
    key: Option<Map<String, Value>>,
    summary: Option<String>,
    description: Option<String>,
    runbook: Option<String>,
}

/// Puts notifications together that go to one topic, of one rule, with one severity and status; in their order.
pub fn publications<'n>(all: impl IntoIterator<Item = &'n Notification>) -> Vec<Publication> {
    let mut groups: Vec<Vec<(usize, &Notification, Shown<'_>)>> = Vec::new();
    for (index, one) in all.into_iter().enumerate() {
        // An item is written by this program; one that is damaged was refused when it was read.
        let Ok(shown) = serde_json::from_str::<Shown<'_>>(&one.alert) else {
            continue;
        };
        let group = groups.iter_mut().find(|group| {
            let (_, first, like) = &group[0];
            first.topic == one.topic
                && like.alert == shown.alert
                && like.severity == shown.severity
                && like.status == shown.status
        });
        match group {
            Some(group) => group.push((index, one, shown)),
            None => groups.push(vec![(index, one, shown)]),
        }
    }
    groups.iter().flat_map(|group| split(group)).collect()
}

/// Divides a group where it is too long for one message.
fn split(group: &[(usize, &Notification, Shown<'_>)]) -> Vec<Publication> {
    let publication = publication(group);
    if publication.message.len() <= MAX_MESSAGE_BYTES || group.len() == 1 {
        return vec![publication];
    }
    let (first, second) = group.split_at(group.len() / 2);
    let mut parts = split(first);
    parts.extend(split(second));
    parts
}

fn publication(group: &[(usize, &Notification, Shown<'_>)]) -> Publication {
    let (_, first, like) = &group[0];
    let mut ids: Vec<&str> = group.iter().map(|(_, one, _)| one.id.as_str()).collect();
    Publication {
        topic: first.topic.clone(),
        subject: subject(group.iter().map(|(_, _, shown)| shown), like, group.len()),
        message: message(group),
        alert: like.alert.clone().into_owned(),
        severity: like.severity.clone().into_owned(),
        status: like.status.clone().into_owned(),
        deduplication: match ids.as_slice() {
            [one] => (*one).to_owned(),
            _ => group_id(&mut ids),
        },
        of: group.iter().map(|(index, _, _)| *index).collect(),
    }
}

/// `[critical] login-brute-force: 3 alerts (user-1, user-2, …)`
fn subject<'s>(group: impl Iterator<Item = &'s Shown<'s>>, like: &Shown<'_>, of: usize) -> String {
    let mark = match like.status.as_ref() {
        "firing" => &like.severity,
        other => other,
    };
    let keys = group.filter_map(|shown| key_text(shown.key.as_ref()));
    let keys = keys.take(4).collect::<Vec<_>>();
    let mut text = format!("[{mark}] {}", like.alert);
    if of > 1 {
        let _ = write!(text, ": {of} alerts");
        let more = if keys.len() < of { ", ..." } else { "" };
        if !keys.is_empty() {
            let _ = write!(text, " ({}{more})", keys.join(", "));
        }
    } else if let Some(key) = keys.first() {
        let _ = write!(text, ": {key}");
    }
    plain(&text, MAX_SUBJECT_CHARS)
}

/// A text in so many characters of ASCII at most, none of them a control character.
fn plain(text: &str, most: usize) -> String {
    let shown = text.chars().map(|c| match c {
        ' '..='~' => c,
        '…' => '.',
        c if c.is_control() => ' ',
        _ => '?',
    });
    let mut plain: String = shown.collect();
    if plain.len() > most {
        plain.truncate(most - 3);
        plain.push_str("...");
    }
    plain
}

/// The values of a key, as people read them.
fn key_text(key: Option<&Map<String, Value>>) -> Option<String> {
    let values = key?.values().map(|value| match value {
        Value::String(text) => text.chars().take(60).collect(),
        other => other.to_string(),
    });
    let values: Vec<String> = values.collect();
    (!values.is_empty()).then(|| values.join(" "))
}

fn message(group: &[(usize, &Notification, Shown<'_>)]) -> String {
    let mut text = String::new();
    for (_, _, shown) in group {
        text.push_str(&paragraph(shown));
    }
    let lines: Vec<&str> = group.iter().map(|(_, one, _)| one.alert.as_str()).collect();
    let lines = lines.join("\n");
    let (_, _, first) = &group[0];
    let mut sms = headline(first);
    if group.len() > 1 {
        let _ = write!(sms, " (and {} more)", group.len() - 1);
    }
    let mut by_protocol = Map::new();
    let email = format!("{text}{lines}\n");
    by_protocol.insert("default".to_owned(), Value::String(lines));
    by_protocol.insert("email".to_owned(), Value::String(email));
    by_protocol.insert("sms".to_owned(), Value::String(cut(&sms, MAX_SMS_CHARS)));
    Value::Object(by_protocol).to_string()
}

fn cut(text: &str, chars: usize) -> String {
    match text.char_indices().nth(chars) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text.to_owned(),
    }
}

fn headline(shown: &Shown<'_>) -> String {
    let Shown { alert, status, .. } = shown;
    let again = shown
        .repeat
        .map_or_else(String::new, |n| format!(" again ({n})"));
    let key = key_text(shown.key.as_ref());
    let key = key.map_or_else(String::new, |key| format!(" [{key}]"));
    let said = shown.summary.as_ref();
    let said = said.map_or_else(String::new, |text| format!(": {}", legible(text)));
    let (severity, key) = (&shown.severity, legible(&key));
    format!("[{severity}] {alert} {status}{again}{key}{said}")
}

/// Without control characters, which could make an event's text look like something else.
fn legible(text: &str) -> String {
    text.replace(|c: char| c.is_control() && c != '\n', " ")
}

fn paragraph(shown: &Shown<'_>) -> String {
    let mut text = format!("{}\nat {}\n", headline(shown), shown.at);
    if let Some(description) = &shown.description {
        let _ = writeln!(text, "{}", legible(description));
    }
    if let Some(runbook) = &shown.runbook {
        let _ = writeln!(text, "{runbook}");
    }
    text.push('\n');
    text
}

/// An alert's JSON, without what its events made too long to be sent.
pub(crate) fn trimmed(alert: &tripline_engine::Alert) -> String {
    // An alert has nothing that JSON cannot hold.
    let whole = serde_json::to_string(alert).unwrap_or_default();
    if whole.len() <= MAX_ALERT_BYTES {
        return whole;
    }
    let short = |text: &Option<String>| text.as_deref().map(|text| cut(text, 1_000));
    let value = |(name, value): &(String, Value)| {
        let value = match value {
            Value::String(text) => Value::String(cut(text, 1_000)),
            other => other.clone(),
        };
        (cut(name, 1_000), value)
    };
    let parts = |all: &[(String, Value)], most: Range<usize>| {
        all.iter().take(most.end).map(value).collect::<Vec<_>>()
    };
    let trimmed = tripline_engine::Alert {
        key: alert.key.as_ref().map(|key| parts(key, 0..16)),
        summary: short(&alert.summary),
        description: short(&alert.description),
        values: parts(&alert.values, 0..16),
        ..alert.clone()
    };
    serde_json::to_string(&trimmed).unwrap_or_default()
}

#[cfg(test)]
mod tests;
