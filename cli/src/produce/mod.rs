//! `tripline produce`: puts events into a Kinesis stream.

mod queue;

use std::collections::HashSet;
use std::future::Future;
use std::path::Path;
use std::process::ExitCode;
use std::sync::Arc;
use std::time::{Duration, Instant};

use serde::Serialize;
use serde_json::Value;
use tripline_lambdas::aws::{Producer, Refused};

use self::queue::{Limits, Pending, Queue};
use crate::args::ProduceArgs;
use crate::batch::Batch;
use crate::deployment;
use crate::failure::Failure;
use crate::input;
use crate::output::Output;
use crate::progress::Progress;
use crate::terminal::{Terminal, counted};

/// What Kinesis takes in one request.
const LIMITS: Limits = Limits {
    records: 500,
    bytes: 5 << 20,
};
/// The longest partition key, in characters.
const MAX_KEY_CHARS: usize = 256;
/// How many bytes of records wait to be sent at most.
const AHEAD: usize = 16 << 20;
/// The longest wait between two tries grows from the first of these to the second, in seconds.
const FIRST_WAIT: f64 = 0.05;
const LONGEST_WAIT: f64 = 5.0;

/// Why a record is not sent whose key has one that was not taken.
const GIVEN_UP: &str = "a record before it of the same key was given up";

/// A line that is not in the stream.
#[derive(Serialize)]
struct Unsent<'a> {
    reason: &'a str,
    raw: &'a str,
}

pub(crate) fn produce(args: &ProduceArgs, terminal: &Terminal) -> Result<ExitCode, Failure> {
    deployment::within(async {
        let producer = Producer::new(&args.aws.config().await, &args.stream);
        let put = |records| {
            let producer = producer.clone();
            async move { producer.put(records).await }
        };
        Production::new(args, terminal, put).run().await
    })
}

/// Records on their way into a stream.
struct Production<'a, P> {
    args: &'a ProduceArgs,
    terminal: &'a Terminal,
    put: P,
    queue: Queue,
    /// What was taken from the queue, until it is known what became of it.
    under_way: Vec<Pending>,
    /// Keys of which a record was given up: what comes after it must not get ahead of it.
    given_up: HashSet<String>,
    /// Why no further record can be sent.
    hopeless: Option<String>,
    failed: Option<Output>,
    begun: Instant,
    sent: u64,
    bytes: u64,
    again: u64,
    unsent: u64,
    /// How many rounds in a row something failed in.
    failing: u32,
}

