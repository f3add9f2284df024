//! Episodes of two sets of rules side by side.

use std::collections::BTreeMap;

use super::{Episode, Side};

/// How far apart two episodes of a key may begin and be the same one, moved: an hour.
const MOVED: i64 = 3_600_000;

/// What is different.
#[derive(Debug)]
pub(super) struct Comparison<'s> {
    pub(super) old: &'s Side,
    pub(super) new: &'s Side,
    /// Alerts of which anything is different, by name.
    pub(super) alerts: BTreeMap<&'s str, Difference<'s>>,
}

/// What is different of one alert.
#[derive(Debug, Default)]
pub(super) struct Difference<'s> {
    /// How many episodes it had, and has.
    pub(super) episodes: (usize, usize),
    /// Whether it is new, or gone.
    pub(super) added: bool,
    pub(super) removed: bool,
    pub(super) gained: Vec<&'s Episode>,
    pub(super) lost: Vec<&'s Episode>,
    /// Episodes that begin, or end, at another time, or with another severity: before and now.
    pub(super) moved: Vec<(&'s Episode, &'s Episode)>,
}

impl<'s> Comparison<'s> {
    pub(super) fn new(old: &'s Side, new: &'s Side) -> Comparison<'s> {
        let mut alerts: BTreeMap<&str, Difference<'_>> = BTreeMap::new();
        for name in &old.alerts {
            alerts.entry(name).or_default().removed = !new.alerts.contains(name);
        }
        for name in &new.alerts {
            alerts.entry(name).or_default().added = !old.alerts.contains(name);
        }
        // By alert and key, in the order in which they fire.
        let mut keys: BTreeMap<(&str, &str), [Vec<&Episode>; 2]> = BTreeMap::new();
        for one in &old.episodes {
            keys.entry((&one.alert, &one.key)).or_default()[0].push(one);
        }
        for one in &new.episodes {
            keys.entry((&one.alert, &one.key)).or_default()[1].push(one);
        }
        for ((alert, _), [before, now]) in keys {
            let difference = alerts.entry(alert).or_default();
            difference.episodes.0 += before.len();
            difference.episodes.1 += now.len();
            difference.pair(before, now);
        }
        alerts.retain(|_, difference| difference.is_any());
        Comparison { old, new, alerts }
    }

    pub(super) fn differs(&self) -> bool {
        !self.alerts.is_empty()
    }
}

impl<'s> Difference<'s> {
    /// Pairs the episodes of a key: those that begin at one time, then each with the next that begins near it.
    fn pair(&mut self, before: Vec<&'s Episode>, now: Vec<&'s Episode>) {
        let mut now: Vec<Option<&Episode>> = now.into_iter().map(Some).collect();
        let mut left = Vec::new();
        for one in before {
            let same = now
                .iter_mut()
                .find(|other| other.is_some_and(|other| other.fires == one.fires));
            match same.and_then(Option::take) {
                Some(other)
                    if (other.resolves, &other.severity) == (one.resolves, &one.severity) => {}
                Some(other) => self.moved.push((one, other)),
                None => left.push(one),
            }
        }
        for one in left {
            let near = now.iter_mut().find(|other| {
                other.is_some_and(|other| (other.fires.0 - one.fires.0).abs() <= MOVED)
            });
            match near.and_then(Option::take) {
                Some(other) => self.moved.push((one, other)),
                None => self.lost.push(one),
            }
        }
        self.gained.extend(now.into_iter().flatten());
    }

    fn is_any(&self) -> bool {
        let changed = !self.gained.is_empty() || !self.lost.is_empty() || !self.moved.is_empty();
        changed || self.added || self.removed
    }
}

#[cfg(test)]
mod tests {
    use tripline_engine::Time;

    use super::{Comparison, Episode, Side};

    fn side(episodes: &[(&str, &str, i64, Option<i64>)]) -> Side {
        let episodes = episodes
            .iter()
            .map(|(alert, key, fires, resolves)| Episode {
                id: format!("{alert} {key} {fires}"),
                alert: (*alert).to_owned(),
                key: (*key).to_owned(),
                fires: Time(fires * 60_000),
                lasts: true,
                resolves: resolves.map(|at| Time(at * 60_000)),
                severity: "warning".to_owned(),
            });
        Side {
            alerts: vec!["a".to_owned()],
            episodes: episodes.collect(),
            ..Side::default()
        }
    }

    #[test]
    fn episodes_are_paired_by_key_and_time() {
        let old = side(&[
            ("a", "x", 0, Some(5)),
            ("a", "x", 100, None),
            ("a", "y", 10, None),
            ("a", "z", 0, None),
        ]);
        assert!(!Comparison::new(&old, &old).differs());
        let new = side(&[
            ("a", "x", 0, Some(6)),
            ("a", "x", 130, None),
            ("a", "y", 500, None),
            ("a", "z", 0, None),
        ]);
        let comparison = Comparison::new(&old, &new);
        let difference = &comparison.alerts["a"];
        assert_eq!(
            difference.moved.len(),
            2,
            "one ends later, one begins later"
        );
        assert_eq!((difference.lost.len(), difference.gained.len()), (1, 1));
        assert_eq!(difference.episodes, (4, 4));
    }
}
