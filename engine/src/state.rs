//! The state of one key of one alert: its clock, its windows and where it is in its life cycle.

mod bytes;
mod look;

use serde::{Deserialize, Serialize};
use smallvec::SmallVec;

use crate::eval::Scope;
use crate::event::{Datum, Event, Value};
use crate::program::AlertRule;
use crate::time::Time;
use crate::trace::{Reason, Stage};
use crate::window::{Panes, Readings};

/// Where a key is in its life cycle.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Phase {
    Inactive,
    Pending { since: Time },
    // Few keys fire, so those that do not need no place for it.
    Firing(Box<Firing>),
}

impl Phase {
    fn stage(&self) -> Stage {
        match self {
            Phase::Inactive => Stage::Inactive,
            Phase::Pending { .. } => Stage::Pending,
            Phase::Firing(_) => Stage::Firing,
        }
    }
}

/// An episode that goes on, and what has been said of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Firing {
    pub(crate) episode: Episode,
    /// Whether a message said so.
    pub(crate) sent: bool,
    /// How many said so again.
    repeats: u32,
    /// When one was last due, be it sent or silenced: `repeat` runs from here. None while the first one
    /// is withheld by `cooldown`.
    due: Option<Time>,
}

/// A stretch of time in which a key fires.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Episode {
    pub(crate) since: Time,
    /// Its place among the key's episodes that began at the same time.
    pub(crate) ordinal: u32,
}

/// What the last evaluation saw.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Evaluated {
    /// There was none.
    Never,
    /// The fields of an event.
    WithFields,
    /// Windows and the clock only: another one gives the same until some window changes, or until a tick,
    /// which always has a timer.
    WithoutFields,
}

/// What an evaluation changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Change {
    pub(crate) from: Stage,
    pub(crate) to: Stage,
    pub(crate) reason: Reason,
    /// The episode that ended.
    pub(crate) ended: Option<Firing>,
}

/// The state of one key of one alert.
#[derive(Debug, Clone, PartialEq)]
pub struct KeyState {
    /// The later of the newest event time and the last timer that ran.
    clock: Time,
    /// The newest event time; none for a key that was born without an event of its own.
    newest: Option<Time>,
    evaluated: Evaluated,
    phase: Phase,
    /// What few keys have.
    past: Option<Box<Past>>,
    /// One for each window of the alert.
    windows: SmallVec<[Panes; 1]>,
}

/// What is kept of a key's past.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
struct Past {
    /// When a key was born without an event of its own.
    birth: Option<Time>,
    /// The last episode.
    last: Option<Episode>,
    /// When a message last said that the key fires: `cooldown` runs from here.
    sent: Option<Time>,
}

impl KeyState {
    /// The state of a key at its first event.
    pub(crate) fn new(rule: &AlertRule, time: Time) -> KeyState {
        KeyState {
            clock: time,
            newest: None,
            evaluated: Evaluated::Never,
            phase: Phase::Inactive,
            past: None,
            windows: rule
                .windows
                .iter()
                .map(|window| Panes::new(window.aggregate))
                .collect(),
        }
    }

    /// The state of the one key of an alert without `by`, born of an event that does not match.
    pub(crate) fn born_unseen(rule: &AlertRule, time: Time) -> KeyState {
        let mut state = KeyState::new(rule, time);
        state.past_mut().birth = Some(time);
        state
    }

    fn past_mut(&mut self) -> &mut Past {
        self.past.get_or_insert_default()
    }

    fn birth(&self) -> Option<Time> {
        self.past.as_ref()?.birth
    }

    /// Whether an episode goes on.
    pub fn is_firing(&self) -> bool {
        self.stage() == Stage::Firing
    }

    pub(crate) fn stage(&self) -> Stage {
        self.phase.stage()
    }

    /// When the key became pending, or its episode began.
    pub(crate) fn since(&self) -> Option<Time> {
        match &self.phase {
            Phase::Inactive => None,
            Phase::Pending { since } => Some(*since),
            Phase::Firing(firing) => Some(firing.episode.since),
        }
    }

