//! Lints of files, lists and comments.

use std::collections::BTreeSet;

use tripline_grammar::ast::{ExprKind, Segment, Test};

use super::findings::Findings;
use super::levels;
use super::rules::Rules;
use super::{Family, Lint};
use crate::check::reader::shown;
use crate::diagnostic::Severity;
use crate::yaml::{Content, Node, Style};

pub(super) const BAD_SUPPRESSION: Lint = Lint::new(
    "W2001",
    "bad-suppression",
    Severity::Warning,
    Family::File,
    with_suppressions,
);
pub(super) const UNUSED_SUPPRESSION: Lint = Lint::new(
    "W2002",
    "unused-suppression",
    Severity::Warning,
    Family::File,
    with_suppressions,
);
pub(super) const EXPIRED_SUPPRESSION: Lint = Lint::new(
    "W2003",
    "expired-suppression",
    Severity::Warning,
    Family::File,
    with_suppressions,
);
pub(super) const UNKNOWN_LINT: Lint = Lint::new(
    "W2004",
    "unknown-lint",
    Severity::Warning,
    Family::File,
    unknown_lint,
);
pub(super) const EMPTY_FILE: Lint = Lint::new(
    "W2005",
    "empty-file",
    Severity::Warning,
    Family::File,
    empty_file,
);
pub(super) const UNUSED_LIST: Lint = Lint::new(
    "W2006",
    "unused-list",
    Severity::Warning,
    Family::File,
    unused_list,
);
pub(super) const EMPTY_LIST: Lint = Lint::new(
    "W2007",
    "empty-list",
    Severity::Warning,
    Family::File,
    empty_list,
);
pub(super) const YAML_WORD: Lint = Lint::new(
    "W2008",
    "yaml-word",
    Severity::Warning,
    Family::File,
    yaml_word,
);
pub(super) const UNUSED_DEFAULTS: Lint = Lint::new(
    "W2009",
    "unused-defaults",
    Severity::Warning,
    Family::File,
    unused_defaults,
);
pub(super) const TODO_LEFT: Lint = Lint::new(
    "W2010",
    "todo-left",
    Severity::Info,
    Family::File,
    todo_left,
);

