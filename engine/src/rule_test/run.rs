//! Running a test: events in order of their arrival through the production evaluator, then time to the end.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use serde_json::Value;

use super::store::{self, Bytes};
use super::{RuleTest, TestEvent};
use crate::apply::Advance;
use crate::event::{Rejection, Source};
use crate::output::{AlertSeverity, Output, Status};
use crate::plan::{Plan, Planner};
use crate::program::Program;
use crate::row::AggregateRow;
use crate::time::Time;
use crate::trace::{Reason, Stage, Trace};

/// How the events of a test are delivered; what happens is the same however that is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Delivery {
    /// What is drawn is drawn from this.
    pub seed: u64,
    /// Whether batches hold some events each; else one batch holds all.
    pub split: bool,
    /// Whether events are delivered twice: a batch begins with some of those before it, as after a failure. What the
    /// store holds already is left out, as the functions do it.
    pub dup: bool,
    /// Whether every batch is interrupted before it is committed, and evaluated once more from what was stored.
    pub crash: bool,
}

/// Something that happened in a test.
#[derive(Debug, Clone, PartialEq)]
pub struct Moment {
    /// When.
    pub at: Time,
    /// The alert.
    pub alert: String,
    /// The values of `by`, by name.
    pub key: Vec<(String, Value)>,
    /// What.
    pub what: What,
    /// The episode, of a message.
    pub episode: Option<String>,
    /// How bad it is.
    pub severity: AlertSeverity,
    /// The known values of the windows and paths of the condition.
    pub values: Vec<(String, Value)>,
}

/// What happens to the key of an alert.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum What {
    /// The condition began to hold, and has to for as long as `for` says.
    Pending,
    /// It fires, and a message says so.
    Fires,
    /// A message is withheld.
    Suppressed,
    /// It fires no more, and a message says so.
    Resolves,
}

/// What came of a test.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct TestRun {
    /// What happened, in order.
    pub moments: Vec<Moment>,
    /// The aggregate rows, by name, window and key.
    pub rows: Vec<AggregateRow>,
    /// Events that are none, by their place among the test's, with the reason.
    pub rejected: Vec<(usize, String)>,
    /// Whether any rule had to do with any event.
    pub concerned: bool,
    /// What became of rules, by their names.
    pub reached: BTreeSet<(String, Reached)>,
}

/// Something that can become of a rule, of which tests may or may not hear.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Reached {
    /// The alert fires.
    Fires,
    /// Its episode ends.
    Resolves,
    /// It has to hold for as long as `for` says.
    Pending,
    /// It does not.
    Dropped,
    /// A message is withheld by the cooldown.
    Suppressed,
    /// A message says again that it fires.
    Repeats,
    /// The window of this canonical text has held something that counts.
    Window(String),
    /// The aggregate has a row.
    Row,
    /// A row has a value of this name.
    Column(String),
}

/// As it is said of a rule, by itself or after "never".
impl fmt::Display for Reached {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Reached::Fires => f.write_str("fires"),
            Reached::Resolves => f.write_str("resolves"),
            Reached::Pending => f.write_str("becomes pending"),
            Reached::Dropped => f.write_str("ends while it is pending"),
            Reached::Suppressed => f.write_str("withholds a message by its cooldown"),
            Reached::Repeats => f.write_str("says again that it fires"),
            Reached::Window(text) => write!(f, "has anything in `{text}`"),
            Reached::Row => f.write_str("makes a row"),
            Reached::Column(name) => write!(f, "has a value of `{name}` in a row"),
        }
    }
}

impl RuleTest {
    /// Runs the test on some rules.
    pub fn run(&self, program: &Program, delivery: Delivery) -> TestRun {
        let mut store = Bytes::new(program);
        let mut run = TestRun::default();
        let mut random = Random(delivery.seed);
        let mut planner = Planner::new(program);
        let advance = Advance {
            trace: true,
            ..Advance::default()
        };
        // How many events the store holds.
        let mut held = 0;
        let mut is_delivered = self.events.is_empty();
        while !is_delivered {
            let rest = self.events.len() - held;
            let size = match delivery.split {
                true => (1 + random.below(9)).min(rest),
                false => rest,
            };
            let again = match delivery.dup {
                true => random.below(10).min(held),
                false => 0,
            };
            let batch = held - again..held + size;
            is_delivered = size == 0 || batch.end == self.events.len() && !delivery.dup;
            let mut plan = Plan::default();
            let mut planned = 0;
            for number in batch.clone() {
                let added = self.plan(&mut planner, &mut plan, number);
                if number < held {
                    planned = plan.len();
                } else if let Err(rejection) = added {
                    run.rejected.push((number, rejection.reason));
                }
            }
            held = batch.end;
            run.take(program, &mut store, &mut plan, planned, advance, delivery);
        }
        // The timers of the last moment run, too.
        let advance = Advance {
            to: Some(self.end.plus(1)),
            trace: true,
            ..Advance::default()
        };
        let mut none = Plan::default();
        run.take(program, &mut store, &mut none, 0, advance, delivery);
        // What a batch tells of one moment depends on where it ends; what happened does not.
        run.moments.sort_by_cached_key(|moment| {
            let key = moment.key.iter();
            let key: Vec<String> = key.map(|(_, value)| value.to_string()).collect();
            (moment.at, moment.alert.clone(), key, moment.what)
        });
        run.rows = store.rows();
        for row in &run.rows {
            let columns = row
                .values
                .iter()
                .map(|(name, _)| Reached::Column(name.clone()));
            for what in columns.chain([Reached::Row]) {
                run.reached.insert((row.aggregate.clone(), what));
            }
        }
        run.concerned |= !run.moments.is_empty() || !run.rows.is_empty();
        // An event that makes no condition true may be what the test is about.
        run.concerned = run.concerned || self.events.iter().any(|event| event.is_taken(program));
        run
    }

