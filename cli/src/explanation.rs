//! `tripline explain`: why an event makes an alert fire, or does not.

use std::fmt::Write as _;
use std::io::{self, Read, Write};
use std::process::ExitCode;

use anstyle::{AnsiColor, Style};
use tripline_engine::{
    Explanation, Input, MAX_EVENT_BYTES, Part, PartValue, Program, Reason, Source, Stage, Status,
    Trace,
};

use crate::args::{ExplainArgs, Format};
use crate::check::load;
use crate::failure::Failure;
use crate::run::usable;
use crate::state::StateFile;
use crate::terminal::{Terminal, paint, tame};

pub(crate) fn explain(args: &ExplainArgs, terminal: &Terminal) -> Result<ExitCode, Failure> {
    let checked = load(&args.rules)?;
    let Some(program) = usable(&checked, terminal) else {
        return Ok(ExitCode::from(1));
    };
    let text = event_text(&args.event)?;
    let source = Source::File {
        file: "--event",
        line: 1,
    };
    let event = program
        .decode(text.trim().as_bytes(), source)
        .map_err(|rejection| {
            Failure::Message(format!("--event is no event: {}", rejection.reason))
        })?;
    let (mut input, mut state) = (Input::default(), None);
    if let Some(path) = &args.state {
        let told = |error: crate::state::StateError| Failure::Message(error.to_string());
        let file = StateFile::read(path).map_err(told)?;
        input = file.input().map_err(told)?;
        if let Some(key) = program.explained_key(&args.alert, &event) {
            state = file.state(program, &key).map_err(told)?;
        }
    }
    let Some(explanation) = program.explain(&args.alert, event, input, state) else {
        return Err(unknown(program, &args.alert));
    };
    let mut out = io::stdout().lock();
    let written = match args.format {
        Format::Text => out.write_all(drawn(&explanation, terminal.stdout_colors).as_bytes()),
        Format::Json => serde_json::to_writer_pretty(&mut out, &explanation)
            .map_err(io::Error::from)
            .and_then(|()| out.write_all(b"\n")),
    };
    written.map_err(|error| Failure::write("the explanation", &error))?;
    Ok(ExitCode::SUCCESS)
}

fn event_text(argument: &str) -> Result<String, Failure> {
    if argument != "-" {
        return Ok(argument.to_owned());
    }
    let mut text = String::new();
    let limit = MAX_EVENT_BYTES as u64 + 1;
    match io::stdin().lock().take(limit).read_to_string(&mut text) {
        Ok(_) => Ok(text),
        Err(error) => Err(Failure::Message(format!(
            "cannot read standard input: {error}"
        ))),
    }
}

pub(crate) fn unknown(program: &Program, name: &str) -> Failure {
    let names: Vec<&str> = program.alerts().map(|rule| rule.name.as_str()).collect();
    let help = match tripline_engine::nearest_name(name, names.iter().copied()) {
        Some(near) => format!("did you mean `{near}`?"),
        None => "`tripline check` says which rules there are".to_owned(),
    };
    Failure::Message(format!("there is no alert `{}`: {help}", tame(name)))
}

/// The name of an alert and its key.
pub(crate) fn heading(
    alert: &str,
    key: &Option<Vec<(String, serde_json::Value)>>,
    colors: bool,
) -> String {
    let mut text = paint(&tame(alert), Style::new().bold(), colors);
    for (name, value) in key.iter().flatten() {
        let _ = write!(text, "  {}={}", tame(name), tame(&value.to_string()));
    }
    text
}

fn drawn(explanation: &Explanation, colors: bool) -> String {
    let bold = |text: &str| paint(text, Style::new().bold(), colors);
    let mut text = heading(&explanation.alert, &explanation.key, colors);
    let _ = writeln!(text, "  at {}", explanation.at);
    text += &trees(&explanation.conditions, colors);
    let _ = writeln!(text, "\n{}", bold(&verdict(explanation)));
    for line in details(explanation) {
        let _ = writeln!(text, "  {line}");
    }
    text
}

/// Conditions as trees with the value of every part, each after an empty line and its name.
pub(crate) fn trees(conditions: &[(&str, Part)], colors: bool) -> String {
    let mut text = String::new();
    for (name, condition) in conditions {
        let mut rows = Vec::new();
        rows_of(condition, "", "", &mut rows);
        let width = rows
            .iter()
            .map(|(line, _)| line.chars().count())
            .filter(|width| *width <= MOST_COLUMNS)
            .max()
            .unwrap_or(0);
        let _ = writeln!(text, "\n{}", paint(name, Style::new().bold(), colors));
        for (line, value) in rows {
            let _ = writeln!(text, "  {line:width$}  {}", value_text(value, colors));
        }
    }
    text
}

/// Values stand in a column no further to the right than this.
const MOST_COLUMNS: usize = 88;

