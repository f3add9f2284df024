//! `tripline redrive`: shows what could not be used, and puts it back into the stream.

use std::fs;
use std::io::Write;
use std::path::Path;
use std::process::ExitCode;

use serde::Deserialize;
use serde_json::json;
use tripline_lambdas::aws::{Aws, Entry, Names, Producer};
use tripline_lambdas::invocation::Invocation;
use tripline_lambdas::store::Fault;

use crate::args::{Format, RedriveArgs};
use crate::deployment;
use crate::failure::Failure;
use crate::terminal::{Terminal, counted, tame};

/// The most records of a request, and about the most bytes.
const RECORDS: usize = 500;
const BYTES: usize = 4 << 20;

pub(crate) fn redrive(args: &RedriveArgs, terminal: &Terminal) -> Result<ExitCode, Failure> {
    deployment::within(async {
        let config = args.aws.config().await;
        let producer = args
            .stream
            .as_deref()
            .map(|stream| Producer::new(&config, stream));
        if !args.batch.is_empty() {
            // The command line asks for a stream then.
            let Some(producer) = &producer else {
                return Ok(ExitCode::from(2));
            };
            return batches(&args.batch, producer, terminal).await;
        }
        let names = Names {
            quarantine: args.quarantine_table.clone().unwrap_or_default(),
            ..Names::default()
        };
        let aws = Aws::new(&config, names);
        let entries = aws.in_quarantine().await.map_err(told)?;
        match producer {
            Some(producer) => put_back(&aws, &entries, &producer, terminal).await,
            None => {
                list(&entries, args.format).map_err(|error| Failure::write("the list", &error))?;
                terminal.note(&format!(
                    "{} in quarantine\n",
                    counted(entries.len() as u64, "record")
                ));
                Ok(ExitCode::SUCCESS)
            }
        }
    })
}

fn told(fault: Fault) -> Failure {
    Failure::Message(fault.to_string())
}

fn list(entries: &[Entry], format: Format) -> std::io::Result<()> {
    let mut out = std::io::stdout().lock();
    for Entry {
        quarantined: one,
        bytes,
        is_whole,
    } in entries
    {
        match format {
            Format::Json => {
                let raw = is_whole.then(|| String::from_utf8_lossy(&one.payload));
                let row = json!({
                    "shard": one.shard, "position": one.position, "arrival": one.arrival, "reason": one.reason,
                    "bytes": bytes, "partitionKey": one.partition_key, "raw": raw,
                });
                writeln!(out, "{row}")?;
            }
            Format::Text => {
                let arrival = one
                    .arrival
                    .map_or_else(|| "-".to_owned(), |time| time.to_string());
                let kept = if *is_whole {
                    ""
                } else {
                    " (too long to be kept: read it from the stream)"
                };
                let (shard, position, reason) = (&one.shard, &one.position, tame(&one.reason));
                writeln!(
                    out,
                    "{arrival}  {shard}  {position}  {bytes} bytes{kept}\n    {reason}"
                )?;
            }
        }
    }
    Ok(())
}

/// Puts what was kept back into the stream, and takes what is there out of quarantine.
async fn put_back(
    aws: &Aws,
    entries: &[Entry],
    producer: &Producer,
    terminal: &Terminal,
) -> Result<ExitCode, Failure> {
    let mut left: Vec<&Entry> = entries.iter().filter(|entry| entry.is_whole).collect();
    let (mut put, mut refused) = (0, entries.len() - left.len());
    while !left.is_empty() {
        let mut bytes = 0;
        let fits = left.iter().take(RECORDS).take_while(|entry| {
            bytes += entry.quarantined.payload.len();
            bytes <= BYTES
        });
        let some: Vec<&Entry> = left.drain(..fits.count().max(1)).collect();
        let records = some.iter().map(|entry| {
            let one = &entry.quarantined;
            let key = one.partition_key.clone();
            (
                key.unwrap_or_else(|| one.position.clone()),
                one.payload.clone(),
            )
        });
        for (entry, result) in some.iter().zip(producer.put(records.collect()).await) {
            match result {
                Ok(()) => {
                    aws.release(entry).await.map_err(told)?;
                    put += 1;
                }
                Err(refused_for) => {
                    let (position, why) = (&entry.quarantined.position, refused_for.reason);
                    terminal.say(&format!("{position} stays: {why}\n"));
                    refused += 1;
                }
            }
        }
    }
    terminal.note(&format!(
        "{} put back, {refused} left\n",
        counted(put, "record")
    ));
    Ok(ExitCode::from(u8::from(refused > 0)))
}

/// A batch that a mapping gave up, as it lies in the bucket.
#[derive(Deserialize)]
struct GivenUp {
    /// What the function was called with.
    payload: Option<String>,
}

/// Puts the records of batches that were given up back into the stream.
async fn batches(
    files: &[impl AsRef<Path>],
    producer: &Producer,
    terminal: &Terminal,
) -> Result<ExitCode, Failure> {
    let (mut put, mut refused) = (0, 0);
    for file in files {
        let path = file.as_ref();
        let text = fs::read_to_string(path).map_err(|error| Failure::path("read", path, &error))?;
        let is_none = |why: &str| {
            Failure::Message(format!(
                "{} is no batch that was given up: {why}",
                path.display()
            ))
        };
        let given_up: GivenUp =
            serde_json::from_str(&text).map_err(|error| is_none(&error.to_string()))?;
        let payload = given_up
            .payload
            .ok_or_else(|| is_none("it holds no payload"))?;
        let invocation = Invocation::read(&payload).map_err(|error| is_none(&error.to_string()))?;
        let Invocation::Records(records) = invocation else {
            return Err(is_none("it is a tick"));
        };
        for record in records.into_iter().flatten() {
            let key = record
                .partition_key
                .unwrap_or_else(|| record.sequence.to_string());
            match producer.put(vec![(key, record.data)]).await.pop() {
                Some(Ok(())) => put += 1,
                _ => refused += 1,
            }
        }
    }
    terminal.note(&format!(
        "{} put back, {refused} refused\n",
        counted(put, "record")
    ));
    Ok(ExitCode::from(u8::from(refused > 0)))
}
