//! Runs rules over lines of events: in any batches, and with the state written and read between them.

use std::collections::BTreeMap;

use tripline_engine::{
    Advance, Checkpoint, CodecError, Input, KeyState, MemoryStore, Output, Plan, Planner, Program,
    RawFile, Row, RowKey, Source, Told,
};
use tripline_engine::{StateKey, Store, Stored, Time, check, step, step_partition};

/// Compiles rule files that have no errors.
///
/// # Panics
///
/// If they have any: a test's rules must compile.
pub fn compile(files: Vec<RawFile>) -> Program {
    let checked = check(files);
    match checked.program {
        Some(program) => program,
        None => panic!("the rules do not compile: {:#?}", checked.diagnostics),
    }
}

/// Compiles the text of one rule file.
pub fn compile_text(text: &str) -> Program {
    compile(vec![RawFile {
        name: "rules/rules.yaml".to_owned(),
        bytes: text.into(),
        settings: false,
    }])
}

/// Compiles the text of one rule file with a settings file beside it.
pub fn compile_text_with(rules: &str, settings: &str) -> Program {
    let file = |name: &str, text: &str| RawFile {
        name: name.to_owned(),
        bytes: text.into(),
        settings: name.ends_with("tripline.yaml"),
    };
    compile(vec![
        file("rules/rules.yaml", rules),
        file("rules/tripline.yaml", settings),
    ])
}

/// How events are split, and what becomes of the state between two batches.
#[derive(Debug, Clone, Copy)]
pub enum Batches {
    /// All in one.
    Whole,
    /// So many at a time.
    Of(usize),
    /// The keys divided among so many stores, each of which takes so many events at a time.
    Divided(usize, usize),
    /// So many at a time, all state written to bytes and read back between them.
    Stored(usize),
    /// Of sizes drawn from a seed, all state written to bytes and read back between them.
    Random(u64),
}

/// Rules and how to run them.
pub struct Run<'p> {
    /// The rules.
    pub program: &'p Program,
    /// Whether the timers that are left after the last event run, too.
    pub until_end: bool,
    /// How events are split.
    pub batches: Batches,
}

/// What came of a run.
#[derive(Debug, PartialEq, Eq)]
pub struct Given {
    /// The alerts as JSON lines.
    pub alerts: Vec<String>,
    /// The aggregate rows as JSON lines.
    pub rows: Vec<String>,
    /// The trace as JSON lines.
    pub trace: Vec<String>,
    /// The rejected lines, counted from 1, each with its reason.
    pub rejects: Vec<(u64, String)>,
}

impl Run<'_> {
    /// Runs the rules over lines; empty ones count but hold no event.
    pub fn over(&self, lines: &[impl AsRef<[u8]>]) -> Given {
        match self.batches {
            Batches::Whole => self.with(&mut [MemoryStore::new()], lines, || usize::MAX),
            Batches::Of(size) => self.with(&mut [MemoryStore::new()], lines, || size),
            Batches::Divided(stores, size) => {
                let mut stores: Vec<_> = (0..stores).map(|_| MemoryStore::new()).collect();
                self.with(&mut stores, lines, || size)
            }
            Batches::Stored(size) => self.with(&mut [ByteStore::new(self.program)], lines, || size),
            Batches::Random(seed) => {
                let mut random = fastrand::Rng::with_seed(seed);
                self.with(&mut [ByteStore::new(self.program)], lines, || {
                    random.usize(1..=9)
                })
            }
        }
    }

    fn with<S: RowStore>(
        &self,
        stores: &mut [S],
        lines: &[impl AsRef<[u8]>],
        mut size: impl FnMut() -> usize,
    ) -> Given
    where
        S::Error: std::fmt::Debug,
    {
        let mut given = Given {
            alerts: Vec::new(),
            rows: Vec::new(),
            trace: Vec::new(),
            rejects: Vec::new(),
        };
        let advance = Advance {
            trace: true,
            ..Advance::default()
        };
        let tell = |output: Result<Output, S::Error>, given: &mut Given| match output {
            Ok(output) => {
                given.alerts.extend(output.alerts.iter().map(json));
                given.trace.extend(output.trace.iter().map(json));
            }
            Err(error) => panic!("the store failed: {error:?}"),
        };
        let mut rest = lines
            .iter()
            .map(AsRef::as_ref)
            .zip(1_u64..)
            .filter(|(line, _)| !line.trim_ascii().is_empty())
            .peekable();
        let mut planner = Planner::new(self.program);
        while rest.peek().is_some() {
            let mut plan = Plan::default();
            for (line, number) in rest.by_ref().take(size()) {
                let source = || Source::File {
                    file: "events",
                    line: number,
                };
                if let Err(rejection) = planner.add(&mut plan, line, source) {
                    given.rejects.push((number, rejection.reason));
                }
            }
            tell(self.step(stores, &mut plan, advance), &mut given);
        }
        if self.until_end {
            let advance = Advance {
                until_end: true,
                ..advance
            };
            let mut plan = Plan::default();
            tell(self.step(stores, &mut plan, advance), &mut given);
        }
        let mut rows: Vec<_> = stores
            .iter()
            .flat_map(|store| store.rows(self.program))
            .collect();
        rows.sort();
        given.rows = rows.into_iter().map(|(_, row)| row).collect();
        given
    }

    /// One step on one store, or on several that each have a part of the keys.
    fn step<S: Store>(
        &self,
        stores: &mut [S],
        plan: &mut Plan<'_>,
        advance: Advance,
    ) -> Result<Output, S::Error> {
        if let [store] = stores {
            return step(self.program, store, plan, advance);
        }
        let of = stores.len();
        plan.add_births(self.program, &stores[0].input()?);
        let told = stores.iter_mut().enumerate().map(|(number, store)| {
            let partition = plan.partition(number, of);
            step_partition(self.program, store, &partition, advance)
        });
        // The last of them first: the order in which they are brought together says nothing.
        let mut told = told.collect::<Result<Vec<_>, _>>()?;
        told.reverse();
        Ok(Told::merge(told))
    }
}

