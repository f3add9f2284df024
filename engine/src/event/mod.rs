//! Events: from the bytes of one JSON object to the values that some rule names.

mod decode;
mod fields;
mod keys;
mod nesting;
mod projection;
mod scan;
mod value;

pub(crate) use decode::{Envelope, Times, text_of};
pub use decode::{Event, Rejection, Source};
pub(crate) use projection::Projection;
pub(crate) use value::{Datum, Slots, Value};
