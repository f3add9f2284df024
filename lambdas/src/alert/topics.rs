//! Which topic an alert goes to, with the variables of the settings filled in.

use std::collections::BTreeMap;
use std::fmt;

use tripline_engine::{Alert, Routes};

/// The topics of the rules' routes.
#[derive(Debug, Clone, Default)]
pub struct Topics {
    /// By their text in the rules.
    topics: BTreeMap<String, String>,
    /// For alerts of rules that name no routes.
    default: Option<String>,
}

/// The variable in which the default topic stands.
const DEFAULT: &str = "ALERT_TOPIC_ARN";

/// A variable of a route that is not set.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MissingVariable {
    /// Its name.
    pub name: String,
    /// The topic that it is part of; none for the default topic.
    pub topic: Option<String>,
}

impl fmt::Display for MissingVariable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name = &self.name;
        match &self.topic {
            Some(topic) => write!(
                f,
                "the environment variable {name} is not set, and the rules send alerts to the topic \"{topic}\""
            ),
            None => write!(
                f,
                "the environment variable {name} is not set, and the rules name no routes: set it to the topic's ARN"
            ),
        }
    }
}

impl std::error::Error for MissingVariable {}

impl Topics {
    /// Fills in the variables of every topic.
    ///
    /// # Errors
    ///
    /// With the first variable that is not set.
    pub fn new(
        routes: &Routes,
        variable: impl Fn(&str) -> Option<String>,
    ) -> Result<Topics, MissingVariable> {
        let set = |name: &str| variable(name).filter(|value| !value.is_empty());
        let mut topics = BTreeMap::new();
        for route in routes.iter() {
            let filled = filled(&route.topic, set).map_err(|name| MissingVariable {
                name,
                topic: Some(route.topic.clone()),
            })?;
            topics.insert(route.topic.clone(), filled);
        }
        let default = set(DEFAULT);
        if topics.is_empty() && default.is_none() {
            return Err(MissingVariable {
                name: DEFAULT.to_owned(),
                topic: None,
            });
        }
        Ok(Topics { topics, default })
    }

    /// The topic of an alert.
    pub(super) fn of(&self, routes: &Routes, alert: &Alert) -> Option<&str> {
        let routed = routes
            .route(alert)
            .and_then(|route| self.topics.get(&route.topic));
        routed.or(self.default.as_ref()).map(String::as_str)
    }
}

/// A topic with its variables `${NAME}` filled in, or the first one that is not set.
fn filled(topic: &str, set: impl Fn(&str) -> Option<String>) -> Result<String, String> {
    let mut filled = String::new();
    let mut rest = topic;
    while let Some((before, after)) = rest.split_once("${") {
        let Some((name, after)) = after.split_once('}') else {
            break;
        };
        filled.push_str(before);
        filled.push_str(&set(name).ok_or_else(|| name.to_owned())?);
        rest = after;
    }
    filled.push_str(rest);
    Ok(filled)
}

#[cfg(test)]
mod tests {
    use super::filled;

    #[test]
    fn variables_are_filled_in() {
        let set = |name: &str| (name == "STAGE").then(|| "dev".to_owned());
        let fill = |topic| filled(topic, set);
        assert_eq!(
            fill("arn:${STAGE}-alerts-${STAGE}"),
            Ok("arn:dev-alerts-dev".to_owned())
        );
        assert_eq!(fill("arn:plain"), Ok("arn:plain".to_owned()));
        assert_eq!(fill("${PAGER}"), Err("PAGER".to_owned()));
        assert_eq!(fill("${STAGE"), Ok("${STAGE".to_owned()));
    }
}
