//! What the command line may say.

use std::num::NonZeroUsize;
use std::path::PathBuf;

use clap::{Parser, Subcommand, ValueEnum};
use clap_complete::Shell;

const MAIN_EXAMPLES: &str = "\
Examples:
  tripline check
  tripline run --events rules/sample/events.ndjson.gz --format text
  tripline sample --seed 7 --events 1000 --output events.ndjson.gz

Exit codes: 0 = fine, 1 = findings, 2 = wrong usage or a file that cannot be read or written.";

const CHECK_EXAMPLES: &str = "\
Examples:
  tripline check                                      checks the rules in rules/
  tripline check --rules my-rules --fail-on warning   exits 1 for warnings too
  tripline check --format json                        an array of findings, for programs
  tripline check --state rules.db                     also says which alerts would start anew on that state
  tripline check --explain E1101                      what this finding means and what to do";

const RUN_EXAMPLES: &str = "\
Examples:
  tripline run --events rules/sample/events.ndjson.gz --format text
  tripline run --events monday.ndjson tuesday.ndjson.zst --alerts alerts.ndjson
  tripline run --events archive/ --rejects rejects.ndjson --until-end
  zcat *.gz | tripline run --events - --fail-on alerts
  tripline run --events today.ndjson --state rules.db    goes on where the last run ended

Events are JSON objects, one a line. Alerts are written in the order in which they change.";

const EXPLAIN_EXAMPLES: &str = "\
Examples:
  tripline explain sensor-failed --event '{\"eventType\":\"sensor_reading\",\"timestamp\":\"2026-01-05T10:00:00Z\",\"userId\":\"u1\",\"data\":{\"status\":\"failed\"}}'
  head -1 events.ndjson | tripline explain login-brute-force --event - --state rules.db

Shows the condition as a tree with the value of every part, and what comes of it. Without --state the
event is the first one of its key.";

const SAMPLE_EXAMPLES: &str = "\
Examples:
  tripline sample > events.ndjson
  tripline sample --seed 7 --events 100000 --output events.ndjson.gz

The same seed and number give the same bytes on every machine.";

const FMT_EXAMPLES: &str = "\
Examples:
  tripline fmt                    formats the rules in rules/
  tripline fmt --check            changes nothing, names the files that differ, and exits 1 if there are any
  tripline fmt - < hot.yaml       formats one file from standard input to standard output

Expressions are written in one way and the keys of a rule in one order; comments and line breaks are kept. What the
rules mean does not change. Files with errors are left alone, shown with their errors, and make the exit code 1.";

const SCHEMA_EXAMPLES: &str = "\
Examples:
  tripline schema infer events.ndjson.gz > schema.yaml
  tripline schema infer archive/ --type-path data.kind

Writes a `schema:` section for tripline.yaml: the fields of each event type with their types, closed sets of texts as an
`enum`, and, as comments, the range of numbers and how often an optional field is there. Review it: a sample tells what
was, not what may be.";

const COMPLETIONS_EXAMPLES: &str = "\
Examples:
  tripline completions bash > ~/.local/share/bash-completion/completions/tripline
  tripline completions zsh > ~/.zfunc/_tripline         with fpath+=~/.zfunc before compinit in ~/.zshrc
  tripline completions fish > ~/.config/fish/completions/tripline.fish
  tripline completions powershell >> $PROFILE
  tripline completions elvish >> ~/.config/elvish/rc.elv

They take effect in the next shell. Create the folder first if it is not there.";

#[cfg(feature = "aws")]
const PRODUCE_EXAMPLES: &str = "\
Examples:
  tripline produce --stream events --key userId events.ndjson
  tail -F app.log | tripline produce --stream events --key userId --key service -
  tripline produce --stream events --key userId --rate 500 --endpoint-url http://localhost:4566 archive/

Each line is one record. Records of one key stay in their order: what fails is sent again while later ones of its key wait.
A request that timed out may have taken effect, so a record can be in the stream twice; none is lost. Lines that cannot be
sent are written to the file that --failed names, and the exit code is 1.";

#[cfg(feature = "aws")]
const STATUS_EXAMPLES: &str = "\
Examples:
  tripline status --stream events --state-table tripline-dev-StateTable-1ABC
  tripline status --stream events --state-table tripline-dev-StateTable-1ABC --format json | jq '.firing[].alert'

The names are outputs of the deployment.";

#[cfg(feature = "aws")]
const REDRIVE_EXAMPLES: &str = "\
Examples:
  tripline redrive --quarantine-table tripline-dev-QuarantineTable-1ABC                     lists what is there, and why
  tripline redrive --quarantine-table tripline-dev-QuarantineTable-1ABC --stream events     puts it back into the stream
  tripline redrive --stream events --batch given-up.json                                    a batch that a mapping gave up

