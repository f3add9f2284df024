//! A DDSketch: numbers counted in bins whose bounds are in proportion.
//!
//! `sketches-ddsketch` would not do: it keeps a dense range of bins whose bytes depend on the order in
//! which numbers came, takes all below 1e-9 for zero, and finds bins by a logarithm that is not the
//! same on every machine. Here bins are found by integer arithmetic on the bits of the double.

use serde::{Deserialize, Serialize};

use crate::number::{Number, finite};
use crate::{deltas, wire};

/// Bins in a power of two, evenly spaced. The first of them is the widest in proportion: from 1 to 1.02, so that
/// no number in it is further than 0.0099 of itself from the bin's middle.
const PER_OCTAVE: u64 = 50;
/// The most bins that are not empty.
const MAX_BINS: usize = 2_048;
const FRACTION_BITS: u32 = 52;
/// Two doubles and a length; a bin's index is hardly ever further than 8,191 from the one before (two
/// bytes, else three, which 26 can take), and of counts whose sum fits 64 bits hardly any takes more than eight bytes (255 can
/// take one more).
pub(crate) const MAX_BYTES: i64 = 8 + 8 + 2 + MAX_BINS as i64 * (2 + 8) + 26 + 256;

/// Numbers, counted in bins.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct Sketch {
    /// The least number; above the greatest if there is none.
    min: f64,
    max: f64,
    /// Bins by index, in order, none of them empty: negative numbers have negative ones, zero has 0.
    #[serde(with = "crate::deltas")]
    bins: Vec<(i32, u64)>,
}

impl Default for Sketch {
    fn default() -> Self {
        Sketch {
            min: f64::INFINITY,
            max: f64::NEG_INFINITY,
            bins: Vec::new(),
        }
    }
}

impl Sketch {
    pub(in crate::aggregate) fn add(&mut self, number: Number) {
        // Adding 0 makes a 0 of -0, which would be other bytes.
        let double = number.to_f64() + 0.0;
        self.min = self.min.min(double);
        self.max = self.max.max(double);
        let bin = bin(double);
        match self.bins.binary_search_by_key(&bin, |pair| pair.0) {
            Ok(at) => self.bins[at].1 = self.bins[at].1.saturating_add(1),
            Err(at) => {
                self.bins.insert(at, (bin, 1));
                self.collapse();
            }
        }
    }

    /// The bytes of memory that it takes beside itself.
    pub(in crate::aggregate) fn memory(&self) -> usize {
        self.bins.capacity() * size_of::<(i32, u64)>()
    }

    pub(in crate::aggregate) fn merge(&mut self, other: &Sketch) {
        self.min = self.min.min(other.min);
        self.max = self.max.max(other.max);
        let (mut at, mut missing) = (0, 0);
        for (bin, count) in &other.bins {
            at += self.bins[at..]
                .iter()
                .take_while(|mine| mine.0 < *bin)
                .count();
            match self.bins.get_mut(at) {
                Some(mine) if mine.0 == *bin => mine.1 = mine.1.saturating_add(*count),
                _ => missing += 1,
            }
        }
        if missing > 0 {
            self.insert_missing(&other.bins, missing);
            self.collapse();
        }
    }

    /// Inserts those of other bins that there are none of, so many, from the last on.
    fn insert_missing(&mut self, others: &[(i32, u64)], missing: usize) {
        let mut mine = self.bins.len();
        let mut end = mine + missing;
        self.bins.resize(end, (0, 0));
        for other in others.iter().rev() {
            while mine > 0 && self.bins[mine - 1].0 > other.0 {
                (mine, end) = (mine - 1, end - 1);
                self.bins[end] = self.bins[mine];
            }
            if mine == 0 || self.bins[mine - 1].0 < other.0 {
                end -= 1;
                self.bins[end] = *other;
            }
            if mine == end {
                break;
            }
        }
    }

    /// Empties it; the bins leave their memory.
    pub(in crate::aggregate) fn clear(&mut self) {
        self.bins.clear();
        (self.min, self.max) = (f64::INFINITY, f64::NEG_INFINITY);
    }

    pub(in crate::aggregate) fn write(&self, bytes: &mut Vec<u8>) {
        wire::put_double(bytes, self.min);
        wire::put_double(bytes, self.max);
        wire::put_integer(bytes, self.bins.len() as u64);
        let mut last = 0;
        for (bin, count) in &self.bins {
            let bin = i64::from(*bin);
            wire::put_signed(bytes, bin - last);
            wire::put_integer(bytes, *count);
            last = bin;
        }
    }

