//! Sequence numbers: where a record stands in its shard.

use std::cmp::Ordering;
use std::fmt;
use std::sync::Arc;

/// The sequence number of a record: decimal digits, more of them than any integer type holds.
#[derive(Clone)]
pub struct Sequence(Arc<str>);

impl Sequence {
    /// The number of these digits; `None` for anything else.
    pub fn new(digits: &str) -> Option<Sequence> {
        // The API allows 129 digits; those of AWS have 56.
        let is_number =
            (1..=129).contains(&digits.len()) && digits.bytes().all(|byte| byte.is_ascii_digit());
        is_number.then(|| Sequence(digits.into()))
    }

    /// Its digits.
    pub fn digits(&self) -> &Arc<str> {
        &self.0
    }

    fn significant(&self) -> &str {
        self.0.trim_start_matches('0')
    }
}

/// By value: longer numbers are greater.
impl Ord for Sequence {
    fn cmp(&self, other: &Sequence) -> Ordering {
        let (a, b) = (self.significant(), other.significant());
        a.len().cmp(&b.len()).then_with(|| a.cmp(b))
    }
}

impl PartialOrd for Sequence {
    fn partial_cmp(&self, other: &Sequence) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl PartialEq for Sequence {
    fn eq(&self, other: &Sequence) -> bool {
        self.cmp(other) == Ordering::Equal
    }
}

impl Eq for Sequence {}

impl fmt::Debug for Sequence {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Display for Sequence {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::Sequence;

    #[test]
    fn numbers_compare_by_value() {
        let number = |digits| Sequence::new(digits).unwrap();
        assert!(number("9") < number("10"));
        assert!(number("49590338271490256608559692538361571095921575989136588898") > number("5"));
        assert_eq!(number("007"), number("7"));
        for none in ["", "-1", "1.0", "x", &"1".repeat(130)] {
            assert!(Sequence::new(none).is_none(), "{none}");
        }
    }
}
