//! Everything that decides: loading rule files, checking and compiling them, evaluating events.
//!
//! Rule files are checked into a [`Program`]. A [`Planner`] decodes lines of JSON and finds what they touch,
//! and [`step`] runs a batch of them against a [`Store`], which keeps the state between batches: out come alerts, aggregate
//! rows and, if it is wanted, a trace of every change.
//!
//! ```
//! use std::convert::Infallible;
//! use tripline_engine::{Advance, MemoryStore, Plan, Planner, RawFile, Source, Status, check, step};
//!
//! # fn main() -> Result<(), Infallible> {
//! let rules = "
//! alerts:
//!   hot: {on: sensor, when: data.temperature > 35, by: userId, until: data.temperature < 30}
//! aggregates:
//!   hourly: {on: sensor, by: userId, per: 1h, compute: {hottest: max(data.temperature)}}
//! ";
//! let checked = check(vec![RawFile { name: "rules/hot.yaml".into(), bytes: rules.into(), settings: false }]);
//! assert!(checked.diagnostics.is_empty());
//! let program = checked.program.expect("rules without errors compile");
//!
//! let lines = [
//!     r#"{"eventType":"sensor","userId":"u1","timestamp":"2026-01-05T10:00:00Z","data":{"temperature":36.5}}"#,
//!     r#"{"eventType":"sensor","userId":"u1","timestamp":"2026-01-05T10:05:00Z","data":{"temperature":28}}"#,
//! ];
//! let mut store = MemoryStore::new();
//! let mut planner = Planner::new(&program);
//! for (line, number) in lines.iter().zip(1..) {
//!     let mut plan = Plan::default();
//!     let source = || Source::File { file: "events.ndjson", line: number };
//!     planner.add(&mut plan, line.as_bytes(), source).expect("the line is an event");
//!     let output = step(&program, &mut store, &mut plan, Advance::default())?;
//!     let status = if number == 1 { Status::Firing } else { Status::Resolved };
//!     assert_eq!((output.alerts[0].alert.as_str(), output.alerts[0].status), ("hot", status));
//! }
//! let rows: Vec<_> = store.rows().filter_map(|(key, row)| program.row(key, row, None)).collect();
//! assert_eq!(rows[0].values, [("hottest".to_owned(), 36.5.into())]);
//! # Ok(())
//! # }
//! ```
//!
//! # A store of one's own
//!
//! [`step`] is these calls. A shell whose store has to be waited for makes them itself, with the same data:
//!
//! ```
//! # use tripline_engine::{Advance, Plan, Planner, RawFile, Snapshot, Source, check};
//! # use tripline_engine::{MemoryStore, Store};
//! # fn main() -> Result<(), std::convert::Infallible> {
//! # let rules = "alerts: {hot: {on: sensor, when: data.temperature > 35, for: 1m}}";
//! # let file = RawFile { name: "rules/hot.yaml".into(), bytes: rules.into(), settings: false };
//! # let program = check(vec![file]).program.expect("the rules have no errors");
//! # let line = br#"{"eventType":"sensor","timestamp":"2026-01-05T10:00:00Z","data":{"temperature":36.5}}"#;
//! # let source = || Source::File { file: "events", line: 1 };
//! # let mut store = MemoryStore::new();
//! let advance = Advance::default();
//! let input = store.input()?;
//! let mut plan = Plan::default();
//! Planner::new(&program).add(&mut plan, line, source).expect("an event"); // 1. what the batch touches
//! plan.add_births(&program, &input);
//! let mut states = Vec::new();
//! store.load(plan.keys(), &mut states)?;                                // 2. load
//! let rows = store.load_rows(plan.rows())?;
//! if let Some(until) = plan.progress(&input, advance) {
//!     let mut due = store.due(until, usize::MAX)?;                      // and whose timers it lets run
//!     due.retain(|key| !plan.touches(key));
//!     store.load(&due, &mut states)?;
//! }
//! let outcome = program.apply(&plan, Snapshot { input, states, rows }, advance); // 3. decide: pure
//! store.commit(outcome.checkpoint)?;                                    // 4. commit, as one; then send
//! assert!(outcome.output.alerts.is_empty(), "it is pending");
//! # Ok(())
//! # }
//! ```
//!
//! [`KeyState`] and [`Row`] are written to bytes and read back by their `encode` and `decode`.
//!
//! The crate is pure: time and state are arguments, and nothing here waits, reads a clock or touches
//! I/O, but for [`loader`], which reads rule files and decides nothing.

mod aggregate;
mod apply;
mod check;
mod codec;
mod coverage;
mod definition;
mod deltas;
mod diagnostic;
mod eval;
mod event;
mod explain;
mod format;
mod functions;
mod ids;
mod index;
mod infer;
mod interned;
mod lint;
pub mod loader;
mod look;
mod matcher;
mod message;
mod number;
mod output;
mod pages;
mod plan;
mod pool;
mod program;
pub mod reference;
mod route;
mod row;
pub mod rule_test;
mod series;
mod silence;
mod source;
mod state;
mod store;
mod suggest;
mod time;
mod trace;
mod window;
mod wire;
pub mod yaml;

pub use apply::{Advance, Counts, Message, Outcome, Told};
pub use check::{
    Checked, CheckedTests, LintLevels, ReadFixture, RuleEntry, check, check_tests, check_trees,
};
pub use codec::CodecError;
pub use coverage::{Clause, Covered, Point, RuleCoverage};
pub use definition::Definition;
pub use diagnostic::{CODES, Code, Diagnostic, Edit, Label, Severity, nearest as nearest_name};
pub use event::{Event, Rejection, Source};
pub use explain::{
    Account, CountedEvent, CountedPane, Explanation, KeyEvents, Missing, NearestMiss, NotFiring,
    Part, PartValue, Recount, WhyNot, WhyNotOutcome, WindowHeld,
};
pub use format::format;
pub use ids::group_id;
pub use infer::{SampledField, SchemaSample};
pub use lint::{Family, LINTS, Levels, Lint, Unlisted};
pub use look::{Look, Term};
pub use output::{Alert, AlertSeverity, EndReason, Output, Status};
pub use pages::{Page, page};
pub use plan::{FirstEvents, Partition, Plan, Planner, Selection};
pub use program::{AggregateRule, AlertRule, Program};
pub use route::{Route, Routes};
pub use row::{AggregateRow, Row, RowKey, WindowBounds};
pub use series::{Past, Series};
pub use source::{Position, RawFile, SourceFile};
pub use state::KeyState;
pub use store::{
    Checkpoint, Input, MemoryStore, Snapshot, StateKey, Store, Stored, step, step_partition,
};
pub use suggest::Suggestion;
pub use time::Time;
pub use trace::{Reason, Stage, Trace};
pub use tripline_grammar::{parse_duration, print_duration};

/// The largest rule file, in bytes.
pub const MAX_RULE_FILE_BYTES: usize = 4 << 20;
/// The largest event, in bytes: as large as a stream's record can be.
pub const MAX_EVENT_BYTES: usize = 10 << 20;
/// How deep lists and objects may nest in an event.
pub const MAX_EVENT_NESTING: usize = 64;
