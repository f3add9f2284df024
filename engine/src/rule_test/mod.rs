//! Tests of rules on a timeline of events: what is given, what is expected, and what came of it.
//!
//! A test file is read by [`check_tests`](crate::check_tests); a test is run by [`RuleTest::run`], by the production evaluator.
//! Time is virtual: it begins at the test's start and ends where the test says, or with its last event and expectation.

mod compare;
mod disorder;
mod nearest;
mod observe;
mod run;
mod store;

use std::ops::Range;

use serde_json::Value;

use crate::output::AlertSeverity;
use crate::time::Time;

pub use crate::explain::NearestMiss;
pub use compare::{Mismatch, Verdict};
pub use disorder::Disorder;
pub(crate) use run::Random;
pub use run::{Delivery, Moment, Reached, TestRun, What};

/// The most events of one test.
pub const MAX_TEST_EVENTS: usize = 1_000_000;

/// A test as it is read.
#[derive(Debug, Clone, PartialEq)]
pub struct RuleTest {
    /// Its name, which is unique in its file.
    pub name: String,
    /// Index of its file.
    pub file: usize,
    /// Where it stands in it.
    pub range: Range<usize>,
    /// Where its offsets count from.
    pub start: Time,
    /// Where it ends; the last event or expectation, if it does not say.
    pub end: Time,
    /// The events, by arrival.
    pub events: Vec<TestEvent>,
    /// What is expected of alerts.
    pub expect: Vec<Expected>,
    /// What is expected of aggregate rows.
    pub rows: Vec<ExpectedRow>,
}

/// An event of a test.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TestEvent {
    /// When it arrives.
    pub arrival: Time,
    /// The event, as JSON.
    pub json: String,
}

/// What is expected of an alert and a key.
#[derive(Debug, Clone, PartialEq)]
pub struct Expected {
    /// The alert.
    pub alert: String,
    /// Where it stands in the file.
    pub range: Range<usize>,
    /// Values of `by`, by name; those that are not named may be any.
    pub key: Vec<(String, Value)>,
    /// When it becomes pending.
    pub pending: Option<Time>,
    /// When it fires.
    pub fires: Option<Time>,
    /// When a message is withheld.
    pub suppressed: Option<Time>,
    /// When it resolves.
    pub resolves: Resolves,
    /// How bad it is.
    pub severity: Option<AlertSeverity>,
    /// Values that the message tells.
    pub values: Vec<(String, Value)>,
}

/// When an alert is expected to resolve.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Resolves {
    /// Nothing is said of it.
    #[default]
    Unsaid,
    /// At a time.
    At(Time),
    /// Not before the test ends.
    Never,
}

/// What is expected of a row of an aggregate.
#[derive(Debug, Clone, PartialEq)]
pub struct ExpectedRow {
    /// The aggregate.
    pub aggregate: String,
    /// Where it stands in the file.
    pub range: Range<usize>,
    /// Values of `by`, by name.
    pub key: Vec<(String, Value)>,
    /// When its window begins.
    pub window: Option<Time>,
    /// Columns, `events` among them.
    pub values: Vec<(String, Value)>,
}

impl Expected {
    /// Whether it expects that the alert fires.
    pub(crate) fn expects_firing(&self) -> bool {
        self.fires.is_some() || self.pending.is_none() && self.suppressed.is_none()
    }

    /// The last time that it names.
    pub(crate) fn last(&self) -> Option<Time> {
        let resolves = match self.resolves {
            Resolves::At(time) => Some(time),
            Resolves::Unsaid | Resolves::Never => None,
        };
        self.pending
            .max(self.fires)
            .max(self.suppressed)
            .max(resolves)
    }
}
