//! The oracle, the generators and the harness that the project's tests share.

pub mod run;
