use std::ops::Range;

use tripline_grammar::ast::Span;

use super::Lint;
use super::rules::{Alert, Site};
use crate::diagnostic::{Diagnostic, Edit, Label, Severity};
use crate::yaml::{Entry, Style};

/// What one lint finds.
pub(crate) struct Findings {
    lint: &'static Lint,
    pub(super) list: Vec<Diagnostic>,
}

/// The latest finding, to which more can be said.
pub(crate) struct Finding<'f>(&'f mut Diagnostic);

impl Findings {
    pub(super) fn new(lint: &'static Lint) -> Self {
        let list = Vec::new();
        Findings { lint, list }
    }

    /// A finding at a place of a file.
    pub(super) fn place(
        &mut self,
        file: usize,
        range: Range<usize>,
        message: impl Into<String>,
    ) -> Finding<'_> {
        let severity = self.lint.severity.unwrap_or(Severity::Error);
        let diagnostic = self.lint.code.diagnostic(severity, message.into());
        let at = self.list.len();
        self.list.push(diagnostic.at(file, range, ""));
        Finding(&mut self.list[at])
    }

    /// A finding at a part of an expression.
    pub(super) fn span(
        &mut self,
        site: &Site<'_>,
        span: Span,
        message: impl Into<String>,
    ) -> Finding<'_> {
        self.place(site.place.file, site.place.range(span), message)
            .about(site.alert)
    }

    /// A finding at an alert's name.
    pub(super) fn alert(&mut self, alert: &Alert<'_>, message: impl Into<String>) -> Finding<'_> {
        self.place(alert.file, alert.entry.key.range.clone(), message)
            .about(Some(alert.name))
    }

    /// A finding at what an alert says for a key, or at its name if a default says it.
    pub(super) fn key(
        &mut self,
        alert: &Alert<'_>,
        key: &str,
        message: impl Into<String>,
    ) -> Finding<'_> {
        let range = alert
            .own(key)
            .map_or(&alert.entry.key.range, |entry| &entry.value.range);
        self.place(alert.file, range.clone(), message)
            .about(Some(alert.name))
    }

    /// A finding at the name of an entry.
    pub(super) fn entry(
        &mut self,
        file: usize,
        entry: &Entry,
        message: impl Into<String>,
    ) -> Finding<'_> {
        self.place(file, entry.key.range.clone(), message)
    }
}

impl Finding<'_> {
    fn about(self, alert: Option<&str>) -> Self {
        self.0.alert = alert.map(str::to_owned);
        self
    }

    /// Says how to mend it.
    pub(super) fn help(self, help: impl Into<String>) -> Self {
        self.0.help = Some(help.into());
        self
    }

    /// Points at another place.
    pub(super) fn also(self, file: usize, range: Range<usize>, text: impl Into<String>) -> Self {
        let text = text.into();
        self.0.labels.push(Label { file, range, text });
        self
    }

    /// Mends it by another text for bytes of a file.
    pub(super) fn edit(self, file: usize, range: Range<usize>, text: impl Into<String>) -> Self {
        self.0.fix.push(Edit {
            file,
            start: range.start,
            end: range.end,
            text: text.into(),
        });
        self
    }

    /// Mends it by another text for a part of an expression, where YAML would read that text as it stands.
    pub(super) fn replace(self, site: &Site<'_>, span: Span, text: &str) -> Self {
        let range = site.place.range(span);
        let written = site.place.text.get(range.clone()).unwrap_or_default();
        // Text that YAML folds or escapes is left to the author.
        let is_verbatim = site.expr_text(span) == Some(written) && !written.contains(['\n', '\\']);
        let starts = site.place.base == 0 && span.start == 0;
        let fits = match site.place.scalar.style {
            Style::Plain => {
                let ends = text.contains(": ") || text.contains(" #");
                let parts = site.in_flow && text.contains([',', '[', ']', '{', '}']);
                let opens = starts && text.starts_with(|first| !is_plain_start(first));
                !(ends || parts || opens)
            }
            Style::Single => !text.contains('\''),
            Style::Double => !text.contains(['"', '\\']),
            Style::Literal | Style::Folded => true,
        };
        if is_verbatim && fits {
            self.edit(site.place.file, range, text)
        } else {
            self
        }
    }
}

fn is_plain_start(char: char) -> bool {
    char.is_ascii_alphanumeric() || matches!(char, '(' | '_' | '$')
}
