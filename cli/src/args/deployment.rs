//! What the commands that talk to AWS may be given.

use std::num::{NonZeroU32, NonZeroUsize};
use std::path::PathBuf;

use super::{AwsArgs, Format};

#[derive(Debug, clap::Args)]
pub(crate) struct ProduceArgs {
    /// Files of events, folders of them, or - for standard input
    #[arg(value_name = "FILE", default_value = "-")]
    pub(crate) events: Vec<PathBuf>,

    /// The stream
    #[arg(long, value_name = "NAME")]
    pub(crate) stream: String,

    /// Path of the partition key in an event; of several the first that an event has
    #[arg(long, value_name = "PATH")]
    pub(crate) key: Vec<String>,

    /// Keep the order of all records, not only of those of a key; that is slower
    #[arg(long)]
    pub(crate) in_order: bool,

    /// The most records a second
    #[arg(long, value_name = "N")]
    pub(crate) rate: Option<NonZeroU32>,

    /// How many requests are under way at once
    #[arg(long, value_name = "N", default_value = "4")]
    pub(crate) in_flight: NonZeroUsize,

    /// How often a record is sent before it is given up
    #[arg(long, value_name = "N", default_value = "10")]
    pub(crate) attempts: NonZeroU32,

    /// The longest record that the stream takes, in bytes
    #[arg(long, value_name = "N", default_value_t = 1 << 20)]
    pub(crate) max_record_bytes: usize,

    /// The file that lines are added to which are not sent; it is made only if there are any
    #[arg(long, value_name = "FILE", default_value = "failed.ndjson")]
    pub(crate) failed: PathBuf,

    #[command(flatten)]
    pub(crate) aws: AwsArgs,
}

#[derive(Debug, clap::Args)]
pub(crate) struct StatusArgs {
    /// The state table
    #[arg(long, value_name = "NAME")]
    pub(crate) state_table: String,

    /// The stream
    #[arg(long, value_name = "NAME")]
    pub(crate) stream: String,

    /// How to write it
    #[arg(long, value_enum, default_value_t = Format::Text)]
    pub(crate) format: Format,

    #[command(flatten)]
    pub(crate) aws: AwsArgs,
}

#[derive(Debug, clap::Args)]
pub(crate) struct RedriveArgs {
    /// The quarantine table
    #[arg(long, value_name = "NAME", required_unless_present = "batch")]
    pub(crate) quarantine_table: Option<String>,

    /// The stream that records are put back into; without it they are listed
    #[arg(long, value_name = "NAME")]
    pub(crate) stream: Option<String>,

    /// Objects of the bucket of batches that were given up, as files
    #[arg(long, value_name = "FILE", num_args = 1.., requires = "stream", conflicts_with = "quarantine_table")]
    pub(crate) batch: Vec<PathBuf>,

    /// How to list them
    #[arg(long, value_enum, default_value_t = Format::Text)]
    pub(crate) format: Format,

    #[command(flatten)]
    pub(crate) aws: AwsArgs,
}
