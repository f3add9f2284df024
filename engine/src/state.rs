//! The state of one key of one alert: its clock, its windows and where it is in its life cycle.

use serde::{Deserialize, Serialize};

use crate::eval::{Scope, number};
use crate::event::{Datum, Event, Value};
use crate::program::AlertRule;
use crate::time::Time;
use crate::window::Panes;

/// Where a key is in its life cycle.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Phase {
    Inactive,
    Pending { since: Time },
    Firing(Episode),
}

/// A stretch of time in which a key fires.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Episode {
    pub(crate) since: Time,
    /// Its place among the key's episodes that began at the same time.
    pub(crate) ordinal: u32,
}

/// What the last evaluation saw.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
enum Evaluated {
    /// There was none.
    Never,
    /// The fields of an event.
    WithFields,
    /// Windows only: another one gives the same until some window changes.
    WithoutFields,
}

/// What an evaluation changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Transition {
    /// The condition holds; it must do so for a while.
    Pending,
    /// The condition no longer held before that while was over.
    Dropped,
    /// An episode began.
    Fired(Episode),
    /// An episode ended.
    Resolved(Episode),
}

/// The state of one key of one alert.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct KeyState {
    /// The later of the newest event time and the last timer that ran.
    clock: Time,
    /// The newest event time; none for a key that was born without an event of its own.
    newest: Option<Time>,
    /// When a key was born without an event of its own.
    birth: Option<Time>,
    evaluated: Evaluated,
    phase: Phase,
    /// The last episode.
    last: Option<Episode>,
    /// One for each window of the alert.
    windows: Vec<Panes>,
}

impl KeyState {
    /// The state of a key at its first event.
    pub(crate) fn new(rule: &AlertRule, time: Time) -> KeyState {
        KeyState {
            clock: time,
            newest: None,
            birth: None,
            evaluated: Evaluated::Never,
            phase: Phase::Inactive,
            last: None,
            windows: vec![Panes::default(); rule.windows.len()],
        }
    }

