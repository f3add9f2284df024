//! Stored form of sorted pairs: each key as its distance from the one before, so that dense keys take a byte.

use std::fmt;
use std::marker::PhantomData;

use serde::de::{Deserialize, Deserializer, Error, SeqAccess, Visitor};
use serde::ser::{Serialize, Serializer};

/// Writes pairs whose keys ascend.
pub(crate) fn serialize<'a, C, K, V, S>(pairs: &'a C, serializer: S) -> Result<S::Ok, S::Error>
where
    &'a C: IntoIterator<Item = &'a (K, V)>,
    K: Copy + Into<i64> + 'a,
    V: Serialize + 'a,
    S: Serializer,
    <&'a C as IntoIterator>::IntoIter: ExactSizeIterator,
{
    let mut last = 0_i64;
    serializer.collect_seq(pairs.into_iter().map(|(key, value)| {
        let key = (*key).into();
        let delta = key.wrapping_sub(last);
        last = key;
        (delta, value)
    }))
}

/// Reads what [`serialize`] wrote, and refuses keys that do not ascend.
pub(crate) fn deserialize<'de, C, K, V, D>(deserializer: D) -> Result<C, D::Error>
where
    C: Default + Extend<(K, V)>,
    K: TryFrom<i64>,
    V: Deserialize<'de>,
    D: Deserializer<'de>,
{
    deserializer.deserialize_seq(Pairs(PhantomData))
}

struct Pairs<C, K, V>(PhantomData<(C, K, V)>);

impl<'de, C, K, V> Visitor<'de> for Pairs<C, K, V>
where
    C: Default + Extend<(K, V)>,
    K: TryFrom<i64>,
    V: Deserialize<'de>,
{
    type Value = C;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("pairs with ascending keys")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<C, A::Error> {
        // Nothing is reserved by the announced length: it may be a lie.
        let mut pairs = C::default();
        let mut last: Option<i64> = None;
        while let Some((delta, value)) = seq.next_element::<(i64, V)>()? {
            let key = next(last, delta).ok_or_else(|| A::Error::custom("keys do not ascend"))?;
            last = Some(key);
            let key = K::try_from(key).map_err(|_| A::Error::custom("a key is out of range"))?;
            pairs.extend([(key, value)]);
        }
        Ok(pairs)
    }
}

/// The key at a distance from the one before, if there is one; `None` if keys do not ascend.
#[inline]
pub(crate) fn next(last: Option<i64>, delta: i64) -> Option<i64> {
    match last {
        None => Some(delta),
        Some(last) if delta > 0 => last.checked_add(delta),
        Some(_) => None,
    }
}

#[cfg(test)]
mod tests {
    use serde::{Deserialize, Serialize};

    #[derive(Debug, PartialEq, Serialize, Deserialize)]
    struct Pairs(#[serde(with = "super")] Vec<(i32, u64)>);

    #[test]
    fn dense_keys_take_a_byte() {
        let pairs = Pairs((0..100).map(|key| (-50 + key, 1)).collect());
        let bytes = postcard::to_allocvec(&pairs).unwrap();
        assert_eq!(bytes.len(), 1 + 2 * 100);
        assert_eq!(postcard::from_bytes::<Pairs>(&bytes).unwrap(), pairs);
    }

    #[test]
    fn keys_that_do_not_ascend_and_lengths_that_lie_are_refused() {
        for bytes in [
            &[2, 2, 1, 0, 1][..],
            &[2, 4, 1, 1, 1],
            &[255, 255, 255, 255, 15, 2, 1],
        ] {
            assert!(postcard::from_bytes::<Pairs>(bytes).is_err(), "{bytes:?}");
        }
    }
}
