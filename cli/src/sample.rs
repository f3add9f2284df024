//! `tripline sample`: writes events that exercise the shipped rules.
//!
//! The events tell two days of a small company, or as much as the number of events gives: rooms with
//! sensors that drift, run hot, fail and fall silent; people who log in, and someone who guesses
//! passwords; three services, one of which breaks now and then. Everything follows from the seed by
//! integer arithmetic, so the same seed gives the same bytes on every machine.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{self, BufWriter, Write};
use std::process::ExitCode;

use chrono::{DateTime, SecondsFormat};
use fastrand::Rng;
use flate2::{Compression, GzBuilder};

use crate::args::SampleArgs;
use crate::failure::Failure;
use crate::sample_actors::{Actor, Happening};

/// 2026-01-05T00:00:00Z, a Monday, in milliseconds.
const START: i64 = 1_767_571_200_000;

pub(crate) fn sample(args: &SampleArgs) -> Result<ExitCode, Failure> {
    let events = Generator::new(args.seed);
    match args
        .output
        .as_deref()
        .filter(|path| path.as_os_str() != "-")
    {
        Some(path) => {
            let file = File::create(path).map_err(|error| Failure::path("create", path, &error))?;
            let file = BufWriter::new(file);
            let gzip = path.extension().is_some_and(|extension| extension == "gz");
            let written = if gzip {
                write_gzip(events, args.events, file)
            } else {
                write(events, args.events, file)
            };
            written.map_err(|error| Failure::write(&path.display().to_string(), &error))?;
        }
        None => write(events, args.events, BufWriter::new(io::stdout().lock()))
            .map_err(|error| Failure::write("to standard output", &error))?,
    }
    Ok(ExitCode::SUCCESS)
}

fn write(mut events: Generator, number: u64, mut out: impl Write) -> io::Result<()> {
    for _ in 0..number {
        out.write_all(events.next_line().as_bytes())?;
    }
    out.flush()
}

/// Compresses without a name or a time, so that equal events are equal files.
fn write_gzip(events: Generator, number: u64, out: impl Write) -> io::Result<()> {
    let mut encoder = GzBuilder::new()
        .mtime(0)
        .operating_system(255)
        .write(out, Compression::best());
    write(events, number, &mut encoder)?;
    encoder.finish()?.flush()
}

/// Gives the events one by one, without end.
pub(crate) struct Generator {
    rng: Rng,
    /// What happens next: by time in milliseconds since the start, then in order of planning.
    agenda: BTreeMap<(i64, u64), Planned>,
    planned: u64,
    written: u64,
}

enum Planned {
    Act(Actor),
    /// An event that is delivered later than it happened.
    Delivery(i64, Happening),
}

impl Generator {
    pub(crate) fn new(seed: u64) -> Self {
        let mut generator = Self {
            rng: Rng::with_seed(seed),
            agenda: BTreeMap::new(),
            planned: 0,
            written: 0,
        };
        for actor in Actor::all() {
            let first = generator.rng.i64(0..300_000);
            generator.plan(first, Planned::Act(actor));
        }
        generator
    }

    fn plan(&mut self, at: i64, planned: Planned) {
        self.planned += 1;
        self.agenda.insert((at, self.planned), planned);
    }

    /// The next event as a line with its newline.
    pub(crate) fn next_line(&mut self) -> String {
        loop {
            let Some(((now, _), planned)) = self.agenda.pop_first() else {
                return String::new();
            };
            match planned {
                Planned::Delivery(at, happening) => return self.line(at, &happening),
                Planned::Act(mut actor) => {
                    let (happening, pause) = actor.act(now, &mut self.rng);
                    self.plan(now + pause, Planned::Act(actor));
                    let Some(happening) = happening else { continue };
                    // One event in 250 comes 20 seconds to 2 minutes late.
                    if self.rng.u32(0..250) == 0 {
                        let delay = self.rng.i64(20_000..120_000);
                        self.plan(now + delay, Planned::Delivery(now, happening));
                        continue;
                    }
                    return self.line(now, &happening);
                }
            }
        }
    }

    fn line(&mut self, at: i64, happening: &Happening) -> String {
        self.written += 1;
        let time = DateTime::from_timestamp_millis(START + at)
            .map(|time| time.to_rfc3339_opts(SecondsFormat::Millis, true))
            .unwrap_or_default();
        format!(
            "{{\"id\":\"evt-{:06}\",\"eventType\":\"{}\",\"timestamp\":\"{time}\",{}}}\n",
            self.written, happening.event_type, happening.fields
        )
    }
}

#[cfg(test)]
mod tests {
    use std::io::Read;

    use flate2::read::GzDecoder;

    use super::*;

    fn text(seed: u64, number: u64) -> String {
        let mut bytes = Vec::new();
        write(Generator::new(seed), number, &mut bytes).unwrap();
        String::from_utf8(bytes).unwrap()
    }

    #[test]
    fn the_shipped_sample_is_what_the_generator_writes() {
        let path = concat!(
            env!("CARGO_MANIFEST_DIR"),
            "/../rules/sample/events.ndjson.gz"
        );
        let mut shipped = String::new();
        GzDecoder::new(File::open(path).unwrap())
            .read_to_string(&mut shipped)
            .unwrap();
        assert!(
            shipped == text(1, 24_000),
            "run: tripline sample --output rules/sample/events.ndjson.gz"
        );
    }

    #[test]
    fn a_longer_sample_begins_with_the_shorter_one() {
        let (short, long) = (text(7, 500), text(7, 900));
        assert!(long.starts_with(&short));
        assert_eq!(long.lines().count(), 900);
        assert_ne!(short, text(8, 500));
        assert_eq!(text(7, 0), "");
    }

    #[test]
    fn every_line_is_json_with_a_unique_id() {
        let text = text(3, 5_000);
        for (index, line) in text.lines().enumerate() {
            let event: serde_json::Value = serde_json::from_str(line).unwrap();
            assert_eq!(event["id"], format!("evt-{:06}", index + 1));
        }
    }

    #[test]
    fn compressed_bytes_are_stable() {
        let gzip = || {
            let mut bytes = Vec::new();
            write_gzip(Generator::new(5), 300, &mut bytes).unwrap();
            bytes
        };
        assert_eq!(gzip(), gzip());
        assert_eq!(&gzip()[4..8], [0; 4]);
    }
}
