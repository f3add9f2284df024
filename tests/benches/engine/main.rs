//! How fast the engine runs beside the least that any engine must do: a bare projection of the same bytes.
//!
//! `cargo bench -p tripline-tests --bench engine [-- EVENTS] [--only NAME] [--rounds N] [--write FOLDER]`
//!
//! Events and rules are made from seeds. A group of cases over the same events is run in turn, several times, with
//! the projection among them; each counts by its best processor time. `--only` takes part of the name of a case.
//! `--write` runs nothing: it writes the events and a folder of ten thousand rules for other programs.

mod hard;
mod kind;
mod windows;
mod write;

use std::fmt::Display;

use mimalloc::MiMalloc;
use tripline_engine::{MemoryStore, Program};
use tripline_tests::bench::{Events, Options, Runner, drive, six};

/// The allocator of the command.
#[global_allocator]
static ALLOCATOR: MiMalloc = MiMalloc;

fn main() {
    let options = Options::read(1_000_000);
    if let Some(folder) = &options.write {
        write::write(folder.as_ref(), options.events);
        return;
    }
    kind::run(&options);
    windows::run(&options);
    hard::run(&options);
}

/// A bare projection of six fields of these events.
fn projection(events: &Events) -> Runner<'_> {
    Runner::new("projection of 6 fields", || (), |()| six(events))
}

/// The engine over these events, from an empty store on.
fn engine<'a>(name: impl Display, program: &'a Program, events: &'a Events) -> Runner<'a> {
    Runner::new(name.to_string(), MemoryStore::new, |store| {
        drive(program, store, events)
    })
}
