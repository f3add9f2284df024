//! The rule files as the editor has them.

use std::cell::OnceCell;
use std::collections::{BTreeMap, HashMap};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use lsp_types::{
    Diagnostic, DiagnosticRelatedInformation, DiagnosticSeverity, Location, NumberOrString,
    TextDocumentPositionParams, TextEdit, Url,
};
use tripline_engine::rule_test::RuleTest;
use tripline_engine::yaml::{self, Content, Document};
use tripline_engine::{
    Checked, Diagnostic as Finding, Program, RawFile, SampledField, Severity, check_tests,
    check_trees, loader,
};

use super::place;
use super::schema::Root;
use super::text::Text;
use crate::sampled;
use crate::test::fixture;

/// A file that is open, or was read.
#[derive(Debug)]
pub(super) struct File {
    pub(super) uri: Url,
    pub(super) text: Text,
    pub(super) tree: Arc<Document>,
    /// Whether it is a file of tests.
    pub(super) is_test: bool,
}

/// What is wrong with the rules.
#[derive(Debug, Default)]
pub(super) struct Findings {
    /// By file.
    pub(super) found: BTreeMap<Url, Vec<Diagnostic>>,
    /// What can be mended without changing what the rules mean.
    pub(super) fixes: Vec<Fix>,
}

/// How something is mended.
#[derive(Debug)]
pub(super) struct Fix {
    /// The file of the finding.
    pub(super) uri: Url,
    pub(super) diagnostic: Diagnostic,
    /// The lint.
    pub(super) id: &'static str,
    pub(super) edits: HashMap<Url, Vec<TextEdit>>,
}

/// A place in a file.
pub(super) struct At<'w> {
    pub(super) file: &'w File,
    /// The byte.
    pub(super) offset: usize,
}

/// The folder of the rules.
#[derive(Debug)]
pub(super) struct Workspace {
    folder: PathBuf,
    /// Rule files and test files as they are on disk.
    disk: BTreeMap<PathBuf, String>,
    /// What the editor has open.
    open: BTreeMap<PathBuf, String>,
    /// All files: those that are open as the editor has them.
    files: BTreeMap<PathBuf, File>,
    /// The fields of the events beside the rules, once they are asked for.
    sample: OnceCell<Vec<SampledField>>,
}

impl Workspace {
    pub(super) fn new(folder: PathBuf) -> Workspace {
        let mut workspace = Workspace {
            folder,
            disk: BTreeMap::new(),
            open: BTreeMap::new(),
            files: BTreeMap::new(),
            sample: OnceCell::new(),
        };
        workspace.read();
        workspace
    }

    /// Reads the folder again.
    pub(super) fn read(&mut self) {
        // A folder that cannot be read has no files: the next save may bring some.
        let rules = loader::read_rules(&self.folder).unwrap_or_default();
        let text = |file: RawFile| {
            let text = String::from_utf8_lossy(&file.bytes).into_owned();
            (PathBuf::from(file.name), text)
        };
        let tests = loader::read_tests(&self.folder).unwrap_or_default();
        self.disk = rules.into_iter().chain(tests).map(text).collect();
        self.files = BTreeMap::new();
        let all: Vec<(PathBuf, String)> = self
            .disk
            .iter()
            .chain(&self.open)
            .map(|(path, text)| (path.clone(), text.clone()))
            .collect();
        for (path, text) in all {
            self.put(path, text);
        }
    }

    /// Takes what the editor has of a file; says whether it is one of the rules.
    pub(super) fn open(&mut self, uri: &Url, text: String) -> bool {
        let Some(path) = self.path(uri) else {
            return false;
        };
        self.open.insert(path.clone(), text.clone());
        self.put(path, text);
        true
    }

    /// What is on disk counts again; says whether the file is one of the rules.
    pub(super) fn close(&mut self, uri: &Url) -> bool {
        let Some(path) = self.path(uri) else {
            return false;
        };
        self.open.remove(&path);
        self.read();
        true
    }

    fn put(&mut self, path: PathBuf, text: String) {
        let Ok(uri) = Url::from_file_path(&path) else {
            return;
        };
        let file = File {
            uri,
            is_test: is_test(&path),
            tree: Arc::new(yaml::parse(&text)),
            text: Text::new(text),
        };
        self.files.insert(path, file);
    }

    fn path(&self, uri: &Url) -> Option<PathBuf> {
        let path = uri.to_file_path().ok()?;
        let is_yaml = path
            .extension()
            .is_some_and(|end| end == "yaml" || end == "yml");
        (is_yaml && path.starts_with(&self.folder)).then_some(path)
    }

    pub(super) fn file(&self, uri: &Url) -> Option<&File> {
        self.files.get(&self.path(uri)?)
    }

    pub(super) fn files(&self) -> impl Iterator<Item = &File> {
        self.files.values()
    }

    /// The files of rules and settings.
    pub(super) fn rules(&self) -> impl Iterator<Item = &File> {
        self.files().filter(|file| !file.is_test)
    }

    /// The settings file.
    pub(super) fn settings(&self) -> Option<&File> {
        let names = ["tripline.yaml", "tripline.yml"];
        names
            .iter()
            .find_map(|name| self.files.get(&self.folder.join(name)))
    }

