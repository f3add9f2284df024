//! `tripline lsp`: answers an editor while rules are written.
//!
//! A change → the rules with what the editor holds (`workspace`) → checked → errors; a pause → lints. A question → where in a file it is asked
//! (`place`) → what the language (`vocabulary`, `schema`) and the rules (`symbols`) have there.

mod completion;
mod hover;
mod place;
mod schema;
mod symbols;
mod text;
mod vocabulary;
mod workspace;

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::Duration;

use lsp_server::{Connection, Message, Notification, Request, RequestId, Response};
use lsp_types::notification::{
    DidChangeTextDocument, DidChangeWatchedFiles, DidCloseTextDocument, DidOpenTextDocument,
    DidSaveTextDocument, Notification as _, PublishDiagnostics,
};
use lsp_types::request::{
    CodeActionRequest, Completion, DocumentSymbolRequest, Formatting, GotoDefinition, HoverRequest,
    PrepareRenameRequest, References, Rename, Request as _,
};
use lsp_types::{
    CodeAction, CodeActionKind, CodeActionParams, CodeActionProviderCapability, CompletionOptions,
    CompletionParams, Diagnostic, DiagnosticSeverity, DocumentFormattingParams,
    DocumentSymbolParams, GotoDefinitionParams, HoverParams, HoverProviderCapability,
    InitializeParams, OneOf, PublishDiagnosticsParams, ReferenceParams, RenameOptions,
    RenameParams, ServerCapabilities, TextDocumentPositionParams, TextDocumentSyncCapability,
    TextDocumentSyncKind, TextEdit, Url, WorkspaceEdit,
};
use serde::Serialize;
use serde::de::DeserializeOwned;
use tripline_engine::{Checked, Levels};

use self::workspace::{Findings, Fix, Workspace};
use crate::args::LspArgs;
use crate::check::today;
use crate::failure::Failure;
use crate::terminal::Terminal;

/// How long nobody types before the rules are linted.
const PAUSE: Duration = Duration::from_millis(300);

/// Why the server ends before it is told to.
type Broken = Box<dyn std::error::Error + Send + Sync>;

pub(crate) fn lsp(args: &LspArgs, terminal: &Terminal) -> Result<ExitCode, Failure> {
    let (connection, threads) = Connection::stdio();
    let served = serve(connection, &args.rules);
    if let Err(error) = served {
        return Err(Failure::Message(format!("the editor broke off: {error}")));
    }
    if let Err(error) = threads.join() {
        terminal.note(&format!("the editor's pipe: {error}\n"));
    }
    Ok(ExitCode::SUCCESS)
}

/// Answers until the editor says that it is done.
fn serve(connection: Connection, rules: &Path) -> Result<(), Broken> {
    let capabilities = serde_json::to_value(capabilities())?;
    let params: InitializeParams = serde_json::from_value(connection.initialize(capabilities)?)?;
    let mut server = Server {
        workspace: Workspace::new(folder(&params, rules)),
        published: BTreeMap::new(),
        checked: None,
        linted: BTreeMap::new(),
        stale: BTreeSet::new(),
        fixes: Vec::new(),
        connection,
    };
    server.check()?;
    loop {
        let receiver = &server.connection.receiver;
        let received = match server.checked {
            // What takes longer waits until nobody types.
            Some(_) => (receiver.recv_timeout(PAUSE)).map_err(|error| error.is_timeout()),
            None => receiver.recv().map_err(|_| false),
        };
        let message = match received {
            Ok(message) => message,
            Err(true) => {
                server.lint()?;
                continue;
            }
            Err(false) => return Ok(()),
        };
        let mut changed = false;
        let mut next = Some(message);
        // What was typed while the last check went on is checked once.
        while let Some(message) = next {
            match message {
                Message::Request(request) => {
                    if server.connection.handle_shutdown(&request)? {
                        return Ok(());
                    }
                    let response = server.answer(request);
                    server.connection.sender.send(Message::Response(response))?;
                }
                Message::Notification(notification) => changed |= server.take(notification),
                Message::Response(_) => {}
            }
            next = server.connection.receiver.try_recv().ok();
        }
        if changed {
            server.check()?;
        }
    }
}

fn capabilities() -> ServerCapabilities {
    ServerCapabilities {
        text_document_sync: Some(TextDocumentSyncCapability::Kind(TextDocumentSyncKind::FULL)),
        completion_provider: Some(CompletionOptions {
            trigger_characters: Some(vec![".".to_owned(), " ".to_owned(), "{".to_owned()]),
            ..CompletionOptions::default()
        }),
        hover_provider: Some(HoverProviderCapability::Simple(true)),
        definition_provider: Some(OneOf::Left(true)),
        references_provider: Some(OneOf::Left(true)),
        document_symbol_provider: Some(OneOf::Left(true)),
        document_formatting_provider: Some(OneOf::Left(true)),
        code_action_provider: Some(CodeActionProviderCapability::Simple(true)),
        rename_provider: Some(OneOf::Right(RenameOptions {
            prepare_provider: Some(true),
            work_done_progress_options: Default::default(),
        })),
        ..ServerCapabilities::default()
    }
}

