//! The oracle, the generators and the harness that the project's tests share.

pub mod fuzz;
pub mod generate;
pub mod oracle;
pub mod run;
