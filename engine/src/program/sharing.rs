//! Alerts that have windows in common, and keep them once.

use std::collections::BTreeMap;
use std::iter;

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
    /// Such alerts have one state for a key, named after the first of them. What is given is the same. It is for who keeps states in
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

    /// The alerts whose lives the states of an alert hold: itself, then the others in order.
    pub(crate) fn members<'p>(
        &'p self,
        rule: &'p AlertRule,
    ) -> impl Iterator<Item = &'p AlertRule> {
        let followers = rule.followers().iter();
        iter::once(rule).chain(followers.map(|alert| &self.alerts[*alert as usize]))
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
