//! The time functions, and the moments at which what they give can change.

use chrono::{DateTime, Datelike, NaiveDate, NaiveDateTime, TimeZone, Timelike};
use chrono_tz::Tz;

use super::datum::Datum;

/// Every offset of a zone from UTC is a multiple of this, for all the times in question.
const QUARTER_MS: i64 = 900_000;

/// A time function of a zone.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct TimeFunction {
    name: String,
    zone: Tz,
}

/// Reads the name of a zone; without one it is UTC.
pub(super) fn zone(name: Option<&str>) -> Result<Tz, String> {
    name.map_or(Ok(Tz::UTC), |name| {
        name.parse().map_err(|_| format!("no zone {name}"))
    })
}

/// The local time of a moment in milliseconds since the epoch.
pub(super) fn local(time: i64, zone: Tz) -> NaiveDateTime {
    let time = DateTime::from_timestamp_millis(time).unwrap_or_default();
    time.with_timezone(&zone).naive_local()
}

/// The first moment of a day.
pub(super) fn start_of_day(day: NaiveDate, zone: Tz) -> Option<i64> {
    let midnight = day.and_hms_opt(0, 0, 0)?;
    Some(
        zone.from_local_datetime(&midnight)
            .earliest()?
            .timestamp_millis(),
    )
}

impl TimeFunction {
    /// Makes `hour`, `weekday` or `date` of a zone.
    pub(super) fn new(name: &str, zone_name: Option<&str>) -> Option<TimeFunction> {
        let zone = zone(zone_name).ok()?;
        ["hour", "weekday", "date"]
            .contains(&name)
            .then(|| TimeFunction {
                name: name.to_owned(),
                zone,
            })
    }

    /// What it gives at a moment.
    pub(super) fn value(&self, time: i64) -> Datum {
        let local = local(time, self.zone);
        match self.name.as_str() {
            "hour" => Datum::Int(local.hour().into()),
            "weekday" => Datum::Int(local.weekday().number_from_monday().into()),
            _ => Datum::Text(local.format("%Y-%m-%d").to_string()),
        }
    }

    /// The first full hour or midnight after a moment.
    pub(super) fn next_after(&self, time: i64) -> i64 {
        let mut next = time.div_euclid(QUARTER_MS) * QUARTER_MS;
        loop {
            next += QUARTER_MS;
            let now = local(next, self.zone);
            let turns = match self.name.as_str() {
                "hour" => now.minute() == 0,
                _ => now.date() != local(next - 1, self.zone).date(),
            };
            if turns {
                return next;
            }
        }
    }
}
