//! Reads the JSON that events usually are, in one pass and several times as fast as a general parser.
//!
//! It gives up on anything out of the ordinary, be it wrong or just rare; then the general parser decides. So
//! what it accepts must be JSON, and must fill the slots as the general parser fills them, which tests and
//! fuzzing compare.

mod number;

use std::borrow::Cow;

use wide::u8x16;

use super::fields::Fields;
use super::keys::Keys;
use super::projection::{Field, MAX_REPEATS, Seed};
use super::value::{Slots, Value};
use crate::MAX_EVENT_NESTING;

/// Reads one object into the slots of its fields. `None` if it gave up; the slots hold anything then.
pub(super) fn read<'a>(text: &'a str, root: &Field, slots: &mut Slots<'a>) -> Option<()> {
    let scanner = Scanner { text };
    slots.keys.begin();
    let at = scanner.take(b'{', scanner.blanks(0))?;
    let at = scanner.object(at, root, slots, 1)?;
    (scanner.blanks(at) == text.len()).then_some(())
}

/// The text; where it is read is handed on from one to the next, so that it stays in a register.
#[derive(Clone, Copy)]
struct Scanner<'a> {
    text: &'a str,
}

impl<'a> Scanner<'a> {
    /// The byte there; 0, which stands nowhere in JSON, after the end.
    #[inline]
    fn byte(self, at: usize) -> u8 {
        self.text.as_bytes().get(at).copied().unwrap_or(0)
    }

    #[inline]
    fn take(self, byte: u8, at: usize) -> Option<usize> {
        (self.byte(at) == byte).then_some(at + 1)
    }

    #[inline]
    fn blanks(self, at: usize) -> usize {
        // Most JSON of machines has none.
        match self.byte(at) {
            b'!'.. => at,
            _ => self.skip_blanks(at),
        }
    }

    #[inline(never)]
    fn skip_blanks(self, mut at: usize) -> usize {
        while let b' ' | b'\n' | b'\r' | b'\t' = self.byte(at) {
            at += 1;
        }
        at
    }

    /// Passes over a colon and what is blank around it.
    #[inline]
    fn colon(self, at: usize) -> Option<usize> {
        match self.text.as_bytes().get(at..at + 2) {
            Some([b':', b'!'..=b'\xff']) => Some(at + 1),
            _ => self.blank_colon(at),
        }
    }

    #[inline(never)]
    fn blank_colon(self, at: usize) -> Option<usize> {
        let at = self.take(b':', self.blanks(at))?;
        Some(self.blanks(at))
    }

