//! Comments that suppress findings: `# tripline: allow(id) reason until 2027-01-01`.

use std::ops::Range;

use chrono_tz::Tz;

use super::file::{BAD_SUPPRESSION, EXPIRED_SUPPRESSION, UNUSED_SUPPRESSION};
use super::findings::Findings;
use super::levels;
use super::rules::Rules;
use super::{Family, LINTS};
use crate::check::moment;
use crate::check::reader::shown;
use crate::diagnostic::Diagnostic;
use crate::time::Time;
use crate::yaml::{Comment, Document, Node};

/// The sections whose entries a suppression can stand in.
const SECTIONS: [&str; 4] = ["alerts", "aggregates", "silences", "lists"];

/// A comment that suppresses findings.
struct Suppression {
    file: usize,
    comment: Range<usize>,
    ids: Vec<&'static str>,
    /// The bytes in which it holds.
    scope: Range<usize>,
    used: bool,
}

/// Leaves out the findings that comments suppress, and adds those about the comments.
pub(super) fn apply(rules: &Rules<'_>, mut found: Vec<Diagnostic>, today: Time) -> Vec<Diagnostic> {
    let mut bad = Findings::new(&BAD_SUPPRESSION);
    let mut expired = Findings::new(&EXPIRED_SUPPRESSION);
    let mut unused = Findings::new(&UNUSED_SUPPRESSION);
    let mut suppressions: Vec<Suppression> = Vec::new();
    for (file, document) in rules.checked.documents.iter().enumerate() {
        for comment in &document.comments {
            let Some(directive) = comment.text.trim().strip_prefix("tripline:") else {
                continue;
            };
            let range = comment.range.clone();
            match read(directive) {
                Err((message, help)) => drop(bad.place(file, range, message).help(help)),
                Ok((_, Some(until))) if until <= today => {
                    let message = "this suppression is past its date";
                    let help = "mend what it hides, or give it a new date";
                    expired.place(file, range, message).help(help);
                }
                Ok((ids, _)) => suppressions.push(Suppression {
                    file,
                    comment: range,
                    ids,
                    scope: scope(rules.text(file), document, comment),
                    used: false,
                }),
            }
        }
    }
    found.retain(|one| {
        let Some(label) = one.labels.first() else {
            return true;
        };
        let holds = |suppression: &Suppression| {
            suppression.file == label.file
                && suppression.scope.contains(&label.range.start)
                && suppression.ids.contains(&one.id)
        };
        let mut kept = true;
        for suppression in suppressions.iter_mut().filter(|one| holds(one)) {
            suppression.used = true;
            kept = false;
        }
        kept
    });
    // Rules with errors are not linted, and what they suppress is not known.
    let compiles = rules.checked.program.is_some();
    // Nor are tests that nobody read.
    let about_tests = |one: &Suppression| {
        let mut lints = LINTS.iter().filter(|lint| lint.family == Family::Tests);
        rules.checked.tested.is_none() && lints.any(|lint| one.ids.contains(&lint.code.id))
    };
    let idle = suppressions.iter();
    let idle = idle.filter(|one| !one.used && compiles && !about_tests(one));
    for suppression in idle {
        let text = rules.text(suppression.file);
        let comment = suppression.comment.clone();
        let message = format!(
            "this suppression of {} suppresses nothing",
            suppression.ids.join(", ")
        );
        unused
            .place(suppression.file, comment.clone(), message)
            .help("remove it")
            .edit(suppression.file, with_blanks(text, comment), "");
    }
    for mut findings in [bad, unused, expired] {
        found.append(&mut findings.list);
    }
    found
}

type Problem = (String, String);

/// Reads what follows `tripline:`: the lints, and until when they are suppressed.
fn read(directive: &str) -> Result<(Vec<&'static str>, Option<Time>), Problem> {
    let form = || "write `# tripline: allow(missing-runbook) why`".to_owned();
    let bad = |message: &str| (message.to_owned(), form());
    let inside = directive.trim_start().strip_prefix("allow(");
    let (names, rest) = inside
        .and_then(|inside| inside.split_once(')'))
        .ok_or_else(|| bad("this comment is no suppression"))?;
    let mut ids = Vec::new();
    for name in names.split(',').map(str::trim) {
        ids.push(levels::find(name).map_err(|unlisted| {
            let message = if unlisted.is_error {
                format!("`{}` is an error, which nothing suppresses", shown(name))
            } else {
                format!("there is no lint `{}`", shown(name))
            };
            let help = match unlisted.near {
                Some(near) if !unlisted.is_error => format!("did you mean `{near}`?"),
                _ => "grammar/LINTS.md lists the lints".to_owned(),
            };
            (message, help)
        })?);
    }
    let (reason, until) = match rest.rsplit_once("until ") {
        Some((reason, day)) if day.starts_with(|first: char| first.is_ascii_digit()) => {
            let until = moment::moment(day.trim(), Tz::UTC).map_err(|wrong| {
                (
                    wrong.message,
                    "write the day as in `until 2027-01-01`".to_owned(),
                )
            })?;
            (reason, Some(until))
        }
        _ => (rest, None),
    };
    if !reason.contains(char::is_alphanumeric) {
        return Err(bad("this suppression gives no reason"));
    }
    Ok((ids, until))
}

/// Where a suppression holds: the entry that it stands in or right above, else the whole file.
fn scope(text: &str, document: &Document, comment: &Comment) -> Range<usize> {
    let whole = 0..text.len() + 1;
    let Some(root) = &document.root else {
        return whole;
    };
    let entries = SECTIONS
        .iter()
        .filter_map(|section| root.get(section))
        .filter_map(Node::as_map)
        .flatten();
    let line_end = |at: usize| text[at..].find('\n').map_or(text.len(), |end| at + end);
    for entry in entries {
        let range = entry.range.start..line_end(entry.range.end.min(text.len()));
        if range.contains(&comment.range.start) || leads_to(text, comment.range.end, range.start) {
            return range;
        }
    }
    whole
}

/// Whether nothing but comments stands between two places, and no empty line.
fn leads_to(text: &str, from: usize, to: usize) -> bool {
    let Some(between) = text.get(from..to) else {
        return false;
    };
    let mut lines = between.split('\n').map(str::trim);
    let ended = lines.next().is_some_and(str::is_empty);
    let lines: Vec<&str> = lines.collect();
    // The last line holds what stands before the entry's name.
    let Some((last, lines)) = lines.split_last() else {
        return false;
    };
    ended && last.is_empty() && lines.iter().all(|line| line.starts_with('#'))
}

/// A comment with the blanks before it, and with its line if it stands alone there.
fn with_blanks(text: &str, comment: Range<usize>) -> Range<usize> {
    let before = text[..comment.start].trim_end_matches([' ', '\t']);
    if !before.is_empty() && !before.ends_with('\n') {
        return before.len()..comment.end;
    }
    let end = text[comment.end..]
        .find('\n')
        .map_or(text.len(), |end| comment.end + end + 1);
    before.len()..end
}