    /// The state of the one key of an alert without `by`, born of an event that does not match.
    pub(crate) fn born_unseen(rule: &AlertRule, time: Time) -> KeyState {
        KeyState {
            birth: Some(time),
            ..KeyState::new(rule, time)
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
    ) -> Option<Transition> {
        self.catch_up(rule, progress);
        let late = self.is_late(event);
        self.newest = self.newest.max(Some(event.time));
        self.clock = self.clock.max(event.time);
        let scope = Scope {
            slots: Some(&event.slots),
            windows: &[],
        };
        for (panes, window) in self.windows.iter_mut().zip(&rule.windows) {
            let counted = window
                .filter
                .as_ref()
                .is_none_or(|filter| scope.condition(filter) == Datum::Bool(true));
            if counted {
                let value = window
                    .value
                    .as_ref()
                    .and_then(|value| number(scope.eval(value)));
                panes.add(window, event.time, self.clock, value);
            }
        }
        // The fields of a late event are stale: they neither start nor end an episode.
        self.evaluate(rule, if late { None } else { Some(&event.slots) })
    }

    /// Moves the clock past the ends of tumbling windows that were not worth a timer.
    fn catch_up(&mut self, rule: &AlertRule, progress: Time) {
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
    pub(crate) fn timer(&mut self, rule: &AlertRule, time: Time) -> Option<Transition> {
        self.clock = time;
        self.evaluate(rule, None)
    }

    fn evaluate(&mut self, rule: &AlertRule, slots: Option<&[Value<'_>]>) -> Option<Transition> {
        let mut windows = Vec::with_capacity(self.windows.len());
        for (panes, window) in self.windows.iter_mut().zip(&rule.windows) {
            panes.expire(window.frame, self.clock);
            windows.push(panes.value(window.aggregate));
        }
        self.evaluated = match slots {
            Some(_) => Evaluated::WithFields,
            None => Evaluated::WithoutFields,
        };
        let scope = Scope {
            slots,
            windows: &windows,
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
    ) -> Option<Transition> {
        let ended = until == Some(Datum::Bool(true));
        // For want of data the condition has ended; for want of a field nothing is known to have changed.
        let gone = matches!(when, Datum::Bool(false) | Datum::Empty);
        match self.phase {
            Phase::Inactive if when == Datum::Bool(true) && !ended => {
                if rule.hold.is_some() {
                    self.phase = Phase::Pending { since: self.clock };
                    Some(Transition::Pending)
                } else {
                    Some(self.fire(self.clock))
                }
            }
            Phase::Inactive => None,
            // `until` keeps an alert firing; it does not stand in for the condition that must hold.
            Phase::Pending { .. } if ended || gone => {
                self.phase = Phase::Inactive;
                Some(Transition::Dropped)
            }
            Phase::Pending { since } if self.clock >= since.plus(rule.hold.unwrap_or(0)) => {
                Some(self.fire(since))
            }
            Phase::Firing(episode) if ended || (until.is_none() && gone) => {
                self.phase = Phase::Inactive;
                Some(Transition::Resolved(episode))
            }
            Phase::Pending { .. } | Phase::Firing(_) => None,
        }
    }

    fn fire(&mut self, since: Time) -> Transition {
        let ordinal = match self.last {
            Some(last) if last.since == since => last.ordinal + 1,
            _ => 0,
        };
        let episode = Episode { since, ordinal };
        self.last = Some(episode);
        self.phase = Phase::Firing(episode);
        Transition::Fired(episode)
    }

    /// The episode that goes on.
    pub(crate) fn firing(&self) -> Option<Episode> {
        match self.phase {
            Phase::Firing(episode) => Some(episode),
            Phase::Inactive | Phase::Pending { .. } => None,
        }
    }

    /// When the key is dropped if nothing more is seen of it; never for the one key of an alert without `by`.
    pub(crate) fn forgotten_at(&self, rule: &AlertRule, is_global: bool) -> Option<Time> {
        self.newest
            .filter(|_| !is_global)
            .map(|newest| newest.plus(rule.forget))
    }

    /// When the key must be evaluated next if no event comes before; always later than its clock.
    pub(crate) fn next_timer(&self, rule: &AlertRule, is_global: bool) -> Option<Time> {
        let leaves = self
            .windows
            .iter()
            .zip(&rule.windows)
            .filter_map(|(panes, window)| {
                // The end of a tumbling window is a timer even if it holds nothing; but where it would give
                // what the last evaluation gave, it only moves the clock, and `catch_up` does that.
                if window.frame.is_tumbling() && self.evaluated == Evaluated::WithFields {
                    return Some(window.frame.pane_end(self.clock));
                }
                panes.next_leave(window.frame)
            });
        let births = self.birth.iter().flat_map(|&birth| {
            let ends = rule
                .windows
                .iter()
                .map(move |window| window.frame.first_full(birth));
            ends.filter(|end| *end > self.clock)
        });
        let deadline = match self.phase {
            Phase::Pending { since } => Some(since.plus(rule.hold.unwrap_or(0))),
            Phase::Inactive | Phase::Firing(_) => None,
        };
        leaves
            .chain(births)
            .chain(deadline)
            .chain(self.forgotten_at(rule, is_global))
            .min()
    }

    /// The scope that a message about this state is filled from.
    pub(crate) fn values(&self, rule: &AlertRule) -> Vec<Datum<'static>> {
        self.windows
            .iter()
            .zip(&rule.windows)
            .map(|(panes, window)| panes.value(window.aggregate))
            .collect()
    }

    /// Whether stored state can be this rule's.
    pub(crate) fn fits(&self, rule: &AlertRule) -> bool {
        self.windows.len() == rule.windows.len()
            && self
                .windows
                .iter()
                .zip(&rule.windows)
                .all(|(panes, window)| panes.fits(window))
    }
}
