//! Sets of values, as comparisons with literals describe them.

use std::collections::BTreeSet;

/// An interval of numbers.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(in crate::lint) struct Interval {
    pub(in crate::lint) low: f64,
    pub(in crate::lint) low_open: bool,
    pub(in crate::lint) high: f64,
    pub(in crate::lint) high_open: bool,
}

impl Interval {
    pub(in crate::lint) const ALL: Interval = Interval {
        low: f64::NEG_INFINITY,
        low_open: true,
        high: f64::INFINITY,
        high_open: true,
    };

    pub(in crate::lint) fn closed(low: f64, high: f64) -> Self {
        Interval {
            low,
            low_open: low.is_infinite(),
            high,
            high_open: high.is_infinite(),
        }
    }

    fn is_empty(&self) -> bool {
        self.low > self.high || (self.low == self.high && (self.low_open || self.high_open))
    }

    fn and(&self, other: &Interval) -> Interval {
        let (low, low_open) = if self.low > other.low {
            (self.low, self.low_open)
        } else if other.low > self.low {
            (other.low, other.low_open)
        } else {
            (self.low, self.low_open || other.low_open)
        };
        let (high, high_open) = if self.high < other.high {
            (self.high, self.high_open)
        } else if other.high < self.high {
            (other.high, other.high_open)
        } else {
            (self.high, self.high_open || other.high_open)
        };
        Interval {
            low,
            low_open,
            high,
            high_open,
        }
    }

    /// The same interval of whole numbers, with its ends among them.
    fn whole(&self) -> Interval {
        let low = self.low.ceil();
        let high = self.high.floor();
        Interval::closed(
            if self.low_open && low == self.low {
                low + 1.0
            } else {
                low
            },
            if self.high_open && high == self.high {
                high - 1.0
            } else {
                high
            },
        )
    }
}

/// Texts: those listed, or all but those listed.
#[derive(Debug, Clone, PartialEq)]
pub(in crate::lint) struct Texts {
    pub(in crate::lint) listed: BTreeSet<String>,
    pub(in crate::lint) but: bool,
}

/// What a value may be for a condition to be true.
#[derive(Debug, Clone, PartialEq)]
pub(in crate::lint) struct Set {
    /// Sorted and apart.
    pub(in crate::lint) numbers: Vec<Interval>,
    pub(in crate::lint) texts: Texts,
    pub(in crate::lint) yes: bool,
    pub(in crate::lint) no: bool,
    /// Lists and objects.
    pub(in crate::lint) others: bool,
    pub(in crate::lint) missing: bool,
}

impl Set {
    pub(in crate::lint) fn none() -> Set {
        let texts = Texts {
            listed: BTreeSet::new(),
            but: false,
        };
        Set {
            numbers: Vec::new(),
            texts,
            yes: false,
            no: false,
            others: false,
            missing: false,
        }
    }

    pub(in crate::lint) fn all() -> Set {
        Set::none().complement()
    }

    pub(in crate::lint) fn numbers(numbers: Vec<Interval>) -> Set {
        let mut set = Set {
            numbers,
            ..Set::none()
        };
        set.tidy();
        set
    }

    pub(in crate::lint) fn text(text: &str) -> Set {
        let mut set = Set::none();
        set.texts.listed.insert(text.to_owned());
        set
    }

    pub(in crate::lint) fn bool(bool: bool) -> Set {
        Set {
            yes: bool,
            no: !bool,
            ..Set::none()
        }
    }

    pub(in crate::lint) fn complement(&self) -> Set {
        let mut numbers = Vec::new();
        let mut rest = Interval::ALL;
        for interval in &self.numbers {
            let below = Interval {
                high: interval.low,
                high_open: !interval.low_open,
                ..rest
            };
            if !below.is_empty() && interval.low > f64::NEG_INFINITY {
                numbers.push(below);
            }
            rest = Interval {
                low: interval.high,
                low_open: !interval.high_open,
                ..rest
            };
        }
        if rest.low < f64::INFINITY {
            numbers.push(rest);
        }
        Set {
            numbers,
            texts: Texts {
                listed: self.texts.listed.clone(),
                but: !self.texts.but,
            },
            yes: !self.yes,
            no: !self.no,
            others: !self.others,
            missing: !self.missing,
        }
    }

