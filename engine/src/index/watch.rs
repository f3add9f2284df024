//! Learns from the events which anchors seldom hold, where the guess was wrong.
//!
//! Candidates whose condition turns out not to hold are counted by rule over a span of events. If there
//! were too many, the tests that those rules need are tried on the next events, and the rules are filed
//! anew by how often each test held. Each such round doubles the span, so that rounds become rare.

use std::collections::HashMap;

use foldhash::fast::FixedState;

use super::Index;
use super::need::Need;
use super::subject::Values;
use super::table::Table;

/// The first span, in events.
const SPAN: u32 = 512;
const LONGEST_SPAN: u32 = 1 << 20;
/// So many events for each candidate in vain are fair.
const EVENTS_A_WASTE: u32 = 4;
/// A span ends early with so many candidates in vain for each of its events.
const MOST_WASTE: u32 = 32;
/// How many tests a round tries at most.
const MAX_TESTS: usize = 1 << 19;

/// What the events have shown so far.
#[derive(Debug)]
pub(super) struct Watch {
    /// The tables that were filed anew.
    tables: Vec<Option<Table>>,
    /// The needs of rules that were looked at, with how often each test held.
    needs: HashMap<u32, Need, FixedState>,
    /// How many events are left of the span or the sample.
    left: u32,
    span: u32,
    /// How often each rule was a candidate in vain within this span.
    wasted: Vec<u32>,
    waste: u32,
    sample: Option<Sample>,
}

/// The rules that are looked at.
#[derive(Debug)]
struct Sample {
    /// By their tables.
    rules: Vec<Vec<u32>>,
    tests: usize,
}

impl Default for Watch {
    fn default() -> Self {
        Watch::new(SPAN)
    }
}

impl Watch {
    pub(super) fn new(span: u32) -> Watch {
        Watch {
            tables: Vec::new(),
            needs: HashMap::default(),
            left: span,
            span,
            wasted: Vec::new(),
            waste: 0,
            sample: None,
        }
    }

    /// The table that stands in for one of the index.
    pub(super) fn table(&self, table: u32) -> Option<&Table> {
        self.tables.get(table as usize)?.as_ref()
    }

    #[cfg(test)]
    pub(super) fn has_refiled(&self) -> bool {
        !self.tables.is_empty()
    }

    /// Counts a candidate whose condition does not hold.
    pub(super) fn wasted(&mut self, rule: u32) {
        let rule = rule as usize;
        if rule >= self.wasted.len() {
            self.wasted.resize(rule + 1, 0);
        }
        if let Some(wasted) = self.wasted.get_mut(rule) {
            *wasted = wasted.saturating_add(1);
            self.waste = self.waste.saturating_add(1);
        }
    }

    /// Counts an event, and looks at it if it is one of the sample.
    pub(super) fn event(&mut self, index: &Index, kind: Option<&str>, values: &Values<'_>) {
        self.left = self.left.saturating_sub(1);
        let Some(sample) = &mut self.sample else {
            if self.left == 0 || self.waste / MOST_WASTE >= self.span {
                self.end_span(index);
            }
            return;
        };
        index.tables_of(kind, |table| {
            for rule in sample.rules.get(table as usize).into_iter().flatten() {
                if let Some(need) = self.needs.get_mut(rule) {
                    sample.tests += need.observe(values);
                }
            }
        });
        if self.left == 0 || sample.tests >= MAX_TESTS {
            self.refile(index);
        }
    }

    /// Begins a round, if too many candidates could have been avoided.
    fn end_span(&mut self, index: &Index) {
        let waste = std::mem::take(&mut self.waste);
        if waste.saturating_mul(EVENTS_A_WASTE) < self.span {
            // The counts by rule go on: they matter only in a round.
            self.left = self.span;
            return;
        }
        let counts = std::mem::take(&mut self.wasted);
        let wasteful: Vec<bool> = counts
            .iter()
            .zip(&index.needs)
            .map(|(wasted, need)| *wasted > 0 && need.has_choice())
            .collect();
        self.span = (self.span * 2).min(LONGEST_SPAN);
        self.left = self.span;
        if !wasteful.contains(&true) {
            return;
        }
        let is_wasteful = |rule: &u32| wasteful.get(*rule as usize) == Some(&true);
        let rules: Vec<Vec<u32>> = index
            .homes
            .iter()
            .map(|rules| rules.iter().copied().filter(is_wasteful).collect())
            .collect();
        for (rule, need) in (0..)
            .zip(&index.needs)
            .filter(|(rule, _)| is_wasteful(rule))
        {
            let need = self.needs.entry(rule).or_insert_with(|| need.clone());
            need.fade();
        }
        self.sample = Some(Sample { rules, tests: 0 });
    }

    /// Ends a round: files the rules that were looked at by what was seen.
    fn refile(&mut self, index: &Index) {
        self.tables.resize_with(index.tables.len(), || None);
        if let Some(sample) = self.sample.take() {
            let changed = sample.rules.iter().zip(&mut self.tables).enumerate();
            for (table, (_, filed)) in changed.filter(|(_, (rules, _))| !rules.is_empty()) {
                *filed = Some(index.file(table, |rule| self.needs.get(&rule)));
            }
        }
        self.left = self.span;
        self.waste = 0;
        self.wasted.clear();
    }
}
