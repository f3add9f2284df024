//! The state of a key: its windows, and where its alert is in its life cycle.

mod bytes;
mod life;
mod look;
mod spare;

use smallvec::SmallVec;

use self::life::{Evaluated, Life, Phase};
use crate::eval::Scope;
use crate::event::{Event, Value};
use crate::program::{AlertRule, Program};
use crate::time::Time;
use crate::trace::Stage;
use crate::window::{Panes, Readings, Window};

pub(crate) use self::life::{Change, Episode, Firing};
pub(crate) use self::spare::Spare;

/// The state of one key of one alert, or of several alerts that [share their windows](Program::share_windows).
#[derive(Debug, Clone, PartialEq)]
pub struct KeyState {
    /// The newest event time; none for a key that was born without an event of its own.
    newest: Option<Time>,
    /// The windows of the alerts, none twice.
    windows: SmallVec<[Panes; 1]>,
    /// The life of the alert that is at hand: of the first, unless another took its place.
    life: Life,
    /// The lives of the other alerts, in their order.
    others: Vec<Life>,
}

impl KeyState {
    /// The state of a key at its first event.
    pub(crate) fn new(program: &Program, rule: &AlertRule, time: Time) -> KeyState {
        let panes = |window: &Window| Panes::new(window.aggregate);
        let mut state = KeyState {
            newest: None,
            windows: rule.windows.iter().map(panes).collect(),
            life: Life::new(time),
            others: Vec::new(),
        };
        if !rule.is_alone() {
            state.windows = program.kept_windows(rule).map(panes).collect();
            state.others = rule.followers().iter().map(|_| Life::new(time)).collect();
        }
        state
    }

    /// The state of the one key of an alert without `by`, born of an event that does not match.
    pub(crate) fn born_unseen(program: &Program, rule: &AlertRule, time: Time) -> KeyState {
        let mut state = KeyState::new(program, rule, time);
        for life in state.lives_mut() {
            life.past_mut().birth = Some(time);
        }
        state
    }

    /// The bytes of memory that it takes beside itself.
    pub(crate) fn memory(&self) -> usize {
        let spilled = match self.windows.spilled() {
            true => self.windows.capacity() * size_of::<Panes>(),
            false => 0,
        };
        let lives = std::iter::once(&self.life).chain(&self.others);
        spilled
            + self.windows.iter().map(Panes::memory).sum::<usize>()
            + self.others.capacity() * size_of::<Life>()
            + lives.map(Life::memory).sum::<usize>()
    }

    fn lives_mut(&mut self) -> impl Iterator<Item = &mut Life> {
        std::iter::once(&mut self.life).chain(&mut self.others)
    }

    /// Puts the life of one of the alerts in the place of the first, or back from there.
    ///
    /// All that is asked and done about a life cycle is about the one at hand.
    pub(crate) fn exchange(&mut self, member: usize) {
        if let Some(other) = member.checked_sub(1).and_then(|at| self.others.get_mut(at)) {
            std::mem::swap(&mut self.life, other);
        }
    }

    /// Whether an episode goes on.
    pub fn is_firing(&self) -> bool {
        self.stage() == Stage::Firing
    }

    pub(crate) fn stage(&self) -> Stage {
        self.life.stage()
    }

    /// When the key became pending, or its episode began.
    pub(crate) fn since(&self) -> Option<Time> {
        self.life.since()
    }

    /// The episode that goes on.
    pub(crate) fn firing(&self) -> Option<Firing> {
        self.life.firing()
    }

    pub(crate) fn clock(&self) -> Time {
        self.life.clock
    }

    /// Whether an event is older than the newest of its group.
    pub(crate) fn is_late(&self, event: &Event<'_>) -> bool {
        self.newest.is_some_and(|newest| event.time < newest)
    }

    /// Counts an event in the windows; [`KeyState::evaluate`] says what comes of it for each alert.
    ///
    /// The timers before `progress` must have run.
    pub(crate) fn count(
        &mut self,
        program: &Program,
        rule: &AlertRule,
        event: &Event<'_>,
        progress: Time,
    ) {
        self.newest = self.newest.max(Some(event.time));
        let (first, time) = (&mut self.life, event.time);
        let before = first.moment(rule);
        first.catch_up(&self.windows, rule, progress);
        first.clock = first.clock.max(time);
        for (life, member) in self.others.iter_mut().zip(program.followers(rule)) {
            // Most are where the first was, and so they go on.
            if life.moment(member) == before && member.places == rule.places {
                (life.clock, life.evaluated) = (first.clock, first.evaluated);
            } else {
                life.catch_up(&self.windows, member, progress);
                life.clock = life.clock.max(time);
            }
        }
        let slowest = self.slowest();
        let scope = Scope::of_event(event);
        for (panes, window) in self.windows.iter_mut().zip(program.kept_windows(rule)) {
            if let Some(value) = window.contribution(scope) {
                panes.add(window, event.time, slowest, value);
            }
            panes.expire(window, slowest);
        }
    }

    /// The least of the clocks: what has left a window by then is of no use to any alert.
    ///
    /// An alert that is further does not see what has left by its own clock, so windows hold the same for all.
    fn slowest(&self) -> Time {
        let others = self.others.iter().map(|life| life.clock);
        others.fold(self.life.clock, Time::min)
    }

