//! A rule, parsed.

use std::collections::BTreeMap;

use serde_json::{Map, Value};
use tripline_grammar::ast::{Call, Expr, ExprKind};

use super::datum::Datum;
use super::expression::{Scope, evaluate, leaves};
use super::input::Event;
use super::window::Window;
use super::{OracleAlert, OracleRule};

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
}

impl Rule {
    /// Parses the expressions of a rule.
    pub(super) fn new(rule: &OracleRule) -> Result<Rule, String> {
        let parse = |text: &str| match tripline_grammar::parse(text, Default::default()) {
            Ok(expr) => Ok(expr.without_spans()),
            Err(errors) => Err(format!("{}: {text}: {errors:?}", rule.name)),
        };
        let when = parse(&rule.when)?;
        let until = rule.until.as_deref().map(parse).transpose()?;
        let by = rule
            .by
            .iter()
            .map(|(name, text)| Ok((name.clone(), parse(text)?)));
        let by = by.collect::<Result<Vec<(String, Expr)>, String>>()?;
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
            .map(|window| window.length)
            .max()
            .unwrap_or(0);
        let default = WEEK_MS.max(2 * (longest + hold.unwrap_or(0)));
        let forget = rule
            .forget_seconds
            .map_or(default, |seconds| seconds as i64 * 1_000);
        Ok(Rule {
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
        self.windows.is_empty() && self.hold.is_none() && self.until.is_none()
    }

    /// The canonical values of the key; none if one of them is unknown or no scalar.
    pub(super) fn key(&self, event: &Event) -> Option<Vec<Value>> {
        let scope = Scope {
            event: Some(&event.value),
            windows: &[],
        };
        self.by
            .iter()
            .map(|(_, expr)| evaluate(expr, scope).to_key())
            .collect()
    }

    /// The values of a key with their names.
    pub(super) fn named(&self, key: &[Value]) -> Map<String, Value> {
        self.by
            .iter()
            .map(|(name, _)| name.clone())
            .zip(key.iter().cloned())
            .collect()
    }

    /// Evaluates a per-event alert.
    pub(super) fn per_event(&self, event: &Event) -> Option<OracleAlert> {
        if !event.matches(&self.on) {
            return None;
        }
        let key = self.key(event)?;
        let scope = Scope {
            event: Some(&event.value),
            windows: &[],
        };
        (evaluate(&self.when, scope) == Datum::Bool(true)).then(|| OracleAlert {
            status: "firing",
            alert: self.name.clone(),
            key: (!self.by.is_empty()).then(|| self.named(&key)),
            at_ms: event.time,
            since_ms: None,
            line: Some(event.line),
            values: self.evidence(scope),
            reason: None,
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
