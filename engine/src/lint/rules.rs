//! The rules as lints see them.

use std::cell::OnceCell;
use std::collections::{BTreeMap, BTreeSet};

use tripline_grammar::ast::{Expr, Span};
use tripline_grammar::print;

use super::logic::{self, Facts};
use super::walk;
use crate::check::Checked;
use crate::check::alert::by_clause;
use crate::check::place::Place;
use crate::check::reader::{Parsed, Reader};
use crate::check::schema::View;
use crate::check::settings::{self, Settings};
use crate::check::template::{self, Piece};
use crate::diagnostic::Severity;
use crate::output::AlertSeverity;
use crate::program::{AlertRule, Patterns, Program};
use crate::source::SETTINGS;
use crate::time::Time;
use crate::yaml::{Content, Document, Entry, Node};

/// All rules and the settings.
pub(crate) struct Rules<'c> {
    pub(super) checked: &'c Checked,
    pub(super) today: Time,
    /// Those without errors, in file order.
    pub(super) alerts: Vec<Alert<'c>>,
    pub(super) aggregates: Vec<Aggregate<'c>>,
    pub(super) lists: Vec<Declared<'c>>,
    pub(super) silences: Vec<Declared<'c>>,
    /// Every expression of the alerts and the aggregates.
    pub(super) sites: Vec<Site<'c>>,
    pub(super) settings: Settings,
}

/// An entry of a section of a file.
pub(super) struct Declared<'c> {
    pub(super) file: usize,
    pub(super) entry: &'c Entry,
}

/// An alert as written.
pub(super) struct Alert<'c> {
    pub(super) file: usize,
    pub(super) entry: &'c Entry,
    pub(super) name: &'c str,
    defaults: Option<&'c Node>,
    pub(super) on: Patterns,
    pub(super) severity: AlertSeverity,
    when: usize,
    until: Option<usize>,
    /// The names of its parts, and where in the sites they stand.
    pub(super) by: Vec<(String, usize)>,
    pub(super) holes: Vec<Hole>,
    /// What it was compiled to; `None` if any rule has an error or the alert is not enabled.
    pub(super) compiled: Option<&'c AlertRule>,
}

/// An expression in a template.
pub(super) struct Hole {
    pub(super) site: usize,
    /// The template's key.
    pub(super) key: &'static str,
    pub(super) decimals: Option<usize>,
}

/// An aggregate rule as written.
pub(super) struct Aggregate<'c> {
    pub(super) file: usize,
    pub(super) entry: &'c Entry,
    pub(super) on: Patterns,
    pub(super) by: Vec<(String, usize)>,
    /// Names and where in the sites they stand.
    pub(super) compute: Vec<(&'c str, usize)>,
}

/// An expression and where it stands.
pub(crate) struct Site<'c> {
    pub(super) expr: Expr,
    pub(super) place: Place<'c>,
    pub(super) in_flow: bool,
    pub(super) role: Role,
    pub(super) alert: Option<&'c str>,
    facts: OnceCell<Facts>,
}

/// What an expression is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Role {
    Condition,
    Key,
    Template,
    Compute,
}

impl<'c> Site<'c> {
    /// What must hold of values for the condition to be true.
    pub(super) fn facts(&self) -> &Facts {
        self.facts.get_or_init(|| logic::facts(&self.expr))
    }

    /// The text of a part of the expression, as the parser saw it.
    pub(super) fn expr_text(&self, span: Span) -> Option<&'c str> {
        let base = self.place.base;
        let range = base + span.start as usize..base + span.end as usize;
        self.place.scalar.value.get(range)
    }

    pub(super) fn is_condition(&self) -> bool {
        self.role == Role::Condition
    }
}

