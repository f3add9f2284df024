//! Findings as an array, for programs.

use std::io::{self, Write};

use serde::Serialize;
use tripline_engine::{Diagnostic, Label, Severity};

use super::{Report, Spot};

pub(super) fn write(out: &mut impl Write, report: &Report<'_>) -> io::Result<()> {
    let rows: Vec<_> = report
        .diagnostics
        .iter()
        .map(|one| Row::new(one, report))
        .collect();
    serde_json::to_writer_pretty(&mut *out, &rows)?;
    writeln!(out)
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
    fn new(diagnostic: &'a Diagnostic, report: &Report<'a>) -> Self {
        let place = |label: &Label| {
            let Spot {
                file,
                line,
                column,
                end_line,
                end_column,
            } = report.spot(label);
            Place {
                file,
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
