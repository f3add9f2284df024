//! Routes: which topic the messages of an alert go to.

use crate::matcher::Matcher;
use crate::output::Alert;
use crate::program::AlertRule;

/// Where messages go, as the settings say.
///
/// The variables in topics are text here; who sends the messages fills them in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Routes {
    /// In the order written; empty if the settings name none.
    pub(crate) routes: Vec<Route>,
    /// Whether the end of an episode is told, too.
    pub resolved: bool,
}

/// One route.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Route {
    pub(crate) alerts: Matcher,
    /// The topic; it may hold variables such as `${PAGER_TOPIC_ARN}`.
    pub topic: String,
}

impl Default for Routes {
    fn default() -> Self {
        Routes {
            routes: Vec::new(),
            resolved: true,
        }
    }
}

impl Routes {
    /// The routes, in the order in which they are tried.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = &Route> {
        self.routes.iter()
    }

    /// Finds the first route that an alert matches; `None` only where the settings name no routes.
    pub fn route(&self, alert: &Alert) -> Option<&Route> {
        self.iter().find(|route| {
            let wanted = &route.alerts;
            wanted.matches(&alert.alert, alert.severity, &alert.labels)
        })
    }

    /// Whether every message of an alert has somewhere to go.
    pub(crate) fn serve(&self, rule: &AlertRule) -> bool {
        let matches = |route: &Route| {
            let wanted = &route.alerts;
            wanted.matches(&rule.name, rule.severity, &rule.labels)
        };
        self.routes.is_empty() || rule.shadow || self.iter().any(matches)
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::{Route, Routes};
    use crate::matcher::Matcher;
    use crate::output::{Alert, AlertSeverity, Status};
    use crate::time::Time;

    fn alert(name: &str, severity: AlertSeverity) -> Alert {
        Alert {
            id: String::new(),
            notification: String::new(),
            status: Status::Firing,
            repeat: None,
            alert: name.to_owned(),
            key: None,
            severity,
            at: Time(0),
            since: None,
            summary: None,
            description: None,
            runbook: None,
            labels: BTreeMap::from([("team".to_owned(), "iot".to_owned())]),
            values: Vec::new(),
            reason: None,
            shadow: false,
            source: None,
        }
    }

    #[test]
    fn the_first_route_that_matches_is_taken() {
        let route = |alerts, topic: &str| Route {
            alerts,
            topic: topic.to_owned(),
        };
        let critical = Matcher {
            severity: vec![AlertSeverity::Critical],
            ..Matcher::default()
        };
        let batch = Matcher {
            alert: Some("batch-*".to_owned()),
            ..Matcher::default()
        };
        let web = Matcher {
            labels: BTreeMap::from([("team".to_owned(), "web".to_owned())]),
            ..Matcher::default()
        };
        let mut routes = Routes {
            routes: vec![
                route(critical, "${PAGER}"),
                route(batch, "batch"),
                route(web, "web"),
            ],
            resolved: true,
        };
        let topic = |routes: &Routes, name, severity| {
            let route = routes.route(&alert(name, severity))?;
            Some(route.topic.clone())
        };
        let (warning, critical) = (AlertSeverity::Warning, AlertSeverity::Critical);
        assert_eq!(
            topic(&routes, "batch-a", critical).as_deref(),
            Some("${PAGER}")
        );
        assert_eq!(topic(&routes, "batch-a", warning).as_deref(), Some("batch"));
        assert_eq!(topic(&routes, "other", warning), None);
        routes.routes.push(route(Matcher::default(), "rest"));
        assert_eq!(topic(&routes, "other", warning).as_deref(), Some("rest"));
    }
}