    /// Plans one of the events, by its place among them.
    pub(super) fn plan<'t>(
        &'t self,
        planner: &mut Planner<'_>,
        plan: &mut Plan<'t>,
        number: usize,
    ) -> Result<(), Rejection> {
        let TestEvent { arrival, json } = &self.events[number];
        let source = || Source::File {
            file: "test",
            line: number as u64 + 1,
        };
        planner.add_at(plan, json.as_bytes(), Some(*arrival), source)
    }
}

impl TestEvent {
    /// Whether some rule takes events of its type, be it that its condition is false of this one.
    fn is_taken(&self, program: &Program) -> bool {
        let source = Source::File {
            file: "test",
            line: 0,
        };
        let event = program.decode_at(self.json.as_bytes(), Some(self.arrival), source);
        event.is_ok_and(|event| {
            let mut alerts = program.alerts.iter();
            alerts.any(|rule| rule.on.matches(event.kind()))
        })
    }
}

impl TestRun {
    /// Takes a plan, of which the store holds some events already.
    fn take(
        &mut self,
        program: &Program,
        store: &mut Bytes<'_>,
        plan: &mut Plan<'_>,
        held: usize,
        advance: Advance,
        delivery: Delivery,
    ) {
        if delivery.crash {
            // It gets as far as its commit, of which nothing is left.
            let mut lost = store.clone();
            let _ = store::step_from(program, &mut lost, plan, held, advance);
        }
        let output = store::step_from(program, store, plan, held, advance);
        self.concerned |= !plan.keys().is_empty() || !plan.rows().is_empty();
        self.tell(program, output);
    }

    fn tell(&mut self, program: &Program, output: Output) {
        let severities: BTreeMap<&str, AlertSeverity> = program
            .alerts()
            .map(|rule| (rule.name.as_str(), rule.severity))
            .collect();
        for line in &output.trace {
            self.reach(line);
        }
        for alert in &output.alerts {
            let what = match (alert.status, alert.repeat) {
                (_, Some(_)) => Reached::Repeats,
                (Status::Firing, None) => Reached::Fires,
                (Status::Resolved, None) => Reached::Resolves,
            };
            self.reached.insert((alert.alert.clone(), what));
        }
        for line in output.trace {
            let what = match (line.reason, line.from, line.to) {
                (_, Stage::Inactive, Stage::Pending) => What::Pending,
                (Reason::Cooldown | Reason::Silenced, ..) => What::Suppressed,
                _ => continue,
            };
            self.moments.push(Moment {
                at: line.at,
                severity: severities
                    .get(line.alert.as_str())
                    .copied()
                    .unwrap_or_default(),
                alert: line.alert,
                key: line.key.unwrap_or_default(),
                what,
                episode: None,
                values: line.values,
            });
        }
        for alert in output
            .alerts
            .into_iter()
            .filter(|alert| alert.repeat.is_none())
        {
            self.moments.push(Moment {
                at: alert.at,
                alert: alert.alert,
                key: alert.key.unwrap_or_default(),
                what: match alert.status {
                    Status::Firing => What::Fires,
                    Status::Resolved => What::Resolves,
                },
                episode: Some(alert.id),
                severity: alert.severity,
                values: alert.values,
            });
        }
    }
}

impl TestRun {
    /// Notes what a line of the trace says of coverage.
    fn reach(&mut self, line: &Trace) {
        let what = match (line.reason, line.from, line.to) {
            (Reason::Cooldown, ..) => Some(Reached::Suppressed),
            (Reason::Repeat, ..) => Some(Reached::Repeats),
            (_, Stage::Inactive, Stage::Pending) => Some(Reached::Pending),
            (_, Stage::Pending, Stage::Inactive) => Some(Reached::Dropped),
            (_, Stage::Firing, Stage::Inactive) => Some(Reached::Resolves),
            (_, Stage::Inactive | Stage::Pending, Stage::Firing) => Some(Reached::Fires),
            _ => None,
        };
        let held = line.values.iter();
        let held = held.filter(|(_, value)| value.as_f64() != Some(0.0));
        let held = held.map(|(text, _)| Reached::Window(text.clone()));
        for what in held.chain(what) {
            self.reached.insert((line.alert.clone(), what));
        }
    }
}

/// Numbers that look drawn, the same for the same seed (splitmix64).
#[derive(Debug)]
pub(crate) struct Random(pub(crate) u64);

impl Random {
    /// A number from 0 to below another.
    pub(crate) fn below(&mut self, limit: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        mixed ^= mixed >> 31;
        (mixed % limit.max(1) as u64) as usize
    }
}
