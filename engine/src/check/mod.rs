//! From rule files to a program: every step gives its result and all its diagnostics, so that one bad
//! rule never hides the next one's error.

mod aggregate;
pub(crate) mod alert;
mod changes;
mod defaults;
mod entries;
mod expression;
mod limits;
mod lint;
mod lists;
pub(crate) mod matcher;
pub(crate) mod moment;
mod names;
mod notify;
mod patterns;
pub(crate) mod place;
pub(crate) mod reader;
mod rule_tests;
pub(crate) mod schema;
pub(crate) mod settings;
mod silences;
pub(crate) mod template;
mod variable;

pub(crate) use aggregate::KEYS as AGGREGATE_KEYS;
pub(crate) use alert::{KEYS as ALERT_KEYS, MAX_PARTS};
pub(crate) use expression::{MAX_OFFSET, MAX_PANES, MAX_WINDOW, Type};
pub(crate) use limits::MAX_STATE;
pub(crate) use notify::MAX_ROUTES;
pub(crate) use patterns::MAX_REGEX;

use std::collections::BTreeSet;
use std::ops::Range;
use std::sync::Arc;

use tripline_grammar::ast::Segment;

use alert::{Groupings, Shared};
use defaults::Defaults;
pub use entries::RuleEntry;
pub use lint::LintLevels;
use lists::Lists;
use names::{Names, Places};
use patterns::Patterns;
use reader::{Parsed, Reader};
pub use rule_tests::{CheckedTests, ReadFixture, check_tests};
use settings::Settings;
use silences::Silences;

use crate::MAX_RULE_FILE_BYTES;
use crate::diagnostic::{self as codes, Code, Diagnostic, Severity};
use crate::event::Projection;
use crate::program::{AlertRule, Program};
use crate::source::{RawFile, SETTINGS, SourceFile};
use crate::yaml::{self, Document, Problem, ProblemKind};

const KEYS: &[&str] = &["alerts", "aggregates", "silences", "lists", "defaults"];

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
    /// Where each alert stands: the file and its name's place in it.
    alert_places: Places,
    /// The trees of the files, for the lints.
    pub(crate) documents: Vec<Arc<Document>>,
    /// Which of the files holds the settings.
    pub(crate) settings_file: Option<usize>,
    /// What tests expect of the alerts; `None` if nobody noted any.
    pub(crate) tested: Option<crate::lint::Tested>,
    /// Which lints the settings allow and deny.
    pub lints: LintLevels,
    /// The names on the way to an event's type, as the settings say; none if the way leads through a list.
    pub type_path: Option<Vec<String>>,
    /// The event types that the schema of the settings declares.
    pub event_types: Vec<String>,
}

impl Checked {
    /// The files and their trees, for [`check_trees`] after a change of some of them.
    pub fn trees(&self) -> impl Iterator<Item = (&SourceFile, &Arc<Document>)> {
        self.files.iter().zip(&self.documents)
    }
}

/// Checks rule files and compiles them.
pub fn check(raw: Vec<RawFile>) -> Checked {
    check_trees(raw.into_iter().map(|file| (file, None)).collect())
}

