//! `tripline run`: runs the rules over events.

use std::cell::Cell;
use std::fmt::Display;
use std::path::Path;
use std::process::ExitCode;
use std::rc::Rc;
use std::time::Instant;

use tripline_engine::{
    Advance, Alert, Checked, MAX_EVENT_BYTES, MemoryStore, Plan, Planner, Program, Severity, Status,
};

use crate::alert_text::AlertText;
use crate::args::{Format, RunArgs, RunFailOn};
use crate::batch::{After, Batch, Rejected};
use crate::check::load;
use crate::draw::Drawing;
use crate::failure::Failure;
use crate::input::{self, Input};
use crate::output::{self, Output};
use crate::progress::Progress;
use crate::rejects;
use crate::run_store::RunStore;
use crate::state::{SqliteStore, StateError, StateFile};
use crate::summary::Summary;
use crate::terminal::{Terminal, counted};

pub(crate) fn run(args: &RunArgs, terminal: &Terminal) -> Result<ExitCode, Failure> {
    let checked = load(&args.rules)?;
    let Some(program) = usable(&checked, terminal) else {
        return Ok(ExitCode::from(1));
    };
    let inputs = input::expand(&args.events)?;
    refuse_clashes(args, &inputs)?;
    let Some(path) = &args.state else {
        let run = Run::new(program, MemoryStore::new(), args, terminal, &inputs)?;
        return run.all(&inputs, args, terminal);
    };
    let stored = |error: StateError| Failure::Message(error.to_string());
    let mut file = StateFile::open(path).map_err(stored)?;
    let ended = file.adopt(program).map_err(stored)?;
    let store = SqliteStore::new(file, program);
    let mut run = Run::new(program, store, args, terminal, &inputs)?;
    run.tell(&ended)?;
    run.all(&inputs, args, terminal)
}

/// Refuses to write over an input, or two things to one file.
fn refuse_clashes(args: &RunArgs, inputs: &[Input]) -> Result<(), Failure> {
    let outputs = [
        ("--alerts", &args.alerts),
        ("--rejects", &args.rejects),
        ("--aggregates", &args.aggregates),
        ("--trace", &args.trace),
        ("--state", &args.state),
    ];
    for (at, (name, path)) in outputs.iter().enumerate() {
        let Some(path) = path else { continue };
        output::refuse_overwrite(
            path,
            inputs.iter().filter_map(|input| input.path.as_deref()),
        )?;
        let earlier = outputs[..at].iter().find(|(_, other)| {
            let other = other.as_deref();
            path.as_os_str() != "-" && other.is_some_and(|other| output::is_same(other, path))
        });
        if let Some((other, _)) = earlier {
            return Err(Failure::Message(format!(
                "{other} and {name} name the same file"
            )));
        }
    }
    Ok(())
}

/// The program, unless the rules have errors, which are drawn.
pub(crate) fn usable<'a>(checked: &'a Checked, terminal: &Terminal) -> Option<&'a Program> {
    if let Some(program) = &checked.program {
        if !checked.diagnostics.is_empty() {
            let number = counted(checked.diagnostics.len() as u64, "finding");
            terminal.note(&format!(
                "{number} in the rules: `tripline check` shows them\n"
            ));
        }
        return Some(program);
    }
    let drawing = Drawing::new(&checked.files, terminal.stderr_colors);
    for diagnostic in checked
        .diagnostics
        .iter()
        .filter(|one| one.severity == Severity::Error)
    {
        terminal.say(&drawing.draw(diagnostic));
    }
    terminal.say("the rules have errors, so nothing was run\n");
    None
}

/// A run under way.
struct Run<'a, S> {
    program: &'a Program,
    store: S,
    alerts: Output,
    rejects: Option<Output>,
    aggregates: Option<Output>,
    trace: Option<Output>,
    advance: Advance,
    text: Option<AlertText>,
    progress: Progress,
    summary: Summary,
    started: Instant,
}

impl<'a, S: RunStore<Error: Display>> Run<'a, S> {
    fn new(
        program: &'a Program,
        store: S,
        args: &RunArgs,
        terminal: &Terminal,
        inputs: &[Input],
    ) -> Result<Self, Failure> {
        let to_stdout = args
            .alerts
            .as_deref()
            .is_none_or(|path| path == Path::new("-"));
        let colors = to_stdout && terminal.stdout_colors;
        let names = || program.alerts().map(|rule| rule.name.to_string());
        Ok(Self {
            program,
            store,
            alerts: args
                .alerts
                .as_deref()
                .map_or_else(|| Ok(Output::stdout()), Output::create)?,
            rejects: args.rejects.as_deref().map(Output::create).transpose()?,
            aggregates: args.aggregates.as_deref().map(Output::create).transpose()?,
            trace: args.trace.as_deref().map(Output::create).transpose()?,
            advance: Advance {
                trace: args.trace.is_some(),
                ..Advance::default()
            },
            text: (args.format == Format::Text).then(|| AlertText::new(names(), colors)),
            progress: Progress::new(
                terminal.shows_progress(),
                terminal.stderr_colors,
                inputs.iter().map(|input| input.bytes).sum(),
            ),
            summary: Summary::new(names()),
            started: Instant::now(),
        })
    }

