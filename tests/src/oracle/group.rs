//! One key of one rule: its events, its clock, its timers and its state.

use serde_json::Value;

use super::datum::Datum;
use super::expression::{Scope, evaluate};
use super::input::Event;
use super::rule::Rule;
use super::window::Contribution;
use super::{OracleAlert, PENDING_IGNORES_UNTIL_RULE};

#[derive(Clone, Copy)]
enum State {
    Inactive,
    Pending { since: i64 },
    Firing { since: i64 },
}

/// The state of one key of a per-key alert.
pub(super) struct Group {
    key: Vec<Value>,
    clock: i64,
    /// The newest event time, if an event matched.
    newest: Option<i64>,
    /// When the key was born, if by an event that did not match.
    birth: Option<i64>,
    /// What every event gave to each window, in delivery order.
    contributions: Vec<Vec<Contribution>>,
    state: State,
    evaluated: bool,
    /// Whether the last evaluation had no fields and no window held anything: until an event comes, the
    /// end of a `per` window moves the clock and changes nothing else.
    idle: bool,
    /// The first timer after the clock.
    pub(super) next_timer: Option<i64>,
}

impl Group {
    /// Makes the group of a key that an event touches for the first time.
    pub(super) fn new(rule: &Rule, key: Vec<Value>) -> Group {
        Group {
            key,
            clock: i64::MIN,
            newest: None,
            birth: None,
            contributions: vec![Vec::new(); rule.windows.len()],
            state: State::Inactive,
            evaluated: false,
            idle: false,
            next_timer: None,
        }
    }

    /// Makes the one group of a rule without `by`, born with an event that does not match.
    pub(super) fn born(rule: &Rule, birth: i64) -> Group {
        let mut group = Group::new(rule, Vec::new());
        group.clock = birth;
        group.birth = Some(birth);
        group.next_timer = group.first_timer(rule);
        group
    }

    /// Counts an event that matches, and evaluates at the clock that it leaves behind.
    pub(super) fn deliver(
        &mut self,
        rule: &Rule,
        event: &Event,
        progress: i64,
    ) -> Vec<OracleAlert> {
        if self.idle {
            let tumbling = rule.windows.iter().filter(|window| window.tumbles);
            let ends =
                tumbling.map(|window| (progress - 1).div_euclid(window.length) * window.length);
            self.clock = ends.max().unwrap_or(self.clock).max(self.clock);
        }
        let late = self.newest.is_some_and(|newest| event.time < newest);
        self.newest = self.newest.max(Some(event.time));
        self.clock = self.clock.max(event.time);
        for (window, kept) in rule.windows.iter().zip(&mut self.contributions) {
            kept.extend(window.contribution(&event.value, event.time));
        }
        let fields = (!late).then_some(&event.value);
        let alerts = self.evaluate(rule, fields, Some(event.line), false);
        self.next_timer = self.first_timer(rule);
        alerts
    }

    /// Runs the timer at `time`; tells whether the key is forgotten with it.
    pub(super) fn run_timer(&mut self, rule: &Rule, time: i64) -> (Vec<OracleAlert>, bool) {
        self.clock = time;
        let forgotten = self.forget_at(rule).is_some_and(|end| end <= time);
        let alerts = self.evaluate(rule, None, None, forgotten);
        self.next_timer = self.first_timer(rule);
        (alerts, forgotten)
    }

    fn forget_at(&self, rule: &Rule) -> Option<i64> {
        Some(self.newest? + rule.forget?)
    }

    fn first_timer(&self, rule: &Rule) -> Option<i64> {
        let mut times: Vec<i64> = Vec::new();
        times.extend(self.forget_at(rule));
        if let (State::Pending { since }, Some(hold)) = (self.state, rule.hold) {
            times.push(since + hold);
        }
        for (window, kept) in rule.windows.iter().zip(&self.contributions) {
            times.extend(self.birth.map(|birth| window.settles_at(birth)));
            if window.tumbles {
                if self.evaluated && !self.idle {
                    times.push(window.leaves_at(self.clock));
                }
            } else {
                let reach = window.reach(self.clock);
                let held = kept.iter().map(|contribution| contribution.time);
                let oldest = held.filter(|time| reach.contains(time)).min();
                times.extend(oldest.map(|time| window.leaves_at(time)));
            }
        }
        times.into_iter().filter(|time| *time > self.clock).min()
    }

    fn evaluate(
        &mut self,
        rule: &Rule,
        fields: Option<&Value>,
        line: Option<usize>,
        forgotten: bool,
    ) -> Vec<OracleAlert> {
        let windows = rule.window_values(|position, window| {
            window.value(&self.contributions[position], self.clock)
        });
        let scope = Scope {
            event: fields,
            windows: &windows,
        };
        let when = evaluate(&rule.when, scope);
        let until = rule.until.as_ref().map(|until| evaluate(until, scope));
        self.evaluated = true;
        self.idle = fields.is_none()
            && rule
                .windows
                .iter()
                .zip(&self.contributions)
                .all(|(window, kept)| {
                    let reach = window.reach(self.clock);
                    !kept
                        .iter()
                        .any(|contribution| reach.contains(&contribution.time))
                });

        let mut messages: Vec<(&'static str, i64, Option<&'static str>)> = Vec::new();
        let holds = when == Datum::Bool(true);
        let held = !matches!(when, Datum::Bool(_) | Datum::Empty);
        let ended = until == Some(Datum::Bool(true));
        let lost = !holds && !held;
        self.state = match self.state {
            State::Inactive if holds && !ended && rule.hold.is_some() => {
                State::Pending { since: self.clock }
            }
            State::Inactive if holds && !ended => {
                messages.push(("firing", self.clock, None));
                State::Firing { since: self.clock }
            }
            State::Pending { .. }
                if ended || lost && (until.is_none() || PENDING_IGNORES_UNTIL_RULE) =>
            {
                State::Inactive
            }
            State::Pending { since }
                if (holds || held) && rule.hold.is_some_and(|hold| self.clock >= since + hold) =>
            {
                messages.push(("firing", since, None));
                State::Firing { since }
            }
            State::Firing { since } if ended || lost && until.is_none() => {
                messages.push(("resolved", since, None));
                State::Inactive
            }
            unchanged => unchanged,
        };
        if let (State::Firing { since }, true) = (self.state, forgotten) {
            messages.push(("resolved", since, Some("forgotten")));
        }
        let alert = |(status, since, reason)| OracleAlert {
            status,
            alert: rule.name.clone(),
            key: Some(rule.named(&self.key)),
            at_ms: self.clock,
            since_ms: Some(since),
            line,
            values: rule.evidence(scope),
            reason,
        };
        messages.into_iter().map(alert).collect()
    }
}
