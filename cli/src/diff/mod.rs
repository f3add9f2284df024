//! `tripline diff`: what a change of rules does to the alerts of some events.
//!
//! Both sets of rules run over the same events, with the production evaluator; then episodes of one key are paired (`compare`) and told
//! (`report`).

mod compare;
mod report;

use std::io::{self, Write};
use std::path::Path;
use std::process::ExitCode;

use tripline_engine::{
    Advance, Alert, Checked, MemoryStore, RawFile, Severity, Status, Store, Time, check, loader,
    step,
};
use tripline_lambdas::drawing::Drawing;

use self::compare::Comparison;
use crate::args::{DiffArgs, DiffFormat};
use crate::failure::Failure;
use crate::git;
use crate::input::{self, Input};
use crate::lanes::{Lane, Reader};
use crate::terminal::{Terminal, tame};

/// How a revision is named in the place of a folder.
const REVISION: &str = "git:";

/// What a set of rules does with the events.
#[derive(Debug, Default)]
struct Side {
    /// What the user calls it.
    name: String,
    /// The names of its alerts.
    alerts: Vec<String>,
    episodes: Vec<Episode>,
    /// Messages that are sent, repeats among them.
    messages: u64,
    /// The keys that are kept in the end, and their bytes.
    keys: u64,
    bytes: u64,
    events: u64,
    first: Option<Time>,
    last: Option<Time>,
}

/// An alert that fired for a key.
#[derive(Debug, Clone, PartialEq)]
struct Episode {
    id: String,
    alert: String,
    /// The values of `by`: `userId=alice`.
    key: String,
    fires: Time,
    /// Whether it goes on until it resolves; that of a per-event alert does not.
    lasts: bool,
    resolves: Option<Time>,
    severity: String,
}

pub(crate) fn diff(args: &DiffArgs, terminal: &Terminal) -> Result<ExitCode, Failure> {
    let inputs = input::expand(&args.events)?;
    if inputs.iter().any(|input| input.path.is_none()) {
        let message = "the events are read twice: name files, not standard input";
        return Err(Failure::Message(message.to_owned()));
    }
    let mut sides = Vec::new();
    for name in [&args.old, &args.new] {
        let checked = load(name, &args.rules)?;
        match side(name, &checked, &inputs)? {
            Some(side) => sides.push(side),
            None => {
                draw_errors(&checked, terminal);
                terminal.say(&format!(
                    "the rules of {} have errors, so nothing was compared\n",
                    tame(&name.to_string_lossy())
                ));
                return Ok(ExitCode::from(1));
            }
        }
    }
    let [old, new] = sides.as_slice() else {
        return Ok(ExitCode::SUCCESS);
    };
    let comparison = Comparison::new(old, new);
    let report = match args.format {
        DiffFormat::Text => report::text(&comparison, terminal.stdout_colors),
        DiffFormat::Json => report::json(&comparison),
        DiffFormat::Markdown => report::markdown(&comparison),
    };
    io::stdout()
        .lock()
        .write_all(report.as_bytes())
        .map_err(|error| Failure::write("the differences", &error))?;
    Ok(ExitCode::from(u8::from(comparison.differs())))
}

/// Reads and checks the rules of a folder, or of a revision: `git:main` has those in the folder `rules`.
fn load(name: &Path, rules: &Path) -> Result<Checked, Failure> {
    let text = name.to_string_lossy();
    let Some(revision) = text.strip_prefix(REVISION) else {
        return crate::check::load(name);
    };
    let files = git::rules_at(rules, revision)?;
    if files.is_empty() {
        let folder = rules.display();
        let message = format!(
            "`{}` has no rules in {folder}: name their folder with --rules",
            tame(revision)
        );
        return Err(Failure::Message(message));
    }
    let files = files.into_iter().map(|(name, bytes)| RawFile {
        settings: loader::is_settings(&name),
        name: format!("{text}:{name}"),
        bytes,
    });
    Ok(check(files.collect()))
}

/// Runs rules over all events; `None` if they do not compile.
fn side(name: &Path, checked: &Checked, inputs: &[Input]) -> Result<Option<Side>, Failure> {
    let Some(program) = &checked.program else {
        return Ok(None);
    };
    let mut side = Side {
        name: name.to_string_lossy().into_owned(),
        alerts: program.alerts().map(|rule| rule.name.clone()).collect(),
        ..Side::default()
    };
    let mut store = MemoryStore::new();
    let reader = Reader::new(inputs);
    let mut lane = Lane::new(program);
    while let Some(mut planned) = lane.next(&reader) {
        reader.check()?;
        side.events += planned.plan.len() as u64;
        side.first = side.first.or(planned.plan.first());
        let Ok(output) = step(program, &mut store, &mut planned.plan, Advance::default());
        lane.memory = planned.plan.reuse();
        for alert in output.alerts {
            side.tell(alert);
        }
        let Ok(input) = store.input();
        side.last = input.progress;
    }
    side.keys = store.len() as u64;
    side.bytes = store.memory() as u64;
    Ok(Some(side))
}

impl Side {
    fn tell(&mut self, alert: Alert) {
        self.messages += u64::from(!alert.shadow);
        match alert.status {
            Status::Resolved => {
                let mut open = self.episodes.iter_mut().rev();
                if let Some(episode) = open.find(|one| one.id == alert.id) {
                    episode.resolves = Some(alert.at);
                }
            }
            Status::Firing if alert.repeat.is_none() => self.episodes.push(Episode {
                key: key_text(alert.key.as_deref().unwrap_or_default()),
                id: alert.id,
                alert: alert.alert,
                fires: alert.at,
                lasts: alert.since.is_some(),
                resolves: None,
                severity: alert.severity.to_string(),
            }),
            Status::Firing => {}
        }
    }

    /// How many days the events cover, a begun hour as a whole one.
    fn days(&self) -> f64 {
        const HOUR: i64 = 3_600_000;
        let span = self
            .first
            .zip(self.last)
            .map_or(0, |(first, last)| last.0.saturating_sub(first.0).max(0));
        (span / HOUR + 1) as f64 / 24.0
    }
}

fn key_text(key: &[(String, serde_json::Value)]) -> String {
    let parts = key.iter().map(|(name, value)| match value {
        serde_json::Value::String(text) => format!("{name}={text}"),
        other => format!("{name}={other}"),
    });
    parts.collect::<Vec<_>>().join(" ")
}

fn draw_errors(checked: &Checked, terminal: &Terminal) {
    let drawing = Drawing::new(&checked.files, terminal.stderr_colors);
    let errors = checked.diagnostics.iter();
    for error in errors.filter(|one| one.severity == Severity::Error) {
        terminal.say(&drawing.draw(error));
    }
}
