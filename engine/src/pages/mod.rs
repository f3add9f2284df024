//! The page of each diagnostic code: what it means, why, an example, and what to write instead.
//!
//! The pages are Markdown, a section `## E1101 unknown-key` for each code, in the files beside this one; those of lints in `lint/pages/`.
//! A new code takes a new section: its `Example` must give the code and its `Use instead` no error, which
//! the tests below check. An example of several blocks is as many files. Where no text can show the code,
//! the example says so, beginning with `Not shown:`.

use crate::diagnostic::nearest;

const FILES: [&str; 18] = [
    include_str!("files.md"),
    include_str!("keys.md"),
    include_str!("names.md"),
    include_str!("state.md"),
    include_str!("syntax.md"),
    include_str!("windows.md"),
    include_str!("alerts.md"),
    include_str!("silences.md"),
    include_str!("aggregates.md"),
    include_str!("tests.md"),
    include_str!("../lint/pages/files.md"),
    include_str!("../lint/pages/expressions.md"),
    include_str!("../lint/pages/windows.md"),
    include_str!("../lint/pages/keys.md"),
    include_str!("../lint/pages/life_cycle.md"),
    include_str!("../lint/pages/metadata.md"),
    include_str!("../lint/pages/across.md"),
    include_str!("../lint/pages/tests.md"),
];

/// What there is to know about a diagnostic code.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Page {
    /// The code, such as `E1101` or `W2121`.
    pub code: &'static str,
    /// Its name, such as `unknown-key`.
    pub id: &'static str,
    /// The page in Markdown, without the heading that names the code.
    pub text: &'static str,
}

/// Finds the page of a code or its name, in any case.
///
/// # Errors
///
/// The nearest code or name if there is none such, if any is near.
pub fn page(name: &str) -> Result<Page, Option<&'static str>> {
    let is = |known: &str| known.eq_ignore_ascii_case(name);
    if let Some(page) = pages().find(|page| is(page.code) || is(page.id)) {
        return Ok(page);
    }
    let number = |code: &str| code.get(1..)?.parse::<u16>().ok();
    let near = if name.starts_with(['E', 'e', 'W', 'w'])
        && let Some(wanted) = number(name)
    {
        let kind = name[..1].to_ascii_uppercase();
        pages()
            .map(|page| page.code)
            .filter(|code| code.starts_with(&kind))
            .min_by_key(|code| number(code).map(|number| number.abs_diff(wanted)))
    } else {
        nearest(name, pages().map(|page| page.id))
    };
    Err(near)
}

fn pages() -> impl Iterator<Item = Page> {
    FILES
        .into_iter()
        .flat_map(|file| file.strip_prefix("## ").unwrap_or(file).split("\n## "))
        .filter_map(|section| {
            let (heading, text) = section.split_once('\n')?;
            let (code, id) = heading.split_once(' ')?;
            let text = text.trim();
            Some(Page { code, id, text })
        })
}

#[cfg(test)]
mod tests;
