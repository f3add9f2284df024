//! How near an alert came to firing that did not.

use super::observe::observe;
use super::{Expected, RuleTest};
use crate::explain::{NearestMiss, missed};
use crate::program::Program;

impl RuleTest {
    /// Finds what an alert lacked that was expected to fire; `None` if no number came near another.
    pub fn nearest_miss(&self, program: &Program, expected: &Expected) -> Option<NearestMiss> {
        let mut nearest = None;
        observe(self, program, &[&expected.alert], |explanation| {
            let key = explanation.key.as_deref().unwrap_or_default();
            let mut wanted = expected.key.iter();
            if !wanted.all(|part| key.contains(part)) {
                return;
            }
            for (_, part) in explanation
                .conditions
                .iter()
                .filter(|(name, _)| *name == "when")
            {
                missed(part, explanation.at, &mut nearest);
            }
        });
        nearest.map(|(_, miss): (_, NearestMiss)| miss)
    }
}