    /// Runs all there is, and keeps the state if nothing failed.
    fn all(
        mut self,
        inputs: &[Input],
        args: &RunArgs,
        terminal: &Terminal,
    ) -> Result<ExitCode, Failure> {
        let ended = self.inputs(inputs).and_then(|()| {
            if args.until_end {
                self.until_end()
            } else {
                Ok(())
            }
        });
        let rows = self.rows();
        // What came before a failure is written, even if the failure is told after it.
        let flushed = self.flush();
        self.progress.clear();
        if !matches!(ended, Err(Failure::Closed)) {
            terminal.note(
                &self
                    .summary
                    .text(self.started.elapsed(), self.rejects.is_some()),
            );
        }
        ended.and(rows).and(flushed)?;
        self.store.finish()?;
        let failed = match args.fail_on {
            Some(RunFailOn::Alerts) => self.summary.fired() > 0,
            Some(RunFailOn::Rejects) => self.summary.rejects > 0,
            None => false,
        };
        Ok(ExitCode::from(u8::from(failed)))
    }

    fn rows(&mut self) -> Result<(), Failure> {
        match &mut self.aggregates {
            Some(output) => self.store.each_row(self.program, |row| output.row(&row)),
            None => Ok(()),
        }
    }

    fn inputs(&mut self, inputs: &[Input]) -> Result<(), Failure> {
        let read = Rc::new(Cell::new(0));
        let mut batch = Batch::default();
        let mut planner = Planner::new(self.program);
        let mut memory = Plan::default();
        for input in inputs {
            let unreadable =
                |error| Failure::Message(format!("cannot read {}: {error}", input.name));
            let mut lines = input
                .open(MAX_EVENT_BYTES, Rc::clone(&read))
                .map_err(unreadable)?;
            loop {
                let after = batch.fill(&mut lines);
                let mut plan = memory.reuse();
                let rejected = batch.plan(&mut planner, &input.name, &mut plan);
                self.reject(&input.name, &rejected)?;
                self.step(&mut plan, self.advance)?;
                memory = plan.reuse();
                self.progress
                    .update(read.get(), self.summary.events, self.started.elapsed());
                match after {
                    After::More => {}
                    After::End => break,
                    After::Broken(error) => {
                        let message = format!("{} is damaged or incomplete: {error}", input.name);
                        return Err(Failure::Message(message));
                    }
                }
            }
        }
        Ok(())
    }

    /// Runs the timers that no event came to run.
    fn until_end(&mut self) -> Result<(), Failure> {
        let advance = Advance {
            until_end: true,
            ..self.advance
        };
        self.step(&mut Plan::default(), advance)
    }

    fn step(&mut self, plan: &mut Plan<'_>, advance: Advance) -> Result<(), Failure> {
        self.summary.events += plan.len() as u64;
        let told = tripline_engine::step(self.program, &mut self.store, plan, advance)
            .map_err(|error| Failure::Message(error.to_string()))?;
        if let Some(output) = &mut self.trace {
            told.trace.iter().try_for_each(|row| output.row(row))?;
        }
        self.tell(&told.alerts)
    }

    fn tell(&mut self, alerts: &[Alert]) -> Result<(), Failure> {
        if alerts.is_empty() {
            return Ok(());
        }
        let mut bytes = Vec::new();
        for alert in alerts {
            self.summary
                .count(&alert.alert, alert.status == Status::Firing);
            write_alert(alert, self.text.as_ref(), &mut bytes)?;
        }
        let output = &mut self.alerts;
        self.progress
            .aside(|| output.write(&bytes).and_then(|()| output.flush()))
    }

    fn reject(&mut self, file: &str, rejected: &[Rejected<'_>]) -> Result<(), Failure> {
        self.summary.rejects += rejected.len() as u64;
        if let (None, Some(first)) = (&self.summary.first_reject, rejected.first()) {
            self.summary.first_reject = Some(format!("{file}:{}: {}", first.line, first.reason));
        }
        let Some(output) = &mut self.rejects else {
            return Ok(());
        };
        rejected
            .iter()
            .try_for_each(|one| rejects::write(output, file, one))
    }

    fn flush(&mut self) -> Result<(), Failure> {
        let others = [&mut self.rejects, &mut self.aggregates, &mut self.trace];
        let flushed = others.into_iter().flatten().map(Output::flush);
        flushed.fold(self.alerts.flush(), Result::and)
    }
}

fn write_alert(
    alert: &Alert,
    text: Option<&AlertText>,
    bytes: &mut Vec<u8>,
) -> Result<(), Failure> {
    match text {
        Some(text) => bytes.extend(text.line(alert).bytes()),
        None => serde_json::to_writer(&mut *bytes, alert)
            .map_err(|error| Failure::Message(format!("an alert cannot be written: {error}")))?,
    }
    bytes.push(b'\n');
    Ok(())
}
