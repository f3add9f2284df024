//! The bytes of states: values one after the other, each in the form of postcard.

use postcard::ser_flavors::Flavor;
use serde::{Deserialize, Serialize};

/// Appends a value.
#[inline]
pub(crate) fn put<T: Serialize + ?Sized>(bytes: &mut Vec<u8>, value: &T) {
    // Numbers, texts and lists of known length can always be written to memory.
    let written = postcard::serialize_with_flavor(value, Appending(bytes));
    debug_assert!(written.is_ok());
}

/// Takes a value off the front; `None` if there is none.
#[inline]
pub(crate) fn take<'b, T: Deserialize<'b>>(bytes: &mut &'b [u8]) -> Option<T> {
    let (value, rest) = postcard::take_from_bytes(bytes).ok()?;
    *bytes = rest;
    Some(value)
}

struct Appending<'b>(&'b mut Vec<u8>);

impl Flavor for Appending<'_> {
    type Output = ();

    #[inline]
    fn try_push(&mut self, byte: u8) -> postcard::Result<()> {
        self.0.push(byte);
        Ok(())
    }

    #[inline]
    fn try_extend(&mut self, bytes: &[u8]) -> postcard::Result<()> {
        self.0.extend_from_slice(bytes);
        Ok(())
    }

    fn finalize(self) -> postcard::Result<()> {
        Ok(())
    }
}
