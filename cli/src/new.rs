//! `tripline new`: begins a rule with its test.

use std::fs::{self, OpenOptions};
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use serde_json::{Value, json};
use tripline_engine::{Checked, RawFile, Severity, check, loader, nearest_name, print_duration};
use tripline_lambdas::drawing::Drawing;

use crate::args::{NewAlertArgs, NewArgs, NewCommand};
use crate::failure::Failure;
use crate::terminal::{Terminal, tame};

/// The longest name, and the longest test.
const MAX_NAME: usize = 128;
const MAX_COUNT: u64 = 100_000;
/// The type of events that stands for the one that is meant.
const SOME_TYPE: &str = "some_event";

pub(crate) fn new(args: &NewArgs, terminal: &Terminal) -> Result<ExitCode, Failure> {
    match &args.command {
        NewCommand::Alert(args) => alert(args, terminal),
    }
}

fn alert(args: &NewAlertArgs, terminal: &Terminal) -> Result<ExitCode, Failure> {
    let name = &args.name;
    if !is_kebab(name) {
        return Err(Failure::Message(format!(
            "`{}` is no name for an alert: write small letters and digits with hyphens between words, such as login-brute-force",
            tame(name)
        )));
    }
    let files = match args.rules.exists() {
        true => {
            loader::read_rules(&args.rules).map_err(|error| Failure::Message(error.to_string()))?
        }
        false => Vec::new(),
    };
    let before = check(files.clone());
    if has_errors(&before) {
        draw_errors(&before, terminal);
        terminal.say("the rules have errors: mend them first\n");
        return Ok(ExitCode::from(1));
    }
    let begun = Begun::new(args, &before)?;
    let file = |ending: &str| args.rules.join(format!("{name}{ending}"));
    let (rule, test) = (file(".yaml"), file(".test.yaml"));
    for path in [&rule, &test] {
        if path.symlink_metadata().is_ok() {
            let path = path.display();
            return Err(Failure::Message(format!(
                "{path} is there already, and nothing is overwritten"
            )));
        }
    }
    let text = begun.rule();
    let with = files.into_iter().chain([RawFile {
        name: rule.display().to_string(),
        bytes: text.clone().into(),
        settings: false,
    }]);
    // A name that is taken, a type or a field that the schema does not know, a window that is too long.
    let checked = check(with.collect());
    if has_errors(&checked) {
        draw_errors(&checked, terminal);
        terminal.say("such a rule has errors, so nothing was written\n");
        return Ok(ExitCode::from(1));
    }
    fs::create_dir_all(&args.rules).map_err(|error| Failure::path("make", &args.rules, &error))?;
    write(&rule, &text)?;
    write(&test, &begun.test())?;
    tell(&[rule, test], &args.rules, terminal)?;
    Ok(ExitCode::SUCCESS)
}

fn tell(paths: &[PathBuf], rules: &Path, terminal: &Terminal) -> Result<(), Failure> {
    let paths: Vec<String> = paths
        .iter()
        .map(|path| format!("{}\n", path.display()))
        .collect();
    io::stdout()
        .lock()
        .write_all(paths.concat().as_bytes())
        .map_err(|error| Failure::write("the names of the files", &error))?;
    let rules = match rules == Path::new("rules") {
        true => String::new(),
        false => format!(" --rules {}", rules.display()),
    };
    terminal.note(&format!(
        "next: write what TODO asks for, then `tripline check{rules}` and `tripline test{rules}`\n"
    ));
    Ok(())
}

fn write(path: &Path, text: &str) -> Result<(), Failure> {
    let file = OpenOptions::new().write(true).create_new(true).open(path);
    file.and_then(|mut file| file.write_all(text.as_bytes()))
        .map_err(|error| Failure::path("write", path, &error))
}

fn has_errors(checked: &Checked) -> bool {
    checked.program.is_none()
}

