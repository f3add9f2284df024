use tripline_engine::{Checked, LINTS, Levels, RawFile, Severity, Time, check};

use crate::run::{Batches, Run};

/// The line that parts the rule file from the settings file.
pub(super) const SEPARATOR: &[u8] = b"\n=== settings\n";

/// Events of the fields that rules like to name, early and late, whole and broken.
const EVENTS: &str = include_str!("events.ndjson");

/// Checks any bytes as a rule file, with a settings file beside it if they hold a line that parts the two; then runs
/// what compiles.
pub fn rules(data: &[u8]) {
    let files = files(data);
    let checked = check(files.clone());
    assert_eq!(checked.files.len(), files.len());
    diagnostics(&checked);
    let again = check(files.clone());
    assert_eq!(
        format!("{:?}", checked.diagnostics),
        format!("{:?}", again.diagnostics)
    );
    lints(files);
    let Some(program) = checked.program else {
        return;
    };
    let lines: Vec<&str> = EVENTS.lines().collect();
    let run = |batches| {
        Run {
            program: &program,
            until_end: true,
            batches,
        }
        .over(&lines)
    };
    assert_eq!(run(Batches::Stored(1)), run(Batches::Whole));
}

/// Lints the files with all that there is: what is found lies in its file, and what mends it makes no new error.
fn lints(files: Vec<RawFile>) {
    let linted = |files| {
        let mut checked = check(files);
        let mut levels = Levels::default();
        for lint in LINTS {
            levels
                .deny(lint.code.id)
                .expect("a lint is known by its id");
        }
        checked.lint(&levels, Time(1_795_000_000_000));
        checked
    };
    let checked = linted(files.clone());
    for diagnostic in &checked.diagnostics {
        for label in &diagnostic.labels {
            let text = &checked.files[label.file].text;
            assert!(text.get(label.range.clone()).is_some(), "{diagnostic:?}");
        }
    }
    // The fix of one finding: the others may be about the same bytes.
    let Some(fixed) = checked.diagnostics.iter().find(|one| !one.fix.is_empty()) else {
        return;
    };
    let mut files = files;
    for edit in fixed.fix.iter().rev() {
        let mut text = checked.files[edit.file].text.clone();
        text.replace_range(edit.start..edit.end, &edit.text);
        files[edit.file].bytes = text.into_bytes();
    }
    let errors = |checked: &Checked| {
        let codes = checked.diagnostics.iter().map(|one| one.code);
        codes.filter(|code| code.starts_with('E')).count()
    };
    assert!(errors(&linted(files)) <= errors(&checked), "{fixed:?}");
}

fn files(data: &[u8]) -> Vec<RawFile> {
    let at = data
        .windows(SEPARATOR.len())
        .position(|window| window == SEPARATOR);
    let file = |name: &str, bytes: &[u8]| RawFile {
        name: name.to_owned(),
        bytes: bytes.to_vec(),
        settings: name.ends_with("tripline.yaml"),
    };
    match at {
        // The line before ends with the separator's first byte.
        Some(at) => vec![
            file("rules/rules.yaml", &data[..=at]),
            file("rules/tripline.yaml", &data[at + SEPARATOR.len()..]),
        ],
        None => vec![file("rules/rules.yaml", data)],
    }
}

/// Checks that what was found lies where it says, in order, and decides whether there is a program.
fn diagnostics(checked: &Checked) {
    let errors = checked
        .diagnostics
        .iter()
        .any(|diagnostic| diagnostic.severity == Severity::Error);
    assert_eq!(checked.program.is_none(), errors);
    let mut before = None;
    for diagnostic in &checked.diagnostics {
        assert!(!diagnostic.message.is_empty(), "{diagnostic:?}");
        assert!(!diagnostic.message.contains('\n'), "{diagnostic:?}");
        for label in &diagnostic.labels {
            let file = &checked.files[label.file];
            assert!(
                file.text.get(label.range.clone()).is_some(),
                "{diagnostic:?}"
            );
            let (from, to) = (
                file.position(label.range.start),
                file.position(label.range.end),
            );
            assert!((from.line, from.column) <= (to.line, to.column));
        }
        let place = diagnostic
            .labels
            .first()
            .map(|label| (label.file, label.range.start, label.range.end));
        assert!(before <= place, "out of order: {diagnostic:?}");
        before = place;
    }
}
