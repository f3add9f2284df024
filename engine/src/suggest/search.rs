//! Finding the scenes: all of a bounded number are run, and few are kept.

use std::collections::BTreeSet;

use serde_json::Value;
use tripline_grammar::ast::{ExprKind, Segment};

use super::Chosen;
use super::fields::{Compared, Field, event_types, is_clock};
use super::scene::{Group, Scene, Shape, path as written};
use super::trial::{Known, Outcome};
use crate::coverage::Covered;
use crate::infer::SampledField;
use crate::lint::{Reads, walk};
use crate::program::AlertRule;
use crate::rule_test::Reached;

/// The most events of one kind that are tried.
const SHAPES: usize = 2_000;
/// The most of them that are tried in numbers and after each other.
const KINDS: usize = 10;
/// The most tests that are suggested.
const TESTS: usize = 16;

pub(super) struct Search<'s> {
    pub(super) fields: Vec<Field>,
    pub(super) covered: &'s Covered,
    pub(super) rule: &'s AlertRule,
    counts: Vec<i64>,
    /// Whether a condition asks for the time of day or the like.
    asks_clock: bool,
    /// How long after its last event a scene goes on, in seconds.
    tail: i64,
    pub(super) runs: usize,
    pub(super) events: i64,
}

impl<'s> Search<'s> {
    pub(super) fn new(
        reads: &Reads,
        covered: &'s Covered,
        rule: &'s AlertRule,
        sample: &[SampledField],
    ) -> Search<'s> {
        let mut compared = Compared::default();
        // The type and the key come first in an event.
        compared.field(&reads.kind);
        let mut of_key = Vec::new();
        for key in &reads.keys {
            walk::each(key, &mut |expr| {
                if let ExprKind::Path(path) = &expr.kind {
                    of_key.push(path.segments.clone());
                    compared.field(&path.segments);
                }
            });
        }
        let before = compared.fields.len();
        let conditions = reads.conditions.iter();
        conditions.for_each(|condition| compared.note(condition, &reads.lists));
        let types = event_types(&reads.on, &compared.fields[0], sample);
        let usual = |path: &[Segment]| -> Vec<Value> {
            let text = written(path);
            let mut known = sample.iter().filter(|field| field.path == text);
            let of_kind = known.clone().find(|field| types.contains(&field.event));
            let field = of_kind.or_else(|| known.next());
            let values = field.into_iter().flat_map(|field| &field.commonest);
            values
                .filter_map(|(json, _)| serde_json::from_str(json).ok())
                .collect()
        };
        for (number, field) in compared.fields.iter_mut().enumerate() {
            let is_kind = number == 0;
            let is_asked = number >= before || !field.values.is_empty();
            if is_kind {
                field.values = types
                    .iter()
                    .map(|one| Some(Value::from(one.as_str())))
                    .collect();
                continue;
            }
            if field.values.is_empty() {
                let usual = usual(&field.path);
                usual
                    .into_iter()
                    .take(3)
                    .for_each(|value| field.offer(Some(value)));
            }
            if is_asked {
                field.complete();
                // Without its key an event is none of the alert's.
                let is_key = of_key.contains(&field.path);
                field.values.retain(|value| value.is_some() || !is_key);
            } else if field.values.is_empty() {
                field.offer(Some(Value::from("alice")));
            } else if !is_asked {
                field.values.truncate(1);
            }
        }
        let mut asks_clock = false;
        for condition in &reads.conditions {
            walk::each(condition, &mut |expr| {
                asks_clock |=
                    matches!(&expr.kind, ExprKind::Call(call) if is_clock(&call.name.text));
            });
        }
        let windows = rule.windows.iter().map(|window| window.frame);
        let longest = windows
            .clone()
            .map(|frame| frame.span() + 2 * frame.pane_millis())
            .max();
        let mut counts: Vec<i64> = compared
            .counts
            .iter()
            .flat_map(|&count| [count - 1, count, count + 1])
            .collect();
        counts.extend([1, 2, 3]);
        counts.retain(|count| *count > 0);
        counts.sort_unstable();
        counts.dedup();
        let repeat = rule.repeat.unwrap_or(0);
        let tail = longest.unwrap_or(0) + rule.hold.unwrap_or(0) + repeat + 60_000;
        Search {
            fields: compared.fields,
            covered,
            rule,
            counts,
            asks_clock,
            tail: tail / 1_000,
            runs: 0,
            events: 0,
        }
    }

    /// The scenes that are worth a test, each with what came of it.
    pub(super) fn choose(&mut self) -> Chosen {
        let shapes = self.shapes();
        let mut tried: Chosen = Vec::new();
        let mut signatures = BTreeSet::new();
        let starts = self.starts();
        let pairs = shapes.iter();
        let pairs = pairs.flat_map(|shape| starts.iter().map(move |start| (shape, start)));
        for (shape, start) in pairs {
            let scene = self.scene(start, vec![self.group(shape, 0, 1)]);
            let Some(outcome) = self.run(&scene) else {
                continue;
            };
            let fires = outcome.fires(self.rule);
            if signatures.insert((outcome.seen.clone(), outcome.reached.clone(), fires)) {
                tried.push((scene, outcome));
            }
        }
        let kinds = self.kinds(&tried);
        if !self.rule.is_per_event() || self.rule.cooldown.is_some() {
            self.numbers(&kinds, &mut tried);
            self.successions(&kinds, &mut tried);
        }
        let mut chosen: Chosen = self.bounds(&tried);
        let mut known = Known::default();
        chosen.iter().for_each(|(_, outcome)| known.take(outcome));
        while chosen.len() < TESTS {
            // Of those that show most, the one of fewest events.
            let best = tried
                .iter()
                .enumerate()
                .max_by_key(|(place, (scene, outcome))| {
                    (
                        outcome.adds(&known),
                        std::cmp::Reverse((scene.events(), *place)),
                    )
                });
            let Some(place) = best
                .filter(|(_, (_, outcome))| outcome.adds(&known) > 0)
                .map(|(place, _)| place)
            else {
                break;
            };
            let next = tried.swap_remove(place);
            known.take(&next.1);
            chosen.push(next);
        }
        chosen
    }

    /// The events to be tried in numbers: those that show something that none before showed, then those that differ from the
    /// first in one value, which a window may see though a single event does not.
    fn kinds(&self, tried: &Chosen) -> Vec<(Shape, Option<String>)> {
        let mut known = Known::default();
        let mut kinds: Vec<(Shape, Option<String>)> = Vec::new();
        let kind = |scene: &Scene| (scene.groups[0].shape.clone(), scene.start.clone());
        while let Some((scene, outcome)) = tried
            .iter()
            .rev()
            .max_by_key(|(_, one)| one.adds(&known))
            .filter(|(_, one)| one.adds(&known) > 0)
        {
            known.take(outcome);
            kinds.push(kind(scene));
        }
        if let Some((first, start)) = kinds.first().cloned() {
            for (place, field) in self.fields.iter().enumerate() {
                for value in &field.values {
                    let mut shape = first.clone();
                    shape[place].clone_from(value);
                    if !kinds.iter().any(|(known, _)| *known == shape) {
                        kinds.push((shape, start.clone()));
                    }
                }
            }
        }
        kinds.truncate(KINDS);
        kinds
    }

    /// What the alert has that scenes can exercise.
    pub(super) fn all(&self) -> usize {
        self.points()
            .map_or(0, |(clauses, points)| 2 * clauses.len() + points.len())
    }

    /// What of it these do not.
    pub(super) fn left(&self, chosen: &Chosen) -> Vec<String> {
        let mut known = Known::default();
        chosen.iter().for_each(|(_, outcome)| known.take(outcome));
        let Some((clauses, points)) = self.points() else {
            return Vec::new();
        };
        let mut left = Vec::new();
        for (clause, seen) in clauses.iter().zip(&known.seen) {
            for (bit, truth) in [(1, "true"), (2, "false")] {
                if seen & bit == 0 {
                    left.push(format!("that `{clause}` is {truth}"));
                }
            }
        }
        let unreached = points
            .into_iter()
            .filter(|point| !known.reached.contains(point));
        left.extend(unreached.map(|point| format!("that it {point}")));
        left
    }

    /// Its clauses, and what can become of it.
    fn points(&self) -> Option<(Vec<String>, Vec<Reached>)> {
        let mut report = self.covered.report(&[]).into_iter();
        let rule = report.find(|rule| !rule.is_aggregate && rule.name == self.rule.name)?;
        let clauses = rule.clauses.into_iter().map(|clause| clause.text);
        let points = rule.points.into_iter().map(|point| point.what);
        Some((clauses.collect(), points.collect()))
    }

    /// Events with every combination of values; of many fields with the likeliest values of each.
    fn shapes(&self) -> Vec<Shape> {
        let mut sizes: Vec<usize> = self.fields.iter().map(|field| field.values.len()).collect();
        while sizes
            .iter()
            .try_fold(1_usize, |all, size| all.checked_mul(*size))
            .is_none_or(|all| all > SHAPES)
        {
            match sizes.iter_mut().max() {
                Some(most) if *most > 1 => *most -= 1,
                _ => break,
            }
        }
        let mut shapes: Vec<Shape> = vec![Vec::new()];
        for (field, size) in self.fields.iter().zip(sizes) {
            let values = &field.values[..size];
            let longer = shapes.iter().flat_map(|shape| {
                values.iter().map(move |value| {
                    let mut shape = shape.clone();
                    shape.push(value.clone());
                    shape
                })
            });
            shapes = longer.collect();
        }
        shapes
    }

    /// When scenes begin: where the clock decides, at each hour of a Tuesday and a Saturday, too.
    fn starts(&self) -> Vec<Option<String>> {
        let mut starts = vec![None];
        if self.asks_clock {
            let hours = (6..=10)
                .step_by(4)
                .flat_map(|day| (0..24).map(move |hour| (day, hour)));
            starts.extend(
                hours.map(|(day, hour)| Some(format!("2026-01-{day:02}T{hour:02}:00:00Z"))),
            );
        }
        starts
    }

    fn group(&self, shape: &Shape, at: i64, times: i64) -> Group {
        Group {
            shape: shape.clone(),
            at,
            every: self.every(times),
            times,
        }
    }

    /// A plain distance at which so many events are in the shortest window at once.
    fn every(&self, times: i64) -> i64 {
        const PLAIN: [i64; 13] = [1, 2, 5, 10, 15, 20, 30, 60, 120, 300, 600, 1_800, 3_600];
        let windows = self
            .rule
            .windows
            .iter()
            .map(|window| window.frame.length / 1_000);
        let shortest = windows.min().unwrap_or(60);
        let most = shortest / (times + 1).max(2);
        PLAIN
            .into_iter()
            .rev()
            .find(|plain| *plain <= most)
            .unwrap_or(1)
    }

    fn scene(&self, start: &Option<String>, groups: Vec<Group>) -> Scene {
        let last = groups
            .last()
            .map_or(0, |group| group.at + (group.times - 1) * group.every);
        let until = last + self.tail;
        // A whole minute is easier to read.
        Scene {
            start: start.clone(),
            groups,
            until: until + (60 - until % 60) % 60,
        }
    }

    /// Each kind of event in numbers, and for as long as `for` asks.
    fn numbers(&mut self, kinds: &[(Shape, Option<String>)], tried: &mut Chosen) {
        let hold = self.rule.hold.unwrap_or(0) / 1_000;
        for (shape, start) in kinds {
            let mut groups: Vec<Group> = self
                .counts
                .iter()
                .map(|&times| self.group(shape, 0, times))
                .collect();
            if hold > 0 {
                let most = self.counts.last().copied().unwrap_or(1);
                let every = self.every(most).max(hold / 60).max(1);
                let enough = hold / every + most;
                for times in [enough / 2, enough, enough + 2] {
                    groups.push(Group {
                        times: times.max(1),
                        every,
                        ..self.group(shape, 0, 1)
                    });
                }
            }
            for group in groups {
                let scene = self.scene(start, vec![group]);
                let outcome = self.run(&scene);
                tried.extend(outcome.map(|outcome| (scene, outcome)));
            }
        }
    }

    /// Some events of one kind, then some of another: soon, and so late that a window reaches back to the first.
    fn successions(&mut self, kinds: &[(Shape, Option<String>)], tried: &mut Chosen) {
        let offsets = self
            .rule
            .windows
            .iter()
            .map(|window| window.frame.offset / 1_000);
        let mut gaps: Vec<i64> = offsets.filter(|offset| *offset > 0).collect();
        let windows = self.rule.windows.iter();
        let longest = windows.map(|window| window.frame.span() + 2 * window.frame.pane_millis());
        let rest = [
            self.rule.cooldown.map(|cooldown| cooldown / 2),
            self.rule.hold,
            longest.max(),
        ];
        gaps.extend(rest.into_iter().flatten().map(|millis| millis / 1_000 + 60));
        gaps.push(0);
        gaps.sort_unstable();
        gaps.dedup();
        let mut counts = self.counts.clone();
        if counts.len() > 3 {
            // Two and three are there for want of others.
            counts.retain(|count| !(2..=3).contains(count));
        }
        for (first, start) in kinds {
            for (second, _) in kinds {
                for &times in &counts {
                    for &gap in &gaps {
                        for then in [1, times, 3 * times] {
                            let before = self.group(first, 0, times);
                            let span = before.every * (times - 1);
                            let at = span + if gap > 0 { gap } else { before.every };
                            let after = Group {
                                every: before.every.min(self.every(then)),
                                ..self.group(second, at, then)
                            };
                            let scene = self.scene(start, vec![before, after]);
                            let outcome = self.run(&scene);
                            tried.extend(outcome.map(|outcome| (scene, outcome)));
                        }
                    }
                }
            }
        }
    }

    /// The scenes about each bound: one event fewer, just as many and one more; a step below, at and above each number.
    fn bounds(&mut self, tried: &Chosen) -> Chosen {
        let mut fires: Vec<&Scene> = tried
            .iter()
            .filter(|(_, outcome)| outcome.fires(self.rule))
            .map(|(scene, _)| scene)
            .collect();
        fires.sort_by_key(|scene| (scene.groups.len(), scene.events()));
        let mut found: Chosen = Vec::new();
        // The search may have used up what it may run.
        (self.runs, self.events) = (0, 0);
        if let Some(first) = fires.first().map(|scene| (*scene).clone()) {
            let times = first.groups[0].times;
            if times > 1 {
                self.about(&mut found, |step| {
                    let mut scene = first.clone();
                    scene.groups[0].times = times + step - 1;
                    Some(scene)
                });
            }
        }
        for field in 0..self.fields.len() {
            for around in self.fields[field].numbers.clone() {
                let is_one = |value: &Option<Value>| {
                    value.as_ref().is_some_and(|value| around.contains(value))
                };
                let near = fires.iter();
                let near = near.filter(|scene| is_one(&scene.groups[0].shape[field]));
                // Where it fires for another reason, this number makes no difference.
                for scene in near.take(16) {
                    let has_differed = self.about(&mut found, |step| {
                        let mut scene = (*scene).clone();
                        scene.groups[0].shape[field] = Some(around.get(step as usize)?.clone());
                        Some(scene)
                    });
                    if has_differed {
                        break;
                    }
                }
            }
        }
        found
    }

    /// Takes the scenes of three steps, if it makes a difference to the alert which of them it is; says whether it does.
    fn about(&mut self, found: &mut Chosen, step: impl Fn(i64) -> Option<Scene>) -> bool {
        let scenes = (0..3).filter_map(step);
        let scenes: Chosen = scenes
            .filter_map(|scene| {
                let outcome = self.run(&scene)?;
                Some((scene, outcome))
            })
            .collect();
        let fires: BTreeSet<bool> = scenes
            .iter()
            .map(|(_, outcome)| outcome.fires(self.rule))
            .collect();
        if fires.len() == 2 {
            let is_new = |one: &(Scene, Outcome)| !found.iter().any(|(scene, _)| *scene == one.0);
            let new: Chosen = scenes.into_iter().filter(is_new).collect();
            found.extend(new);
        }
        fires.len() == 2
    }
}
