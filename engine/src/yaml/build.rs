//! Builds the tree from the parser's events.

use std::collections::{BTreeMap, BTreeSet};

use serde_yaml::{Event, Parser, ScalarStyle, StructureStyle};

use super::problem::{Problem, ProblemKind};
use super::{
    ALIAS_BUDGET, Comment, Content, Document, Entry, MAX_DEPTH, Node, Range, Scalar, Style,
};

/// The options under which all parsing here is done.
pub(super) fn options() -> serde_yaml::Options {
    serde_yaml::options! {
        emit_unresolved_aliases: true,
        emit_anchor_events: true,
        max_buffered_comment_events: usize::MAX,
    }
}

/// Builds the tree of `text`, a text of the same length as `original` in which what cannot be
/// read is blanked out (nothing, if `whole`).
///
/// Should there be a syntax error, the tree of what stands before it is built, and `false` returned
/// with it.
pub(super) fn build(original: &str, text: &str, whole: bool) -> (Document, bool) {
    let mut builder = Builder {
        text,
        unread: if whole {
            BTreeSet::new()
        } else {
            anchor_names(original)
        },
        document: Document::default(),
        anchors: BTreeMap::new(),
        open: Vec::new(),
        held: None,
        skipped: 0,
        last_end: 0,
        expanded: 0,
    };
    let mut documents = 0;
    let mut parser = Parser::new_from_str_with_options(text, options());
    let mut complete = true;
    while let Some(next) = parser.next_event() {
        let Ok((event, span)) = next else {
            complete = false;
            break;
        };
        let range = span.byte_range().unwrap_or(0..0);
        if matches!(event, Event::DocumentStart(..)) {
            documents += 1;
            if documents > 1 {
                builder.problem(
                    ProblemKind::SeveralDocuments,
                    "the file holds several documents",
                    &range,
                );
                break;
            }
        }
        if event.tag().is_some() {
            let tag = span.tag_span().and_then(|tag| tag.byte_range());
            let tag = tag.unwrap_or_else(|| range.clone());
            let problem = Problem::new(ProblemKind::Tag, "tags are not supported", tag);
            let problem = problem.help("leave the tag out; quote the value to make it text");
            builder.document.problems.push(problem);
        }
        builder.event(event, range);
    }
    while !builder.open.is_empty() {
        builder.close(None);
    }
    (builder.document, complete)
}

/// Whatever looks like the name of an anchor.
fn anchor_names(text: &str) -> BTreeSet<&str> {
    text.split('&')
        .skip(1)
        .filter_map(|rest| {
            rest.split(|c: char| c.is_whitespace() || ",[]{}".contains(c))
                .next()
        })
        .collect()
}

/// A list or map that is not closed yet.
struct Open {
    start: usize,
    flow: bool,
    in_flow: bool,
    anchor: Option<Box<Range>>,
    anchor_id: usize,
    nodes: usize,
    height: usize,
    items: Items,
}

enum Items {
    List(Vec<Node>),
    Map {
        entries: Vec<Entry>,
        key: Option<Key>,
    },
}

/// A key that waits for its value; `scalar` is `None` if it cannot be used.
struct Key {
    scalar: Option<Scalar>,
    range: Range,
}

/// A complete node with its size and height, and where it is written.
#[derive(Clone)]
struct Built {
    node: Node,
    nodes: usize,
    height: usize,
}

struct Builder<'t> {
    text: &'t str,
    /// The names of anchors that may stand in entries that could not be read.
    unread: BTreeSet<&'t str>,
    document: Document,
    /// Anchored nodes by the parser's number; `None` for one too large to be repeated.
    anchors: BTreeMap<usize, Option<Built>>,
    open: Vec<Open>,
    /// A scalar whose anchor comes with the next event.
    held: Option<Node>,
    /// How many collections are open below the deepest that is kept.
    skipped: usize,
    /// Where the last token ends.
    last_end: usize,
    /// How many nodes aliases have added.
    expanded: usize,
}