impl<'c> Alert<'c> {
    /// What the alert says for a key.
    pub(super) fn own(&self, key: &str) -> Option<&'c Entry> {
        self.entry.value.entry(key)
    }

    /// What holds for a key, said by the alert or by the defaults of its file.
    pub(super) fn get(&self, key: &str) -> Option<&'c Node> {
        let own = self.own(key).map(|entry| &entry.value);
        own.or_else(|| self.defaults?.get(key))
    }

    pub(super) fn text(&self, key: &str) -> Option<&'c str> {
        Some(self.get(key)?.as_scalar()?.value.as_str())
    }

    /// The length of time that a key says, in seconds.
    pub(super) fn seconds(&self, key: &str) -> Option<u64> {
        let duration = tripline_grammar::parse_duration(self.text(key)?).ok()?;
        Some(duration.seconds)
    }

    pub(super) fn labels(&self) -> BTreeMap<&'c str, &'c str> {
        let defaults = self.defaults.and_then(|defaults| defaults.get("labels"));
        let own = self.own("labels").map(|entry| &entry.value);
        let entries = [defaults, own]
            .into_iter()
            .flatten()
            .filter_map(Node::as_map)
            .flatten();
        let label = |entry: &'c Entry| {
            Some((
                entry.key.value.as_str(),
                entry.value.as_scalar()?.value.as_str(),
            ))
        };
        entries.filter_map(label).collect()
    }

    pub(super) fn when<'r>(&self, rules: &'r Rules<'c>) -> &'r Site<'c> {
        &rules.sites[self.when]
    }

    pub(super) fn until<'r>(&self, rules: &'r Rules<'c>) -> Option<&'r Site<'c>> {
        self.until.map(|until| &rules.sites[until])
    }

    /// `when` and, if there is one, `until`.
    pub(super) fn conditions<'r>(
        &self,
        rules: &'r Rules<'c>,
    ) -> impl Iterator<Item = &'r Site<'c>> {
        std::iter::once(self.when(rules)).chain(self.until(rules))
    }

    /// The windows of the conditions, each with its site.
    pub(super) fn windows<'r>(&self, rules: &'r Rules<'c>) -> Vec<(&'r Site<'c>, &'r Expr)> {
        let mut windows = Vec::new();
        for site in self.conditions(rules) {
            walk::each(&site.expr, &mut |expr| {
                if walk::window(expr).is_some() {
                    windows.push((site, expr));
                }
            });
        }
        windows
    }

    /// The longest time that a window reaches back, in seconds.
    pub(super) fn longest(&self, rules: &Rules<'c>) -> Option<u64> {
        let frames = self.windows(rules).into_iter().filter_map(|(_, expr)| {
            let frame = walk::window(expr)?.frame.as_ref()?;
            Some(frame.length.seconds + frame.offset.map_or(0, |offset| offset.seconds))
        });
        frames.max()
    }

    /// Whether the alert has a state for each key.
    pub(super) fn is_per_key(&self, rules: &Rules<'c>) -> bool {
        ["until", "for", "repeat"]
            .iter()
            .any(|key| self.get(key).is_some())
            || !self.windows(rules).is_empty()
    }

    /// Canonical texts of the key's parts, sorted.
    pub(super) fn key_texts(&self, rules: &Rules<'c>) -> Vec<String> {
        let mut texts: Vec<_> = self
            .by
            .iter()
            .map(|(_, site)| print(&rules.sites[*site].expr))
            .collect();
        texts.sort();
        texts
    }
}

impl<'c> Rules<'c> {
    pub(super) fn new(checked: &'c Checked, today: Time) -> Rules<'c> {
        let mut diagnostics = Vec::new();
        let mut parsed = Parsed::default();
        let mut rules = Rules {
            checked,
            today,
            alerts: Vec::new(),
            aggregates: Vec::new(),
            lists: Vec::new(),
            silences: Vec::new(),
            sites: Vec::new(),
            settings: Settings::default(),
        };
        let compiled: BTreeMap<&str, &AlertRule> = checked
            .program
            .iter()
            .flat_map(Program::alerts)
            .map(|rule| (rule.name.as_str(), rule))
            .collect();
        let errors = checked
            .diagnostics
            .iter()
            .filter(|one| one.severity == Severity::Error);
        let broken: BTreeSet<&str> = errors.filter_map(|one| one.alert.as_deref()).collect();
        for (file, document) in checked.documents.iter().enumerate() {
            let Some(root) = &document.root else { continue };
            let mut reader = Reader {
                file,
                text: &checked.files[file].text,
                diagnostics: &mut diagnostics,
                parsed: &mut parsed,
            };
            if rules.is_settings(file) {
                if checked.settings_file == Some(file) {
                    rules.settings = settings::check(&mut reader, root);
                }
                continue;
            }
            let entries = |key| root.get(key).and_then(Node::as_map).unwrap_or_default();
            for entry in entries("alerts") {
                let name = entry.key.value.as_str();
                if entry.duplicate || broken.contains(name) {
                    continue;
                }
                if let Some(mut alert) = rules.alert(&mut reader, entry, root.get("defaults")) {
                    alert.compiled = compiled.get(name).copied();
                    rules.alerts.push(alert);
                }
            }
            for entry in entries("aggregates") {
                let aggregate = rules.aggregate(&mut reader, entry);
                rules.aggregates.push(aggregate);
            }
            let declared = |entry| Declared { file, entry };
            rules.lists.extend(entries("lists").iter().map(declared));
            rules
                .silences
                .extend(entries("silences").iter().map(declared));
        }
        rules
    }

    fn alert(
        &mut self,
        reader: &mut Reader<'c, '_>,
        entry: &'c Entry,
        defaults: Option<&'c Node>,
    ) -> Option<Alert<'c>> {
        let name = entry.key.value.as_str();
        let mut alert = Alert {
            file: reader.file,
            entry,
            name,
            defaults,
            on: Patterns(Vec::new()),
            severity: AlertSeverity::default(),
            when: 0,
            until: None,
            by: Vec::new(),
            holes: Vec::new(),
            compiled: None,
        };
        alert.on = patterns(alert.get("on"));
        let severity = alert.text("severity");
        let severity = AlertSeverity::ALL
            .into_iter()
            .find(|one| severity == Some(one.to_string().as_str()));
        alert.severity = severity.unwrap_or_default();
        let site = |role, node: &Node, expr, place| Site {
            expr,
            place,
            in_flow: node.in_flow,
            role,
            alert: Some(name),
            facts: OnceCell::new(),
        };
        for key in ["when", "until"] {
            let Some(node) = alert.get(key) else { continue };
            let written = reader.expression(node, key)?;
            let at = self.sites.len();
            self.sites
                .push(site(Role::Condition, node, written.expr, written.place));
            if key == "when" {
                alert.when = at;
            } else {
                alert.until = Some(at);
            }
        }
        alert.own("when")?;
        if let Some(node) = alert.get("by") {
            for (name, written) in by_clause(reader, node) {
                alert.by.push((name, self.sites.len()));
                self.sites
                    .push(site(Role::Key, node, written.expr, written.place));
            }
        }
        for key in ["summary", "description"] {
            let Some(node) = alert.get(key) else { continue };
            let Content::Scalar(scalar) = &node.content else {
                continue;
            };
            for piece in template::split(&scalar.value).unwrap_or_default() {
                let Piece::Hole {
                    start,
                    end,
                    decimals,
                } = piece
                else {
                    continue;
                };
                let place = Place {
                    file: reader.file,
                    text: reader.text,
                    scalar,
                    base: start,
                };
                if let Some(expr) = reader.parse(&scalar.value[start..end], place, false) {
                    alert.holes.push(Hole {
                        site: self.sites.len(),
                        key,
                        decimals,
                    });
                    self.sites.push(site(Role::Template, node, expr, place));
                }
            }
        }
        Some(alert)
    }

