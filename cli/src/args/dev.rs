//! What `tripline dev` is told.

use std::net::IpAddr;
use std::num::NonZeroU64;
use std::path::PathBuf;

use super::AwsArgs;
use crate::dev::source::Speed;

/// Where events come from, where they are kept, and who may look.
#[derive(Debug, clap::Args)]
pub(crate) struct DevArgs {
    /// Folder of rule files, read recursively, and again when one is saved
    #[arg(long, value_name = "DIR", default_value = "rules")]
    pub(crate) rules: PathBuf,

    /// Event files, plain, gzip or zstd, folders of them, or - for standard input
    #[arg(long, value_name = "FILE", num_args = 1.., help_heading = "Source")]
    pub(crate) events: Vec<PathBuf>,

    /// Events of a company that the sample tells of, without end; it is the source if no other is named
    #[arg(long, conflicts_with_all = ["events", "post"], help_heading = "Source")]
    pub(crate) sample: bool,

    /// Seed of the sample
    #[arg(long, default_value_t = 1, help_heading = "Source")]
    pub(crate) seed: u64,

    /// Nothing but what is posted to /events
    #[arg(long, conflicts_with = "events", help_heading = "Source")]
    pub(crate) post: bool,

    /// A Kinesis stream, all shards, from where it was read to (needs a build with the feature `aws`)
    #[arg(long, value_name = "STREAM", conflicts_with_all = ["events", "sample", "post", "speed", "once"], help_heading = "Source")]
    pub(crate) kinesis: Option<String>,

    /// Of a stream that was not read before: what it still holds, too
    #[arg(long, requires = "kinesis", help_heading = "Source")]
    pub(crate) from_oldest: bool,

    #[command(flatten)]
    pub(crate) aws: AwsArgs,

    /// How fast events are replayed, by their times: 1x, 60x, max [default: max for files, 60x for the sample]
    #[arg(long, value_name = "SPEED", help_heading = "Source")]
    pub(crate) speed: Option<Speed>,

    /// At the end of the last file, wait for more lines, as tail -F does
    #[arg(long, requires = "events", help_heading = "Source")]
    pub(crate) follow: bool,

    /// End with the source; without the page
    #[arg(long, help_heading = "Source")]
    pub(crate) once: bool,

    /// The file that everything is kept in [default: .tripline/dev.db beside the folder of the rules]
    #[arg(long, value_name = "FILE", help_heading = "Store")]
    pub(crate) store: Option<PathBuf>,

    /// Keep everything in memory
    #[arg(long, conflicts_with_all = ["store", "fresh"], help_heading = "Store")]
    pub(crate) ephemeral: bool,

    /// Begin anew: what is stored is removed
    #[arg(long, help_heading = "Store")]
    pub(crate) fresh: bool,

    /// How many of the last events are kept
    #[arg(
        long,
        value_name = "N",
        default_value = "20000",
        help_heading = "Store"
    )]
    pub(crate) keep_events: NonZeroU64,

    /// Port of the page
    #[arg(long, default_value_t = 7171, help_heading = "Page")]
    pub(crate) port: u16,

    /// Show the page in the browser
    #[arg(long, help_heading = "Page")]
    pub(crate) open: bool,

    /// Serve the page on this address, too, to whoever has the token that is shown
    #[arg(long, value_name = "ADDRESS", help_heading = "Page")]
    pub(crate) listen: Option<IpAddr>,

    /// Look for changes of the rules now and then: for file systems that do not tell of them
    #[arg(long)]
    pub(crate) poll: bool,
}
