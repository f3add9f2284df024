//! What made a message: the conditions as they stood, what decided them, and the events in the windows.

use serde::Serialize;
use tripline_grammar::ast::{ChainOp, Expr, ExprKind};

use super::counted::WindowHeld;
use super::watch::{Glance, Look, Watch};
use super::{Explanation, Part, PartValue};
use crate::apply::Advance;
use crate::event::Event;
use crate::output::Alert;
use crate::program::Program;
use crate::time::Time;
use crate::trace::{Reason, Stage, Trace};

/// How many changes before a message are told.
const MOST_CHANGES: usize = 50;

/// What made a message.
///
/// Serialises to one JSON object whose keys stand in the order of the fields.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Account {
    /// The message.
    pub message: Alert,
    /// The parts of the condition that made it true, or that ended it.
    pub decided: Vec<String>,
    /// `when` and, if the rule has it, `until`, as they were.
    pub conditions: Vec<(&'static str, Part)>,
    /// When they were that: where a timer sees no fields, at the event with which all began.
    pub evaluated: Time,
    /// What the windows held.
    pub windows: Vec<WindowHeld>,
    /// What happened to the key since it was last inactive, this message included.
    pub history: Vec<Trace>,
}

/// Finds what made a message, by the events that the run which gave it had.
#[derive(Debug)]
pub struct Recount<'p> {
    watch: Watch<'p>,
    finding: Finding,
}

#[derive(Debug)]
struct Finding {
    notification: String,
    history: Vec<Trace>,
    /// The evaluation with which the key was inactive no more.
    began: Option<Explanation>,
    account: Option<Account>,
}

impl Program {
    /// Begins to look for what made a message; `None` if it is none of these rules.
    pub fn recount(&self, message: &Alert) -> Option<Recount<'_>> {
        let alert = self.alert_index(&message.alert)?;
        let values = message.key.iter().flatten().map(|(_, value)| value);
        let key = self.key_of_values(alert, values)?;
        // Nothing but what is told matters.
        let never = Time::MAX..=Time::MIN;
        Some(Recount {
            watch: Watch::new(self, alert, key, never),
            finding: Finding {
                notification: message.notification.clone(),
                history: Vec::new(),
                began: None,
                account: None,
            },
        })
    }
}

impl Recount<'_> {
    /// Takes the next event of the input; says whether the message was found, and nothing more is wanted.
    pub fn event(&mut self, event: &Event<'_>) -> bool {
        let concern = self.watch.concern(event);
        let finding = &mut self.finding;
        let look: Look<'_> = &mut |glance| finding.look(glance);
        self.watch.event(event, &concern, look);
        self.finding.account.is_some()
    }

    /// Ends the input, after which timers run as it says.
    pub fn finish(mut self, advance: Advance) -> Option<Account> {
        let finding = &mut self.finding;
        if finding.account.is_none() {
            self.watch
                .advance(advance, &mut |glance| finding.look(glance));
        }
        self.finding.account
    }
}

impl Finding {
    fn look(&mut self, glance: Glance<'_>) {
        if self.account.is_some() {
            return;
        }
        let Explanation { alerts, trace, .. } = &glance.explanation;
        for line in trace {
            if line.from == Stage::Inactive {
                self.history.clear();
                self.began = Some(glance.explanation.clone());
            }
            self.history.push(line.clone());
        }
        let excess = self.history.len().saturating_sub(MOST_CHANGES);
        self.history.drain(..excess);
        let mut alerts = alerts.iter();
        let Some(message) = alerts.find(|alert| alert.notification == self.notification) else {
            return;
        };
        let by_until = trace.iter().any(|line| line.reason == Reason::UntilTrue);
        let deciding = if by_until { "until" } else { "when" };
        let mut shown = &glance.explanation;
        let mut decided = shown.decided_by(deciding);
        if let Some(began) = self.began.as_ref().filter(|_| decided.is_empty()) {
            shown = began;
            decided = shown.decided_by(deciding);
        }
        self.account = Some(Account {
            message: message.clone(),
            decided,
            conditions: shown.conditions.clone(),
            evaluated: shown.at,
            windows: glance.held(),
            history: std::mem::take(&mut self.history),
        });
    }
}

impl Explanation {
    /// The clauses that make one of the conditions what it is.
    fn decided_by(&self, name: &str) -> Vec<String> {
        let mut decided = Vec::new();
        let mut conditions = self.conditions.iter();
        if let Some((_, part)) = conditions.find(|(known, _)| *known == name) {
            decide(part, &mut decided);
        }
        decided
    }
}

/// The clauses that make a condition what it is: all of those that hold, or that do not.
fn decide(part: &Part, decided: &mut Vec<String>) {
    let expr = tripline_grammar::parse(&part.text, Default::default());
    let is_logic = matches!(
        expr.as_ref().map(|Expr { kind, .. }| kind),
        Ok(ExprKind::Chain(chain))
            if chain.rest.iter().all(|link| matches!(link.op, ChainOp::And | ChainOp::Or))
    );
    if part.value == PartValue::Unread {
        return;
    }
    if !is_logic {
        decided.push(part.text.clone());
        return;
    }
    for inner in part.parts.iter().filter(|inner| inner.value == part.value) {
        decide(inner, decided);
    }
}
