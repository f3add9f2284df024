//! From rule files to a program: every step gives its result and all its diagnostics, so that one bad
//! rule never hides the next one's error.

mod aggregate;
mod alert;
mod expression;
mod limits;
mod place;
mod reader;
mod settings;
mod template;

use std::collections::BTreeMap;
use std::ops::Range;

use alert::{Groupings, Shared};
use reader::Reader;
use settings::Settings;

use crate::MAX_RULE_FILE_BYTES;
use crate::diagnostic::{self as codes, Code, Diagnostic, Severity};
use crate::event::Projection;
use crate::program::Program;
use crate::source::{RawFile, SourceFile};
use crate::yaml::{self, Document, Problem, ProblemKind};

const KEYS: &[&str] = &["alerts", "aggregates", "silences", "lists", "defaults"];
/// The names of the settings file, at the root of the rules folder.
const SETTINGS: [&str; 2] = ["tripline.yaml", "tripline.yml"];

/// What came of checking rule files.
#[derive(Debug)]
pub struct Checked {
    /// The compiled rules; `None` if any diagnostic is an error.
    pub program: Option<Program>,
    /// The files, as the diagnostics number them.
    pub files: Vec<SourceFile>,
    /// What was found, by file and place.
    pub diagnostics: Vec<Diagnostic>,
    /// How many alerts the files hold, enabled or not, right or wrong.
    pub alerts: usize,
}

/// Checks rule files and compiles them.
pub fn check(raw: Vec<RawFile>) -> Checked {
    let mut diagnostics = Vec::new();
    let settings_file = settings_file(&raw);
    let files: Vec<SourceFile> = raw
        .into_iter()
        .enumerate()
        .map(|(index, file)| read(index, file, &mut diagnostics))
        .collect();
    let documents: Vec<Document> = files.iter().map(|file| yaml::parse(&file.text)).collect();
    for (index, document) in documents.iter().enumerate() {
        diagnostics.extend(
            document
                .problems
                .iter()
                .map(|problem| of_problem(index, problem)),
        );
    }

    let settings =
        match settings_file.and_then(|index| Some((index, documents[index].root.as_ref()?))) {
            Some((index, root)) => settings::check(
                &mut Reader {
                    file: index,
                    text: &files[index].text,
                    diagnostics: &mut diagnostics,
                },
                root,
            ),
            None => Settings::default(),
        };

    let mut projection = Projection::default();
    let envelope = settings.envelope(&mut projection);
    let mut groupings = Groupings::default();
    let fingerprint = settings.fingerprint();
    let mut shared = Shared {
        projection: &mut projection,
        groupings: &mut groupings,
        envelope: &fingerprint,
    };
    let mut names: BTreeMap<&str, (usize, Range<usize>)> = BTreeMap::new();
    let mut alerts = Vec::new();
    for (index, document) in documents.iter().enumerate() {
        let Some(root) = document
            .root
            .as_ref()
            .filter(|_| Some(index) != settings_file)
        else {
            continue;
        };
        let mut reader = Reader {
            file: index,
            text: &files[index].text,
            diagnostics: &mut diagnostics,
        };
        for section in reader.fields(root, "a rule file", KEYS) {
            let key = section.key.value.as_str();
            if key != "alerts" {
                if KEYS.contains(&key) {
                    let message = format!("`{key}` is not supported yet");
                    reader.refuse(codes::NOT_YET, section.key.range.clone(), message, None);
                }
                continue;
            }
            for entry in reader.map(&section.value, "`alerts`") {
                let name = entry.key.value.as_str();
                if entry.duplicate {
                    // Reported where the file was read.
                } else if let Some((file, range)) = names.get(name) {
                    let duplicate = codes::DUPLICATE_ALERT
                        .error(format!(
                            "there are two alerts named `{}`",
                            reader::shown(name)
                        ))
                        .at(index, entry.key.range.clone(), "")
                        .at(*file, range.clone(), "the other one")
                        .help("the name of an alert is unique over all files");
                    reader.diagnostics.push(duplicate);
                } else {
                    names.insert(name, (index, entry.key.range.clone()));
                }
                let before = reader.diagnostics.len();
                alerts.extend(alert::check(&mut reader, entry, &mut shared));
                for diagnostic in &mut reader.diagnostics[before..] {
                    diagnostic.alert = Some(name.to_owned());
                }
            }
        }
    }
    let count = names.len();

    let place = |diagnostic: &Diagnostic| {
        diagnostic
            .labels
            .first()
            .map(|label| (label.file, label.range.start, label.range.end))
    };
    diagnostics.sort_by_key(place);
    let is_refused = diagnostics
        .iter()
        .any(|diagnostic| diagnostic.severity == Severity::Error);
    let program = (!is_refused).then(|| {
        alerts.sort_by(|a, b| a.name.cmp(&b.name));
        Program::new(envelope, projection, alerts, groupings.list)
    });
    Checked {
        program,
        files,
        diagnostics,
        alerts: count,
    }
}