/// The lines of a tree with the value that stands on each.
fn rows_of<'a>(part: &'a Part, first: &str, others: &str, rows: &mut Vec<(String, &'a PartValue)>) {
    rows.push((format!("{first}{}", tame(&part.text)), &part.value));
    let last = part.parts.len().saturating_sub(1);
    for (index, inner) in part.parts.iter().enumerate() {
        let (branch, below) = if index == last {
            ("└─ ", "   ")
        } else {
            ("├─ ", "│  ")
        };
        rows_of(
            inner,
            &format!("{others}{branch}"),
            &format!("{others}{below}"),
            rows,
        );
    }
}

fn value_text(value: &PartValue, colors: bool) -> String {
    let color = |color: AnsiColor| Style::new().fg_color(Some(color.into()));
    let (text, style) = match value {
        PartValue::Known(serde_json::Value::Bool(true)) => {
            ("true".to_owned(), color(AnsiColor::Green))
        }
        PartValue::Known(serde_json::Value::Bool(false)) => {
            ("false".to_owned(), color(AnsiColor::Red))
        }
        PartValue::Known(value) => (tame(&value.to_string()), Style::new()),
        PartValue::List => ("a list".to_owned(), Style::new()),
        PartValue::Object => ("an object".to_owned(), Style::new()),
        PartValue::Unread => (
            "? (missing or of a wrong type)".to_owned(),
            color(AnsiColor::Yellow),
        ),
        PartValue::Empty => (
            "? (its windows hold no data)".to_owned(),
            color(AnsiColor::Yellow),
        ),
    };
    paint(&text, style, colors)
}

/// What came of the event, in one sentence.
fn verdict(explanation: &Explanation) -> String {
    if let Some(reason) = &explanation.unconcerned {
        return format!("The event does not concern the alert: {}.", tame(reason));
    }
    let said = |status| {
        explanation
            .alerts
            .iter()
            .any(|alert| alert.status == status)
    };
    let withheld = explanation.trace.last().map(|row| row.reason);
    match (explanation.stage, withheld) {
        (_, Some(Reason::Cooldown)) => "It fires, and `cooldown` withholds the message.".to_owned(),
        (_, Some(Reason::Silenced)) => "A silence covers the message.".to_owned(),
        (None, _) if said(Status::Firing) => "It fires: the condition is true.".to_owned(),
        (None, _) => format!("It does not fire: {}.", condition_is(explanation)),
        (Some(Stage::Firing), _) if said(Status::Firing) => "It fires.".to_owned(),
        (Some(Stage::Firing), _) => "It goes on firing.".to_owned(),
        (Some(Stage::Pending), _) => {
            "It is pending: the condition must hold for longer.".to_owned()
        }
        (Some(Stage::Inactive), _) if said(Status::Resolved) => "It resolves.".to_owned(),
        (Some(Stage::Inactive), Some(Reason::ConditionFalse | Reason::ConditionUnknown)) => {
            format!("It ends: {}.", condition_is(explanation))
        }
        (Some(Stage::Inactive), _) if is_true(explanation, "until") => {
            "It does not fire: `until` is true.".to_owned()
        }
        (Some(Stage::Inactive), _) => format!("It does not fire: {}.", condition_is(explanation)),
    }
}

pub(crate) fn is_true(explanation: &Explanation, name: &str) -> bool {
    let mut conditions = explanation.conditions.iter();
    conditions.any(|(other, part)| {
        *other == name && part.value == PartValue::Known(serde_json::Value::Bool(true))
    })
}

pub(crate) fn condition_is(explanation: &Explanation) -> &'static str {
    match explanation.conditions.first().map(|(_, part)| &part.value) {
        Some(PartValue::Known(serde_json::Value::Bool(true))) => "the condition is true",
        Some(PartValue::Known(_)) => "the condition is false",
        Some(PartValue::Empty) => "the condition is unknown, since its windows hold no data",
        _ => "the condition is unknown, since some field is missing or of a wrong type",
    }
}

fn details(explanation: &Explanation) -> Vec<String> {
    let mut lines = Vec::new();
    if explanation.late {
        lines.push(
            "The event is late: it counts in the windows, and its own fields are taken as missing."
                .to_owned(),
        );
    }
    if let (Some(stage), Some(since)) = (explanation.stage, explanation.since) {
        let stage = match stage {
            Stage::Pending => "pending",
            _ => "firing",
        };
        lines.push(format!("{stage} since {since}"));
    }
    lines.extend(explanation.trace.iter().map(change));
    if let Some(next) = explanation.next {
        lines.push(format!(
            "looked at again at {next} if no event comes before"
        ));
    }
    lines
}

/// A change of a key, or a decision about a message, in one line.
pub(crate) fn change(row: &Trace) -> String {
    let silence = row.silence.as_deref();
    let silence = silence.map(|name| format!(" ({})", tame(name)));
    format!(
        "{}  {} → {}: {}{}",
        row.at,
        row.from,
        row.to,
        row.reason,
        silence.unwrap_or_default()
    )
}
