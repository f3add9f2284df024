//! Alerts that have windows in common, and keep them once.

use std::collections::BTreeMap;

use super::{AlertRule, Dispatch, Kind, Program};
use crate::window::Window;

/// Whose states hold what an alert keeps of a key.
#[derive(Debug, Default)]
pub(crate) enum Sharing {
    /// Its own, which hold nothing else.
    #[default]
    Alone,
    /// Its own, which hold what further alerts keep as well.
    Leads {
        /// Those alerts, in order.
        followers: Vec<u32>,
        /// The windows that only they have: each as one of an alert, by their places.
        windows: Vec<(u32, usize)>,
    },
    /// Those of another alert.
    Follows,
}

impl AlertRule {
    /// The alerts whose lives its states hold beside its own.
    pub(crate) fn followers(&self) -> &[u32] {
        match &self.sharing {
            Sharing::Leads { followers, .. } => followers,
            Sharing::Alone | Sharing::Follows => &[],
        }
    }

    /// Whether its states hold nothing of other alerts.
    pub(crate) fn is_alone(&self) -> bool {
        matches!(self.sharing, Sharing::Alone)
    }

    /// Whether states are named after it.
    pub(crate) fn has_own_states(&self) -> bool {
        !matches!(self.sharing, Sharing::Follows)
    }
}

impl Program {
    /// With each window kept once for all alerts that have it, by the same `by`, of the same events and with the same
    /// `forget`.
    ///
    /// Such alerts have one state for a key, named after the first of them. What they give is the same. It is for who keeps states in
    /// memory: what is stored belongs to one alert, so that an edit leaves every other untouched.
    pub fn share_windows(mut self) -> Program {
        for members in self.families() {
            self.join(&members);
        }
        let rules = self.alerts.iter().enumerate();
        let leading = rules.filter(|(_, rule)| rule.kind == Kind::PerKey && rule.has_own_states());
        self.alert_dispatch = Dispatch::new(leading.map(|(alert, rule)| (alert, &rule.on)));
        self
    }

    /// The alerts that are connected by windows they have in common, in order; none that is alone.
    fn families(&self) -> Vec<Vec<u32>> {
        // Of each alert an earlier one of its family, or itself.
        let mut earlier: Vec<usize> = (0..self.alerts.len()).collect();
        let root = |earlier: &[usize], mut alert: usize| {
            while earlier[alert] != alert {
                alert = earlier[alert];
            }
            alert
        };
        let mut first_with = BTreeMap::new();
        for (alert, rule) in self.alerts.iter().enumerate() {
            for window in &rule.windows {
                let kept = (&rule.on.0, rule.grouping, rule.forget, &window.text);
                let other = *first_with.entry(kept).or_insert(alert);
                let (one, other) = (root(&earlier, alert), root(&earlier, other));
                earlier[one.max(other)] = one.min(other);
            }
        }
        let mut families: BTreeMap<usize, Vec<u32>> = BTreeMap::new();
        for alert in 0..self.alerts.len() {
            let family = families.entry(root(&earlier, alert)).or_default();
            family.push(alert as u32);
        }
        families
            .into_values()
            .filter(|members| members.len() > 1)
            .collect()
    }

    /// Has the first of some alerts keep the windows of all.
    fn join(&mut self, members: &[u32]) {
        let [leader, followers @ ..] = members else {
            return;
        };
        let mut places: BTreeMap<String, u32> = BTreeMap::new();
        let mut windows = Vec::new();
        for member in members {
            let rule = &mut self.alerts[*member as usize];
            for (number, window) in rule.windows.iter().enumerate() {
                let next = places.len() as u32;
                let place = *places.entry(window.text.clone()).or_insert(next);
                rule.places[number] = place;
                if place == next && member != leader {
                    windows.push((*member, number));
                }
            }
            rule.sharing = Sharing::Follows;
        }
        let followers = followers.to_vec();
        self.alerts[*leader as usize].sharing = Sharing::Leads { followers, windows };
    }

    /// The alerts whose lives the states of an alert hold beside its own, in order.
    pub(crate) fn followers<'p>(
        &'p self,
        rule: &'p AlertRule,
    ) -> impl Iterator<Item = &'p AlertRule> {
        let followers = rule.followers().iter();
        followers.map(|alert| &self.alerts[*alert as usize])
    }

    /// The windows that the states of an alert hold.
    pub(crate) fn kept_windows<'p>(
        &'p self,
        rule: &'p AlertRule,
    ) -> impl Iterator<Item = &'p Window> {
        let further = match &rule.sharing {
            Sharing::Leads { windows, .. } => &windows[..],
            Sharing::Alone | Sharing::Follows => &[],
        };
        let further = further.iter();
        let further = further.map(|(alert, window)| &self.alerts[*alert as usize].windows[*window]);
        rule.windows.iter().chain(further)
    }
}

