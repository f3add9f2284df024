//! The bytes of accumulators: those that serde gives in the form of postcard, in a fraction of the time, and read into the
//! memory of accumulators that are gone.

use super::distinct::Distinct;
use super::percentile::Sketch;
use super::stddev::Deviation;
use super::sum::Sum;
use super::{Accumulator, Number};
use crate::wire;

// The variants, as serde numbers them.
const COUNT: u8 = 0;
const SUM: u8 = 1;
const MIN: u8 = 2;
const MAX: u8 = 3;
const STDDEV: u8 = 4;
const LAST: u8 = 5;
const DISTINCT: u8 = 6;
const PERCENTILE: u8 = 7;

/// How many kinds of accumulators there are.
pub(crate) const KINDS: usize = 8;

impl Accumulator {
    /// Of which kind it is: what begins its stored form.
    pub(crate) fn kind(&self) -> u8 {
        match self {
            Accumulator::Count(_) => COUNT,
            Accumulator::Sum(_) => SUM,
            Accumulator::Min(_) => MIN,
            Accumulator::Max(_) => MAX,
            Accumulator::StdDev(_) => STDDEV,
            Accumulator::Last(_) => LAST,
            Accumulator::Distinct(_) => DISTINCT,
            Accumulator::Percentile(_) => PERCENTILE,
        }
    }

    /// Appends its stored form.
    pub(crate) fn write(&self, bytes: &mut Vec<u8>) {
        bytes.push(self.kind());
        match self {
            Accumulator::Count(count) => wire::put_integer(bytes, *count),
            Accumulator::Sum(sum) => sum.write(bytes),
            Accumulator::Min(extreme) | Accumulator::Max(extreme) => write_extreme(*extreme, bytes),
            Accumulator::StdDev(deviation) => deviation.write(bytes),
            Accumulator::Last(last) => wire::put(bytes, last),
            Accumulator::Distinct(distinct) => distinct.write(bytes),
            Accumulator::Percentile(sketch) => sketch.write(bytes),
        }
    }

    /// Takes what [`Accumulator::write`] wrote off the front, and takes its place; `None` for what it cannot have written.
    pub(crate) fn read(&mut self, bytes: &mut &[u8]) -> Option<()> {
        let (&kind, mut rest) = bytes.split_first()?;
        match (kind, &mut *self) {
            (COUNT, _) => *self = Accumulator::Count(wire::take_integer(&mut rest)?),
            (SUM, _) => *self = Accumulator::Sum(Sum::read(&mut rest)?),
            (MIN, _) => *self = Accumulator::Min(read_extreme(&mut rest)?),
            (MAX, _) => *self = Accumulator::Max(read_extreme(&mut rest)?),
            (STDDEV, _) => *self = Accumulator::StdDev(Deviation::read(&mut rest)?),
            (LAST, _) => *self = Accumulator::Last(wire::take(&mut rest)?),
            (DISTINCT, Accumulator::Distinct(distinct)) => distinct.read(&mut rest)?,
            (PERCENTILE, Accumulator::Percentile(sketch)) => sketch.read(&mut rest)?,
            (DISTINCT, _) => {
                *self = Accumulator::Distinct(Distinct::default());
                return self.read(bytes);
            }
            (PERCENTILE, _) => {
                *self = Accumulator::Percentile(Sketch::default());
                return self.read(bytes);
            }
            _ => return None,
        }
        *bytes = rest;
        Some(())
    }
}

fn write_extreme(extreme: Option<Number>, bytes: &mut Vec<u8>) {
    bytes.push(u8::from(extreme.is_some()));
    if let Some(number) = extreme {
        number.write(bytes);
    }
}

fn read_extreme(bytes: &mut &[u8]) -> Option<Option<Number>> {
    match wire::take_byte(bytes)? {
        0 => Some(None),
        1 => Number::read(bytes).map(Some),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::{Accumulator, Number};
    use crate::aggregate::AGGREGATES;
    use crate::event::Datum;
    use crate::time::Time;
    use crate::wire;

    fn number(random: &mut fastrand::Rng) -> Number {
        match random.bool() {
            true => Number::Integer(random.i64(..) >> random.u32(0..64)),
            false => Number::Double((random.f64() - 0.5) * 10_f64.powi(random.i32(-9..9))),
        }
    }

    #[test]
    fn bytes_are_those_of_serde() {
        let mut random = fastrand::Rng::with_seed(3);
        let mut other = Accumulator::default();
        for round in 0..3_000 {
            let spec = &AGGREGATES[round % AGGREGATES.len()];
            let mut accumulator = Accumulator::new((spec.make)(60_000, 95_000_000));
            for _ in 0..random.usize(0..40) >> random.u32(0..4) {
                let value = match random.u8(..4) {
                    0 => Datum::Text("x".repeat(random.usize(..20)).into()),
                    _ => Datum::Number(number(&mut random)),
                };
                accumulator.add(value, Time(random.i64(-9..9)));
            }
            let (mut bytes, mut expected) = (Vec::new(), Vec::new());
            accumulator.write(&mut bytes);
            wire::put(&mut expected, &accumulator);
            assert_eq!(bytes, expected, "{}", spec.name);
            for length in 0..bytes.len() {
                assert_eq!(other.read(&mut &bytes[..length]), None, "{}", spec.name);
            }
            bytes.extend([7; 9]);
            let mut rest = &bytes[..];
            assert_eq!(other.read(&mut rest), Some(()));
            assert_eq!((&other, rest), (&accumulator, &[7; 9][..]), "{}", spec.name);
        }
    }
}
