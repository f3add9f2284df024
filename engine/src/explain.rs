//! Explanations: the condition of an alert as a tree with the value of every part, for one event; what made a message
//! (`account`), and why there was none (`why_not`).

mod account;
mod counted;
mod nearest;
mod watch;
mod why_not;

use serde::Serialize;
use serde::ser::{SerializeMap, Serializer};
use tripline_grammar::ast::{Expr, ExprKind, Test as Tested};

use crate::apply::Advance;
use crate::eval::Scope;
use crate::event::{Datum, Event, Value};
use crate::message::{About, datum_of, json};
use crate::output::{Alert, in_order};
use crate::plan::{Plan, Planner};
use crate::program::{AlertRule, Kind, Node, Program, Test};
use crate::state::KeyState;
use crate::store::{Checkpoint, Input, Snapshot, StateKey, Stored};
use crate::time::Time;
use crate::trace::{Stage, Trace};
use crate::window::Readings;

pub use self::account::{Account, Recount};
pub use self::counted::{CountedEvent, CountedPane, WindowHeld};
pub use self::nearest::NearestMiss;
pub(crate) use self::nearest::{Distance, missed};
pub use self::why_not::{KeyEvents, Missing, NotFiring, WhyNot, WhyNotOutcome};

/// Why an event makes an alert fire, or does not.
///
/// Serialises to one JSON object whose keys stand in the order of the fields; optional ones are left out.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Explanation {
    /// The alert rule.
    pub alert: String,
    /// Why the event does not concern the alert; nothing else is told then.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub unconcerned: Option<String>,
    /// The values of `by`, by name.
    #[serde(skip_serializing_if = "Option::is_none", serialize_with = "in_order")]
    pub key: Option<Vec<(String, serde_json::Value)>>,
    /// The time at which the conditions were evaluated.
    pub at: Time,
    /// Whether the event is older than its group's newest, so that its fields are taken as missing.
    pub late: bool,
    /// `when` and, if the rule has it, `until`.
    pub conditions: Vec<(&'static str, Part)>,
    /// Where the key is after the event; a per-event alert has no such place.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub stage: Option<Stage>,
    /// When the key's state changed last to what it is, if it is pending or firing.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub since: Option<Time>,
    /// When the key is looked at again if no event comes before.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub next: Option<Time>,
    /// What changed, the timers before the event included.
    pub trace: Vec<Trace>,
    /// The messages.
    pub alerts: Vec<Alert>,
}

/// A part of a condition and its value.
#[derive(Debug, Clone, PartialEq)]
pub struct Part {
    /// Its canonical text.
    pub text: String,
    /// Its value.
    pub value: PartValue,
    /// The parts that it is made of, constants left out.
    pub parts: Vec<Part>,
}

impl Part {
    /// Whether it holds.
    pub fn is_true(&self) -> bool {
        self.value == PartValue::Known(serde_json::Value::Bool(true))
    }

    /// The part of this text, be it this one or one within.
    pub fn find(&self, text: &str) -> Option<&Part> {
        if self.text == text {
            return Some(self);
        }
        self.parts.iter().find_map(|part| part.find(text))
    }
}

/// The value of a part of a condition.
#[derive(Debug, Clone, PartialEq)]
pub enum PartValue {
    /// A value that is known.
    Known(serde_json::Value),
    /// A list of the event.
    List,
    /// An object of the event.
    Object,
    /// Unknown: some field is missing, of a wrong type, or outside of what a function takes.
    Unread,
    /// Unknown: windows hold no data.
    Empty,
}

impl Serialize for Part {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        map.serialize_entry("text", &self.text)?;
        match &self.value {
            PartValue::Known(value) => map.serialize_entry("value", value)?,
            PartValue::List => map.serialize_entry("type", "list")?,
            PartValue::Object => map.serialize_entry("type", "object")?,
            PartValue::Unread => map.serialize_entry("unknown", "unread")?,
            PartValue::Empty => map.serialize_entry("unknown", "empty")?,
        }
        if !self.parts.is_empty() {
            map.serialize_entry("parts", &self.parts)?;
        }
        map.end()
    }
}

impl Explanation {
    /// Of nothing yet.
    fn new(rule: &AlertRule, at: Time) -> Explanation {
        Explanation {
            alert: rule.name.clone(),
            unconcerned: None,
            key: None,
            at,
            late: false,
            conditions: Vec::new(),
            stage: None,
            since: None,
            next: None,
            trace: Vec::new(),
            alerts: Vec::new(),
        }
    }

