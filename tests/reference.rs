//! The language reference: its examples run, and its tables are those of the engine.
//!
//! `BLESS=1` writes into `grammar/REFERENCE.md` what its examples and tables give, and `grammar/LINTS.md`, for review.
// A test that cannot read its own data has failed.
#![allow(clippy::unwrap_used)]

use std::path::Path;

use tripline_tests::reference::{brought_up_to_date, lints};

#[test]
fn the_reference_says_what_the_engine_does() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../grammar/REFERENCE.md");
    let text = std::fs::read_to_string(&path).unwrap();
    let current = brought_up_to_date(&text);
    if std::env::var_os("BLESS").is_some() {
        std::fs::write(&path, current).unwrap();
        return;
    }
    let differs = text
        .lines()
        .zip(current.lines())
        .zip(1..)
        .find(|((wanted, given), _)| wanted != given);
    if let Some(((wanted, given), line)) = differs {
        panic!("REFERENCE.md:{line} is out of step\n  says  {wanted}\n  gives {given}");
    }
    assert_eq!(text.lines().count(), current.lines().count());
}

#[test]
fn the_pages_of_the_lints_are_those_of_the_registry() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../grammar/LINTS.md");
    let current = lints();
    if std::env::var_os("BLESS").is_some() {
        std::fs::write(&path, current).unwrap();
        return;
    }
    let text = std::fs::read_to_string(&path).unwrap();
    assert!(
        text == current,
        "grammar/LINTS.md is out of step: run this with BLESS=1"
    );
}
