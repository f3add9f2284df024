use super::Patterns;
use crate::time::Time;
use crate::window::Window;

/// A checked aggregate rule.
#[derive(Debug)]
pub struct AggregateRule {
    /// Its name, unique over all files.
    pub name: String,
    pub(crate) on: Patterns,
    /// Index of its `by` clause among the program's groupings.
    pub(crate) grouping: usize,
    /// Length of its windows, in milliseconds.
    pub(crate) length: i64,
    /// What is added up; the text of each is its name.
    pub(crate) compute: Vec<Window>,
    /// Milliseconds after the end of its window at which a row is dropped.
    pub(crate) keep: Option<i64>,
    /// Names the rows of this rule: a hash of all that their meaning depends on.
    pub(crate) fingerprint: [u8; 16],
}

impl AggregateRule {
    /// Names the rows of this rule: it changes with `on`, `by`, `per` and `compute`, not with `keep`.
    pub fn fingerprint(&self) -> [u8; 16] {
        self.fingerprint
    }

    /// How long after the end of its window a row is kept, in milliseconds, if not for ever.
    pub fn keep(&self) -> Option<i64> {
        self.keep
    }

    /// The names of what it adds up.
    pub fn compute(&self) -> impl ExactSizeIterator<Item = &str> {
        self.compute.iter().map(|compute| compute.text.as_str())
    }

    /// When the window of an event begins.
    pub(crate) fn window_start(&self, time: Time) -> Time {
        Time(time.0.div_euclid(self.length) * self.length)
    }
}
