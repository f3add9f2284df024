//! What both functions do around their handlers: rules, environment, calls, metrics.

mod rules;

use std::fmt;
use std::io::{self, Write};
use std::sync::Arc;
use std::time::{Duration, Instant, SystemTime};

use aws_lambda_events::event::streams::KinesisEventResponse;
use lambda_runtime::{Context, Error};
use tripline_engine::Time;

pub use self::rules::{BadRules, program};
use crate::call::{Call, Failed};
use crate::metrics::{Dimensions, Durations, Metrics};

/// How much of a call's time is left for its answer.
const ANSWER: Duration = Duration::from_millis(1_000);

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
pub fn required(name: &'static str) -> Result<String, crate::aws::MissingVariable> {
    variable(name).ok_or(crate::aws::MissingVariable(name))
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

#[allow(clippy::disallowed_methods, reason = "a call begins now")]
fn now() -> Time {
    let since = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH);
    Time(since.map_or(0, |since| since.as_millis() as i64))
}

/// Does something within the time of a call, then writes its metrics.
pub struct Calls {
    namespace: String,
    stage: String,
    function: &'static str,
}

impl Calls {
    /// The calls of a function of this name.
    pub fn new(function: &'static str) -> Calls {
        let or = |name, default: &str| variable(name).unwrap_or_else(|| default.to_owned());
        Calls {
            namespace: or("METRICS_NAMESPACE", "Tripline"),
            stage: or("STAGE", "dev"),
            function,
        }
    }

    /// Does the work of a call.
    pub async fn within<T>(
        &self,
        context: &Context,
        work: impl AsyncFnOnce(&Call<'_>) -> T,
        counted: impl FnOnce() -> (Metrics, Durations),
    ) -> T {
        let begun = Instant::now();
        let now = now();
        let ends = Time(i64::try_from(context.deadline).unwrap_or(i64::MAX));
        let left = u64::try_from(ends.0.saturating_sub(now.0)).unwrap_or(0);
        let last = begun + Duration::from_millis(left).saturating_sub(ANSWER);
        let call = Call {
            id: Arc::from(context.request_id.as_str()),
            now,
            ends,
            is_late: &|| Instant::now() >= last,
        };
        let given = work(&call).await;
        let (metrics, mut took) = counted();
        took.total = begun.elapsed().as_secs_f64() * 1_000.0;
        let dimensions = Dimensions {
            namespace: &self.namespace,
            stage: &self.stage,
            function: self.function,
        };
        let mut out = io::stdout().lock();
        for line in metrics.lines(&dimensions, took, now) {
            // A log that cannot be written is no reason to fail the call.
            let _ = writeln!(out, "{line}");
        }
        given
    }
}

/// The answer that has records delivered again.
pub fn answer(failed: &[Failed]) -> KinesisEventResponse {
    let mut answer = KinesisEventResponse::default();
    for Failed(sequence) in failed {
        answer.add_failure(sequence.to_string());
    }
    answer
}
