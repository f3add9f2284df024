//! `tripline run`: runs the rules over events.

use std::fmt::Display;
use std::mem::ManuallyDrop;
use std::num::NonZeroUsize;
use std::path::Path;
use std::process::ExitCode;
use std::thread;
use std::time::Instant;

use tripline_engine::{
    self as engine, Advance, Alert, Checked, MemoryStore, Plan, Program, Severity, Status, Told,
    step_partition,
};
use tripline_lambdas::drawing::Drawing;

use crate::alert_text::AlertText;
use crate::args::{Format, RunArgs, RunFailOn};
use crate::batch::Rejected;
use crate::check::load;
use crate::failure::Failure;
use crate::input::{self, Input};
use crate::inquiry;
use crate::lanes::{Lane, Planned, Reader, Workers};
use crate::output::{self, Output};
use crate::progress::Progress;
use crate::rejects;
use crate::run_store::RunStore;
use crate::state::{SqliteStore, StateError, StateFile};
use crate::summary::Summary;
use crate::terminal::{Terminal, counted};

/// How many batches each of several jobs has in turn: more of them and it waits less for the others, fewer and what it
/// has is in its caches still.
const LANES: usize = 4;

pub(crate) fn run(args: &RunArgs, terminal: &Terminal) -> Result<ExitCode, Failure> {
    if args.inquiry.is_any() {
        return inquiry::inquire(args, terminal);
    }
    // The process ends with the run, and the system takes back in one piece what would be dropped in millions.
    let mut checked = ManuallyDrop::new(load(&args.rules)?);
    if args.state.is_none() {
        checked.program = checked.program.take().map(Program::share_windows);
    }
    let Some(program) = usable(&checked, terminal) else {
        return Ok(ExitCode::from(1));
    };
    let inputs = input::expand(&args.events)?;
    refuse_clashes(args, &inputs)?;
    let jobs = args.jobs.or_else(|| default_jobs(&inputs));
    let jobs = jobs.map_or(1, NonZeroUsize::get);
    let Some(path) = &args.state else {
        let stores = (0..jobs).map(|_| MemoryStore::new()).collect();
        let run = Run::new(program, stores, jobs, args, terminal, &inputs)?;
        return run.all(&inputs, args, terminal);
    };
    let stored = |error: StateError| Failure::Message(error.to_string());
    let mut file = StateFile::open(path).map_err(stored)?;
    let ended = file.adopt(program).map_err(stored)?;
    let store = SqliteStore::new(file, program);
    let mut run = Run::new(program, vec![store], jobs, args, terminal, &inputs)?;
    run.tell(&ended)?;
    run.all(&inputs, args, terminal)
}

