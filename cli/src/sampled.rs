//! What the events beside the rules hold, for whoever writes a rule about them.

use std::fmt::Write;
use std::path::Path;

use tripline_engine::{SampledField, SchemaSample};

use crate::input::{self, Line};

/// The folder of events, in that of the rules.
const FOLDER: &str = "sample";
/// How many events are read, and how long a line may be.
const EVENTS: usize = 20_000;
const MAX_LINE: usize = 1 << 20;

/// Reads the events beside the rules, as many as are worth waiting for. What cannot be read is passed over.
pub(crate) fn read(rules: &Path, type_path: &[&str]) -> Vec<SampledField> {
    let mut sample = SchemaSample::default();
    let mut left = EVENTS;
    let inputs = input::expand(&[rules.join(FOLDER)]).unwrap_or_default();
    let mut bytes = Vec::new();
    for input in inputs.iter().filter(|input| input.bytes.is_some()) {
        let Ok(mut lines) = input.open(MAX_LINE, Default::default()) else {
            continue;
        };
        while left > 0 {
            bytes.clear();
            match lines.next(&mut bytes) {
                Line::Whole(_, range) => {
                    left -= 1;
                    let _ = sample.add(&bytes[range], type_path);
                }
                Line::TooLong(..) => left -= 1,
                Line::Broken(..) | Line::End => break,
            }
        }
    }
    sample.fields()
}

/// What a field held, in a sentence.
pub(crate) fn described(field: &SampledField) -> String {
    let SampledField {
        event, kind, seen, ..
    } = field;
    let mut text = format!(
        "In the sample: {kind}, in {} of {} events `{event}`",
        share(*seen, field.events),
        field.events
    );
    if let Some((least, greatest)) = field.range {
        let _ = write!(text, "; {least} to {greatest}");
    }
    if !field.commonest.is_empty() {
        let values = field.commonest.iter();
        let values =
            values.map(|(value, number)| format!("`{}` {}", short(value), share(*number, *seen)));
        let values: Vec<String> = values.collect();
        let rest = field.distinct.unwrap_or_default() > values.len();
        let what = if rest { "commonest " } else { "" };
        let _ = write!(text, "; {what}{}", values.join(", "));
    }
    text
}

fn share(part: u64, whole: u64) -> String {
    match part as f64 / whole.max(1) as f64 * 100.0 {
        share if part == whole => format!("{share:.0} %"),
        share if share < 0.1 => "under 0.1 %".to_owned(),
        share if share > 99.0 => "over 99 %".to_owned(),
        share => format!("{share:.1} %"),
    }
}

/// A value that fits in a line.
fn short(value: &str) -> String {
    const MOST: usize = 40;
    match value.char_indices().nth(MOST) {
        Some((end, _)) => format!("{}…", &value[..end]),
        None => value.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_field_is_described_in_a_sentence() {
        let mut field = SampledField {
            event: "a".to_owned(),
            path: "data.x".to_owned(),
            kind: "number",
            members: Vec::new(),
            events: 400,
            seen: 300,
            range: Some((-1.5, 41.0)),
            commonest: vec![("0".to_owned(), 30)],
            distinct: Some(40),
        };
        assert_eq!(
            described(&field),
            "In the sample: number, in 75.0 % of 400 events `a`; -1.5 to 41; commonest `0` 10.0 %"
        );
        (field.seen, field.range) = (400, None);
        field.commonest = vec![("true".to_owned(), 399), ("false".to_owned(), 1)];
        field.distinct = Some(2);
        assert_eq!(
            described(&field),
            "In the sample: number, in 100 % of 400 events `a`; `true` over 99 %, `false` 0.2 %"
        );
    }
}
