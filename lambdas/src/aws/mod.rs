//! The world as AWS has it: DynamoDB, SNS and Kinesis.

mod attributes;
mod backoff;
mod events;
mod kinesis;
mod producer;
mod quarantine;
mod rows;
mod shards;
mod sns;
mod statements;
mod states;
mod table;

use std::cell::{Cell, RefCell};
use std::time::{Duration, Instant};

use aws_config::BehaviorVersion;
use aws_config::retry::RetryConfig;
use aws_config::stalled_stream_protection::StalledStreamProtectionConfig;
use aws_config::timeout::TimeoutConfig;

pub use aws_config::{Region, SdkConfig};

pub use self::producer::{Producer, Refused};
pub use self::quarantine::Entry;
pub use self::shards::{Begin, ListedShard, ShardRead, ShardRecord, Shards, Unread};
use self::statements::Queue;
use crate::metrics::Durations;
use crate::store::Fault;

/// How many requests are under way at once.
const AT_ONCE: usize = 16;

/// The clients of one process, and the names of what they work on.
#[derive(Debug)]
pub struct Aws {
    dynamodb: aws_sdk_dynamodb::Client,
    sns: aws_sdk_sns::Client,
    stream: Shards,
    names: Names,
    /// Writes that are about to go.
    writes: RefCell<Queue>,
    dynamodb_time: Cell<Duration>,
    sns_time: Cell<Duration>,
}

/// What a deployment calls its parts. A function that has no use for one leaves it empty.
#[derive(Debug, Clone, Default)]
pub struct Names {
    /// The state table.
    pub state: String,
    /// The aggregates table.
    pub aggregates: String,
    /// The events table; `None` if raw events are not stored.
    pub events: Option<String>,
    /// The quarantine table.
    pub quarantine: String,
    /// The stream.
    pub stream: String,
}

/// What reads region, credentials and endpoint from the environment and the profile; and how calls are tried again.
pub fn loader() -> aws_config::ConfigLoader {
    // Left alone, the SDK has no limit to an attempt, and waits up to a second before its first retry, as it would for an
    // API far away: a batch that waits for one slow call blocks its shard.
    let timeouts = TimeoutConfig::builder()
        .connect_timeout(Duration::from_secs(1))
        .operation_attempt_timeout(Duration::from_secs(3))
        .operation_timeout(Duration::from_secs(10))
        .build();
    let retries = RetryConfig::standard()
        .with_max_attempts(5)
        .with_initial_backoff(Duration::from_millis(50))
        .with_max_backoff(Duration::from_secs(1));
    aws_config::defaults(BehaviorVersion::v2026_01_12())
        .timeout_config(timeouts)
        .retry_config(retries)
        // Its grace is longer than the time an attempt may take.
        .stalled_stream_protection(StalledStreamProtectionConfig::disabled())
}

impl Aws {
    /// The clients of this configuration.
    pub fn new(config: &SdkConfig, names: Names) -> Aws {
        Aws {
            dynamodb: aws_sdk_dynamodb::Client::new(config),
            sns: aws_sdk_sns::Client::new(config),
            stream: Shards::new(config, &names.stream),
            names,
            writes: RefCell::default(),
            dynamodb_time: Cell::default(),
            sns_time: Cell::default(),
        }
    }

    /// How long calls took since it was asked last: those that went on side by side added up.
    pub fn take_durations(&self) -> Durations {
        let millis = |time: &Cell<Duration>| time.take().as_secs_f64() * 1_000.0;
        Durations {
            total: 0.0,
            dynamodb: millis(&self.dynamodb_time),
            sns: millis(&self.sns_time),
        }
    }
}

/// Adds the time that a call takes.
async fn timed<T>(time: &Cell<Duration>, call: impl Future<Output = T>) -> T {
    let begun = Instant::now();
    let given = call.await;
    time.set(time.get() + begun.elapsed());
    given
}

/// An error with all that caused it, each said once.
fn fault(error: impl std::error::Error) -> Fault {
    let mut said = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        let more = error.to_string();
        if !said.contains(&more) {
            said = format!("{said}: {more}");
        }
        cause = error.source();
    }
    Fault(said)
}
