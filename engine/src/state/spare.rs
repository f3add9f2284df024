//! The memory of states that are gone, for those that are read next.

use smallvec::SmallVec;

use super::KeyState;
use super::life::{Firing, Life, Past, Phase};
use crate::pool::Pool;
use crate::window::{Panes, SparePanes};

/// Memory that states have left.
///
/// A state that is packed between batches is read anew for nearly every event, and would allocate all that it has beside
/// itself each time.
#[derive(Debug, Default)]
pub(crate) struct Spare {
    pub(super) firings: Pool<Box<Firing>>,
    pub(super) pasts: Pool<Box<Past>>,
    pub(super) windows: Pool<SmallVec<[Panes; 1]>>,
    pub(super) lives: Pool<Vec<Life>>,
    pub(super) panes: SparePanes,
}

impl KeyState {
    /// Leaves its memory for others; it is no state then.
    #[inline]
    pub(crate) fn leave(&mut self, spare: &mut Spare) {
        // Most have nothing beside themselves.
        if self.life.past.is_some()
            || !self.others.is_empty()
            || self.windows.spilled()
            || self.windows.first().is_some_and(Panes::has_memory)
        {
            self.leave_memory(spare);
        }
    }

    #[inline(never)]
    fn leave_memory(&mut self, spare: &mut Spare) {
        for panes in &mut self.windows {
            panes.leave(&mut spare.panes);
        }
        if self.windows.spilled() {
            self.windows.clear();
            spare.windows.put(std::mem::take(&mut self.windows));
        }
        self.life.leave(spare);
        if !self.others.is_empty() {
            let mut others = std::mem::take(&mut self.others);
            others.drain(..).for_each(|mut life| life.leave(spare));
            spare.lives.put(others);
        }
    }

    /// Gives back memory that is not needed as long as no event comes.
    pub(crate) fn shed(&mut self) {
        self.windows.iter_mut().for_each(Panes::shed);
    }
}

impl Life {
    /// As [`Clone::clone`], in memory that others have left.
    pub(super) fn copy(&self, spare: &mut Spare) -> Life {
        let phase = match &self.phase {
            Phase::Inactive => Phase::Inactive,
            Phase::Pending { since } => Phase::Pending { since: *since },
            Phase::Firing(firing) => Phase::Firing(spare.firings.boxed(**firing)),
        };
        let past = self.past.as_deref();
        Life {
            phase,
            past: past.map(|past| spare.pasts.boxed(past.clone())),
            ..*self
        }
    }

    /// Leaves its memory for others; it is no life then. One without a past has none.
    pub(super) fn leave(&mut self, spare: &mut Spare) {
        if let Some(past) = self.past.take() {
            spare.pasts.put(past);
        }
        if let Phase::Firing(firing) = std::mem::replace(&mut self.phase, Phase::Inactive) {
            spare.firings.put(firing);
        }
    }
}
