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

/// Appends an integer as [`put`] does, which is made for any value and takes several times as long.
#[inline]
pub(crate) fn put_integer(bytes: &mut Vec<u8>, mut integer: u64) {
    while integer >= 0x80 {
        bytes.push(integer as u8 | 0x80);
        integer >>= 7;
    }
    bytes.push(integer as u8);
}

/// Appends an integer with its sign in the lowest bit, as [`put`] does.
#[inline]
pub(crate) fn put_signed(bytes: &mut Vec<u8>, integer: i64) {
    put_integer(bytes, (integer << 1 ^ integer >> 63).cast_unsigned());
}

/// Takes an integer off the front, as [`take`] does.
#[inline]
pub(crate) fn take_integer(bytes: &mut &[u8]) -> Option<u64> {
    /// Clear in the last byte.
    const MORE: u64 = 0x8080_8080_8080_8080;
    if let [first @ ..0x80, rest @ ..] = *bytes {
        *bytes = rest;
        return Some(u64::from(*first));
    }
    if let Some(block) = bytes.first_chunk() {
        let block = u64::from_le_bytes(*block);
        let length = (!block & MORE).trailing_zeros() / 8 + 1;
        if length <= 8 {
            // Seven bits of each byte, pushed together: by pairs, fours and all.
            let bits = block & (u64::MAX >> (64 - 8 * length)) & !MORE;
            let bits = bits & 0x007f_007f_007f_007f | (bits & 0x7f00_7f00_7f00_7f00) >> 1;
            let bits = bits & 0x0000_3fff_0000_3fff | (bits & 0x3fff_0000_3fff_0000) >> 2;
            let bits = bits & 0x0000_0000_0fff_ffff | (bits & 0x0fff_ffff_0000_0000) >> 4;
            *bytes = &bytes[length as usize..];
            return Some(bits);
        }
    }
    take(bytes)
}

/// Takes an integer with its sign in the lowest bit off the front, as [`take`] does.
#[inline]
pub(crate) fn take_signed(bytes: &mut &[u8]) -> Option<i64> {
    let integer = take_integer(bytes)?;
    Some((integer >> 1).cast_signed() ^ -(integer & 1).cast_signed())
}

/// Appends a double as [`put`] does.
#[inline]
pub(crate) fn put_double(bytes: &mut Vec<u8>, double: f64) {
    bytes.extend_from_slice(&double.to_le_bytes());
}

/// Takes a double off the front, as [`take`] does.
#[inline]
pub(crate) fn take_double(bytes: &mut &[u8]) -> Option<f64> {
    let (double, rest) = bytes.split_first_chunk()?;
    *bytes = rest;
    Some(f64::from_le_bytes(*double))
}

/// Takes a byte off the front.
#[inline]
pub(crate) fn take_byte(bytes: &mut &[u8]) -> Option<u8> {
    let (&byte, rest) = bytes.split_first()?;
    *bytes = rest;
    Some(byte)
}

/// Takes a length off the front, as [`take`] does. It may be a lie.
#[inline]
pub(crate) fn take_length(bytes: &mut &[u8]) -> Option<usize> {
    usize::try_from(take_integer(bytes)?).ok()
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

#[cfg(test)]
mod tests {
    use super::{put, put_integer, put_signed, take_integer, take_signed};

    #[test]
    fn integers_are_those_of_postcard() {
        let mut random = fastrand::Rng::with_seed(1);
        for round in 0..200_000 {
            let integer = random.u64(..) >> (round % 64);
            let signed = integer.cast_signed();
            let (mut written, mut quick) = (Vec::new(), Vec::new());
            put(&mut written, &integer);
            put(&mut written, &signed);
            put_integer(&mut quick, integer);
            put_signed(&mut quick, signed);
            assert_eq!(written, quick);
            quick.extend(std::iter::repeat_n(0xff, random.usize(0..9)));
            let mut bytes = &quick[..];
            assert_eq!(take_integer(&mut bytes), Some(integer));
            assert_eq!(take_signed(&mut bytes), Some(signed));
            assert_eq!(bytes.len(), quick.len() - written.len());
        }
        assert_eq!(take_integer(&mut &[0xff; 12][..]), None);
        assert_eq!(take_integer(&mut &[0x80][..]), None);
        assert_eq!(take_integer(&mut &[][..]), None);
    }
}
