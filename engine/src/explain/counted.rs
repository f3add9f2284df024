//! The events that a key's windows hold, each in its pane.

use std::collections::VecDeque;

use serde::Serialize;
use serde_json::Value;

use crate::eval::Scope;
use crate::event::{Event, Source};
use crate::message::json;
use crate::program::AlertRule;
use crate::state::KeyState;
use crate::time::Time;
use crate::window::Window;

/// How many events of a window are remembered: the newest.
const MOST: usize = 10_000;

/// What a window held at some time.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct WindowHeld {
    /// Its canonical text.
    pub text: String,
    /// Its value; none if it is unknown.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub value: Option<Value>,
    /// When its oldest pane begins.
    pub from: Time,
    /// When its newest pane ends.
    pub to: Time,
    /// How long a pane is, in milliseconds.
    pub pane: i64,
    /// The panes that hold something, oldest first.
    pub panes: Vec<CountedPane>,
    /// Whether it held so many events that the oldest are not told.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub more: bool,
}

/// A pane and the events that counted in it.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct CountedPane {
    /// When it begins.
    pub from: Time,
    /// The events, in the order of their times.
    pub events: Vec<CountedEvent>,
}

/// An event that counted in a window.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct CountedEvent {
    /// When it happened.
    pub at: Time,
    /// What it added, if the window adds up values.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub value: Option<Value>,
    /// Where it comes from.
    pub source: Source,
}

/// The events that counted in the windows of a key.
#[derive(Debug)]
pub(super) struct Counted {
    /// One for each window.
    windows: Vec<Log>,
}

#[derive(Debug, Default)]
struct Log {
    events: VecDeque<CountedEvent>,
    /// The newest of those that are not remembered.
    forgotten: Option<Time>,
}

impl Counted {
    pub(super) fn new(rule: &AlertRule) -> Counted {
        Counted {
            windows: rule.windows.iter().map(|_| Log::default()).collect(),
        }
    }

    /// Notes in which windows an event counts that left the key's clock at this time.
    pub(super) fn add(&mut self, rule: &AlertRule, event: &Event<'_>, clock: Time) {
        let scope = Scope::of_event(event);
        for (log, window) in self.windows.iter_mut().zip(&rule.windows) {
            let oldest = window.frame.oldest_start(clock);
            while log.events.front().is_some_and(|event| event.at < oldest) {
                log.events.pop_front();
            }
            let Some(value) = window.contribution(scope) else {
                continue;
            };
            if event.time < oldest || !window.aggregate.takes(&value) {
                continue;
            }
            if log.events.len() == MOST {
                let forgotten = log.events.pop_front().map(|event| event.at);
                log.forgotten = log.forgotten.max(forgotten);
            }
            log.events.push_back(CountedEvent {
                at: event.time,
                value: window.value.as_ref().and(json(&value)),
                source: event.source.kept(),
            });
        }
    }

    /// What the windows hold at the clock of a key.
    pub(super) fn held(&self, rule: &AlertRule, state: &KeyState) -> Vec<WindowHeld> {
        let readings = state.readings(rule);
        let windows = self.windows.iter().zip(&rule.windows).zip(0..);
        windows
            .map(|((log, window), number)| {
                let value = json(&readings.value(number));
                log.held(window, value, state.clock())
            })
            .collect()
    }
}

impl Log {
    fn held(&self, window: &Window, value: Option<Value>, clock: Time) -> WindowHeld {
        let frame = window.frame;
        let from = frame.oldest_start(clock);
        let to = frame.newest_end(clock);
        let mut events: Vec<&CountedEvent> = self
            .events
            .iter()
            .filter(|event| (from..to).contains(&event.at))
            .collect();
        events.sort_by_key(|event| event.at);
        let mut panes: Vec<CountedPane> = Vec::new();
        for event in events {
            let start = frame.pane_start(event.at);
            match panes.last_mut().filter(|pane| pane.from == start) {
                Some(pane) => pane.events.push(event.clone()),
                None => panes.push(CountedPane {
                    from: start,
                    events: vec![event.clone()],
                }),
            }
        }
        WindowHeld {
            text: window.text.clone(),
            value,
            from,
            to,
            pane: frame.pane_millis(),
            panes,
            more: self.forgotten.is_some_and(|newest| newest >= from),
        }
    }
}
