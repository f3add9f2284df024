//! Guesses of the keys of events: most likely the key that followed another one follows it again.

use super::fields::Short;

/// For how many keys it is remembered what followed them.
const GUESSES: usize = 128;

/// What followed which key the last time. It makes reading faster, since the processor goes on at the end of a guessed
/// key before that has been looked for, and changes nothing of what is read.
#[derive(Debug, Default)]
pub(super) struct Keys {
    /// Nothing, as long as no key has come.
    guesses: Vec<Guess>,
    /// Where the guess of the next key stands.
    next: usize,
}

/// A short key as it is usually written: between quotes, and a colon after it.
#[derive(Debug, Clone, Copy)]
pub(super) struct Guess {
    written: u128,
    /// The bytes of a block that it takes.
    mask: u128,
    /// Its length as written.
    pub(super) length: usize,
    pub(super) name: Short,
    /// Where the guess of the key after it stands.
    next: usize,
}

/// No block is this under this mask.
const NONE: Guess = Guess {
    written: 1,
    mask: 0,
    length: 0,
    name: Short::EMPTY,
    next: 0,
};

impl Keys {
    /// The text begins anew.
    pub(super) fn begin(&mut self) {
        self.next = 0;
    }

    /// The key that this block begins with, if it is the one that was guessed.
    #[inline]
    pub(super) fn guess(&mut self, block: u128) -> Option<Guess> {
        let guess = *self.guesses.get(self.next)?;
        if block & guess.mask != guess.written {
            return None;
        }
        self.next = guess.next;
        Some(guess)
    }

    /// Remembers the key, as it is written, that came instead, if it is short and means what is written.
    #[inline(never)]
    pub(super) fn learn(&mut self, key: &str) {
        // With its quotes and its colon.
        let length = key.len() + 3;
        let fits = length <= size_of::<u128>() && !key.contains('\\');
        let Some(name) = Short::of(key).filter(|_| fits) else {
            self.next = 0;
            return;
        };
        let bits = name.bits();
        let end = u128::from(u16::from_le_bytes(*b"\":"));
        // By the golden ratio, so that names that are much alike come apart.
        let hash = (bits as u64 ^ (bits >> 64) as u64).wrapping_mul(0x9e37_79b9_7f4a_7c15);
        let next = (hash >> 32) as usize % GUESSES;
        self.guesses.resize(GUESSES, NONE);
        self.guesses[self.next] = Guess {
            written: u128::from(b'"') | bits << 8 | end << (8 * (key.len() + 1)),
            mask: u128::MAX >> (8 * (size_of::<u128>() - length)),
            length,
            name,
            next,
        };
        self.next = next;
    }
}
