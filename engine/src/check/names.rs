//! Names that are unique over all files.

use std::collections::HashMap;
use std::ops::Range;

use ecow::EcoString;
use foldhash::fast::FixedState;

use super::reader::{Reader, shown};
use crate::diagnostic::Code;
use crate::yaml::Entry;

/// Names with the file and the place where each is declared.
pub(super) type Places = HashMap<EcoString, (usize, Range<usize>), FixedState>;

/// The names of one kind of thing, with the places where they are declared.
pub(super) struct Names {
    /// What one of them names, such as `an alert`.
    what: &'static str,
    /// What a second one of the same name is told with.
    code: Code,
    places: Places,
}

impl Names {
    pub(super) fn new(what: &'static str, code: Code) -> Self {
        Names {
            what,
            code,
            places: Places::default(),
        }
    }

    /// Notes where a name is declared, and reports it if it is elsewhere, too; whether it is new.
    pub(super) fn declare(&mut self, reader: &mut Reader<'_, '_>, entry: &Entry) -> bool {
        let name = &entry.key.value;
        if entry.duplicate {
            // Reported where the file was read.
            return false;
        }
        let place = (reader.file, entry.key.range.clone());
        let Some((file, range)) = self.places.get(name) else {
            self.places.insert(name.clone(), place);
            return true;
        };
        let noun = self.what.split(' ').next_back().unwrap_or_default();
        let duplicate = self
            .code
            .error(format!("there are two {noun}s named `{}`", shown(name)))
            .at(place.0, place.1, "")
            .at(*file, range.clone(), "the other one")
            .help(format!(
                "the name of {} is unique over all files",
                self.what
            ));
        reader.diagnostics.push(duplicate);
        false
    }

    /// The names with the file and the place where each is declared.
    pub(super) fn into_places(self) -> Places {
        self.places
    }
}
