//! `tripline check`: shows what is wrong with rule files.

use std::io::{self, BufWriter, Write};
use std::path::Path;
use std::process::ExitCode;

use serde::Serialize;
use tripline_engine::{Checked, Diagnostic, Label, Severity, SourceFile, loader};
use tripline_lambdas::drawing::{Drawing, Places};

use crate::args::{CheckArgs, FailOn, Format};
use crate::explain::explain;
use crate::failure::Failure;
use crate::state::{StateError, StateFile};
use crate::terminal::{Terminal, counted};

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
    let mut checked = load(&args.rules)?;
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
    if let (Format::Text, Some(first)) = (args.format, checked.diagnostics.first()) {
        said += &format!(" (tripline check --explain {} says more)", first.code);
    }
    terminal.note(&format!("{said}\n"));
    let limit = match args.fail_on {
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

fn write(checked: &Checked, format: Format, terminal: &Terminal) -> io::Result<()> {
    let mut out = BufWriter::new(io::stdout().lock());
    match format {
        Format::Text => {
            let drawing = Drawing::new(&checked.files, terminal.stdout_colors);
            for diagnostic in checked.diagnostics.iter().take(DRAWN) {
                out.write_all(drawing.draw(diagnostic).as_bytes())?;
            }
            let rest = checked.diagnostics.len().saturating_sub(DRAWN) as u64;
            if rest > 0 {
                let rest = counted(rest, "more finding");
                writeln!(out, "… and {rest}: --format json writes all\n")?;
            }
        }
        Format::Json => {
            let places: Vec<_> = checked
                .files
                .iter()
                .map(|file| Places::new(&file.text))
                .collect();
            let rows: Vec<_> = checked
                .diagnostics
                .iter()
                .map(|one| Row::new(one, &checked.files, &places))
                .collect();
            serde_json::to_writer_pretty(&mut out, &rows)?;
            writeln!(out)?;
        }
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

/// A diagnostic as programs read it.
#[derive(Serialize)]
struct Row<'a> {
    code: &'a str,
    id: &'a str,
    severity: Severity,
    message: &'a str,
    #[serde(flatten)]
    place: Option<Place<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    alert: Option<&'a str>,
    labels: Vec<LabelRow<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    help: Option<&'a str>,
}

#[derive(Serialize)]
struct Place<'a> {
    file: &'a str,
    line: usize,
    column: usize,
    end_line: usize,
    end_column: usize,
}

#[derive(Serialize)]
struct LabelRow<'a> {
    #[serde(flatten)]
    place: Place<'a>,
    text: &'a str,
}

impl<'a> Row<'a> {
    fn new(diagnostic: &'a Diagnostic, files: &'a [SourceFile], places: &[Places<'a>]) -> Self {
        let place = |label: &Label| {
            let (line, column) = places[label.file].position(label.range.start);
            let (end_line, end_column) = places[label.file].position(label.range.end);
            Place {
                file: &files[label.file].name,
                line,
                column,
                end_line,
                end_column,
            }
        };
        Self {
            code: diagnostic.code,
            id: diagnostic.id,
            severity: diagnostic.severity,
            message: &diagnostic.message,
            place: diagnostic.labels.first().map(place),
            alert: diagnostic.alert.as_deref(),
            labels: diagnostic
                .labels
                .iter()
                .map(|label| LabelRow {
                    place: place(label),
                    text: &label.text,
                })
                .collect(),
            help: diagnostic.help.as_deref(),
        }
    }
}
