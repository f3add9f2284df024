//! The terminal: alerts as they come, what reloads did, and a line that is alive.

use std::fmt::Write as _;
use std::io::{self, IsTerminal, Write};
use std::time::Duration;

use anstyle::{AnsiColor, Style};
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use serde_json::Value;

use super::pipeline::State;
use super::rules::{Reload, Rules, Tests};
use crate::alert_text::AlertText;
use crate::failure::Failure;
use crate::output::Output;
use crate::terminal::{Terminal, counted, paint, tame};

/// What is shown, and where.
pub(super) struct Display {
    out: Output,
    /// On a terminal alerts are lines for people, elsewhere JSON.
    text: Option<AlertText>,
    is_text: bool,
    bar: ProgressBar,
    colors: bool,
    stdout_colors: bool,
    quiet: bool,
    rejected: u64,
}

impl Display {
    pub(super) fn new(terminal: &Terminal) -> Display {
        let bar = match terminal.shows_progress() {
            true => ProgressBar::with_draw_target(None, ProgressDrawTarget::stderr_with_hz(8)),
            false => ProgressBar::hidden(),
        };
        if let Ok(style) = ProgressStyle::with_template("{spinner} {msg}") {
            bar.set_style(style);
        }
        if !bar.is_hidden() {
            bar.enable_steady_tick(Duration::from_millis(250));
        }
        Display {
            out: Output::stdout(),
            text: None,
            is_text: io::stdout().is_terminal(),
            bar,
            colors: terminal.stderr_colors,
            stdout_colors: terminal.stdout_colors,
            quiet: terminal.is_quiet(),
            rejected: 0,
        }
    }

    /// Takes the names of the rules, which columns are as wide as.
    pub(super) fn know(&mut self, rules: &Rules) {
        let names = rules.program.alerts().map(|rule| rule.name.clone());
        self.text = self
            .is_text
            .then(|| AlertText::new(names, self.stdout_colors));
    }

    /// Shows an alert: its JSON as it was sent, and read.
    pub(super) fn alert(&mut self, line: &str, alert: &Value) -> Result<(), Failure> {
        let shown = self.text.as_ref().map(|text| text.json_line(alert));
        let mut shown = shown.unwrap_or_else(|| line.to_owned());
        shown.push('\n');
        let out = &mut self.out;
        self.bar.suspend(|| {
            out.write(shown.as_bytes())?;
            out.flush()
        })
    }

    pub(super) fn flush(&mut self) -> Result<(), Failure> {
        self.out.flush()
    }

    /// Shows what a change of the rules did.
    pub(super) fn reload(&self, reload: &Reload) {
        let color = |color: AnsiColor| Style::new().bold().fg_color(Some(color.into()));
        let mut text = String::new();
        let mark = match reload.ok {
            true => paint("reloaded", color(AnsiColor::Green), self.colors),
            false => paint("not reloaded", color(AnsiColor::Red), self.colors),
        };
        for told in reload.diagnostics.iter().filter(|_| !reload.ok) {
            text += &told.drawn;
        }
        let _ = writeln!(
            text,
            "{mark}  {}  ({:.0} ms)",
            tame(&reload.summary),
            reload.millis
        );
        self.say(&text);
    }

    /// Shows how the tests of the rules that changed went.
    pub(super) fn tests(&self, tests: &Tests) {
        let color = match tests.failed {
            0 => AnsiColor::Green,
            _ => AnsiColor::Red,
        };
        let style = Style::new().bold().fg_color(Some(color.into()));
        let word = paint("tests", style, self.colors);
        self.say(&format!("{word}  {}\n", tame(&tests.text)));
    }

    /// Says something for people.
    pub(super) fn say(&self, text: &str) {
        if !self.quiet {
            // A closed standard error is none of our business.
            self.bar.suspend(|| {
                let _ = io::stderr().lock().write_all(text.as_bytes());
            });
        }
    }

    pub(super) fn rejected(&mut self, number: u64) {
        if self.rejected == 0 && number > 0 {
            self.say("some lines are no events: they are in quarantine, with the reason\n");
        }
        self.rejected += number;
    }

    /// Shows how it goes.
    pub(super) fn status(&self, state: &State) {
        if self.bar.is_hidden() {
            return;
        }
        let [events, _, alerts] = state.rates();
        let totals = &state.totals;
        let mut text = format!(
            "{events} events/s  {}  {}",
            counted(totals.events, "event"),
            counted(totals.alerts, "alert")
        );
        if alerts > 0 {
            let _ = write!(text, " (+{alerts})");
        }
        if totals.rejected > 0 {
            let _ = write!(text, "  {} rejected", totals.rejected);
        }
        if let Some(lag) = state.lag.filter(|lag| *lag >= 1.0) {
            let _ = write!(text, "  lag {lag:.0} s");
        }
        if let Some(progress) = state.now() {
            let _ = write!(text, "  {progress}");
        }
        if !state.reload.ok {
            text += "  the rules on disk have errors: the last good ones run";
        }
        let _ = write!(text, "  {}", tame(&state.source.text));
        self.bar.set_message(text);
    }

    /// Says what was done.
    pub(super) fn end(&self, state: &State) {
        self.bar.finish_and_clear();
        let totals = &state.totals;
        self.say(&format!(
            "{}, {}, {} rejected\n",
            counted(totals.events, "event"),
            counted(totals.alerts, "alert"),
            totals.rejected
        ));
    }
}
