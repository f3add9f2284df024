//! Reads a YAML file into one tree that knows where everything stands in the text.
//!
//! Loading, linting, formatting and fixing all work from this tree: scalars keep their raw text
//! (nothing is resolved to a number or a date), every node has its byte range, and comments are
//! kept. A file with errors still yields the tree of all that can be read.
//!
//! A position inside a decoded scalar maps back to the exact bytes of the file with
//! [`Scalar::source_range`].

mod build;
mod lines;
mod problem;
mod recover;
mod scalar;
mod source_range;
#[cfg(test)]
mod tests;

use ecow::EcoString;

pub use problem::{Problem, ProblemKind};

/// A range of byte offsets in the file's text.
pub type Range = std::ops::Range<usize>;

/// The deepest nesting of lists and maps that is read.
pub const MAX_DEPTH: usize = 64;

/// The number of nodes that all aliases of a file may add together.
pub const ALIAS_BUDGET: usize = 10_000;

/// A YAML file as a tree, with everything that is wrong with it.
#[derive(Debug, Clone, Default)]
pub struct Document {
    /// The topmost node; `None` for a file without content.
    pub root: Option<Node>,
    /// The comments in file order, those in unreadable entries excepted.
    pub comments: Vec<Comment>,
    /// What is wrong with the file, in file order.
    pub problems: Vec<Problem>,
}

/// A comment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Comment {
    /// The whole comment with its `#`, without the line break.
    pub range: Range,
    /// The text after the `#`.
    pub text: String,
}

/// A scalar, list or map, and where it stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Node {
    /// The node's text; for a node reached through an alias, the text of the anchored node.
    pub range: Range,
    /// What the node holds.
    pub content: Content,
    /// Whether the node stands inside a `[…]` or `{…}`.
    pub in_flow: bool,
    /// The `&name` in front of the node.
    pub anchor: Option<Box<Range>>,
    /// The `*name` that stands in the node's place.
    pub alias: Option<Box<Range>>,
}

/// What a node holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Content {
    /// A single value.
    Scalar(Scalar),
    /// A sequence.
    List(Vec<Node>),
    /// A mapping, in file order.
    Map(Vec<Entry>),
}

/// A key of a map with its value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// The key; its range is exact.
    pub key: Scalar,
    /// The value; an empty plain scalar where none is written.
    pub value: Node,
    /// From the key's start to the end of the value as it is written here.
    pub range: Range,
    /// Whether the same key stands earlier in the map, which has been reported.
    pub duplicate: bool,
}

/// A scalar: decoded value, notation and place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Scalar {
    /// The value after unescaping, unfolding and stripping of indentation.
    pub value: EcoString,
    /// The raw text: with its quotes, or from the `|` or `>` to the end of the last line.
    pub range: Range,
    /// How the scalar is written.
    pub style: Style,
    /// The lines of a block scalar, from after its header; `None` of another.
    body: Option<Box<Range>>,
}

/// How a scalar is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Style {
    /// Without quotes.
    Plain,
    /// In `'…'`.
    Single,
    /// In `"…"`.
    Double,
    /// As a `|` block.
    Literal,
    /// As a `>` block.
    Folded,
}

/// Reads a YAML text.
///
/// Never fails as a whole: what cannot be read is left out of the tree and listed in
/// [`Document::problems`].
#[must_use]
pub fn parse(text: &str) -> Document {
    let (readable, mut problems) = recover::without_control_characters(text);
    let (mut document, complete) = build::build(text, &readable, true);
    if !complete {
        let (readable, mut errors) = recover::readable(readable.into_owned());
        problems.append(&mut errors);
        (document, _) = build::build(text, &readable, false);
    }
    document.problems.append(&mut problems);
    document
        .problems
        .sort_by_key(|problem| (problem.range.start, problem.range.end));
    document
}

impl Node {
    /// The text that stands in this node's place: the `*name` of an alias, else its range.
    #[must_use]
    pub fn written_range(&self) -> Range {
        self.alias.as_deref().unwrap_or(&self.range).clone()
    }

    /// The scalar, if the node is one.
    #[must_use]
    pub fn as_scalar(&self) -> Option<&Scalar> {
        match &self.content {
            Content::Scalar(scalar) => Some(scalar),
            _ => None,
        }
    }

    /// The items, if the node is a list.
    #[must_use]
    pub fn as_list(&self) -> Option<&[Node]> {
        match &self.content {
            Content::List(items) => Some(items),
            _ => None,
        }
    }

    /// The entries, if the node is a map.
    #[must_use]
    pub fn as_map(&self) -> Option<&[Entry]> {
        match &self.content {
            Content::Map(entries) => Some(entries),
            _ => None,
        }
    }

    /// The first entry with this key, if the node is a map that has it.
    #[must_use]
    pub fn entry(&self, key: &str) -> Option<&Entry> {
        self.as_map()?.iter().find(|entry| entry.key.value == key)
    }

    /// The value of the first entry with this key.
    #[must_use]
    pub fn get(&self, key: &str) -> Option<&Node> {
        self.entry(key).map(|entry| &entry.value)
    }

    /// Whether the node is a null or empty plain scalar.
    #[must_use]
    pub fn is_null(&self) -> bool {
        self.as_scalar().is_some_and(Scalar::is_null)
    }
}

impl Scalar {
    /// The decoded value.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.value
    }

    /// The truth value of an unquoted `true` or `false`; `yes` and `on` are text.
    #[must_use]
    pub fn as_bool(&self) -> Option<bool> {
        match (self.style, self.value.as_str()) {
            (Style::Plain, "true") => Some(true),
            (Style::Plain, "false") => Some(false),
            _ => None,
        }
    }

    /// Whether the scalar is empty, `~` or `null`, without quotes.
    #[must_use]
    pub fn is_null(&self) -> bool {
        self.style == Style::Plain
            && matches!(self.value.as_str(), "" | "~" | "null" | "Null" | "NULL")
    }

    /// The bytes of the file that a byte range of the value comes from.
    ///
    /// Exact in every style, through escapes, folds and indentation. An empty range maps to an
    /// empty one; at the end of a block scalar, that is the end of its last line of text. Should
    /// the text not be the one that the scalar was read from, the whole scalar is returned.
    #[must_use]
    pub fn source_range(&self, text: &str, span: Range) -> Range {
        source_range::source_range(self, text, span)
    }
}