    pub(crate) fn clock(&self) -> Time {
        self.clock
    }

    /// Whether an event is older than the newest of its group.
    pub(crate) fn is_late(&self, event: &Event<'_>) -> bool {
        self.newest.is_some_and(|newest| event.time < newest)
    }

    /// Counts an event in the windows, and evaluates at the clock it leaves behind.
    ///
    /// The timers before `progress` must have run.
    pub(crate) fn event(
        &mut self,
        rule: &AlertRule,
        event: &Event<'_>,
        progress: Time,
    ) -> Option<Change> {
        self.catch_up(rule, progress);
        let late = self.is_late(event);
        self.newest = self.newest.max(Some(event.time));
        self.clock = self.clock.max(event.time);
        let scope = Scope::of_event(event);
        for (panes, window) in self.windows.iter_mut().zip(&rule.windows) {
            if let Some(value) = window.contribution(scope) {
                panes.add(window, event.time, self.clock, value);
            }
        }
        // The fields of a late event are stale: they neither start nor end an episode.
        self.evaluate(rule, if late { None } else { Some(&event.slots) })
    }

    /// Whether nothing comes of its panes' leaving.
    fn rests(&self, rule: &AlertRule) -> bool {
        rule.rests && self.phase == Phase::Inactive && self.evaluated != Evaluated::Never
    }

    /// Moves the clock past the times that were not worth a timer: at which panes of a key at rest left, and
    /// at which tumbling windows ended.
    fn catch_up(&mut self, rule: &AlertRule, progress: Time) {
        if self.rests(rule) {
            let left = self.windows.iter().zip(&rule.windows);
            let left = left.filter_map(|(panes, window)| match window.frame.is_tumbling() {
                true => Some(window.frame.pane_end(self.clock)).filter(|end| *end < progress),
                false => panes.last_left(window.frame, progress),
            });
            if let Some(left) = left.max() {
                self.clock = self.clock.max(left);
                self.evaluated = Evaluated::WithoutFields;
            }
        }
        if self.evaluated == Evaluated::WithoutFields {
            let tumbling = rule
                .windows
                .iter()
                .filter(|window| window.frame.is_tumbling());
            let ends = tumbling.map(|window| window.frame.pane_start(Time(progress.0 - 1)));
            self.clock = ends.max().map_or(self.clock, |end| end.max(self.clock));
        }
    }

    /// Evaluates at the time of a timer.
    pub(crate) fn timer(&mut self, rule: &AlertRule, time: Time) -> Option<Change> {
        self.clock = time;
        self.evaluate(rule, None)
    }

