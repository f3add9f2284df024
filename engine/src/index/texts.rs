//! The rules that wait for a text in one slot, found without asking each of them.

use std::collections::{BTreeMap, HashMap};

use aho_corasick::{AhoCorasick, AhoCorasickKind};
use foldhash::fast::FixedState;

use super::Found;
use super::predicate::Place;
use super::prefixes::Prefixes;

/// Rules by the texts they need.
#[derive(Debug, Clone, Default)]
pub(super) struct Texts {
    equal: HashMap<Box<str>, Vec<u32>, FixedState>,
    starts: Prefixes,
    /// Each written backwards.
    ends: Prefixes,
    inner: Option<Inner>,
    /// What is added is gathered here until the last has been.
    starting: BTreeMap<Box<[u8]>, Vec<u32>>,
    ending: BTreeMap<Box<[u8]>, Vec<u32>>,
    within: BTreeMap<Box<[u8]>, Vec<u32>>,
}

/// Rules by what the text must contain.
#[derive(Debug, Clone)]
struct Inner {
    /// `None` if it would be too large: then every text finds all of them.
    automaton: Option<AhoCorasick>,
    /// The rules of each of its patterns.
    rules: Vec<Vec<u32>>,
}

impl Texts {
    pub(super) fn add_text(&mut self, text: &str, rule: u32) {
        match self.equal.get_mut(text) {
            Some(rules) => rules.push(rule),
            None => {
                self.equal.insert(text.into(), vec![rule]);
            }
        }
    }

    pub(super) fn add_part(&mut self, place: Place, part: &[u8], rule: u32) {
        let (filed, part) = match place {
            Place::Start => (&mut self.starting, part.into()),
            Place::End => (&mut self.ending, part.iter().rev().copied().collect()),
            Place::Anywhere => (&mut self.within, part.into()),
        };
        filed.entry(part).or_default().push(rule);
    }

    /// Puts all in order, after the last was added.
    pub(super) fn finish(&mut self) {
        self.starts = Prefixes::new(std::mem::take(&mut self.starting));
        self.ends = Prefixes::new(std::mem::take(&mut self.ending));
        let within = std::mem::take(&mut self.within);
        self.inner = (!within.is_empty()).then(|| Inner {
            automaton: AhoCorasick::builder()
                // The fastest kind takes a table for each of its states.
                .kind(Some(AhoCorasickKind::ContiguousNFA))
                .build(within.keys())
                .ok(),
            rules: within.into_values().collect(),
        });
    }

    pub(super) fn find(&self, text: &str, found: &mut Found) {
        if !self.equal.is_empty()
            && let Some(rules) = self.equal.get(text)
        {
            found.add_all(rules);
        }
        self.starts.find(text.bytes(), |rules| found.add_all(rules));
        self.ends
            .find(text.bytes().rev(), |rules| found.add_all(rules));
        if let Some(inner) = &self.inner {
            inner.find(text, found);
        }
    }
}

impl Inner {
    fn find(&self, text: &str, found: &mut Found) {
        if let Some(automaton) = &self.automaton {
            // A long text may hold the same patterns over and over: then the rest are taken unseen.
            let enough = text.len().max(1_000) + 8 * self.rules.len();
            let mut seen = 0;
            let mut last = None;
            for one in automaton.find_overlapping_iter(text) {
                let pattern = one.pattern().as_usize();
                if last != Some(pattern)
                    && let Some(rules) = self.rules.get(pattern)
                {
                    found.add_all(rules);
                }
                last = Some(pattern);
                seen += 1;
                if seen > enough {
                    break;
                }
            }
            if seen <= enough {
                return;
            }
        }
        for rules in &self.rules {
            found.add_all(rules);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Texts;
    use crate::index::Found;
    use crate::index::predicate::Place;

    #[test]
    fn a_text_finds_the_rules_whose_part_it_has() {
        let mut random = fastrand::Rng::with_seed(1);
        let mut string = |least: usize| -> String {
            let length = random.usize(least..5);
            (0..length)
                .map(|_| random.choice(['a', 'b', 'é']).unwrap())
                .collect()
        };
        for _ in 0..200 {
            let mut index = Texts::default();
            let mut parts = Vec::new();
            for place in [Place::Start, Place::End, Place::Anywhere] {
                parts.extend((0..10).map(|_| (Some(place), string(1))));
            }
            parts.extend((0..10).map(|_| (None, string(0))));
            for ((place, part), rule) in parts.iter().zip(0..) {
                match place {
                    Some(place) => index.add_part(*place, part.as_bytes(), rule),
                    None => index.add_text(part, rule),
                }
            }
            index.finish();
            for _ in 0..20 {
                let text = string(0) + &string(0);
                let mut found = Found::default();
                found.clear(parts.len());
                index.find(&text, &mut found);
                found.sort();
                let wanted = parts
                    .iter()
                    .zip(0..)
                    .filter(|((place, part), _)| match place {
                        None => *part == text,
                        Some(Place::Start) => text.starts_with(part),
                        Some(Place::End) => text.ends_with(part),
                        Some(Place::Anywhere) => text.contains(part),
                    });
                let wanted: Vec<u32> = wanted.map(|(_, rule)| rule).collect();
                assert_eq!(found.rules(), wanted, "{text:?} of {parts:?}");
            }
        }
    }

    /// The work does not grow with the length of the text times the number of parts.
    #[test]
    fn a_text_that_holds_all_parts_everywhere_is_given_up() {
        let mut index = Texts::default();
        for rule in 0..100 {
            index.add_part(
                Place::Anywhere,
                "a".repeat(rule + 1).as_bytes(),
                rule as u32,
            );
        }
        index.add_part(Place::Anywhere, b"b", 100);
        index.finish();
        let mut found = Found::default();
        found.clear(101);
        index.find(&"a".repeat(10_000), &mut found);
        assert_eq!(found.rules().len(), 101);
    }
}
