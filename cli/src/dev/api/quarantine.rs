//! What could not be read as an event.

use serde_json::json;

use super::{Answer, time};
use crate::dev::pipeline::View;

/// The newest entries.
pub(in crate::dev) fn quarantine(view: &View<'_>, limit: usize) -> Answer {
    let (total, entries) = view.world.unusable(limit)?;
    let entries = entries.into_iter().map(|entry| {
        json!({
            "id": entry.id,
            "at": time(entry.at),
            "source": entry.place,
            "reason": entry.reason,
            "payload": String::from_utf8_lossy(&entry.payload),
            "truncated": (entry.payload.len() as u64) < entry.bytes,
        })
    });
    Ok(json!({"total": total, "entries": entries.collect::<Vec<_>>()}))
}
