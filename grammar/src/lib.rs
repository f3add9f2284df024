//! The syntax of the Tripline rule language.
//!
//! ```
//! let expr = tripline_grammar::parse("count(data.ok == false) over 5m >= 5", Default::default()).unwrap();
//! assert_eq!(tripline_grammar::print(&expr), "count(data.ok == false) over 5m >= 5");
//! ```
//!
//! Text becomes a spanned [`ast::Expr`]; names and types are resolved elsewhere. The crate is pure: no
//! I/O, no clock, no environment.

// What pest derives names this crate where pest is built without its probing of the stack before every
// rule, which costs a tenth of the parser's time. prescan.rs bounds the nesting, and a test holds the
// deepest texts to the stack of a thread.
extern crate alloc;

pub mod ast;
mod comparison;
mod duration;
mod error;
mod literal;
mod lower;
mod numeral;
mod parser;
mod precedence;
mod prescan;
mod printer;
mod token;
mod words;

pub use error::{SyntaxError, SyntaxErrorKind};
pub use parser::{Comments, parse, parse_duration};
pub use printer::{print, print_duration, print_path};
pub use token::RESERVED;

/// The longest expression, in bytes.
pub const MAX_LENGTH: usize = 16 * 1024;
/// How deep brackets and prefix operators may nest.
pub const MAX_NESTING: usize = 64;
/// The most items a list literal may hold.
pub const MAX_LIST: usize = 1_000;
