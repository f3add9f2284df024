//! The progress bar.

use std::time::Duration;

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

/// Shows how much was read, on a terminal only.
pub(crate) struct Progress {
    bar: ProgressBar,
}

impl Progress {
    /// A bar for that many bytes; for an unknown number a line that counts.
    pub(crate) fn new(visible: bool, colors: bool, total: Option<u64>) -> Self {
        if !visible {
            return Self {
                bar: ProgressBar::hidden(),
            };
        }
        let target = ProgressDrawTarget::stderr_with_hz(8);
        let template = match total {
            Some(_) if colors => "{wide_bar:.cyan/blue} {bytes}/{total_bytes}  {msg}  {eta} left",
            Some(_) => "{wide_bar} {bytes}/{total_bytes}  {msg}  {eta} left",
            None => "{spinner} {bytes}  {msg}  {elapsed}",
        };
        let bar = ProgressBar::with_draw_target(total, target);
        if let Ok(style) = ProgressStyle::with_template(template) {
            bar.set_style(style);
        }
        Self { bar }
    }

    pub(crate) fn update(&self, bytes: u64, events: u64, elapsed: Duration) {
        if !self.bar.is_hidden() {
            self.bar.set_position(bytes);
            self.bar.set_message(format!(
                "{:.0} events/s",
                events as f64 / elapsed.as_secs_f64().max(1e-3)
            ));
        }
    }

    /// Takes the bar away while something else is written to the terminal.
    pub(crate) fn aside<T>(&self, write: impl FnOnce() -> T) -> T {
        self.bar.suspend(write)
    }

    pub(crate) fn clear(&self) {
        self.bar.finish_and_clear();
    }
}