/// The folder of the rules: in what the editor has open, if it is not said absolutely.
fn folder(params: &InitializeParams, rules: &Path) -> PathBuf {
    #[allow(deprecated, reason = "editors without workspace folders say it so")]
    let root = params.root_uri.clone();
    let folders = params.workspace_folders.iter().flatten();
    let open = folders.map(|folder| folder.uri.clone()).chain(root).next();
    let open = open.and_then(|uri| uri.to_file_path().ok());
    let open = open.unwrap_or_else(|| std::env::current_dir().unwrap_or_default());
    let inside = open.join(rules);
    // Whoever opens the folder of the rules itself means that one.
    if inside.is_dir() { inside } else { open }
}

struct Server {
    connection: Connection,
    workspace: Workspace,
    /// What the editor was told last, by file.
    published: BTreeMap<Url, Vec<Diagnostic>>,
    /// The rules as they were checked last, until they are linted.
    checked: Option<Checked>,
    /// What the lints found last, and the mistakes in test files.
    linted: BTreeMap<Url, Vec<Diagnostic>>,
    /// Files that have changed since.
    stale: BTreeSet<Url>,
    /// How what was found last is mended.
    fixes: Vec<Fix>,
}

impl Server {
    /// Takes what the editor tells; says whether the rules may be others now.
    fn take(&mut self, told: Notification) -> bool {
        let method = told.method.as_str();
        if method == DidOpenTextDocument::METHOD {
            let params = notified::<DidOpenTextDocument>(told);
            params.is_some_and(|params| {
                let document = params.text_document;
                self.stale.insert(document.uri.clone());
                self.workspace.open(&document.uri, document.text)
            })
        } else if method == DidChangeTextDocument::METHOD {
            let params = notified::<DidChangeTextDocument>(told);
            params.is_some_and(|mut params| {
                // Each change is the whole text.
                let text = params.content_changes.pop().map(|change| change.text);
                self.stale.insert(params.text_document.uri.clone());
                text.is_some_and(|text| self.workspace.open(&params.text_document.uri, text))
            })
        } else if method == DidCloseTextDocument::METHOD {
            let params = notified::<DidCloseTextDocument>(told);
            params.is_some_and(|params| self.workspace.close(&params.text_document.uri))
        } else if method == DidSaveTextDocument::METHOD || method == DidChangeWatchedFiles::METHOD {
            self.workspace.read();
            true
        } else {
            false
        }
    }

    fn answer(&self, request: Request) -> Response {
        let workspace = &self.workspace;
        let id = request.id.clone();
        match request.method.as_str() {
            Completion::METHOD => reply(request, |params: CompletionParams| {
                let at = workspace.at(&params.text_document_position)?;
                Some(completion::complete(workspace, &at))
            }),
            HoverRequest::METHOD => reply(request, |params: HoverParams| {
                let at = workspace.at(&params.text_document_position_params)?;
                hover::hover(workspace, &at)
            }),
            GotoDefinition::METHOD => reply(request, |params: GotoDefinitionParams| {
                let at = workspace.at(&params.text_document_position_params)?;
                symbols::definition(workspace, &at)
            }),
            References::METHOD => reply(request, |params: ReferenceParams| {
                let at = workspace.at(&params.text_document_position)?;
                symbols::references(workspace, &at)
            }),
            DocumentSymbolRequest::METHOD => reply(request, |params: DocumentSymbolParams| {
                symbols::of_document(workspace, &params.text_document.uri)
            }),
            CodeActionRequest::METHOD => reply(request, |params: CodeActionParams| {
                Some(self.actions(&params))
            }),
            Formatting::METHOD => reply(request, |params: DocumentFormattingParams| {
                let file = workspace.file(&params.text_document.uri)?;
                let text = &file.text.text;
                let formatted = tripline_engine::format(text).filter(|formatted| formatted != text);
                let edit = |new| TextEdit::new(file.text.range(0..text.len()), new);
                Some(formatted.map(edit).into_iter().collect::<Vec<_>>())
            }),
            PrepareRenameRequest::METHOD => reply(request, |params: TextDocumentPositionParams| {
                symbols::prepare_rename(workspace, &workspace.at(&params)?)
            }),
            Rename::METHOD => {
                let Some(params) = read::<RenameParams>(request.params) else {
                    return unreadable(id);
                };
                let at = workspace.at(&params.text_document_position);
                match at.map(|at| symbols::rename(workspace, &at, &params.new_name)) {
                    Some(Ok(edit)) => Response::new_ok(id, edit),
                    Some(Err(reason)) => invalid(id, reason),
                    None => invalid(id, "nothing stands there that has a name".to_owned()),
                }
            }
            method => Response::new_err(
                id,
                lsp_server::ErrorCode::MethodNotFound as i32,
                format!("`{method}` is not answered"),
            ),
        }
    }

