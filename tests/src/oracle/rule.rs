//! A rule, parsed.

use std::collections::BTreeMap;

use serde_json::{Map, Value};
use tripline_grammar::ast::{Call, Expr, ExprKind, Test};

use super::aggregate::is_aggregate;
use super::clock::TimeFunction;
use super::datum::Datum;
use super::expression::{Scope, evaluate, leaves};
use super::function::time_function;
use super::input::Event;
use super::silence::Silence;
use super::window::Window;
use super::{OracleAlert, OracleRule, OracleRules, PendingEnds};

const WEEK_MS: i64 = 7 * 86_400_000;

/// A rule whose expressions are parsed, without spans.
pub(super) struct Rule {
    /// The alert's name.
    pub(super) name: String,
    /// The patterns of event types.
    pub(super) on: Vec<String>,
    /// The condition.
    pub(super) when: Expr,
    /// The condition that ends it.
    pub(super) until: Option<Expr>,
    /// How long the condition must hold, in milliseconds.
    pub(super) hold: Option<i64>,
    /// Names and expressions of the key.
    pub(super) by: Vec<(String, Expr)>,
    /// How long a key is kept, in milliseconds; the one key of a rule without `by` is kept for ever.
    pub(super) forget: Option<i64>,
    /// The windows of both conditions, each once.
    pub(super) windows: Vec<Window>,
    /// The time functions of both conditions.
    pub(super) clocks: Vec<TimeFunction>,
    /// How long after a sent `firing` none is sent, in milliseconds.
    pub(super) cooldown: Option<i64>,
    /// How long after a sent `firing` another is sent, in milliseconds.
    pub(super) repeat: Option<i64>,
    /// Whether it stands in the shadow.
    pub(super) shadow: bool,
    /// The silences that are about it.
    pub(super) silences: Vec<Silence>,
    /// The declared lists.
    pub(super) lists: Vec<(String, Vec<Value>)>,
    /// When its pending states end.
    pub(super) pending: PendingEnds,
}

/// Parses an expression, and drops its spans.
pub(super) fn parse(owner: &str, text: &str) -> Result<Expr, String> {
    match tripline_grammar::parse(text, Default::default()) {
        Ok(expr) => Ok(expr.without_spans()),
        Err(errors) => Err(format!("{owner}: {text}: {errors:?}")),
    }
}

/// Parses the named expressions of a key or of what is computed.
pub(super) fn parse_named(
    owner: &str,
    named: &[(String, String)],
) -> Result<Vec<(String, Expr)>, String> {
    let parse = |(name, text): &(String, String)| Ok((name.clone(), parse(owner, text)?));
    named.iter().map(parse).collect()
}

/// The canonical values of a key; none if one of them is unknown or no scalar.
pub(super) fn key(by: &[(String, Expr)], scope: Scope<'_>) -> Option<Vec<Value>> {
    by.iter()
        .map(|(_, expr)| evaluate(expr, scope).to_key())
        .collect()
}

/// The values of a key with their names.
pub(super) fn named(by: &[(String, Expr)], key: &[Value]) -> Map<String, Value> {
    by.iter()
        .map(|(name, _)| name.clone())
        .zip(key.iter().cloned())
        .collect()
}

/// The calls of time functions in a condition, outside of windows.
fn time_functions(expr: &Expr) -> Vec<TimeFunction> {
    let mut found = Vec::new();
    each_call(expr, &mut |call| found.extend(time_function(call)));
    found
}

impl Rule {
    /// Parses the expressions of a rule.
    pub(super) fn new(rule: &OracleRule, all: &OracleRules) -> Result<Rule, String> {
        let when = parse(&rule.name, &rule.when)?;
        let until = rule.until.as_deref();
        let until = until.map(|until| parse(&rule.name, until)).transpose()?;
        let by = parse_named(&rule.name, &rule.by)?;
        let mut windows: Vec<Window> = Vec::new();
        for leaf in leaves(&when)
            .iter()
            .chain(until.as_ref().map(leaves).iter().flatten())
        {
            if let ExprKind::Call(call) = &leaf.kind
                && windows.iter().all(|window| window.call != *call)
            {
                let window = Window::new(call);
                windows
                    .push(window.ok_or_else(|| format!("{}: a call without a window", rule.name))?);
            }
        }
        let hold = rule.for_seconds.map(|seconds| seconds as i64 * 1_000);
        let longest = windows
            .iter()
            .map(|window| window.length + window.offset)
            .max()
            .unwrap_or(0);
        let default = WEEK_MS.max(2 * (longest + hold.unwrap_or(0)));
        let forget = rule
            .forget_seconds
            .map_or(default, |seconds| seconds as i64 * 1_000);
        let mut clocks: Vec<TimeFunction> = Vec::new();
        for condition in [Some(&when), until.as_ref()].into_iter().flatten() {
            clocks.extend(time_functions(condition));
        }
        let silences = all.silences.iter().map(Silence::new);
        let mut silences = silences.collect::<Result<Vec<Silence>, String>>()?;
        silences.retain(|silence| silence.is_about(&rule.name));
        let millis = |seconds: Option<u64>| seconds.map(|seconds| seconds as i64 * 1_000);
        Ok(Rule {
            clocks,
            cooldown: millis(rule.cooldown_seconds),
            repeat: millis(rule.repeat_seconds),
            shadow: rule.shadow,
            silences,
            lists: all.lists.clone(),
            pending: all.pending,
            name: rule.name.clone(),
            on: rule.on.clone(),
            when,
            until,
            hold,
            forget: (!by.is_empty()).then_some(forget),
            by,
            windows,
        })
    }

