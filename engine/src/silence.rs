//! Silences: spans of time in which messages of some alerts are not sent.

use std::collections::BTreeMap;

use chrono::{DateTime, NaiveTime};
use chrono_tz::Tz;
use serde_json::Value;

use crate::matcher::Matcher;
use crate::output::AlertSeverity;
use crate::time::Time;

/// A silence: it suppresses messages, not evaluation.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Silence {
    /// Its name, unique over all files.
    pub(crate) name: String,
    pub(crate) alerts: Matcher,
    /// The values that parts of the key must have, in canonical form.
    pub(crate) key: BTreeMap<String, Value>,
    /// The first moment that it covers; unset: since ever.
    pub(crate) from: Option<Time>,
    /// The first moment that it covers no more.
    pub(crate) until: Time,
    pub(crate) daily: Option<Daily>,
}

/// A part of each day by the wall clock of a zone.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Daily {
    pub(crate) from: NaiveTime,
    /// Not covered any more; earlier than `from` where the part goes past midnight.
    pub(crate) until: NaiveTime,
    pub(crate) zone: Tz,
}

impl Silence {
    /// Whether it covers a message of an alert at a time; `key` are the values of the alert's `by`.
    pub(crate) fn covers(
        &self,
        alert: &str,
        severity: AlertSeverity,
        labels: &BTreeMap<String, String>,
        key: &[(String, Value)],
        at: Time,
    ) -> bool {
        self.from.is_none_or(|from| from <= at)
            && at < self.until
            && self.alerts.matches(alert, severity, labels)
            && self.key.len() <= key.len()
            && self.key.iter().all(|(name, wanted)| {
                key.iter()
                    .any(|(part, value)| part == name && value == wanted)
            })
            && self.daily.is_none_or(|daily| daily.covers(at))
    }
}

impl Daily {
    fn covers(&self, at: Time) -> bool {
        let Some(time) = DateTime::from_timestamp_millis(at.0) else {
            return false;
        };
        let clock = time.with_timezone(&self.zone).time();
        if self.from < self.until {
            self.from <= clock && clock < self.until
        } else {
            self.from <= clock || clock < self.until
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use chrono::NaiveTime;
    use chrono_tz::Tz;
    use serde_json::{Value, json};

    use super::{Daily, Silence};
    use crate::matcher::Matcher;
    use crate::output::AlertSeverity;
    use crate::time::Time;

    fn at(text: &str) -> Time {
        Time::parse(text).unwrap()
    }

    fn silence() -> Silence {
        Silence {
            name: "s".to_owned(),
            alerts: Matcher::default(),
            key: BTreeMap::new(),
            from: None,
            until: at("2030-01-01T00:00:00Z"),
            daily: None,
        }
    }

    fn covers(silence: &Silence, key: &[(String, Value)], time: &str) -> bool {
        let labels = BTreeMap::from([("team".to_owned(), "iot".to_owned())]);
        silence.covers(
            "batch-night",
            AlertSeverity::Warning,
            &labels,
            key,
            at(time),
        )
    }

    fn daily(from: (u32, u32), until: (u32, u32)) -> Silence {
        let clock = |(hour, minute)| NaiveTime::from_hms_opt(hour, minute, 0).unwrap();
        Silence {
            daily: Some(Daily {
                from: clock(from),
                until: clock(until),
                zone: Tz::Europe__Berlin,
            }),
            ..silence()
        }
    }

    #[test]
    fn the_first_moment_is_covered_and_the_last_is_not() {
        let silence = Silence {
            from: Some(at("2026-11-01T00:00:00Z")),
            until: at("2026-12-01T00:00:00Z"),
            ..silence()
        };
        let covers = |time| covers(&silence, &[], time);
        assert!(!covers("2026-10-31T23:59:59.999Z"));
        assert!(covers("2026-11-01T00:00:00Z"));
        assert!(covers("2026-11-30T23:59:59.999Z"));
        assert!(!covers("2026-12-01T00:00:00Z"));
    }

    #[test]
    fn every_listed_part_of_the_key_must_match() {
        let mut silence = silence();
        silence.key = BTreeMap::from([
            ("host".to_owned(), json!("db1")),
            ("disk".to_owned(), json!(1)),
        ]);
        let part = |name: &str, value| (name.to_owned(), value);
        let host = part("host", json!("db1"));
        let covers = |key: &[_]| covers(&silence, key, "2026-01-01T00:00:00Z");
        assert!(covers(&[
            part("disk", json!(1)),
            host.clone(),
            part("x", json!(true))
        ]));
        assert!(!covers(&[part("disk", json!("1")), host.clone()]));
        assert!(!covers(&[host]));
        assert!(!covers(&[]));
    }

    #[test]
    fn name_severity_and_labels_must_match() {
        let with = |alerts| {
            covers(
                &Silence {
                    alerts,
                    ..silence()
                },
                &[],
                "2026-01-01T00:00:00Z",
            )
        };
        let named = |alert: &str| Matcher {
            alert: Some(alert.to_owned()),
            ..Matcher::default()
        };
        assert!(with(named("batch-*")) && with(named("*")) && with(named("batch-night")));
        assert!(!with(named("batch")) && !with(named("batch-night-*")));
        let severity = |severity| Matcher {
            severity: vec![AlertSeverity::Info, severity],
            ..Matcher::default()
        };
        assert!(with(severity(AlertSeverity::Warning)));
        assert!(!with(severity(AlertSeverity::Critical)));
        let labels = |team: &str| Matcher {
            labels: BTreeMap::from([("team".to_owned(), team.to_owned())]),
            ..Matcher::default()
        };
        assert!(with(labels("iot")) && !with(labels("web")));
    }

    #[test]
    fn a_part_of_the_day_may_pass_midnight() {
        let night = daily((22, 0), (4, 0));
        let covers = |time| covers(&night, &[], time);
        // Berlin is one hour ahead of UTC in winter.
        assert!(!covers("2026-11-20T20:59:59.999Z"));
        assert!(covers("2026-11-20T21:00:00Z"));
        assert!(covers("2026-11-20T23:00:00Z"));
        assert!(covers("2026-11-21T02:59:59.999Z"));
        assert!(!covers("2026-11-21T03:00:00Z"));
        assert!(!covers("2026-11-21T12:00:00Z"));
    }

    #[test]
    fn a_part_of_the_day_follows_the_wall_clock_through_its_changes() {
        // In summer it is two hours ahead.
        let evening = daily((20, 0), (21, 0));
        assert!(covers(&evening, &[], "2026-03-28T19:30:00Z"));
        assert!(!covers(&evening, &[], "2026-03-29T19:30:00Z"));
        assert!(covers(&evening, &[], "2026-03-29T18:30:00Z"));
        // On 25 October 2026 the hour from two to three comes twice, at 0:00 and at 1:00 UTC.
        let small_hours = daily((2, 0), (3, 0));
        assert!(!covers(&small_hours, &[], "2026-10-24T23:59:59Z"));
        assert!(covers(&small_hours, &[], "2026-10-25T00:30:00Z"));
        assert!(covers(&small_hours, &[], "2026-10-25T01:30:00Z"));
        assert!(!covers(&small_hours, &[], "2026-10-25T02:00:00Z"));
        // On 29 March 2026 it does not come at all: the clock goes from 1:59 to 3:00 at 1:00 UTC.
        assert!(!covers(&small_hours, &[], "2026-03-29T00:59:59Z"));
        assert!(!covers(&small_hours, &[], "2026-03-29T01:00:00Z"));
    }
}
