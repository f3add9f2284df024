//! `tripline status`: how far a deployment has come, and what fires.

use std::io::Write;
use std::process::ExitCode;
use std::sync::Arc;

use serde::Serialize;
use serde_json::Value;
use tripline_engine::{AlertSeverity, Input, Time};
use tripline_lambdas::aws::{Aws, Names};
use tripline_lambdas::item::{Item, Name};
use tripline_lambdas::store::{Fault, States, Stream};

use crate::args::{Format, StatusArgs};
use crate::deployment;
use crate::failure::Failure;
use crate::terminal::{Terminal, counted, tame};

/// How many items that have something to send are looked for.
const WAITING: usize = 10_000;

/// What is known of a deployment.
#[derive(Debug, Serialize)]
struct Status {
    shards: Vec<Shard>,
    firing: Vec<Firing>,
    waiting: Vec<Waiting>,
}

#[derive(Debug, Serialize)]
struct Shard {
    shard: Arc<str>,
    /// The last record that was applied.
    applied: Option<String>,
    /// The newest arrival among them.
    progress: Option<Time>,
}

#[derive(Debug, Serialize)]
struct Firing {
    alert: String,
    key: Value,
    severity: AlertSeverity,
    since: Option<Time>,
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    shadow: bool,
}

/// A message that is yet to be sent.
#[derive(Debug, Serialize)]
struct Waiting {
    notification: String,
    topic: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    failure: Option<String>,
}

pub(crate) fn status(args: &StatusArgs, terminal: &Terminal) -> Result<ExitCode, Failure> {
    let status = deployment::within(async {
        let names = Names {
            state: args.state_table.clone(),
            stream: args.stream.clone(),
            ..Names::default()
        };
        let aws = Aws::new(&args.aws.config().await, names);
        read(&aws)
            .await
            .map_err(|fault| Failure::Message(fault.to_string()))
    })?;
    let mut text = Vec::new();
    let written = match args.format {
        Format::Json => serde_json::to_writer(&mut text, &status).map_err(Into::into),
        Format::Text => draw(&status, &mut text),
    };
    let written = written.and_then(|()| {
        let mut out = std::io::stdout().lock();
        out.write_all(&text)?;
        if args.format == Format::Json {
            out.write_all(b"\n")
        } else {
            Ok(())
        }
    });
    written.map_err(|error| Failure::write("the status", &error))?;
    let waiting = counted(status.waiting.len() as u64, "message");
    terminal.note(&format!(
        "{} firing, {waiting} waiting to be sent\n",
        counted(status.firing.len() as u64, "alert")
    ));
    Ok(ExitCode::SUCCESS)
}

async fn read(aws: &Aws) -> Result<Status, Fault> {
    let shards = aws.shards().await?;
    let names: Vec<Name> = shards.iter().cloned().map(Name::Shard).collect();
    let items = all(aws, &names).await?;
    let shards = shards.into_iter().zip(&items).map(|(shard, item)| {
        let input = item
            .state
            .as_ref()
            .and_then(|state| Input::decode(state).ok());
        Shard {
            applied: item.applied(&shard).map(ToString::to_string),
            progress: input.and_then(|input| input.progress),
            shard,
        }
    });
    let shards = shards.collect();
    let names = aws.firing().await?;
    let items = all(aws, &names).await?;
    let firing = names
        .iter()
        .zip(&items)
        .filter_map(|(name, item)| firing(name, item));
    let mut firing: Vec<Firing> = firing.collect();
    firing.sort_by(|a, b| b.severity.cmp(&a.severity).then(a.since.cmp(&b.since)));
    let names = aws.due(Time(1), WAITING).await?;
    let items = all(aws, &names).await?;
    let waiting = items.into_iter().flat_map(|item| item.outbox);
    let waiting = waiting.map(|one| Waiting {
        notification: one.id,
        topic: one.topic,
        failure: one.failure,
    });
    Ok(Status {
        shards,
        firing,
        waiting: waiting.collect(),
    })
}

/// Items that there are, or were a moment ago.
async fn all(aws: &Aws, names: &[Name]) -> Result<Vec<Item>, Fault> {
    let items = aws.load(names).await.into_iter();
    items
        .map(|item| item.map(Option::unwrap_or_default))
        .collect()
}

fn firing(name: &Name, item: &Item) -> Option<Firing> {
    let (Name::Key { key, .. }, Some(rule)) = (name, &item.firing) else {
        return None;
    };
    let since = item
        .state
        .as_ref()
        .and_then(|state| rule.firing_since(state).ok());
    Some(Firing {
        alert: rule.name.clone(),
        key: serde_json::from_str(key).unwrap_or(Value::Null),
        severity: rule.severity(),
        since: since.flatten(),
        shadow: rule.is_shadow(),
    })
}

fn draw(status: &Status, out: &mut Vec<u8>) -> std::io::Result<()> {
    let or_none = |time: Option<Time>| time.map_or_else(|| "-".to_owned(), |time| time.to_string());
    let width = status
        .shards
        .iter()
        .map(|one| one.shard.len())
        .max()
        .unwrap_or(5);
    writeln!(out, "{:width$}  {:24}  last record", "shard", "read up to")?;
    for one in &status.shards {
        let applied = one.applied.as_deref().unwrap_or("-");
        writeln!(
            out,
            "{:width$}  {:24}  {applied}",
            one.shard,
            or_none(one.progress)
        )?;
    }
    if !status.firing.is_empty() {
        let width = status
            .firing
            .iter()
            .map(|one| one.alert.len())
            .max()
            .unwrap_or(5);
        writeln!(
            out,
            "\n{:8}  {:width$}  {:24}  key",
            "severity", "alert", "since"
        )?;
        for one in &status.firing {
            let key = tame(&one.key.to_string());
            let shadow = if one.shadow { "  (shadow)" } else { "" };
            writeln!(
                out,
                "{:8}  {:width$}  {:24}  {key}{shadow}",
                one.severity,
                one.alert,
                or_none(one.since)
            )?;
        }
    }
    if !status.waiting.is_empty() {
        writeln!(out, "\nwaiting to be sent")?;
        for one in &status.waiting {
            let failure = one.failure.as_deref().unwrap_or("not sent yet");
            writeln!(
                out,
                "{}  {}  {}",
                one.notification,
                one.topic,
                tame(failure)
            )?;
        }
    }
    Ok(())
}
