//! The seam between the engine and whatever keeps its state.

mod calendar;
mod memory;
mod slab;

use ecow::EcoString;
use serde::{Deserialize, Serialize};

pub use memory::MemoryStore;

use crate::apply::{Advance, Told};
use crate::interned::Name;
use crate::output::Output;
use crate::plan::{Partition, Plan};
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
    pub key: EcoString,
}

impl Name for StateKey {
    type Of = u32;

    fn new(alert: u32, key: EcoString) -> StateKey {
        StateKey { alert, key }
    }

    fn of(&self) -> u32 {
        self.alert
    }

    fn key(&self) -> &str {
        &self.key
    }

    fn into_key(self) -> EcoString {
        self.key
    }
}

/// What is known of the input as a whole.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Input {
    /// The newest arrival so far; timers before it have run.
    pub progress: Option<Time>,
    /// The program that last took an event; another one has alerts whose one key is yet to be born.
    pub program: Option<[u8; 16]>,
}

/// The states that a plan needs.
#[derive(Debug, Default)]
pub struct Snapshot {
    /// The input before the plan.
    pub input: Input,
    /// Those of the plan's keys, in their order; then those of other keys that are due, none twice.
    pub states: Vec<Stored>,
    /// The plan's aggregate rows, in their order; `None` for a new one.
    pub rows: Vec<Option<Row>>,
}

/// What applying a plan changes; to be committed as one, together with the source position.
#[derive(Debug, Default)]
pub struct Checkpoint {
    /// The input after the plan.
    pub input: Input,
    /// The states of the snapshot, in their order.
    pub states: Vec<Stored>,
    /// Every aggregate row that an event was added to.
    pub rows: Vec<(RowKey, Row)>,
}

/// The place of a key's state.
#[derive(Debug)]
pub struct Stored {
    /// Whose it is.
    pub key: StateKey,
    /// The state; `None` if the key has none yet, or is forgotten.
    pub state: Option<KeyState>,
    /// When it is due without an event; to be stored beside it, and nothing to [`Program::apply`].
    pub timer: Option<Time>,
}

impl Stored {
    /// The state of a key, as loaded.
    pub fn new(key: StateKey, state: Option<KeyState>) -> Stored {
        Stored {
            key,
            state,
            timer: None,
        }
    }
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

    /// The keys whose timer lies before `until`, at most `limit` of them: the earliest.
    fn due(&mut self, until: Time, limit: usize) -> Result<Vec<StateKey>, Self::Error>;

    /// Adds the states of these keys to `states`, in their order.
    fn load(&mut self, keys: &[StateKey], states: &mut Vec<Stored>) -> Result<(), Self::Error>;

    /// Loads these aggregate rows, in their order; `None` for one that there is not.
    fn load_rows(&mut self, keys: &[RowKey]) -> Result<Vec<Option<Row>>, Self::Error>;

    /// Stores a checkpoint whole or not at all.
    fn commit(&mut self, checkpoint: Checkpoint) -> Result<(), Self::Error>;
}

/// Runs one batch of planned events against a store: load, apply, commit.
///
/// What it returns may be sent: the store has committed it.
pub fn step<S: Store>(
    program: &Program,
    store: &mut S,
    plan: &mut Plan<'_>,
    advance: Advance,
) -> Result<Output, S::Error> {
    let input = store.input()?;
    plan.add_births(program, &input);
    let told = step_partition(program, store, &plan.whole(), advance)?;
    Ok(Told::merge([told]))
}

/// As [`step`], of a part of a plan that knows its births, on the store of that part.
///
/// # Errors
///
/// Those of the store.
pub fn step_partition<S: Store>(
    program: &Program,
    store: &mut S,
    partition: &Partition<'_, '_>,
    advance: Advance,
) -> Result<Told, S::Error> {
    let input = store.input()?;
    let mut due = Vec::new();
    if let Some(until) = partition.plan.progress(&input, advance) {
        due = store.due(until, usize::MAX)?;
        due.retain(|key| !partition.plan.touches(key));
    }
    let mut states = Vec::with_capacity(partition.keys().len() + due.len());
    store.load(partition.keys(), &mut states)?;
    store.load(&due, &mut states)?;
    let rows = store.load_rows(partition.rows())?;
    let snapshot = Snapshot {
        input,
        states,
        rows,
    };
    let (checkpoint, told) = program.apply_partition(partition, snapshot, advance);
    store.commit(checkpoint)?;
    Ok(told)
}
