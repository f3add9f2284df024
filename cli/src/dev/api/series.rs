//! The windows of a key over time, and when it fired: evaluated from the events that are kept.

use serde_json::{Value, json};
use tripline_engine::{Past, Time};

use super::alerts::{filed, named};
use super::{Answer, number, present, seconds};
use crate::dev::pipeline::View;

/// About how many moments are shown.
const MOMENTS: i64 = 300;

/// What the conditions of an alert compared for a key, as far back as events are kept.
pub(in crate::dev) fn series(view: &View<'_>, name: &str, key: &str) -> Answer {
    let rule = named(view, name)?;
    let key = filed(view, rule, key)?;
    let (oldest, newest) = view.world.kept()?.unwrap_or((Time(0), Time(0)));
    let now = present(view).max(newest);
    let step = ((now.0 - oldest.0) / MOMENTS).max(1_000);
    let mut past = Past::new(&view.rules.program, name, &key, step);
    if let Some(past) = &mut past {
        view.world
            .each_event(|event, arrival| past.event(event, arrival))?;
    }
    let series = past.map(|past| past.at(now)).unwrap_or_default();
    let terms = rule.terms();
    let mut thresholds = Vec::new();
    for (index, term) in terms.iter().enumerate() {
        for (op, value) in &term.limits {
            thresholds.push(
                json!({"series": index, "op": op, "value": value, "severity": rule.severity}),
            );
        }
    }
    let lines = terms.iter().enumerate().map(|(index, term)| {
        let values = series.values.iter();
        let values = values.map(|values| number(values.get(index).copied().flatten()));
        json!({"text": term.text, "values": values.collect::<Vec<Value>>()})
    });
    let episodes = series.episodes.iter().map(|(from, to)| {
        json!({"from": seconds(*from), "to": to.map(seconds), "severity": rule.severity})
    });
    Ok(json!({
        "times": series.times.iter().map(|time| seconds(*time)).collect::<Vec<_>>(),
        "series": lines.collect::<Vec<_>>(),
        "thresholds": thresholds,
        "episodes": episodes.collect::<Vec<_>>(),
    }))
}
