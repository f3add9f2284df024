//! What a change of the rules does to the state that was kept for them.

use super::Checked;
use crate::definition::Definition;
use crate::diagnostic::{self as codes, Diagnostic};

impl Checked {
    /// Tells which alerts start anew on a state that holds so many keys of these definitions, and which of
    /// them are gone. Gives nothing if the rules have errors.
    pub fn changes_since<'d>(
        &self,
        stored: impl IntoIterator<Item = (&'d Definition, u64)>,
    ) -> Vec<Diagnostic> {
        let Some(program) = &self.program else {
            return Vec::new();
        };
        let changed = stored.into_iter().filter_map(|(stored, keys)| {
            let name = &stored.name;
            let keys = match keys {
                1 => "1 key".to_owned(),
                keys => format!("{keys} keys"),
            };
            let mut rules = program.alerts();
            let mut diagnostic = match rules.find(|rule| rule.name == *name) {
                Some(rule) if rule.fingerprint() == stored.fingerprint => return None,
                Some(_) => {
                    let note = codes::STATE_RESTARTS
                        .info(format!("`{name}` starts anew: the state of {keys} is dropped"))
                        .help("what its state depends on was edited; its firing keys end with `rule-changed`");
                    match self.alert_places.get(name.as_str()) {
                        Some((file, range)) => note.at(*file, range.clone(), ""),
                        None => note,
                    }
                }
                None => codes::STATE_REMOVED
                    .info(format!("`{name}` is gone: the state of {keys} is dropped"))
                    .help("its firing keys end with `rule-removed`"),
            };
            diagnostic.alert = Some(name.clone());
            Some(diagnostic)
        });
        changed.collect()
    }
}
