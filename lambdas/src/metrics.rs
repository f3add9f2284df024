//! What is counted in a call, in the embedded metric format of CloudWatch.

use std::cell::RefCell;
use std::collections::BTreeMap;

use serde_json::{Map, Value, json};
use tripline_engine::{Counts, Time};

use crate::store::Fault;

/// What a call did.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Metrics {
    /// Records that were read, however often.
    pub records: u64,
    /// Records that had been applied before.
    pub repeated: u64,
    /// Events that were evaluated.
    pub events: u64,
    /// Records and events that cannot be used.
    pub quarantined: u64,
    /// Events that said that they happened too far ahead of their arrival.
    pub clamped: u64,
    /// Events that came to a key after newer ones.
    pub late: u64,
    /// Alerts that a cooldown or a silence withheld.
    pub suppressed: u64,
    /// Alerts that were sent, by severity and rule.
    pub alerts: BTreeMap<(String, String), u64>,
    /// Alerts that were sent.
    pub sent: u64,
    /// Alerts that could not be sent yet.
    pub outbox_left: u64,
    /// Alerts that SNS refused, and will refuse until something is mended.
    pub refused: u64,
    /// How far the time that timers run to is behind that of the tick, in milliseconds.
    pub behind: Option<i64>,
    /// Items that were read.
    pub reads: u64,
    /// Items that were written.
    pub writes: u64,
    /// Writes that came second and were done again.
    pub conflicts: u64,
    /// States that could not be read, or were too large to be written.
    pub states_lost: u64,
    /// The bytes of states that the function holds in memory, for calls to come.
    pub state_bytes: Option<u64>,
    /// Calls that failed.
    pub faults: u64,
    /// The newest arrival.
    pub newest_arrival: Option<Time>,
}

/// Counts what a function does, call by call.
#[derive(Debug, Default)]
pub(crate) struct Meter(RefCell<Metrics>);

impl Meter {
    pub(crate) fn count(&self, add: impl FnOnce(&mut Metrics)) {
        add(&mut self.0.borrow_mut());
    }

    /// Counts and tells of something that failed and will be tried again.
    pub(crate) fn fault(&self, what: &str, fault: &Fault) {
        self.count(|metrics| metrics.faults += 1);
        tracing::warn!(fault = %fault, "{what}");
    }

    /// What was counted since it was asked last.
    pub(crate) fn take(&self) -> Metrics {
        self.0.take()
    }
}

/// What names the series: CloudWatch keeps one for each of their combinations.
#[derive(Debug, Clone)]
pub struct Dimensions<'d> {
    /// Where the metrics belong.
    pub namespace: &'d str,
    /// The stage of the deployment.
    pub stage: &'d str,
    /// The function.
    pub function: &'d str,
}

/// How long a call took, in milliseconds.
#[derive(Debug, Clone, Copy, Default)]
pub struct Durations {
    /// All of it.
    pub total: f64,
    /// Waiting for DynamoDB.
    pub dynamodb: f64,
    /// Waiting for SNS.
    pub sns: f64,
}

impl Metrics {
    /// Adds what happened beside the messages.
    pub(crate) fn add(&mut self, counts: Counts) {
        self.late += counts.late;
        self.suppressed += counts.withheld;
    }