    /// Brings the clock to the time of a timer; [`KeyState::evaluate`] says what comes of it.
    pub(crate) fn pass(&mut self, rule: &AlertRule, time: Time) {
        self.life.clock = time;
        let slowest = self.slowest();
        // Those that only other alerts have wait for a timer of theirs, or for an event.
        for (place, window) in rule.places.iter().zip(&rule.windows) {
            if let Some(panes) = self.windows.get_mut(*place as usize) {
                panes.expire(window, slowest);
            }
        }
    }

    /// Evaluates at the clock of one of the alerts, with the fields of an event or without.
    pub(crate) fn evaluate(
        &mut self,
        member: usize,
        rule: &AlertRule,
        slots: Option<&[Value<'_>]>,
    ) -> Option<Change> {
        let other = member.checked_sub(1).and_then(|at| self.others.get_mut(at));
        let life = other.unwrap_or(&mut self.life);
        life.evaluate(&self.windows, rule, slots)
    }

    /// Where one of the alerts is in its life cycle.
    fn life_of(&self, member: usize) -> &Life {
        let other = member.checked_sub(1).and_then(|at| self.others.get(at));
        other.unwrap_or(&self.life)
    }

    /// Whether one of the alerts fires.
    pub(crate) fn fires(&self, member: usize) -> bool {
        self.life_of(member).stage() == Stage::Firing
    }

    /// Takes the message that is due now and says that the key fires: 0, or the ordinal of the repeat.
    pub(crate) fn take_due(&mut self, rule: &AlertRule, for_ever: bool) -> Option<u32> {
        self.life.take_due(rule, for_ever)
    }

    /// Passes over the repeats that others follow before `progress` and before anything else happens.
    pub(crate) fn skip_repeats(
        &mut self,
        rule: &AlertRule,
        is_global: bool,
        progress: Time,
    ) -> bool {
        // Only from an evaluation that saw no fields does it follow what the next one gives.
        let Some(repeat) = rule
            .repeat
            .filter(|_| self.life.evaluated == Evaluated::WithoutFields)
        else {
            return false;
        };
        let other = self.next_timer(0, rule, is_global, false);
        let others = other.into_iter().chain(self.life.next_tick(rule));
        let end = others.fold(progress, Time::min);
        match &mut self.life.phase {
            Phase::Firing(firing) => match &mut firing.due {
                Some(due) if due.plus(2 * repeat) < end => {
                    // The last deadline before the end stays due.
                    let passed = (end.0 - 1 - due.0) / repeat - 1;
                    *due = due.plus(passed * repeat);
                    true
                }
                _ => false,
            },
            _ => false,
        }
    }

    /// Notes that the message with this ordinal was sent, and when it happened.
    pub(crate) fn note_sent(&mut self, ordinal: u32, at: Time) {
        self.life.past_mut().sent = Some(at);
        if let Phase::Firing(firing) = &mut self.life.phase {
            firing.sent = true;
            firing.repeats = ordinal;
        }
    }

    /// Takes an event that a per-event alert fires for: whether its message is to be sent.
    ///
    /// Such an alert has a state only for its `cooldown`.
    pub(crate) fn take_event(&mut self, rule: &AlertRule, event: &Event<'_>) -> bool {
        self.newest = self.newest.max(Some(event.time));
        self.life.clock = self.life.clock.max(event.time);
        event.time >= self.life.cooled_down(rule)
    }

    /// When the key is dropped if nothing more is seen of it; never for the one key of an alert without `by`.
    pub(crate) fn forgotten_at(&self, rule: &AlertRule, is_global: bool) -> Option<Time> {
        self.life.forgotten_at(self.newest, rule, is_global)
    }

    /// When one of the alerts must be looked at next if no event comes before; always later than its clock.
    ///
    /// `for_ever` says whether timers count that come again and again: repeats, hours and midnights.
    pub(crate) fn next_timer(
        &self,
        member: usize,
        rule: &AlertRule,
        is_global: bool,
        for_ever: bool,
    ) -> Option<Time> {
        let life = self.life_of(member);
        life.next_timer(&self.windows, self.newest, rule, is_global, for_ever)
    }

    /// As [`KeyState::next_timer`]; none for an alert that waits for nothing but to be forgotten, which it is when the first is.
    pub(crate) fn next_timer_awake(
        &self,
        member: usize,
        rule: &AlertRule,
        is_global: bool,
        for_ever: bool,
    ) -> Option<Time> {
        let life = self.life_of(member);
        let is_awake = member == 0 || !life.rests(rule) || life.birth().is_some();
        is_awake
            .then(|| self.next_timer(member, rule, is_global, for_ever))
            .flatten()
    }

    /// Its windows, as conditions and messages read them.
    pub(crate) fn readings<'v>(&'v self, rule: &'v AlertRule) -> Readings<'v> {
        Readings::new(rule, &self.windows, self.life.clock)
    }

    /// Whether stored state can be this rule's.
    pub(crate) fn fits(&self, rule: &AlertRule) -> bool {
        let mut times = self.life.times().chain(self.newest);
        times.all(Time::is_reachable)
            && self.windows.len() == rule.windows.len()
            && windows(&self.windows, rule)
                .all(|(panes, window)| panes.fits(window, self.life.clock))
    }
}

/// The windows of an alert, and what they hold.
fn windows<'s>(
    panes: &'s [Panes],
    rule: &'s AlertRule,
) -> impl Iterator<Item = (&'s Panes, &'s Window)> {
    let places = rule.places.iter().zip(&rule.windows);
    places.filter_map(|(place, window)| Some((panes.get(*place as usize)?, window)))
}
