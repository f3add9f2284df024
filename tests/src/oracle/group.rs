//! One key of one rule: its events, its clock, its timers and its state.

use serde_json::Value;

use super::aggregate::{self, Contribution};
use super::datum::Datum;
use super::expression::{Scope, evaluate};
use super::input::Event;
use super::message::{Episode, Message, Messages};
use super::rule::Rule;
use super::{OracleAlert, PendingEnds};

#[derive(Clone, Copy)]
enum State {
    Inactive,
    Pending { since: i64 },
    Firing(Episode),
}

/// How far the input has come.
#[derive(Clone, Copy)]
pub(super) struct Progress {
    /// The newest arrival.
    pub(super) newest: i64,
    /// Whether the input is over: what time alone would go on to bring for ever is left out.
    pub(super) over: bool,
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
    /// What was sent about the key.
    pub(super) messages: Messages,
    evaluated: bool,
    /// Whether the last evaluation had no fields and no window held anything or will: until an event comes, the
    /// end of a `per` window moves the clock and changes nothing else.
    idle: bool,
    /// The first timer after the clock.
    pub(super) next_timer: Option<i64>,
}

/// A message that a group sends.
pub(super) struct Told {
    /// The line of the output.
    pub(super) alert: OracleAlert,
    /// Whether it takes the place of the repeat with the same number.
    pub(super) replaces: bool,
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
            messages: Messages::default(),
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
        group.next_timer = group.first_timer(rule, false);
        group
    }

    /// Counts an event that matches, and evaluates at the clock that it leaves behind.
    pub(super) fn deliver(&mut self, rule: &Rule, event: &Event, progress: Progress) -> Vec<Told> {
        if self.idle {
            let tumbling = rule.windows.iter().filter(|window| window.tumbles);
            let before = progress.newest - 1;
            let ends = tumbling.map(|window| before.div_euclid(window.length) * window.length);
            self.clock = ends.max().unwrap_or(self.clock).max(self.clock);
        }
        let late = self.newest.is_some_and(|newest| event.time < newest);
        self.newest = self.newest.max(Some(event.time));
        self.clock = self.clock.max(event.time);
        for (window, kept) in rule.windows.iter().zip(&mut self.contributions) {
            kept.extend(aggregate::contribution(&window.call, rule.scope(event)));
        }
        let fields = (!late).then_some(&event.value);
        let alerts = self.evaluate(rule, fields, Some(event.line), progress, false);
        self.next_timer = self.first_timer(rule, progress.over);
        alerts
    }

    /// Runs the timer at `time`; tells whether the key is forgotten with it.
    pub(super) fn run_timer(
        &mut self,
        rule: &Rule,
        time: i64,
        progress: Progress,
    ) -> (Vec<Told>, bool) {
        self.clock = time;
        let forgotten = self.forget_at(rule).is_some_and(|end| end <= time);
        let alerts = self.evaluate(rule, None, None, progress, forgotten);
        self.next_timer = self.first_timer(rule, progress.over);
        (alerts, forgotten)
    }

    /// Leaves out the timers that do not run once the input is over.
    pub(super) fn end_input(&mut self, rule: &Rule) {
        self.next_timer = self.first_timer(rule, true);
    }

    fn forget_at(&self, rule: &Rule) -> Option<i64> {
        Some(self.newest? + rule.forget?)
    }

    fn first_timer(&self, rule: &Rule, over: bool) -> Option<i64> {
        let mut times: Vec<i64> = Vec::new();
        times.extend(self.forget_at(rule));
        match (self.state, rule.hold) {
            (State::Pending { since }, Some(hold)) => times.push(since + hold),
            (State::Firing(episode), _) => times.extend(self.messages.due(rule, episode, over)),
            _ => {}
        }
        // A key whose windows cannot be full yet is not evaluated for the sake of the hour.
        if !over && (self.evaluated || rule.windows.is_empty()) {
            times.extend(rule.clocks.iter().map(|clock| clock.next_after(self.clock)));
        }
        for (window, kept) in rule.windows.iter().zip(&self.contributions) {
            times.extend(self.birth.map(|birth| window.settles_at(birth)));
            if window.tumbles && self.evaluated && !self.idle {
                times.push(window.ends_after(self.clock));
            }
            for contribution in kept {
                times.push(window.enters_at(contribution.time));
                times.push(window.leaves_at(contribution.time));
            }
        }
        times.into_iter().filter(|time| *time > self.clock).min()
    }

    fn evaluate(
        &mut self,
        rule: &Rule,
        fields: Option<&Value>,
        line: Option<usize>,
        progress: Progress,
        forgotten: bool,
    ) -> Vec<Told> {
        let windows = rule.window_values(|position, window| {
            window.value(&self.contributions[position], self.clock)
        });
        let scope = Scope {
            event: fields,
            item: None,
            windows: &windows,
            clock: self.clock,
            lists: &rule.lists,
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
                    let begin = window.reach(self.clock).start;
                    kept.iter().all(|contribution| contribution.time < begin)
                });

        let holds = when == Datum::Bool(true);
        let held = !matches!(when, Datum::Bool(_) | Datum::Empty);
        let ended = until == Some(Datum::Bool(true));
        let lost = !holds && !held;
        let pending_lost = lost && (until.is_none() || rule.pending == PendingEnds::WithWhen);
        let clock = self.clock;
        self.state = match self.state {
            State::Inactive if holds && !ended && rule.hold.is_some() => {
                State::Pending { since: clock }
            }
            State::Inactive if holds && !ended => {
                let episode = self.messages.enter(rule, &self.key, clock, clock);
                State::Firing(episode)
            }
            State::Pending { .. } if ended || pending_lost => State::Inactive,
            State::Pending { since }
                if (holds || held) && rule.hold.is_some_and(|hold| clock >= since + hold) =>
            {
                State::Firing(self.messages.enter(rule, &self.key, since, clock))
            }
            State::Firing(episode) if ended || lost && until.is_none() => {
                self.messages.leave(rule, &self.key, episode, clock, None);
                State::Inactive
            }
            State::Firing(episode) => {
                let go_on = self
                    .messages
                    .go_on(rule, &self.key, episode, clock, progress);
                State::Firing(go_on)
            }
            unchanged => unchanged,
        };
        if let (State::Firing(episode), true) = (self.state, forgotten) {
            let reason = Some("forgotten");
            self.messages.leave(rule, &self.key, episode, clock, reason);
        }
        let messages = std::mem::take(&mut self.messages.outgoing);
        let told = |message: Message| Told {
            replaces: message.replaces,
            alert: OracleAlert {
                status: message.status,
                repeat: message.repeat,
                alert: rule.name.clone(),
                key: Some(rule.named(&self.key)),
                at_ms: clock,
                since_ms: Some(message.since),
                line,
                values: rule.evidence(scope),
                reason: message.reason,
                shadow: rule.shadow,
            },
        };
        messages.into_iter().map(told).collect()
    }
}
