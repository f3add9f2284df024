//! Reads the JSON that events usually are, in one pass and several times as fast as a general parser.
//!
//! It gives up on anything out of the ordinary, be it wrong or just rare; then the general parser decides. So
//! what it accepts must be JSON, and must fill the slots as the general parser fills them, which tests and
//! fuzzing compare.

use std::borrow::Cow;

use wide::u8x16;

use super::fields::{Fields, Short};
use super::projection::{Field, MAX_REPEATS, Seed};
use super::value::{Slots, Value};
use crate::MAX_EVENT_NESTING;
use crate::number::Number;

/// Reads one object into the slots of its fields. `None` if it gave up; the slots hold anything then.
pub(super) fn read<'a>(text: &'a str, root: &Field, slots: &mut Slots<'a>) -> Option<()> {
    let mut scanner = Scanner {
        text,
        bytes: text.as_bytes(),
        at: 0,
    };
    scanner.blanks();
    scanner.take(b'{')?;
    scanner.object(root, slots, 1)?;
    scanner.blanks();
    (scanner.at == text.len()).then_some(())
}

struct Scanner<'a> {
    text: &'a str,
    bytes: &'a [u8],
    at: usize,
}

impl<'a> Scanner<'a> {
    fn peek(&self) -> Option<u8> {
        self.bytes.get(self.at).copied()
    }

    fn take(&mut self, byte: u8) -> Option<()> {
        (self.peek()? == byte).then(|| self.at += 1)
    }

    #[inline]
    fn blanks(&mut self) {
        // Most JSON of machines has none.
        if self.peek().is_some_and(|byte| byte <= b' ') {
            self.skip_blanks();
        }
    }

    fn skip_blanks(&mut self) {
        while let Some(b' ' | b'\n' | b'\r' | b'\t') = self.peek() {
            self.at += 1;
        }
    }

    /// Reads an object after its bracket.
    fn object(&mut self, field: &Field, slots: &mut Slots<'a>, depth: usize) -> Option<()> {
        if depth > MAX_EVENT_NESTING {
            return None;
        }
        let mut found = 0;
        // The first keys that were seen, a bit for each; of the others any may be a repeat.
        let mut seen = 0_u64;
        self.blanks();
        if self.take(b'}').is_none() {
            loop {
                self.take(b'"')?;
                let child = self.key(&field.fields)?;
                self.blanks();
                self.take(b':')?;
                self.blanks();
                match child {
                    None => self.skip(depth)?,
                    Some((index, child)) => {
                        found += 1;
                        if found > field.fields.len() + MAX_REPEATS {
                            return None;
                        }
                        let bit = 1_u64.checked_shl(index as u32).unwrap_or(0);
                        if bit == 0 || seen & bit != 0 {
                            child.clear(slots);
                        }
                        seen |= bit;
                        self.value(child, slots, depth)?;
                    }
                }
                self.blanks();
                match self.peek()? {
                    b',' => self.at += 1,
                    b'}' => break,
                    _ => return None,
                }
                self.blanks();
            }
            self.at += 1;
        }
        if let Some(slot) = field.slot {
            slots.set(slot, Value::Object);
        }
        Some(())
    }

