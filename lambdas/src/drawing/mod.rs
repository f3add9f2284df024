//! Draws diagnostics for people.
//!
//! The build script of this crate has it, too.

mod places;

use std::cell::OnceCell;
use std::ops::Range;

use annotate_snippets::{
    Annotation, AnnotationKind, Element, Group, Level, Origin, Renderer, Snippet,
};
use tripline_engine::{Diagnostic, Label, Severity, SourceFile};

pub use self::places::Places;

/// Labels further apart than this stand in snippets of their own.
const LINES_BETWEEN: usize = 12;
/// A line longer than this is cut around what a label points at.
const LINE_BYTES: usize = 800;
/// How much of a cut line is shown on either side.
const AROUND: usize = 120;
/// How many lines a label may cover before only its first is shown.
const LABEL_LINES: usize = 12;

/// Draws diagnostics over their source files.
pub struct Drawing<'a> {
    files: &'a [SourceFile],
    /// The lines of each file, found when something in it is drawn.
    places: Vec<OnceCell<Places<'a>>>,
    renderer: Renderer,
}

impl<'a> Drawing<'a> {
    /// Draws over these files, perhaps in colours.
    pub fn new(files: &'a [SourceFile], colors: bool) -> Self {
        let renderer = if colors {
            Renderer::styled()
        } else {
            Renderer::plain()
        };
        Self {
            files,
            places: files.iter().map(|_| OnceCell::new()).collect(),
            renderer,
        }
    }

    /// Draws one diagnostic, with an empty line after it.
    pub fn draw(&self, diagnostic: &'a Diagnostic) -> String {
        let level = match diagnostic.severity {
            Severity::Error => Level::ERROR,
            Severity::Warning => Level::WARNING,
            Severity::Info => Level::INFO,
        };
        let title = level
            .primary_title(diagnostic.message.as_str())
            .id(diagnostic.code);
        let mut group = Group::with_title(title);
        for cluster in self.clusters(diagnostic) {
            group = group.elements(self.snippet(&cluster));
        }
        if let Some(help) = &diagnostic.help {
            group = group.element(Level::HELP.message(help.as_str()));
        }
        format!(
            "{}\n\n",
            without_empty_origins(&self.renderer.render(&[group]))
        )
    }

    /// Groups the labels that can be drawn together; the primary one's group comes first.
    fn clusters(&self, diagnostic: &'a Diagnostic) -> Vec<Cluster<'a>> {
        let mut clusters: Vec<Cluster<'a>> = Vec::new();
        for (index, label) in diagnostic.labels.iter().enumerate() {
            if label.file >= self.files.len() {
                continue;
            }
            let places = self.places(label.file);
            let range = self.shown(label);
            let lines = places.line(range.start)..places.line(range.end);
            let fits = |cluster: &&mut Cluster<'a>| {
                cluster.file == label.file
                    && lines.start <= cluster.lines.end + LINES_BETWEEN
                    && cluster.lines.start <= lines.end + LINES_BETWEEN
            };
            let mark = Mark {
                range,
                text: &label.text,
                primary: index == 0,
            };
            match clusters.iter_mut().find(fits) {
                Some(cluster) => {
                    cluster.lines =
                        cluster.lines.start.min(lines.start)..cluster.lines.end.max(lines.end);
                    cluster.marks.push(mark);
                }
                None => clusters.push(Cluster {
                    file: label.file,
                    lines,
                    marks: vec![mark],
                }),
            }
        }
        clusters
    }

    fn places(&self, file: usize) -> &Places<'a> {
        self.places[file].get_or_init(|| Places::new(&self.files[file].text))
    }

    /// The part of a label that is underlined: all of it unless it covers very much.
    fn shown(&self, label: &Label) -> Range<usize> {
        let places = self.places(label.file);
        let start = places.boundary(label.range.start);
        let end = places.boundary(label.range.end).max(start);
        let (first, last) = (places.line(start), places.line(end));
        let end = if last - first > LABEL_LINES {
            places.bytes_of(first).end.max(start)
        } else {
            end
        };
        start..end
    }

    fn snippet(&self, cluster: &Cluster<'a>) -> Vec<Element<'a>> {
        let text = self.files[cluster.file].text.as_str();
        let name = self.files[cluster.file].name.as_str();
        if text.is_empty() {
            return vec![Origin::path(name).into()];
        }
        let places = self.places(cluster.file);
        let start = places.bytes_of(cluster.lines.start).start;
        let end = places.bytes_of(cluster.lines.end).end;
        let long = (cluster.lines.start..=cluster.lines.end)
            .any(|line| places.bytes_of(line).len() > LINE_BYTES);
        if !long {
            let marks = cluster.marks.iter().map(|mark| {
                let within = |offset: usize| offset.clamp(start, end) - start;
                mark.annotation(within(mark.range.start)..within(mark.range.end))
            });
            let snippet = Snippet::source(&text[start..end])
                .path(name)
                .line_start(cluster.lines.start + 1);
            return vec![snippet.annotations(marks).into()];
        }
        // Drawing a line of a megabyte is slow and shows nothing, so each label gets a cut of its
        // line, and the place is named apart because a column in the cut would be wrong.
        cluster
            .marks
            .iter()
            .flat_map(|mark| cut(text, name, places, mark))
            .collect()
    }
}

