//! Parts of a plan: of some of its keys, or of some of its events.

use super::{Plan, Planned, Touch};
use crate::interned::{Interned, Name};
use crate::row::RowKey;
use crate::store::StateKey;
use crate::time::Time;

/// What a plan does to some of the keys, so that several parts can be applied side by side.
#[derive(Debug)]
pub struct Partition<'p, 'a> {
    pub(crate) plan: &'p Plan<'a>,
    /// How many of the plan's events, from the first on.
    events: usize,
    /// From which event on it fires alerts that need no state: for one event in so many, and which of them.
    fires_from: usize,
    number: usize,
    of: usize,
    keys: Share<'p, StateKey>,
    rows: Share<'p, RowKey>,
}

/// Some of a plan's events, keys and rows, for a shell whose states need not all be equally far.
#[derive(Debug, Clone, Default)]
pub struct Selection {
    /// How many of the plan's events, from the first on.
    pub events: usize,
    /// The first event that alerts which need no state have not fired for.
    pub fires_from: usize,
    /// Indices into [`Plan::keys`], each with the first event that its state does not hold.
    pub keys: Vec<(usize, usize)>,
    /// Indices into [`Plan::rows`], each with the first event that the row does not hold.
    pub rows: Vec<(usize, usize)>,
}

/// The first event of a plan for each of its keys and rows; of a key that no event touches, the number of events.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FirstEvents {
    /// For each of [`Plan::keys`].
    pub keys: Vec<usize>,
    /// For each of [`Plan::rows`].
    pub rows: Vec<usize>,
}

/// Those of a plan's keys that a part holds.
#[derive(Debug)]
enum Share<'p, K> {
    All(&'p [K]),
    Some {
        list: Vec<K>,
        /// Where each of the plan's keys stands in the list, and from which event on it takes part.
        places: Vec<(u32, u32)>,
    },
}

/// The first event of keys that take part in none.
const NEVER: u32 = u32::MAX;

impl<'p, K: Clone + Name> Share<'p, K> {
    fn new(keys: &'p Interned<K>, number: usize, of: usize) -> Share<'p, K> {
        if of == 1 {
            return Share::All(keys.list());
        }
        let mut places = Vec::with_capacity(keys.list().len());
        let mut mine = vec![0; keys.list().len() + 1];
        let mut count = 0;
        // Nothing depends on whose a key is but what is written: a guess would be wrong every other time.
        for (at, hash) in keys.hashes().iter().enumerate() {
            let is_mine = part_of(*hash, of) == number;
            mine[count] = at;
            places.push((count as u32, if is_mine { 0 } else { NEVER }));
            count += usize::from(is_mine);
        }
        let list = mine[..count].iter().map(|at| keys.list()[*at].clone());
        let list = list.collect();
        Share::Some { list, places }
    }

    /// These of the keys, each from some event on.
    fn select(keys: &'p [K], selected: &[(usize, usize)]) -> Share<'p, K> {
        let mut places = vec![(0, NEVER); keys.len()];
        let selected = selected.iter().zip(0..).map(|((key, from), place)| {
            places[*key] = (place, *from as u32);
            keys[*key].clone()
        });
        let list = selected.collect();
        Share::Some { list, places }
    }

    fn list(&self) -> &[K] {
        match self {
            Share::All(list) => list,
            Share::Some { list, .. } => list,
        }
    }

    fn place(&self, key: u32, event: usize) -> Option<usize> {
        match self {
            Share::All(_) => Some(key as usize),
            Share::Some { places, .. } => {
                let (place, from) = places[key as usize];
                (from as usize <= event).then_some(place as usize)
            }
        }
    }
}

/// Which of so many parts a key with this hash is in.
fn part_of(hash: u64, of: usize) -> usize {
    (((hash >> 32) * of as u64) >> 32) as usize
}

impl Partition<'_, '_> {
    /// The states that the events touch, as far as they are in this part, none twice.
    pub fn keys(&self) -> &[StateKey] {
        self.keys.list()
    }

    /// The aggregate rows that the events belong to, as far as they are in this part, none twice.
    pub fn rows(&self) -> &[RowKey] {
        self.rows.list()
    }

    /// How far timers are to run, and whether the events touch a state, are the plan's.
    pub fn plan(&self) -> &Plan<'_> {
        self.plan
    }

    /// Its events, in order.
    pub(crate) fn events(&self) -> &[Planned] {
        &self.plan.events[..self.events]
    }

    /// Whether it is this part that fires alerts that need no state for an event.
    pub(crate) fn fires(&self, event: usize) -> bool {
        event >= self.fires_from && event % self.of == self.number
    }

    /// Where one of the plan's keys stands among those of the part, if this event is for it.
    pub(crate) fn cell(&self, key: u32, event: usize) -> Option<usize> {
        self.keys.place(key, event)
    }

    /// Where one of the plan's rows stands among those of the part, if this event is for it.
    pub(crate) fn row(&self, row: u32, event: usize) -> Option<usize> {
        self.rows.place(row, event)
    }
}

impl<'a> Plan<'a> {
    /// All of it, as one part.
    pub fn whole(&self) -> Partition<'_, 'a> {
        self.partition(0, 1)
    }

    /// One of several parts, counted from 0: each key is in one of them, and in the same one in every plan of this process.
    ///
    /// It comes after [`Plan::add_births`].
    pub fn partition(&self, number: usize, of: usize) -> Partition<'_, 'a> {
        Partition {
            plan: self,
            events: self.len(),
            fires_from: 0,
            number,
            of,
            keys: Share::new(&self.keys, number, of),
            rows: Share::new(&self.rows, number, of),
        }
    }

    /// A part of some events, keys and rows.
    ///
    /// It comes after [`Plan::add_births`].
    pub fn select(&self, selection: &Selection) -> Partition<'_, 'a> {
        Partition {
            plan: self,
            events: selection.events.min(self.len()),
            fires_from: selection.fires_from,
            number: 0,
            of: 1,
            keys: Share::select(self.keys(), &selection.keys),
            rows: Share::select(self.rows(), &selection.rows),
        }
    }

    /// The first event for each key and row.
    pub fn first_events(&self) -> FirstEvents {
        let mut keys = vec![self.len(); self.keys().len()];
        let mut rows = vec![self.len(); self.rows().len()];
        let (mut touch, mut count) = (self.touches.len(), self.counts.len());
        // From the last event on, so that the first is what stays.
        for (index, _) in self.events.iter().enumerate().rev() {
            let before = index.checked_sub(1).map(|before| &self.events[before]);
            let (touches, counts) = before.map_or((0, 0), |event| (event.touches, event.counts));
            for touched in &self.touches[touches as usize..touch] {
                if let Touch::Group { key } = touched {
                    keys[*key as usize] = index;
                }
            }
            for row in &self.counts[counts as usize..count] {
                rows[*row as usize] = index;
            }
            (touch, count) = (touches as usize, counts as usize);
        }
        FirstEvents { keys, rows }
    }

    /// The arrival of each event, in order.
    pub fn arrivals(&self) -> impl ExactSizeIterator<Item = Time> {
        self.events.iter().map(|event| event.arrival)
    }
}
