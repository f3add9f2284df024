//! `tripline check`: shows what is wrong with rule files.

mod changed;
mod fix;
mod github;
mod json;
mod junit;
mod sarif;

use std::cmp::Reverse;
use std::io::{self, BufWriter, Write};
use std::path::Path;
use std::process::ExitCode;
use std::time::SystemTime;

use tripline_engine::{
    Checked, Diagnostic, Label, Levels, Severity, SourceFile, Time, Unlisted, loader,
};
use tripline_lambdas::drawing::{Drawing, Places};

use crate::args::{CheckArgs, FailOn, FindingsFormat};
use crate::explain::explain;
use crate::failure::Failure;
use crate::state::{StateError, StateFile};
use crate::terminal::{Terminal, counted, tame};
use crate::test::fixture;

/// How many findings are drawn for people.
const DRAWN: usize = 100;

/// Reads and checks a folder of rules.
pub(crate) fn load(folder: &Path) -> Result<Checked, Failure> {
    let files = loader::read_rules(folder).map_err(|error| Failure::Message(error.to_string()))?;
    Ok(tripline_engine::check(files))
}

pub(crate) fn check(args: &CheckArgs, terminal: &Terminal) -> Result<ExitCode, Failure> {
    if let Some(name) = &args.explain {
        return explain(name, terminal);
    }
    let changed = args.changed_since.as_ref();
    let before = changed
        .map(|revision| changed::read(&args.rules, revision))
        .transpose()?;
    let linted = || -> Result<Checked, Failure> {
        let mut checked = load(&args.rules)?;
        let levels = levels(args, &checked)?;
        note_tests(&args.rules, &mut checked)?;
        checked.lint(&levels, today());
        if let Some(before) = &before {
            before.keep_changed(&mut checked);
        }
        Ok(checked)
    };
    let mut checked = linted()?;
    if args.fix {
        let mended = fix::fix(&mut checked, linted)?;
        terminal.note(&format!("{} mended\n", counted(mended, "finding")));
    }
    if let Some(path) = &args.state {
        let told = |error: StateError| Failure::Message(error.to_string());
        let stored = StateFile::read(path).and_then(|file| file.alerts());
        let stored = stored.map_err(told)?;
        let stored = stored
            .iter()
            .map(|stored| (&stored.definition, stored.keys));
        let changes = checked.changes_since(stored);
        checked.diagnostics.extend(changes);
    }
    write(&checked, args.format, terminal)
        .map_err(|error| Failure::write("the findings", &error))?;
    let mut said = outcome(&checked);
    if let (FindingsFormat::Text, Some(first)) = (args.format, checked.diagnostics.first()) {
        said += &format!(" (tripline check --explain {} says more)", first.code);
    }
    terminal.note(&format!("{said}\n"));
    let limit = match args.fail_on {
        FailOn::Info => Severity::Info,
        FailOn::Warning => Severity::Warning,
        FailOn::Error => Severity::Error,
    };
    let failed = checked
        .diagnostics
        .iter()
        .any(|diagnostic| diagnostic.severity >= limit);
    // The process ends here, and the system takes back in one piece what would be dropped in millions.
    std::mem::forget(checked);
    Ok(ExitCode::from(u8::from(failed)))
}

/// Reads the tests beside the rules, for the lints about them; what is wrong with them is for `tripline test` to say.
fn note_tests(folder: &Path, checked: &mut Checked) -> Result<(), Failure> {
    let Some(program) = &checked.program else {
        return Ok(());
    };
    let files = loader::read_tests(folder);
    let files = files.map_err(|error| Failure::Message(error.to_string()))?;
    let read = tripline_engine::check_tests(files, program, &fixture);
    if !read.tests.is_empty() {
        checked.note_tests(&read.tests);
    }
    Ok(())
}

