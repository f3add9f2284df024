//! The functions in a world that fails: a stream, tables and topics in memory, and the rules by which Lambda polls.

pub mod chaos;
pub mod poller;
pub mod scenario;
pub mod tasks;
mod verdict;
pub mod world;