What is put back has a new place in the stream. What is back in the stream is taken out of quarantine. Of a batch that was given
up some records may have taken effect before: these count twice.";

/// Checks alert rules and runs them over events.
#[derive(Debug, Parser)]
#[command(name = "tripline", version, after_help = MAIN_EXAMPLES)]
pub(crate) struct Args {
    /// When to use colours (auto: on a terminal)
    #[arg(long, global = true, help_heading = "Everywhere", value_enum, default_value_t = Color::Auto, value_name = "WHEN")]
    pub(crate) color: Color,

    /// Leave out the progress bar and the summary
    #[arg(long, short, global = true, help_heading = "Everywhere")]
    pub(crate) quiet: bool,

    #[command(subcommand)]
    pub(crate) command: Command,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Check rule files and show what is wrong with them
    #[command(after_help = CHECK_EXAMPLES)]
    Check(CheckArgs),
    /// Run the rules over events and write the alerts
    #[command(after_help = RUN_EXAMPLES)]
    Run(RunArgs),
    /// Show why an event makes an alert fire, or does not
    #[command(after_help = EXPLAIN_EXAMPLES)]
    Explain(ExplainArgs),
    /// Format rule files
    #[command(after_help = FMT_EXAMPLES)]
    Fmt(FmtArgs),
    /// Write a schema of events
    #[command(after_help = SCHEMA_EXAMPLES)]
    Schema(SchemaArgs),
    /// Write events that exercise the shipped rules
    #[command(after_help = SAMPLE_EXAMPLES)]
    Sample(SampleArgs),
    /// Put events into a Kinesis stream
    #[cfg(feature = "aws")]
    #[command(after_help = PRODUCE_EXAMPLES)]
    Produce(ProduceArgs),
    /// Show how far a deployment has come, and what fires
    #[cfg(feature = "aws")]
    #[command(after_help = STATUS_EXAMPLES)]
    Status(StatusArgs),
    /// Show what could not be used, or put it back into the stream
    #[cfg(feature = "aws")]
    #[command(after_help = REDRIVE_EXAMPLES)]
    Redrive(RedriveArgs),
    /// Write what makes a shell complete this command's words
    #[command(after_help = COMPLETIONS_EXAMPLES)]
    Completions(CompletionsArgs),
}

#[derive(Debug, clap::Args)]
pub(crate) struct CheckArgs {
    /// Folder of rule files, read recursively
    #[arg(long, value_name = "DIR", default_value = "rules")]
    pub(crate) rules: PathBuf,

    /// Say which alerts would start anew on the state in this file, which is only read
    #[arg(long, value_name = "FILE")]
    pub(crate) state: Option<PathBuf>,

    /// How to write the findings
    #[arg(long, value_enum, default_value_t = Format::Text)]
    pub(crate) format: Format,

    /// From which severity on a finding makes the exit code 1
    #[arg(long, value_enum, default_value_t = FailOn::Error, value_name = "SEVERITY")]
    pub(crate) fail_on: FailOn,

    /// Say what a finding means, by its code or name, with an example and its remedy
    #[arg(long, value_name = "CODE", conflicts_with_all = ["rules", "state", "format", "fail_on"])]
    pub(crate) explain: Option<String>,
}

#[derive(Debug, clap::Args)]
pub(crate) struct RunArgs {
    /// Folder of rule files, read recursively
    #[arg(long, value_name = "DIR", default_value = "rules")]
    pub(crate) rules: PathBuf,

    /// Event files, plain, gzip or zstd, folders of them (read in name order), or - for standard input
    #[arg(long, value_name = "FILE", required = true, num_args = 1..)]
    pub(crate) events: Vec<PathBuf>,

    /// Write the alerts here [default: standard output]
    #[arg(long, value_name = "FILE")]
    pub(crate) alerts: Option<PathBuf>,

    /// Write the aggregate rows here at the end; those that `keep` lets go of are left out
    #[arg(long, value_name = "FILE")]
    pub(crate) aggregates: Option<PathBuf>,

    /// Write lines that are no events here, with the reason
    #[arg(long, value_name = "FILE")]
    pub(crate) rejects: Option<PathBuf>,

    /// Go on from the state in this file, and keep it there; made if it is new
    #[arg(long, value_name = "FILE")]
    pub(crate) state: Option<PathBuf>,

    /// Write every change of every key here, with the reason
    #[arg(long, value_name = "FILE")]
    pub(crate) trace: Option<PathBuf>,

    /// After the last event, run every timer that is still set; not with --state, whose input goes on
    #[arg(long, conflicts_with = "state")]
    pub(crate) until_end: bool,

    /// How many threads work; the output is the same with any number [default: one for each core, one for a pipe]
    #[arg(long, value_name = "N")]
    pub(crate) jobs: Option<NonZeroUsize>,