/// As [`check`], of files whose trees may be known: an editor changes one at a time.
///
/// A tree must be of the text of its file.
pub fn check_trees(raw: Vec<(RawFile, Option<Arc<Document>>)>) -> Checked {
    let (raw, trees): (Vec<RawFile>, Vec<_>) = raw.into_iter().unzip();
    let mut diagnostics = Vec::new();
    let mut parsed = Parsed::default();
    let settings_file = raw.iter().position(|file| file.settings);
    for (index, file) in raw.iter().enumerate() {
        if Some(index) != settings_file && is_settings(file) {
            diagnostics.push(misplaced(index, file.settings));
        }
    }
    let is_rules: Vec<bool> = raw.iter().map(|file| !is_settings(file)).collect();
    let files: Vec<SourceFile> = raw
        .into_iter()
        .enumerate()
        .map(|(index, file)| read(index, file, &mut diagnostics))
        .collect();
    // A file that is refused has no text here, whatever its tree is of.
    let tree = |(file, tree): (&SourceFile, Option<Arc<Document>>)| {
        let known = tree.filter(|_| !file.text.is_empty());
        known.unwrap_or_else(|| Arc::new(yaml::parse(&file.text)))
    };
    let documents: Vec<Arc<Document>> = files.iter().zip(trees).map(tree).collect();
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
                    parsed: &mut parsed,
                },
                root,
            ),
            None => Settings::default(),
        };

    let mut projection = Projection::default();
    let envelope = settings.envelope(&mut projection);
    let mut groupings = Groupings::default();
    let fingerprint = settings.fingerprint();
    let rule_files = || {
        let roots = documents.iter().map(|document| document.root.as_ref());
        let rule_files = roots.enumerate().filter(|(index, _)| is_rules[*index]);
        rule_files.filter_map(|(index, root)| Some((index, root?)))
    };
    // An alert may name a list of any file, so all of them are read first.
    let mut lists = Lists::default();
    let mut list_names = Names::new("a list", codes::DUPLICATE_LIST);
    for (index, root) in rule_files() {
        let mut reader = Reader {
            file: index,
            text: &files[index].text,
            diagnostics: &mut diagnostics,
            parsed: &mut parsed,
        };
        lists.read(&mut reader, root, &mut list_names);
    }
    let mut shared = Shared {
        projection: &mut projection,
        groupings: &mut groupings,
        lists: &lists,
        patterns: &mut Patterns::default(),
        envelope: &fingerprint,
        schema: &settings.schema,
    };
    let mut alert_names = Names::new("an alert", codes::DUPLICATE_ALERT);
    let mut aggregate_names = Names::new("an aggregate", codes::DUPLICATE_AGGREGATE);
    let (mut alerts, mut aggregates) = (Vec::new(), Vec::new());
    let mut silences = Silences::new();
    for (index, root) in rule_files() {
        let mut reader = Reader {
            file: index,
            text: &files[index].text,
            diagnostics: &mut diagnostics,
            parsed: &mut parsed,
        };
        let sections = reader.fields(root, "a rule file", KEYS);
        let defaults = match root.entry("defaults") {
            Some(section) => defaults::check(&mut reader, section, &mut shared),
            None => Defaults::default(),
        };
        for section in sections {
            match section.key.value.as_str() {
                "alerts" => {
                    let entries = reader.map(&section.value, "`alerts`");
                    alerts.reserve(entries.len());
                    for entry in entries {
                        alert_names.declare(&mut reader, entry);
                        let before = reader.diagnostics.len();
                        alerts.extend(alert::check(&mut reader, entry, &defaults, &mut shared));
                        for diagnostic in &mut reader.diagnostics[before..] {
                            diagnostic.alert = Some(entry.key.value.to_string());
                        }
                    }
                }
                "aggregates" => {
                    for entry in reader.map(&section.value, "`aggregates`") {
                        aggregate_names.declare(&mut reader, entry);
                        aggregates.extend(aggregate::check(&mut reader, entry, &mut shared));
                    }
                }
                "silences" => silences.check(&mut reader, &section.value),
                // The others have been read.
                _ => {}
            }
        }
    }
    let alert_places = alert_names.into_places();
    for alert in alerts.iter().filter(|alert| !settings.routes.serve(alert)) {
        diagnostics.extend(
            alert_places
                .get(alert.name.as_str())
                .map(|place| unrouted(alert, place)),
        );
    }

    let place = |diagnostic: &Diagnostic| {
        diagnostic
            .labels
            .first()
            .map(|label| (label.file, label.range.start, label.range.end))
    };
    diagnostics.sort_by_key(place);
    // What stands once and is read by many alerts, as a default is, is told once.
    let mut told = BTreeSet::new();
    diagnostics.retain(|one| told.insert((one.code, place(one), one.message.clone())));
    let is_refused = diagnostics
        .iter()
        .any(|diagnostic| diagnostic.severity == Severity::Error);
    let program = (!is_refused).then(|| {
        alerts.sort_unstable_by(|a, b| a.name.cmp(&b.name));
        aggregates.sort_unstable_by(|a, b| a.name.cmp(&b.name));
        let mut program = Program::new(envelope, projection, alerts, aggregates, groupings.list);
        program.silences = silences.finish();
        program.routes = settings.routes;
        program
    });
    Checked {
        program,
        files,
        diagnostics,
        alerts: alert_places.len(),
        alert_places,
        tested: None,
        lints: settings.lints,
        type_path: names_of(&settings.kind),
        event_types: settings.schema.types().map(str::to_owned).collect(),
        settings_file,
        documents,
    }
}

/// The names of a path that leads through objects only.
fn names_of(path: &[Segment]) -> Option<Vec<String>> {
    let names = path.iter().map(|segment| match segment {
        Segment::Field(name) => Some(name.clone()),
        Segment::Index(_) => None,
    });
    names.collect()
}

fn unrouted(alert: &AlertRule, (file, range): &(usize, Range<usize>)) -> Diagnostic {
    let message = format!("no route takes the alert `{}`", alert.name);
    let mut diagnostic = codes::UNROUTED_ALERT
        .error(message)
        .at(*file, range.clone(), "")
        .help("end `notify.routes` in `tripline.yaml` with one that takes all: `- {topic: \"${ALERT_TOPIC_ARN}\"}`");
    diagnostic.alert = Some(alert.name.clone());
    diagnostic
}

/// Whether a file holds settings, where it should or elsewhere.
fn is_settings(file: &RawFile) -> bool {
    let name = file.name.rsplit(['/', '\\']).next().unwrap_or_default();
    file.settings || SETTINGS.contains(&name)
}

fn misplaced(file: usize, is_second: bool) -> Diagnostic {
    let (message, help) = if is_second {
        (
            "there are two settings files",
            "keep `tripline.yaml` and move what `tripline.yml` says into it",
        )
    } else {
        (
            "settings are read from the root of the rules folder only",
            "move them into the `tripline.yaml` there, or give this file another name if it holds rules",
        )
    };
    codes::MISPLACED_SETTINGS
        .error(message)
        .at(file, 0..0, "")
        .help(help)
}

fn read(index: usize, file: RawFile, diagnostics: &mut Vec<Diagnostic>) -> SourceFile {
    let RawFile { name, bytes, .. } = file;
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
