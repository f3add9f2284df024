use std::sync::LazyLock;

use tripline_engine::{
    Advance, Checkpoint, CodecError, Definition, Input, KeyState, MemoryStore, Plan, Planner,
    Program, Row, RowKey, Snapshot, Source, StateKey, Store, Stored, Time, step,
};

use super::events::program;

/// What a stored state begins with: magic, version and fingerprint, which no fuzzer would guess.
const HEADER: usize = 21;

/// What it ends with: a checksum, which none would guess either.
const CHECKSUM: usize = 4;

/// What stands between the header and the checksum.
fn body_of(stored: &[u8]) -> &[u8] {
    &stored[HEADER..stored.len() - CHECKSUM]
}

/// A stored state with the header of another one, this body, and the checksum that belongs to it.
fn sealed(header_of: &[u8], body: &[u8]) -> Vec<u8> {
    let mut bytes = [&header_of[..HEADER], body].concat();
    let checksum = crc32fast::hash(&bytes).to_le_bytes();
    bytes.extend_from_slice(&checksum);
    bytes
}

/// What leads up to the states that the seeds hold, and what a run goes on with.
const BEFORE: &str = include_str!("events.ndjson");
const AFTER: &str = r#"{"eventType":"sensor","userId":"u1","timestamp":"2026-01-05T00:07:00Z","data":{"temperature":40,"status":"ok","ok":false,"x":1}}
{"eventType":"sensor","userId":"u1","timestamp":"2026-01-05T00:10:00Z","data":{"temperature":40,"status":"ok","ok":false}}
{"eventType":"sensor","userId":"u1","timestamp":"2026-01-05T00:09:00Z","data":{"temperature":-3.5,"items":[1,2]}}
{"eventType":"sensor","userId":"u1","timestamp":"2026-01-05T02:00:00Z","data":{"temperature":20,"ok":true}}"#;

/// The program and the states that events left behind in it.
pub(super) struct Fixture {
    pub(super) program: Program,
    pub(super) input: Input,
    pub(super) states: Vec<(StateKey, Vec<u8>)>,
    pub(super) rows: Vec<(RowKey, Vec<u8>)>,
}

static FIXTURE: LazyLock<Fixture> = LazyLock::new(Fixture::new);

impl Fixture {
    pub(super) fn new() -> Fixture {
        let program = program();
        let mut plan = plan(&program, BEFORE);
        plan.add_births(&program, &Input::default());
        let checkpoint = program
            .apply(&plan, Snapshot::default(), Advance::default())
            .checkpoint;
        let stored = |Stored { key, state, .. }: Stored| {
            let bytes = state?.encode(program.alert(&key)?);
            Some((key, bytes))
        };
        let states = checkpoint.states.into_iter().filter_map(stored).collect();
        let row = |(key, row): (RowKey, Row)| {
            let bytes = row.encode(program.aggregate(&key)?);
            Some((key, bytes))
        };
        let rows = checkpoint.rows.into_iter().filter_map(row).collect();
        Fixture {
            input: checkpoint.input,
            states,
            rows,
            program,
        }
    }

    fn state(&self, whose: u8) -> &(StateKey, Vec<u8>) {
        &self.states[usize::from(whose) % self.states.len()]
    }

    /// Inputs of the fuzz target that stand for the states.
    pub(super) fn seeds(&self) -> Vec<Vec<u8>> {
        let mut seeds = vec![[b"i", body_of(&self.input.encode())].concat()];
        seeds.push(self.input.encode());
        let definitions = self.program.definitions();
        for ((key, state), whose) in self.states.iter().zip(0_u8..) {
            let body = body_of(state);
            seeds.push([b"k", &[whose][..], body].concat());
            let definition = definitions[key.alert as usize].encode();
            let definition = body_of(&definition);
            let lengths = [key.key.len() as u8, definition.len() as u8];
            let retired = [
                b"d",
                &[whose][..],
                &lengths,
                key.key.as_bytes(),
                definition,
                body,
            ];
            seeds.push(retired.concat());
        }
        for ((_, row), whose) in self.rows.iter().zip(0_u8..) {
            seeds.push([b"r", &[whose][..], body_of(row)].concat());
        }
        seeds
    }
}

/// Decodes any bytes as stored state of every kind; what decodes is encoded again, and a run goes on from it.
///
/// The first byte says what the rest is the body of: `k` a key's state, `i` the input's, `d` a definition
/// and a state to be retired. After `k`, `r` and `d` a byte says whose state it is; after that, `d` has the
/// lengths of the key and the definition that stand before the state. Anything else is decoded as it is.
pub fn state(data: &[u8]) {
    let fixture = &*FIXTURE;
    match data {
        [b'k', whose, body @ ..] => {
            let (key, sample) = fixture.state(*whose);
            key_state(fixture, key, &sealed(sample, body));
        }
        [b'r', whose, body @ ..] => {
            let (key, sample) = &fixture.rows[usize::from(*whose) % fixture.rows.len()];
            row(fixture, key, &sealed(sample, body));
        }
        [b'i', body @ ..] => {
            input(fixture, &sealed(&fixture.input.encode(), body));
        }
        [b'd', whose, key, definition, rest @ ..] => {
            let (key, rest) = rest.split_at(usize::from(*key).min(rest.len()));
            let (definition, state) = rest.split_at(usize::from(*definition).min(rest.len()));
            retire(
                fixture,
                *whose,
                &String::from_utf8_lossy(key),
                [definition, state],
            );
        }
        _ => {
            for (key, _) in &fixture.states {
                key_state(fixture, key, data);
            }
            input(fixture, data);
            let _ = Definition::decode("raw".to_owned(), data);
        }
    }
}