    /// Shows the conditions as they are at the clock of a key, and where the key is.
    fn look(&mut self, rule: &AlertRule, state: Option<&KeyState>, slots: Option<&[Value<'_>]>) {
        let scope = Scope {
            slots,
            windows: state.map_or(Readings::NONE, |state| state.readings(rule)),
            now: state.map_or(self.at, KeyState::clock),
            item: &[],
        };
        self.at = scope.now;
        self.conditions = conditions(rule, scope);
        if let Some(state) = state {
            self.stage = Some(state.stage());
            self.since = state.since();
        }
    }
}

impl Program {
    /// The key of the state that an explanation of this alert needs; none if there is no such alert, or the
    /// event does not concern it.
    pub fn explained_key(&self, alert: &str, event: &Event<'_>) -> Option<StateKey> {
        let index = self.alert_index(alert)?;
        self.concern(index, event).ok()
    }

    /// Explains what an event does to an alert, from the state of its key and of the input before.
    ///
    /// `None` if there is no alert of this name.
    pub fn explain(
        &self,
        alert: &str,
        event: Event<'_>,
        input: Input,
        state: Option<KeyState>,
    ) -> Option<Explanation> {
        let index = self.alert_index(alert)?;
        let explanation = match self.concern(index, &event) {
            Ok(key) => self.explain_event(index, &key, event, input, state).0,
            Err(reason) => Explanation {
                unconcerned: Some(reason),
                late: state.as_ref().is_some_and(|state| state.is_late(&event)),
                ..Explanation::new(&self.alerts[index], event.time)
            },
        };
        Some(explanation)
    }

    /// Explains what an event does to the key that it concerns; gives what is to be stored after it.
    fn explain_event(
        &self,
        index: usize,
        key: &StateKey,
        event: Event<'_>,
        input: Input,
        state: Option<KeyState>,
    ) -> (Explanation, Checkpoint) {
        let rule = &self.alerts[index];
        let shown = (rule.kind == Kind::PerKey || !self.groupings[rule.grouping].is_global())
            .then_some(&*key.key);
        let mut explanation = Explanation {
            key: About::event(rule, shown, &event).named_key(self),
            late: state.as_ref().is_some_and(|state| state.is_late(&event)),
            ..Explanation::new(rule, event.time)
        };
        let mut plan = Plan::default();
        Planner::new(self).add_event(&mut plan, event.clone());
        plan.add_births(self, &input);
        // The other alerts have no say in it.
        plan.retain_alert(index);
        let mut state = state;
        let states = plan.keys().iter().map(|of| {
            let state = state.take_if(|_| of == key);
            Stored::new(of.clone(), state)
        });
        let mut states: Vec<Stored> = states.collect();
        states.extend(state.map(|state| Stored::new(key.clone(), Some(state))));
        let snapshot = Snapshot {
            input,
            states,
            rows: Vec::new(),
        };
        let advance = Advance {
            trace: true,
            ..Advance::default()
        };
        let outcome = self.apply(&plan, snapshot, advance);
        explanation.trace = outcome.output.trace;
        explanation.alerts = outcome.output.alerts;

        let stored = outcome.checkpoint.states.iter();
        let stored = stored.rev().find(|stored| stored.key == *key);
        let state = stored.and_then(|stored| stored.state.as_ref());
        let state = state.filter(|_| rule.kind == Kind::PerKey);
        let slots = (!explanation.late).then_some(event.slots.as_slice());
        explanation.look(rule, state, slots);
        explanation.next = state.and(stored).and_then(|stored| stored.timer);
        (explanation, outcome.checkpoint)
    }

    fn alert_index(&self, name: &str) -> Option<usize> {
        self.alerts
            .binary_search_by(|rule| rule.name.as_str().cmp(name))
            .ok()
    }

    /// The key of an alert with these values of `by`; `None` if they are not one for each, or no values of a key.
    fn key_of_values<'v>(
        &self,
        alert: usize,
        values: impl Iterator<Item = &'v serde_json::Value>,
    ) -> Option<StateKey> {
        let grouping = &self.groupings[self.alerts[alert].grouping];
        Some(StateKey {
            alert: alert as u32,
            key: grouping.key_of(values.map(datum_of))?.into(),
        })
    }

