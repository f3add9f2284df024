//! The bytes of a key's state, in storage and in the memory of a process.
//!
//! A byte says which of the parts there are and what the short ones are; the parts follow: the clock; how long
//! before it the newest event was; since when the key is pending, or its episode; its past; and, for each
//! window, a byte that says whether more follow, and the panes.

use smallvec::SmallVec;

use super::{Evaluated, KeyState, Phase};
use crate::time::Time;
use crate::window::Panes;
use crate::wire;

// Two bits each for what the last evaluation saw, the phase, and the newest event.
const PHASE: u32 = 2;
const NEWEST: u32 = 4;
const HAS_PAST: u8 = 1 << 6;
const HAS_WINDOWS: u8 = 1 << 7;

const NO_NEWEST: u8 = 0;
const NEWEST_IS_CLOCK: u8 = 1;
const NEWEST_BEFORE_CLOCK: u8 = 2;

const INACTIVE: u8 = 0;
const PENDING: u8 = 1;
const FIRING: u8 = 2;

impl KeyState {
    /// Appends the stored form.
    pub(crate) fn write(&self, bytes: &mut Vec<u8>) {
        let evaluated = match self.evaluated {
            Evaluated::Never => 0,
            Evaluated::WithFields => 1,
            Evaluated::WithoutFields => 2,
        };
        let phase = match self.phase {
            Phase::Inactive => INACTIVE,
            Phase::Pending { .. } => PENDING,
            Phase::Firing(_) => FIRING,
        };
        let newest = match self.newest {
            None => NO_NEWEST,
            Some(newest) if newest == self.clock => NEWEST_IS_CLOCK,
            Some(_) => NEWEST_BEFORE_CLOCK,
        };
        let mut head = evaluated | phase << PHASE | newest << NEWEST;
        if self.past.is_some() {
            head |= HAS_PAST;
        }
        if !self.windows.is_empty() {
            head |= HAS_WINDOWS;
        }
        bytes.push(head);
        wire::put_signed(bytes, self.clock.0);
        if let (NEWEST_BEFORE_CLOCK, Some(newest)) = (newest, self.newest) {
            wire::put_integer(bytes, self.clock.0.wrapping_sub(newest.0).cast_unsigned());
        }
        match &self.phase {
            Phase::Inactive => {}
            Phase::Pending { since } => wire::put(bytes, since),
            Phase::Firing(firing) => wire::put(bytes, firing),
        }
        if let Some(past) = &self.past {
            wire::put(bytes, past);
        }
        let count = self.windows.len();
        for (panes, number) in self.windows.iter().zip(1..) {
            bytes.push(u8::from(number < count));
            panes.write(bytes);
        }
    }

    /// Takes what [`KeyState::write`] wrote off the front; `None` for what it cannot have written.
    pub(crate) fn read(bytes: &mut &[u8]) -> Option<KeyState> {
        let (&head, rest) = bytes.split_first()?;
        *bytes = rest;
        let evaluated = match head & 3 {
            0 => Evaluated::Never,
            1 => Evaluated::WithFields,
            2 => Evaluated::WithoutFields,
            _ => return None,
        };
        let clock = Time(wire::take_signed(bytes)?);
        let newest = match head >> NEWEST & 3 {
            NO_NEWEST => None,
            NEWEST_IS_CLOCK => Some(clock),
            NEWEST_BEFORE_CLOCK => {
                let before = wire::take_integer(bytes)?;
                Some(Time(clock.0.checked_sub_unsigned(before)?))
            }
            _ => return None,
        };
        let phase = match head >> PHASE & 3 {
            INACTIVE => Phase::Inactive,
            PENDING => Phase::Pending {
                since: wire::take(bytes)?,
            },
            FIRING => Phase::Firing(wire::take(bytes)?),
            _ => return None,
        };
        let past = match head & HAS_PAST {
            0 => None,
            _ => Some(wire::take(bytes)?),
        };
        let mut windows = SmallVec::new();
        let mut more = head & HAS_WINDOWS > 0;
        while more {
            more = wire::take(bytes)?;
            windows.push(Panes::read(bytes)?);
        }
        Some(KeyState {
            clock,
            newest,
            evaluated,
            phase,
            past,
            windows,
        })
    }
}
