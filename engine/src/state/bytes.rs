//! The bytes of a key's state, in storage and in the memory of a process.
//!
//! A byte says which of the parts there are and what the short ones are; the parts follow: the clock; how long
//! before it the newest event was; since when the key is pending, or its episode; its past; and, for each
//! window, a byte that says what follows, and the panes. In memory only, the lives of further alerts may come last: how
//! many there are, and those that differ from the first.

use smallvec::SmallVec;

use super::{Evaluated, KeyState, Life, Phase, Spare};
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

// After a window: nothing, another window, or further lives.
const LAST: u8 = 0;
const MORE: u8 = 1;
const LIVES: u8 = 2;

impl KeyState {
    /// Appends the stored form.
    pub(crate) fn write(&self, bytes: &mut Vec<u8>) {
        let clock = self.life.clock;
        let newest = match self.newest {
            None => NO_NEWEST,
            Some(newest) if newest == clock => NEWEST_IS_CLOCK,
            Some(_) => NEWEST_BEFORE_CLOCK,
        };
        let mut head = self.life.head() | newest << NEWEST;
        if !self.windows.is_empty() {
            head |= HAS_WINDOWS;
        }
        bytes.push(head);
        wire::put_signed(bytes, clock.0);
        if let (NEWEST_BEFORE_CLOCK, Some(newest)) = (newest, self.newest) {
            wire::put_integer(bytes, clock.0.wrapping_sub(newest.0).cast_unsigned());
        }
        self.life.write(bytes);
        let count = self.windows.len();
        for (panes, number) in self.windows.iter().zip(1..) {
            bytes.push(match number < count {
                true => MORE,
                false if self.others.is_empty() => LAST,
                false => LIVES,
            });
            panes.write(bytes);
        }
        if !self.others.is_empty() {
            self.write_others(bytes);
        }
    }

    /// Appends how many further lives there are, and each that is not like the first behind its number.
    fn write_others(&self, bytes: &mut Vec<u8>) {
        wire::put_integer(bytes, self.others.len() as u64);
        let others = self.others.iter().zip(1..);
        let differ = others.filter(|(life, _)| **life != self.life);
        for (life, number) in differ {
            wire::put_integer(bytes, number);
            bytes.push(life.head());
            wire::put_signed(bytes, life.clock.0);
            life.write(bytes);
        }
        bytes.push(0);
    }

    /// Takes what [`KeyState::write`] wrote off the front; `None` for what it cannot have written, or for a state with
    /// more than so many further lives. It takes the memory that it needs from what others have left.
    pub(crate) fn read(
        bytes: &mut &[u8],
        most_others: usize,
        spare: &mut Spare,
    ) -> Option<KeyState> {
        let head = wire::take_byte(bytes)?;
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
        let life = Life::read(head, clock, bytes, spare)?;
        let mut windows = SmallVec::new();
        let mut follows = if head & HAS_WINDOWS > 0 { MORE } else { LAST };
        while follows == MORE {
            follows = wire::take_byte(bytes)?;
            let panes = Panes::read(bytes, &mut spare.panes)?;
            if windows.len() == 1
                && let Some(memory) = spare.windows.take()
            {
                let first = std::mem::replace(&mut windows, memory);
                windows.extend(first);
            }
            windows.push(panes);
        }
        let others = match follows {
            LAST => Vec::new(),
            LIVES => read_others(&life, most_others, bytes, spare)?,
            _ => return None,
        };
        Some(KeyState {
            newest,
            windows,
            life,
            others,
        })
    }
}

/// Reads what [`KeyState::write_others`] wrote.
fn read_others(
    first: &Life,
    most: usize,
    bytes: &mut &[u8],
    spare: &mut Spare,
) -> Option<Vec<Life>> {
    let count = usize::try_from(wire::take_integer(bytes)?).ok()?;
    if count > most {
        return None;
    }
    let mut others = spare.lives.take().unwrap_or_default();
    for _ in 0..count {
        others.push(first.copy(spare));
    }
    loop {
        let number = usize::try_from(wire::take_integer(bytes)?).ok()?;
        let Some(at) = number.checked_sub(1) else {
            return Some(others);
        };
        let head = wire::take_byte(bytes)?;
        let clock = Time(wire::take_signed(bytes)?);
        let life = others.get_mut(at)?;
        life.leave(spare);
        *life = Life::read(head, clock, bytes, spare)?;
    }
}

impl Life {
    /// What the first byte says of it.
    fn head(&self) -> u8 {
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
        let past = if self.past.is_some() { HAS_PAST } else { 0 };
        evaluated | phase << PHASE | past
    }

    /// Appends what is beside its head and its clock.
    #[inline]
    fn write(&self, bytes: &mut Vec<u8>) {
        match &self.phase {
            Phase::Inactive => {}
            Phase::Pending { since } => wire::put(bytes, since),
            Phase::Firing(firing) => wire::put(bytes, firing),
        }
        if let Some(past) = &self.past {
            wire::put(bytes, past);
        }
    }

    #[inline]
    fn read(head: u8, clock: Time, bytes: &mut &[u8], spare: &mut Spare) -> Option<Life> {
        let evaluated = match head & 3 {
            0 => Evaluated::Never,
            1 => Evaluated::WithFields,
            2 => Evaluated::WithoutFields,
            _ => return None,
        };
        let phase = match head >> PHASE & 3 {
            INACTIVE => Phase::Inactive,
            PENDING => Phase::Pending {
                since: wire::take(bytes)?,
            },
            FIRING => Phase::Firing(spare.firings.boxed(wire::take(bytes)?)),
            _ => return None,
        };
        let past = match head & HAS_PAST {
            0 => None,
            _ => Some(spare.pasts.boxed(wire::take(bytes)?)),
        };
        Some(Life {
            clock,
            evaluated,
            phase,
            past,
        })
    }
}
