//! What the benchmarks take on the command line.

/// `[EVENTS] [--only NAME] [--rounds N] [--write FOLDER]`, in any order.
#[derive(Debug, Clone)]
pub struct Options {
    /// How many events there are to be.
    pub events: usize,
    /// Only cases with this in their name.
    pub only: Option<String>,
    /// How often everything is run; the best counts.
    pub rounds: usize,
    /// Where to write events and rules instead of running anything.
    pub write: Option<String>,
}

impl Options {
    /// Reads the arguments of the process.
    ///
    /// # Panics
    ///
    /// If they cannot be understood.
    pub fn read(events: usize) -> Self {
        let mut options = Options {
            events,
            only: None,
            rounds: 5,
            write: None,
        };
        let mut arguments = std::env::args().skip(1);
        while let Some(argument) = arguments.next() {
            let mut value = || {
                arguments
                    .next()
                    .unwrap_or_else(|| panic!("{argument} wants a value"))
            };
            match argument.as_str() {
                // What cargo adds of itself.
                "--bench" => {}
                "--only" => options.only = Some(value()),
                "--rounds" => options.rounds = number(&value()).max(1),
                "--write" => options.write = Some(value()),
                other => options.events = number(other).max(1),
            }
        }
        options
    }

    /// Whether a case of this name is wanted.
    pub fn wants(&self, name: &str) -> bool {
        self.only
            .as_ref()
            .is_none_or(|only| name.contains(only.as_str()))
    }
}

fn number(text: &str) -> usize {
    let digits = text.replace(['_', ','], "");
    digits
        .parse()
        .unwrap_or_else(|_| panic!("{text} is neither an option nor a number"))
}
