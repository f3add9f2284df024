//! The rules that wait for a number in one slot, found without asking each of them.

use std::collections::HashMap;

use foldhash::fast::FixedState;

use super::Found;
use super::predicate::{Limit, Point, Span};
use crate::number::Number;

/// Rules by the numbers they need.
#[derive(Debug, Clone, Default)]
pub(super) struct Numbers {
    /// Rules with a lower limit only, the lowest first: a number that is none too high meets few of them.
    above: Vec<(Limit, u32)>,
    /// Rules with an upper limit only, the highest first.
    below: Vec<(Limit, u32)>,
    between: Vec<Between>,
    points: HashMap<Point, Vec<u32>, FixedState>,
}

/// A rule with two limits. They are sorted by the lower one and read as a binary tree: the root of a run of
/// them is the one in its middle.
#[derive(Debug, Clone)]
struct Between {
    low: Limit,
    high: Limit,
    /// The highest upper limit of the run of which this is the root.
    highest: Limit,
    rule: u32,
}

impl Numbers {
    pub(super) fn add_span(&mut self, span: Span, rule: u32) {
        match (span.low, span.high) {
            (Some(low), None) => self.above.push((low, rule)),
            (None, Some(high)) => self.below.push((high, rule)),
            (Some(low), Some(high)) => self.between.push(Between {
                low,
                high,
                highest: high,
                rule,
            }),
            // No condition has a range without ends.
            (None, None) => debug_assert!(false, "a span without limits"),
        }
    }

    pub(super) fn add_point(&mut self, point: Point, rule: u32) {
        self.points.entry(point).or_default().push(rule);
    }

    /// Puts all in order, after the last was added.
    pub(super) fn finish(&mut self) {
        self.above.sort_by(|a, b| a.0.cmp_low(&b.0));
        self.below.sort_by(|a, b| b.0.cmp_high(&a.0));
        self.between.sort_by(|a, b| a.low.cmp_low(&b.low));
        set_highest(&mut self.between);
    }

    /// Two limits such that a number below the first and above the second finds nothing.
    ///
    /// A number that is within a limit is so as a double, too, or has become equal to it.
    pub(super) fn calm(&self) -> [f64; 2] {
        let above = self.above.first().map(|(limit, _)| limit.at.to_f64());
        let between = self.between.first().map(|first| first.low.at.to_f64());
        let points = self.points.keys().map(|point| point.to_f64());
        let below = self.below.first().map(|(limit, _)| limit.at.to_f64());
        [
            above
                .into_iter()
                .chain(between)
                .chain(points)
                .fold(f64::INFINITY, f64::min),
            below.unwrap_or(f64::NEG_INFINITY),
        ]
    }

    pub(super) fn find(&self, number: Number, found: &mut Found) {
        for (limit, rule) in &self.above {
            if !limit.is_below(number) {
                break;
            }
            found.add(*rule);
        }
        for (limit, rule) in &self.below {
            if !limit.is_above(number) {
                break;
            }
            found.add(*rule);
        }
        stab(&self.between, number, found);
        if !self.points.is_empty()
            && let Some(rules) = self.points.get(&Point::of(number))
        {
            found.add_all(rules);
        }
    }
}

/// Sets the highest limit of each root, and gives that of the whole run.
fn set_highest(run: &mut [Between]) -> Option<Limit> {
    let middle = run.len() / 2;
    let (before, rest) = run.split_at_mut(middle);
    let (root, after) = rest.split_first_mut()?;
    let beneath = [set_highest(before), set_highest(after)];
    let all = beneath.into_iter().flatten().chain([root.high]);
    root.highest = all.max_by(Limit::cmp_high)?;
    Some(root.highest)
}

/// Adds the rules between whose limits a number lies.
fn stab(run: &[Between], number: Number, found: &mut Found) {
    let (before, rest) = run.split_at(run.len() / 2);
    let Some((root, after)) = rest.split_first() else {
        return;
    };
    if !root.highest.is_above(number) {
        return;
    }
    stab(before, number, found);
    if root.low.is_below(number) {
        if root.high.is_above(number) {
            found.add(root.rule);
        }
        stab(after, number, found);
    }
}

#[cfg(test)]
mod tests {
    use super::Numbers;
    use crate::index::Found;
    use crate::index::predicate::{Limit, Point, Span};
    use crate::number::Number;

    /// Neighbours of 2^53 and 2^63, equal values of both kinds, and what lies between.
    fn numbers() -> Vec<Number> {
        let big = 1_i64 << 53;
        let integers = [
            0,
            1,
            -1,
            5,
            big - 1,
            big,
            big + 1,
            big + 2,
            i64::MAX,
            i64::MIN,
        ];
        let doubles = [
            0.0,
            -0.0,
            0.5,
            5.0,
            -1.0,
            1e300,
            -1e300,
            big as f64,
            (big + 2) as f64,
            9_223_372_036_854_775_808.0,
            -9_223_372_036_854_775_808.0,
        ];
        let integers = integers.into_iter().map(Number::Integer);
        integers
            .chain(doubles.into_iter().map(Number::Double))
            .collect()
    }

    fn limits() -> Vec<Option<Limit>> {
        let limits = numbers().into_iter().flat_map(|at| {
            [true, false]
                .into_iter()
                .map(move |strict| Some(Limit { at, strict }))
        });
        limits.chain([None]).collect()
    }

    #[test]
    fn a_number_finds_the_spans_and_points_that_hold_it() {
        let mut index = Numbers::default();
        let mut spans = Vec::new();
        for low in limits() {
            for high in limits() {
                let span = Span { low, high };
                if low.or(high).is_some() && !span.is_empty() {
                    index.add_span(span, spans.len() as u32);
                    spans.push(span);
                }
            }
        }
        let points = spans.len();
        for (at, number) in numbers().into_iter().enumerate() {
            index.add_point(Point::of(number), (points + at) as u32);
        }
        index.finish();
        let mut found = Found::default();
        found.clear(points + numbers().len());
        for number in numbers() {
            index.find(number, &mut found);
            let of_spans = (0..points).filter(|at| spans[*at].contains(number));
            let equal = numbers().into_iter().enumerate();
            let of_points = equal
                .filter(|(_, other)| other.compare(number).is_eq())
                .map(|(at, _)| points + at);
            let wanted: Vec<u32> = of_spans.chain(of_points).map(|at| at as u32).collect();
            found.sort();
            assert_eq!(found.rules(), wanted, "{number:?}");
            found.clear(points + numbers().len());
        }
    }

    #[test]
    fn a_normal_number_meets_one_limit_only() {
        let mut index = Numbers::default();
        for rule in 0..1_000 {
            let at = Number::Integer(100 + i64::from(rule));
            let strict = rule % 2 == 0;
            let low = Some(Limit { at, strict });
            index.add_span(Span { low, high: None }, rule as u32);
        }
        index.finish();
        assert!(!index.above[0].0.is_below(Number::Integer(100)));
        assert!(index.above[0].0.is_below(Number::Double(100.5)));
        assert!(index.above.is_sorted_by(|a, b| a.0.cmp_low(&b.0).is_le()));
    }
}