fn draw_errors(checked: &Checked, terminal: &Terminal) {
    let drawing = Drawing::new(&checked.files, terminal.stderr_colors);
    let errors = checked.diagnostics.iter();
    for error in errors.filter(|one| one.severity == Severity::Error) {
        terminal.say(&drawing.draw(error));
    }
}

/// Words of small letters and digits with a hyphen between them, the first of which begins with a letter.
fn is_kebab(name: &str) -> bool {
    let is_word = |word: &str| {
        let mut bytes = word.bytes();
        !word.is_empty() && bytes.all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit())
    };
    name.len() <= MAX_NAME
        && name.starts_with(|first: char| first.is_ascii_lowercase())
        && name.split('-').all(is_word)
}

/// A rule that is begun.
struct Begun<'a> {
    name: &'a str,
    on: &'a str,
    by: Option<&'a str>,
    count: u64,
    /// In seconds.
    over: u64,
    /// The names on the way to an event's type.
    type_path: Vec<String>,
    is_type_given: bool,
}

impl<'a> Begun<'a> {
    fn new(args: &'a NewAlertArgs, rules: &Checked) -> Result<Begun<'a>, Failure> {
        let refused = |message: String| Err(Failure::Message(message));
        let types = &rules.event_types;
        match &args.on {
            None if !types.is_empty() => {
                return refused(format!(
                    "name the type of events with --on: the schema has {}",
                    tame(&types.join(", "))
                ));
            }
            Some(on) if !types.is_empty() && !types.contains(on) => {
                let near = nearest_name(on, types.iter().map(String::as_str));
                let near = near.map(|near| format!(": did you mean `{near}`?"));
                return refused(format!(
                    "the schema has no event type `{}`{}",
                    tame(on),
                    tame(&near.unwrap_or_default())
                ));
            }
            _ => {}
        }
        let by = args.by.as_deref();
        if let Some(by) = by.filter(|by| !by.split('.').all(is_name)) {
            return refused(format!(
                "--by is no field: `{}`; write names with dots between them, such as data.user, or mend `by` in the rule",
                tame(by)
            ));
        }
        let Some(over) = seconds(&args.over) else {
            return refused(format!(
                "--over is no duration: `{}`; write 30s, 5m, 1h30m or 1d",
                tame(&args.over)
            ));
        };
        let count = args.count.get();
        if count > MAX_COUNT {
            return refused(format!("--count is over {MAX_COUNT}"));
        }
        if count < 2 || count > over {
            return refused(format!(
                "--count is {count}: a window of {} takes from 2 to {over}",
                print_duration(over)
            ));
        }
        let Some(type_path) = rules.type_path.clone() else {
            let message =
                "the settings find an event's type in a list, which a test cannot begin with";
            return refused(message.to_owned());
        };
        Ok(Begun {
            name: &args.name,
            on: args.on.as_deref().unwrap_or(SOME_TYPE),
            is_type_given: args.on.is_some(),
            by,
            count,
            over,
            type_path,
        })
    }

    /// The rule file.
    fn rule(&self) -> String {
        let over = print_duration(self.over);
        let count = format!("count() over {over}");
        let mut lines = vec!["alerts:".to_owned(), format!("  {}:", self.name)];
        let mut key = |name: &str, value: &str| lines.push(format!("    {name}: {value}"));
        let todo = match self.is_type_given {
            true => "",
            false => "  # TODO: the type of the events that are meant",
        };
        key("on", &format!("{}{todo}", scalar(self.on)));
        key("when", &format!("{count} >= {}", self.count));
        if let Some(by) = self.by {
            key("by", by);
        }
        key("severity", "warning");
        let whose = self.by.map(|by| format!(" of {{{by}}}"));
        let on = self.on.replace('{', "{{").replace('}', "}}");
        let summary = format!(
            "{{{count}}} {on} events{} in {over}",
            whose.unwrap_or_default()
        );
        key("summary", &Value::from(summary).to_string());
        key(
            "description",
            "\"TODO: what is wrong when this fires, and for whom.\"",
        );
        key(
            "runbook",
            &format!(
                "https://wiki.example/{}  # TODO: where it says what to do",
                self.name
            ),
        );
        key("labels", "{team: somebody}  # TODO: who mends the rule");
        lines.join("\n") + "\n"
    }

    /// The test file: as many events as it takes, and one less.
    fn test(&self) -> String {
        let every = (self.over / (2 * self.count)).max(1);
        let fires = print_duration(every * (self.count - 1));
        let expected = match self.by {
            Some(by) => format!(
                "alert: {}, key: {{{by}: alice}}, fires: {fires}, severity: warning",
                self.name
            ),
            None => format!("alert: {}, fires: {fires}, severity: warning", self.name),
        };
        format!(
            "\
tests:
  - name: {name} fires for {count} events
    events:
      - {fires_for}
    expect:
      - {{{expected}}}

  - name: {name} does not fire for one less
    events:
      - {one_less}
    expect: []
",
            name = self.name,
            count = self.count,
            fires_for = self.events(every, self.count),
            one_less = self.events(every, self.count - 1),
        )
    }

    /// Events in a test, the last of which is `every` times their number after the first.
    fn events(&self, every: u64, times: u64) -> String {
        let mut event = json!({});
        put(
            &mut event,
            self.type_path.iter().map(String::as_str),
            self.on,
        );
        if let Some(by) = self.by {
            put(&mut event, by.split('.'), "alice");
        }
        let fields = event.as_object().into_iter().flatten();
        let mut fields: Vec<(&String, &Value)> = fields.collect();
        fields.sort_by_key(|(name, _)| self.type_path.first() != Some(*name));
        let fields: Vec<String> = fields
            .into_iter()
            .map(|(name, value)| format!("{}: {}", scalar(name), flow(value)))
            .collect();
        format!(
            "{{at: 0s, every: {}, times: {times}, {}}}",
            print_duration(every),
            fields.join(", ")
        )
    }
}

/// Sets a field of an event.
fn put<'n>(event: &mut Value, path: impl Iterator<Item = &'n str>, text: &str) {
    let mut place = event;
    for name in path {
        if !place.is_object() {
            *place = json!({});
        }
        place = &mut place[name];
    }
    *place = text.into();
}

