//! What a function is called with: records of a stream, or a tick of the schedule.
//!
//! Records are read one by one, so that one that is wrong harms no other. The structs of `aws_lambda_events` are not used here: they
//! refuse the whole call for one record whose base64 is wrong, and misread fractions of arrival times (1545084650.98 becomes .098).

use std::borrow::Cow;
use std::fmt;
use std::sync::Arc;

use serde::Deserialize;
use serde_json::value::RawValue;
use tripline_engine::Time;

use crate::sequence::Sequence;

/// What a function is called with.
#[derive(Debug)]
pub enum Invocation {
    /// Records of a stream, in its order.
    Records(Vec<Result<Record, Unreadable>>),
    /// A tick of the schedule, and when it was due.
    Tick(Time),
}

/// A record of a stream.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Record {
    /// The shard.
    pub shard: Arc<str>,
    /// Its sequence number in the shard.
    pub sequence: Sequence,
    /// What spread it to the shard; a stream that spreads by itself has none.
    pub partition_key: Option<String>,
    /// When it arrived in the stream.
    pub arrival: Option<Time>,
    /// What it holds.
    pub data: Vec<u8>,
}

/// A record that cannot be read, with all that is known of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unreadable {
    /// The shard.
    pub shard: Option<Arc<str>>,
    /// Its sequence number in the shard.
    pub sequence: Option<Sequence>,
    /// What is wrong with it.
    pub reason: String,
    /// The record as the function was given it.
    pub raw: String,
}

/// Why the whole call cannot be read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Misunderstood(String);

impl fmt::Display for Misunderstood {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "this function takes records of a Kinesis stream or ticks of a schedule: {}",
            self.0
        )
    }
}

impl std::error::Error for Misunderstood {}

#[derive(Deserialize)]
struct Call<'a> {
    #[serde(rename = "Records", borrow)]
    records: Option<Vec<&'a RawValue>>,
    /// The input that the schedule is given.
    tick: Option<Cow<'a, str>>,
    /// An event of a schedule rule has its time here.
    time: Option<Cow<'a, str>>,
    #[serde(rename = "detail-type")]
    detail_type: Option<Cow<'a, str>>,
}

#[derive(Deserialize)]
struct Outer<'a> {
    /// The shard, a colon, and the sequence number.
    #[serde(rename = "eventID", borrow)]
    event_id: Option<Cow<'a, str>>,
    #[serde(borrow)]
    kinesis: Option<Inner<'a>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Inner<'a> {
    #[serde(borrow)]
    sequence_number: Option<Cow<'a, str>>,
    partition_key: Option<String>,
    #[serde(borrow)]
    data: Option<Cow<'a, str>>,
    approximate_arrival_timestamp: Option<f64>,
}

impl Invocation {
    /// Reads the JSON of a call.
    ///
    /// # Errors
    ///
    /// If it is neither of records nor a tick.
    pub fn read(json: &str) -> Result<Invocation, Misunderstood> {
        let call: Call<'_> =
            serde_json::from_str(json).map_err(|error| Misunderstood(error.to_string()))?;
        if let Some(records) = call.records {
            let records = records.into_iter().map(|raw| read(raw.get()));
            return Ok(Invocation::Records(records.collect()));
        }
        let scheduled = call.detail_type.as_deref() == Some("Scheduled Event");
        let tick = call.tick.or(call.time.filter(|_| scheduled));
        let Some(tick) = tick else {
            return Err(Misunderstood("it has neither `Records` nor `tick`".into()));
        };
        let time = Time::parse(&tick);
        time.map(Invocation::Tick)
            .ok_or_else(|| Misunderstood(format!("the tick `{tick}` is no time")))
    }
}

fn read(raw: &str) -> Result<Record, Unreadable> {
    let unreadable = |reason: String, outer: Option<&Outer<'_>>| {
        let (shard, sequence) = outer.map_or((None, None), Outer::place);
        Unreadable {
            shard,
            sequence,
            reason,
            raw: raw.to_owned(),
        }
    };
    let outer: Outer<'_> =
        serde_json::from_str(raw).map_err(|error| unreadable(error.to_string(), None))?;
    let (Some(shard), Some(sequence)) = outer.place() else {
        return Err(unreadable(
            "it has no shard or sequence number".into(),
            Some(&outer),
        ));
    };
    let data = outer
        .kinesis
        .as_ref()
        .and_then(|inner| inner.data.as_deref());
    let Some(data) = data else {
        return Err(unreadable("it has no data".into(), Some(&outer)));
    };
    let data = base64_simd::STANDARD
        .decode_to_vec(data)
        .map_err(|_| unreadable("its data is no base64".into(), Some(&outer)))?;
    let inner = outer.kinesis;
    let arrival = inner
        .as_ref()
        .and_then(|inner| inner.approximate_arrival_timestamp);
    Ok(Record {
        shard,
        sequence,
        partition_key: inner.and_then(|inner| inner.partition_key),
        arrival: arrival.and_then(Time::from_epoch_double),
        data,
    })
}

