//! The life cycle of one alert for one key.

use serde::{Deserialize, Serialize};

use super::windows;
use crate::eval::Scope;
use crate::event::{Datum, Value};
use crate::program::AlertRule;
use crate::time::Time;
use crate::trace::{Reason, Stage};
use crate::window::{Panes, Readings};

/// Where an alert is in its life cycle for one key, and how far its time has come.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Life {
    /// The later of the newest event time and the last timer that ran.
    pub(super) clock: Time,
    pub(super) evaluated: Evaluated,
    pub(super) phase: Phase,
    /// What few keys have.
    pub(super) past: Option<Box<Past>>,
}

/// Where a key is in its life cycle.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Phase {
    Inactive,
    Pending { since: Time },
    // Few keys fire, so those that do not need no place for it.
    Firing(Box<Firing>),
}

impl Phase {
    pub(super) fn stage(&self) -> Stage {
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
    pub(super) repeats: u32,
    /// When one was last due, be it sent or silenced: `repeat` runs from here. None while the first one
    /// is withheld by `cooldown`.
    pub(super) due: Option<Time>,
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
pub(super) enum Evaluated {
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

/// What is kept of a key's past.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub(super) struct Past {
    /// When a key was born without an event of its own.
    pub(super) birth: Option<Time>,
    /// The last episode.
    pub(super) last: Option<Episode>,
    /// When a message last said that the key fires: `cooldown` runs from here.
    pub(super) sent: Option<Time>,
}

impl Life {
    pub(super) fn new(time: Time) -> Life {
        Life {
            clock: time,
            evaluated: Evaluated::Never,
            phase: Phase::Inactive,
            past: None,
        }
    }

    /// The bytes of memory that it takes beside itself.
    pub(super) fn memory(&self) -> usize {
        let firing = match self.phase {
            Phase::Firing(_) => size_of::<Firing>(),
            Phase::Inactive | Phase::Pending { .. } => 0,
        };
        firing + self.past.as_deref().map_or(0, size_of_val)
    }

    pub(super) fn past_mut(&mut self) -> &mut Past {
        self.past.get_or_insert_default()
    }

    pub(super) fn birth(&self) -> Option<Time> {
        self.past.as_ref()?.birth
    }

    /// When the key became pending, or its episode began.
    pub(crate) fn since(&self) -> Option<Time> {
        match &self.phase {
            Phase::Inactive => None,
            Phase::Pending { since } => Some(*since),
            Phase::Firing(firing) => Some(firing.episode.since),
        }
    }

    pub(crate) fn stage(&self) -> Stage {
        self.phase.stage()
    }

    /// Whether nothing comes of the leaving of panes.
    pub(super) fn rests(&self, rule: &AlertRule) -> bool {
        rule.rests && self.phase == Phase::Inactive && self.evaluated != Evaluated::Never
    }

    /// What [`Life::catch_up`] goes by, beside the windows.
    pub(super) fn moment(&self, rule: &AlertRule) -> (Time, Evaluated, bool) {
        (self.clock, self.evaluated, self.rests(rule))
    }

    /// Moves the clock past the times that were not worth a timer: at which panes of a key at rest left, and
    /// at which tumbling windows ended.
    pub(super) fn catch_up(&mut self, panes: &[Panes], rule: &AlertRule, progress: Time) {
        if self.rests(rule) {
            let left = windows(panes, rule);
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

    /// Evaluates at the clock, with the fields of an event or without.
    #[inline]
    pub(super) fn evaluate(
        &mut self,
        panes: &[Panes],
        rule: &AlertRule,
        slots: Option<&[Value<'_>]>,
    ) -> Option<Change> {
        self.evaluated = match slots {
            Some(_) => Evaluated::WithFields,
            None => Evaluated::WithoutFields,
        };
        let scope = Scope {
            slots,
            windows: Readings::new(rule, panes, self.clock),
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
    pub(super) fn due(&self, rule: &AlertRule, for_ever: bool) -> Option<Time> {
        match self.firing()?.due {
            None => Some(self.cooled_down(rule)),
            Some(due) => rule
                .repeat
                .filter(|_| for_ever)
                .map(|repeat| due.plus(repeat)),
        }
    }

    /// From when on a message may say that the key fires.
    pub(super) fn cooled_down(&self, rule: &AlertRule) -> Time {
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

    /// When the key is dropped if nothing more is seen of it; never for the one key of an alert without `by`.
    pub(super) fn forgotten_at(
        &self,
        newest: Option<Time>,
        rule: &AlertRule,
        is_global: bool,
    ) -> Option<Time> {
        let unseen = newest.filter(|_| !is_global)?.plus(rule.forget);
        // All that a per-event alert keeps is its cooldown, so that outlives the key.
        let cooled = self.cooled_down(rule);
        Some(if rule.is_per_event() {
            unseen.max(cooled)
        } else {
            unseen
        })
    }

    /// When a time function of the conditions gives something else.
    pub(super) fn next_tick(&self, rule: &AlertRule) -> Option<Time> {
        // A key whose windows cannot be full yet is not evaluated for the sake of the hour.
        if self.evaluated == Evaluated::Never && !rule.windows.is_empty() {
            return None;
        }
        rule.ticks.iter().map(|tick| tick.next(self.clock)).min()
    }

    /// When the key must be looked at next if no event comes before; always later than its clock.
    ///
    /// `for_ever` says whether timers count that come again and again: repeats, hours and midnights.
    pub(super) fn next_timer(
        &self,
        panes: &[Panes],
        newest: Option<Time>,
        rule: &AlertRule,
        is_global: bool,
        for_ever: bool,
    ) -> Option<Time> {
        let mut next = self.forgotten_at(newest, rule, is_global);
        let mut at = |time: Option<Time>| {
            next = match (next, time) {
                (Some(next), Some(time)) => Some(next.min(time)),
                (next, time) => next.or(time),
            };
        };
        if !self.rests(rule) {
            for (panes, window) in windows(panes, rule) {
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
        if !for_ever && let Some(tick) = self.next_tick(rule) {
            // Where ticks are left out, the ends of tumbling windows still meet the hour that has changed by then, as
            // long as some window holds anything.
            let clock = self.clock;
            let mut held = windows(panes, rule);
            if held.any(|(panes, window)| panes.next_change(window.frame, clock).is_some()) {
                let frames = rule.windows.iter().map(|window| window.frame);
                let tumbling = frames.filter(|frame| frame.is_tumbling());
                tumbling.for_each(|frame| at(Some(frame.pane_end(Time(tick.0 - 1)))));
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

    /// Every time that it holds.
    pub(super) fn times(&self) -> impl Iterator<Item = Time> {
        let phase = match &self.phase {
            Phase::Inactive => [None; 2],
            Phase::Pending { since } => [Some(*since), None],
            Phase::Firing(firing) => [Some(firing.episode.since), firing.due],
        };
        let past = self.past.as_ref().map_or([None; 3], |past| {
            [past.birth, past.last.map(|last| last.since), past.sent]
        });
        let times = phase.into_iter().chain(past).flatten();
        times.chain([self.clock])
    }
}
