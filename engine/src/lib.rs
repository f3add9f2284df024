//! Everything that decides: loading rule files, checking and compiling them, evaluating events.
//!
//! ```
//! use std::convert::Infallible;
//! use tripline_engine::{Advance, MemoryStore, RawFile, Source, check, step};
//!
//! # fn main() -> Result<(), Infallible> {
//! let rules = "alerts: {hot: {on: sensor, when: data.temperature > 35, by: userId}}";
//! let checked = check(vec![RawFile { name: "rules/hot.yaml".into(), bytes: rules.into(), settings: false }]);
//! let program = checked.program.expect("the rules have no errors");
//!
//! let line = br#"{"eventType":"sensor","userId":"u1","timestamp":"2026-01-05T10:00:00Z","data":{"temperature":36.5}}"#;
//! let event = program.decode(line, Source::File { file: "events.ndjson".into(), line: 1 }).unwrap();
//! let output = step(&program, &mut MemoryStore::new(), vec![event], Advance::default())?;
//! assert_eq!(output.alerts[0].alert, "hot");
//! # Ok(())
//! # }
//! ```
//!
//! The crate is pure: time and state are arguments, and nothing here waits, reads a clock or touches
//! I/O, but for [`loader`], which reads rule files and decides nothing.

mod aggregate;
mod apply;
mod check;
mod codec;
mod definition;
mod deltas;
mod diagnostic;
mod eval;
mod event;
mod functions;
mod ids;
pub mod loader;
mod matcher;
mod message;
mod number;
mod output;
mod pages;
mod plan;
mod program;
pub mod reference;
mod route;
mod row;
mod silence;
mod source;
mod state;
mod store;
mod time;
mod trace;
mod window;
pub mod yaml;

pub use apply::{Advance, Outcome};
pub use check::{Checked, LintLevels, check};
pub use codec::CodecError;
pub use definition::Definition;
pub use diagnostic::{CODES, Code, Diagnostic, Label, Severity};
pub use event::{Event, Rejection, Source};
pub use output::{Alert, AlertSeverity, EndReason, Output, Status};
pub use pages::{Page, page};
pub use plan::Plan;
pub use program::{AggregateRule, AlertRule, Program};
pub use route::{Route, Routes};
pub use row::{AggregateRow, Row, RowKey, WindowBounds};
pub use source::{Position, RawFile, SourceFile};
pub use state::KeyState;
pub use store::{Checkpoint, Input, MemoryStore, Snapshot, StateKey, Store, Stored, step};
pub use time::Time;
pub use trace::{Reason, Stage, Trace};

/// The largest rule file, in bytes.
pub const MAX_RULE_FILE_BYTES: usize = 4 << 20;
/// The largest event, in bytes: as large as a stream's record can be.
pub const MAX_EVENT_BYTES: usize = 10 << 20;
/// How deep lists and objects may nest in an event.
pub const MAX_EVENT_NESTING: usize = 64;
