use super::{Page, page, pages};
use crate::{CODES, Diagnostic, LINTS, Levels, RawFile, Severity, Time, check, check_tests};

/// Codes that no rule file of a page can show: bytes that are no text, texts past a limit, stored state, and test files.
const NOT_SHOWN: [&str; 9] = [
    "E1001", "E1002", "E1301", "E1801", "E1802", "E1901", "E1902", "E1903", "E1904",
];
const HEADINGS: [&str; 4] = ["What it means", "Why", "Example", "Use instead"];

/// What stands beneath a heading.
fn part<'a>(page: &Page, heading: &str) -> &'a str {
    let Some((_, rest)) = page.text.split_once(&format!("### {heading}\n")) else {
        panic!("{} has no `### {heading}`", page.code);
    };
    rest.split("\n### ").next().unwrap().trim()
}

/// The files of a part: one for each block.
fn files(part: &str) -> Vec<RawFile> {
    part.split("```yaml\n")
        .skip(1)
        .enumerate()
        .map(|(index, block)| {
            let settings = block.starts_with("# tripline.yaml");
            let name = if settings {
                "tripline".to_owned()
            } else if block.starts_with("# rooms.test.yaml") {
                format!("{index}.test")
            } else {
                index.to_string()
            };
            RawFile {
                name: format!("rules/{name}.yaml"),
                bytes: block.split("```").next().unwrap().into(),
                settings,
            }
        })
        .collect()
}

#[test]
fn every_code_has_a_page() {
    let lints = LINTS.iter().map(|lint| &lint.code);
    let codes = CODES.iter().chain(lints);
    let mut expected: Vec<_> = codes.map(|code| (code.code, code.id)).collect();
    let mut found: Vec<_> = pages().map(|page| (page.code, page.id)).collect();
    expected.sort_unstable();
    found.sort_unstable();
    assert_eq!(
        found, expected,
        "a section `## CODE ID` in engine/src/pages/*.md or engine/src/lint/pages/*.md for each code"
    );
    for page in pages() {
        let headings: Vec<_> = page
            .text
            .lines()
            .filter_map(|line| line.strip_prefix("### "))
            .collect();
        assert_eq!(headings, HEADINGS, "{}", page.code);
        for heading in HEADINGS {
            assert!(part(&page, heading).len() > 20, "{} {heading}", page.code);
        }
    }
}

/// What is found in the files, with the lint that a code may be turned on.
fn found(files: Vec<RawFile>, page: &Page) -> Vec<Diagnostic> {
    let (tests, files): (Vec<_>, Vec<_>) = files
        .into_iter()
        .partition(|file| file.name.ends_with(".test.yaml"));
    let mut checked = check(files);
    if let (Some(program), false) = (&checked.program, tests.is_empty()) {
        let read = check_tests(tests, program, &|_, _| Err("there is none".to_owned()));
        assert!(read.diagnostics.is_empty(), "{:#?}", read.diagnostics);
        checked.note_tests(&read.tests);
    }
    let mut levels = Levels::new(&checked.lints);
    if page.code.starts_with('W') {
        levels.deny(page.id).unwrap();
    }
    checked.lint(&levels, Time::parse("2026-11-23T00:00:00Z").unwrap());
    checked.diagnostics
}

#[test]
fn examples_give_their_code_and_what_to_use_instead_no_error() {
    let mut failures = Vec::new();
    for page in pages() {
        let (wrong, right) = (part(&page, "Example"), part(&page, "Use instead"));
        if NOT_SHOWN.contains(&page.code) {
            assert!(wrong.starts_with("Not shown:"), "{}", page.code);
            continue;
        }
        let given = found(files(wrong), &page);
        if !given.iter().any(|one| one.code == page.code) {
            failures.push(format!("{} {}: {given:#?}", page.code, page.id));
        }
        let right = files(right);
        assert!(!right.is_empty(), "{}", page.code);
        let errors: Vec<_> = found(right, &page)
            .into_iter()
            .filter(|one| one.severity == Severity::Error || one.code == page.code)
            .collect();
        if !errors.is_empty() {
            failures.push(format!("{} {}: {errors:#?}", page.code, page.id));
        }
    }
    assert!(failures.is_empty(), "{}", failures.join("\n"));
}

#[test]
fn pages_are_found_by_code_and_name_in_any_case() {
    for name in ["E1101", "e1101", "unknown-key", "Unknown-Key"] {
        let page = page(name).unwrap();
        assert_eq!((page.code, page.id), ("E1101", "unknown-key"));
    }
    assert_eq!(page("E1107"), Err(Some("E1106")));
    assert_eq!(page("e9"), Err(Some("E1001")));
    assert_eq!(page("unknown-keys"), Err(Some("unknown-key")));
    assert_eq!(page("Bad-Regexp"), Err(Some("bad-regex")));
    assert_eq!(page("weather"), Err(None));
}