    /// The fields of the events beside the rules, which are read once.
    pub(super) fn sample(&self) -> &[SampledField] {
        self.sample.get_or_init(|| {
            let settings = self.settings().map(|file| &file.tree);
            let event = settings.map(|tree| place::entries(tree, &["event"]));
            let mut entries = event.into_iter().flatten();
            let kind = entries.find(|entry| entry.key.value == "type");
            let kind = kind.and_then(|entry| match &entry.value.content {
                Content::Scalar(scalar) => Some(scalar.value.as_str()),
                _ => None,
            });
            let path: Vec<&str> = kind.unwrap_or("eventType").split('.').collect();
            sampled::read(&self.folder, &path)
        })
    }

    /// What kind of file it is.
    pub(super) fn root(&self, file: &File) -> Root {
        let settings = self.settings();
        match file.is_test {
            true => Root::Tests,
            false if settings.is_some_and(|one| one.uri == file.uri) => Root::Settings,
            false => Root::Rules,
        }
    }

    pub(super) fn at(&self, place: &TextDocumentPositionParams) -> Option<At<'_>> {
        let file = self.file(&place.text_document.uri)?;
        let offset = file.text.offset(place.position);
        Some(At { file, offset })
    }

    /// Rule files and settings, in the order in which a check numbers them.
    fn numbered(&self) -> Vec<(&PathBuf, &File)> {
        let files = self.files.iter();
        files.filter(|(_, file)| !file.is_test).collect()
    }

    /// Checks the rules.
    pub(super) fn check(&self) -> Checked {
        let settings = self.settings().map(|file| file.uri.clone());
        let raw = self.numbered().into_iter().map(|(path, file)| {
            let raw = RawFile {
                name: path.display().to_string(),
                bytes: file.text.text.clone().into_bytes(),
                settings: Some(&file.uri) == settings.as_ref(),
            };
            (raw, Some(Arc::clone(&file.tree)))
        });
        check_trees(raw.collect())
    }

    /// What a check of these files found.
    pub(super) fn findings(&self, checked: &Checked) -> Findings {
        let rules = self.numbered();
        let mut found: BTreeMap<Url, Vec<Diagnostic>> = BTreeMap::new();
        let mut fixes = Vec::new();
        for finding in &checked.diagnostics {
            let Some(label) = finding.labels.first() else {
                continue;
            };
            let file = rules[label.file].1;
            let shown = diagnostic(finding, file, &rules);
            if !finding.fix.is_empty() {
                let mut edits: HashMap<Url, Vec<TextEdit>> = HashMap::new();
                for edit in &finding.fix {
                    let file = rules[edit.file].1;
                    let range = file.text.range(edit.start..edit.end);
                    let edit = TextEdit::new(range, edit.text.clone());
                    edits.entry(file.uri.clone()).or_default().push(edit);
                }
                fixes.push(Fix {
                    uri: file.uri.clone(),
                    diagnostic: shown.clone(),
                    id: finding.id,
                    edits,
                });
            }
            found.entry(file.uri.clone()).or_default().push(shown);
        }
        Findings { found, fixes }
    }

    /// The tests, and what is wrong with each of their files.
    pub(super) fn tests(
        &self,
        program: &Program,
    ) -> (Vec<RuleTest>, BTreeMap<Url, Vec<Diagnostic>>) {
        let tests: Vec<(&PathBuf, &File)> =
            (self.files.iter().filter(|(_, file)| file.is_test)).collect();
        let raw = tests.iter().map(|(path, file)| RawFile {
            name: path.display().to_string(),
            bytes: file.text.text.clone().into_bytes(),
            settings: false,
        });
        let read = check_tests(raw.collect(), program, &fixture);
        let mut found: BTreeMap<Url, Vec<Diagnostic>> = BTreeMap::new();
        for (_, file) in &tests {
            found.insert(file.uri.clone(), Vec::new());
        }
        for finding in &read.diagnostics {
            if let Some(label) = finding.labels.first() {
                let file = tests[label.file].1;
                let shown = diagnostic(finding, file, &tests);
                found.entry(file.uri.clone()).or_default().push(shown);
            }
        }
        (read.tests, found)
    }
}

fn is_test(path: &Path) -> bool {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    name.ends_with(".test.yaml") || name.ends_with(".test.yml")
}

/// A finding as editors show it.
fn diagnostic(finding: &Finding, file: &File, files: &[(&PathBuf, &File)]) -> Diagnostic {
    let range = |label: &tripline_engine::Label| {
        let file = files[label.file].1;
        file.text.range(label.range.clone())
    };
    let mut message = finding.message.clone();
    let mut labels = finding.labels.iter();
    let first = labels.next();
    if let Some(label) = first.filter(|label| !label.text.is_empty()) {
        message += &format!("\n{}", label.text);
    }
    if let Some(help) = &finding.help {
        message += &format!("\n\n{help}");
    }
    let related = labels.map(|label| DiagnosticRelatedInformation {
        location: Location::new(files[label.file].1.uri.clone(), range(label)),
        message: label.text.clone(),
    });
    let related: Vec<_> = related.collect();
    Diagnostic {
        range: first.map_or_else(|| file.text.range(0..0), range),
        severity: Some(match finding.severity {
            Severity::Error => DiagnosticSeverity::ERROR,
            Severity::Warning => DiagnosticSeverity::WARNING,
            Severity::Info => DiagnosticSeverity::INFORMATION,
        }),
        code: Some(NumberOrString::String(finding.code.to_owned())),
        source: Some("tripline".to_owned()),
        message,
        related_information: (!related.is_empty()).then_some(related),
        ..Diagnostic::default()
    }
}