/// The levels of the settings, and before them those of the command line.
fn levels(args: &CheckArgs, checked: &Checked) -> Result<Levels, Failure> {
    let mut levels = Levels::new(&checked.lints);
    let told = |unlisted: Unlisted| {
        let name = tame(&unlisted.name);
        Failure::Message(match unlisted.near {
            _ if unlisted.is_error => {
                format!("`{name}` is an error, which cannot be allowed or denied")
            }
            Some(near) => format!("there is no lint `{name}`; did you mean `{near}`?"),
            None => format!("there is no lint `{name}`; grammar/LINTS.md lists them"),
        })
    };
    for name in &args.allow {
        levels.allow(name).map_err(told)?;
    }
    for name in &args.deny {
        levels.deny(name).map_err(told)?;
    }
    Ok(levels)
}

// The one place that asks: the lints take the day as an argument.
#[allow(clippy::disallowed_methods)]
pub(crate) fn today() -> Time {
    let since = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH);
    let millis = since.map_or(0, |since| since.as_millis());
    Time(i64::try_from(millis).unwrap_or(i64::MAX))
}

/// The findings, and where they are.
pub(crate) struct Report<'a> {
    files: &'a [SourceFile],
    diagnostics: &'a [Diagnostic],
    places: Vec<Places<'a>>,
}

/// Where something stands, counted from 1 and in characters.
struct Spot<'a> {
    file: &'a str,
    line: usize,
    column: usize,
    end_line: usize,
    end_column: usize,
}

impl<'a> Report<'a> {
    fn new(checked: &'a Checked) -> Self {
        Self {
            files: &checked.files,
            diagnostics: &checked.diagnostics,
            places: checked
                .files
                .iter()
                .map(|file| Places::new(&file.text))
                .collect(),
        }
    }

    fn spot(&self, label: &Label) -> Spot<'a> {
        let (line, column) = self.places[label.file].position(label.range.start);
        let (end_line, end_column) = self.places[label.file].position(label.range.end);
        Spot {
            file: &self.files[label.file].name,
            line,
            column,
            end_line,
            end_column,
        }
    }
}

fn write(checked: &Checked, format: FindingsFormat, terminal: &Terminal) -> io::Result<()> {
    let mut out = BufWriter::new(io::stdout().lock());
    match format {
        FindingsFormat::Text => {
            let drawing = Drawing::new(&checked.files, terminal.stdout_colors);
            let mut drawn: Vec<_> = checked.diagnostics.iter().collect();
            if drawn.len() > DRAWN {
                // Not all are seen, so the worst come first.
                drawn.sort_by_key(|one| Reverse(one.severity));
            }
            for diagnostic in drawn.into_iter().take(DRAWN) {
                out.write_all(drawing.draw(diagnostic).as_bytes())?;
            }
            let rest = checked.diagnostics.len().saturating_sub(DRAWN) as u64;
            if rest > 0 {
                let rest = counted(rest, "more finding");
                writeln!(out, "… and {rest}: --format json writes all\n")?;
            }
        }
        FindingsFormat::Json => json::write(&mut out, &Report::new(checked))?,
        FindingsFormat::Sarif => sarif::write(&mut out, &Report::new(checked))?,
        FindingsFormat::Github => github::write(&mut out, &Report::new(checked))?,
        FindingsFormat::Junit => junit::write(&mut out, &Report::new(checked))?,
    }
    out.flush()
}

/// Says in one line how the check went: `12 alerts in 3 files: 1 warning`.
fn outcome(checked: &Checked) -> String {
    let files = counted(checked.files.len() as u64, "file");
    let subject = match &checked.program {
        Some(program) => format!(
            "{} in {files}",
            counted(program.alerts().count() as u64, "alert")
        ),
        None => files,
    };
    let count = |severity| {
        checked
            .diagnostics
            .iter()
            .filter(|one| one.severity == severity)
            .count() as u64
    };
    let found: Vec<_> = [
        (Severity::Error, "error"),
        (Severity::Warning, "warning"),
        (Severity::Info, "note"),
    ]
    .into_iter()
    .map(|(severity, name)| (count(severity), name))
    .filter(|(number, _)| *number > 0)
    .map(|(number, name)| counted(number, name))
    .collect();
    if found.is_empty() {
        format!("✓ {subject}: no problems")
    } else {
        format!("{subject}: {}", found.join(", "))
    }
}