/// A store whose aggregate rows can be looked at.
trait RowStore: Store {
    fn rows(&self, program: &Program) -> Vec<(RowKey, String)>;
}

impl RowStore for MemoryStore {
    fn rows(&self, program: &Program) -> Vec<(RowKey, String)> {
        let rows = MemoryStore::rows(self);
        rows.filter_map(|(key, row)| Some((key.clone(), json(&program.row(key, row, None)?))))
            .collect()
    }
}

impl RowStore for ByteStore<'_> {
    fn rows(&self, program: &Program) -> Vec<(RowKey, String)> {
        let rows = self.rows.iter().filter_map(|(key, bytes)| {
            let rule = program.aggregate(key).map(|rule| Row::decode(bytes, rule));
            match rule {
                Some(Ok(row)) => Some((key.clone(), json(&program.row(key, &row, None)?))),
                other => panic!("a row cannot be read back: {other:?}"),
            }
        });
        rows.collect()
    }
}

fn json(row: &impl serde::Serialize) -> String {
    match serde_json::to_string(row) {
        Ok(json) => json,
        Err(error) => panic!("a row is JSON: {error}"),
    }
}

/// A store that keeps nothing but bytes, as one on disk does.
struct ByteStore<'p> {
    program: &'p Program,
    input: Vec<u8>,
    states: BTreeMap<StateKey, (Vec<u8>, Option<Time>)>,
    rows: BTreeMap<RowKey, Vec<u8>>,
}

impl<'p> ByteStore<'p> {
    fn new(program: &'p Program) -> Self {
        ByteStore {
            program,
            input: Input::default().encode(),
            states: BTreeMap::new(),
            rows: BTreeMap::new(),
        }
    }
}

impl Store for ByteStore<'_> {
    type Error = CodecError;

    fn input(&mut self) -> Result<Input, CodecError> {
        Input::decode(&self.input)
    }

    fn due(&mut self, until: Time, limit: usize) -> Result<Vec<StateKey>, CodecError> {
        let mut due: Vec<_> = self
            .states
            .iter()
            .filter_map(|(key, (_, timer))| {
                timer
                    .filter(|timer| *timer < until)
                    .map(|timer| (timer, key.clone()))
            })
            .collect();
        due.sort();
        due.truncate(limit);
        Ok(due.into_iter().map(|(_, key)| key).collect())
    }

    fn load(&mut self, keys: &[StateKey], states: &mut Vec<Stored>) -> Result<(), CodecError> {
        let load = |key| {
            let Some((bytes, _)) = self.states.get(key) else {
                return Ok(None);
            };
            let rule = self.program.alert(key).ok_or(CodecError::Corrupt)?;
            KeyState::decode(bytes, rule).map(Some)
        };
        for key in keys {
            states.push(Stored::new(key.clone(), load(key)?));
        }
        Ok(())
    }

    fn load_rows(&mut self, keys: &[RowKey]) -> Result<Vec<Option<Row>>, CodecError> {
        let load = |key| {
            let Some(bytes) = self.rows.get(key) else {
                return Ok(None);
            };
            let rule = self.program.aggregate(key).ok_or(CodecError::Corrupt)?;
            Row::decode(bytes, rule).map(Some)
        };
        keys.iter().map(load).collect()
    }

    fn commit(&mut self, checkpoint: Checkpoint) -> Result<(), CodecError> {
        for (key, row) in checkpoint.rows {
            let rule = self.program.aggregate(&key).ok_or(CodecError::Corrupt)?;
            let bytes = row.encode(rule);
            self.rows.insert(key, bytes);
        }
        self.input = checkpoint.input.encode();
        for Stored { key, state, timer } in checkpoint.states {
            match state {
                Some(state) => {
                    let rule = self.program.alert(&key).ok_or(CodecError::Corrupt)?;
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
