//! `tripline schema`: writes a schema of events.

use std::io::{self, Write};
use std::process::ExitCode;

use tripline_engine::{MAX_EVENT_BYTES, SchemaSample, check, loader};

use crate::args::{InferArgs, SchemaArgs, SchemaCommand};
use crate::failure::Failure;
use crate::input::{self, Line};
use crate::terminal::{Terminal, counted};

pub(crate) fn schema(args: &SchemaArgs, terminal: &Terminal) -> Result<ExitCode, Failure> {
    match &args.command {
        SchemaCommand::Infer(args) => infer(args, terminal),
    }
}

fn infer(args: &InferArgs, terminal: &Terminal) -> Result<ExitCode, Failure> {
    let type_path = type_path(args)?;
    let type_path: Vec<&str> = type_path.iter().map(String::as_str).collect();
    let mut sample = SchemaSample::default();
    let (mut events, mut refused, mut first) = (0, 0, None);
    for input in input::expand(&args.events)? {
        let fail = |error: &io::Error| Failure::path("read", input.name.as_ref().as_ref(), error);
        let mut lines = input
            .open(MAX_EVENT_BYTES, Default::default())
            .map_err(|error| fail(&error))?;
        let mut bytes = Vec::new();
        loop {
            bytes.clear();
            let (number, outcome) = match lines.next(&mut bytes) {
                Line::End => break,
                Line::Broken(_, _, error) => return Err(fail(&error)),
                Line::TooLong(number, ..) => (number, Err("too long".to_owned())),
                Line::Whole(_, range) if bytes[range.clone()].trim_ascii().is_empty() => continue,
                Line::Whole(number, range) => (number, sample.add(&bytes[range], &type_path)),
            };
            match outcome {
                Ok(()) => events += 1,
                Err(reason) => {
                    refused += 1;
                    first.get_or_insert_with(|| format!("{}:{number}: {reason}", input.name));
                }
            }
        }
    }
    if let (0, Some(first)) = (events, &first) {
        return Err(Failure::Message(format!("no line is an event: {first}")));
    }
    let mut out = io::stdout().lock();
    out.write_all(sample.to_yaml().as_bytes())
        .and_then(|()| out.flush())
        .map_err(|error| Failure::write("the schema", &error))?;
    if let Some(first) = first {
        let lines = counted(refused, "line");
        terminal.note(&format!("{lines} passed over, the first is {first}\n"));
    }
    Ok(ExitCode::SUCCESS)
}

/// The names on the way to an event's type: as the command line says, else the settings, if there are any.
fn type_path(args: &InferArgs) -> Result<Vec<String>, Failure> {
    if let Some(path) = &args.type_path {
        return Ok(path.split('.').map(str::to_owned).collect());
    }
    // Nobody needs rules to look at events.
    let files = match args.rules.is_dir() {
        true => {
            loader::read_rules(&args.rules).map_err(|error| Failure::Message(error.to_string()))?
        }
        false => Vec::new(),
    };
    let settings = files.into_iter().filter(|file| file.settings).collect();
    check(settings).type_path.ok_or_else(|| {
        let message = "the settings find an event's type in a list: name a field with --type-path";
        Failure::Message(message.to_owned())
    })
}
