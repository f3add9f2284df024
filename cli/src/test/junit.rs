//! The tests as a JUnit report, which every CI shows.

use std::fmt::Write;

use tripline_engine::{CheckedTests, Severity};

use super::Tested;
use super::draw::Timeline;
use crate::xml::escaped;

/// Tests that fail are failures; mistakes in test files are errors, since their tests are not run.
pub(super) fn report(tested: &[Tested<'_>], read: &CheckedTests) -> String {
    let files = &read.files;
    let wrong = |file: Option<usize>| {
        let errors = read.diagnostics.iter().filter_map(|one| {
            let label = one
                .labels
                .first()
                .filter(|_| one.severity == Severity::Error)?;
            (file.is_none_or(|file| file == label.file)).then_some((one, label))
        });
        errors.collect::<Vec<_>>()
    };
    let failed = tested.iter().filter(|one| !one.passed()).count();
    let mut text = String::from("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n");
    let _ = writeln!(
        text,
        "<testsuites tests=\"{}\" failures=\"{failed}\" errors=\"{}\">",
        tested.len() + wrong(None).len(),
        wrong(None).len()
    );
    for (index, file) in files.iter().enumerate() {
        let of_file = || tested.iter().filter(|one| one.test.file == index);
        let failed = of_file().filter(|one| !one.passed()).count();
        let _ = writeln!(
            text,
            "  <testsuite name=\"{}\" tests=\"{}\" failures=\"{failed}\" errors=\"{}\">",
            escaped(&file.name),
            of_file().count() + wrong(Some(index)).len(),
            wrong(Some(index)).len()
        );
        for (error, label) in wrong(Some(index)) {
            let line = file.position(label.range.start).line;
            let _ = writeln!(
                text,
                "    <testcase name=\"{} {} in line {line}\" classname=\"{}\" line=\"{line}\"><error message=\"{}\"/></testcase>",
                error.code,
                error.id,
                escaped(&file.name),
                escaped(&error.message)
            );
        }
        for one in of_file() {
            let line = file.position(one.test.range.start).line;
            let _ = write!(
                text,
                "    <testcase name=\"{}\" classname=\"{}\" file=\"{}\" line=\"{line}\"",
                escaped(&one.test.name),
                escaped(&file.name),
                escaped(&file.name)
            );
            if one.passed() {
                text.push_str("/>\n");
                continue;
            }
            let drawn = Timeline::new(one.test, &one.run, files, false).draw(one);
            let _ = writeln!(
                text,
                "><failure message=\"the test fails\">{}</failure></testcase>",
                escaped(&drawn)
            );
        }
        text.push_str("  </testsuite>\n");
    }
    text.push_str("</testsuites>\n");
    text
}
