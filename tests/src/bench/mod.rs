//! The workload of the benchmarks: events, rules, the yardstick, and the one place that runs the engine.
//!
//! The programs in `tests/benches/` are made of these.

mod drive;
mod events;
mod options;
mod projection;
mod rules;
mod table;

pub use drive::drive;
pub use events::{Events, Generator, Shape, TYPES, Users, Workload};
pub use options::Options;
pub use projection::{Seen, eighteen, ignored, six};
pub use rules::{Rule, Term, Test, alerting, kind, yaml};
pub use table::{Runner, Table, interleave};

/// How many events are decoded and run at a time.
pub const BATCH: usize = 1_024;
