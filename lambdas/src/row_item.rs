//! What the aggregates table holds.

use std::collections::BTreeMap;
use std::fmt::Write;
use std::sync::Arc;

use sha2::{Digest, Sha256};
use tripline_engine::{AggregateRow, Time};

use crate::sequence::Sequence;

/// The longest part of a key that is written whole, in bytes.
const MAX_PART_BYTES: usize = 1_000;

/// Names a row of the aggregates table, as its key attributes do.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct RowName {
    /// `<aggregate>#<first value of by>#<start of the window>`
    pub partition: String,
    /// The other values of `by`, or `global` if there are none.
    pub sort: String,
}

impl RowName {
    /// The name of a row: its parts are escaped, so that no two keys have the same.
    pub fn of(row: &AggregateRow) -> RowName {
        let mut values = row.key.iter().map(|(_, value)| part(value));
        let first = values.next().unwrap_or_else(|| "global".to_owned());
        let others: Vec<String> = values.collect();
        RowName {
            partition: format!("{}#{first}#{}", row.aggregate, row.window.start),
            sort: match others.as_slice() {
                [] => "global".to_owned(),
                others => bounded(others.join("#")),
            },
        }
    }
}

/// A value as a part of a key. Texts stand as they are, but for what would make them look like something else.
fn part(value: &serde_json::Value) -> String {
    let escaped = match value {
        // A text that looks like a number or a constant is told from it by its quotes.
        serde_json::Value::String(text)
            if serde_json::from_str::<serde_json::Value>(text).is_ok() =>
        {
            escaped(&format!("\"{text}\""))
        }
        serde_json::Value::String(text) => escaped(text),
        other => escaped(&other.to_string()),
    };
    bounded(escaped)
}

fn escaped(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for byte in text.bytes() {
        match byte {
            b'#' | b'%' | 0..0x20 | 0x7f.. => {
                let _ = write!(escaped, "%{byte:02X}");
            }
            plain => escaped.push(char::from(plain)),
        }
    }
    if escaped.is_empty() {
        // No part is empty, and no text is escaped like this.
        escaped.push('%');
    }
    escaped
}

fn bounded(mut part: String) -> String {
    if part.len() > MAX_PART_BYTES {
        let hash = Sha256::digest(part.as_bytes());
        part.truncate(MAX_PART_BYTES - 64);
        for byte in &hash[..16] {
            let _ = write!(part, "{byte:02x}");
        }
    }
    part
}

/// A row of the aggregates table.
#[derive(Debug, Clone, PartialEq)]
pub struct RowItem {
    /// Counts the writes; 0 is a row that there is not.
    pub version: u64,
    /// For each shard the last record that the row holds.
    pub applied: BTreeMap<Arc<str>, Sequence>,
    /// The encoded row.
    pub row: Vec<u8>,
    /// What anybody may read; of a row that was read there may be none.
    pub published: Option<AggregateRow>,
    /// Whether it takes the place of the row of another rule, of which nothing is to remain.
    pub anew: bool,
    /// When its time to live is over.
    pub expires: Option<Time>,
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};
    use tripline_engine::{AggregateRow, Time, WindowBounds};

    use super::RowName;

    fn name(key: &[Value]) -> RowName {
        let start = Time(1_767_607_200_000);
        RowName::of(&AggregateRow {
            aggregate: "hourly".to_owned(),
            key: key
                .iter()
                .map(|value| (String::new(), value.clone()))
                .collect(),
            window: WindowBounds { start, end: start },
            values: Vec::new(),
            events: 0,
        })
    }

    #[test]
    fn names_are_legible() {
        let given = name(&[json!("login"), json!("user-1"), json!(5)]);
        assert_eq!(given.partition, "hourly#login#2026-01-05T10:00:00.000Z");
        assert_eq!(given.sort, "user-1#5");
        let given = name(&[]);
        assert_eq!(given.partition, "hourly#global#2026-01-05T10:00:00.000Z");
        assert_eq!(given.sort, "global");
    }

    #[test]
    fn no_two_keys_have_one_name() {
        let long = "x".repeat(5_000);
        let keys = [
            vec![json!("a#b"), json!("c")],
            vec![json!("a"), json!("b#c")],
            vec![json!("a"), json!("b"), json!("c")],
            vec![json!("a%23b"), json!("c")],
            vec![json!(1)],
            vec![json!("1")],
            vec![json!("\"1\"")],
            vec![json!(true)],
            vec![json!("true")],
            vec![json!("")],
            vec![json!("%")],
            vec![json!("é")],
            vec![json!("a"), json!(format!("{long}1"))],
            vec![json!("a"), json!(format!("{long}2"))],
            vec![json!(format!("{long}1"))],
            vec![json!(format!("{long}2"))],
        ];
        let mut names: Vec<RowName> = keys.iter().map(|key| name(key)).collect();
        assert!(
            names
                .iter()
                .all(|name| name.partition.len() <= 2_048 && name.sort.len() <= 1_024)
        );
        names.sort();
        names.dedup();
        assert_eq!(names.len(), keys.len());
    }
}
