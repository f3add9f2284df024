//! The differences, told for people, programs and pull requests.

use std::fmt::Write;

use anstyle::{AnsiColor, Style};
use serde_json::json;
use tripline_engine::{Time, print_duration};

use super::compare::{Comparison, Difference};
use super::{Episode, Side};
use crate::terminal::{counted, paint, tame};

/// How many episodes of an alert are shown of each kind.
const SHOWN: usize = 10;

pub(super) fn text(comparison: &Comparison<'_>, colors: bool) -> String {
    let mut text = String::new();
    for (name, difference) in &comparison.alerts {
        let name = paint(&tame(name), Style::new().bold(), colors);
        let _ = writeln!(text, "{name}  {}", summary(difference));
        for (sign, color, line) in lines(difference) {
            let style = Style::new().fg_color(Some(color.into()));
            let _ = writeln!(
                text,
                "  {}",
                paint(&format!("{sign} {}", tame(&line)), style, colors)
            );
        }
        text.push('\n');
    }
    if comparison.alerts.is_empty() {
        text.push_str("the same alerts at the same times\n\n");
    }
    for (what, old, new) in figures(comparison) {
        let _ = writeln!(text, "{what:<24}{old:>12} → {new}");
    }
    text
}

pub(super) fn markdown(comparison: &Comparison<'_>) -> String {
    let mut text = String::from("### What this change does to the alerts\n\n");
    let _ = writeln!(
        text,
        "{} over {}, from `{}` to `{}`.\n",
        counted(comparison.new.events, "event"),
        days(comparison.new),
        code(&comparison.old.name),
        code(&comparison.new.name)
    );
    if comparison.alerts.is_empty() {
        text.push_str("The same alerts at the same times.\n\n");
    } else {
        text.push_str("| alert | episodes | gained | lost | moved |\n|---|---|---|---|---|\n");
        for (name, difference) in &comparison.alerts {
            let (old, new) = difference.episodes;
            let mark = match (difference.added, difference.removed) {
                (true, _) => " (new)",
                (_, true) => " (gone)",
                _ => "",
            };
            let _ = writeln!(
                text,
                "| `{}`{mark} | {old} → {new} | {} | {} | {} |",
                code(name),
                difference.gained.len(),
                difference.lost.len(),
                difference.moved.len()
            );
        }
        text.push('\n');
        for (name, difference) in &comparison.alerts {
            let all: Vec<_> = lines(difference).collect();
            if all.is_empty() {
                continue;
            }
            let _ = writeln!(
                text,
                "<details><summary>{}</summary>\n\n```diff",
                escaped(name)
            );
            for (sign, _, line) in all {
                let _ = writeln!(text, "{sign} {}", tame(&line).replace("```", "'''"));
            }
            text.push_str("```\n\n</details>\n\n");
        }
    }
    text.push_str("| | before | after |\n|---|---|---|\n");
    for (what, old, new) in figures(comparison) {
        let _ = writeln!(text, "| {what} | {old} | {new} |");
    }
    text
}

pub(super) fn json(comparison: &Comparison<'_>) -> String {
    let episode = |one: &Episode| {
        json!({
            "key": one.key, "fires": one.fires, "resolves": one.resolves, "severity": one.severity,
        })
    };
    let alerts = comparison.alerts.iter().map(|(name, one)| {
        let all = |list: &[&Episode]| list.iter().map(|one| episode(one)).collect::<Vec<_>>();
        let moved = one.moved.iter();
        let moved = moved.map(|(old, new)| json!({"old": episode(old), "new": episode(new)}));
        json!({
            "alert": name, "added": one.added, "removed": one.removed,
            "episodes": {"old": one.episodes.0, "new": one.episodes.1},
            "gained": all(&one.gained), "lost": all(&one.lost), "moved": moved.collect::<Vec<_>>(),
        })
    });
    let side = |side: &Side| {
        json!({
            "rules": side.name, "events": side.events, "episodes": side.episodes.len(),
            "messages": side.messages, "messagesPerDay": side.messages as f64 / side.days(),
            "firstAlert": side.episodes.iter().map(|one| one.fires).min(),
            "keys": side.keys, "bytes": side.bytes,
        })
    };
    let report = json!({
        "old": side(comparison.old), "new": side(comparison.new), "alerts": alerts.collect::<Vec<_>>(),
    });
    format!("{report:#}\n")
}

