use std::borrow::Cow;
use std::sync::Arc;

use serde::Serialize;
use sha2::{Digest, Sha256};
use tripline_grammar::ast::Segment;

use super::projection::{Projection, Unread};
use super::value::{Slots, Value};
use crate::number::Number;
use crate::time::Time;
use crate::{MAX_EVENT_BYTES, MAX_EVENT_NESTING};

/// Where an event comes from. An event borrows the names from whoever read it; what goes out has its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(untagged)]
pub enum Source<N = Arc<str>> {
    /// A line of a file.
    File {
        /// The file as the user named it.
        file: N,
        /// The line, counted from 1.
        line: u64,
    },
    /// A record of a stream.
    Record {
        /// The shard.
        shard: N,
        /// The sequence number.
        sequence: N,
        /// The place within the record.
        sub: u32,
    },
}

impl Source<&str> {
    /// The same with names of its own.
    pub(crate) fn kept(self) -> Source {
        match self {
            Source::File { file, line } => Source::File {
                file: file.into(),
                line,
            },
            Source::Record {
                shard,
                sequence,
                sub,
            } => Source::Record {
                shard: shard.into(),
                sequence: sequence.into(),
                sub,
            },
        }
    }

    /// The id of an event that has none of its own.
    fn id(&self) -> String {
        match self {
            Source::File { file, line } => format!("{file}:{line}"),
            Source::Record {
                shard,
                sequence,
                sub,
            } => format!("{shard}:{sequence}:{sub}"),
        }
    }
}

/// Why bytes are no event.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rejection {
    /// What is wrong with them.
    pub reason: String,
}

impl Rejection {
    fn new(reason: impl Into<String>) -> Self {
        Rejection {
            reason: reason.into(),
        }
    }
}

/// A decoded event: its envelope and the values that rules read.
#[derive(Debug, Clone)]
pub struct Event<'a> {
    /// When it happened.
    pub time: Time,
    /// When it arrived.
    pub arrival: Time,
    pub(crate) clamped: bool,
    pub(crate) kind: Option<Cow<'a, str>>,
    pub(crate) id: Option<Cow<'a, str>>,
    pub(crate) source: Source<&'a str>,
    pub(crate) slots: Vec<Value<'a>>,
}

impl Event<'_> {
    /// When it happened.
    pub fn time(&self) -> Time {
        self.time
    }

    /// When it arrived.
    pub fn arrival(&self) -> Time {
        self.arrival
    }

    /// Its type, if it has one.
    pub fn kind(&self) -> Option<&str> {
        self.kind.as_deref()
    }

    /// The event's own id, or one made of its source.
    pub fn id(&self) -> Cow<'_, str> {
        match &self.id {
            Some(id) => Cow::Borrowed(id),
            None => Cow::Owned(self.source.id()),
        }
    }
}

/// When an event happened, and when it arrived.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Times {
    pub(crate) time: Time,
    pub(crate) arrival: Time,
    /// Whether it said that it happened too far ahead of its arrival, which was taken instead.
    pub(crate) clamped: bool,
}

/// The slots of the envelope's fields.
#[derive(Debug)]
pub(crate) struct Envelope {
    pub(crate) kind: usize,
    pub(crate) time: usize,
    pub(crate) id: usize,
    pub(crate) arrival: Option<usize>,
    /// Where the time stands in an event.
    pub(crate) time_path: Vec<Segment>,
    /// How far an event time may be ahead of its arrival, in milliseconds.
    pub(crate) max_future: i64,
}

impl Envelope {
    /// Reads the JSON of an event into `slots`; `arrived` is its arrival unless the event holds another.
    pub(crate) fn read<'a>(
        &self,
        projection: &Projection,
        text: &'a str,
        arrived: Option<Time>,
        slots: &mut Slots<'a>,
    ) -> Result<Times, Rejection> {
        refuse_too_long(text.len())?;
        projection.read(text, slots).map_err(|unread| {
            Rejection::new(match unread {
                Unread::TooDeep => format!("nested deeper than {MAX_EVENT_NESTING} levels"),
                Unread::Malformed(reason) => format!("not a JSON object: {reason}"),
            })
        })?;
        let arrival = self.arrival.and_then(|slot| time_of(&slots[slot]));
        let arrival = arrival.or(arrived);
        let mut clamped = false;
        let (time, arrival) = match (time_of(&slots[self.time]), arrival) {
            (Some(time), Some(arrival)) if time > arrival.plus(self.max_future) => {
                clamped = true;
                (arrival, arrival)
            }
            (Some(time), Some(arrival)) => (time, arrival),
            (Some(time), None) => (time, time),
            (None, Some(arrival)) => (arrival, arrival),
            (None, None) => return Err(no_time(&slots[self.time])),
        };
        Ok(Times {
            time,
            arrival,
            clamped,
        })
    }

    /// The type of the event whose values these are.
    pub(crate) fn kind<'v>(&self, slots: &'v [Value<'_>]) -> Option<&'v str> {
        match &slots[self.kind] {
            Value::Text(kind) => Some(kind),
            _ => None,
        }
    }

    /// The event that was read into `slots`, whose values it takes over; they go on in the memory of `spare`.
    pub(crate) fn event<'a>(
        &self,
        times: Times,
        slots: &mut Slots<'a>,
        spare: Vec<Value<'a>>,
        source: Source<&'a str>,
    ) -> Event<'a> {
        let slots = slots.take(spare);
        Event {
            time: times.time,
            arrival: times.arrival,
            clamped: times.clamped,
            kind: match &slots[self.kind] {
                Value::Text(kind) => Some(kind.clone()),
                _ => None,
            },
            id: match &slots[self.id] {
                // Ids are for people to look up: one of a megabyte is kept by its hash.
                Value::Text(id) if id.len() > 1_000 => {
                    Some(Cow::Owned(crate::ids::hex(&Sha256::digest(id.as_bytes()))))
                }
                Value::Text(id) => Some(id.clone()),
                Value::Number(Number::Integer(id)) => Some(Cow::Owned(id.to_string())),
                _ => None,
            },
            source,
            slots,
        }
    }
}

fn refuse_too_long(bytes: usize) -> Result<(), Rejection> {
    if bytes > MAX_EVENT_BYTES {
        let reason = format!("longer than {MAX_EVENT_BYTES} bytes");
        return Err(Rejection::new(reason));
    }
    Ok(())
}

/// Events are text.
pub(crate) fn text_of(bytes: &[u8]) -> Result<&str, Rejection> {
    refuse_too_long(bytes.len())?;
    simdutf8::basic::from_utf8(bytes).map_err(|_| Rejection::new("not UTF-8"))
}

fn no_time(value: &Value<'_>) -> Rejection {
    Rejection::new(match value {
        Value::Missing => "no event time".to_owned(),
        Value::Text(text) => {
            let shown: String = text.chars().take(40).collect();
            format!("event time \"{shown}\" is not RFC 3339 between the years 1900 and 2199")
        }
        Value::Number(_) => "event time is not an epoch between the years 1900 and 2199".to_owned(),
        _ => "event time is neither text nor a number".to_owned(),
    })
}

fn time_of(value: &Value<'_>) -> Option<Time> {
    match value {
        Value::Text(text) => Time::parse(text),
        Value::Number(Number::Integer(integer)) => Time::from_epoch_integer(*integer),
        Value::Number(Number::Double(double)) => Time::from_epoch_double(*double),
        _ => None,
    }
}