    /// How what is wrong in a part of a file can be mended.
    fn actions(&self, params: &CodeActionParams) -> Vec<CodeAction> {
        let overlaps = |range: &lsp_types::Range| {
            range.start <= params.range.end && params.range.start <= range.end
        };
        let fixes = self
            .fixes
            .iter()
            .filter(|fix| fix.uri == params.text_document.uri && overlaps(&fix.diagnostic.range));
        fixes
            .map(|fix| CodeAction {
                title: format!("Mend {}", fix.id),
                kind: Some(CodeActionKind::QUICKFIX),
                diagnostics: Some(vec![fix.diagnostic.clone()]),
                edit: Some(WorkspaceEdit::new(fix.edits.clone())),
                is_preferred: Some(true),
                ..CodeAction::default()
            })
            .collect()
    }

    /// Checks the rules and tells the editor of errors at once; what lints found stands as it is in files that have not changed.
    fn check(&mut self) -> Result<(), Broken> {
        let checked = self.workspace.check();
        let mut found = self.workspace.findings(&checked).found;
        for (uri, lints) in &self.linted {
            if !self.stale.contains(uri) {
                found.entry(uri.clone()).or_default().extend(lints.clone());
            }
        }
        self.fixes.retain(|fix| !self.stale.contains(&fix.uri));
        self.publish(found)?;
        // To drop the one before takes a while.
        self.checked = Some(checked);
        Ok(())
    }

    /// Lints the rules and reads their tests, and tells the editor all that was found.
    fn lint(&mut self) -> Result<(), Broken> {
        let Some(mut checked) = self.checked.take() else {
            return Ok(());
        };
        let tests = checked.program.as_ref();
        let (tests, mistakes) =
            tests.map_or_else(Default::default, |program| self.workspace.tests(program));
        if !tests.is_empty() {
            checked.note_tests(&tests);
        }
        let levels = Levels::new(&checked.lints);
        checked.lint(&levels, today());
        let Findings { mut found, fixes } = self.workspace.findings(&checked);
        let is_error = |one: &Diagnostic| one.severity == Some(DiagnosticSeverity::ERROR);
        self.linted = found.clone();
        for lints in self.linted.values_mut() {
            lints.retain(|one| !is_error(one));
        }
        for (uri, mistakes) in mistakes {
            self.linted.insert(uri.clone(), mistakes.clone());
            found.insert(uri, mistakes);
        }
        self.fixes = fixes;
        self.stale.clear();
        self.publish(found)
    }

    /// Tells the editor what has changed of what is wrong.
    fn publish(&mut self, mut found: BTreeMap<Url, Vec<Diagnostic>>) -> Result<(), Broken> {
        // A file about which nothing is to be said any more has to be told so.
        for uri in self.published.keys() {
            found.entry(uri.clone()).or_default();
        }
        for (uri, diagnostics) in &found {
            if self.published.get(uri).map_or(&[][..], Vec::as_slice) != diagnostics {
                let params = PublishDiagnosticsParams {
                    uri: uri.clone(),
                    diagnostics: diagnostics.clone(),
                    version: None,
                };
                let method = PublishDiagnostics::METHOD.to_owned();
                let told = Notification::new(method, params);
                self.connection.sender.send(Message::Notification(told))?;
            }
        }
        found.retain(|_, diagnostics| !diagnostics.is_empty());
        self.published = found;
        Ok(())
    }
}

fn read<P: DeserializeOwned>(params: serde_json::Value) -> Option<P> {
    serde_json::from_value(params).ok()
}

fn notified<N: lsp_types::notification::Notification>(told: Notification) -> Option<N::Params> {
    read(told.params)
}

/// The answer to a question: nothing is an answer, too.
fn reply<P: DeserializeOwned, A: Serialize>(
    request: Request,
    answer: impl FnOnce(P) -> Option<A>,
) -> Response {
    match read(request.params) {
        Some(params) => Response::new_ok(request.id, answer(params)),
        None => unreadable(request.id),
    }
}

fn unreadable(id: RequestId) -> Response {
    invalid(id, "the question cannot be read".to_owned())
}

fn invalid(id: RequestId, reason: String) -> Response {
    Response::new_err(id, lsp_server::ErrorCode::InvalidParams as i32, reason)
}
