//! The yardstick: the least that any engine must do with the same bytes.
//!
//! `sonic-rs` reads each event into a struct; the bytes are seen to be text once for many events at a time,
//! as the command does it. All text is borrowed unless it has an escape.

use std::borrow::Cow;
use std::hint::black_box;

use serde::Deserialize;
use serde::de::{DeserializeOwned, IgnoredAny};

use super::{BATCH, Events};

#[derive(Deserialize)]
struct Six<'a> {
    #[serde(borrow, rename = "eventType")]
    kind: Cow<'a, str>,
    #[serde(borrow, rename = "userId")]
    user: Cow<'a, str>,
    #[serde(borrow)]
    timestamp: Cow<'a, str>,
    data: SixData,
}

#[derive(Deserialize)]
struct SixData {
    temperature: f64,
    humidity: f64,
    ok: bool,
}

#[derive(Deserialize)]
struct Eighteen<'a> {
    #[serde(borrow)]
    id: Cow<'a, str>,
    #[serde(borrow, rename = "eventType")]
    kind: Cow<'a, str>,
    #[serde(borrow, rename = "userId")]
    user: Cow<'a, str>,
    #[serde(borrow)]
    timestamp: Cow<'a, str>,
    #[serde(borrow)]
    host: Option<Cow<'a, str>>,
    #[serde(borrow)]
    source: Option<Cow<'a, str>>,
    #[serde(borrow)]
    data: EighteenData<'a>,
}

#[derive(Deserialize)]
struct EighteenData<'a> {
    temperature: f64,
    humidity: f64,
    #[serde(borrow)]
    status: Cow<'a, str>,
    ok: bool,
    #[serde(rename = "latencyMs")]
    latency: f64,
    load: f64,
    #[serde(borrow)]
    region: Cow<'a, str>,
    retries: f64,
    pressure: Option<f64>,
    voltage: Option<f64>,
    amount: Option<f64>,
    #[serde(borrow)]
    reason: Option<Cow<'a, str>>,
}

/// What was seen of the events, so that nothing of the reading can be left out: a number made of all values.
pub type Seen = usize;

fn read(events: &Events, mut one: impl FnMut(&str) -> Seen) -> Seen {
    let mut seen = 0;
    for (bytes, chunk) in events.chunks(BATCH) {
        let text = simdutf8::basic::from_utf8(bytes).expect("generated as text");
        for event in chunk.cut(text) {
            seen += one(event);
        }
    }
    black_box(seen)
}

/// Reads six fields: type, user, time, two numbers and a truth value. This is the projection that ratios are to.
pub fn six(events: &Events) -> Seen {
    read(events, |event| {
        let six: Six<'_> = sonic_rs::from_str(event).expect("generated as JSON");
        let six = black_box(six);
        six.kind.len()
            + six.user.len()
            + six.timestamp.len()
            + usize::from(six.data.ok)
            + usize::from(six.data.temperature > six.data.humidity)
    })
}

/// Reads eighteen fields, a third of which no event has.
pub fn eighteen(events: &Events) -> Seen {
    read(events, |event| {
        let read: Eighteen<'_> = sonic_rs::from_str(event).expect("generated as JSON");
        let read = black_box(read);
        let data = read.data;
        let texts = [
            &read.id,
            &read.kind,
            &read.user,
            &read.timestamp,
            &data.status,
            &data.region,
        ];
        let absent = [
            read.host.is_some(),
            read.source.is_some(),
            data.reason.is_some(),
        ];
        let numbers = data.temperature + data.humidity + data.latency + data.load + data.retries;
        let more = [data.pressure, data.voltage, data.amount];
        let numbers = numbers + more.into_iter().flatten().sum::<f64>();
        texts.iter().map(|text| text.len()).sum::<usize>()
            + absent.iter().filter(|there| **there).count()
            + usize::from(data.ok)
            + usize::from(numbers > 0.0)
    })
}

/// Only finds out that each event is JSON.
pub fn ignored(events: &Events) -> Seen {
    fn parse<T: DeserializeOwned>(event: &str) -> T {
        sonic_rs::from_str(event).expect("generated as JSON")
    }
    read(events, |event| {
        black_box(parse::<IgnoredAny>(event));
        1
    })
}
