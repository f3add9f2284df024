//! What `tripline new` may be told.

use std::num::NonZeroU64;
use std::path::PathBuf;

use clap::Subcommand;

use super::examples::NEW_EXAMPLES;

#[derive(Debug, clap::Args)]
pub(crate) struct NewArgs {
    #[command(subcommand)]
    pub(crate) command: NewCommand,
}

#[derive(Debug, Subcommand)]
pub(crate) enum NewCommand {
    /// An alert: NAME.yaml and NAME.test.yaml in the folder of the rules
    #[command(after_help = NEW_EXAMPLES)]
    Alert(NewAlertArgs),
}

#[derive(Debug, clap::Args)]
pub(crate) struct NewAlertArgs {
    /// Its name, in small letters with hyphens: login-brute-force
    pub(crate) name: String,

    /// Folder of rule files; made if it is not there
    #[arg(long, value_name = "DIR", default_value = "rules")]
    pub(crate) rules: PathBuf,

    /// The type of the events that it counts
    #[arg(long, value_name = "TYPE")]
    pub(crate) on: Option<String>,

    /// The field whose values are counted apart, with a dot between names
    #[arg(long, value_name = "PATH")]
    pub(crate) by: Option<String>,

    /// How many events make it fire
    #[arg(long, value_name = "N", default_value = "5")]
    pub(crate) count: NonZeroU64,

    /// In how long a time, such as 5m or 1h
    #[arg(long, value_name = "DURATION", default_value = "5m")]
    pub(crate) over: String,
}