impl<'a, P, F> Production<'a, P>
where
    P: Fn(Vec<(String, Vec<u8>)>) -> F,
    F: Future<Output = Vec<Result<(), Refused>>>,
{
    fn new(args: &'a ProduceArgs, terminal: &'a Terminal, put: P) -> Self {
        Production {
            args,
            terminal,
            put,
            queue: Queue::default(),
            under_way: Vec::new(),
            given_up: HashSet::new(),
            hopeless: None,
            failed: None,
            begun: Instant::now(),
            sent: 0,
            bytes: 0,
            again: 0,
            unsent: 0,
            failing: 0,
        }
    }

    async fn run(mut self) -> Result<ExitCode, Failure> {
        let inputs = input::expand(&self.args.events)?;
        let sizes = inputs.iter().map(|input| input.bytes).sum();
        let progress = Progress::new(
            self.terminal.shows_progress(),
            self.terminal.stderr_colors,
            sizes,
        );
        let read = Arc::default();
        let mut stopped = std::pin::pin!(deployment::stopped());
        let mut was_stopped = false;
        let mut broken = None;
        'inputs: for input in &inputs {
            let unreadable =
                |error| Failure::Message(format!("cannot read {}: {error}", input.name));
            let lines = input.open(self.args.max_record_bytes, Arc::clone(&read));
            let mut lines = lines.map_err(unreadable)?;
            let mut batch = Batch::default();
            loop {
                // A pipe may be long in giving something, so that reading it must not keep from being stopped.
                let reading = tokio::task::spawn_blocking(move || {
                    batch.clear();
                    let after = batch.fill(&mut lines);
                    (batch, lines, after)
                });
                let read_on = tokio::select! {
                    biased;
                    _ = &mut stopped => {
                        was_stopped = true;
                        break 'inputs;
                    }
                    read_on = reading => read_on,
                };
                let after;
                (batch, lines, after) = read_on
                    .map_err(|error| Failure::Message(format!("reading broke off: {error}")))?;
                for line in batch.lines() {
                    match line {
                        Ok(line) => self.take(line).await?,
                        Err((line, reason)) => self.fail(line, reason)?,
                    }
                }
                while self.queue.bytes() > AHEAD || (lines.waits() && !self.queue.is_empty()) {
                    if self.hopeless.is_some() {
                        break 'inputs;
                    }
                    tokio::select! {
                        biased;
                        _ = &mut stopped => {
                            was_stopped = true;
                            break 'inputs;
                        }
                        done = self.round() => done?,
                    }
                    let bytes = read.load(std::sync::atomic::Ordering::Relaxed);
                    progress.update(bytes, self.sent, self.begun.elapsed());
                }
                match after {
                    crate::batch::After::More => {}
                    crate::batch::After::End => break,
                    // What was read before is worth sending.
                    crate::batch::After::Broken(error) => {
                        broken = Some(unreadable(error));
                        break 'inputs;
                    }
                }
            }
        }
        while !was_stopped && self.hopeless.is_none() && !self.queue.is_empty() {
            tokio::select! {
                biased;
                _ = &mut stopped => was_stopped = true,
                done = self.round() => done?,
            }
            progress.update(
                read.load(std::sync::atomic::Ordering::Relaxed),
                self.sent,
                self.begun.elapsed(),
            );
        }
        for record in std::mem::take(&mut self.under_way) {
            self.fail(
                &record.data,
                "stopped while it was sent: it may be in the stream",
            )?;
        }
        let why = self.hopeless.clone();
        for record in self.queue.drain() {
            self.fail(
                &record.data,
                why.as_deref().unwrap_or("stopped before it was sent"),
            )?;
        }
        progress.clear();
        if let Some(why) = &self.hopeless {
            let stream = &self.args.stream;
            self.terminal
                .say(&format!("nothing can be put into {stream}: {why}\n"));
        }
        if was_stopped {
            let lines = counted(self.sent + self.unsent, "line");
            self.terminal.say(&format!(
                "stopped after {lines}: the input was not read to its end\n"
            ));
        }
        let code = match self.report()? {
            ExitCode::SUCCESS if was_stopped => ExitCode::from(1),
            code => code,
        };
        broken.map_or(Ok(code), Err)
    }

    /// Takes a line into the queue, if it is an event.
    async fn take(&mut self, line: &[u8]) -> Result<(), Failure> {
        let Ok(event @ Value::Object(_)) = serde_json::from_slice::<Value>(line) else {
            return self.fail(line, "not a JSON object");
        };
        let key = self.args.key.iter().find_map(|path| key_of(&event, path));
        // Without a key of its own an event goes anywhere, the same one always to the same place.
        let key = bounded(key.unwrap_or_else(|| format!("{:08x}", crc32fast::hash(line))));
        // Where nothing may overtake anything, one that would have to wait is waited for.
        if key.len() + line.len() > self.args.max_record_bytes {
            return self.fail(line, "too long with its partition key");
        }
        if self.given_up.contains(&key) {
            return self.fail(line, GIVEN_UP);
        }
        while self.args.in_order
            && self.hopeless.is_none()
            && (self.queue.holds(&key) || self.queue.len() >= LIMITS.records)
        {
            self.round().await?;
        }
        self.queue.push(Pending {
            key,
            data: line.to_vec(),
            tried: 0,
        });
        Ok(())
    }

    /// Sends some requests side by side, of different keys all of them.
    async fn round(&mut self) -> Result<(), Failure> {
        let mut calls = Vec::new();
        for _ in 0..self.args.in_flight.get() {
            let request = self.queue.take(LIMITS);
            if request.is_empty() {
                break;
            }
            let records = request.iter();
            let records = records.map(|one| (one.key.clone(), one.data.clone()));
            calls.push((self.put)(records.collect()));
            self.under_way.extend(request);
        }
        let results = futures_util::future::join_all(calls).await;
        let mut refused = 0;
        let sent = std::mem::take(&mut self.under_way);
        for (mut record, result) in sent.into_iter().zip(results.into_iter().flatten()) {
            record.tried += 1;
            match result {
                Ok(()) => {
                    self.sent += 1;
                    self.bytes += record.data.len() as u64;
                    self.queue.done(&record.key);
                }
                Err(Refused {
                    reason,
                    lasts: true,
                }) => {
                    self.hopeless = Some(reason);
                    self.queue.again(record);
                }
                Err(Refused { reason, .. }) if record.tried >= self.args.attempts.get() => {
                    let reason = format!("sent {} times: {reason}", record.tried);
                    self.fail(&record.data, &reason)?;
                    for later in self.queue.give_up(&record.key) {
                        self.fail(&later.data, GIVEN_UP)?;
                    }
                    self.given_up.insert(record.key);
                }
                Err(_) => {
                    refused += 1;
                    self.queue.again(record);
                }
            }
        }
        self.again += refused;
        self.failing = if refused > 0 { self.failing + 1 } else { 0 };
        self.wait().await;
        Ok(())
    }

    /// Waits where the stream is overloaded, and where records are to go more slowly.
    async fn wait(&self) {
        if self.failing > 0 {
            let most = FIRST_WAIT * f64::from(1_u32 << self.failing.min(16));
            let wait = most.min(LONGEST_WAIT) * fastrand::f64();
            tokio::time::sleep(Duration::from_secs_f64(wait)).await;
        }
        if let Some(rate) = self.args.rate {
            let due = self.sent as f64 / f64::from(rate.get());
            let wait = due - self.begun.elapsed().as_secs_f64();
            if wait > 0.0 {
                tokio::time::sleep(Duration::from_secs_f64(wait)).await;
            }
        }
    }

    /// Keeps a line that is not sent.
    fn fail(&mut self, line: &[u8], reason: &str) -> Result<(), Failure> {
        self.unsent += 1;
        if self.failed.is_none() {
            self.failed = Some(Output::append(&self.args.failed)?);
        }
        let raw = String::from_utf8_lossy(line);
        let unsent = Unsent { reason, raw: &raw };
        self.failed
            .as_mut()
            .map_or(Ok(()), |output| output.row(&unsent))
    }

    fn report(mut self) -> Result<ExitCode, Failure> {
        let seconds = self.begun.elapsed().as_secs_f64();
        let rate = self.sent as f64 / seconds.max(1e-3);
        let mut text = format!(
            "{} sent to {}, {} bytes, in {seconds:.1} s: {rate:.0} records/s\n",
            counted(self.sent, "record"),
            self.args.stream,
            self.bytes,
        );
        if self.again > 0 {
            text += &format!("{} sent again\n", counted(self.again, "record"));
        }
        if self.unsent > 0 {
            let failed = Path::new(&self.args.failed).display();
            text += &format!("{} not sent: see {failed}\n", counted(self.unsent, "line"));
        }
        self.terminal.note(&text);
        if let Some(output) = &mut self.failed {
            output.flush()?;
        }
        Ok(ExitCode::from(u8::from(self.unsent > 0)))
    }
}

