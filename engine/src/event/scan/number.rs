//! Numbers, from all of their bytes at once where they are few.

use wide::u8x16;

use super::Scanner;
use crate::number::Number;

impl Scanner<'_> {
    /// Reads a number; one without a value is to be read by the general parser.
    #[inline]
    pub(super) fn number(self, at: usize) -> Option<(Option<Number>, usize)> {
        match self.short_number(at) {
            Some(short) => Some((short.number(), at + short.length())),
            None => self.long_number(at),
        }
    }

    #[inline]
    pub(super) fn skip_number(self, at: usize) -> Option<usize> {
        match self.short_number(at) {
            Some(short) => Some(at + short.length()),
            None => self.long_number(at).map(|(_, end)| end),
        }
    }

    /// A number of a few digits and perhaps a point, seen all at once. `None` for any other, and for what is none.
    #[inline]
    fn short_number(self, at: usize) -> Option<ShortNumber> {
        let block = self.block(at);
        let sign = u32::from(block as u8 == b'-');
        let text = (block >> (8 * sign)) as u64;
        let digits = digits(block) >> sign;
        let whole = digits.trailing_ones();
        let is_point = text.checked_shr(8 * whole)? as u8 == b'.';
        let fraction = match is_point {
            true => (digits >> (whole + 1)).trailing_ones(),
            false => 0,
        };
        let length = whole + u32::from(is_point) + fraction;
        let begins_with_zero = whole > 1 && text as u8 == b'0';
        let is_one = whole > 0 && is_point == (fraction > 0) && !begins_with_zero;
        let goes_on = self.byte(at + (sign + length) as usize) | 0x20 == b'e';
        (is_one && length <= 8 && !goes_on).then_some(ShortNumber {
            sign,
            text,
            whole,
            fraction,
        })
    }

    #[inline(never)]
    fn long_number(self, start: usize) -> Option<(Option<Number>, usize)> {
        let is_negative = self.byte(start) == b'-';
        let first = start + usize::from(is_negative);
        let mut value = 0_i64;
        let mut at = self.digits(first, &mut value);
        let whole = at - first;
        if whole == 0 || (whole > 1 && self.byte(first) == b'0') {
            return None;
        }
        let mut fraction = 0;
        if self.byte(at) == b'.' {
            let end = self.digits(at + 1, &mut value);
            fraction = end - (at + 1);
            if fraction == 0 {
                return None;
            }
            at = end;
        }
        if let b'e' | b'E' = self.byte(at) {
            at += 1;
            if let b'+' | b'-' = self.byte(at) {
                at += 1;
            }
            let end = self.digits(at, &mut value);
            return (end > at).then_some((None, end));
        }
        let number = decimal(value, is_negative, whole, fraction);
        Some((number, at))
    }

    /// Passes over digits; past 64 bits their value is wrong.
    fn digits(self, mut at: usize, value: &mut i64) -> usize {
        while let digit @ b'0'..=b'9' = self.byte(at) {
            *value = value.wrapping_mul(10).wrapping_add(i64::from(digit - b'0'));
            at += 1;
        }
        at
    }
}

/// The digits of a block, a bit for each.
#[inline]
fn digits(block: u128) -> u32 {
    let bytes = u8x16::new(block.to_le_bytes()) - u8x16::splat(b'0');
    bytes.min(u8x16::splat(9)).simd_eq(bytes).to_bitmask()
}

/// A number that is eight bytes long at most, but for its sign.
struct ShortNumber {
    /// How many bytes its sign takes.
    sign: u32,
    /// Its bytes after the sign, and what follows them.
    text: u64,
    /// How many digits there are before the point, and after it.
    whole: u32,
    fraction: u32,
}

impl ShortNumber {
    fn length(&self) -> usize {
        let point = u32::from(self.fraction > 0);
        (self.sign + self.whole + point + self.fraction) as usize
    }

    /// Its value; none for one that the general parser shall read.
    fn number(&self) -> Option<Number> {
        let after = u64::MAX << (8 * self.whole);
        // The digits side by side, and nothing in front of them.
        let digits = self.text & !after
            | match self.fraction {
                0 => 0,
                _ => self.text >> 8 & after,
            };
        let count = self.whole + self.fraction;
        let value = i64::from(eight_digits(digits << (8 * (8 - count))));
        let (whole, fraction) = (self.whole as usize, self.fraction as usize);
        decimal(value, self.sign > 0, whole, fraction)
    }
}

/// The number whose digits are those of `value`, so many of them before the point and after it; none for one that the
/// general parser shall read.
#[inline]
fn decimal(value: i64, is_negative: bool, whole: usize, fraction: usize) -> Option<Number> {
    // So many digits are an integer of 64 bits, and so many a double that is exact.
    const INTEGER: usize = 18;
    const EXACT: usize = 15;
    const POWERS: [f64; EXACT + 1] = [
        1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15,
    ];
    let signed = if is_negative {
        value.wrapping_neg()
    } else {
        value
    };
    match fraction {
        // Minus nought is not the integer 0 to every parser.
        0 if whole <= INTEGER && (value != 0 || !is_negative) => Some(Number::Integer(signed)),
        1.. if whole + fraction <= EXACT && value != 0 => {
            // Both are exact doubles, so the quotient is the double nearest to the decimal.
            Some(Number::Double(signed as f64 / POWERS[fraction]))
        }
        _ => None,
    }
}

/// The value of eight digits, or of fewer after zero bytes: neighbours are added up to pairs, these to fours, these to one.
#[inline]
fn eight_digits(digits: u64) -> u32 {
    let ones = digits & 0x0f0f_0f0f_0f0f_0f0f;
    let pairs = (ones.wrapping_mul(10 << 8 | 1) >> 8) & 0x00ff_00ff_00ff_00ff;
    let fours = (pairs.wrapping_mul(100 << 16 | 1) >> 16) & 0x0000_ffff_0000_ffff;
    (fours.wrapping_mul(10_000 << 32 | 1) >> 32) as u32
}
