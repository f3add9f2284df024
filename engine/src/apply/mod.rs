//! Applying: events and timers in order, from the states before to the states after and the alerts.

mod announce;
mod told;

use std::cmp::Reverse;
use std::collections::{BTreeMap, BinaryHeap};
use std::ops::Range;

use self::told::{Stage as TurnStage, Turn};
use crate::event::Event;
use crate::output::Output;
use crate::plan::{Partition, Plan, Touch};
use crate::program::{AlertRule, Program};
use crate::row::{Row, RowKey};
use crate::state::{Change, KeyState};
use crate::store::{Checkpoint, Input, Snapshot, StateKey, Stored};
use crate::time::Time;
use crate::trace::{Reason, Stage};

pub use self::told::{Counts, Message, Told};

/// How far time has come beyond the events, and what is to be told.
#[derive(Debug, Clone, Copy, Default)]
pub struct Advance {
    /// Timers before this time run, too, though no event has reached it.
    pub to: Option<Time>,
    /// All timers run, but for those that come again as long as a key fires, or for ever.
    pub until_end: bool,
    /// Whether the trace is wanted.
    pub trace: bool,
}

impl Advance {
    /// Up to where timers are to run.
    pub(crate) fn until(self) -> Option<Time> {
        if self.until_end {
            Some(Time::MAX)
        } else {
            self.to
        }
    }
}

/// What came of a plan.
#[derive(Debug, Default)]
pub struct Outcome {
    /// What to commit before anything is sent.
    pub checkpoint: Checkpoint,
    /// What is to be sent, and the trace.
    pub output: Output,
}

impl Program {
    /// Applies a plan to the states it needs, then runs the timers that are due by then.
    ///
    /// The snapshot must hold the states of [`Plan::keys`] and of every key that is due before
    /// [`Plan::progress`], as far as they have any.
    pub fn apply(&self, plan: &Plan<'_>, snapshot: Snapshot, advance: Advance) -> Outcome {
        let (checkpoint, told) = self.apply_partition(&plan.whole(), snapshot, advance);
        Outcome {
            checkpoint,
            output: Told::merge([told]),
        }
    }

    /// As [`Program::apply`], of a part of a plan: to the states of [`Partition::keys`].
    ///
    /// Parts of one plan can be applied side by side; [`Told::merge`] brings together what they tell.
    pub fn apply_partition(
        &self,
        partition: &Partition<'_, '_>,
        snapshot: Snapshot,
        advance: Advance,
    ) -> (Checkpoint, Told) {
        let plan = partition.plan;
        let mut run = Run::new(self, partition, snapshot, advance);
        let (mut touched, mut counted) = (0, 0);
        for (index, planned) in partition.events().iter().enumerate() {
            run.event = index as u32;
            run.progress_to(planned.arrival, TurnStage::Before);
            if let (0, true, Some(time)) = (index, plan.births, plan.first) {
                run.give_birth(partition, time);
            }
            let touches = touched..planned.touches as usize;
            let counts = counted..planned.counts as usize;
            (touched, counted) = (touches.end, counts.end);
            if touches.is_empty() && counts.is_empty() {
                continue;
            }
            let event = &plan.kept[planned.kept as usize - 1];
            for touch in &plan.touches[touches] {
                match touch {
                    Touch::Fire { alert, key } if partition.fires(index) => {
                        run.stage = TurnStage::Touch(*alert);
                        run.fire(*alert, key.as_deref(), event, None);
                    }
                    Touch::Fire { .. } => {}
                    Touch::Group { key } => {
                        if let Some(cell) = partition.cell(*key, index) {
                            run.event(cell, event);
                        }
                    }
                }
            }
            for row in &plan.counts[counts] {
                if let Some(row) = partition.row(*row, index) {
                    run.count(row, event);
                }
            }
            // A late event may have set timers that are due already.
            run.progress_to(planned.arrival, TurnStage::After);
        }
        if let Some(until) = advance.until() {
            if advance.until_end {
                // What comes again for ever has no end to run to.
                run.for_ever = false;
                (0..run.cells.len()).for_each(|cell| run.schedule(cell));
            }
            run.event = partition.events().len() as u32;
            run.progress_to(until, TurnStage::Before);
        }
        run.finish(!partition.events().is_empty())
    }
}

