//! Findings as annotations of a GitHub workflow: `::warning file=…,line=…::message`.

use std::io::{self, Write};

use tripline_engine::Severity;

use super::Report;

pub(super) fn write(out: &mut impl Write, report: &Report<'_>) -> io::Result<()> {
    for one in report.diagnostics {
        let command = match one.severity {
            Severity::Error => "error",
            Severity::Warning => "warning",
            Severity::Info => "notice",
        };
        let title = property(&format!("{} {}", one.code, one.id));
        let place = one.labels.first().map_or_else(String::new, |label| {
            let spot = report.spot(label);
            let file = property(spot.file);
            // Columns stand for one line only.
            if spot.line == spot.end_line {
                format!(
                    "file={file},line={},endLine={},col={},endColumn={},",
                    spot.line, spot.end_line, spot.column, spot.end_column
                )
            } else {
                format!("file={file},line={},endLine={},", spot.line, spot.end_line)
            }
        });
        let help = one.help.iter().map(|help| format!("\n{help}"));
        let message = data(&(one.message.clone() + &help.collect::<String>()));
        writeln!(out, "::{command} {place}title={title}::{message}")?;
    }
    Ok(())
}

fn data(text: &str) -> String {
    text.replace('%', "%25")
        .replace('\r', "%0D")
        .replace('\n', "%0A")
}

fn property(text: &str) -> String {
    data(text).replace(':', "%3A").replace(',', "%2C")
}
