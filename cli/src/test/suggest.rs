//! `tripline test --suggest`: tests of an alert, written by running it.

use std::io::{self, Write};
use std::process::ExitCode;

use tripline_engine::nearest_name;

use crate::args::TestArgs;
use crate::check::load;
use crate::failure::Failure;
use crate::run::usable;
use crate::sampled;
use crate::terminal::{Terminal, counted};

/// Writes the tests that are suggested for an alert.
pub(super) fn suggest(
    args: &TestArgs,
    alert: &str,
    terminal: &Terminal,
) -> Result<ExitCode, Failure> {
    let checked = load(&args.rules)?;
    let Some(program) = usable(&checked, terminal) else {
        return Ok(ExitCode::from(1));
    };
    let names = || program.alerts().map(|rule| rule.name.as_str());
    if !names().any(|name| name == alert) {
        let near = match nearest_name(alert, names()) {
            Some(near) => format!("did you mean `{near}`?"),
            None => "`tripline check` lists what is wrong with rules that are missing".to_owned(),
        };
        return Err(Failure::Message(format!(
            "there is no alert `{alert}` among those that are enabled: {near}"
        )));
    }
    let sample = checked.type_path.as_ref().map(|path| {
        let path: Vec<&str> = path.iter().map(String::as_str).collect();
        sampled::read(&args.rules, &path)
    });
    let sample = sample.unwrap_or_default();
    let suggestion = match checked.suggest(alert, &sample) {
        Ok(suggestion) => suggestion,
        Err(reason) => {
            terminal.say(&format!("{reason}\n"));
            return Ok(ExitCode::from(1));
        }
    };
    io::stdout()
        .lock()
        .write_all(suggestion.text.as_bytes())
        .map_err(|error| Failure::write("the tests", &error))?;
    let (all, covered) = suggestion.covered;
    let tests = counted(suggestion.tests as u64, "test");
    terminal.note(&format!(
        "{tests}, which exercise {covered} of {all} outcomes of {alert}\n"
    ));
    Ok(ExitCode::SUCCESS)
}
