//! What turns the records of a stream into events, and events into what is stored and sent.
//!
//! [`invocation`] reads what a function is called with, [`payload`] what a record holds.

pub mod invocation;
pub mod payload;
