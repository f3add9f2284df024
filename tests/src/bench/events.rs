//! Events from a seed, in several spellings.

use std::fmt::Write;
use std::ops::Range;

/// How many types of events there are.
pub const TYPES: usize = 20;

/// The time of the first event: 2026-01-05T00:00:00Z.
const BEGIN: i64 = 1_767_571_200;

/// Lines or other texts, each of which is one event.
#[derive(Debug, Default, Clone)]
pub struct Events {
    text: String,
    ranges: Vec<Range<usize>>,
}

impl Events {
    /// How many there are.
    pub fn len(&self) -> usize {
        self.ranges.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.ranges.is_empty()
    }

    /// All of them, each followed by a line break.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// How long an event is on average, in bytes.
    pub fn average(&self) -> usize {
        self.text.len() / self.ranges.len().max(1)
    }

    /// The events one by one.
    pub fn iter(&self) -> impl Iterator<Item = &str> {
        self.ranges.iter().map(|range| &self.text[range.clone()])
    }

    /// Hands out the events, so many at a time, as what is read from a file: bytes, and where in them each event is.
    pub fn chunks(&self, size: usize) -> impl Iterator<Item = (&[u8], Chunk<'_>)> {
        self.ranges.chunks(size).map(|ranges| {
            let first = ranges.first().map_or(0, |range| range.start);
            let last = ranges.last().map_or(0, |range| range.end);
            let bytes = &self.text.as_bytes()[first..last];
            (bytes, Chunk { ranges, first })
        })
    }
}

/// Where in the bytes of a chunk its events are.
#[derive(Debug, Clone, Copy)]
pub struct Chunk<'a> {
    ranges: &'a [Range<usize>],
    first: usize,
}

impl<'a> Chunk<'a> {
    /// Cuts the text of the chunk into its events.
    pub fn cut<'t>(self, text: &'t str) -> impl Iterator<Item = &'t str> + use<'a, 't> {
        let first = self.first;
        let ranges = self.ranges.iter();
        ranges.map(move |range| &text[range.start - first..range.end - first])
    }
}

/// Which user an event is of.
#[derive(Debug, Clone, Copy)]
pub enum Users {
    /// Any of so many.
    Random(u32),
    /// One after the other of so many, then again from the first.
    InTurn(u32),
}

/// How an event is spelt; what it says is the same in all, padding aside.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Shape {
    /// Some 250 bytes, the type in front.
    Plain,
    /// Every text has an escape, and so has one key.
    Escapes,
    /// Letters of two to four bytes in the user, the id and a text that no rule reads.
    Unicode,
    /// Over many lines.
    Pretty,
    /// The type is the last key.
    TypeLast,
    /// At least so many bytes, by an object that no rule reads.
    Padded(usize),
}

/// What events are to be made.
#[derive(Debug, Clone, Copy)]
pub struct Workload {
    /// Whose they are.
    pub users: Users,
    /// How many fall into a second of event time.
    pub per_second: u64,
    /// How many of a hundred come late, by at most two minutes.
    pub late: u32,
    /// How they are spelt.
    pub shape: Shape,
}

impl Default for Workload {
    fn default() -> Self {
        Workload {
            users: Users::Random(73_000),
            per_second: 100,
            late: 0,
            shape: Shape::Plain,
        }
    }
}

impl Workload {
    /// The first `count` events.
    pub fn events(self, count: usize) -> Events {
        let mut events = Events::default();
        Generator::new(self).fill(&mut events, count);
        events
    }
}

/// Makes events one after the other.
#[derive(Debug)]
pub struct Generator {
    workload: Workload,
    random: fastrand::Rng,
    index: u64,
    paddings: Vec<String>,
}

/// What an event says.
struct Fields {
    index: u64,
    kind: usize,
    user: u32,
    at: String,
    temperature: f64,
    humidity: f64,
    status: &'static str,
    ok: bool,
    latency: u32,
    load: f64,
    region: u32,
    retries: u32,
}

impl Generator {
    /// A generator of these events from the first on.
    pub fn new(workload: Workload) -> Self {
        let mut random = fastrand::Rng::with_seed(7);
        let paddings = match workload.shape {
            Shape::Padded(bytes) => (0..16).map(|_| padding(bytes, &mut random)).collect(),
            _ => Vec::new(),
        };
        Generator {
            workload,
            random: fastrand::Rng::with_seed(1),
            index: 0,
            paddings,
        }
    }

    /// Replaces what is in `events` by the next `count` ones.
    pub fn fill(&mut self, events: &mut Events, count: usize) {
        events.text.clear();
        events.ranges.clear();
        for _ in 0..count {
            let fields = self.draw();
            let start = events.text.len();
            self.write(&fields, &mut events.text)
                .expect("writing to a string cannot fail");
            events.ranges.push(start..events.text.len());
            events.text.push('\n');
        }
    }