/// As many as there are cores; but one for a pipe, whose events are answered as they come, not when there are many.
fn default_jobs(inputs: &[Input]) -> Option<NonZeroUsize> {
    let are_files = inputs.iter().all(|input| input.bytes.is_some());
    are_files
        .then(|| thread::available_parallelism().ok())
        .flatten()
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
    /// Each for its share of the keys.
    stores: Vec<S>,
    jobs: usize,
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

impl<'a, S: RunStore<Error: Display + Send> + Send> Run<'a, S> {
    fn new(
        program: &'a Program,
        stores: Vec<S>,
        jobs: usize,
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
            stores,
            jobs,
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
            text: (args.format == Some(Format::Text)).then(|| AlertText::new(names(), colors)),
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
        let workers = Workers::new(self.jobs)?;
        let ended = self.inputs(&workers, inputs).and_then(|()| {
            if args.until_end {
                self.until_end(&workers)
            } else {
                Ok(())
            }
        });
        let rows = self.rows();
        // What came before a failure is written, even if the failure is told after it.
        let flushed = self.flush();
        self.progress.clear();
        if !matches!(ended, Err(Failure::Closed)) && !terminal.is_quiet() {
            self.summary.state = self.memory();
            terminal.note(
                &self
                    .summary
                    .text(self.started.elapsed(), self.rejects.is_some()),
            );
        }
        ended.and(rows).and(flushed)?;
        self.stores.into_iter().try_for_each(RunStore::finish)?;
        let failed = match args.fail_on {
            Some(RunFailOn::Alerts) => self.summary.fired() > 0,
            Some(RunFailOn::Rejects) => self.summary.rejects > 0,
            None => false,
        };
        Ok(ExitCode::from(u8::from(failed)))
    }

    fn rows(&mut self) -> Result<(), Failure> {
        match &mut self.aggregates {
            Some(output) => S::each_row(&mut self.stores, self.program, |row| output.row(&row)),
            None => Ok(()),
        }
    }

    /// How many keys have a state, and the bytes of memory that those take.
    fn memory(&self) -> Option<(u64, u64)> {
        let stores = self.stores.iter().map(RunStore::memory);
        stores.reduce(|a, b| Some((a?.0 + b?.0, a?.1 + b?.1)))?
    }

    fn inputs(&mut self, workers: &Workers, inputs: &[Input]) -> Result<(), Failure> {
        let (reader, lanes) = match self.jobs {
            1 => (Reader::new(inputs), 1),
            jobs => (Reader::ahead(inputs), jobs * LANES),
        };
        let mut lanes: Vec<Lane<'a>> = (0..lanes).map(|_| Lane::new(self.program)).collect();
        while self.round(workers, &reader, &mut lanes)? {
            self.progress
                .update(reader.bytes(), self.summary.events, self.started.elapsed());
            reader.check()?;
        }
        Ok(())
    }

    /// Takes the next batches through the rules, in their order; false if there were none.
    fn round(
        &mut self,
        workers: &Workers,
        reader: &Reader<'_>,
        lanes: &mut [Lane<'a>],
    ) -> Result<bool, Failure> {
        let planned = workers.map(lanes, |_, lane| lane.next(reader));
        let mut planned: Vec<Planned<'_>> = planned.into_iter().flatten().collect();
        planned.sort_unstable_by_key(|one| one.number);
        let mut plans: Vec<&mut Plan<'_>> = planned.iter_mut().map(|one| &mut one.plan).collect();
        let told = self.step(workers, &mut plans, self.advance);
        for (Planned { file, rejected, .. }, told) in planned.iter().zip(told?) {
            self.reject(file, rejected)?;
            self.output(told)?;
        }
        let memory = workers.map(&mut planned, |_, one| std::mem::take(&mut one.plan).reuse());
        let any = !planned.is_empty();
        drop(planned);
        for (lane, memory) in lanes.iter_mut().zip(memory) {
            lane.memory = memory;
        }
        Ok(any)
    }

    /// Runs the timers that no event came to run.
    fn until_end(&mut self, workers: &Workers) -> Result<(), Failure> {
        let advance = Advance {
            until_end: true,
            ..self.advance
        };
        let told = self.step(workers, &mut [&mut Plan::default()], advance)?;
        told.into_iter().try_for_each(|told| self.output(told))
    }

    /// Applies plans one after the other, the keys of each store side by side.
    fn step(
        &mut self,
        workers: &Workers,
        plans: &mut [&mut Plan<'_>],
        advance: Advance,
    ) -> Result<Vec<engine::Output>, Failure> {
        let failed = |error: S::Error| Failure::Message(error.to_string());
        let program = self.program;
        if let Some(store) = self.stores.first_mut() {
            let mut input = store.input().map_err(failed)?;
            for plan in &mut *plans {
                self.summary.events += plan.len() as u64;
                plan.add_births(program, &input);
                if !plan.is_empty() {
                    input.program = Some(program.fingerprint());
                }
            }
        }
        let of = self.stores.len();
        let plans = &*plans;
        let stepped = workers.map(&mut self.stores, |number, store| {
            let plans = plans.iter().map(|plan| {
                let partition = plan.partition(number, of);
                step_partition(program, store, &partition, advance)
            });
            plans.collect::<Result<Vec<Told>, S::Error>>()
        });
        let mut parts = Vec::with_capacity(of);
        for told in stepped {
            parts.push(told.map_err(failed)?.into_iter());
        }
        let told = plans
            .iter()
            .map(|_| Told::merge(parts.iter_mut().filter_map(Iterator::next)));
        Ok(told.collect())
    }

    fn output(&mut self, told: engine::Output) -> Result<(), Failure> {
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
