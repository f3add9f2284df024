//! What must hold for any bytes: the checks behind the fuzz targets and the replay of their corpora.
//!
//! Each function takes the bytes that a fuzzer made and panics if something does not hold.

mod events;
mod parser;
mod rules;
pub mod seeds;
mod spans;
mod state;

pub use events::events;
pub use parser::parser;
pub use rules::rules;
pub use state::state;

/// A fuzz target: the check behind it.
pub type Target = fn(&[u8]);

/// The fuzz targets by name.
pub const TARGETS: [(&str, Target); 4] = [
    ("parser", parser),
    ("rules", rules),
    ("events", events),
    ("state", state),
];
