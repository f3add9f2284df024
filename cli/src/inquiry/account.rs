//! What made a message.

use std::fmt::Write;
use std::ops::ControlFlow;

use anstyle::Style;
use serde::Serialize;
use serde_json::Value;
use tripline_engine::{
    Account, Advance, Alert, MemoryStore, Plan, Program, Source, Status, WindowHeld, nearest_name,
    print_duration, step,
};

use super::{Asked, each_event};
use crate::explanation::{change, heading, trees};
use crate::failure::Failure;
use crate::input::Input;
use crate::lanes::{Lane, Reader};
use crate::terminal::{counted, paint, tame};

/// How many events of a window are shown, and how much of one.
const MOST_EVENTS: usize = 30;
const MOST_CHARACTERS: usize = 1_000;

/// What made a message, and the event that it came with.
#[derive(Debug, Serialize)]
pub(super) struct Answer {
    #[serde(flatten)]
    account: Account,
    /// The event itself.
    #[serde(skip_serializing_if = "Option::is_none")]
    event: Option<Value>,
}

/// Finds a message by its id, that of its episode, or the name of its alert.
pub(super) fn find(
    program: &Program,
    id: &str,
    asked: &Asked,
    inputs: &[Input],
) -> Result<Answer, Failure> {
    if inputs.iter().any(|input| input.path.is_none()) {
        let message = "the events are read twice: name files, not standard input";
        return Err(Failure::Message(message.to_owned()));
    }
    let message = message(program, id, asked, inputs)?;
    let gone = || Failure::Message("the events changed while they were read".to_owned());
    let mut recount = program.recount(&message).ok_or_else(gone)?;
    let mut event = None;
    each_event(program, inputs, |one, text| match recount.event(one) {
        true => {
            event = serde_json::from_slice(text).ok();
            ControlFlow::Break(())
        }
        false => ControlFlow::Continue(()),
    })?;
    let account = recount.finish(end_of(asked)).ok_or_else(gone)?;
    let event = event.filter(|_| account.message.source.is_some());
    Ok(Answer { account, event })
}

fn end_of(asked: &Asked) -> Advance {
    Advance {
        until_end: asked.until_end,
        ..Advance::default()
    }
}

/// Runs the rules until the message comes; of an alert, the last one.
fn message(program: &Program, id: &str, asked: &Asked, inputs: &[Input]) -> Result<Alert, Failure> {
    let by_name = program.alerts().any(|rule| rule.name == id);
    let is_it = |alert: &Alert| {
        let key = alert.key.as_deref().unwrap_or_default();
        let mut wanted = asked.key.iter().flatten();
        let named = by_name && alert.alert == id && alert.status == Status::Firing;
        (alert.notification == id || alert.id == id || named)
            && wanted.all(|part| key.contains(part))
            && asked.at.is_none_or(|at| alert.at <= at)
    };
    let mut found = None;
    let mut store = MemoryStore::new();
    let reader = Reader::new(inputs);
    let mut lane = Lane::new(program);
    loop {
        let mut planned = lane.next(&reader);
        reader.check()?;
        let (advance, is_end) = match planned {
            Some(_) => (Advance::default(), false),
            None => (end_of(asked), true),
        };
        let mut end = Plan::default();
        let plan = planned
            .as_mut()
            .map_or(&mut end, |planned| &mut planned.plan);
        let Ok(output) = step(program, &mut store, plan, advance);
        for alert in output.alerts.into_iter().filter(|alert| is_it(alert)) {
            if !by_name {
                return Ok(alert);
            }
            found = Some(alert);
        }
        if let Some(planned) = planned {
            lane.memory = planned.plan.reuse();
        }
        if is_end {
            return found.ok_or_else(|| not_found(program, id, by_name, asked));
        }
    }
}