/// The partition key that a path leads to: a text, a number or a truth value.
fn key_of(event: &Value, path: &str) -> Option<String> {
    let mut value = event;
    for name in path.split('.') {
        value = value.get(name)?;
    }
    match value {
        Value::String(text) if !text.is_empty() => Some(text.clone()),
        Value::Number(_) | Value::Bool(_) => Some(value.to_string()),
        _ => None,
    }
}

/// A key that Kinesis takes: a longer one is cut, and ended with its hash.
fn bounded(key: String) -> String {
    match key.char_indices().nth(MAX_KEY_CHARS) {
        None => key,
        Some(_) => {
            let start: String = key.chars().take(MAX_KEY_CHARS - 8).collect();
            format!("{start}{:08x}", crc32fast::hash(key.as_bytes()))
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::{bounded, key_of};

    #[test]
    fn keys_are_found_and_fit() {
        let event = json!({"userId": "u1", "data": {"room": 5, "tags": []}, "empty": ""});
        assert_eq!(key_of(&event, "userId").as_deref(), Some("u1"));
        assert_eq!(key_of(&event, "data.room").as_deref(), Some("5"));
        for none in ["data.tags", "data", "empty", "userId.x", "other"] {
            assert_eq!(key_of(&event, none), None, "{none}");
        }
        let long = bounded("é".repeat(5_000));
        assert_eq!(long.chars().count(), 256);
        assert_ne!(long, bounded("é".repeat(5_001)));
    }
}
