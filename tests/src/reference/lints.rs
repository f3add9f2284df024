//! `grammar/LINTS.md`, from the registry of lints and their pages.

use std::fmt::Write;

use tripline_engine::{Family, LINTS, page};

const HEAD: &str = "\
# Lints

What `tripline check` finds in rules that compile. `tripline check --explain ID` shows one of these pages.

A lint is set in `tripline.yaml` (`lint: {allow: [use-in], deny: [missing-owner]}`) or for one run (`--allow`, `--deny`); a denied one
is an error. A finding is suppressed by a comment in or right above an alert, aggregate, silence or list, or elsewhere in a file
for the whole of it: `# tripline: allow(use-in) the list grows weekly until 2027-01-01`. It needs a reason; the date may be left out.
Errors of the compiler (`E…`) can be neither allowed nor suppressed.
";

/// The text of the file.
///
/// # Panics
///
/// If a lint has no page.
pub fn lints() -> String {
    let mut text = HEAD.to_owned();
    let mut family: Option<Family> = None;
    for lint in LINTS {
        if family.replace(lint.family) != Some(lint.family) {
            let title = lint.family.title();
            write!(
                text,
                "\n## {title}\n\n| code | lint | by default |\n|---|---|---|\n"
            )
            .unwrap_or_default();
            for lint in LINTS.iter().filter(|other| other.family == lint.family) {
                let level = lint
                    .severity
                    .map_or_else(|| "off".to_owned(), |level| level.to_string());
                let (code, id) = (lint.code.code, lint.code.id);
                writeln!(
                    text,
                    "| {code} | [{id}](#{}-{id}) | {level} |",
                    code.to_lowercase()
                )
                .unwrap_or_default();
            }
        }
        let (code, id) = (lint.code.code, lint.code.id);
        let page = page(code).expect("every lint has a page");
        let body = page.text.replace("### ", "#### ");
        write!(text, "\n### {code} {id}\n\n{body}\n").unwrap_or_default();
    }
    text
}