/// The settings file lies highest in the folder: beside or above every other file.
fn settings_file(files: &[RawFile]) -> Option<usize> {
    let folder = |name: &str| name.rfind('/').map_or(0, |at| at + 1);
    let root = files
        .iter()
        .map(|file| file.name.matches('/').count())
        .min()?;
    files.iter().position(|file| {
        file.name.matches('/').count() == root
            && SETTINGS.contains(&&file.name[folder(&file.name)..])
    })
}

fn read(index: usize, file: RawFile, diagnostics: &mut Vec<Diagnostic>) -> SourceFile {
    let RawFile { name, bytes } = file;
    let refused = |name, diagnostic: Diagnostic, diagnostics: &mut Vec<Diagnostic>| {
        diagnostics.push(diagnostic.at(index, 0..0, ""));
        SourceFile {
            name,
            text: String::new(),
        }
    };
    if bytes.len() > MAX_RULE_FILE_BYTES {
        let diagnostic = codes::FILE_TOO_LARGE
            .error(format!(
                "this file is over {} MiB",
                MAX_RULE_FILE_BYTES >> 20
            ))
            .help("split it: a folder of rules may hold any number of files");
        return refused(name, diagnostic, diagnostics);
    }
    match String::from_utf8(bytes) {
        Ok(text) => SourceFile { name, text },
        Err(error) => {
            let at = error.utf8_error().valid_up_to();
            let diagnostic = codes::UNREADABLE_FILE
                .error(format!("this file is not text: byte {at} is not UTF-8"))
                .help("save it as UTF-8, or move it out of the rules folder");
            refused(name, diagnostic, diagnostics)
        }
    }
}

fn of_problem(file: usize, problem: &Problem) -> Diagnostic {
    let mut diagnostic =
        code_of(problem.kind)
            .error(problem.message.clone())
            .at(file, problem.range.clone(), "");
    if let Some((range, text)) = &problem.related {
        diagnostic = diagnostic.at(file, range.clone(), text.clone());
    }
    diagnostic.help = problem.help.clone();
    diagnostic
}

fn code_of(kind: ProblemKind) -> Code {
    match kind {
        ProblemKind::Syntax => codes::YAML_SYNTAX,
        ProblemKind::DuplicateKey => codes::DUPLICATE_KEY,
        ProblemKind::BadKey => codes::BAD_KEY,
        ProblemKind::UnknownAlias => codes::UNKNOWN_ALIAS,
        ProblemKind::AliasBudget => codes::ALIAS_BUDGET,
        ProblemKind::Recursion => codes::RECURSIVE_ALIAS,
        ProblemKind::SeveralDocuments => codes::SEVERAL_DOCUMENTS,
        ProblemKind::TooDeep => codes::YAML_TOO_DEEP,
        ProblemKind::MergeKey => codes::MERGE_KEY,
        ProblemKind::Tag => codes::YAML_TAG,
    }
}