    /// Reads a key after its quote, and finds the field that it names.
    fn key<'f>(&mut self, fields: &'f Fields) -> Option<Option<(usize, &'f Field)>> {
        if let Some(block) = self.block() {
            let found = specials(block);
            let length = found.trailing_zeros();
            if length < BLOCK as u32 && self.bytes[self.at + length as usize] == b'"' {
                self.at += length as usize + 1;
                return Some(fields.get_short(Short::new(block, length)));
            }
        }
        let key = self.string()?;
        Some(fields.get(&key))
    }

    fn value(&mut self, field: &Field, slots: &mut Slots<'a>, depth: usize) -> Option<()> {
        let start = self.at;
        let value = match self.peek()? {
            b'"' => {
                self.at += 1;
                if field.slot.is_none() {
                    return self.skip_string();
                }
                Value::Text(self.string()?)
            }
            b'{' => {
                self.at += 1;
                return self.object(field, slots, depth + 1);
            }
            b'[' => {
                self.skip(depth)?;
                return self.general(start, field, slots);
            }
            b't' => self.word("true", Value::Bool(true))?,
            b'f' => self.word("false", Value::Bool(false))?,
            b'n' => self.word("null", Value::Missing)?,
            _ => match self.number()? {
                Some(number) => Value::Number(number),
                None => return self.general(start, field, slots),
            },
        };
        if let Some(slot) = field.slot {
            slots.set(slot, value);
        }
        Some(())
    }

    /// Has the general parser read the value that begins at `start` and has been skipped.
    fn general(&self, start: usize, field: &Field, slots: &mut Slots<'a>) -> Option<()> {
        let json = self.text.get(start..self.at)?;
        Seed { field, slots }.again(json).ok()
    }

    fn word(&mut self, word: &str, value: Value<'a>) -> Option<Value<'a>> {
        self.bytes[self.at..]
            .starts_with(word.as_bytes())
            .then(|| self.at += word.len())?;
        Some(value)
    }

    /// The next bytes, unless fewer are left.
    #[inline]
    fn block(&self) -> Option<u128> {
        let block = self.bytes.get(self.at..)?.first_chunk::<BLOCK>()?;
        Some(u128::from_le_bytes(*block))
    }

    /// Passes to the next byte of a string that does not stand for itself.
    #[inline]
    fn pass_plain(&mut self) -> Option<u8> {
        while let Some(block) = self.block() {
            let found = specials(block);
            if found != 0 {
                self.at += found.trailing_zeros() as usize;
                return self.peek();
            }
            self.at += BLOCK;
        }
        let rest = self.bytes.get(self.at..)?;
        let is_special = |byte: &u8| *byte == b'"' || *byte == b'\\' || *byte < b' ';
        self.at += rest.iter().position(is_special)?;
        self.peek()
    }

    /// Reads a string after its quote.
    fn string(&mut self) -> Option<Cow<'a, str>> {
        let start = self.at;
        if self.pass_plain()? == b'"' {
            self.at += 1;
            return Some(Cow::Borrowed(self.text.get(start..self.at - 1)?));
        }
        let mut unescaped = String::with_capacity(2 * (self.at - start) + BLOCK);
        let mut plain = start;
        loop {
            unescaped.push_str(self.text.get(plain..self.at)?);
            match self.peek()? {
                b'"' => {
                    self.at += 1;
                    return Some(Cow::Owned(unescaped));
                }
                b'\\' => unescaped.push(self.escape()?),
                _ => return None,
            }
            plain = self.at;
            self.pass_plain()?;
        }
    }

    /// Reads an escape from its backslash on.
    fn escape(&mut self) -> Option<char> {
        let escaped = match self.bytes.get(self.at + 1)? {
            b'b' => '\u{8}',
            b'f' => '\u{c}',
            b'n' => '\n',
            b'r' => '\r',
            b't' => '\t',
            b'u' => return self.escaped_unit(),
            same @ (b'"' | b'\\' | b'/') => char::from(*same),
            _ => return None,
        };
        self.at += 2;
        Some(escaped)
    }

    /// Reads `\u` and four digits, or two of them that are one character. Half of such a pair is out of the ordinary.
    fn escaped_unit(&mut self) -> Option<char> {
        let first = self.unit()?;
        if !(0xd800..0xe000).contains(&first) {
            return char::from_u32(first);
        }
        let second = self.unit()?;
        let is_pair = first < 0xdc00 && (0xdc00..0xe000).contains(&second);
        is_pair.then(|| char::from_u32(0x1_0000 + ((first - 0xd800) << 10) + (second - 0xdc00)))?
    }

    /// Reads `\u` and four digits.
    fn unit(&mut self) -> Option<u32> {
        let unit = self.bytes.get(self.at..self.at + 6)?;
        let digits = unit.strip_prefix(b"\\u")?;
        let unit = digits.iter().try_fold(0, |unit, digit| {
            Some(unit << 4 | char::from(*digit).to_digit(16)?)
        })?;
        self.at += 6;
        Some(unit)
    }

    fn skip_string(&mut self) -> Option<()> {
        loop {
            match self.pass_plain()? {
                b'"' => {
                    self.at += 1;
                    return Some(());
                }
                b'\\' => match self.bytes.get(self.at + 1)? {
                    b'"' | b'\\' | b'/' | b'b' | b'f' | b'n' | b'r' | b't' => self.at += 2,
                    b'u' => {
                        let digits = self.bytes.get(self.at + 2..self.at + 6)?;
                        digits.iter().all(u8::is_ascii_hexdigit).then_some(())?;
                        self.at += 6;
                    }
                    _ => return None,
                },
                _ => return None,
            }
        }
    }

    /// Reads a number, or passes over one that the general parser shall read.
    fn number(&mut self) -> Option<Option<Number>> {
        // So many digits are an integer of 64 bits, and so many a double that is exact.
        const INTEGER: usize = 18;
        const EXACT: usize = 15;
        const POWERS: [f64; EXACT + 1] = [
            1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15,
        ];
        let is_negative = self.take(b'-').is_some();
        let mut value = 0_i64;
        let whole = self.digits(&mut value);
        let begins_with_zero = self.bytes.get(self.at - whole) == Some(&b'0');
        if whole == 0 || (whole > 1 && begins_with_zero) {
            return None;
        }
        let mut fraction = 0;
        if self.take(b'.').is_some() {
            fraction = self.digits(&mut value);
            if fraction == 0 {
                return None;
            }
        }
        if let Some(b'e' | b'E') = self.peek() {
            self.at += 1;
            if let Some(b'+' | b'-') = self.peek() {
                self.at += 1;
            }
            return (self.digits(&mut value) > 0).then_some(None);
        }
        let signed = if is_negative {
            value.wrapping_neg()
        } else {
            value
        };
        Some(match fraction {
            // Minus nought is not the integer 0 to every parser.
            0 if whole <= INTEGER && (value != 0 || !is_negative) => Some(Number::Integer(signed)),
            1.. if whole + fraction <= EXACT && value != 0 => {
                // Both are exact doubles, so the quotient is the double nearest to the decimal.
                Some(Number::Double(signed as f64 / POWERS[fraction]))
            }
            _ => None,
        })
    }

    /// Passes over digits and says how many; past 64 bits their value is wrong.
    fn digits(&mut self, value: &mut i64) -> usize {
        let start = self.at;
        while let Some(digit @ b'0'..=b'9') = self.peek() {
            *value = value.wrapping_mul(10).wrapping_add(i64::from(digit - b'0'));
            self.at += 1;
        }
        self.at - start
    }

    /// Passes over a value at this depth.
    fn skip(&mut self, depth: usize) -> Option<()> {
        // The open brackets within: a bit for each, which is set for an object.
        let mut objects = 0_u64;
        let mut open = 0;
        loop {
            match self.peek()? {
                b'"' => {
                    self.at += 1;
                    self.skip_string()?;
                }
                bracket @ (b'{' | b'[') => {
                    self.at += 1;
                    open += 1;
                    if depth + open > MAX_EVENT_NESTING {
                        return None;
                    }
                    objects = objects << 1 | u64::from(bracket == b'{');
                    self.blanks();
                    let close = if bracket == b'{' { b'}' } else { b']' };
                    if self.peek()? != close {
                        if bracket == b'{' {
                            self.skip_key()?;
                        }
                        continue;
                    }
                    self.at += 1;
                    open -= 1;
                    objects >>= 1;
                }
                b't' => drop(self.word("true", Value::Missing)?),
                b'f' => drop(self.word("false", Value::Missing)?),
                b'n' => drop(self.word("null", Value::Missing)?),
                _ => drop(self.number()?),
            }
            // After a value: the ends of what it stands in, then a comma, then the next value.
            loop {
                if open == 0 {
                    return Some(());
                }
                self.blanks();
                let is_object = objects & 1 == 1;
                match self.peek()? {
                    b',' => {
                        self.at += 1;
                        self.blanks();
                        if is_object {
                            self.skip_key()?;
                        }
                        break;
                    }
                    b'}' if is_object => {}
                    b']' if !is_object => {}
                    _ => return None,
                }
                self.at += 1;
                open -= 1;
                objects >>= 1;
            }
        }
    }

    fn skip_key(&mut self) -> Option<()> {
        self.take(b'"')?;
        self.skip_string()?;
        self.blanks();
        self.take(b':')?;
        self.blanks();
        Some(())
    }
}

/// How many bytes are looked at together.
const BLOCK: usize = 16;

/// The bytes of a block that do not stand for themselves in a string (quotes, backslashes and control
/// characters), a bit for each.
#[inline]
fn specials(block: u128) -> u32 {
    let bytes = u8x16::new(block.to_le_bytes());
    let quotes = bytes.simd_eq(u8x16::splat(b'"'));
    let backslashes = bytes.simd_eq(u8x16::splat(b'\\'));
    let controls = bytes.min(u8x16::splat(b' ' - 1)).simd_eq(bytes);
    (quotes | backslashes | controls).to_bitmask()
}

#[cfg(test)]
#[path = "scan_tests.rs"]
mod tests;
