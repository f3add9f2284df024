//! A call of a function: its time, and how long it may take.

use std::sync::Arc;

use tripline_engine::Time;

use crate::sequence::Sequence;

/// A call of a function.
pub struct Call<'c> {
    /// Names it: no other call has the same.
    pub id: Arc<str>,
    /// When it began.
    pub now: Time,
    /// When it is over at the latest, even if it is cut off.
    pub ends: Time,
    /// Whether so little of its time is left that nothing new is to be begun.
    pub is_late: &'c dyn Fn() -> bool,
}

/// The first record of a shard that is to be delivered again, with all that follow.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Failed(pub Sequence);
