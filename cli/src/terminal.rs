//! Standard error for people, and whether to use colours.

use std::io::{self, IsTerminal, Write};

use anstream::{AutoStream, ColorChoice};
use anstyle::{AnsiColor, Style};

use crate::args::Color;

/// What is known of the terminal, if there is one.
#[derive(Debug)]
pub(crate) struct Terminal {
    /// Whether standard output takes colours.
    pub(crate) stdout_colors: bool,
    /// Whether standard error takes colours.
    pub(crate) stderr_colors: bool,
    quiet: bool,
}

impl Terminal {
    pub(crate) fn new(color: Color, quiet: bool) -> Self {
        let choice = match color {
            Color::Auto => ColorChoice::Auto,
            Color::Always => ColorChoice::Always,
            Color::Never => ColorChoice::Never,
        };
        choice.write_global();
        Self {
            stdout_colors: AutoStream::choice(&io::stdout()) != ColorChoice::Never,
            stderr_colors: AutoStream::choice(&io::stderr()) != ColorChoice::Never,
            quiet,
        }
    }

    /// Whether a progress bar would be seen and is wanted.
    pub(crate) fn shows_progress(&self) -> bool {
        !self.quiet && io::stderr().is_terminal()
    }

    /// Whether people asked for quiet.
    pub(crate) fn is_quiet(&self) -> bool {
        self.quiet
    }

    /// Writes text for people, unless they asked for quiet.
    pub(crate) fn note(&self, text: &str) {
        if !self.quiet {
            self.say(text);
        }
    }

    /// Writes text to standard error; a closed one is none of our business.
    pub(crate) fn say(&self, text: &str) {
        let _ = io::stderr().lock().write_all(text.as_bytes());
    }

    /// Writes the error that ends the command.
    pub(crate) fn error(&self, message: &str) {
        let word = paint(
            "error",
            Style::new().bold().fg_color(Some(AnsiColor::Red.into())),
            self.stderr_colors,
        );
        self.say(&format!("{word}: {message}\n"));
    }
}

/// Gives text a style, or not.
pub(crate) fn paint(text: &str, style: Style, colors: bool) -> String {
    if colors {
        format!("{style}{text}{style:#}")
    } else {
        text.to_owned()
    }
}

/// Names a number of things: `1 alert`, `2 alerts`.
pub(crate) fn counted(number: u64, thing: &str) -> String {
    format!("{number} {thing}{}", if number == 1 { "" } else { "s" })
}

/// Writes control characters as escapes, so that an event cannot command the terminal.
pub(crate) fn tame(text: &str) -> String {
    let mut tamed = String::with_capacity(text.len());
    for character in text.chars() {
        if character.is_control() {
            tamed.extend(character.escape_default())
        } else {
            tamed.push(character)
        }
    }
    tamed
}

#[cfg(test)]
mod tests {
    use super::{counted, tame};

    #[test]
    fn control_characters_become_escapes() {
        assert_eq!(tame("a\u{1b}[31mb\né"), "a\\u{1b}[31mb\\né");
    }

    #[test]
    fn one_has_no_plural() {
        assert_eq!(
            (counted(1, "alert"), counted(0, "alert")),
            ("1 alert".to_owned(), "0 alerts".to_owned())
        );
    }
}
