//! `tripline completions`: lets a shell complete the command's words.

use std::io::{self, Write};
use std::process::ExitCode;

use clap::CommandFactory;
use clap_complete::Shell;

use crate::args::Args;
use crate::failure::Failure;

pub(crate) fn completions(shell: Shell) -> Result<ExitCode, Failure> {
    // Into memory first: the generator panics where a write fails.
    let mut script = Vec::new();
    clap_complete::generate(shell, &mut Args::command(), "tripline", &mut script);
    io::stdout()
        .lock()
        .write_all(&script)
        .map_err(|error| Failure::write("the completions", &error))?;
    Ok(ExitCode::SUCCESS)
}
