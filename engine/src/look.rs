//! What there is to see of an alert and of its keys between events: windows, limits, and how near a key is to firing.

use tripline_grammar::ast::{CompareOp, Expr, Test as Tested};

use crate::eval::Scope;
use crate::event::Datum;
use crate::explain::{Part, conditions, parts};
use crate::message::json;
use crate::program::{AggregateRule, AlertRule, Kind, Node, Program, Test};
use crate::state::KeyState;
use crate::time::Time;
use crate::trace::Stage;
use crate::window::Readings;

/// Something of a condition that is compared with a number: a window, or what is computed of windows.
#[derive(Debug, Clone, PartialEq)]
pub struct Term {
    /// Its canonical text.
    pub text: String,
    /// The longest of its windows, in milliseconds.
    pub length: i64,
    /// The numbers it is compared with, and how.
    pub limits: Vec<(&'static str, f64)>,
}

/// A key as it is at some time, no event coming.
#[derive(Debug, Clone)]
pub struct Look {
    /// Where it is in its life cycle.
    pub stage: Stage,
    /// Since when, if it is pending or firing.
    pub since: Option<Time>,
    /// The time that it is looked at.
    pub at: Time,
    /// The values of the rule's terms, in their order; none for what is unknown.
    pub terms: Vec<Option<f64>>,
    /// `when` and, if the rule has it, `until`.
    pub conditions: Vec<(&'static str, Part)>,
    /// How near `when` is to being true, from 0 to 1; none where that depends on the event.
    pub nearness: Option<f64>,
}

impl AlertRule {
    /// The event types that it takes, or globs of them.
    pub fn on(&self) -> &[String] {
        &self.on.0
    }

    /// Whether it only records its alerts.
    pub fn is_shadow(&self) -> bool {
        self.shadow
    }

    /// Whether it keeps a state for each key; another one fires for single events.
    pub fn has_states(&self) -> bool {
        self.kind == Kind::PerKey
    }

    /// Whether its condition must hold for some time before it fires.
    pub fn holds(&self) -> bool {
        self.hold.is_some()
    }

    /// What of its condition is compared with numbers, in the order written.
    pub fn terms(&self) -> Vec<Term> {
        let written = tripline_grammar::parse(&self.when_text, Default::default());
        let mut found = Vec::new();
        if let Ok(expr) = &written {
            collect(expr, &self.when, self, &mut found);
        }
        found.into_iter().map(|(term, _)| term).collect()
    }
}

impl AggregateRule {
    /// The event types that it takes, or globs of them.
    pub fn on(&self) -> &[String] {
        &self.on.0
    }

    /// The length of its windows, in milliseconds.
    pub fn window(&self) -> i64 {
        self.length
    }
}

impl Program {
    /// The alert rule of this name, and its place among the rules.
    pub fn alert_named(&self, name: &str) -> Option<(u32, &AlertRule)> {
        let index = self
            .alerts
            .binary_search_by(|rule| rule.name.as_str().cmp(name));
        index.ok().map(|index| (index as u32, &self.alerts[index]))
    }

    /// The names of what `by` of a rule says.
    pub fn key_names(&self, rule: &AlertRule) -> Vec<String> {
        self.groupings[rule.grouping].names().collect()
    }

    /// The names of what `by` of an aggregate rule says.
    pub fn row_key_names(&self, rule: &AggregateRule) -> Vec<String> {
        self.groupings[rule.grouping].names().collect()
    }

    /// The values of a key by their names; the key is as states are filed under it.
    pub fn key_values(&self, rule: &AlertRule, key: &str) -> Vec<(String, serde_json::Value)> {
        let parts = crate::message::parts(key);
        self.key_names(rule).into_iter().zip(parts).collect()
    }
}

impl KeyState {
    /// The key as a timer would find it once time has come to `at`.
    pub fn look(&self, rule: &AlertRule, at: Time) -> Look {
        let aged = self.aged(rule, at);
        let scope = scope_of(&aged, rule);
        Look {
            stage: self.stage(),
            since: self.since(),
            at: scope.now,
            terms: values(rule, scope),
            conditions: conditions(rule, scope),
            nearness: nearness(scope, &rule.when),
        }
    }

    /// Whether its condition holds, and has to for longer.
    pub fn is_pending(&self) -> bool {
        self.stage() == Stage::Pending
    }

