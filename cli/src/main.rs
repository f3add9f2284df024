//! The `tripline` command: checks alert rules and runs them over events.

mod alert_text;
mod args;
mod batch;
mod changes;
mod check;
mod completions;
#[cfg(feature = "aws")]
mod deployment;
mod dev;
mod diff;
mod explain;
mod explanation;
mod failure;
mod fmt;
mod git;
mod input;
mod inquiry;
mod lanes;
mod lsp;
mod new;
mod output;
#[cfg(feature = "aws")]
mod produce;
mod progress;
#[cfg(feature = "aws")]
mod redrive;
mod rejects;
mod run;
mod run_store;
mod sample;
mod sample_actors;
mod sampled;
mod schema;
mod state;
#[cfg(feature = "aws")]
mod status;
mod summary;
mod terminal;
mod test;
mod xml;

use std::process::ExitCode;

use clap::Parser;

use crate::args::{Args, Command};
use crate::failure::Failure;
use crate::terminal::Terminal;

/// Rules and windows are many small pieces, which this keeps closer together and finds sooner.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    let args = Args::parse();
    let terminal = Terminal::new(args.color, args.quiet);
    let outcome = match &args.command {
        Command::Check(args) => check::check(args, &terminal),
        Command::Run(args) => run::run(args, &terminal),
        Command::New(args) => new::new(args, &terminal),
        Command::Dev(args) => dev::dev(args, &terminal),
        Command::Test(args) => test::test(args, &terminal),
        Command::Diff(args) => diff::diff(args, &terminal),
        Command::Explain(args) => explanation::explain(args, &terminal),
        Command::Fmt(args) => fmt::fmt(args, &terminal),
        Command::Schema(args) => schema::schema(args, &terminal),
        Command::Sample(args) => sample::sample(args),
        #[cfg(feature = "aws")]
        Command::Produce(args) => produce::produce(args, &terminal),
        #[cfg(feature = "aws")]
        Command::Status(args) => status::status(args, &terminal),
        #[cfg(feature = "aws")]
        Command::Redrive(args) => redrive::redrive(args, &terminal),
        Command::Lsp(args) => lsp::lsp(args, &terminal),
        Command::Completions(args) => completions::completions(args.shell),
    };
    match outcome {
        Ok(code) => code,
        // Whoever read our output has seen enough.
        Err(Failure::Closed) => ExitCode::SUCCESS,
        Err(Failure::Message(message)) => {
            terminal.error(&message);
            ExitCode::from(2)
        }
    }
}