#[cfg(test)]
mod tests {
    use crate::program::Program;
    use crate::{Advance, MemoryStore, Plan, Planner, RawFile, Source, check, step};

    const RULES: &str = "
alerts:
  a-of-five: {on: t, by: k, when: count() over 5m >= 2}
  b-of-five: {on: t, by: k, when: count() over 5m >= 3 and sum(v) over 1h > 5}
  c-of-hour: {on: t, by: k, when: sum(v) over 1h > 9, for: 1m}
  d-of-another-key: {on: t, by: v, when: count() over 5m >= 2}
  e-of-other-events: {on: u, by: k, when: count() over 5m >= 2}
  f-kept-longer: {on: t, by: k, when: count() over 5m >= 2, forget: 30d}
  g-of-another-window: {on: t, by: k, when: count() over 6m >= 2}
  h-of-single-events: {on: t, by: k, when: v > 3}
  i-without-windows: {on: t, by: k, when: v > 3, for: 1m}
";

    fn program() -> Program {
        compile(RULES)
    }

    fn compile(rules: &str) -> Program {
        let file = RawFile {
            name: "rules/a.yaml".into(),
            bytes: rules.into(),
            settings: false,
        };
        check(vec![file]).program.unwrap()
    }

    #[test]
    fn alerts_share_what_they_keep_of_the_same_keys_and_events() {
        let program = program().share_windows();
        let leading: Vec<_> = program
            .alerts()
            .filter(|rule| !rule.is_alone() && rule.has_own_states())
            .map(|rule| rule.name.as_str())
            .collect();
        assert_eq!(leading, ["a-of-five"]);
        let rule = &program.alerts[0];
        let followers: Vec<_> = program.followers(rule).map(|rule| &rule.name).collect();
        assert_eq!(followers, ["b-of-five", "c-of-hour"]);
        let windows: Vec<_> = program.kept_windows(rule).map(|kept| &kept.text).collect();
        assert_eq!(windows, ["count() over 5m", "sum(v) over 1h"]);
        let places: Vec<_> = program.alerts[..3]
            .iter()
            .map(|rule| &rule.places)
            .collect();
        assert_eq!(places, [&[0][..], &[0, 1], &[1]]);
    }

    /// What some events leave, and the alerts they give.
    fn run(program: &Program, events: &[String]) -> (MemoryStore, Vec<String>) {
        let (mut store, mut alerts) = (MemoryStore::new(), Vec::new());
        for event in events {
            let mut plan = Plan::default();
            let source = || Source::File {
                file: "events",
                line: 1,
            };
            let mut planner = Planner::new(program);
            planner.add(&mut plan, event.as_bytes(), source).unwrap();
            let output = step(program, &mut store, &mut plan, Advance::default()).unwrap();
            let told = output.alerts.into_iter();
            alerts.extend(told.map(|alert| format!("{} {:?}", alert.alert, alert.at)));
        }
        (store, alerts)
    }

    fn event(kind: &str, second: u32, fields: &str) -> String {
        let time = 1_767_571_200 + second;
        format!("{{\"eventType\":\"{kind}\",\"timestamp\":{time}{fields}}}")
    }

    #[test]
    fn a_key_has_one_state_for_all_alerts_that_share_it() {
        let events = [event("t", 0, ",\"k\":1,\"v\":2")];
        assert_eq!(run(&program(), &events).0.len(), 7);
        assert_eq!(run(&program().share_windows(), &events).0.len(), 5);
    }

    /// The one of a state's alerts that waits for its first whole window is looked at then, though the others rest.
    #[test]
    fn an_alert_that_was_born_unseen_waits_for_itself() {
        let rules = "
alerts:
  a: {on: t, when: count() over 1m > 5}
  b: {on: t, when: count() over 1m > 5 or count() over 10m >= 1}
";
        let events = [event("v", 0, ""), event("v", 700, ""), event("t", 300, "")];
        let (_, alone) = run(&compile(rules), &events);
        let (_, shared) = run(&compile(rules).share_windows(), &events);
        assert_eq!(alone.len(), 1);
        assert_eq!(shared, alone);
    }

    #[test]
    fn what_large_states_take_of_memory_is_told() {
        let alerts = (0..40).map(|at| {
            format!("  a{at}: {{on: t, by: k, when: distinct(v) over 1h every 10m > {at}}}\n")
        });
        let program = compile(&format!("alerts:\n{}", alerts.collect::<String>()));
        let events: Vec<_> = (0..600)
            .map(|at| event("t", at, &format!(",\"k\":1,\"v\":{at}")))
            .collect();
        let (alone, _) = run(&program, &events);
        let (shared, _) = run(&program.share_windows(), &events);
        // A hash of eight bytes for each value of a pane, in forty states or in one.
        assert!(alone.memory() > 40 * 600 * 8, "{}", alone.memory());
        assert!(shared.memory() > 600 * 8, "{}", shared.memory());
        assert!(shared.memory() < alone.memory() / 10);
    }
}
