//! Findings as SARIF 2.1.0, for code scanning.

use std::collections::BTreeMap;
use std::io::{self, Write};

use serde_json::{Value, json};
use tripline_engine::{Diagnostic, Label, Severity, page};

use super::{Report, Spot};

const SCHEMA: &str =
    "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json";

pub(super) fn write(out: &mut impl Write, report: &Report<'_>) -> io::Result<()> {
    // The rules that found something, by their codes.
    let rules: BTreeMap<&str, &str> = report
        .diagnostics
        .iter()
        .map(|one| (one.code, one.id))
        .collect();
    let index: BTreeMap<&str, usize> = rules
        .keys()
        .zip(0..)
        .map(|(code, at)| (*code, at))
        .collect();
    let log = json!({
        "$schema": SCHEMA,
        "version": "2.1.0",
        "runs": [{
            "tool": {"driver": {
                "name": "tripline",
                "version": env!("CARGO_PKG_VERSION"),
                "rules": rules.iter().map(|(code, id)| rule(code, id)).collect::<Vec<_>>(),
            }},
            "columnKind": "unicodeCodePoints",
            "results": report
                .diagnostics
                .iter()
                .map(|one| result(one, index[one.code], report))
                .collect::<Vec<_>>(),
        }],
    });
    serde_json::to_writer_pretty(&mut *out, &log)?;
    writeln!(out)
}

fn rule(code: &str, id: &str) -> Value {
    let text = page(code).map_or("", |page| page.text);
    let meaning = text.split("\n### ").next().unwrap_or_default();
    let meaning = meaning.trim_start_matches("### What it means").trim();
    json!({
        "id": code,
        "name": id,
        "shortDescription": {"text": if meaning.is_empty() { id } else { meaning }},
        "help": {"text": text, "markdown": text},
    })
}

fn result(one: &Diagnostic, index: usize, report: &Report<'_>) -> Value {
    let help = one.help.iter().map(|help| format!("\n{help}"));
    let mut result = json!({
        "ruleId": one.code,
        "ruleIndex": index,
        "level": match one.severity {
            Severity::Error => "error",
            Severity::Warning => "warning",
            Severity::Info => "note",
        },
        "message": {"text": one.message.clone() + &help.collect::<String>()},
        "locations": one.labels.first().map(|label| location(&report.spot(label))).into_iter().collect::<Vec<_>>(),
    });
    let related: Vec<Value> = one
        .labels
        .iter()
        .skip(1)
        .zip(1..)
        .map(|(label, id)| {
            let mut location = location(&report.spot(label));
            location["id"] = json!(id);
            location["message"] = json!({"text": label.text});
            location
        })
        .collect();
    if !related.is_empty() {
        result["relatedLocations"] = json!(related);
    }
    if !one.fix.is_empty() {
        let changes: Vec<Value> = one.fix.iter().map(|edit| {
            let label = Label { file: edit.file, range: edit.start..edit.end, text: String::new() };
            let spot = report.spot(&label);
            json!({
                "artifactLocation": {"uri": uri(spot.file)},
                "replacements": [{"deletedRegion": region(&spot), "insertedContent": {"text": edit.text}}],
            })
        }).collect();
        let text = one.help.as_deref().unwrap_or("mend it");
        result["fixes"] = json!([{"description": {"text": text}, "artifactChanges": changes}]);
    }
    result
}

fn location(spot: &Spot<'_>) -> Value {
    json!({"physicalLocation": {"artifactLocation": {"uri": uri(spot.file)}, "region": region(spot)}})
}

fn region(spot: &Spot<'_>) -> Value {
    json!({
        "startLine": spot.line,
        "startColumn": spot.column,
        "endLine": spot.end_line,
        "endColumn": spot.end_column,
    })
}

/// A path as a relative reference: what cannot stand in one is escaped.
fn uri(path: &str) -> String {
    let mut uri = String::with_capacity(path.len());
    for byte in path.replace('\\', "/").bytes() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' | b'/' => {
                uri.push(char::from(byte))
            }
            byte => uri.push_str(&format!("%{byte:02X}")),
        }
    }
    uri
}