    /// Lines of the embedded metric format: each is one object, and they are to be written as they are.
    pub fn lines(&self, dimensions: &Dimensions<'_>, took: Durations, now: Time) -> Vec<String> {
        let count = |name: &'static str, number: u64| (name, "Count", json!(number));
        let mut values = vec![
            count("Records", self.records),
            count("RepeatedRecords", self.repeated),
            count("Events", self.events),
            count("Quarantined", self.quarantined),
            count("Clamped", self.clamped),
            count("Late", self.late),
            count("Suppressed", self.suppressed),
            count("Sent", self.sent),
            count("Refused", self.refused),
            count("OutboxLeft", self.outbox_left),
            count("ItemsRead", self.reads),
            count("ItemsWritten", self.writes),
            count("Conflicts", self.conflicts),
            count("StatesLost", self.states_lost),
            count("Faults", self.faults),
            ("Duration", "Milliseconds", json!(took.total)),
            ("DynamoDBLatency", "Milliseconds", json!(took.dynamodb)),
            ("SNSLatency", "Milliseconds", json!(took.sns)),
        ];
        if let Some(arrival) = self.newest_arrival {
            let lag = now.0.saturating_sub(arrival.0).max(0);
            values.push(("Lag", "Milliseconds", json!(lag)));
        }
        if let Some(bytes) = self.state_bytes {
            values.push(("StateMemory", "Bytes", json!(bytes)));
        }
        if let Some(behind) = self.behind {
            values.push(("Behind", "Milliseconds", json!(behind)));
        }
        let here = [
            ("Stage", dimensions.stage),
            ("Function", dimensions.function),
        ];
        let sets = [["Stage", "Function"]];
        let mut lines = vec![line(dimensions.namespace, &here, &sets, &values, now)];
        for ((severity, alert), number) in &self.alerts {
            let here = [
                ("Stage", dimensions.stage),
                ("Severity", severity),
                ("Alert", alert),
            ];
            // One series of each severity, and one of each rule that has fired.
            let sets = [["Stage", "Severity"], ["Stage", "Alert"]];
            let values = [count("Alerts", *number)];
            lines.push(line(dimensions.namespace, &here, &sets, &values, now));
        }
        lines
    }
}

fn line(
    namespace: &str,
    dimensions: &[(&str, &str)],
    sets: &[[&str; 2]],
    values: &[(&str, &str, Value)],
    now: Time,
) -> String {
    let metrics = values
        .iter()
        .map(|(name, unit, _)| json!({"Name": name, "Unit": unit}));
    let mut object = Map::new();
    object.insert(
        "_aws".to_owned(),
        json!({
            "Timestamp": now.0,
            "CloudWatchMetrics": [{
                "Namespace": namespace, "Dimensions": sets, "Metrics": metrics.collect::<Vec<_>>(),
            }],
        }),
    );
    for (name, value) in dimensions {
        object.insert((*name).to_owned(), json!(value));
    }
    for (name, _, value) in values {
        object.insert((*name).to_owned(), value.clone());
    }
    Value::Object(object).to_string()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use std::collections::BTreeMap;

    use serde_json::Value;
    use tripline_engine::Time;

    use super::{Dimensions, Durations, Metrics};

    #[test]
    fn every_metric_that_is_announced_is_there() {
        let metrics = Metrics {
            records: 3,
            newest_arrival: Some(Time(1_000)),
            alerts: BTreeMap::from([(("critical".to_owned(), "hot".to_owned()), 2)]),
            behind: Some(7),
            state_bytes: Some(512),
            ..Metrics::default()
        };
        let dimensions = Dimensions {
            namespace: "Tripline",
            stage: "dev",
            function: "alert",
        };
        let lines = metrics.lines(&dimensions, Durations::default(), Time(5_000));
        assert_eq!(lines.len(), 2);
        for line in &lines {
            let line: Value = serde_json::from_str(line).unwrap();
            let directive = &line["_aws"]["CloudWatchMetrics"][0];
            let metrics = directive["Metrics"].as_array().unwrap();
            assert!(metrics.len() <= 100);
            for metric in metrics {
                assert!(
                    line[metric["Name"].as_str().unwrap()].is_number(),
                    "{metric}"
                );
            }
            for set in directive["Dimensions"].as_array().unwrap() {
                for name in set.as_array().unwrap() {
                    assert!(line[name.as_str().unwrap()].is_string());
                }
            }
        }
        let first: Value = serde_json::from_str(&lines[0]).unwrap();
        assert_eq!(
            (&first["Records"], &first["Lag"]),
            (&3.into(), &4_000.into())
        );
        let second: Value = serde_json::from_str(&lines[1]).unwrap();
        assert_eq!(
            (&second["Alerts"], &second["Severity"], &second["Alert"]),
            (&2.into(), &"critical".into(), &"hot".into())
        );
        assert_eq!(first["Behind"], 7);
        assert_eq!(first["StateMemory"], 512);
    }
}