    /// Reads an object after its bracket.
    fn object(
        self,
        at: usize,
        field: &Field,
        slots: &mut Slots<'a>,
        depth: usize,
    ) -> Option<usize> {
        if depth > MAX_EVENT_NESTING {
            return None;
        }
        let mut found = 0;
        // The first keys that were seen, a bit for each; of the others any may be a repeat.
        let mut seen = 0_u64;
        let mut at = self.blanks(at);
        if self.byte(at) != b'}' {
            loop {
                let child = self.key(&mut at, &mut slots.keys, &field.fields)?;
                at = match child {
                    None => self.skip(at, depth, &mut slots.keys)?,
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
                        self.value(at, child, slots, depth)?
                    }
                };
                at = self.blanks(at);
                match self.byte(at) {
                    b',' => at = self.blanks(at + 1),
                    b'}' => break,
                    _ => return None,
                }
            }
        }
        if let Some(slot) = field.slot {
            slots.set(slot, Value::Object);
        }
        Some(at + 1)
    }

    /// Reads a key and its colon, and finds the field that it names.
    #[inline]
    fn key<'f>(
        self,
        at: &mut usize,
        keys: &mut Keys,
        fields: &'f Fields,
    ) -> Option<Option<(usize, &'f Field)>> {
        if let Some(guess) = keys.guess(self.block(*at)) {
            *at = self.blanks(*at + guess.length);
            return Some(fields.get_short(guess.name));
        }
        let start = self.take(b'"', *at)?;
        let (key, end) = self.string(start)?;
        if let Cow::Borrowed(key) = key {
            keys.learn(key);
        }
        *at = self.colon(end)?;
        Some(fields.get(&key))
    }

    /// Passes over a key and its colon.
    #[inline]
    fn skip_key(self, at: usize, keys: &mut Keys) -> Option<usize> {
        if let Some(guess) = keys.guess(self.block(at)) {
            return Some(self.blanks(at + guess.length));
        }
        let start = self.take(b'"', at)?;
        let end = self.skip_string(start)?;
        if let Some(key) = self.text.get(start..end - 1) {
            keys.learn(key);
        }
        self.colon(end)
    }

    #[inline]
    fn value(self, at: usize, field: &Field, slots: &mut Slots<'a>, depth: usize) -> Option<usize> {
        let (value, end) = match self.byte(at) {
            b'"' if field.slot.is_none() => return self.skip_string(at + 1),
            b'"' => {
                let (text, end) = self.string(at + 1)?;
                (Value::Text(text), end)
            }
            b'{' => return self.object(at + 1, field, slots, depth + 1),
            b'[' => {
                let end = self.skip(at, depth, &mut slots.keys)?;
                return self.general(at, end, field, slots);
            }
            b't' => (Value::Bool(true), self.word("true", at)?),
            b'f' => (Value::Bool(false), self.word("false", at)?),
            b'n' => (Value::Missing, self.word("null", at)?),
            _ => match self.number(at)? {
                (Some(number), end) => (Value::Number(number), end),
                (None, end) => return self.general(at, end, field, slots),
            },
        };
        if let Some(slot) = field.slot {
            slots.set(slot, value);
        }
        Some(end)
    }

    /// Has the general parser read the value that stands there.
    fn general(
        self,
        start: usize,
        end: usize,
        field: &Field,
        slots: &mut Slots<'a>,
    ) -> Option<usize> {
        let json = self.text.get(start..end)?;
        Seed { field, slots }.again(json).ok()?;
        Some(end)
    }

    #[inline]
    fn word(self, word: &str, at: usize) -> Option<usize> {
        let rest = self.text.as_bytes().get(at..)?;
        rest.starts_with(word.as_bytes()).then_some(at + word.len())
    }

    /// The bytes from there on; zeros stand for those after the end.
    #[inline]
    fn block(self, at: usize) -> u128 {
        let rest = self.text.as_bytes().get(at..);
        match rest.and_then(<[u8]>::first_chunk) {
            Some(block) => u128::from_le_bytes(*block),
            None => self.last_block(at),
        }
    }

    #[inline(never)]
    fn last_block(self, at: usize) -> u128 {
        let rest = self.text.as_bytes().get(at..).unwrap_or_default();
        rest.iter()
            .rev()
            .fold(0, |block, byte| block << 8 | u128::from(*byte))
    }

    /// Where the next byte of a string is that does not stand for itself.
    #[inline]
    fn plain(self, mut at: usize) -> usize {
        loop {
            let found = specials(self.block(at));
            if found != 0 {
                return at + found.trailing_zeros() as usize;
            }
            at += BLOCK;
        }
    }

    /// Reads a string after its quote.
    #[inline]
    fn string(self, at: usize) -> Option<(Cow<'a, str>, usize)> {
        let end = self.plain(at);
        match self.byte(end) {
            b'"' => Some((Cow::Borrowed(self.text.get(at..end)?), end + 1)),
            _ => self.unescape(at, end),
        }
    }

    /// Reads on a string that begins at `plain` and stands for itself up to `at`.
    #[inline(never)]
    fn unescape(self, mut plain: usize, mut at: usize) -> Option<(Cow<'a, str>, usize)> {
        let mut unescaped = String::with_capacity(2 * (at - plain) + BLOCK);
        loop {
            unescaped.push_str(self.text.get(plain..at)?);
            match self.byte(at) {
                b'"' => return Some((Cow::Owned(unescaped), at + 1)),
                b'\\' => {
                    let (escaped, end) = self.escape(at)?;
                    unescaped.push(escaped);
                    plain = end;
                }
                _ => return None,
            }
            at = self.plain(plain);
        }
    }

    /// Reads an escape from its backslash on.
    fn escape(self, at: usize) -> Option<(char, usize)> {
        let escaped = match self.byte(at + 1) {
            b'b' => '\u{8}',
            b'f' => '\u{c}',
            b'n' => '\n',
            b'r' => '\r',
            b't' => '\t',
            b'u' => return self.escaped_unit(at),
            same @ (b'"' | b'\\' | b'/') => char::from(same),
            _ => return None,
        };
        Some((escaped, at + 2))
    }

    /// Reads `\u` and four digits, or two of them that are one character. Half of such a pair is out of the ordinary.
    fn escaped_unit(self, at: usize) -> Option<(char, usize)> {
        let first = self.unit(at)?;
        if !(0xd800..0xe000).contains(&first) {
            return Some((char::from_u32(first)?, at + UNIT));
        }
        let second = self.unit(at + UNIT)?;
        let is_pair = first < 0xdc00 && (0xdc00..0xe000).contains(&second);
        if !is_pair {
            return None;
        }
        let pair = 0x1_0000 + ((first - 0xd800) << 10) + (second - 0xdc00);
        Some((char::from_u32(pair)?, at + 2 * UNIT))
    }

    /// Reads `\u` and four digits.
    fn unit(self, at: usize) -> Option<u32> {
        let unit = self.text.as_bytes().get(at..at + UNIT)?;
        let digits = unit.strip_prefix(b"\\u")?;
        digits.iter().try_fold(0, |unit, digit| {
            Some(unit << 4 | char::from(*digit).to_digit(16)?)
        })
    }

    /// Passes over a string after its quote.
    #[inline]
    fn skip_string(self, at: usize) -> Option<usize> {
        let end = self.plain(at);
        match self.byte(end) {
            b'"' => Some(end + 1),
            _ => self.skip_escapes(end),
        }
    }

    #[inline(never)]
    fn skip_escapes(self, mut at: usize) -> Option<usize> {
        loop {
            let end = match (self.byte(at), self.byte(at + 1)) {
                (b'"', _) => return Some(at + 1),
                (b'\\', b'"' | b'\\' | b'/' | b'b' | b'f' | b'n' | b'r' | b't') => at + 2,
                (b'\\', b'u') => self.unit(at).map(|_| at + UNIT)?,
                _ => return None,
            };
            at = self.plain(end);
        }
    }

    /// Passes over a value at this depth.
    fn skip(self, mut at: usize, depth: usize, keys: &mut Keys) -> Option<usize> {
        // The open brackets within: a bit for each, which is set for an object.
        let mut objects = 0_u64;
        let mut open = 0;
        loop {
            at = match self.byte(at) {
                b'"' => self.skip_string(at + 1)?,
                bracket @ (b'{' | b'[') => {
                    at = self.blanks(at + 1);
                    open += 1;
                    if depth + open > MAX_EVENT_NESTING {
                        return None;
                    }
                    objects = objects << 1 | u64::from(bracket == b'{');
                    let close = if bracket == b'{' { b'}' } else { b']' };
                    if self.byte(at) != close {
                        if bracket == b'{' {
                            at = self.skip_key(at, keys)?;
                        }
                        continue;
                    }
                    open -= 1;
                    objects >>= 1;
                    at + 1
                }
                b't' => self.word("true", at)?,
                b'f' => self.word("false", at)?,
                b'n' => self.word("null", at)?,
                _ => self.skip_number(at)?,
            };
            // After a value: the ends of what it stands in, then a comma, then the next value.
            loop {
                if open == 0 {
                    return Some(at);
                }
                at = self.blanks(at);
                let is_object = objects & 1 == 1;
                match self.byte(at) {
                    b',' => {
                        at = self.blanks(at + 1);
                        if is_object {
                            at = self.skip_key(at, keys)?;
                        }
                        break;
                    }
                    b'}' if is_object => {}
                    b']' if !is_object => {}
                    _ => return None,
                }
                at += 1;
                open -= 1;
                objects >>= 1;
            }
        }
    }
}

/// The bytes of `\u` and its digits.
const UNIT: usize = 6;

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
