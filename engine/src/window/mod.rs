//! Windows: the events of a group, added up in panes.

mod frame;
mod panes;

pub(crate) use frame::Frame;
pub(crate) use panes::Panes;

use crate::aggregate::Aggregate;
use crate::program::Node;

/// A window of an alert: what it adds up and for how long.
#[derive(Debug)]
pub(crate) struct Window {
    /// Its canonical text, the key of its value in an alert's evidence.
    pub(crate) text: String,
    pub(crate) aggregate: Aggregate,
    pub(crate) value: Option<Node>,
    pub(crate) filter: Option<Node>,
    pub(crate) frame: Frame,
}

impl Window {
    /// The most bytes that its panes take in stored state.
    pub(crate) fn max_bytes(&self) -> i64 {
        Panes::max_bytes(self.aggregate, self.frame)
    }
}
