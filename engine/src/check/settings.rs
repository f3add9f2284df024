//! The settings file: where the fields of an event's envelope are, and what else holds for all rules.

use tripline_grammar::ast::{ExprKind, Segment};

use super::lint::{self, LintLevels};
use super::notify;
use super::reader::Reader;
use super::schema::{self, Schema};
use crate::diagnostic as codes;
use crate::event::{Envelope, Projection};
use crate::route::Routes;
use crate::yaml::{Content, Node as Yaml};

const KEYS: &[&str] = &["event", "schema", "lint", "notify"];
const EVENT_KEYS: &[&str] = &["type", "time", "id", "arrival", "partition", "max_future"];
/// How far an event time may be ahead of its arrival: 5 minutes.
const MAX_FUTURE: i64 = 300_000;

/// The settings as written or by default.
pub(crate) struct Settings {
    pub(crate) kind: Vec<Segment>,
    pub(crate) time: Vec<Segment>,
    pub(crate) id: Vec<Segment>,
    arrival: Option<Vec<Segment>>,
    /// What a stream keeps together: the first of these that an event has is its partition key.
    pub(crate) partition: Vec<Vec<Segment>>,
    max_future: i64,
    pub(crate) schema: Schema,
    pub(crate) lints: LintLevels,
    pub(crate) routes: Routes,
}

impl Default for Settings {
    fn default() -> Self {
        let field = |name: &str| vec![Segment::Field(name.to_owned())];
        Settings {
            kind: field("eventType"),
            time: field("timestamp"),
            id: field("id"),
            arrival: None,
            partition: Vec::new(),
            max_future: MAX_FUTURE,
            schema: Schema::default(),
            lints: LintLevels::default(),
            routes: Routes::default(),
        }
    }
}

impl Settings {
    pub(super) fn envelope(&self, projection: &mut Projection) -> Envelope {
        Envelope {
            kind: projection.slot(&self.kind, false),
            time: projection.slot(&self.time, false),
            id: projection.slot(&self.id, false),
            arrival: self
                .arrival
                .as_ref()
                .map(|path| projection.slot(path, false)),
            time_path: self.time.clone(),
            max_future: self.max_future,
        }
    }

    /// What the meaning of stored state depends on.
    pub(super) fn fingerprint(&self) -> String {
        format!("{:?} {:?}", self.kind, self.time)
    }
}

/// Reads the settings file.
pub(crate) fn check<'c>(reader: &mut Reader<'c, '_>, root: &'c Yaml) -> Settings {
    let mut settings = Settings::default();
    for entry in reader.fields(root, "the settings file", KEYS) {
        match entry.key.value.as_str() {
            "event" => event(reader, &entry.value, &mut settings),
            "schema" if !entry.duplicate => {
                settings.schema = schema::check(reader, &entry.value);
            }
            "lint" => settings.lints = lint::check(reader, &entry.value),
            "notify" => settings.routes = notify::check(reader, &entry.value),
            _ => {}
        }
    }
    let paths = [&settings.kind, &settings.time, &settings.id].into_iter();
    let paths = paths.chain(&settings.arrival).cloned().collect();
    settings.schema.set_envelope(paths);
    settings
}

fn event<'c>(reader: &mut Reader<'c, '_>, node: &'c Yaml, settings: &mut Settings) {
    for entry in reader.fields(node, "`event`", EVENT_KEYS) {
        let key = entry.key.value.as_str();
        if key == "max_future" {
            if let Some(millis) = reader.duration(&entry.value, "`max_future`") {
                settings.max_future = millis;
            }
            continue;
        }
        if !EVENT_KEYS.contains(&key) {
            continue;
        }
        if let (true, Content::List(items)) = (key == "partition", &entry.value.content) {
            settings.partition = items
                .iter()
                .filter_map(|item| path(reader, item, key))
                .collect();
            continue;
        }
        let Some(path) = path(reader, &entry.value, key) else {
            continue;
        };
        match key {
            "type" => settings.kind = path,
            "time" => settings.time = path,
            "id" => settings.id = path,
            "partition" => settings.partition = vec![path],
            _ => settings.arrival = Some(path),
        }
    }
}

/// Reads a path into the event.
fn path<'c>(reader: &mut Reader<'c, '_>, node: &'c Yaml, key: &str) -> Option<Vec<Segment>> {
    let written = reader.expression(node, &format!("`{key}`"))?;
    let ExprKind::Path(path) = written.expr.kind else {
        let help = Some("name a field, such as `detail.time`".to_owned());
        let message = format!("`{key}` must be a path into the event");
        reader.refuse(codes::WRONG_TYPE, node.range.clone(), message, help);
        return None;
    };
    Some(path.segments)
}
