//! What both functions do around their handlers: rules, environment, calls, metrics.

mod http;
mod rules;

use std::fmt;
use std::io::{self, Write};
use std::sync::Arc;
use std::time::{Duration, Instant, SystemTime};

use aws_lambda_events::event::streams::KinesisEventResponse;
use lambda_runtime::{Error, LambdaEvent, service_fn};
use serde_json::value::RawValue;
use tripline_engine::Time;

pub use self::rules::{BadRules, program};
use crate::alert::AlertFunction;
use crate::aws::{self, Aws, SdkConfig};
use crate::call::{Call, Failed};
use crate::invocation::Invocation;
use crate::metrics::{Dimensions, Durations, Metrics};
use crate::store::Fault;
use crate::transform::TransformFunction;

/// How much of a call's time is left for its answer.
const ANSWER: Duration = Duration::from_millis(1_000);

/// A variable that a function needs and that is not set.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NotSet(&'static str);

impl fmt::Display for NotSet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "the environment variable {} is not set: the template sets it to the name of what it deployed",
            self.0
        )
    }
}

impl std::error::Error for NotSet {}

/// A variable of the environment; one that is empty counts as not set.
#[allow(
    clippy::disallowed_methods,
    reason = "the environment is read here and handed on"
)]
pub fn variable(name: &str) -> Option<String> {
    std::env::var(name).ok().filter(|value| !value.is_empty())
}

/// A variable that has to be set.
///
/// # Errors
///
/// If it is not; the error names it.
pub fn required(name: &'static str) -> Result<String, NotSet> {
    variable(name).ok_or(NotSet(name))
}

/// Starts writing logs: JSON where Lambda asks for it, and never what events hold.
pub fn start_logging() {
    lambda_runtime::tracing::init_default_subscriber();
}

/// Tells of a start that failed, so that the log shows it as people read it, and gives it on.
pub fn failed_start(error: impl fmt::Display) -> Error {
    let text = error.to_string();
    // In a log of JSON lines a drawing is one value; beside it, it can be read.
    eprintln!("{text}");
    text.into()
}

/// What a function does with its calls.
#[allow(
    async_fn_in_trait,
    reason = "a function works on one call at a time, on one thread"
)]
pub trait Handler {
    /// Takes a call; tells from which records on they are to be delivered again.
    async fn handle(&self, invocation: Invocation, call: &Call<'_>) -> Result<Vec<Failed>, Fault>;

    /// What was counted since it was asked last, and how long it waited.
    fn counted(&self) -> (Metrics, Durations);
}

impl Handler for AlertFunction<'_, Aws> {
    async fn handle(&self, invocation: Invocation, call: &Call<'_>) -> Result<Vec<Failed>, Fault> {
        match invocation {
            Invocation::Records(records) => self.records(records, call).await,
            Invocation::Tick(at) => self.tick(at, call).await.map(|()| Vec::new()),
        }
    }

    fn counted(&self) -> (Metrics, Durations) {
        (self.take_metrics(), self.world().take_durations())
    }
}

impl Handler for TransformFunction<'_, Aws> {
    async fn handle(&self, invocation: Invocation, call: &Call<'_>) -> Result<Vec<Failed>, Fault> {
        match invocation {
            Invocation::Records(records) => self.records(records, call).await,
            // Its rows have no timers.
            Invocation::Tick(_) => Ok(Vec::new()),
        }
    }

    fn counted(&self) -> (Metrics, Durations) {
        (self.take_metrics(), self.world().take_durations())
    }
}

/// How AWS is talked to.
pub async fn config() -> SdkConfig {
    let loader = aws::loader();
    let loader = match http::client() {
        Some(client) => loader.http_client(client),
        None => loader,
    };
    loader.load().await
}

/// Takes the calls of a function of this name, one after the other, and writes the metrics of each.
///
/// # Errors
///
/// If Lambda's runtime cannot be talked to.
pub async fn serve(name: &'static str, handler: &impl Handler) -> Result<(), Error> {
    let or = |name, default: &str| variable(name).unwrap_or_else(|| default.to_owned());
    let (namespace, stage) = (or("METRICS_NAMESPACE", "Tripline"), or("STAGE", "dev"));
    let dimensions = &Dimensions {
        namespace: &namespace,
        stage: &stage,
        function: name,
    };
    let take = move |event: LambdaEvent<Box<RawValue>>| async move {
        let invocation = Invocation::read(event.payload.get())?;
        let (begun, now) = (Instant::now(), now());
        let ends = Time(i64::try_from(event.context.deadline).unwrap_or(i64::MAX));
        let left = u64::try_from(ends.0.saturating_sub(now.0)).unwrap_or(0);
        let last = begun + Duration::from_millis(left).saturating_sub(ANSWER);
        let call = Call {
            id: Arc::from(event.context.request_id.as_str()),
            now,
            ends,
            is_late: &|| Instant::now() >= last,
        };
        let done = handler.handle(invocation, &call).await;
        let (metrics, mut took) = handler.counted();
        took.total = begun.elapsed().as_secs_f64() * 1_000.0;
        write(&metrics.lines(dimensions, took, now));
        Ok::<_, Error>(answer(&done?))
    };
    lambda_runtime::run(service_fn(take)).await
}

#[allow(clippy::disallowed_methods, reason = "a call begins now")]
fn now() -> Time {
    let since = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH);
    Time(since.map_or(0, |since| since.as_millis() as i64))
}

/// Writes lines where Lambda takes them for the log.
fn write(lines: &[String]) {
    let mut out = io::stdout().lock();
    for line in lines {
        // A log that cannot be written is no reason to fail the call.
        let _ = writeln!(out, "{line}");
    }
}

/// The answer that has records delivered again.
fn answer(failed: &[Failed]) -> KinesisEventResponse {
    let mut answer = KinesisEventResponse::default();
    for Failed(sequence) in failed {
        answer.add_failure(sequence.to_string());
    }
    answer
}
