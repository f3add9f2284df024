//! HyperLogLog: 16,384 registers of six bits, and an estimate that is a function of them.

use serde::{Deserialize, Serialize};

/// How many bits of a hash choose its register.
const P: u32 = 14;
const COUNT: usize = 1 << P;
/// The greatest value of a register: all other bits of a hash are 0.
const MAX_RANK: u8 = (64 - P + 1) as u8;
/// The most registers that are kept one by one; more of them would take more memory than all of them do.
const MAX_SPARSE: usize = COUNT / 4;
/// Which form it is, a length, and all registers packed.
pub(super) const MAX_BYTES: i64 = 1 + 2 + (COUNT as i64 * 6).div_euclid(8);

/// The registers, each the greatest rank that a hash in it had; 0 if there was none.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) enum Registers {
    /// Those that are not 0, in order.
    Sparse(#[serde(with = "crate::deltas")] Vec<(u16, u8)>),
    /// All of them.
    Dense(#[serde(with = "packed")] Vec<u8>),
}

impl Default for Registers {
    fn default() -> Self {
        Registers::Sparse(Vec::new())
    }
}

impl Registers {
    /// The bytes of memory that it takes beside itself.
    pub(super) fn memory(&self) -> usize {
        match self {
            Registers::Sparse(ranks) => ranks.capacity() * size_of::<(u16, u8)>(),
            Registers::Dense(ranks) => ranks.capacity(),
        }
    }

    pub(super) fn insert(&mut self, hash: u64) {
        let register = (hash >> (64 - P)) as u16;
        // The bit below the hash ends the run of zeros of one that has no other.
        let rank = ((hash << P) | (1 << (P - 1))).leading_zeros() as u8 + 1;
        self.raise(register, rank);
    }

    fn raise(&mut self, register: u16, rank: u8) {
        match self {
            Registers::Dense(ranks) => {
                if let Some(held) = ranks.get_mut(usize::from(register)) {
                    *held = rank.max(*held);
                }
            }
            Registers::Sparse(ranks) => {
                match ranks.binary_search_by_key(&register, |pair| pair.0) {
                    Ok(at) => ranks[at].1 = rank.max(ranks[at].1),
                    Err(at) => {
                        ranks.insert(at, (register, rank));
                        if ranks.len() > MAX_SPARSE {
                            self.spread();
                        }
                    }
                }
            }
        }
    }

    fn spread(&mut self) {
        if let Registers::Sparse(pairs) = self {
            let mut ranks = vec![0; COUNT];
            for (register, rank) in pairs {
                if let Some(held) = ranks.get_mut(usize::from(*register)) {
                    *held = *rank;
                }
            }
            *self = Registers::Dense(ranks);
        }
    }

    pub(super) fn merge(&mut self, other: &Registers) {
        match other {
            Registers::Sparse(pairs) => pairs.iter().for_each(|(at, rank)| self.raise(*at, *rank)),
            Registers::Dense(others) => {
                self.spread();
                if let Registers::Dense(ranks) = self {
                    for (rank, other) in ranks.iter_mut().zip(others) {
                        *rank = (*rank).max(*other);
                    }
                }
            }
        }
    }

    /// Ertl's improved raw estimator (O. Ertl, "New cardinality estimation algorithms for HyperLogLog
    /// sketches", 2017, algorithm 6): unbiased over the whole range, with nothing to fit or to switch.
    pub(super) fn estimate(&self) -> f64 {
        let mut counts = [0_u32; MAX_RANK as usize + 1];
        let mut tally = |rank: u8| {
            if let Some(count) = counts.get_mut(usize::from(rank)) {
                *count += 1;
            }
        };
        match self {
            Registers::Dense(ranks) => ranks.iter().for_each(|rank| tally(*rank)),
            Registers::Sparse(pairs) => {
                pairs.iter().for_each(|(_, rank)| tally(*rank));
                counts[0] = (COUNT - pairs.len().min(COUNT)) as u32;
            }
        }
        let m = COUNT as f64;
        let [zero, middle @ .., full] = counts;
        let mut z = m * tau(1.0 - f64::from(full) / m);
        for count in middle.iter().rev() {
            z = 0.5 * (z + f64::from(*count));
        }
        z += m * sigma(f64::from(zero) / m);
        m * m / (2.0 * std::f64::consts::LN_2) / z
    }

    pub(super) fn fits(&self) -> bool {
        match self {
            Registers::Sparse(pairs) => {
                let sound = |&(at, rank): &(u16, u8)| {
                    usize::from(at) < COUNT && (1..=MAX_RANK).contains(&rank)
                };
                pairs.len() <= MAX_SPARSE && pairs.iter().all(sound)
            }
            Registers::Dense(ranks) => {
                ranks.len() == COUNT
                    && ranks.iter().all(|rank| *rank <= MAX_RANK)
                    && ranks.iter().filter(|rank| **rank > 0).count() > MAX_SPARSE
            }
        }
    }
}

/// The sum of x^(2^k) · 2^(k−1) over k from 1 on, plus x.
fn sigma(mut x: f64) -> f64 {
    if x == 1.0 {
        return f64::INFINITY;
    }
    let (mut y, mut z) = (1.0, x);
    loop {
        x *= x;
        let before = z;
        z += x * y;
        y += y;
        if z == before {
            return z;
        }
    }
}

/// A third of 1 − x − the sum of (1 − x^(2^−k))² · 2^−k over k from 1 on.
fn tau(mut x: f64) -> f64 {
    if x == 0.0 || x == 1.0 {
        return 0.0;
    }
    let (mut y, mut z) = (1.0, 1.0 - x);
    loop {
        x = x.sqrt();
        let before = z;
        y *= 0.5;
        z -= (1.0 - x) * (1.0 - x) * y;
        if z == before {
            return z / 3.0;
        }
    }
}

/// Four registers in three bytes.
mod packed {
    use serde::de::{Deserialize, Deserializer, Error};
    use serde::ser::Serializer;

    use super::COUNT;

    pub(super) fn serialize<S: Serializer>(ranks: &[u8], serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(
            ranks
                .as_chunks::<4>()
                .0
                .iter()
                .map(|[a, b, c, d]| [a << 2 | b >> 4, b << 4 | c >> 2, c << 6 | d]),
        )
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<Vec<u8>, D::Error> {
        let chunks = Vec::<[u8; 3]>::deserialize(from)?;
        if chunks.len() != COUNT / 4 {
            return Err(D::Error::custom("the registers are not all there"));
        }
        let unpack = |[x, y, z]: [u8; 3]| {
            [
                x >> 2,
                (x & 3) << 4 | y >> 4,
                (y & 15) << 2 | z >> 6,
                z & 63,
            ]
        };
        Ok(chunks.into_iter().flat_map(unpack).collect())
    }
}

#[cfg(test)]
mod tests {
    use super::{COUNT, MAX_RANK, Registers};

    #[test]
    fn a_hash_raises_its_register_to_the_place_of_its_first_one() {
        let mut registers = Registers::default();
        registers.insert(1 << 63);
        registers.insert(0b11 << 48);
        registers.insert(0b11 << 20);
        let Registers::Sparse(pairs) = &registers else {
            panic!("{registers:?}")
        };
        assert_eq!(*pairs, [(0, 29), (8_192, MAX_RANK)]);
    }

    #[test]
    fn impossible_registers_are_refused() {
        let sound = |registers: Registers| {
            let bytes = postcard::to_allocvec(&registers).unwrap();
            postcard::from_bytes::<Registers>(&bytes).is_ok_and(|registers| registers.fits())
        };
        assert!(sound(Registers::Sparse(vec![(1, 1), (2, 51)])));
        assert!(!sound(Registers::Sparse(vec![(1, 1), (2, 52)])));
        assert!(!sound(Registers::Sparse(vec![(1, 0)])));
        assert!(!sound(Registers::Sparse(vec![(16_384, 1)])));
        assert!(sound(Registers::Dense(vec![51; COUNT])));
        assert!(!sound(Registers::Dense(vec![52; COUNT])));
        assert!(!sound(Registers::Dense(vec![0; COUNT])));
        assert!(!sound(Registers::Dense(vec![1; 4])));
    }
}
