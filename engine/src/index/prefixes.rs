//! Strings of which some are prefixes of a given one, found by one binary search.

use std::collections::BTreeMap;

/// Prefixes in order, each with what is filed under it.
#[derive(Debug, Clone, Default)]
pub(super) struct Prefixes(Vec<Entry>);

#[derive(Debug, Clone)]
struct Entry {
    prefix: Box<[u8]>,
    /// The place of the longest other one that is a prefix of this one.
    shorter: Option<u32>,
    filed: Vec<u32>,
}

impl Prefixes {
    pub(super) fn new(filed: BTreeMap<Box<[u8]>, Vec<u32>>) -> Prefixes {
        let mut entries: Vec<Entry> = Vec::with_capacity(filed.len());
        // Those that the next one may go on from, the longest last.
        let mut open: Vec<u32> = Vec::new();
        for (prefix, filed) in filed {
            while let Some(&last) = open.last() {
                let last = entries.get(last as usize);
                if last.is_some_and(|last| prefix.starts_with(&last.prefix)) {
                    break;
                }
                open.pop();
            }
            let shorter = open.last().copied();
            open.push(entries.len() as u32);
            entries.push(Entry {
                prefix,
                shorter,
                filed,
            });
        }
        Prefixes(entries)
    }

    /// Gives what is filed under each prefix of a string, the longest first.
    ///
    /// What lies between a prefix and the string in the order begins with the prefix, too. So all prefixes
    /// of the string are prefixes of the last entry that is not after it.
    pub(super) fn find(
        &self,
        string: impl Iterator<Item = u8> + Clone,
        mut give: impl FnMut(&[u32]),
    ) {
        let after = self
            .0
            .partition_point(|entry| entry.prefix.iter().copied().le(string.clone()));
        let mut next = after.checked_sub(1);
        while let Some(entry) = next.and_then(|at| self.0.get(at)) {
            let mut rest = string.clone();
            if entry.prefix.iter().all(|byte| rest.next() == Some(*byte)) {
                give(&entry.filed);
            }
            next = entry.shorter.map(|at| at as usize);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::Prefixes;

    #[test]
    fn exactly_the_prefixes_of_a_string_are_found() {
        let mut random = fastrand::Rng::with_seed(1);
        let mut string = || -> Box<[u8]> {
            let length = random.usize(..7);
            (0..length).map(|_| random.u8(b'a'..=b'c')).collect()
        };
        for _ in 0..200 {
            let prefixes: Vec<Box<[u8]>> = (0..20).map(|_| string()).collect();
            let mut filed: BTreeMap<Box<[u8]>, Vec<u32>> = BTreeMap::new();
            for (prefix, at) in prefixes.iter().zip(0..) {
                filed.entry(prefix.clone()).or_default().push(at);
            }
            let index = Prefixes::new(filed);
            for _ in 0..20 {
                let string = string();
                let mut found = Vec::new();
                index.find(string.iter().copied(), |filed| {
                    found.extend_from_slice(filed)
                });
                found.sort_unstable();
                let wanted = prefixes.iter().zip(0..);
                let wanted: Vec<u32> = wanted
                    .filter(|(prefix, _)| string.starts_with(prefix))
                    .map(|(_, at)| at)
                    .collect();
                assert_eq!(found, wanted, "{string:?} of {prefixes:?}");
            }
        }
    }
}
