//! What sample events have told about each of their fields, for whoever writes a rule about it.

use std::cmp::Reverse;

use tripline_grammar::ast::{Path, Segment, Span};
use tripline_grammar::print_path;

use super::{Field, SchemaSample};

/// How many of the commonest values are told.
const COMMONEST: usize = 5;

/// A field of events of one type.
#[derive(Debug, Clone, PartialEq)]
pub struct SampledField {
    /// The event type.
    pub event: String,
    /// Its path, as rules write it.
    pub path: String,
    /// The type of its values, as a schema names it.
    pub kind: &'static str,
    /// All its values, if they are texts of a closed set.
    pub members: Vec<String>,
    /// How many events are of this type.
    pub events: u64,
    /// How many of these have it.
    pub seen: u64,
    /// The least and the greatest number.
    pub range: Option<(f64, f64)>,
    /// Its commonest values as JSON, and how many events have each; none if it has very many.
    pub commonest: Vec<(String, u64)>,
    /// How many values it has, if they were counted.
    pub distinct: Option<usize>,
}

impl SchemaSample {
    /// Every field, by event type and path; of an object whose fields are always the same those.
    pub fn fields(&self) -> Vec<SampledField> {
        let mut found = Vec::new();
        for (event, field) in &self.types {
            let mut path = Vec::new();
            field.collect(event, field.seen, &mut path, &mut found);
        }
        found
    }
}

impl Field {
    fn collect(
        &self,
        event: &str,
        events: u64,
        path: &mut Vec<Segment>,
        found: &mut Vec<SampledField>,
    ) {
        if self.is_parent() {
            for (name, field) in &self.fields {
                path.push(Segment::Field(name.clone()));
                field.collect(event, events, path, found);
                path.pop();
            }
            return;
        }
        if path.is_empty() || self.seen == 0 {
            return;
        }
        let mut commonest: Vec<(String, u64)> = self.values.clone().into_iter().collect();
        commonest.sort_by_key(|(_, number)| Reverse(*number));
        commonest.truncate(COMMONEST);
        let members = self.members.iter().filter(|_| self.is_closed());
        found.push(SampledField {
            event: event.to_owned(),
            path: print_path(&Path {
                segments: path.clone(),
                span: Span::default(),
            }),
            kind: self.kind(),
            members: members.cloned().collect(),
            events,
            seen: self.seen,
            range: self.range.filter(|_| self.numbers == self.seen),
            commonest,
            distinct: (!self.too_many).then_some(self.values.len()),
        });
    }
}

#[cfg(test)]
mod tests {
    // A test that cannot add its own events has failed.
    #![allow(clippy::unwrap_used)]

    use crate::SchemaSample;

    #[test]
    fn fields_are_told_with_what_they_held() {
        let mut sample = SchemaSample::default();
        for number in 0..200 {
            let status = if number % 4 == 0 { "off" } else { "on" };
            let more = if number < 50 { r#","y":-1.5"# } else { "" };
            let event = format!(
                r#"{{"kind":"a","id":{number},"data":{{"status":"{status}","tags":[1]{more}}}}}"#
            );
            sample.add(event.as_bytes(), &["kind"]).unwrap();
        }
        let fields = sample.fields();
        let paths: Vec<&str> = fields.iter().map(|field| field.path.as_str()).collect();
        let expected = ["data.status", "data.tags", "data.y", "id", "kind"];
        assert_eq!(paths, expected);
        let [status, tags, y, id, _] = &fields[..] else {
            panic!("{fields:?}")
        };
        assert_eq!(status.members, ["off", "on"]);
        let commonest = [("\"on\"".to_owned(), 150), ("\"off\"".to_owned(), 50)];
        assert_eq!(status.commonest, commonest);
        assert_eq!((tags.kind, tags.distinct), ("list", Some(0)));
        assert_eq!((y.seen, y.events, y.range), (50, 200, Some((-1.5, -1.5))));
        assert_eq!((id.range, id.distinct), (Some((0.0, 199.0)), None));
        assert!(id.commonest.is_empty());
    }
}