/// Draws what is around one label of a very long line.
fn cut<'a>(text: &'a str, name: &'a str, places: &Places<'a>, mark: &Mark<'a>) -> [Element<'a>; 2] {
    let (line, column) = places.position(mark.range.start);
    let whole = places.bytes_of(line - 1);
    let start = places
        .boundary(mark.range.start.saturating_sub(AROUND))
        .max(whole.start);
    let marked = places
        .boundary(mark.range.end.min(mark.range.start + AROUND))
        .min(whole.end);
    let end = places.boundary(marked + AROUND).min(whole.end);
    let (before, after) = (
        if start > whole.start { "…" } else { "" },
        if end < whole.end { "…" } else { "" },
    );
    let shift = |offset: usize| offset - start + before.len();
    let shown = format!("{before}{}{after}", &text[start..end]);
    let snippet = Snippet::source(shown).line_start(line);
    [
        Origin::path(name).line(line).char_column(column).into(),
        snippet
            .annotation(mark.annotation(shift(mark.range.start)..shift(marked)))
            .into(),
    ]
}

/// Leaves out the `:::` with nothing after it that the renderer draws between a place that is named
/// apart and the cut of a line that belongs to it.
fn without_empty_origins(drawn: &str) -> String {
    drawn
        .split_inclusive('\n')
        .filter(|line| anstream::adapter::strip_str(line).to_string().trim() != ":::")
        .collect()
}

/// Labels that are drawn in one snippet.
struct Cluster<'a> {
    file: usize,
    /// First and last line, both shown, from 0.
    lines: Range<usize>,
    marks: Vec<Mark<'a>>,
}

/// A label as it is drawn.
struct Mark<'a> {
    range: Range<usize>,
    text: &'a str,
    primary: bool,
}

impl<'a> Mark<'a> {
    fn annotation(&self, range: Range<usize>) -> Annotation<'a> {
        let kind = if self.primary {
            AnnotationKind::Primary
        } else {
            AnnotationKind::Context
        };
        let label = Some(self.text).filter(|text| !text.is_empty());
        kind.span(range).label(label)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn file(text: impl Into<String>) -> SourceFile {
        SourceFile {
            name: "rules/a.yaml".to_owned(),
            text: text.into(),
        }
    }

    fn diagnostic(labels: Vec<Label>) -> Diagnostic {
        Diagnostic {
            code: "E1101",
            id: "unknown-key",
            severity: Severity::Error,
            message: "unknown key `wen`".to_owned(),
            labels,
            help: Some("did you mean `when`?".to_owned()),
            alert: None,
            fix: Vec::new(),
        }
    }

    fn label(range: Range<usize>, text: &str) -> Label {
        Label {
            file: 0,
            range,
            text: text.to_owned(),
        }
    }

    #[test]
    fn draws_place_labels_and_help() {
        let files = [file("alerts:\n  é:\n    wen: a > 1\n")];
        let found = diagnostic(vec![
            label(18..21, "not known"),
            label(10..12, "in this alert"),
        ]);
        let expected = "\
error[E1101]: unknown key `wen`
 --> rules/a.yaml:3:5
  |
2 |   é:
  |   - in this alert
3 |     wen: a > 1
  |     ^^^ not known
  |
  = help: did you mean `when`?

";
        assert_eq!(Drawing::new(&files, false).draw(&found), expected);
    }

    #[test]
    fn draws_without_a_place() {
        let expected = "error[E1101]: unknown key `wen`\n |\n = help: did you mean `when`?\n\n";
        assert_eq!(
            Drawing::new(&[], false).draw(&diagnostic(Vec::new())),
            expected
        );
    }

    #[test]
    fn names_a_file_that_is_no_text() {
        let found = diagnostic(vec![label(0..0, "")]);
        let drawn = Drawing::new(&[file("")], false).draw(&found);
        assert_eq!(
            drawn.lines().nth(1).map(str::trim),
            Some("--> rules/a.yaml"),
            "{drawn}"
        );
    }

    #[test]
    fn cuts_long_lines_and_long_labels() {
        let long = format!(
            "é: {} wen {}\nb: 1\n",
            "é".repeat(300_000),
            "x".repeat(300_000)
        );
        let at = 3 + 1 + 600_000 + 1;
        let files = [file(long)];
        for range in [
            at..at + 3,
            at..at + 200_000,
            at..at + 300_008,
            at..usize::MAX,
        ] {
            let drawn =
                Drawing::new(&files, false).draw(&diagnostic(vec![label(range, "not known")]));
            assert!(drawn.len() < 3_000, "{} bytes", drawn.len());
            assert!(drawn.contains("--> rules/a.yaml:1:300005\n"), "{drawn}");
            assert!(drawn.contains("é wen xxx"), "{drawn}");
            assert!(!drawn.contains(":::"), "{drawn}");
        }
    }

    #[test]
    fn line_breaks_of_two_bytes_are_not_drawn() {
        let text = "alerts:\r\n  hot:\r\n    wen: a > 1\r\n";
        let plain = file(text.replace('\r', ""));
        let files = [file(text)];
        for (range, plain_range) in [
            (21..24, 19..22),
            (21..31, 19..29),
            (21..32, 19..29),
            (11..31, 10..29),
        ] {
            let drawn = Drawing::new(&files, false).draw(&diagnostic(vec![label(range, "")]));
            let expected = Drawing::new(std::slice::from_ref(&plain), false)
                .draw(&diagnostic(vec![label(plain_range, "")]));
            assert_eq!(drawn, expected);
        }
    }

    #[test]
    fn odd_ranges_do_not_break_the_drawing() {
        let files = [file("é\r\nü"), file("")];
        for file in 0..3 {
            for start in 0..9 {
                for end in 0..9 {
                    let label = Label {
                        file,
                        range: start..end,
                        text: String::new(),
                    };
                    assert!(
                        Drawing::new(&files, false)
                            .draw(&diagnostic(vec![label]))
                            .starts_with("error[E1101]")
                    );
                }
            }
        }
    }
}
