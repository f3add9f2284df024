//! Lints of what conditions say.

mod logic;
mod numbers;
mod presence;
mod regex;
mod style;
mod texts;

pub(super) use logic::*;
pub(super) use numbers::*;
pub(super) use presence::*;
pub(super) use regex::*;
pub(super) use style::*;
pub(super) use texts::*;