impl Builder<'_> {
    fn problem(&mut self, kind: ProblemKind, message: &str, range: &Range) {
        self.document
            .problems
            .push(Problem::new(kind, message, range.clone()));
    }

    fn event(&mut self, event: Event<'_>, range: Range) {
        match event {
            Event::Comment(text, _) => self.document.comments.push(Comment {
                range,
                text: text.into_owned(),
            }),
            Event::Scalar(value, style, anchor, _) if self.skipped == 0 => {
                let unwritten = style == ScalarStyle::Plain && range.is_empty();
                let scalar = if unwritten {
                    Scalar::empty(self.empty_at(range.start))
                } else {
                    Scalar::read(self.text, value.into(), style, range, self.last_end)
                };
                let node = self.node(scalar.range.clone(), Content::Scalar(scalar));
                self.last_end = self.last_end.max(node.range.end);
                if anchor == 0 {
                    self.attach(Built {
                        node,
                        nodes: 1,
                        height: 0,
                    });
                } else {
                    self.held = Some(node);
                }
            }
            Event::Anchor(id, _) if self.skipped == 0 => self.anchor(id, range),
            Event::SequenceStart(style, ..) => {
                self.open(style, &range, Items::List(Vec::new()));
            }
            Event::MappingStart(style, ..) => {
                let (entries, key) = (Vec::new(), None);
                self.open(style, &range, Items::Map { entries, key });
            }
            Event::SequenceEnd | Event::MappingEnd => {
                if self.skipped == 0 {
                    self.close(Some(range));
                } else {
                    self.skipped -= 1;
                    if self.skipped == 0 {
                        self.attach_empty(range.start, None);
                    }
                }
            }
            Event::Alias(id) if self.skipped == 0 => self.alias(id, range),
            Event::UnresolvedAlias(name) if self.skipped == 0 => {
                if !self.unread.contains(&*name) {
                    let message = format!("no `&{name}` stands before this alias");
                    self.problem(ProblemKind::UnknownAlias, &message, &range);
                }
                self.attach_empty(range.start, Some(range));
            }
            _ => {}
        }
    }

    fn node(&self, range: Range, content: Content) -> Node {
        Node {
            range,
            content,
            in_flow: self
                .open
                .last()
                .is_some_and(|open| open.flow || open.in_flow),
            anchor: None,
            alias: None,
        }
    }

    fn anchor(&mut self, id: usize, range: Range) {
        self.last_end = self.last_end.max(range.end);
        if let Some(mut node) = self.held.take() {
            node.anchor = Some(Box::new(range));
            let built = Built {
                node,
                nodes: 1,
                height: 0,
            };
            self.anchors.insert(id, Some(built.clone()));
            self.attach(built);
        } else if let Some(open) = self.open.last_mut() {
            open.anchor = Some(Box::new(range));
            open.anchor_id = id;
        }
    }

    fn open(&mut self, style: StructureStyle, range: &Range, items: Items) {
        if self.skipped > 0 {
            self.skipped += 1;
        } else if self.open.len() >= MAX_DEPTH {
            let message = format!("lists and maps are nested more than {MAX_DEPTH} deep");
            self.problem(ProblemKind::TooDeep, &message, range);
            self.skipped = 1;
        } else {
            self.last_end = self.last_end.max(range.end);
            self.open.push(Open {
                start: range.start,
                flow: style == StructureStyle::Flow,
                in_flow: self
                    .open
                    .last()
                    .is_some_and(|open| open.flow || open.in_flow),
                anchor: None,
                anchor_id: 0,
                nodes: 1,
                height: 1,
                items,
            });
        }
    }

    /// Closes the innermost collection; without a range, because the text broke off.
    fn close(&mut self, range: Option<Range>) {
        let Some(open) = self.open.pop() else {
            return;
        };
        if open.flow {
            self.last_end = self.last_end.max(range.map_or(0, |range| range.end));
        }
        let content = match open.items {
            Items::List(mut items) => {
                items.shrink_to_fit();
                Content::List(items)
            }
            Items::Map { mut entries, .. } => {
                entries.shrink_to_fit();
                mark_duplicates(&mut entries, &mut self.document.problems);
                Content::Map(entries)
            }
        };
        let node = Node {
            range: open.start..self.last_end.max(open.start),
            content,
            in_flow: open.in_flow,
            anchor: open.anchor,
            alias: None,
        };
        let built = Built {
            node,
            nodes: open.nodes,
            height: open.height,
        };
        if open.anchor_id != 0 {
            let repeatable = (built.nodes <= ALIAS_BUDGET).then(|| built.clone());
            self.anchors.insert(open.anchor_id, repeatable);
        }
        self.attach(built);
    }

    fn alias(&mut self, id: usize, range: Range) {
        self.last_end = self.last_end.max(range.end);
        if self.open.iter().any(|open| open.anchor_id == id) {
            let message = "this alias stands inside the node that it names";
            self.problem(ProblemKind::Recursion, message, &range);
            return self.attach_empty(range.start, Some(range));
        }
        let Some(anchored) = self.anchors.get(&id) else {
            // The anchored node was too deep, which has been reported.
            return self.attach_empty(range.start, Some(range));
        };
        let spent = self.expanded > ALIAS_BUDGET;
        let nodes = anchored
            .as_ref()
            .map_or(ALIAS_BUDGET + 1, |built| built.nodes);
        let height = anchored.as_ref().map_or(0, |built| built.height);
        self.expanded = self.expanded.saturating_add(nodes);
        if self.expanded > ALIAS_BUDGET {
            if !spent {
                let message =
                    format!("the aliases of this file expand to more than {ALIAS_BUDGET} values");
                self.problem(ProblemKind::AliasBudget, &message, &range);
            }
            return self.attach_empty(range.start, Some(range));
        }
        if self.open.len() + height > MAX_DEPTH {
            let message =
                format!("with this alias, lists and maps are nested more than {MAX_DEPTH} deep");
            self.problem(ProblemKind::TooDeep, &message, &range);
            return self.attach_empty(range.start, Some(range));
        }
        if let Some(mut built) = anchored.clone() {
            built.node.in_flow = self
                .open
                .last()
                .is_some_and(|open| open.flow || open.in_flow);
            built.node.alias = Some(Box::new(range));
            self.attach(built);
        }
    }

    fn attach_empty(&mut self, at: usize, alias: Option<Range>) {
        let mut node = self.node(at..at, Content::Scalar(Scalar::empty(at)));
        node.alias = alias.map(Box::new);
        self.attach(Built {
            node,
            nodes: 1,
            height: 0,
        });
    }

    fn attach(&mut self, built: Built) {
        let Built {
            node,
            nodes,
            height,
        } = built;
        let end = self.last_end;
        let problems = &mut self.document.problems;
        let Some(open) = self.open.last_mut() else {
            self.document.root.get_or_insert(node);
            return;
        };
        open.nodes = open.nodes.saturating_add(nodes);
        open.height = open.height.max(height + 1);
        match &mut open.items {
            Items::List(items) => items.push(node),
            Items::Map { entries, key } => match key.take() {
                None => *key = Some(Key::new(node, problems)),
                Some(Key { scalar: None, .. }) => {}
                Some(Key {
                    scalar: Some(scalar),
                    range,
                }) => {
                    entries.push(Entry {
                        key: scalar,
                        range: range.start..end.max(range.end),
                        value: node,
                        duplicate: false,
                    });
                }
            },
        }
    }

    /// Where a value that is not written would stand, given where the parser puts it.
    fn empty_at(&self, at: usize) -> usize {
        let Some(open) = self.open.last() else {
            return at;
        };
        match &open.items {
            Items::Map { key: Some(key), .. } => {
                let after = self.text.get(key.range.end..).unwrap_or_default();
                let trimmed = after.trim_start();
                if trimmed.starts_with(':') {
                    key.range.end + after.len() - trimmed.len() + 1
                } else {
                    key.range.end
                }
            }
            Items::List(_) if self.text[at..].starts_with('-') => at + 1,
            Items::List(_) => {
                let before = self.text[..at].trim_end();
                if before.ends_with('-') {
                    before.len()
                } else {
                    at
                }
            }
            _ => at,
        }
    }
}

