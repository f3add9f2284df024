//! The oracle, the generators, the harness and the language reference, as the tests use them.

pub mod aws;
pub mod bench;
pub mod fuzz;
pub mod generate;
pub mod oracle;
pub mod reference;
pub mod run;
