//! Numbers: integers within 64 bits stay exact beside doubles.

use std::cmp::Ordering;

use serde::{Deserialize, Serialize};

use crate::wire;

/// A number of the rule language.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub(crate) enum Number {
    /// Exact.
    Integer(i64),
    /// Finite.
    Double(f64),
}

impl Number {
    pub(crate) fn to_f64(self) -> f64 {
        match self {
            Number::Integer(integer) => integer as f64,
            Number::Double(double) => double,
        }
    }

    /// The integer of 64 bits that this is equal to, if there is one.
    pub(crate) fn to_integer(self) -> Option<i64> {
        match self {
            Number::Integer(integer) => Some(integer),
            Number::Double(double)
                if double.trunc() == double
                    && (-9_223_372_036_854_775_808.0..9_223_372_036_854_775_808.0)
                        .contains(&double) =>
            {
                Some(double as i64)
            }
            Number::Double(_) => None,
        }
    }

    /// Whether it is finite, for state that comes from outside.
    pub(crate) fn fits(self) -> bool {
        self.to_f64().is_finite()
    }

    /// Appends its stored form.
    pub(crate) fn write(self, bytes: &mut Vec<u8>) {
        match self {
            Number::Integer(integer) => {
                bytes.push(0);
                wire::put_signed(bytes, integer);
            }
            Number::Double(double) => {
                bytes.push(1);
                wire::put_double(bytes, double);
            }
        }
    }

    /// Takes what [`Number::write`] wrote off the front.
    pub(crate) fn read(bytes: &mut &[u8]) -> Option<Number> {
        match wire::take_byte(bytes)? {
            0 => wire::take_signed(bytes).map(Number::Integer),
            1 => wire::take_double(bytes).map(Number::Double),
            _ => None,
        }
    }

    /// Compares by value; an integer and a double are compared exactly, not by rounding one of them.
    pub(crate) fn compare(self, other: Number) -> Ordering {
        match (self, other) {
            (Number::Integer(a), Number::Integer(b)) => a.cmp(&b),
            (Number::Integer(a), Number::Double(b)) => compare_mixed(a, b),
            (Number::Double(a), Number::Integer(b)) => compare_mixed(b, a).reverse(),
            // Doubles are finite, so there is always an order.
            (Number::Double(a), Number::Double(b)) => a.partial_cmp(&b).unwrap_or(Ordering::Equal),
        }
    }

    /// The sum; two integers add exactly while their sum fits.
    pub(crate) fn add(self, other: Number) -> Option<Number> {
        self.exact(other, i64::checked_add, |a, b| a + b)
    }

    /// The difference.
    pub(crate) fn subtract(self, other: Number) -> Option<Number> {
        self.exact(other, i64::checked_sub, |a, b| a - b)
    }

    /// The product.
    pub(crate) fn multiply(self, other: Number) -> Option<Number> {
        self.exact(other, i64::checked_mul, |a, b| a * b)
    }

    /// The quotient, as a double; `None` for a division by zero.
    pub(crate) fn divide(self, other: Number) -> Option<Number> {
        finite(self.to_f64() / other.to_f64())
    }

    /// The remainder with the sign of the dividend; `None` for a division by zero.
    pub(crate) fn remainder(self, other: Number) -> Option<Number> {
        if other.to_f64() == 0.0 {
            return None;
        }
        self.exact(other, |a, b| Some(a.wrapping_rem(b)), |a, b| a % b)
    }

    /// The number with the other sign.
    pub(crate) fn negate(self) -> Number {
        match self {
            Number::Integer(integer) => match integer.checked_neg() {
                Some(negated) => Number::Integer(negated),
                None => Number::Double(-(integer as f64)),
            },
            Number::Double(double) => Number::Double(-double),
        }
    }

    /// The number by one of the ways to make a double whole: an integer if it fits.
    pub(crate) fn to_whole(self, whole: fn(f64) -> f64) -> Number {
        const LIMIT: f64 = 9_223_372_036_854_775_808.0;
        match self {
            Number::Integer(_) => self,
            Number::Double(double) => {
                let double = whole(double);
                if (-LIMIT..LIMIT).contains(&double) {
                    Number::Integer(double as i64)
                } else {
                    Number::Double(double)
                }
            }
        }
    }

    /// Reads a number as JSON writes it.
    pub(crate) fn parse(text: &str) -> Option<Number> {
        let number: serde_json::Number = serde_json::from_str(text).ok()?;
        match number.as_i64() {
            Some(integer) => Some(Number::Integer(integer)),
            None => finite(number.as_f64()?),
        }
    }

    fn exact(
        self,
        other: Number,
        integers: fn(i64, i64) -> Option<i64>,
        doubles: fn(f64, f64) -> f64,
    ) -> Option<Number> {
        if let (Number::Integer(a), Number::Integer(b)) = (self, other)
            && let Some(result) = integers(a, b)
        {
            return Some(Number::Integer(result));
        }
        finite(doubles(self.to_f64(), other.to_f64()))
    }
}

/// Infinities and NaN are unknown.
pub(crate) fn finite(double: f64) -> Option<Number> {
    double.is_finite().then_some(Number::Double(double))
}

fn compare_mixed(integer: i64, double: f64) -> Ordering {
    // 2^63 and -2^63 are exact doubles; between them the truncated double is an exact integer.
    if double >= 9_223_372_036_854_775_808.0 {
        return Ordering::Less;
    }
    if double < -9_223_372_036_854_775_808.0 {
        return Ordering::Greater;
    }
    let whole = double.trunc();
    integer
        .cmp(&(whole as i64))
        .then(whole.partial_cmp(&double).unwrap_or(Ordering::Equal))
}

#[cfg(test)]
mod tests {
    use std::cmp::Ordering::{Equal, Greater, Less};

    use super::Number::{Double, Integer};

    #[test]
    fn integers_and_doubles_compare_exactly() {
        let big = 9_007_199_254_740_993; // 2^53 + 1 has no double
        assert_eq!(
            Integer(big).compare(Double(9_007_199_254_740_992.0)),
            Greater
        );
        assert_eq!(Double(9_007_199_254_740_992.0).compare(Integer(big)), Less);
        assert_eq!(
            Integer(i64::MAX).compare(Double(9_223_372_036_854_775_808.0)),
            Less
        );
        assert_eq!(
            Integer(i64::MIN).compare(Double(-9_223_372_036_854_775_808.0)),
            Equal
        );
        assert_eq!(Integer(-1).compare(Double(-1.5)), Greater);
        assert_eq!(Integer(1).compare(Double(1.5)), Less);
        assert_eq!(Integer(0).compare(Double(-0.0)), Equal);
    }

    #[test]
    fn arithmetic_stays_exact_while_it_fits_and_never_leaves_the_finite() {
        assert_eq!(
            Integer(i64::MAX).add(Integer(1)),
            Some(Double(9_223_372_036_854_775_808.0))
        );
        assert_eq!(Integer(7).remainder(Integer(-2)), Some(Integer(1)));
        assert_eq!(Integer(-7).remainder(Integer(2)), Some(Integer(-1)));
        assert_eq!(Integer(i64::MIN).remainder(Integer(-1)), Some(Integer(0)));
        assert_eq!(Integer(1).divide(Integer(0)), None);
        assert_eq!(Integer(0).remainder(Double(0.0)), None);
        assert_eq!(Double(f64::MAX).multiply(Integer(2)), None);
        assert_eq!(
            Integer(i64::MIN).negate(),
            Double(9_223_372_036_854_775_808.0)
        );
    }
}