    /// Whether it fires for each event by itself and keeps no state.
    pub(super) fn is_per_event(&self) -> bool {
        self.windows.is_empty()
            && self.hold.is_none()
            && self.until.is_none()
            && self.repeat.is_none()
    }

    /// The canonical values of the key of an event; none if one of them is unknown or no scalar.
    pub(super) fn key(&self, event: &Event) -> Option<Vec<Value>> {
        key(&self.by, self.scope(event))
    }

    /// The values of a key with their names.
    pub(super) fn named(&self, key: &[Value]) -> Map<String, Value> {
        named(&self.by, key)
    }

    /// The scope of an event by itself.
    pub(super) fn scope<'a>(&'a self, event: &'a Event) -> Scope<'a> {
        Scope::of_event(&event.value, event.time, &self.lists)
    }

    /// Whether a silence covers messages about a key at a moment.
    pub(super) fn is_silenced(&self, key: &[Value], at: i64) -> bool {
        let key = self.named(key);
        self.silences.iter().any(|silence| silence.covers(&key, at))
    }

    /// Evaluates a per-event alert.
    pub(super) fn per_event(&self, event: &Event, key: &[Value]) -> Option<OracleAlert> {
        let scope = self.scope(event);
        (evaluate(&self.when, scope) == Datum::Bool(true)).then(|| OracleAlert {
            status: "firing",
            repeat: None,
            alert: self.name.clone(),
            key: (!self.by.is_empty()).then(|| self.named(key)),
            at_ms: event.time,
            since_ms: None,
            line: Some(event.line),
            values: self.evidence(scope),
            reason: None,
            shadow: self.shadow,
        })
    }

    /// What the windows and paths of the conditions give; unknowns are left out.
    pub(super) fn evidence(&self, scope: Scope<'_>) -> BTreeMap<String, Value> {
        let found = [Some(&self.when), self.until.as_ref()]
            .into_iter()
            .flatten()
            .flat_map(leaves);
        found
            .filter_map(|leaf| {
                Some((
                    tripline_grammar::print(&leaf),
                    evaluate(&leaf, scope).to_json()?,
                ))
            })
            .collect()
    }

    /// Pairs every window's call with what it gives.
    pub(super) fn window_values(
        &self,
        value: impl Fn(usize, &Window) -> Datum,
    ) -> Vec<(Call, Datum)> {
        let windows = self.windows.iter().enumerate();
        windows
            .map(|(position, window)| (window.call.clone(), value(position, window)))
            .collect()
    }
}

/// Calls `see` with every call of an expression that does not stand in a window.
fn each_call(expr: &Expr, see: &mut impl FnMut(&Call)) {
    match &expr.kind {
        ExprKind::Call(call) if is_aggregate(call) => {}
        ExprKind::Call(call) => {
            see(call);
            call.args.iter().for_each(|arg| each_call(arg, see));
        }
        ExprKind::Negate(operand) | ExprKind::Not(operand) => each_call(operand, see),
        ExprKind::Chain(chain) => {
            each_call(&chain.first, see);
            let operands = chain.rest.iter().map(|link| &link.operand);
            operands.for_each(|operand| each_call(operand, see));
        }
        ExprKind::Compare { left, right, .. } => {
            each_call(left, see);
            each_call(right, see);
        }
        ExprKind::Test { value, test, .. } => {
            each_call(value, see);
            match test {
                Test::InRange { low, high } => {
                    let ends = [low, high].into_iter().flatten();
                    ends.for_each(|end| each_call(end, see));
                }
                Test::InList(items) => items.iter().for_each(|item| each_call(item, see)),
                Test::Contains(text) | Test::StartsWith(text) | Test::EndsWith(text) => {
                    each_call(text, see);
                }
                Test::InPath(_) | Test::InCidr(_) | Test::Matches { .. } | Test::Is(_) => {}
            }
        }
        ExprKind::Path(_)
        | ExprKind::Number(_)
        | ExprKind::String(_)
        | ExprKind::Bool(_)
        | ExprKind::Null => {}
    }
}