    /// The key that an event has in an alert, or why the event does not concern it.
    pub(crate) fn concern(&self, alert: usize, event: &Event<'_>) -> Result<StateKey, String> {
        let rule = &self.alerts[alert];
        if !rule.on.matches(event.kind.as_deref()) {
            let kind = event
                .kind
                .as_deref()
                .map_or_else(|| "missing".to_owned(), |kind| format!("`{kind}`"));
            return Err(format!(
                "its type is {kind}, and the alert takes {}",
                rule.on.0.join(", ")
            ));
        }
        let grouping = &self.groupings[rule.grouping];
        let scope = Scope::of_event(event);
        let unknown = grouping.parts.iter().find(|(_, node)| {
            let value = scope.eval(node);
            value.is_unknown() || matches!(value, Datum::List { .. } | Datum::Object)
        });
        let mut key = String::new();
        match (unknown, grouping.key(scope, &mut key)) {
            (None, true) => Ok(StateKey {
                alert: alert as u32,
                key: key.into(),
            }),
            (unknown, _) => {
                let name = unknown.map_or("by", |(name, _)| name);
                Err(format!("it has no value for `{name}` of `by`"))
            }
        }
    }
}

/// The trees of the conditions of a rule.
pub(crate) fn conditions(rule: &AlertRule, scope: Scope<'_>) -> Vec<(&'static str, Part)> {
    let written = [
        ("when", Some(&rule.when_text), Some(&rule.when)),
        ("until", rule.until_text.as_ref(), rule.until.as_ref()),
    ];
    let conditions = written.into_iter().filter_map(|(name, text, node)| {
        // The text is canonical, so it parses to what the node was made of.
        let expr = tripline_grammar::parse(text?, Default::default()).ok()?;
        Some((name, part(&expr, node?, scope)))
    });
    conditions.collect()
}

fn part(expr: &Expr, node: &Node, scope: Scope<'_>) -> Part {
    let value = match scope.eval(node) {
        Datum::Unread => PartValue::Unread,
        Datum::Empty => PartValue::Empty,
        Datum::List { .. } => PartValue::List,
        Datum::Object => PartValue::Object,
        known => json(&known).map_or(PartValue::Unread, PartValue::Known),
    };
    let inner = parts(expr, node).into_iter();
    let inner = inner.filter(|(_, node)| !matches!(node, Node::Constant(_)));
    Part {
        text: tripline_grammar::print(expr),
        value,
        parts: inner.map(|(expr, node)| part(expr, node, scope)).collect(),
    }
}

/// The parts of an expression, each with what it was compiled to: the two trees have the same shape.
pub(crate) fn parts<'e, 'n>(expr: &'e Expr, node: &'n Node) -> Vec<(&'e Expr, &'n Node)> {
    match (&expr.kind, node) {
        (ExprKind::Not(operand), Node::Not(node))
        | (ExprKind::Negate(operand), Node::Negate(node)) => vec![(operand, node)],
        (ExprKind::Chain(chain), Node::All(nodes) | Node::Any(nodes) | Node::Coalesce(nodes)) => {
            let rest = chain.rest.iter().map(|link| &link.operand);
            std::iter::once(&*chain.first)
                .chain(rest)
                .zip(nodes)
                .collect()
        }
        (ExprKind::Chain(chain), Node::Arithmetic { first, rest }) => {
            let rest = chain.rest.iter().zip(rest);
            let rest = rest.map(|(link, step)| (&link.operand, &step.operand));
            std::iter::once((&*chain.first, &**first))
                .chain(rest)
                .collect()
        }
        (
            ExprKind::Compare { left, right, .. },
            Node::Compare {
                left: a, right: b, ..
            },
        ) => {
            vec![(left, a), (right, b)]
        }
        (ExprKind::Call(call), Node::Call { args, .. } | Node::Coalesce(args)) => {
            call.args.iter().zip(args).collect()
        }
        (
            ExprKind::Test { value, test, .. },
            Node::Test {
                value: node,
                test: compiled,
                ..
            },
        ) => {
            let mut parts = vec![(&**value, &**node)];
            match (test, compiled) {
                (Tested::InRange { low, high }, Test::Range { low: a, high: b }) => {
                    let ends = [(low, a), (high, b)];
                    parts.extend(
                        ends.into_iter()
                            .filter_map(|(expr, node)| Some((expr.as_deref()?, node.as_deref()?))),
                    );
                }
                (Tested::Contains(text), Test::Contains(node))
                | (Tested::StartsWith(text), Test::StartsWith(node))
                | (Tested::EndsWith(text), Test::EndsWith(node)) => parts.push((text, node)),
                _ => {}
            }
            parts
        }
        _ => Vec::new(),
    }
}
