//! What the command line may say.

mod aws;
mod chaos;
#[cfg(feature = "aws")]
mod deployment;
mod dev;
mod examples;
mod inquiry;
mod new;

use std::num::NonZeroUsize;
use std::path::PathBuf;

use clap::{Parser, Subcommand, ValueEnum};
use clap_complete::Shell;

pub(crate) use self::aws::AwsArgs;
pub(crate) use self::chaos::Chaos;
#[cfg(feature = "aws")]
pub(crate) use self::deployment::{ProduceArgs, RedriveArgs, StatusArgs};
pub(crate) use self::dev::DevArgs;
use self::examples::{
    CHECK_EXAMPLES, COMPLETIONS_EXAMPLES, DEV_EXAMPLES, DIFF_EXAMPLES, EXPLAIN_EXAMPLES,
    FMT_EXAMPLES, LSP_EXAMPLES, MAIN_EXAMPLES, NEW_EXAMPLES, RUN_EXAMPLES, SAMPLE_EXAMPLES,
    SCHEMA_EXAMPLES, TEST_EXAMPLES,
};
#[cfg(feature = "aws")]
use self::examples::{PRODUCE_EXAMPLES, REDRIVE_EXAMPLES, STATUS_EXAMPLES};
pub(crate) use self::inquiry::InquiryArgs;
pub(crate) use self::new::{NewAlertArgs, NewArgs, NewCommand};

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
    /// Begin a rule with its test
    #[command(after_help = NEW_EXAMPLES)]
    New(NewArgs),
    /// Watch the rules work on live events; they reload when saved
    #[command(after_help = DEV_EXAMPLES)]
    Dev(DevArgs),
    /// Run the tests beside the rules
    #[command(after_help = TEST_EXAMPLES)]
    Test(TestArgs),
    /// Show what a change of rules does to the alerts of some events
    #[command(after_help = DIFF_EXAMPLES)]
    Diff(DiffArgs),
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
    /// Serve an editor: diagnostics, completion, hover, definitions, renaming
    #[command(after_help = LSP_EXAMPLES)]
    Lsp(LspArgs),
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
    #[arg(long, value_enum, default_value_t = FindingsFormat::Text)]
    pub(crate) format: FindingsFormat,

    /// Make what these lints find errors, by id or code; before the settings
    #[arg(long, value_name = "LINT", value_delimiter = ',')]
    pub(crate) deny: Vec<String>,

    /// Leave out what these lints find, by id or code; before the settings
    #[arg(long, value_name = "LINT", value_delimiter = ',')]
    pub(crate) allow: Vec<String>,

    /// Mend what can be mended without changing what the rules mean
    #[arg(long)]
    pub(crate) fix: bool,

    /// Report on rules that changed since this git revision; all are loaded
    #[arg(long, value_name = "REV")]
    pub(crate) changed_since: Option<String>,

    /// From which severity on a finding makes the exit code 1
    #[arg(long, value_enum, default_value_t = FailOn::Error, value_name = "SEVERITY")]
    pub(crate) fail_on: FailOn,

    /// Say what a finding means, by its code or name, with an example and its remedy
    #[arg(long, value_name = "CODE", conflicts_with_all = ["rules", "state", "format", "fail_on", "deny", "allow", "fix", "changed_since"])]
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

    /// How to write the alerts [default: json; text for --explain-alert and --why-not]
    #[arg(long, value_enum)]
    pub(crate) format: Option<Format>,

    /// Exit with 1 if there was one of these
    #[arg(long, value_enum, value_name = "WHAT")]
    pub(crate) fail_on: Option<RunFailOn>,

    #[command(flatten)]
    pub(crate) inquiry: InquiryArgs,
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

    /// The field of an event's type, with a dot between names [default: what the settings say, or eventType]
    #[arg(long, value_name = "PATH")]
    pub(crate) type_path: Option<String>,

    /// Folder of rule files, whose settings say where an event's type is
    #[arg(long, value_name = "DIR", default_value = "rules")]
    pub(crate) rules: PathBuf,
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