fn not_found(program: &Program, id: &str, by_name: bool, asked: &Asked) -> Failure {
    let id = tame(id);
    if by_name {
        let narrowed = match (&asked.key, asked.at) {
            (None, None) => "",
            (Some(_), None) => " for this key",
            (None, Some(_)) => " by that time",
            (Some(_), Some(_)) => " for this key by that time",
        };
        return Failure::Message(format!(
            "`{id}` does not fire{narrowed} with these events: ask for --why-not {id}"
        ));
    }
    let names: Vec<&str> = program.alerts().map(|rule| rule.name.as_str()).collect();
    let help = match nearest_name(&id, names) {
        Some(near) => format!("; did you mean the alert `{near}`?"),
        None => ": it is the `notification` or the `id` of an alert that `tripline run` gives, or an alert's name".to_owned(),
    };
    Failure::Message(format!(
        "these rules and events give no message `{id}`{help}"
    ))
}

/// Draws it for people.
pub(super) fn draw(answer: &Answer, colors: bool) -> String {
    let bold = |text: &str| paint(text, Style::new().bold(), colors);
    let Account {
        message,
        decided,
        conditions,
        evaluated,
        windows,
        history,
    } = &answer.account;
    let mut text = heading(&message.alert, &message.key, colors);
    let _ = writeln!(
        text,
        "  {}  {}  at {}",
        message.status, message.severity, message.at
    );
    if let Some(summary) = &message.summary {
        let _ = writeln!(text, "{}", tame(summary));
    }
    if !decided.is_empty() {
        let _ = writeln!(text, "\n{}", bold("because"));
        for clause in decided {
            let held = conditions.iter().find_map(|(_, part)| part.find(clause));
            let holds = held.is_some_and(|part| part.is_true());
            let not = if holds { "" } else { "  does not hold" };
            let _ = writeln!(text, "  {}{not}", tame(clause));
        }
    }
    text += &trees(conditions, colors);
    if *evaluated != message.at {
        let _ = writeln!(text, "  as of {evaluated}, with which it began");
    }
    for window in windows {
        draw_window(&mut text, window, &bold);
    }
    let _ = writeln!(text, "\n{}", bold("what happened"));
    for line in history {
        let _ = writeln!(text, "  {}", change(line));
    }
    match &message.source {
        Some(source) => {
            let _ = writeln!(text, "\n{}  {}", bold("the event"), place(source));
            if let Some(event) = &answer.event {
                let shown: String = event.to_string().chars().take(MOST_CHARACTERS).collect();
                let _ = writeln!(text, "  {}", tame(&shown));
            }
        }
        None => text += "\nNo event made it: time passed.\n",
    }
    text
}

fn draw_window(text: &mut String, window: &WindowHeld, bold: &dyn Fn(&str) -> String) {
    let value = window.value.as_ref();
    let value = value.map_or_else(|| "?".to_owned(), |value| tame(&value.to_string()));
    let _ = writeln!(text, "\n{}  {value}", bold(&tame(&window.text)));
    let events = window
        .panes
        .iter()
        .map(|pane| pane.events.len())
        .sum::<usize>();
    let _ = writeln!(
        text,
        "  {} in {} of {}, from {} to {}",
        counted(events as u64, "event"),
        counted(window.panes.len() as u64, "pane"),
        print_duration(window.pane.unsigned_abs() / 1_000),
        window.from,
        window.to
    );
    let hidden = events.saturating_sub(MOST_EVENTS);
    if hidden > 0 || window.more {
        let and_more = if window.more { " and more" } else { "" };
        let _ = writeln!(text, "  … {hidden}{and_more} before");
    }
    let rows = window.panes.iter().flat_map(|pane| {
        let first = std::iter::once(Some(pane.from)).chain(std::iter::repeat(None));
        first.zip(&pane.events)
    });
    for (index, (pane, event)) in rows.enumerate().skip(hidden) {
        let pane = pane.map(|from| from.to_string());
        let pane = match (pane, index == hidden) {
            (Some(pane), _) => pane,
            (None, true) => "…".to_owned(),
            (None, false) => String::new(),
        };
        let value = event.value.as_ref();
        let value = value.map(|value| format!("  {}", tame(&value.to_string())));
        let _ = writeln!(
            text,
            "  {pane:24}  {}  {}{}",
            event.at,
            place(&event.source),
            value.unwrap_or_default()
        );
    }
}

fn place(source: &Source) -> String {
    match source {
        Source::File { file, line } => tame(&format!("{file}:{line}")),
        Source::Record {
            shard, sequence, ..
        } => tame(&format!("{shard}:{sequence}")),
    }
}