/// Marks and reports the entries whose key stands earlier in the map.
fn mark_duplicates(entries: &mut [Entry], problems: &mut Vec<Problem>) {
    let mut order: Vec<usize> = (0..entries.len()).collect();
    order.sort_by(|a, b| entries[*a].key.value.cmp(&entries[*b].key.value));
    let mut first = order.first().copied().unwrap_or_default();
    for index in order.into_iter().skip(1) {
        if entries[index].key.value != entries[first].key.value {
            first = index;
            continue;
        }
        let shown: String = entries[index].key.value.chars().take(60).collect();
        let message = format!("the key `{shown}` stands twice in this map");
        let range = entries[index].key.range.clone();
        let problem = Problem::new(ProblemKind::DuplicateKey, message, range);
        problems.push(problem.related(entries[first].key.range.clone(), "first here"));
        entries[index].duplicate = true;
    }
}

impl Key {
    fn new(node: Node, problems: &mut Vec<Problem>) -> Self {
        let range = node.written_range();
        let bad = |kind, message: &str| Problem::new(kind, message, range.clone());
        let scalar = match node.content {
            Content::Scalar(scalar) if scalar.style == Style::Plain && scalar.value == "<<" => {
                let problem = bad(ProblemKind::MergeKey, "the merge key `<<` is not supported");
                problems.push(problem.help("write the keys out, or alias each value"));
                None
            }
            Content::Scalar(scalar) if scalar.style == Style::Plain && scalar.value.is_empty() => {
                // An alias that could not be expanded has been reported.
                if node.alias.is_none() {
                    problems.push(bad(ProblemKind::BadKey, "a key is missing here"));
                }
                None
            }
            Content::Scalar(scalar) => Some(scalar),
            _ => {
                let problem = bad(ProblemKind::BadKey, "a list or map cannot be a key");
                problems.push(problem.help("quote the key"));
                None
            }
        };
        Self { scalar, range }
    }
}
