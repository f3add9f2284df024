//! The language reference, `grammar/REFERENCE.md`: its examples are run and its tables made from the engine.

pub mod blocks;
pub mod cells;
mod lints;
pub mod tables;

pub use lints::lints;

/// Puts into the text what its examples and tables give.
pub fn brought_up_to_date(text: &str) -> String {
    blocks::run(&tables::fill(text))
}
