//! Messages: what an alert says of its key, filled in from the event and the windows.

use crate::eval::Scope;
use crate::event::{Datum, Event, Value};
use crate::ids;
use crate::number::Number;
use crate::output::{Alert, Status};
use crate::program::{AlertRule, Observed, Program, Template, scalar};
use crate::state::{Episode, KeyState};
use crate::time::Time;
use crate::window::Readings;

/// What a message, or a line of the trace, is made of.
#[derive(Clone, Copy)]
pub(crate) struct About<'a> {
    pub(crate) rule: &'a AlertRule,
    /// The canonical JSON array of the key's values; a per-event alert without `by` has none.
    pub(crate) key: Option<&'a str>,
    pub(crate) at: Time,
    pub(crate) event: Option<&'a Event<'a>>,
    /// Whether the event is late, so that its fields tell nothing of the present.
    pub(crate) stale: bool,
    pub(crate) windows: Readings<'a>,
}

impl<'a> About<'a> {
    /// The moment of an event that a per-event alert fires for.
    pub(crate) fn event(rule: &'a AlertRule, key: Option<&'a str>, event: &'a Event<'a>) -> Self {
        About {
            rule,
            key,
            at: event.time,
            event: Some(event),
            stale: false,
            windows: Readings::NONE,
        }
    }

    /// The moment of a key's last evaluation.
    pub(crate) fn key(
        rule: &'a AlertRule,
        key: &'a str,
        state: &KeyState,
        event: Option<&'a Event<'a>>,
        windows: Readings<'a>,
    ) -> Self {
        About {
            rule,
            key: Some(key),
            at: state.clock(),
            event,
            stale: event.is_some_and(|event| state.is_late(event)),
            windows,
        }
    }

    fn scope(&self) -> Scope<'a> {
        let event = self.event.filter(|_| !self.stale);
        Scope {
            slots: event.map(|event| event.slots.as_slice()),
            windows: self.windows,
            now: self.at,
            item: &[],
        }
    }

    fn parts(&self) -> Vec<serde_json::Value> {
        parts(self.key.unwrap_or("[]"))
    }

    /// The values of the key by their names.
    pub(crate) fn named_key(&self, program: &Program) -> Option<Vec<(String, serde_json::Value)>> {
        let names = program.groupings[self.rule.grouping].names();
        self.key.map(|_| names.zip(self.parts()).collect())
    }

    /// The known values of the windows and paths in the conditions.
    pub(crate) fn evidence(&self) -> Vec<(String, serde_json::Value)> {
        let scope = self.scope();
        let values = self.rule.evidence.iter().filter_map(|evidence| {
            let value = match evidence.observed {
                Observed::Slot(slot) => scalar(scope.slots?.get(slot)?)?,
                Observed::Window(window) => json(&self.windows.value(window))?,
            };
            Some((evidence.text.clone(), value))
        });
        values.collect()
    }

    /// The message of this moment; `ordinal` counts the messages of one status in the episode.
    pub(crate) fn alert(
        &self,
        program: &Program,
        id: [u8; 16],
        status: Status,
        ordinal: u32,
    ) -> Alert {
        let (rule, scope) = (self.rule, self.scope());
        let parts = self.parts();
        let shown: Vec<Datum<'_>> = parts.iter().map(datum_of).collect();
        let fill = |template: &Option<Template>| Some(template.as_ref()?.fill(scope, &shown));
        Alert {
            id: ids::hex(&id),
            notification: ids::hex(&ids::notification(&id, status, ordinal)),
            status,
            repeat: (ordinal > 0).then_some(ordinal),
            alert: rule.name.clone(),
            key: self.named_key(program),
            severity: rule.severity,
            at: self.at,
            since: None,
            summary: fill(&rule.summary),
            description: fill(&rule.description),
            runbook: rule.runbook.clone(),
            labels: rule.labels.clone(),
            values: self.evidence(),
            reason: None,
            shadow: rule.shadow,
            source: self.event.map(|event| event.source.kept()),
        }
    }
}

/// Names an episode of a key.
pub(crate) fn episode_id(alert: &str, key: &str, episode: Episode) -> [u8; 16] {
    ids::hash(&[
        alert.as_bytes(),
        key.as_bytes(),
        &episode.since.0.to_be_bytes(),
        &episode.ordinal.to_be_bytes(),
    ])
}

/// The values of a key, from its canonical JSON array.
pub(crate) fn parts(key: &str) -> Vec<serde_json::Value> {
    serde_json::from_str(key).unwrap_or_default()
}

/// The JSON form of a window's or an aggregate's value; `None` for what is unknown.
pub(crate) fn json(datum: &Datum<'_>) -> Option<serde_json::Value> {
    match *datum {
        Datum::Number(number) => scalar(&Value::Number(number)),
        Datum::Bool(bool) => Some(bool.into()),
        Datum::Text(ref text) => Some(text.as_ref().into()),
        Datum::Unread | Datum::Empty | Datum::List { .. } | Datum::Object => None,
    }
}

/// The value of a part of a key, which is text, a number or a boolean.
pub(crate) fn datum_of(part: &serde_json::Value) -> Datum<'_> {
    match part {
        serde_json::Value::Bool(bool) => Datum::Bool(*bool),
        serde_json::Value::String(text) => Datum::Text(text.into()),
        serde_json::Value::Number(number) => {
            let number = number
                .as_i64()
                .map(Number::Integer)
                .or(number.as_f64().map(Number::Double));
            number.map_or(Datum::Unread, Datum::Number)
        }
        _ => Datum::Unread,
    }
}
