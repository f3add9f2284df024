//! Takes a stream of a local AWS to a function, as an event source mapping does.
//!
//! `mapping ENDPOINT STREAM FUNCTION CHECKPOINT [batch=1000] [retries=N] [bisect=true] [redeliver=SEED]`
//!
//! It goes on where the checkpoint file says the last one ended, and ends when all shards are read. With `redeliver` some
//! batches come a second time, whole or in part. It writes what it did to standard output, as JSON.

use std::collections::BTreeMap;
use std::error::Error;
use std::ops::Range;
use std::time::Instant;

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use tripline_tests::aws::poller::{Answer, Poller, Settings};

/// What a run did.
#[derive(Debug, Default, Serialize)]
struct Report {
    calls: u64,
    redelivered: u64,
    records: u64,
    /// How long each call took, in milliseconds.
    millis: Vec<f64>,
    /// What the on-failure destination is given.
    given_up: Vec<Value>,
}

/// How far each shard is done with, in records.
#[derive(Debug, Default, Serialize, Deserialize)]
struct Checkpoints(BTreeMap<String, usize>);

struct Driver {
    endpoint: String,
    stream: String,
    function: String,
    settings: Settings,
    redeliver: Option<fastrand::Rng>,
    report: Report,
}

fn main() -> Result<(), Box<dyn Error>> {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let [endpoint, stream, function, checkpoint, options @ ..] = &args[..] else {
        return Err("usage: mapping ENDPOINT STREAM FUNCTION CHECKPOINT [name=value]…".into());
    };
    let mut settings = Settings {
        batch_size: 1_000,
        bisect: true,
        retries: None,
    };
    let mut redeliver = None;
    for option in options {
        match option.split_once('=') {
            Some(("batch", value)) => settings.batch_size = value.parse()?,
            Some(("retries", value)) => settings.retries = Some(value.parse()?),
            Some(("bisect", value)) => settings.bisect = value.parse()?,
            Some(("redeliver", value)) => {
                redeliver = Some(fastrand::Rng::with_seed(value.parse()?))
            }
            _ => return Err(format!("unknown option {option}").into()),
        }
    }
    let mut checkpoints: Checkpoints = match std::fs::read(checkpoint) {
        Ok(bytes) => serde_json::from_slice(&bytes)?,
        Err(_) => Checkpoints::default(),
    };
    let mut driver = Driver {
        endpoint: endpoint.clone(),
        stream: stream.clone(),
        function: function.clone(),
        settings,
        redeliver,
        report: Report::default(),
    };
    for shard in driver.shards()? {
        let done = checkpoints.0.entry(shard.clone()).or_default();
        *done = driver.shard(&shard, *done)?;
    }
    std::fs::write(checkpoint, serde_json::to_vec(&checkpoints)?)?;
    println!("{}", serde_json::to_string(&driver.report)?);
    Ok(())
}

impl Driver {
    /// The shards, parents before their children.
    fn shards(&self) -> Result<Vec<String>, Box<dyn Error>> {
        let listed = self.kinesis("ListShards", &json!({"StreamName": self.stream}))?;
        let shards = listed["Shards"].as_array().cloned().unwrap_or_default();
        let text = |shard: &Value, name: &str| shard[name].as_str().map(str::to_owned);
        let mut left: Vec<(String, Option<String>)> = shards
            .iter()
            .filter_map(|shard| Some((text(shard, "ShardId")?, text(shard, "ParentShardId"))))
            .collect();
        let mut sorted: Vec<String> = Vec::new();
        while !left.is_empty() {
            let waits = |parent: &Option<String>| {
                let parent = parent.as_ref();
                parent.is_some_and(|parent| left.iter().any(|(shard, _)| shard == parent))
            };
            let next = left.iter().position(|(_, parent)| !waits(parent));
            sorted.push(
                left.remove(next.ok_or("shards are each other's parents")?)
                    .0,
            );
        }
        Ok(sorted)
    }

    /// Delivers a shard from a record on; gives the number of records that are done with then.
    fn shard(&mut self, shard: &str, done: usize) -> Result<usize, Box<dyn Error>> {
        let records = self.records(shard)?;
        let mut poller = Poller::new(self.settings);
        poller.start_at(done);
        while let Some(batch) = poller.next(records.len()) {
            let begun = Instant::now();
            let answer = self.invoke(shard, &records, batch.clone())?;
            self.report.millis.push(begun.elapsed().as_secs_f64() * 1e3);
            self.report.calls += 1;
            if answer == Answer::Done {
                self.report.records += batch.len() as u64;
                self.redeliver(shard, &records, &batch)?;
            }
            poller.answer(batch, &answer);
        }
        for range in poller.given_up() {
            let event = event(shard, &records[range.clone()]);
            self.report.given_up.push(json!({
                "KinesisBatchInfo": {
                    "shardId": shard, "batchSize": range.len(),
                    "startSequenceNumber": records[range.start]["SequenceNumber"],
                    "endSequenceNumber": records[range.end - 1]["SequenceNumber"],
                },
                "payload": event.to_string(),
            }));
        }
        Ok(poller.checkpoint())
    }

