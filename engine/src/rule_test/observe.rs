//! Looking at every evaluation of a test.

use super::RuleTest;
use super::store::Bytes;
use crate::apply::Advance;
use crate::event::Source;
use crate::explain::Explanation;
use crate::plan::{Plan, Planner};
use crate::program::Program;
use crate::store::{Store, step};

/// Runs a test event by event, and shows how each was evaluated for each of these alerts that it concerns.
pub(super) fn observe(
    test: &RuleTest,
    program: &Program,
    alerts: &[&str],
    mut look: impl FnMut(&Explanation),
) {
    let mut store = Bytes::new(program);
    let mut planner = Planner::new(program);
    for (event, line) in test.events.iter().zip(1..) {
        let source = || Source::File { file: "test", line };
        let bytes = event.json.as_bytes();
        let Ok(decoded) = program.decode_at(bytes, Some(event.arrival), source()) else {
            continue;
        };
        let Ok(input) = store.input();
        for alert in alerts {
            let Some(key) = program.explained_key(alert, &decoded) else {
                continue;
            };
            let state = store.state(&key);
            let explanation = program.explain(alert, decoded.clone(), input, state);
            if let Some(explanation) = explanation {
                look(&explanation);
            }
        }
        let mut plan = Plan::default();
        planner.add_event(&mut plan, decoded);
        let Ok(_) = step(program, &mut store, &mut plan, Advance::default());
    }
}