    /// Reads what [`Sketch::write`] wrote, into the memory at hand.
    pub(in crate::aggregate) fn read(&mut self, bytes: &mut &[u8]) -> Option<()> {
        self.min = wire::take_double(bytes)?;
        self.max = wire::take_double(bytes)?;
        self.bins.clear();
        let mut last = None;
        for _ in 0..wire::take_length(bytes)? {
            let bin = deltas::next(last, wire::take_signed(bytes)?)?;
            let count = wire::take_integer(bytes)?;
            self.bins.push((i32::try_from(bin).ok()?, count));
            last = Some(bin);
        }
        Some(())
    }

    /// Adds the bins that are too many to the lowest that stays.
    ///
    /// The order of merges does not matter: that lowest bin only ever rises, since it is the 2,048th from above
    /// of all bins so far. So what was collapsed into it lies at or below the lowest bin of the end, where
    /// it belongs in any order; and every bin above that one has never been collapsed.
    fn collapse(&mut self) {
        let extra = self.bins.len().saturating_sub(MAX_BINS);
        if extra > 0 {
            let lost: u64 = self
                .bins
                .drain(..extra)
                .fold(0, |sum, bin| sum.saturating_add(bin.1));
            if let Some(lowest) = self.bins.first_mut() {
                lowest.1 = lowest.1.saturating_add(lost);
            }
        }
    }

    /// The number at the nearest rank, for a percentile in millionths.
    pub(in crate::aggregate) fn value(&self, millionths: u32) -> Option<Number> {
        let count: u128 = self.bins.iter().map(|bin| u128::from(bin.1)).sum();
        let rank = (count * u128::from(millionths))
            .div_ceil(100_000_000)
            .max(1);
        if rank == 1 {
            return finite(self.min);
        }
        if rank == count {
            return finite(self.max);
        }
        let mut below = 0;
        let bin = self.bins.iter().find(|bin| {
            below += u128::from(bin.1);
            below >= rank
        })?;
        finite(middle(bin.0).clamp(self.min, self.max))
    }

    pub(in crate::aggregate) fn fits(&self) -> bool {
        let Some(((first, _), (last, _))) = self.bins.first().zip(self.bins.last()) else {
            return *self == Sketch::default();
        };
        let sound = self.min.is_finite() && self.max.is_finite() && self.min <= self.max;
        // Where bins were collapsed, the least number is below the lowest bin.
        sound
            && bin(self.max) == *last
            && bin(self.min) <= *first
            && self.bins.len() <= MAX_BINS
            && self.bins.iter().all(|bin| bin.1 > 0)
    }
}

/// The bin of a finite double. Bins ascend with the numbers.
fn bin(double: f64) -> i32 {
    if double == 0.0 {
        return 0;
    }
    let size = double.abs();
    // A subnormal has no leading bit to go by until it is scaled, which is exact.
    let (size, scaled) = if size < f64::MIN_POSITIVE {
        (size * (1_u64 << FRACTION_BITS) as f64, FRACTION_BITS as u64)
    } else {
        (size, 0)
    };
    let bits = size.to_bits();
    let exponent = (bits >> FRACTION_BITS) + u64::from(FRACTION_BITS) - scaled;
    let fraction = bits & ((1 << FRACTION_BITS) - 1);
    let bin = (exponent * PER_OCTAVE + ((fraction * PER_OCTAVE) >> FRACTION_BITS)) as i32 + 1;
    if double < 0.0 { -bin } else { bin }
}

/// The number that stands for a bin: the one from which its bounds are equally far in proportion.
fn middle(bin: i32) -> f64 {
    if bin == 0 {
        return 0.0;
    }
    let index = u64::from(bin.unsigned_abs() - 1);
    let (octave, step) = (index / PER_OCTAVE, index % PER_OCTAVE);
    let (low, high) = (step as f64, step as f64 + 1.0);
    let per = PER_OCTAVE as f64;
    let (low, high) = (1.0 + low / per, 1.0 + high / per);
    let fraction = 2.0 * low * high / (low + high);
    // 2^e for e = octave − 52 − 1023, in two factors, since the least is no normal double.
    let exponent = octave as i64 - i64::from(FRACTION_BITS) - 1_023;
    let (first, second) = (exponent / 2, exponent - exponent / 2);
    let size = fraction * power_of_two(first) * power_of_two(second);
    // The middle of the last bin is a double, too: no bin reaches past twice its octave.
    if bin < 0 { -size } else { size }
}

/// 2^e, for an exponent that a normal double has.
fn power_of_two(exponent: i64) -> f64 {
    f64::from_bits(((exponent + 1_023).clamp(1, 2_046) as u64) << FRACTION_BITS)
}

#[cfg(test)]
mod tests;
