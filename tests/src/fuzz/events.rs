use std::sync::LazyLock;

use tripline_engine::Program;

use crate::run::{Batches, Run, compile_text_with};

/// Rules that between them read every kind of path and use every kind of state.
const RULES: &str = include_str!("rules.yaml");
/// The settings beside them: an arrival of its own, so that events can be late and too early.
const SETTINGS: &str = "event: {id: meta.id, arrival: meta.arrival, max_future: 1h}\n";

static PROGRAM: LazyLock<Program> = LazyLock::new(program);

/// Compiles the program that the fuzz targets run events and states through.
pub(super) fn program() -> Program {
    compile_text_with(RULES, SETTINGS)
}

/// Runs any bytes, line by line, through a fixed program: alike in any batches.
pub fn events(data: &[u8]) {
    let lines: Vec<&[u8]> = data.split(|&byte| byte == b'\n').collect();
    let run = |batches| {
        Run {
            program: &PROGRAM,
            until_end: true,
            batches,
        }
        .over(&lines)
    };
    let whole = run(Batches::Whole);
    assert_eq!(run(Batches::Of(1)), whole);
    assert_eq!(run(Batches::Stored(2)), whole);
}
