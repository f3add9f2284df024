//! `tripline fmt`: formats rule files.

use std::collections::BTreeSet;
use std::io::{self, Read, Write};
use std::process::ExitCode;

use tripline_engine::{Checked, RawFile, Severity, check, format, loader};
use tripline_lambdas::drawing::Drawing;

use crate::args::FmtArgs;
use crate::failure::Failure;
use crate::output::rewrite;
use crate::terminal::{Terminal, counted};

/// The name that standard input has in findings.
const STDIN: &str = "<stdin>";

pub(crate) fn fmt(args: &FmtArgs, terminal: &Terminal) -> Result<ExitCode, Failure> {
    if args.stdin.is_some() {
        return stdin(args.check, terminal);
    }
    let files =
        loader::read_rules(&args.rules).map_err(|error| Failure::Message(error.to_string()))?;
    let checked = check(files);
    let wrong = files_with_errors(&checked);
    draw_errors(&checked, terminal)?;
    let mut differing = 0;
    for (index, file) in checked.files.iter().enumerate() {
        if wrong.contains(&index) {
            continue;
        }
        let Some(formatted) = format(&file.text).filter(|formatted| *formatted != file.text) else {
            continue;
        };
        differing += 1;
        if !args.check {
            rewrite(&file.name, &formatted)?;
        }
        say(&format!("{}\n", file.name))?;
    }
    let verb = if args.check { "to format" } else { "formatted" };
    let mut said = format!("{} {verb}", counted(differing, "file"));
    if !wrong.is_empty() {
        let left = counted(wrong.len() as u64, "file");
        said += &format!(", {left} with errors left alone");
    }
    terminal.note(&format!("{said}\n"));
    let failed = !wrong.is_empty() || (args.check && differing > 0);
    Ok(ExitCode::from(u8::from(failed)))
}

/// Formats one file, which may name lists of others, so that only what does not parse is an error.
fn stdin(only_check: bool, terminal: &Terminal) -> Result<ExitCode, Failure> {
    let mut bytes = Vec::new();
    io::stdin()
        .lock()
        .take(tripline_engine::MAX_RULE_FILE_BYTES as u64 + 1)
        .read_to_end(&mut bytes)
        .map_err(|error| Failure::Message(format!("cannot read standard input: {error}")))?;
    let readable = bytes.len() <= tripline_engine::MAX_RULE_FILE_BYTES;
    let text = std::str::from_utf8(&bytes).ok().filter(|_| readable);
    if let Some((text, formatted)) = text.and_then(|text| Some((text, format(text)?))) {
        let differs = text != formatted;
        say(match (only_check, differs) {
            (false, _) => &formatted,
            (true, true) => "<stdin>\n",
            (true, false) => "",
        })?;
        return Ok(ExitCode::from(u8::from(only_check && differs)));
    }
    let file = RawFile {
        name: STDIN.to_owned(),
        bytes,
        settings: false,
    };
    draw_errors(&check(vec![file]), terminal)?;
    Ok(ExitCode::from(1))
}

fn files_with_errors(checked: &Checked) -> BTreeSet<usize> {
    let errors = checked.diagnostics.iter();
    let errors = errors.filter(|one| one.severity == Severity::Error);
    errors
        .filter_map(|one| Some(one.labels.first()?.file))
        .collect()
}

/// Draws the errors beside the output, which may be a formatted file.
fn draw_errors(checked: &Checked, terminal: &Terminal) -> Result<(), Failure> {
    let drawing = Drawing::new(&checked.files, terminal.stderr_colors);
    let mut out = io::stderr().lock();
    for diagnostic in &checked.diagnostics {
        if diagnostic.severity == Severity::Error {
            out.write_all(drawing.draw(diagnostic).as_bytes())
                .map_err(|error| Failure::write("the findings", &error))?;
        }
    }
    Ok(())
}

fn say(text: &str) -> Result<(), Failure> {
    let mut out = io::stdout().lock();
    out.write_all(text.as_bytes())
        .and_then(|()| out.flush())
        .map_err(|error| Failure::write("the formatted text", &error))
}
