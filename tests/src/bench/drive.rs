//! The one place of the benchmarks that calls the engine.

use tripline_engine::{Advance, MemoryStore, Plan, Planner, Program, Source, step};

use super::{BATCH, Events};

/// Runs the program over the events as the command does, and gives the number of alerts.
///
/// # Panics
///
/// If an event is refused: all are generated as events.
pub fn drive(program: &Program, store: &mut MemoryStore, events: &Events) -> usize {
    let mut planner = Planner::new(program);
    let mut line = 0;
    let mut alerts = 0;
    let mut plan = Plan::default();
    for (bytes, chunk) in events.chunks(BATCH) {
        let text = simdutf8::basic::from_utf8(bytes).expect("generated as text");
        for event in chunk.cut(text) {
            line += 1;
            let source = || Source::File {
                file: "events.ndjson",
                line,
            };
            planner
                .add_text(&mut plan, event, source)
                .expect("generated as an event");
        }
        match step(program, store, &mut plan, Advance::default()) {
            Ok(output) => alerts += output.alerts.len(),
            Err(never) => match never {},
        }
        plan = plan.reuse();
    }
    alerts
}
