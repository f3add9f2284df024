//! Lints of how alerts begin, go on, end and are told.

mod routes;
mod summaries;
mod times;
mod until;

pub(super) use routes::*;
pub(super) use summaries::*;
pub(super) use times::*;
pub(super) use until::*;