    fn draw(&mut self) -> Fields {
        let random = &mut self.random;
        let index = self.index;
        self.index += 1;
        let user = match self.workload.users {
            Users::Random(users) => random.u32(0..users),
            Users::InTurn(users) => (index % u64::from(users)) as u32,
        };
        let mut second = BEGIN + (index / self.workload.per_second) as i64;
        if self.workload.late > 0 && random.u32(0..100) < self.workload.late {
            second -= random.i64(1..=120);
        }
        let at = chrono::DateTime::from_timestamp(second, 0).unwrap_or_default();
        Fields {
            index,
            kind: random.usize(0..TYPES),
            user,
            at: at.format("%Y-%m-%dT%H:%M:%SZ").to_string(),
            temperature: 15.0 + random.f64() * 10.0,
            humidity: 40.0 + random.f64() * 20.0,
            status: ["ok", "degraded", "idle"][random.usize(0..3)],
            ok: random.u32(0..20) != 0,
            latency: random.u32(5..400),
            load: random.f64(),
            region: random.u32(1..5),
            retries: random.u32(0..4),
        }
    }

    fn write(&self, event: &Fields, text: &mut String) -> std::fmt::Result {
        let Fields {
            index,
            kind,
            user,
            at,
            temperature,
            humidity,
            status,
            ok,
            latency,
            load,
            region,
            retries,
        } = event;
        match self.workload.shape {
            Shape::Plain | Shape::Padded(_) => {
                write!(
                    text,
                    r#"{{"id":"evt-{index:09}","eventType":"type_{kind:02}","userId":"user-{user}","timestamp":"{at}","#
                )?;
                if let Some(padding) = self.paddings.get((index % 16) as usize) {
                    write!(text, r#""payload":{padding},"#)?;
                }
                write!(
                    text,
                    r#""data":{{"temperature":{temperature:.2},"humidity":{humidity:.1},"status":"{status}","ok":{ok},"latencyMs":{latency},"load":{load:.6},"region":"eu-{region}","retries":{retries},"unit":"celsius"}}}}"#
                )
            }
            Shape::Escapes => {
                let (first, rest) = status.split_at(1);
                let code = u32::from(first.as_bytes()[0]);
                write!(
                    text,
                    r#"{{"id":"evt\"{index:09}","eventType":"type\u005f{kind:02}","userId":"user\u002d{user}","timestamp":"{}\u003a{}","data":{{"temper\u0061ture":{temperature:.2},"humidity":{humidity:.1},"status":"\u{code:04x}{rest}","ok":{ok},"latencyMs":{latency},"load":{load:.6},"region":"eu\u002d{region}","retries":{retries},"unit":"celsius"}}}}"#,
                    &at[..13],
                    &at[14..],
                )
            }
            Shape::Unicode => write!(
                text,
                r#"{{"id":"évt-{index:09}","eventType":"type_{kind:02}","userId":"użytkownik-{user}","note":"température élevée 🌡 温度が高い","timestamp":"{at}","data":{{"temperature":{temperature:.2},"humidity":{humidity:.1},"status":"{status}","ok":{ok},"latencyMs":{latency},"load":{load:.6},"region":"eu-{region}","retries":{retries},"unit":"celsius"}}}}"#
            ),
            Shape::Pretty => write!(
                text,
                "{{\n  \"id\": \"evt-{index:09}\",\n  \"eventType\": \"type_{kind:02}\",\n  \"userId\": \"user-{user}\",\n  \"timestamp\": \"{at}\",\n  \"data\": {{\n    \"temperature\": {temperature:.2},\n    \"humidity\": {humidity:.1},\n    \"status\": \"{status}\",\n    \"ok\": {ok},\n    \"latencyMs\": {latency},\n    \"load\": {load:.6},\n    \"region\": \"eu-{region}\",\n    \"retries\": {retries},\n    \"unit\": \"celsius\"\n  }}\n}}"
            ),
            Shape::TypeLast => write!(
                text,
                r#"{{"data":{{"unit":"celsius","retries":{retries},"region":"eu-{region}","load":{load:.6},"latencyMs":{latency},"ok":{ok},"status":"{status}","humidity":{humidity:.1},"temperature":{temperature:.2}}},"timestamp":"{at}","userId":"user-{user}","id":"evt-{index:09}","eventType":"type_{kind:02}"}}"#
            ),
        }
    }
}

/// An object like those that applications attach: text, numbers, lists, nesting. Some 300 bytes are the event's own.
fn padding(bytes: usize, random: &mut fastrand::Rng) -> String {
    let mut text = String::from("{\"items\":[");
    while text.len() + 260 < bytes {
        let name: String = (0..random.usize(4..40))
            .map(|_| random.alphanumeric())
            .collect();
        let (id, price) = (random.u32(..), random.f64() * 1_000.0);
        let tags = ["[]", r#"["new"]"#, r#"["sale","last, ones"]"#][random.usize(0..3)];
        let comma = if text.ends_with('[') { "" } else { "," };
        write!(
            text,
            r#"{comma}{{"sku":{id},"name":"{name}","price":{price:.2},"tags":{tags},"stock":{{"here":true,"elsewhere":null}}}}"#
        )
        .expect("writing to a string cannot fail");
    }
    text.push_str("]}");
    text
}
