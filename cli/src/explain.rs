//! `tripline check --explain`: the page of a diagnostic code.

use std::io::{self, Write};
use std::process::ExitCode;

use anstyle::Style;
use tripline_engine::{Page, page};

use crate::failure::Failure;
use crate::terminal::{Terminal, paint, tame};

pub(crate) fn explain(name: &str, terminal: &Terminal) -> Result<ExitCode, Failure> {
    let page = page(name).map_err(|near| {
        let near = near.unwrap_or("unknown-key");
        Failure::Message(format!(
            "there is no diagnostic `{}`; try `tripline check --explain {near}`",
            tame(name)
        ))
    })?;
    io::stdout()
        .lock()
        .write_all(drawn(&page, terminal.stdout_colors).as_bytes())
        .map_err(|error| Failure::write("the page", &error))?;
    Ok(ExitCode::SUCCESS)
}

/// The page with its headings bold and its code indented, without the signs of Markdown.
fn drawn(page: &Page, colors: bool) -> String {
    let bold = |text: &str| paint(text, Style::new().bold(), colors);
    let mut drawn = bold(&format!("{} {}", page.code, page.id)) + "\n\n";
    let mut in_code = false;
    let mut lines = page.text.lines().peekable();
    while let Some(line) = lines.next() {
        if line.starts_with("```") {
            // Two blocks are two files.
            in_code = !in_code;
        } else if in_code {
            drawn += &format!("    {line}\n");
        } else if let Some(heading) = line.strip_prefix("### ") {
            drawn += &format!("{}\n", bold(heading));
            // What a heading names follows right beneath it.
            lines.next_if(|line| line.is_empty());
        } else {
            drawn += &format!("{line}\n");
        }
    }
    drawn
}

#[cfg(test)]
mod tests {
    use super::*;

    const PAGE: Page = Page {
        code: "E1101",
        id: "unknown-key",
        text: "### What it means\n\nA `key`.\n\n### Example\n\n```yaml\na:\n  b: 1\n```",
    };

    #[test]
    fn pages_are_tidy() {
        let plain = "E1101 unknown-key\n\nWhat it means\nA `key`.\n\nExample\n    a:\n      b: 1\n";
        assert_eq!(drawn(&PAGE, false), plain);
        let styled = drawn(&PAGE, true);
        assert!(styled.starts_with(
            "\u{1b}[1mE1101 unknown-key\u{1b}[0m\n\n\u{1b}[1mWhat it means\u{1b}[0m\nA "
        ));
    }
}