/// A value as it stands within brackets of YAML.
fn flow(value: &Value) -> String {
    match value {
        Value::Object(fields) => {
            let fields: Vec<String> = fields
                .iter()
                .map(|(name, value)| format!("{}: {}", scalar(name), flow(value)))
                .collect();
            format!("{{{}}}", fields.join(", "))
        }
        Value::String(text) => scalar(text),
        other => other.to_string(),
    }
}

/// A text as a scalar of YAML: as it is, or in quotes if it could be read as something else.
fn scalar(text: &str) -> String {
    const WORDS: [&str; 9] = ["true", "false", "null", "yes", "no", "on", "off", "y", "n"];
    let lower = text.to_ascii_lowercase();
    match is_name(text) && !WORDS.contains(&lower.as_str()) {
        true => text.to_owned(),
        false => Value::from(text).to_string(),
    }
}

/// Whether it is a name that stands in a path by itself.
fn is_name(text: &str) -> bool {
    let mut bytes = text.bytes();
    let first = bytes.next();
    first.is_some_and(|byte| byte.is_ascii_alphabetic() || byte == b'_')
        && bytes.all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
}

/// The seconds of a duration such as `1h30m`.
fn seconds(text: &str) -> Option<u64> {
    let mut rest = text;
    let mut total = 0_u64;
    while !rest.is_empty() {
        let digits = rest.find(|character: char| !character.is_ascii_digit())?;
        let number: u64 = rest[..digits].parse().ok()?;
        let unit = match rest[digits..].chars().next()? {
            's' => 1,
            'm' => 60,
            'h' => 3_600,
            'd' => 86_400,
            'w' => 604_800,
            _ => return None,
        };
        total = total.checked_add(number.checked_mul(unit)?)?;
        rest = &rest[digits + 1..];
    }
    (total > 0).then_some(total)
}
