//! `tripline run --explain-alert` and `--why-not`: questions about one message, or one key, of a run.
//!
//! The events are evaluated as `run` does. What made a message is found by watching its key alone, once it is known which that is.

mod account;
mod why_not;

use std::io::{self, Write};
use std::ops::ControlFlow;
use std::process::ExitCode;
use std::sync::Arc;

use serde::Serialize;
use serde_json::Value;
use tripline_engine::{Event, MAX_EVENT_BYTES, Program, Source, Time};

use crate::args::{Format, RunArgs};
use crate::check::load;
use crate::failure::Failure;
use crate::input::{self, Input, Line};
use crate::run::usable;
use crate::terminal::{Terminal, tame};

/// Answers what the arguments ask.
pub(crate) fn inquire(args: &RunArgs, terminal: &Terminal) -> Result<ExitCode, Failure> {
    let checked = load(&args.rules)?;
    let Some(program) = usable(&checked, terminal) else {
        return Ok(ExitCode::from(1));
    };
    let asked = Asked {
        key: args.inquiry.key.as_deref().map(key_of).transpose()?,
        at: args.inquiry.at.as_deref().map(time_of).transpose()?,
        until_end: args.until_end,
    };
    let inputs = input::expand(&args.events)?;
    match (&args.inquiry.explain_alert, &args.inquiry.why_not) {
        (Some(id), _) => {
            let answer = account::find(program, id, &asked, &inputs)?;
            tell(&answer, args.format, |answer| {
                account::draw(answer, terminal.stdout_colors)
            })
        }
        (None, Some(alert)) => {
            let answer = why_not::find(program, alert, &asked, &inputs)?;
            tell(&answer, args.format, |answer| {
                why_not::draw(answer, terminal.stdout_colors)
            })
        }
        (None, None) => Err(Failure::Message(
            "--key and --at say what --explain-alert or --why-not asks for: add one of them"
                .to_owned(),
        )),
    }
}

/// What narrows the question.
struct Asked {
    key: Option<Vec<(String, Value)>>,
    at: Option<Time>,
    until_end: bool,
}

fn key_of(text: &str) -> Result<Vec<(String, Value)>, Failure> {
    match serde_json::from_str(text) {
        Ok(Value::Object(key)) => Ok(key.into_iter().collect()),
        _ => Err(Failure::Message(format!(
            "--key is no JSON object: `{}`; write it like '{{\"userId\": \"alice\"}}'",
            tame(text)
        ))),
    }
}

fn time_of(text: &str) -> Result<Time, Failure> {
    Time::parse(text).ok_or_else(|| {
        Failure::Message(format!(
            "--at is no time: `{}`; write it like 2026-01-05T10:00:00Z",
            tame(text)
        ))
    })
}

/// Takes the events of inputs one by one, each with its text; lines that are none are passed over.
fn each_event(
    program: &Program,
    inputs: &[Input],
    mut take: impl FnMut(&Event<'_>, &[u8]) -> ControlFlow<()>,
) -> Result<(), Failure> {
    let mut bytes = Vec::new();
    for input in inputs {
        let broken = |what: &str, error: io::Error| {
            Failure::Message(format!("{} {what}: {error}", tame(&input.name)))
        };
        let mut lines = input
            .open(MAX_EVENT_BYTES, Arc::default())
            .map_err(|error| broken("cannot be read", error))?;
        loop {
            bytes.clear();
            match lines.next(&mut bytes) {
                Line::Whole(line, range) => {
                    let source = Source::File {
                        file: &*input.name,
                        line,
                    };
                    let Ok(event) = program.decode(&bytes[range.clone()], source) else {
                        continue;
                    };
                    if take(&event, &bytes[range]).is_break() {
                        return Ok(());
                    }
                }
                Line::TooLong(..) => {}
                Line::Broken(_, _, error) => {
                    return Err(broken("is damaged or incomplete", error));
                }
                Line::End => break,
            }
        }
    }
    Ok(())
}

fn tell<T: Serialize>(
    answer: &T,
    format: Option<Format>,
    draw: impl FnOnce(&T) -> String,
) -> Result<ExitCode, Failure> {
    let mut out = io::stdout().lock();
    let written = match format {
        Some(Format::Json) => serde_json::to_writer_pretty(&mut out, answer)
            .map_err(io::Error::from)
            .and_then(|()| out.write_all(b"\n")),
        _ => out.write_all(draw(answer).as_bytes()),
    };
    written.map_err(|error| Failure::write("the answer", &error))?;
    Ok(ExitCode::SUCCESS)
}
