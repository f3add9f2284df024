//! What turns the records of a stream into events, and events into what is stored and sent.
//!
//! [`invocation`] reads what a function is called with, [`payload`] what a record holds. [`alert`] keeps the states of alerts and
//! sends messages; [`transform`] stores events and aggregate rows. What they need of the world are the traits of [`store`].

pub mod alert;
#[cfg(feature = "aws")]
pub mod aws;
pub mod batch;
pub mod call;
pub mod drawing;
#[cfg(feature = "functions")]
pub mod function;
pub mod invocation;
pub mod item;
pub mod metrics;
pub mod notification;
pub mod payload;
pub mod quarantine;
pub mod row_item;
pub mod sequence;
pub mod store;
pub mod transform;
