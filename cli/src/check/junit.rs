//! Findings as JUnit's XML: a suite for each file, a failed case for each finding, a passed one where there is none.

use std::io::{self, Write};

use tripline_engine::{Diagnostic, Severity};

use super::Report;
use crate::xml::escaped;

pub(super) fn write(out: &mut impl Write, report: &Report<'_>) -> io::Result<()> {
    let of = |file: usize| {
        let found = report.diagnostics.iter();
        found.filter(move |one| one.labels.first().is_some_and(|label| label.file == file))
    };
    let placeless = || {
        report
            .diagnostics
            .iter()
            .filter(|one| one.labels.is_empty())
    };
    let failures = report.diagnostics.iter().filter(fails).count();
    writeln!(out, r#"<?xml version="1.0" encoding="UTF-8"?>"#)?;
    writeln!(
        out,
        r#"<testsuites name="tripline check" failures="{failures}">"#
    )?;
    for (index, file) in report.files.iter().enumerate() {
        suite(out, report, &file.name, of(index))?;
    }
    if placeless().next().is_some() {
        suite(out, report, "state", placeless())?;
    }
    writeln!(out, "</testsuites>")
}

/// Whether a finding fails its case; a note does not.
fn fails(one: &&Diagnostic) -> bool {
    one.severity > Severity::Info
}

fn suite<'d>(
    out: &mut impl Write,
    report: &Report<'_>,
    name: &str,
    found: impl Iterator<Item = &'d Diagnostic> + Clone,
) -> io::Result<()> {
    let name = escaped(name);
    let tests = found.clone().count().max(1);
    let failures = found.clone().filter(fails).count();
    writeln!(
        out,
        r#"  <testsuite name="{name}" tests="{tests}" failures="{failures}">"#
    )?;
    if found.clone().next().is_none() {
        writeln!(
            out,
            r#"    <testcase classname="{name}" name="no findings"/>"#
        )?;
    }
    for one in found {
        let at = one.labels.first().map_or_else(String::new, |label| {
            let spot = report.spot(label);
            format!(" {}:{}", spot.line, spot.column)
        });
        let case = escaped(&format!("{} {}{at}", one.code, one.id));
        let message = escaped(&one.message);
        let help = escaped(one.help.as_deref().unwrap_or_default());
        if fails(&one) {
            writeln!(out, r#"    <testcase classname="{name}" name="{case}">"#)?;
            writeln!(
                out,
                r#"      <failure type="{}" message="{message}">{help}</failure>"#,
                one.severity
            )?;
        } else {
            writeln!(out, r#"    <testcase classname="{name}" name="{case}">"#)?;
            writeln!(out, "      <system-out>{message}\n{help}</system-out>")?;
        }
        writeln!(out, "    </testcase>")?;
    }
    writeln!(out, "  </testsuite>")
}