    /// Delivers some of a batch, or of what came before it, once more; whatever the function says of it.
    fn redeliver(
        &mut self,
        shard: &str,
        records: &[Value],
        batch: &Range<usize>,
    ) -> Result<(), Box<dyn Error>> {
        let Some(random) = &mut self.redeliver else {
            return Ok(());
        };
        if random.bool() {
            let start = random.usize(batch.start.saturating_sub(batch.len())..batch.end);
            let end = random.usize(start + 1..=batch.end);
            self.report.redelivered += 1;
            self.invoke(shard, records, start..end)?;
        }
        Ok(())
    }

    /// All records of a shard.
    fn records(&self, shard: &str) -> Result<Vec<Value>, Box<dyn Error>> {
        let from = json!({
            "StreamName": self.stream, "ShardId": shard, "ShardIteratorType": "TRIM_HORIZON",
        });
        let mut iterator = self.kinesis("GetShardIterator", &from)?["ShardIterator"].take();
        let mut records = Vec::new();
        while iterator.is_string() {
            let mut given = self.kinesis("GetRecords", &json!({"ShardIterator": iterator}))?;
            let page = given["Records"]
                .as_array_mut()
                .map(std::mem::take)
                .unwrap_or_default();
            let is_end = page.is_empty() && given["MillisBehindLatest"].as_u64().unwrap_or(0) == 0;
            records.extend(page);
            if is_end {
                break;
            }
            iterator = given["NextShardIterator"].take();
        }
        Ok(records)
    }

    fn kinesis(&self, operation: &str, input: &Value) -> Result<Value, Box<dyn Error>> {
        let answer = ureq::post(&self.endpoint)
            .header("x-amz-target", &format!("Kinesis_20131202.{operation}"))
            .header("content-type", "application/x-amz-json-1.1")
            .header("authorization", &credentials("kinesis"))
            .send(input.to_string())?;
        Ok(serde_json::from_str(
            &answer
                .into_body()
                .with_config()
                .limit(1 << 30)
                .read_to_string()?,
        )?)
    }

    fn invoke(
        &self,
        shard: &str,
        records: &[Value],
        batch: Range<usize>,
    ) -> Result<Answer, Box<dyn Error>> {
        let (endpoint, function) = (&self.endpoint, &self.function);
        let answer = ureq::post(format!(
            "{endpoint}/2015-03-31/functions/{function}/invocations"
        ))
        .header("content-type", "application/json")
        .header("authorization", &credentials("lambda"))
        .send(event(shard, &records[batch.clone()]).to_string())?;
        let failed = answer.headers().contains_key("x-amz-function-error");
        let body = answer.into_body().read_to_string()?;
        if failed {
            eprintln!("{function} failed: {body}");
            return Ok(Answer::Error);
        }
        let body: Value = serde_json::from_str(&body)?;
        let failures = body["batchItemFailures"]
            .as_array()
            .cloned()
            .unwrap_or_default();
        let places = failures.iter().map(|failure| {
            let sequence = &failure["itemIdentifier"];
            records
                .iter()
                .position(|record| record["SequenceNumber"] == *sequence)
        });
        // An identifier that is none of the shard's counts as the failure of the whole batch.
        let lowest = places.map(|place| place.unwrap_or(batch.start)).min();
        Ok(lowest.map_or(Answer::Done, Answer::FailedFrom))
    }
}

/// What the function is called with.
fn event(shard: &str, records: &[Value]) -> Value {
    let records = records.iter().map(|record| {
        let sequence = record["SequenceNumber"].as_str().unwrap_or_default();
        json!({
            "kinesis": {
                "kinesisSchemaVersion": "1.0", "partitionKey": record["PartitionKey"], "sequenceNumber": sequence,
                "data": record["Data"], "approximateArrivalTimestamp": record["ApproximateArrivalTimestamp"],
            },
            "eventSource": "aws:kinesis", "eventVersion": "1.0", "eventID": format!("{shard}:{sequence}"),
            "eventName": "aws:kinesis:record", "awsRegion": "us-east-1",
            "eventSourceARN": "arn:aws:kinesis:us-east-1:123456789012:stream/events",
        })
    });
    json!({"Records": records.collect::<Vec<_>>()})
}

/// The local AWS looks at the region and the account, and checks no signature.
fn credentials(service: &str) -> String {
    format!(
        "AWS4-HMAC-SHA256 Credential=test/20260105/us-east-1/{service}/aws4_request, SignedHeaders=host, Signature=0"
    )
}