/// What `tripline test` is to do.
#[derive(Debug, clap::Args)]
pub(crate) struct TestArgs {
    /// The folder of the rules and their tests
    #[arg(long, default_value = "rules", value_name = "FOLDER")]
    pub(crate) rules: PathBuf,

    /// Only tests with this in their name or file
    #[arg(long, value_name = "TEXT")]
    pub(crate) filter: Option<String>,

    /// Run each test again under disturbed delivery: the same must happen [alone: dup,split,crash]
    #[arg(long, value_name = "WHAT", num_args = 0..=1, require_equals = true, default_missing_value = chaos::USUAL)]
    pub(crate) chaos: Option<Chaos>,

    /// Run the tests again whenever a rule or a test changes, until interrupted
    #[arg(long)]
    pub(crate) watch: bool,

    /// Write tests of an alert at and beside its bounds, as the rules are, for you to review
    #[arg(long, value_name = "ALERT", conflicts_with_all = ["watch", "chaos", "filter", "coverage", "coverage_output", "min_coverage", "junit"])]
    pub(crate) suggest: Option<String>,

    /// Show what the tests exercise of each rule, and what of it they never do
    #[arg(long)]
    pub(crate) coverage: bool,

    /// Write the coverage as JSON (`.json`) or LCOV (`.info`)
    #[arg(long, value_name = "FILE")]
    pub(crate) coverage_output: Option<PathBuf>,

    /// Fail if the tests exercise less than this, of a hundred
    #[arg(long, value_name = "PERCENT", value_parser = percentage)]
    pub(crate) min_coverage: Option<f64>,

    /// Write a JUnit report
    #[arg(long, value_name = "FILE")]
    pub(crate) junit: Option<PathBuf>,
}

fn percentage(text: &str) -> Result<f64, String> {
    let number: f64 = text
        .trim_end_matches('%')
        .trim()
        .parse()
        .map_err(|_| "it is no number".to_owned())?;
    match (0.0..=100.0).contains(&number) {
        true => Ok(number),
        false => Err("it is a number from 0 to 100".to_owned()),
    }
}

/// What `tripline diff` is to do.
#[derive(Debug, clap::Args)]
pub(crate) struct DiffArgs {
    /// The rules before: a folder, or `git:REV` for those of a revision
    #[arg(value_name = "OLD")]
    pub(crate) old: PathBuf,

    /// The rules after: a folder, or `git:REV`
    #[arg(value_name = "NEW")]
    pub(crate) new: PathBuf,

    /// Files and folders of events, JSON lines, plain or compressed
    #[arg(long, required = true, num_args = 1.., value_name = "FILE")]
    pub(crate) events: Vec<PathBuf>,

    /// How to write the differences
    #[arg(long, value_enum, default_value_t = DiffFormat::Text, value_name = "FORMAT")]
    pub(crate) format: DiffFormat,

    /// Where the rules of a revision are
    #[arg(long, default_value = "rules", value_name = "FOLDER")]
    pub(crate) rules: PathBuf,
}

/// How differences are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum DiffFormat {
    /// For people
    Text,
    /// One object, for programs
    Json,
    /// A comment for a pull request
    Markdown,
}

/// What `tripline lsp` is to do.
#[derive(Debug, clap::Args)]
pub(crate) struct LspArgs {
    /// The folder of the rules, in the folder that the editor has open
    #[arg(long, default_value = "rules", value_name = "FOLDER")]
    pub(crate) rules: PathBuf,
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
pub(crate) enum FindingsFormat {
    /// For people
    Text,
    /// An array, for programs
    Json,
    /// SARIF 2.1.0, for code scanning
    Sarif,
    /// Annotations of a GitHub workflow
    Github,
    /// JUnit's XML, for build servers
    Junit,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum FailOn {
    Info,
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