/// The states of a batch while it is applied.
struct Run<'p> {
    program: &'p Program,
    input: Input,
    /// The states, with their next timers: those of the plan's keys first, in its order; then those that are due.
    cells: Vec<Stored>,
    /// The plan's aggregate rows, in its order.
    rows: Vec<(RowKey, Row)>,
    /// The next timer of each alert of a cell that is of several, so that one of them costs nothing to the others.
    member_timers: Vec<Option<Time>>,
    /// Where the timers of each cell begin among those.
    member_starts: Vec<u32>,
    /// Timers; one that is not its cell's next timer any more is stale.
    timers: BinaryHeap<Reverse<(Time, usize)>>,
    /// Timers from here on are none of this batch's.
    end: Time,
    /// The cells whose timers run at one time.
    due: Vec<usize>,
    /// Whether timers count that come again as long as a key fires.
    for_ever: bool,
    wants_trace: bool,
    /// Counts the moves of progress: the timers that run in one run at once.
    moves: u64,
    /// The last message of a cell that said again that its key fires.
    repeated: BTreeMap<Place, Repeated>,
    /// Which event it is, and what is done about it.
    event: u32,
    stage: TurnStage,
    told: Told,
}

/// Where the life of an alert is for some key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Place {
    cell: usize,
    alert: u32,
}

/// A message that said again that a key fires.
struct Repeated {
    /// The move of progress in which it was made.
    moves: u64,
    ordinal: u32,
    /// Where it stands among the messages.
    alert: usize,
    /// What the trace tells of it.
    trace: Range<usize>,
}

impl<'p> Run<'p> {
    fn new(
        program: &'p Program,
        partition: &Partition<'_, '_>,
        snapshot: Snapshot,
        advance: Advance,
    ) -> Self {
        let mut cells = snapshot.states;
        let missing = partition.keys().iter().skip(cells.len());
        cells.extend(missing.map(|key| Stored::new(key.clone(), None)));
        let rows = snapshot.rows.into_iter().chain(std::iter::repeat(None));
        let rows = partition.rows().iter().zip(rows).map(|(key, row)| {
            let new = || Row::new(&program.aggregates[key.aggregate as usize]);
            (key.clone(), row.unwrap_or_else(new))
        });
        let mut run = Run {
            program,
            input: snapshot.input,
            member_timers: Vec::new(),
            member_starts: Vec::with_capacity(cells.len()),
            cells,
            rows: rows.collect(),
            timers: BinaryHeap::new(),
            end: partition
                .plan
                .progress(&snapshot.input, advance)
                .unwrap_or(Time::MIN),
            due: Vec::new(),
            for_ever: true,
            wants_trace: advance.trace,
            moves: 0,
            repeated: BTreeMap::new(),
            event: 0,
            stage: TurnStage::Touch(0),
            told: Told::default(),
        };
        for cell in 0..run.cells.len() {
            let start = run.member_timers.len();
            run.member_starts.push(start as u32);
            if let followers @ 1.. = run.rule(cell).followers().len() {
                run.member_timers.resize(start + 1 + followers, None);
            }
            run.schedule(cell);
        }
        run
    }

