//! The seam between the engine and whatever keeps its state.

mod calendar;
mod memory;
mod slab;

use ecow::EcoString;
use serde::{Deserialize, Serialize};

pub use memory::MemoryStore;

use crate::apply::Advance;
use crate::output::Output;
use crate::plan::Plan;
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
    /// Those of the plan's keys, in their order; `None` for a new key.
    pub states: Vec<Option<KeyState>>,
    /// Those of other keys that are due, none twice.
    pub due: Vec<(StateKey, KeyState)>,
    /// The plan's aggregate rows, in their order; `None` for a new one.
    pub rows: Vec<Option<Row>>,
}

/// What applying a plan changes; to be committed as one, together with the source position.
#[derive(Debug, Default)]
pub struct Checkpoint {
    /// The input after the plan.
    pub input: Input,
    /// Every state that was loaded or made: those of the plan's keys in their order, then the others.
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

    /// The keys whose timer lies before `until`, at most `limit` of them: the earliest.
    fn due(&mut self, until: Time, limit: usize) -> Result<Vec<StateKey>, Self::Error>;

    /// Loads the states of these keys, in their order; `None` for a key that has none.
    fn load(&mut self, keys: &[StateKey]) -> Result<Vec<Option<KeyState>>, Self::Error>;

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
    mut plan: Plan<'_>,
    advance: Advance,
) -> Result<Output, S::Error> {
    let input = store.input()?;
    plan.add_births(program, &input);
    let mut due = Vec::new();
    if let Some(until) = plan.progress(&input, advance) {
        due = store.due(until, usize::MAX)?;
        due.retain(|key| !plan.touches(key));
    }
    let states = store.load(plan.keys())?;
    let due_states = store.load(&due)?;
    let due = due.into_iter().zip(due_states);
    let rows = store.load_rows(plan.rows())?;
    let snapshot = Snapshot {
        input,
        states,
        due: due.filter_map(|(key, state)| Some((key, state?))).collect(),
        rows,
    };
    let outcome = program.apply(plan, snapshot, advance);
    store.commit(outcome.checkpoint)?;
    Ok(outcome.output)
}