    /// Whether a message said that it fires.
    pub fn is_told(&self) -> bool {
        self.firing().is_some_and(|firing| firing.sent)
    }
}

/// What the windows of a state say at its clock.
pub(crate) fn scope_of<'v>(state: &'v KeyState, rule: &'v AlertRule) -> Scope<'v> {
    Scope {
        slots: None,
        windows: state.readings(rule),
        now: state.clock(),
        item: &[],
    }
}

/// The values of the terms.
pub(crate) fn values(rule: &AlertRule, scope: Scope<'_>) -> Vec<Option<f64>> {
    let Ok(expr) = tripline_grammar::parse(&rule.when_text, Default::default()) else {
        return Vec::new();
    };
    let mut found = Vec::new();
    collect(&expr, &rule.when, rule, &mut found);
    let value = |node: &Node| json(&scope.eval(node)).and_then(|value| value.as_f64());
    found.iter().map(|(_, node)| value(node)).collect()
}

/// The terms of an expression, each with what it was compiled to.
pub(crate) fn collect<'n>(
    expr: &Expr,
    node: &'n Node,
    rule: &AlertRule,
    found: &mut Vec<(Term, &'n Node)>,
) {
    let parts = parts(expr, node);
    let limits: Vec<(&'static str, f64)> = match (node, &expr.kind) {
        (Node::Compare { op, left, right }, _) => match (number(left), number(right)) {
            (None, Some(limit)) => vec![(op.sign(), limit)],
            (Some(limit), None) => vec![(op.mirrored().sign(), limit)],
            _ => Vec::new(),
        },
        (
            Node::Test {
                test: Test::Range { low, high },
                negated,
                ..
            },
            tripline_grammar::ast::ExprKind::Test {
                test: Tested::InRange { .. },
                ..
            },
        ) => {
            let signs = if *negated { ("<", ">") } else { (">=", "<=") };
            let end = |sign, end: &Option<Box<Node>>| Some((sign, number(end.as_deref()?)?));
            [end(signs.0, low), end(signs.1, high)]
                .into_iter()
                .flatten()
                .collect()
        }
        _ => Vec::new(),
    };
    for (expr, node) in parts {
        let length = longest(expr, node, rule);
        if number(node).is_some() || length == 0 {
            continue;
        }
        if limits.is_empty() && !matches!(node, Node::Window(_)) {
            collect(expr, node, rule, found);
            continue;
        }
        let text = tripline_grammar::print(expr);
        match found.iter_mut().find(|(term, _)| term.text == text) {
            Some((term, _)) => {
                let new = limits.iter().filter(|limit| !term.limits.contains(limit));
                let new: Vec<_> = new.copied().collect();
                term.limits.extend(new);
            }
            None => found.push((
                Term {
                    text,
                    length,
                    limits: limits.clone(),
                },
                node,
            )),
        }
    }
}

/// The longest window within an expression, in milliseconds; 0 without one.
fn longest(expr: &Expr, node: &Node, rule: &AlertRule) -> i64 {
    if let Node::Window(window) = node {
        return rule.windows.get(*window).map_or(0, |one| one.frame.length);
    }
    let inner = parts(expr, node).into_iter();
    let lengths = inner.map(|(expr, node)| longest(expr, node, rule));
    lengths.max().unwrap_or(0)
}

fn number(node: &Node) -> Option<f64> {
    let constants = Scope {
        slots: None,
        windows: Readings::NONE,
        now: Time(0),
        item: &[],
    };
    match node {
        Node::Constant(_) => json(&constants.eval(node))?.as_f64(),
        Node::Negate(inner) => number(inner).map(|number| -number),
        _ => None,
    }
}

/// How near a condition is to being true: the worst of what `and` asks for, the best of what `or` does.
fn nearness(scope: Scope<'_>, node: &Node) -> Option<f64> {
    let of = |nodes: &[Node]| -> Vec<f64> {
        nodes
            .iter()
            .filter_map(|node| nearness(scope, node))
            .collect()
    };
    match node {
        Node::All(nodes) => of(nodes).into_iter().reduce(f64::min),
        Node::Any(nodes) => of(nodes).into_iter().reduce(f64::max),
        _ => match scope.condition(node) {
            Datum::Bool(true) => Some(1.0),
            Datum::Bool(false) => Some(match node {
                Node::Compare { op, left, right } => {
                    let value = |node| json(&scope.eval(node)).and_then(|value| value.as_f64());
                    match (value(left), value(right)) {
                        (Some(left), Some(right)) => ratio(*op, left, right),
                        _ => 0.0,
                    }
                }
                _ => 0.0,
            }),
            _ => None,
        },
    }
}

/// How near a comparison that does not hold is to holding.
fn ratio(op: CompareOp, left: f64, right: f64) -> f64 {
    let near = match op {
        CompareOp::Greater | CompareOp::GreaterEqual if right > 0.0 => left / right,
        CompareOp::Less | CompareOp::LessEqual if left > 0.0 => right / left,
        CompareOp::NotEqual => 0.0,
        _ => 1.0 / (1.0 + (left - right).abs()),
    };
    near.clamp(0.0, 0.99)
}