    /// The rule that a state is named after.
    fn rule(&self, cell: usize) -> &'p AlertRule {
        self.rule_of(self.cells[cell].key.alert)
    }

    fn rule_of(&self, alert: u32) -> &'p AlertRule {
        &self.program.alerts[alert as usize]
    }

    /// The alerts whose lives a state holds, each with its rule: the one that it is named after, then the others.
    fn members(&self, cell: usize) -> impl Iterator<Item = (Place, &'p AlertRule)> + use<'p> {
        let program = self.program;
        let first = self.cells[cell].key.alert;
        let followers = self.rule(cell).followers();
        (0..=followers.len()).map(move |number| {
            let alert = number.checked_sub(1).map_or(first, |at| followers[at]);
            (Place { cell, alert }, &program.alerts[alert as usize])
        })
    }

    fn is_global(&self, rule: &AlertRule) -> bool {
        self.program.groupings[rule.grouping].is_global()
    }

    /// Finds out when a state must be looked at next.
    fn schedule(&mut self, cell: usize) {
        let rule = self.rule(cell);
        let is_global = self.is_global(rule);
        let for_ever = self.for_ever;
        let state = self.cells[cell].state.as_ref();
        let timer = if rule.is_alone() {
            state.and_then(|state| state.next_timer(0, rule, is_global, for_ever))
        } else {
            let timers = self.timers_at(cell);
            let members = self.members(cell).enumerate();
            for (at, (number, (_, rule))) in timers.clone().zip(members) {
                self.member_timers[at] = state
                    .and_then(|state| state.next_timer_awake(number, rule, is_global, for_ever));
            }
            self.first_timer(timers)
        };
        self.set_timer(cell, timer);
    }

    /// Where the timers of a cell's alerts are; nowhere for a cell of one alert.
    fn timers_at(&self, cell: usize) -> Range<usize> {
        let start = |cell: usize| self.member_starts.get(cell).map(|start| *start as usize);
        let end = self.member_timers.len();
        start(cell).unwrap_or(end)..start(cell + 1).unwrap_or(end)
    }

    fn first_timer(&self, timers: Range<usize>) -> Option<Time> {
        self.member_timers[timers].iter().flatten().min().copied()
    }

    fn set_timer(&mut self, cell: usize, timer: Option<Time>) {
        let cell_of = &mut self.cells[cell];
        if timer != cell_of.timer {
            cell_of.timer = timer;
            if let Some(timer) = timer.filter(|timer| *timer < self.end) {
                self.timers.push(Reverse((timer, cell)));
            }
        }
    }

    /// Runs the timers before `time`; those of later times stay.
    fn progress_to(&mut self, time: Time, stage: fn(Time, StateKey) -> TurnStage) {
        let progress = self
            .input
            .progress
            .map_or(time, |progress| progress.max(time));
        while let Some(&Reverse((due, _))) = self.timers.peek()
            && due < progress
        {
            self.run_timers(due, progress, stage);
        }
        self.moves += 1;
        // The end of time is no progress that a later event could be measured against.
        if time != Time::MAX {
            self.input.progress = Some(progress);
        }
    }

    /// Runs the timers of one time, in the order of their keys.
    fn run_timers(&mut self, time: Time, progress: Time, stage: fn(Time, StateKey) -> TurnStage) {
        let mut cells = std::mem::take(&mut self.due);
        while let Some(&Reverse((due, cell))) = self.timers.peek()
            && due == time
        {
            self.timers.pop();
            if self.cells[cell].timer == Some(due) {
                cells.push(cell);
            }
        }
        cells.sort_unstable_by(|&a, &b| self.cells[a].key.cmp(&self.cells[b].key));
        cells.dedup();
        for cell in cells.drain(..) {
            self.timers_of(cell, time, progress, stage);
        }
        self.due = cells;
    }

    /// Runs the timers of a state at a time; one at which its key is forgotten is one of all its alerts.
    fn timers_of(
        &mut self,
        cell: usize,
        time: Time,
        progress: Time,
        stage: fn(Time, StateKey) -> TurnStage,
    ) {
        let Some(mut state) = self.cells[cell].state.take() else {
            return;
        };
        let is_global = self.is_global(self.rule(cell));
        let is_forgotten = state.forgotten_at(self.rule(cell), is_global) == Some(time);
        let timers = self.timers_at(cell);
        let mut places = timers.clone();
        for (number, (place, rule)) in self.members(cell).enumerate() {
            let at = places.next();
            let timer = at.and_then(|at| self.member_timers[at]);
            if !rule.is_alone() && !is_forgotten && timer != Some(time) {
                continue;
            }
            state.exchange(number);
            if !self.skips_to_a_later_repeat(&mut state, rule, progress) {
                let key = self.cells[cell].key.key.clone();
                let alert = place.alert;
                self.stage = stage(time, StateKey { alert, key });
                self.timer(place, &mut state, time);
            }
            state.exchange(number);
            if let Some(at) = at {
                self.member_timers[at] =
                    state.next_timer_awake(number, rule, is_global, self.for_ever);
            }
        }
        if !is_forgotten {
            self.cells[cell].state = Some(state);
        }
        match timers.is_empty() || is_forgotten {
            true => self.schedule(cell),
            false => self.set_timer(cell, self.first_timer(timers)),
        }
    }

    /// Whether nothing happens at a key's next timer but a repeat that a later one takes the place of.
    fn skips_to_a_later_repeat(
        &self,
        state: &mut KeyState,
        rule: &AlertRule,
        progress: Time,
    ) -> bool {
        // Where silences cover some deadlines, the latest that none of them covers is to be found.
        self.for_ever
            && !self.program.may_silence(rule)
            && state.skip_repeats(rule, self.is_global(rule), progress)
    }

    fn timer(&mut self, place: Place, state: &mut KeyState, due: Time) {
        let rule = self.rule_of(place.alert);
        // What a per-event alert keeps is never evaluated, only forgotten.
        if !rule.is_per_event() {
            state.pass(rule, due);
            let change = state.evaluate(0, rule, None);
            self.announce(place, state, change, None);
        }
        if state.forgotten_at(rule, self.is_global(rule)) == Some(due)
            && let Some(firing) = state.firing()
        {
            let change = Change {
                from: Stage::Firing,
                to: Stage::Inactive,
                reason: Reason::Forgotten,
                ended: Some(firing),
            };
            self.announce_change(place, state, change, None);
        }
    }

    /// Makes the one key of each alert without `by` that has none yet, unless the event touches it anyway.
    fn give_birth(&mut self, partition: &Partition<'_, '_>, time: Time) {
        let plan = partition.plan;
        for cell in 0..partition.keys().len() {
            let rule = self.rule(cell);
            if self.is_global(rule) && !rule.is_per_event() && self.cells[cell].state.is_none() {
                let touched = plan.touches[..plan.events[0].touches as usize].iter().any(
                    |touch| matches!(touch, Touch::Group { key } if partition.cell(*key, 0) == Some(cell)),
                );
                if !touched {
                    self.cells[cell].state = Some(KeyState::born_unseen(self.program, rule, time));
                    self.schedule(cell);
                }
            }
        }
    }

    /// Adds an event to an aggregate row.
    fn count(&mut self, row: usize, event: &Event<'_>) {
        let (key, row) = &mut self.rows[row];
        row.add(&self.program.aggregates[key.aggregate as usize], event);
    }

    fn event(&mut self, cell: usize, event: &Event<'_>) {
        let (program, rule) = (self.program, self.rule(cell));
        let progress = self.input.progress.unwrap_or(event.arrival);
        let slot = &mut self.cells[cell].state;
        let state = slot.get_or_insert_with(|| KeyState::new(program, rule, event.time));
        let is_late = state.is_late(event);
        if !rule.is_per_event() {
            state.count(program, rule, event, progress);
        }
        // The fields of a late event are stale: they neither start nor end an episode.
        let slots = (!is_late).then_some(&event.slots[..]);
        for (number, (place, rule)) in self.members(cell).enumerate() {
            self.stage = TurnStage::Touch(place.alert);
            if rule.is_per_event() {
                self.with_state(cell, |run, state| run.fire_again(place, state, event));
                continue;
            }
            self.told.counts.late += u64::from(is_late);
            let Some(state) = &mut self.cells[cell].state else {
                continue;
            };
            let change = state.evaluate(number, rule, slots);
            if change.is_some() || state.fires(number) {
                self.with_state(cell, |run, state| {
                    state.exchange(number);
                    run.announce(place, state, change, Some(event));
                    state.exchange(number);
                });
            }
        }
        self.schedule(cell);
    }

    fn with_state(&mut self, cell: usize, work: impl FnOnce(&mut Self, &mut KeyState)) {
        if let Some(mut state) = self.cells[cell].state.take() {
            work(self, &mut state);
            self.cells[cell].state = Some(state);
        }
    }

    fn turn(&self) -> Turn {
        Turn {
            event: self.event,
            stage: self.stage.clone(),
        }
    }

    fn finish(mut self, had_events: bool) -> (Checkpoint, Told) {
        if had_events {
            self.input.program = Some(self.program.fingerprint());
        }
        let checkpoint = Checkpoint {
            input: self.input,
            states: self.cells,
            rows: self.rows,
        };
        (checkpoint, self.told)
    }
}
