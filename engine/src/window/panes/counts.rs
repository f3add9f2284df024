//! Panes that count: an event more or less is a byte or two, and the count of all is at hand.

use smallvec::SmallVec;

use crate::pool::Pool;
use crate::wire;

/// The counts of panes, oldest first, none of them 0.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct Counts {
    /// The number of the oldest pane.
    oldest: i64,
    /// The number of the newest pane.
    newest: i64,
    /// The count of the newest pane; 0 if there is none.
    last: u64,
    /// The count of all panes.
    total: u64,
    /// The panes before the newest, oldest first: the count of each, doubled; one more if the next pane does not follow
    /// at once, and then how much further it is.
    older: Older,
}

type Older = SmallVec<[u8; INLINE]>;

/// So many bytes of panes are not worth memory of their own.
const INLINE: usize = 24;

/// The memory of counts that are gone, as far as they had any beside themselves.
pub(super) type SpareCounts = Pool<Older>;

/// How many panes there are, as written.
const NONE: u8 = 0;
const ONE: u8 = 1;
const SEVERAL: u8 = 2;

/// The highest count: it would take longer than the world stands to get there.
const MOST: u64 = i64::MAX as u64;

impl Counts {
    /// The most bytes that they take, if they are at most so many.
    pub(super) fn max_bytes(panes: i64) -> i64 {
        // How many, the number of the first, the length of the others; nine for a count, but for one that is more
        // than half of the highest total. Where a distance takes bytes, there is a pane less.
        1 + 10 + 3 + 9 * panes + 1
    }

    /// The bytes of memory that they take beside themselves.
    pub(super) fn memory(&self) -> usize {
        match self.older.spilled() {
            true => self.older.capacity(),
            false => 0,
        }
    }

    pub(super) fn total(&self) -> u64 {
        self.total
    }

    pub(super) fn oldest(&self) -> Option<i64> {
        (self.last > 0).then_some(self.oldest)
    }

    /// The number and the count of each pane, oldest first.
    pub(super) fn panes(&self) -> impl Iterator<Item = (i64, u64)> {
        let mut rest = &self.older[..];
        let mut number = self.oldest;
        let older = std::iter::from_fn(move || {
            let (count, distance) = take_pane(&mut rest)?;
            let pane = (number, count);
            number = number.saturating_add(distance);
            Some(pane)
        });
        let newest = (self.last > 0).then_some((self.newest, self.last));
        older.chain(newest)
    }

    /// Counts an event in a pane.
    pub(super) fn add(&mut self, number: i64) {
        if self.total == MOST {
            return;
        }
        if self.last == 0 {
            self.oldest = number;
            self.newest = number;
        } else if number > self.newest {
            self.append_newest(number);
        } else if number < self.newest {
            return self.add_late(number);
        }
        self.last += 1;
        self.total += 1;
    }

    /// Counts so many events in the newest pane or a newer one.
    #[cfg(test)]
    pub(super) fn add_many(&mut self, number: i64, count: u64) {
        self.add(number);
        self.last += count - 1;
        self.total += count - 1;
    }

    /// Makes another pane the newest, with no count yet.
    fn append_newest(&mut self, number: i64) {
        put_pane(&mut self.older, self.last, number - self.newest);
        self.newest = number;
        self.last = 0;
    }

    fn add_late(&mut self, number: i64) {
        let mut panes: SmallVec<[(i64, u64); 64]> = self.panes().collect();
        match panes.binary_search_by_key(&number, |pane| pane.0) {
            Ok(at) => panes[at].1 += 1,
            Err(at) => panes.insert(at, (number, 1)),
        }
        self.oldest = panes[0].0;
        self.newest = self.oldest;
        self.last = 0;
        self.older.clear();
        for (number, count) in panes {
            if number > self.newest {
                self.append_newest(number);
            }
            self.last = count;
        }
        self.total += 1;
    }

    /// Drops the panes before `oldest`.
    pub(super) fn expire(&mut self, oldest: i64) {
        if self.oldest >= oldest || self.last == 0 {
            return;
        }
        let mut rest = &self.older[..];
        while self.oldest < oldest {
            match take_pane(&mut rest) {
                Some((count, distance)) => {
                    self.oldest = self.oldest.saturating_add(distance);
                    self.total = self.total.saturating_sub(count);
                }
                None => return *self = Counts::default(),
            }
        }
        let dropped = self.older.len() - rest.len();
        self.older.drain(..dropped);
    }

    pub(super) fn write(&self, bytes: &mut Vec<u8>) {
        if self.last == 0 {
            return bytes.push(NONE);
        }
        bytes.push(if self.older.is_empty() { ONE } else { SEVERAL });
        wire::put_signed(bytes, self.oldest);
        if !self.older.is_empty() {
            wire::put_integer(bytes, self.older.len() as u64);
            bytes.extend_from_slice(&self.older);
        }
        wire::put_integer(bytes, self.last);
    }

    /// Reads what [`Counts::write`] wrote.
    pub(super) fn read(bytes: &mut &[u8], spare: &mut SpareCounts) -> Option<Counts> {
        let (&panes, rest) = bytes.split_first()?;
        *bytes = rest;
        if panes == NONE {
            return Some(Counts::default());
        }
        let oldest = wire::take_signed(bytes)?;
        let older: &[u8] = match panes {
            ONE => &[],
            SEVERAL => {
                let length = usize::try_from(wire::take_integer(bytes)?).ok()?;
                let (older, rest) = bytes.split_at_checked(length)?;
                *bytes = rest;
                older
            }
            _ => return None,
        };
        let last = wire::take_integer(bytes)?;
        let (mut newest, mut total, mut rest): (i64, u64, _) = (oldest, last, older);
        let mut is_sound = last > 0;
        while !rest.is_empty() {
            let (count, distance) = take_pane(&mut rest)?;
            newest = newest.checked_add(distance)?;
            total = total.checked_add(count)?;
            is_sound &= count > 0;
        }
        if !is_sound || total > MOST {
            return None;
        }
        let older = match older.len() <= INLINE {
            true => Older::from_slice(older),
            false => {
                let mut memory = spare.take().unwrap_or_default();
                memory.extend_from_slice(older);
                memory
            }
        };
        Some(Counts {
            oldest,
            newest,
            last,
            total,
            older,
        })
    }

    #[inline]
    pub(super) fn has_memory(&self) -> bool {
        self.older.spilled()
    }

    /// Leaves their memory for others.
    pub(super) fn leave(&mut self, spare: &mut SpareCounts) {
        if self.has_memory() {
            self.older.clear();
            spare.put(std::mem::take(&mut self.older));
        }
    }
}

fn put_pane(bytes: &mut Older, count: u64, distance: i64) {
    let further = distance.unsigned_abs() - 1;
    let head = (count << 1) | u64::from(further > 0);
    put_integer(bytes, head);
    if further > 0 {
        put_integer(bytes, further);
    }
}

fn put_integer(bytes: &mut Older, mut integer: u64) {
    while integer >= 0x80 {
        bytes.push(integer as u8 | 0x80);
        integer >>= 7;
    }
    bytes.push(integer as u8);
}

/// Takes a pane off the front: its count, and how far the next one is.
fn take_pane(bytes: &mut &[u8]) -> Option<(u64, i64)> {
    let head = wire::take_integer(bytes)?;
    let further = match head & 1 {
        0 => 0,
        _ => i64::try_from(wire::take_integer(bytes)?).ok()?,
    };
    Some((head >> 1, further.checked_add(1)?))
}