    fn aggregate(&mut self, reader: &mut Reader<'c, '_>, entry: &'c Entry) -> Aggregate<'c> {
        let mut aggregate = Aggregate {
            file: reader.file,
            entry,
            on: patterns(entry.value.get("on")),
            by: Vec::new(),
            compute: Vec::new(),
        };
        if let Some(node) = entry.value.get("by") {
            for (name, written) in by_clause(reader, node) {
                aggregate.by.push((name, self.sites.len()));
                self.site(node, written.expr, written.place, Role::Key);
            }
        }
        for entry in entry
            .value
            .get("compute")
            .and_then(Node::as_map)
            .unwrap_or_default()
        {
            if let Some(written) = reader.expression(&entry.value, "an entry of `compute`") {
                aggregate
                    .compute
                    .push((entry.key.value.as_str(), self.sites.len()));
                self.site(&entry.value, written.expr, written.place, Role::Compute);
            }
        }
        aggregate
    }

    fn site(&mut self, node: &Node, expr: Expr, place: Place<'c>, role: Role) {
        let in_flow = node.in_flow;
        self.sites.push(Site {
            expr,
            place,
            in_flow,
            role,
            alert: None,
            facts: OnceCell::new(),
        });
    }

    pub(super) fn is_settings(&self, file: usize) -> bool {
        let name = self.checked.files[file].name.rsplit(['/', '\\']).next();
        self.checked.settings_file == Some(file)
            || name.is_some_and(|name| SETTINGS.contains(&name))
    }

    pub(super) fn text(&self, file: usize) -> &'c str {
        &self.checked.files[file].text
    }

    /// The files that hold rules and can be read.
    pub(super) fn documents(&self) -> impl Iterator<Item = (usize, &'c Document)> {
        let documents = self
            .checked
            .documents
            .iter()
            .map(|document| &**document)
            .enumerate();
        documents.filter(|(file, _)| !self.is_settings(*file))
    }

    pub(super) fn schema(&self, on: &Patterns) -> Option<View<'_>> {
        self.settings.schema.view(on)
    }

    /// Calls `f` with every part of every expression.
    pub(super) fn each<'r>(&'r self, mut f: impl FnMut(&'r Site<'c>, &'r Expr)) {
        for site in &self.sites {
            walk::each(&site.expr, &mut |expr| f(site, expr));
        }
    }
}

fn patterns(node: Option<&Node>) -> Patterns {
    let texts = match node.map(|node| &node.content) {
        None => vec!["*".to_owned()],
        Some(Content::List(items)) => items
            .iter()
            .filter_map(Node::as_scalar)
            .map(|item| item.value.to_string())
            .collect(),
        Some(Content::Scalar(scalar)) => vec![scalar.value.to_string()],
        Some(Content::Map(_)) => Vec::new(),
    };
    let texts: BTreeSet<String> = texts.into_iter().collect();
    Patterns(texts.into_iter().collect())
}