/// These are found where suppressions are applied, after all other lints.
fn with_suppressions(_: &Rules<'_>, _: &mut Findings) {}

fn unknown_lint(rules: &Rules<'_>, out: &mut Findings) {
    let Some(file) = rules.checked.settings_file else {
        return;
    };
    let lints = &rules.checked.lints;
    for (name, range) in lints.allow.iter().chain(&lints.deny) {
        let Err(unlisted) = levels::find(name) else {
            continue;
        };
        let (message, help) = if unlisted.is_error {
            (
                format!("`{name}` is an error, which no setting changes"),
                "remove it from the settings".to_owned(),
            )
        } else {
            let help = match unlisted.near {
                Some(near) => format!("did you mean `{near}`?"),
                None => "grammar/LINTS.md lists the lints".to_owned(),
            };
            (format!("there is no lint `{name}`"), help)
        };
        out.place(file, range.clone(), message).help(help);
    }
}

fn empty_file(rules: &Rules<'_>, out: &mut Findings) {
    for (file, document) in rules.documents() {
        let is_empty = match document.root.as_ref().map(|root| &root.content) {
            None => true,
            Some(Content::Map(entries)) => entries.iter().all(|entry| {
                entry.value.is_null() || entry.value.as_map().is_some_and(<[_]>::is_empty)
            }),
            Some(Content::Scalar(scalar)) => scalar.is_null(),
            Some(Content::List(_)) => false,
        };
        // A file that cannot be read has been reported as such.
        let is_read = document.problems.is_empty()
            && !rules
                .checked
                .diagnostics
                .iter()
                .any(|one| one.labels.first().is_some_and(|label| label.file == file));
        if is_empty && is_read {
            out.place(file, 0..0, "this file has no rules")
                .help("remove it, or give it an ending other than `.yaml`");
        }
    }
}

fn unused_list(rules: &Rules<'_>, out: &mut Findings) {
    let mut used: BTreeSet<&str> = BTreeSet::new();
    rules.each(|_, expr| {
        if let ExprKind::Test {
            test: Test::InPath(path),
            ..
        } = &expr.kind
            && let [Segment::Field(name)] = path.segments.as_slice()
        {
            used.insert(name);
        }
    });
    // An alert with an error may well use it.
    if rules.checked.program.is_none() {
        return;
    }
    for list in &rules.lists {
        let name = list.entry.key.value.as_str();
        if !used.contains(name) {
            out.entry(
                list.file,
                list.entry,
                format!("no rule uses the list `{}`", shown(name)),
            )
            .help("remove it, or use it: `userId in …`");
        }
    }
}

fn empty_list(rules: &Rules<'_>, out: &mut Findings) {
    for list in &rules.lists {
        if list.entry.value.is_null() || list.entry.value.as_list().is_some_and(<[_]>::is_empty) {
            let name = shown(&list.entry.key.value);
            out.entry(
                list.file,
                list.entry,
                format!("the list `{name}` is empty, so that nothing is in it"),
            )
            .help("fill it, or remove it and what asks for it");
        }
    }
    rules.each(|site, expr| {
        if matches!(&expr.kind, ExprKind::Test { test: Test::InList(items), .. } if items.is_empty()) {
            out.span(site, expr.span, "nothing is in an empty list").help("fill it, or leave the test out");
        }
    });
}

/// Words that YAML 1.1 reads as true or false, and this language as text.
const WORDS: [&str; 8] = ["yes", "no", "on", "off", "Yes", "No", "On", "Off"];

fn yaml_word(rules: &Rules<'_>, out: &mut Findings) {
    let mut look = |file, node: &Node| {
        let items = node.as_list().unwrap_or(std::slice::from_ref(node));
        for scalar in items.iter().filter_map(Node::as_scalar) {
            if scalar.style == Style::Plain && WORDS.contains(&scalar.value.as_str()) {
                out.place(
                    file,
                    scalar.range.clone(),
                    format!(
                        "`{}` is text here, where other YAML readers see true or false",
                        scalar.value
                    ),
                )
                .help(format!("quote it: `\"{}\"`", scalar.value))
                .edit(file, scalar.range.clone(), format!("\"{}\"", scalar.value));
            }
        }
    };
    for alert in &rules.alerts {
        if let Some(on) = alert.own("on") {
            look(alert.file, &on.value);
        }
        let labels = alert.own("labels").and_then(|labels| labels.value.as_map());
        labels
            .unwrap_or_default()
            .iter()
            .for_each(|label| look(alert.file, &label.value));
    }
    for list in &rules.lists {
        look(list.file, &list.entry.value);
    }
}

fn unused_defaults(rules: &Rules<'_>, out: &mut Findings) {
    for (file, document) in rules.documents() {
        let root = document.root.as_ref();
        let Some(defaults) = root.and_then(|root| root.get("defaults")?.as_map()) else {
            continue;
        };
        let alerts = root
            .and_then(|root| root.get("alerts")?.as_map())
            .unwrap_or_default();
        for entry in defaults.iter().filter(|entry| entry.key.value != "labels") {
            let key = entry.key.value.as_str();
            if alerts.iter().all(|alert| alert.value.entry(key).is_some()) {
                out.entry(
                    file,
                    entry,
                    format!(
                        "no alert of this file takes the default of `{}`",
                        shown(key)
                    ),
                )
                .help("remove it, or what the alerts say instead");
            }
        }
    }
}

fn todo_left(rules: &Rules<'_>, out: &mut Findings) {
    const MARKS: [&str; 4] = ["TODO", "FIXME", "XXX", "HACK"];
    let is_marked = |text: &str| {
        text.split(|char: char| !char.is_ascii_alphanumeric())
            .any(|word| MARKS.contains(&word))
    };
    for (file, document) in rules.documents() {
        for comment in document
            .comments
            .iter()
            .filter(|comment| is_marked(&comment.text))
        {
            out.place(
                file,
                comment.range.clone(),
                "something is left to be done here",
            )
            .help("do it, or note it where work is planned");
        }
    }
    for alert in &rules.alerts {
        for key in ["summary", "description", "runbook"] {
            if alert
                .own(key)
                .and_then(|entry| entry.value.as_scalar())
                .is_some_and(|scalar| is_marked(&scalar.value))
            {
                out.key(
                    alert,
                    key,
                    format!("`{key}` says that something is left to be done"),
                )
                .help("people read this when they are woken: finish it");
            }
        }
    }
}