    /// How to write the alerts
    #[arg(long, value_enum, default_value_t = Format::Json)]
    pub(crate) format: Format,

    /// Exit with 1 if there was one of these
    #[arg(long, value_enum, value_name = "WHAT")]
    pub(crate) fail_on: Option<RunFailOn>,
}

#[derive(Debug, clap::Args)]
pub(crate) struct ExplainArgs {
    /// Name of the alert
    pub(crate) alert: String,

    /// Folder of rule files, read recursively
    #[arg(long, value_name = "DIR", default_value = "rules")]
    pub(crate) rules: PathBuf,

    /// The event, or - to read it from standard input
    #[arg(long, value_name = "JSON")]
    pub(crate) event: String,

    /// Explain on top of the state in this file, which is only read
    #[arg(long, value_name = "FILE")]
    pub(crate) state: Option<PathBuf>,

    /// How to write the explanation
    #[arg(long, value_enum, default_value_t = Format::Text)]
    pub(crate) format: Format,
}

#[derive(Debug, clap::Args)]
pub(crate) struct FmtArgs {
    /// Folder of rule files, read recursively
    #[arg(long, value_name = "DIR", default_value = "rules")]
    pub(crate) rules: PathBuf,

    /// Write nothing, and exit with 1 if a file is not formatted
    #[arg(long)]
    pub(crate) check: bool,

    /// Format standard input to standard output
    #[arg(value_name = "-", value_parser = ["-"], conflicts_with = "rules")]
    pub(crate) stdin: Option<String>,
}

#[derive(Debug, clap::Args)]
pub(crate) struct SchemaArgs {
    #[command(subcommand)]
    pub(crate) command: SchemaCommand,
}

#[derive(Debug, Subcommand)]
pub(crate) enum SchemaCommand {
    /// Infer it from sample events
    #[command(after_help = SCHEMA_EXAMPLES)]
    Infer(InferArgs),
}

#[derive(Debug, clap::Args)]
pub(crate) struct InferArgs {
    /// Event files, plain, gzip or zstd, folders of them, or - for standard input
    #[arg(value_name = "FILE", required = true)]
    pub(crate) events: Vec<PathBuf>,

    /// The field of an event's type, with a dot between names
    #[arg(long, value_name = "PATH", default_value = "eventType")]
    pub(crate) type_path: String,
}

#[derive(Debug, clap::Args)]
pub(crate) struct SampleArgs {
    /// Seed of the generator
    #[arg(long, default_value_t = 1)]
    pub(crate) seed: u64,

    /// How many events to write
    #[arg(long, default_value_t = 24_000)]
    pub(crate) events: u64,

    /// Write them here, compressed if the name ends with .gz [default: standard output]
    #[arg(long, value_name = "FILE")]
    pub(crate) output: Option<PathBuf>,
}

#[derive(Debug, clap::Args)]
pub(crate) struct CompletionsArgs {
    /// The shell to write them for
    #[arg(value_enum)]
    pub(crate) shell: Shell,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Color {
    Auto,
    Always,
    Never,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Format {
    /// For people
    Text,
    /// For programs
    Json,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum FailOn {
    Warning,
    Error,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum RunFailOn {
    Alerts,
    Rejects,
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::Args;

    #[test]
    fn the_command_line_is_well_formed() {
        Args::command().debug_assert();
    }
}

#[cfg(feature = "aws")]
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
    pub(crate) rate: Option<std::num::NonZeroU32>,

    /// How many requests are under way at once
    #[arg(long, value_name = "N", default_value = "4")]
    pub(crate) in_flight: NonZeroUsize,

    /// How often a record is sent before it is given up
    #[arg(long, value_name = "N", default_value = "10")]
    pub(crate) attempts: std::num::NonZeroU32,

    /// The longest record that the stream takes, in bytes
    #[arg(long, value_name = "N", default_value_t = 1 << 20)]
    pub(crate) max_record_bytes: usize,

    /// The file that lines are added to which are not sent; it is made only if there are any
    #[arg(long, value_name = "FILE", default_value = "failed.ndjson")]
    pub(crate) failed: PathBuf,

    #[command(flatten)]
    pub(crate) aws: AwsArgs,
}

/// Where AWS is; what is not said is taken from the environment and the profile, as the AWS tools do.
#[cfg(feature = "aws")]
#[derive(Debug, clap::Args)]
pub(crate) struct AwsArgs {
    /// Where the services are, for a local stand-in
    #[arg(long, value_name = "URL", help_heading = "AWS")]
    pub(crate) endpoint_url: Option<String>,

    /// The region
    #[arg(long, value_name = "NAME", help_heading = "AWS")]
    pub(crate) region: Option<String>,
}

#[cfg(feature = "aws")]
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

#[cfg(feature = "aws")]
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
