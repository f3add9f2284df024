//! The seam between the engine and whatever keeps its state.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::convert::Infallible;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::apply::Advance;
use crate::event::Event;
use crate::output::Output;
use crate::program::Program;
use crate::row::{Row, RowKey};
use crate::state::KeyState;
use crate::time::Time;

/// Names the state of one key of one alert; sorts by alert name, then by the key's bytes.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct StateKey {
    /// Index of the alert in the program, which sorts alerts by name.
    pub alert: u32,
    /// The canonical JSON array of the values of `by`.
    pub key: Arc<str>,
}

/// What is known of the input as a whole.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Input {
    /// The newest arrival so far; timers before it have run.
    pub progress: Option<Time>,
    /// The program that last took an event; another one has alerts whose one key is yet to be born.
    pub program: Option<[u8; 16]>,
}

/// The states that a plan needs; keys without one are new.
#[derive(Debug, Default)]
pub struct Snapshot {
    /// The input before the plan.
    pub input: Input,
    /// The states, in any order.
    pub states: Vec<(StateKey, KeyState)>,
    /// The aggregate rows, in any order.
    pub rows: Vec<(RowKey, Row)>,
}

/// What applying a plan changes; to be committed as one, together with the source position.
#[derive(Debug, Default)]
pub struct Checkpoint {
    /// The input after the plan.
    pub input: Input,
    /// Every state that was loaded or made, in order.
    pub states: Vec<Stored>,
    /// Every aggregate row that an event was added to.
    pub rows: Vec<(RowKey, Row)>,
}

/// A state to store.
#[derive(Debug)]
pub struct Stored {
    /// Whose it is.
    pub key: StateKey,
    /// The state; `None` if the key is forgotten.
    pub state: Option<KeyState>,
    /// When it is due without an event.
    pub timer: Option<Time>,
}

/// Keeps states between batches.
///
/// A shell that cannot call it in place (an asynchronous one) does the same four steps with the same
/// data: plan, load what the plan names and what is due, apply, commit.
pub trait Store {
    /// What can go wrong.
    type Error;

    /// What is known of the input.
    fn input(&mut self) -> Result<Input, Self::Error>;

    /// The keys whose timer lies before `until`, at most `limit` of them, earliest first.
    fn due(&mut self, until: Time, limit: usize) -> Result<Vec<StateKey>, Self::Error>;

    /// Loads the states of the keys that have one.
    fn load(&mut self, keys: &[StateKey]) -> Result<Vec<(StateKey, KeyState)>, Self::Error>;

    /// Loads the aggregate rows that there are of these.
    fn load_rows(&mut self, keys: &[RowKey]) -> Result<Vec<(RowKey, Row)>, Self::Error>;

    /// Stores a checkpoint whole or not at all.
    fn commit(&mut self, checkpoint: Checkpoint) -> Result<(), Self::Error>;
}

/// Runs one batch of events against a store: plan, load, apply, commit.
///
/// What it returns may be sent: the store has committed it.
pub fn step<S: Store>(
    program: &Program,
    store: &mut S,
    events: Vec<Event<'_>>,
    advance: Advance,
) -> Result<Output, S::Error> {
    let input = store.input()?;
    let plan = program.plan(events, &input);
    let mut keys = plan.keys().to_vec();
    if let Some(until) = plan.progress(advance) {
        keys.extend(store.due(until, usize::MAX)?);
        keys.sort_unstable();
        keys.dedup();
    }
    let states = store.load(&keys)?;
    let rows = store.load_rows(plan.rows())?;
    let snapshot = Snapshot {
        input,
        states,
        rows,
    };
    let outcome = program.apply(plan, snapshot, advance);
    store.commit(outcome.checkpoint)?;
    Ok(outcome.output)
}

/// Keeps states in memory, for as long as the program runs.
#[derive(Debug, Default)]
pub struct MemoryStore {
    input: Input,
    states: HashMap<StateKey, (KeyState, Option<Time>)>,
    timers: BTreeSet<(Time, StateKey)>,
    rows: BTreeMap<RowKey, Row>,
}

impl MemoryStore {
    /// An empty store.
    pub fn new() -> Self {
        Self::default()
    }

    /// How many keys have a state.
    pub fn len(&self) -> usize {
        self.states.len()
    }

    /// The aggregate rows, by aggregate, window and key.
    pub fn rows(&self) -> impl Iterator<Item = (&RowKey, &Row)> {
        self.rows.iter()
    }

    /// Whether no key has a state.
    pub fn is_empty(&self) -> bool {
        self.states.is_empty()
    }
}

impl Store for MemoryStore {
    type Error = Infallible;

    fn input(&mut self) -> Result<Input, Infallible> {
        Ok(self.input)
    }

    fn due(&mut self, until: Time, limit: usize) -> Result<Vec<StateKey>, Infallible> {
        let due = self.timers.iter().take_while(|(time, _)| *time < until);
        Ok(due.take(limit).map(|(_, key)| key.clone()).collect())
    }

    /// Hands the states out; the commit that follows brings them back.
    fn load(&mut self, keys: &[StateKey]) -> Result<Vec<(StateKey, KeyState)>, Infallible> {
        let states = &mut self.states;
        let timers = &mut self.timers;
        Ok(keys
            .iter()
            .filter_map(|key| {
                let (key, (state, timer)) = states.remove_entry(key)?;
                let mut entry = (Time::MAX, key);
                if let Some(timer) = timer {
                    entry.0 = timer;
                    timers.remove(&entry);
                }
                Some((entry.1, state))
            })
            .collect())
    }

    /// Hands the rows out; the commit that follows brings them back.
    fn load_rows(&mut self, keys: &[RowKey]) -> Result<Vec<(RowKey, Row)>, Infallible> {
        let rows = keys.iter().filter_map(|key| self.rows.remove_entry(key));
        Ok(rows.collect())
    }

    fn commit(&mut self, checkpoint: Checkpoint) -> Result<(), Infallible> {
        self.rows.extend(checkpoint.rows);
        self.input = checkpoint.input;
        for Stored { key, state, timer } in checkpoint.states {
            if let Some(state) = state {
                if let Some(timer) = timer {
                    self.timers.insert((timer, key.clone()));
                }
                self.states.insert(key, (state, timer));
            }
        }
        Ok(())
    }
}