    fn evaluate(&mut self, rule: &AlertRule, slots: Option<&[Value<'_>]>) -> Option<Change> {
        for (panes, window) in self.windows.iter_mut().zip(&rule.windows) {
            panes.expire(window, self.clock);
        }
        self.evaluated = match slots {
            Some(_) => Evaluated::WithFields,
            None => Evaluated::WithoutFields,
        };
        let scope = Scope {
            slots,
            windows: self.readings(rule),
            now: self.clock,
            item: &[],
        };
        let when = scope.condition(&rule.when);
        let until = rule.until.as_ref().map(|until| scope.condition(until));
        self.advance(rule, when, until)
    }

    fn advance(
        &mut self,
        rule: &AlertRule,
        when: Datum<'_>,
        until: Option<Datum<'_>>,
    ) -> Option<Change> {
        let ended = until == Some(Datum::Bool(true));
        let holds = when == Datum::Bool(true);
        // For want of data the condition has ended; for want of a field nothing is known to have changed.
        let gone = match when {
            Datum::Bool(false) => Some(Reason::ConditionFalse),
            Datum::Empty => Some(Reason::ConditionUnknown),
            _ => None,
        };
        let (next, reason) = match self.phase {
            Phase::Inactive if holds && !ended && rule.hold.is_some() => {
                let since = self.clock;
                (Phase::Pending { since }, Reason::ConditionTrue)
            }
            Phase::Inactive if holds && !ended => (self.fire(self.clock), Reason::ConditionTrue),
            Phase::Inactive => return None,
            Phase::Pending { .. } if ended => (Phase::Inactive, Reason::UntilTrue),
            Phase::Pending { since } => match gone {
                // `until` keeps an alert firing; it does not stand in for the condition that must hold.
                Some(reason) => (Phase::Inactive, reason),
                None if self.clock < since.plus(rule.hold.unwrap_or(0)) => return None,
                None if holds => (self.fire(since), Reason::ForElapsed),
                None => (self.fire(since), Reason::Held),
            },
            Phase::Firing(_) if ended => (Phase::Inactive, Reason::UntilTrue),
            Phase::Firing(_) if until.is_none() => (Phase::Inactive, gone?),
            Phase::Firing(_) => return None,
        };
        let to = next.stage();
        let before = std::mem::replace(&mut self.phase, next);
        Some(Change {
            from: before.stage(),
            to,
            reason,
            ended: match before {
                Phase::Firing(firing) => Some(*firing),
                Phase::Inactive | Phase::Pending { .. } => None,
            },
        })
    }

    fn fire(&mut self, since: Time) -> Phase {
        let ordinal = match self.past.as_ref().and_then(|past| past.last) {
            Some(last) if last.since == since => last.ordinal.saturating_add(1),
            _ => 0,
        };
        let episode = Episode { since, ordinal };
        self.past_mut().last = Some(episode);
        Phase::Firing(Box::new(Firing {
            episode,
            sent: false,
            repeats: 0,
            due: None,
        }))
    }

    /// The episode that goes on.
    pub(crate) fn firing(&self) -> Option<Firing> {
        match &self.phase {
            Phase::Firing(firing) => Some(**firing),
            Phase::Inactive | Phase::Pending { .. } => None,
        }
    }

    /// When a message is due that says that the key fires; the past if it is by now.
    ///
    /// `for_ever` says whether those count that are due again and again as long as it does.
    fn due(&self, rule: &AlertRule, for_ever: bool) -> Option<Time> {
        match self.firing()?.due {
            None => Some(self.cooled_down(rule)),
            Some(due) => rule
                .repeat
                .filter(|_| for_ever)
                .map(|repeat| due.plus(repeat)),
        }
    }

    /// From when on a message may say that the key fires.
    fn cooled_down(&self, rule: &AlertRule) -> Time {
        let sent = self.past.as_ref().and_then(|past| past.sent);
        match (sent, rule.cooldown) {
            (Some(sent), Some(cooldown)) => sent.plus(cooldown),
            _ => Time::MIN,
        }
    }

    /// Takes the message that is due now and says that the key fires: 0, or the ordinal of the repeat.
    pub(crate) fn take_due(&mut self, rule: &AlertRule, for_ever: bool) -> Option<u32> {
        let is_due = self
            .due(rule, for_ever)
            .is_some_and(|due| due <= self.clock);
        match &mut self.phase {
            Phase::Firing(firing) if is_due => {
                let is_first = firing.due.replace(self.clock).is_none();
                Some(if is_first {
                    0
                } else {
                    firing.repeats.saturating_add(1)
                })
            }
            _ => None,
        }
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
            .filter(|_| self.evaluated == Evaluated::WithoutFields)
        else {
            return false;
        };
        let other = self.next_timer(rule, is_global, false);
        let others = other.into_iter().chain(self.next_tick(rule));
        let end = others.fold(progress, Time::min);
        match &mut self.phase {
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
        self.past_mut().sent = Some(at);
        if let Phase::Firing(firing) = &mut self.phase {
            firing.sent = true;
            firing.repeats = ordinal;
        }
    }

    /// Takes an event that a per-event alert fires for: whether its message is to be sent.
    ///
    /// Such an alert has a state only for its `cooldown`.
    pub(crate) fn take_event(&mut self, rule: &AlertRule, event: &Event<'_>) -> bool {
        self.newest = self.newest.max(Some(event.time));
        self.clock = self.clock.max(event.time);
        event.time >= self.cooled_down(rule)
    }

    /// When the key is dropped if nothing more is seen of it; never for the one key of an alert without `by`.
    pub(crate) fn forgotten_at(&self, rule: &AlertRule, is_global: bool) -> Option<Time> {
        let unseen = self.newest.filter(|_| !is_global)?.plus(rule.forget);
        // All that a per-event alert keeps is its cooldown, so that outlives the key.
        let cooled = self.cooled_down(rule);
        Some(if rule.is_per_event() {
            unseen.max(cooled)
        } else {
            unseen
        })
    }

    /// When a time function of the conditions gives something else.
    fn next_tick(&self, rule: &AlertRule) -> Option<Time> {
        // A key whose windows cannot be full yet is not evaluated for the sake of the hour.
        if self.evaluated == Evaluated::Never && !rule.windows.is_empty() {
            return None;
        }
        rule.ticks.iter().map(|tick| tick.next(self.clock)).min()
    }

    /// When the key must be looked at next if no event comes before; always later than its clock.
    ///
    /// `for_ever` says whether timers count that come again and again: repeats, hours and midnights.
    pub(crate) fn next_timer(
        &self,
        rule: &AlertRule,
        is_global: bool,
        for_ever: bool,
    ) -> Option<Time> {
        let mut next = self.forgotten_at(rule, is_global);
        let mut at = |time: Option<Time>| {
            next = match (next, time) {
                (Some(next), Some(time)) => Some(next.min(time)),
                (next, time) => next.or(time),
            };
        };
        if !self.rests(rule) {
            for (panes, window) in self.windows.iter().zip(&rule.windows) {
                // The end of a tumbling window is a timer even if it holds nothing; but where it would give
                // what the last evaluation gave, it only moves the clock, and `catch_up` does that. An end
                // at which a pane enters or leaves, by an offset or not, is a change and so a timer.
                let frame = window.frame;
                at(
                    if frame.is_tumbling() && self.evaluated == Evaluated::WithFields {
                        Some(frame.pane_end(self.clock))
                    } else {
                        panes.next_change(frame, self.clock)
                    },
                );
            }
        }
        if let Some(birth) = self.birth() {
            for window in &rule.windows {
                at(Some(window.frame.first_full(birth)).filter(|end| *end > self.clock));
            }
        }
        match self.phase {
            Phase::Inactive => {}
            Phase::Pending { since } => at(Some(since.plus(rule.hold.unwrap_or(0)))),
            Phase::Firing(_) => at(self.due(rule, for_ever).filter(|due| *due > self.clock)),
        }
        if for_ever && !rule.ticks.is_empty() {
            at(self.next_tick(rule));
        }
        next
    }

    /// Its windows, as conditions and messages read them.
    pub(crate) fn readings<'v>(&'v self, rule: &'v AlertRule) -> Readings<'v> {
        Readings {
            windows: &rule.windows,
            panes: &self.windows,
            clock: self.clock,
        }
    }

    /// Whether stored state can be this rule's.
    pub(crate) fn fits(&self, rule: &AlertRule) -> bool {
        self.times().all(Time::is_reachable)
            && self.windows.len() == rule.windows.len()
            && self
                .windows
                .iter()
                .zip(&rule.windows)
                .all(|(panes, window)| panes.fits(window, self.clock))
    }

    /// Every time that the state holds.
    fn times(&self) -> impl Iterator<Item = Time> {
        let phase = match &self.phase {
            Phase::Inactive => [None; 2],
            Phase::Pending { since } => [Some(*since), None],
            Phase::Firing(firing) => [Some(firing.episode.since), firing.due],
        };
        let past = self.past.as_ref().map_or([None; 3], |past| {
            [past.birth, past.last.map(|last| last.since), past.sent]
        });
        let other = [Some(self.clock), self.newest];
        other.into_iter().chain(phase).chain(past).flatten()
    }
}