fn summary(difference: &Difference<'_>) -> String {
    let (old, new) = difference.episodes;
    let mut parts = Vec::new();
    if difference.added {
        parts.push("a new alert".to_owned());
    }
    if difference.removed {
        parts.push("the alert is gone".to_owned());
    }
    parts.push(format!("{} → {new}", counted(old as u64, "episode")));
    for (number, what) in [
        (difference.gained.len(), "gained"),
        (difference.lost.len(), "lost"),
        (difference.moved.len(), "moved"),
    ] {
        if number > 0 {
            parts.push(format!("{number} {what}"));
        }
    }
    parts.join(", ")
}

/// A line for each episode that is different, with a sign as diffs have it.
fn lines<'d>(
    difference: &'d Difference<'_>,
) -> impl Iterator<Item = (char, AnsiColor, String)> + 'd {
    let shown = |list: &'d [&Episode], sign: char, color: AnsiColor| {
        let lines = list.iter().take(SHOWN);
        let more = list.len().saturating_sub(SHOWN);
        lines
            .map(move |one| (sign, color, line(one)))
            .chain((more > 0).then(|| (sign, color, format!("… and {more} more"))))
    };
    let moved = difference.moved.iter().take(SHOWN);
    let more = difference.moved.len().saturating_sub(SHOWN);
    shown(&difference.gained, '+', AnsiColor::Green)
        .chain(shown(&difference.lost, '-', AnsiColor::Red))
        .chain(moved.map(|(old, new)| ('!', AnsiColor::Yellow, change(old, new))))
        .chain((more > 0).then(|| ('!', AnsiColor::Yellow, format!("… and {more} more"))))
}

fn line(one: &Episode) -> String {
    let until = match one.lasts {
        true => format!(" to {}", until(one.resolves)),
        false => String::new(),
    };
    format!("{}{until}  {}  {}", one.fires, one.key, one.severity)
}

fn change(old: &Episode, new: &Episode) -> String {
    let mut parts = Vec::new();
    let from_to = |what: &str, old: String, new: String| format!("{what} {old} → {new}");
    if old.fires == new.fires {
        parts.push(old.fires.to_string());
    } else {
        let millis = new.fires.0 - old.fires.0;
        let seconds = millis.unsigned_abs() / 1_000;
        let by = print_duration(seconds);
        let way = if millis < 0 { "earlier" } else { "later" };
        parts.push(format!("{} → {} ({by} {way})", old.fires, new.fires));
    }
    if old.resolves != new.resolves {
        parts.push(from_to("to", until(old.resolves), until(new.resolves)));
    }
    if old.severity != new.severity {
        parts.push(from_to(
            "severity",
            old.severity.clone(),
            new.severity.clone(),
        ));
    }
    format!("{}  {}", parts.join(", "), new.key)
}

fn until(resolves: Option<Time>) -> String {
    resolves.map_or_else(|| "the end".to_owned(), |at| at.to_string())
}

/// Figures of both sides.
fn figures(comparison: &Comparison<'_>) -> Vec<(&'static str, String, String)> {
    let (old, new) = (comparison.old, comparison.new);
    let first = |side: &Side| {
        let first = side.episodes.iter().map(|one| one.fires).min();
        first.map_or_else(|| "none".to_owned(), |first| first.to_string())
    };
    let a_day = |side: &Side| format!("{:.1}", side.messages as f64 / side.days());
    let memory = |side: &Side| format!("{:.1} MiB", side.bytes as f64 / f64::from(1 << 20));
    let number = |number: usize| number.to_string();
    vec![
        ("alerts", number(old.alerts.len()), number(new.alerts.len())),
        (
            "episodes",
            number(old.episodes.len()),
            number(new.episodes.len()),
        ),
        ("messages a day", a_day(old), a_day(new)),
        ("first alert", first(old), first(new)),
        ("keys kept", old.keys.to_string(), new.keys.to_string()),
        ("memory for them", memory(old), memory(new)),
    ]
}

fn days(side: &Side) -> String {
    format!("{:.1} days", side.days())
}

/// A name between backticks.
fn code(text: &str) -> String {
    tame(text).replace(['`', '|'], "'")
}

fn escaped(text: &str) -> String {
    let text = tame(text).replace('&', "&amp;");
    text.replace('<', "&lt;").replace('>', "&gt;")
}