impl Outer<'_> {
    /// The shard and the sequence number.
    fn place(&self) -> (Option<Arc<str>>, Option<Sequence>) {
        let id = self.event_id.as_deref().and_then(|id| id.split_once(':'));
        let inner = self.kinesis.as_ref();
        let sequence = inner.and_then(|inner| inner.sequence_number.as_deref());
        let sequence = sequence.or(id.map(|(_, sequence)| sequence));
        (
            id.map(|(shard, _)| shard.into()),
            sequence.and_then(Sequence::new),
        )
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use serde_json::{Value, json};

    use super::{Invocation, Record, Sequence, Unreadable};
    use tripline_engine::Time;

    fn record() -> Value {
        json!({
            "kinesis": {
                "kinesisSchemaVersion": "1.0", "partitionKey": "user-1", "sequenceNumber": "4959",
                "data": "eyJhIjoxfQ==", "approximateArrivalTimestamp": 1_545_084_650.987,
            },
            "eventSource": "aws:kinesis", "eventVersion": "1.0", "eventID": "shardId-000000000006:4959",
            "eventName": "aws:kinesis:record", "awsRegion": "eu-west-1",
            "eventSourceARN": "arn:aws:kinesis:eu-west-1:1:stream/events",
        })
    }

    fn read(records: Vec<Value>) -> Vec<Result<Record, Unreadable>> {
        match Invocation::read(&json!({"Records": records}).to_string()).unwrap() {
            Invocation::Records(records) => records,
            Invocation::Tick(_) => panic!("it is of records"),
        }
    }

    #[test]
    fn records_as_kinesis_gives_them() {
        let given = read(vec![record()]).remove(0).unwrap();
        let expected = Record {
            shard: "shardId-000000000006".into(),
            sequence: Sequence::new("4959").unwrap(),
            partition_key: Some("user-1".into()),
            arrival: Some(Time(1_545_084_650_987)),
            data: b"{\"a\":1}".to_vec(),
        };
        assert_eq!(given, expected);
        assert!(read(Vec::new()).is_empty());
    }

    #[test]
    fn one_wrong_record_harms_no_other() {
        let change = |path: &str, value: Value| {
            let mut record = record();
            *record.pointer_mut(path).unwrap() = value;
            record
        };
        let wrong = [
            (change("/kinesis/data", json!("%")), "its data is no base64"),
            (change("/kinesis/data", Value::Null), "it has no data"),
            (change("/kinesis", Value::Null), "it has no data"),
            (
                change("/eventID", json!("x")),
                "it has no shard or sequence number",
            ),
            (
                change("/kinesis/sequenceNumber", json!("-1")),
                "it has no shard or sequence number",
            ),
            (json!(5), "invalid type: integer `5`"),
        ];
        for (wrong, reason) in wrong {
            let raw = wrong.to_string();
            let records = read(vec![record(), wrong, record()]);
            assert!(records[0].is_ok() && records[2].is_ok(), "{raw}");
            let unreadable = records[1].clone().unwrap_err();
            assert!(
                unreadable.reason.starts_with(reason),
                "{}",
                unreadable.reason
            );
            assert_eq!(unreadable.raw, raw);
        }
        let unreadable = read(vec![change("/kinesis/data", json!("%"))])
            .remove(0)
            .unwrap_err();
        assert_eq!(unreadable.shard.as_deref(), Some("shardId-000000000006"));
        assert_eq!(unreadable.sequence, Sequence::new("4959"));
    }

    #[test]
    fn what_may_be_missing() {
        let mut bare = record();
        for name in ["partitionKey", "approximateArrivalTimestamp"] {
            bare["kinesis"].as_object_mut().unwrap().remove(name);
        }
        let bare = read(vec![bare]).remove(0).unwrap();
        assert_eq!((bare.partition_key, bare.arrival), (None, None));
    }

    #[test]
    fn arrival_times_to_the_millisecond() {
        for millis in 0..1_000 {
            let mut record = record();
            let seconds = 1_545_084_650.0 + f64::from(millis) / 1_000.0;
            record["kinesis"]["approximateArrivalTimestamp"] = json!(seconds);
            let record = read(vec![record]).remove(0).unwrap();
            assert_eq!(
                record.arrival,
                Some(Time(1_545_084_650_000 + i64::from(millis)))
            );
        }
    }

    #[test]
    fn ticks_of_both_kinds_of_schedule() {
        let noon = Time::parse("2026-01-05T12:00:00Z").unwrap();
        let rule = json!({
            "version": "0", "id": "1", "detail-type": "Scheduled Event", "source": "aws.events",
            "time": "2026-01-05T12:00:00Z", "resources": [], "detail": {},
        });
        for tick in [json!({"tick": "2026-01-05T12:00:00Z"}), rule] {
            let read = Invocation::read(&tick.to_string()).unwrap();
            assert!(matches!(read, Invocation::Tick(time) if time == noon));
        }
        for other in [
            "{}",
            "[]",
            "{\"tick\":\"soon\"}",
            "{\"time\":\"2026-01-05T12:00:00Z\"}",
        ] {
            assert!(Invocation::read(other).is_err(), "{other}");
        }
    }
}