fn key_state(fixture: &Fixture, key: &StateKey, bytes: &[u8]) {
    let Some(rule) = fixture.program.alert(key) else {
        panic!("{key:?} is the key of no alert");
    };
    let Ok(state) = KeyState::decode(bytes, rule) else {
        return;
    };
    let encoded = state.encode(rule);
    encodes_again(
        &encoded,
        bytes,
        KeyState::decode(&encoded, rule).map(|state| state.encode(rule)),
    );
    go_on(
        fixture,
        Checkpoint {
            input: fixture.input,
            rows: Vec::new(),
            states: vec![Stored {
                key: key.clone(),
                state: Some(state),
                timer: Some(Time(0)),
            }],
        },
    );
}

fn row(fixture: &Fixture, key: &RowKey, bytes: &[u8]) {
    let Some(rule) = fixture.program.aggregate(key) else {
        panic!("{key:?} is the key of no aggregate");
    };
    let Ok(row) = Row::decode(bytes, rule) else {
        return;
    };
    let encoded = row.encode(rule);
    encodes_again(
        &encoded,
        bytes,
        Row::decode(&encoded, rule).map(|row| row.encode(rule)),
    );
    if let Some(published) = fixture.program.row(key, &row, None) {
        assert!(serde_json::to_string(&published).is_ok(), "{published:?}");
    }
    go_on(
        fixture,
        Checkpoint {
            input: fixture.input,
            states: Vec::new(),
            rows: vec![(key.clone(), row)],
        },
    );
}

fn input(fixture: &Fixture, bytes: &[u8]) {
    let Ok(input) = Input::decode(bytes) else {
        return;
    };
    let encoded = input.encode();
    encodes_again(
        &encoded,
        bytes,
        Input::decode(&encoded).map(|input| input.encode()),
    );
    go_on(
        fixture,
        Checkpoint {
            input,
            rows: Vec::new(),
            states: Vec::new(),
        },
    );
}

fn retire(fixture: &Fixture, whose: u8, key: &str, [definition, body]: [&[u8]; 2]) {
    let (stored, sample) = fixture.state(whose);
    let definitions = fixture.program.definitions();
    let known = &definitions[stored.alert as usize];
    let state = sealed(sample, body);
    let bytes = sealed(&known.encode(), definition);
    let read = Definition::decode(known.name.clone(), &bytes);
    for definition in [Ok(known.clone()), read].into_iter().flatten() {
        let encoded = definition.encode();
        let again = Definition::decode(definition.name.clone(), &encoded);
        assert_eq!(again.as_ref(), Ok(&definition));
        if let Ok(Some(alert)) = fixture.program.retire(&definition, key, &state, Time(0)) {
            assert!(serde_json::to_string(&alert).is_ok(), "{alert:?}");
        }
    }
}

/// Checks that what was decoded, encoded and decoded once more is the same, and takes no more bytes.
///
/// The bytes are compared, since a state may hold a sum that is not a number.
fn encodes_again(encoded: &[u8], bytes: &[u8], again: Result<Vec<u8>, CodecError>) {
    assert_eq!(again.as_deref(), Ok(encoded));
    assert!(encoded.len() <= bytes.len(), "{encoded:?} for {bytes:?}");
}

/// Runs the events that come after, and all timers, from stored state.
fn go_on(fixture: &Fixture, checkpoint: Checkpoint) {
    let mut store = MemoryStore::new();
    let Ok(()) = store.commit(checkpoint);
    let to_the_end = Advance {
        until_end: true,
        trace: true,
        ..Advance::default()
    };
    for advance in [Advance::default(), to_the_end] {
        let mut plan = match advance.until_end {
            true => Plan::default(),
            false => plan(&fixture.program, AFTER),
        };
        let Ok(output) = step(&fixture.program, &mut store, &mut plan, advance);
        for alert in &output.alerts {
            assert!(serde_json::to_string(alert).is_ok(), "{alert:?}");
        }
    }
}

fn plan<'a>(program: &Program, lines: &'a str) -> Plan<'a> {
    let mut planner = Planner::new(program);
    let mut plan = Plan::default();
    for (line, number) in lines.lines().zip(1..) {
        let source = || Source::File {
            file: "events",
            line: number,
        };
        // A line that is no event is passed over.
        let _ = planner.add(&mut plan, line.as_bytes(), source);
    }
    plan
}
