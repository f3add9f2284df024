//! Why a key did not fire.

use std::fmt::Write;
use std::ops::ControlFlow;

use anstyle::Style;
use serde_json::Value;
use tripline_engine::{
    Missing, NotFiring, Program, Reason, Time, Trace, WhyNotOutcome, print_duration,
};

use super::{Asked, each_event};
use crate::explanation::{change, condition_is, heading, is_true, trees, unknown};
use crate::failure::Failure;
use crate::input::Input;
use crate::terminal::{counted, paint, tame};

/// How many things that events lack are named.
const MOST_MISSING: usize = 10;

/// Finds out why an alert did not fire for a key.
pub(super) fn find(
    program: &Program,
    alert: &str,
    asked: &Asked,
    inputs: &[Input],
) -> Result<NotFiring, Failure> {
    let Some((_, rule)) = program.alert_named(alert) else {
        return Err(unknown(program, alert));
    };
    let key = asked.key.as_deref().unwrap_or_default();
    let at = asked.at.unwrap_or(Time::MAX);
    let Some(mut why_not) = program.why_not(alert, key, at) else {
        return Err(wrong_key(alert, &program.key_names(rule)));
    };
    each_event(program, inputs, |event, _| {
        why_not.event(event);
        ControlFlow::Continue(())
    })?;
    Ok(why_not.finish())
}

fn wrong_key(alert: &str, names: &[String]) -> Failure {
    let alert = tame(alert);
    if names.is_empty() {
        return Failure::Message(format!(
            "`{alert}` has no `by`, so it has one state and no key: leave out --key"
        ));
    }
    let parts: Vec<String> = names
        .iter()
        .map(|name| format!("{}: …", Value::from(name.as_str())))
        .collect();
    Failure::Message(format!(
        "the key of `{alert}` is --key '{{{}}}', each a text, a number or a boolean",
        tame(&parts.join(", "))
    ))
}

/// Draws it for people.
pub(super) fn draw(answer: &NotFiring, colors: bool) -> String {
    let bold = |text: &str| paint(text, Style::new().bold(), colors);
    let mut text = heading(&answer.alert, &answer.key, colors);
    let _ = writeln!(text, "  at {}", answer.at);
    let _ = writeln!(text, "\n{}", bold(&verdict(answer)));
    if let Some(end) = answer.events.end.filter(|end| *end < answer.at) {
        let _ = writeln!(
            text,
            "  the events end at {end}; from there on time passes without any"
        );
    }
    for like in &answer.like {
        let names = answer.key.iter().flatten().map(|(name, _)| name.as_str());
        let values = like.as_array().into_iter().flatten();
        let pairs = names
            .zip(values)
            .map(|(name, value)| format!("{name}={value}"));
        let pairs = pairs.collect::<Vec<_>>().join("  ");
        let _ = writeln!(text, "  there is  {}", tame(&pairs));
    }
    if let Some(miss) = &answer.nearest {
        let _ = writeln!(
            text,
            "  nearest   {} reached {} of {} at {} ({})",
            tame(&miss.left),
            miss.reached,
            miss.wanted,
            miss.at,
            away(miss.at, answer.at)
        );
    }
    for missing in answer.missing.iter().take(MOST_MISSING) {
        let _ = writeln!(text, "  missing   {}", lacking(missing));
    }
    if let Some(seen) = seen(answer) {
        let _ = writeln!(text, "  events    {seen}");
    }
    if let Some(moment) = &answer.moment {
        text += &trees(&moment.conditions, colors);
        if moment.at != answer.at {
            let _ = writeln!(
                text,
                "  as of {} ({})",
                moment.at,
                away(moment.at, answer.at)
            );
        }
    }
    if !answer.history.is_empty() {
        let _ = writeln!(
            text,
            "\n{} {} {} {}",
            bold("what happened"),
            answer.from,
            bold("to"),
            answer.to
        );
        for line in &answer.history {
            let _ = writeln!(text, "  {}", change(line));
        }
    }
    text
}

fn verdict(answer: &NotFiring) -> String {
    let since = answer.since.map(|since| format!(" since {since}"));
    let since = since.unwrap_or_default();
    match answer.outcome {
        WhyNotOutcome::Firing => format!("It does fire{since}, and a message says so."),
        WhyNotOutcome::Withheld => {
            let mut rows = answer
                .history
                .iter()
                .filter(|row| row.at <= answer.at)
                .rev();
            let why = rows.find_map(withheld_by);
            let why = why.unwrap_or_else(|| "before the time around".to_owned());
            format!("It does fire{since}, and the message is withheld: {why}.")
        }
        WhyNotOutcome::Pending => format!(
            "The condition holds{since}, but not yet for as long as `for` says: it is pending."
        ),
        WhyNotOutcome::NoEvents => {
            "No event is of a type that the alert takes, so it has no keys.".to_owned()
        }
        WhyNotOutcome::Unseen => "No event has this key.".to_owned(),
        WhyNotOutcome::NotYet => "No event had this key by then.".to_owned(),
        WhyNotOutcome::Forgotten => {
            "The key was forgotten by then: it had no event for as long as `forget` says."
                .to_owned()
        }
        WhyNotOutcome::Inactive => match &answer.moment {
            Some(moment) if is_true(moment, "until") => {
                "It does not fire: `until` is true.".to_owned()
            }
            Some(moment) if is_true(moment, "when") => {
                "It does not fire at that moment, though the condition is true: see what happened."
                    .to_owned()
            }
            Some(moment) => format!("It does not fire: {}.", condition_is(moment)),
            None => "It does not fire: no event of the key is near that time.".to_owned(),
        },
    }
}

fn withheld_by(row: &Trace) -> Option<String> {
    match row.reason {
        Reason::Cooldown => Some("the last one is nearer than `cooldown` allows".to_owned()),
        Reason::Silenced => {
            let name = row.silence.as_deref().unwrap_or_default();
            Some(format!("the silence `{}` covers it", tame(name)))
        }
        _ => None,
    }
}

fn lacking(missing: &Missing) -> String {
    let Missing {
        text,
        window,
        events,
        of,
    } = missing;
    let text = tame(text);
    let share = format!("in {events} of its {of} events around that time");
    match window {
        Some(window) => format!("{text} {share}: not counted in {}", tame(window)),
        None => format!("{text} {share}"),
    }
}

/// What is known of the key's events.
fn seen(answer: &NotFiring) -> Option<String> {
    let events = &answer.events;
    let mut said = Vec::new();
    if events.of_key > 0 {
        said.push(format!("{} of this key", events.of_key));
    }
    if let Some(last) = events.last {
        said.push(format!("the last {}", away(last, answer.at)));
    }
    if let Some(next) = events.next {
        said.push(format!("the next {}", away(next, answer.at)));
    }
    if events.of_key == 0 && events.of_alert > 0 {
        let keys = counted(events.other_keys, "other key");
        said.push(format!(
            "{} of {keys}",
            events.of_alert - events.without_key
        ));
    }
    if events.without_key > 0 {
        let lack = format!("{} without a value for the key", events.without_key);
        said.push(lack);
    }
    (!said.is_empty()).then(|| said.join(", "))
}

/// How far a time is from another: `2m before`.
fn away(time: Time, at: Time) -> String {
    let millis = time.0.saturating_sub(at.0);
    let length = match millis.unsigned_abs() {
        0 => return "at that time".to_owned(),
        millis if millis < 1_000 => format!("{millis}ms"),
        millis => print_duration(millis / 1_000),
    };
    let side = if millis < 0 { "before" } else { "after" };
    format!("{length} {side}")
}
