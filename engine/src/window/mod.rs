//! Windows: the events of a group, added up in panes.

mod frame;
mod panes;

pub(crate) use frame::Frame;
pub(crate) use panes::{Panes, SparePanes};

use crate::aggregate::Aggregate;
use crate::eval::Scope;
use crate::event::Datum;
use crate::program::{AlertRule, Node};
use crate::time::Time;

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

/// The windows of one key at one moment.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Readings<'v> {
    windows: &'v [Window],
    /// Where the panes of each window stand.
    places: &'v [u32],
    panes: &'v [Panes],
    clock: Time,
}

impl<'v> Readings<'v> {
    /// Of no windows.
    pub(crate) const NONE: Readings<'static> = Readings {
        windows: &[],
        places: &[],
        panes: &[],
        clock: Time::MIN,
    };

    pub(crate) fn new(rule: &'v AlertRule, panes: &'v [Panes], clock: Time) -> Readings<'v> {
        Readings {
            windows: &rule.windows,
            places: &rule.places,
            panes,
            clock,
        }
    }

    /// The value of a window; unread if there is none of this number.
    pub(crate) fn value(self, window: usize) -> Datum<'v> {
        let place = self.places.get(window);
        let panes = place.and_then(|place| self.panes.get(*place as usize));
        match (panes, self.windows.get(window)) {
            (Some(panes), Some(window)) => panes.value(window, self.clock),
            _ => Datum::Unread,
        }
    }
}

impl Window {
    /// What an event adds; none if it does not count.
    pub(crate) fn contribution<'v>(&'v self, scope: Scope<'v>) -> Option<Datum<'v>> {
        let counts = self
            .filter
            .as_ref()
            .is_none_or(|filter| scope.condition(filter) == Datum::Bool(true));
        let value = self.value.as_ref();
        counts.then(|| value.map_or(Datum::Unread, |value| scope.eval(value)))
    }

    /// The most bytes that its panes take in stored state.
    pub(crate) fn max_bytes(&self) -> i64 {
        Panes::max_bytes(self.aggregate, self.frame)
    }
}