    pub(in crate::lint) fn and(&self, other: &Set) -> Set {
        let mut numbers = Vec::new();
        for a in &self.numbers {
            numbers.extend(
                other
                    .numbers
                    .iter()
                    .map(|b| a.and(b))
                    .filter(|both| !both.is_empty()),
            );
        }
        let (a, b) = (&self.texts, &other.texts);
        let listed: BTreeSet<String> = match (a.but, b.but) {
            (true, true) => a.listed.union(&b.listed).cloned().collect(),
            (false, false) => a.listed.intersection(&b.listed).cloned().collect(),
            (false, true) => a.listed.difference(&b.listed).cloned().collect(),
            (true, false) => b.listed.difference(&a.listed).cloned().collect(),
        };
        Set {
            numbers,
            texts: Texts {
                listed,
                but: a.but && b.but,
            },
            yes: self.yes && other.yes,
            no: self.no && other.no,
            others: self.others && other.others,
            missing: self.missing && other.missing,
        }
    }

    pub(in crate::lint) fn or(&self, other: &Set) -> Set {
        self.complement().and(&other.complement()).complement()
    }

    pub(in crate::lint) fn is_empty(&self) -> bool {
        let no_texts = self.texts.listed.is_empty() && !self.texts.but;
        self.numbers.is_empty()
            && no_texts
            && !self.yes
            && !self.no
            && !self.others
            && !self.missing
    }

    pub(in crate::lint) fn within(&self, other: &Set) -> bool {
        self.and(&other.complement()).is_empty()
    }

    /// The same set of whole numbers.
    pub(in crate::lint) fn whole(mut self) -> Set {
        for interval in &mut self.numbers {
            *interval = interval.whole();
        }
        self.tidy();
        self
    }

    /// The least and the greatest number.
    pub(in crate::lint) fn bounds(&self) -> Option<(f64, f64)> {
        Some((self.numbers.first()?.low, self.numbers.last()?.high))
    }

    fn tidy(&mut self) {
        self.numbers.retain(|interval| !interval.is_empty());
        self.numbers.sort_by(|a, b| a.low.total_cmp(&b.low));
    }
}

#[cfg(test)]
mod tests {
    use super::{Interval, Set};

    fn between(low: f64, high: f64) -> Set {
        Set::numbers(vec![Interval::closed(low, high)])
    }

    #[test]
    fn sets_follow_the_laws() {
        let (a, b) = (between(0.0, 10.0), between(5.0, 20.0));
        assert_eq!(a.and(&b), between(5.0, 10.0));
        assert_eq!(a.or(&b), between(0.0, 20.0));
        assert_eq!(a.complement().complement(), a);
        assert!(a.and(&a.complement()).is_empty());
        assert_eq!(a.or(&a.complement()), Set::all());
        assert!(between(5.0, 6.0).within(&a) && !b.within(&a));
        let text = Set::text("x");
        assert!(text.and(&text.complement()).is_empty());
        assert!(text.within(&a.complement()) && !text.within(&a));
        assert!(Set::all().complement().is_empty());
    }

    #[test]
    fn whole_numbers_lie_between_their_ends() {
        let open = Interval {
            low: 2.0,
            low_open: true,
            high: 3.0,
            high_open: true,
        };
        assert!(Set::numbers(vec![open]).whole().is_empty());
        assert_eq!(between(0.5, 2.5).whole(), between(1.0, 2.0));
        let all = Set::numbers(vec![Interval::ALL]);
        assert_eq!(all.clone().whole(), all);
    }
}
