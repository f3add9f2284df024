//! The store of a test: it keeps bytes.

use std::collections::BTreeMap;
use std::convert::Infallible;

use crate::apply::{Advance, Told};
use crate::codec::CodecError;
use crate::output::Output;
use crate::plan::{Plan, Selection};
use crate::program::Program;
use crate::row::{AggregateRow, Row, RowKey};
use crate::state::KeyState;
use crate::store::{Checkpoint, Input, StateKey, Store, Stored, step_partition};
use crate::time::Time;

/// Runs a plan against a store that holds what its first events did.
pub(super) fn step_from(
    program: &Program,
    store: &mut Bytes<'_>,
    plan: &mut Plan<'_>,
    held: usize,
    advance: Advance,
) -> Output {
    let Ok(input) = store.input();
    plan.add_births(program, &input);
    let from = |number: usize| (0..number).map(|index| (index, held)).collect();
    let selection = Selection {
        events: plan.len(),
        fires_from: held,
        keys: from(plan.keys().len()),
        rows: from(plan.rows().len()),
    };
    let Ok(told) = step_partition(program, store, &plan.select(&selection), advance);
    Told::merge([told])
}

/// A store that keeps bytes, as one on disk does: what is read back has been written.
#[derive(Clone)]
pub(super) struct Bytes<'p> {
    program: &'p Program,
    input: Vec<u8>,
    states: BTreeMap<StateKey, (Vec<u8>, Option<Time>)>,
    rows: BTreeMap<RowKey, Vec<u8>>,
}

impl<'p> Bytes<'p> {
    pub(super) fn new(program: &'p Program) -> Self {
        Bytes {
            program,
            input: Input::default().encode(),
            states: BTreeMap::new(),
            rows: BTreeMap::new(),
        }
    }

    /// The state of a key.
    pub(super) fn state(&self, key: &StateKey) -> Option<KeyState> {
        let (bytes, _) = self.states.get(key)?;
        written(KeyState::decode(bytes, self.program.alert(key)?))
    }

    fn row(&self, key: &RowKey) -> Option<Row> {
        let bytes = self.rows.get(key)?;
        written(Row::decode(bytes, self.program.aggregate(key)?))
    }

    pub(super) fn rows(&self) -> Vec<AggregateRow> {
        let rows = self.rows.keys();
        rows.filter_map(|key| self.program.row(key, &self.row(key)?, None))
            .collect()
    }
}

/// What was written by the same program can be read by it.
fn written<T>(decoded: Result<T, CodecError>) -> Option<T> {
    debug_assert!(decoded.is_ok());
    decoded.ok()
}

impl Store for Bytes<'_> {
    type Error = Infallible;

    fn input(&mut self) -> Result<Input, Infallible> {
        Ok(written(Input::decode(&self.input)).unwrap_or_default())
    }

    fn due(&mut self, until: Time, limit: usize) -> Result<Vec<StateKey>, Infallible> {
        let due = self.states.iter().filter_map(|(key, (_, timer))| {
            let timer = timer.filter(|timer| *timer < until)?;
            Some((timer, key.clone()))
        });
        let mut due: Vec<_> = due.collect();
        due.sort();
        due.truncate(limit);
        Ok(due.into_iter().map(|(_, key)| key).collect())
    }

    fn load(&mut self, keys: &[StateKey], states: &mut Vec<Stored>) -> Result<(), Infallible> {
        states.extend(
            keys.iter()
                .map(|key| Stored::new(key.clone(), self.state(key))),
        );
        Ok(())
    }

    fn load_rows(&mut self, keys: &[RowKey]) -> Result<Vec<Option<Row>>, Infallible> {
        Ok(keys.iter().map(|key| self.row(key)).collect())
    }

    fn commit(&mut self, checkpoint: Checkpoint) -> Result<(), Infallible> {
        self.input = checkpoint.input.encode();
        for (key, row) in checkpoint.rows {
            if let Some(rule) = self.program.aggregate(&key) {
                self.rows.insert(key, row.encode(rule));
            }
        }
        for Stored { key, state, timer } in checkpoint.states {
            match state.zip(self.program.alert(&key)) {
                Some((state, rule)) => {
                    self.states.insert(key, (state.encode(rule), timer));
                }
                None => {
                    self.states.remove(&key);
                }
            }
        }
        Ok(())
    }
}
