//! What clocks on the wall show, and when it changes.

use std::str::FromStr;

use chrono::{DateTime, Datelike, NaiveDateTime, Offset, TimeZone, Timelike};
use chrono_tz::{TZ_VARIANTS, Tz};

use crate::diagnostic::nearest;
use crate::event::Datum;
use crate::number::Number;
use crate::time::Time;

const HOUR: i64 = 3_600_000;
const DAY: i64 = 24 * HOUR;

/// What of a clock is read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Clock {
    Hour,
    Weekday,
    Date,
}

/// What is read of the clocks of which zone.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Reading {
    pub(crate) clock: Clock,
    pub(crate) zone: Tz,
}

impl Reading {
    pub(crate) fn at(self, time: Time) -> Datum<'static> {
        let Some(local) = local(self.zone, time) else {
            return Datum::Unread;
        };
        let integer = |value: u32| Datum::Number(Number::Integer(value.into()));
        match self.clock {
            Clock::Hour => integer(local.hour()),
            Clock::Weekday => integer(local.weekday().number_from_monday()),
            Clock::Date => Datum::Text(local.format("%Y-%m-%d").to_string().into()),
        }
    }

    /// When what is read changes.
    pub(crate) fn tick(self) -> Tick {
        Tick {
            every: match self.clock {
                Clock::Hour => HOUR,
                Clock::Weekday | Clock::Date => DAY,
            },
            zone: self.zone,
        }
    }
}

/// The full hours, or the midnights, of a zone.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Tick {
    every: i64,
    zone: Tz,
}

impl Tick {
    /// The first tick that is later than a time.
    ///
    /// Where clocks are set forward over a full hour or midnight, that moment is the tick; where they are
    /// set back to one, it comes twice.
    pub(crate) fn next(self, after: Time) -> Time {
        let mut from = after.0;
        while let Some(before) = offset(self.zone, from) {
            let next = ((from + before).div_euclid(self.every) + 1) * self.every - before;
            let Some(then) = offset(self.zone, next) else {
                break;
            };
            if then == before {
                return Time(next);
            }
            let change = self.change(from, next);
            let Some(then) = offset(self.zone, change) else {
                break;
            };
            let (old, new) = (change - 1 + before, change + then);
            if old.div_euclid(self.every) != new.div_euclid(self.every)
                || new.rem_euclid(self.every) == 0
            {
                return Time(change);
            }
            from = change;
        }
        Time::MAX
    }

    /// When the zone's clocks are set, which they are after `from` and at `to` at the latest.
    fn change(self, from: i64, to: i64) -> i64 {
        let before = offset(self.zone, from);
        let (mut from, mut to) = (from, to);
        while to - from > 1 {
            let middle = from + (to - from) / 2;
            if offset(self.zone, middle) == before {
                from = middle;
            } else {
                to = middle;
            }
        }
        to
    }
}

fn local(zone: Tz, time: Time) -> Option<NaiveDateTime> {
    let utc = DateTime::from_timestamp_millis(time.0)?.naive_utc();
    let offset = zone.offset_from_utc_datetime(&utc).fix();
    utc.checked_add_offset(offset)
}

/// How far the zone's clocks are ahead of UTC, in milliseconds.
fn offset(zone: Tz, millis: i64) -> Option<i64> {
    let utc = DateTime::from_timestamp_millis(millis)?.naive_utc();
    let offset = zone.offset_from_utc_datetime(&utc).fix();
    Some(i64::from(offset.local_minus_utc()) * 1_000)
}

/// Finds a zone by its exact name in the IANA database.
pub(crate) fn zone(name: &str) -> Option<Tz> {
    Tz::from_str(name).ok()
}

/// Whether two names can be meant alike; there are too many zones to look closely at each.
fn is_alike(a: &str, b: &str) -> bool {
    let first = |text: &str| text.bytes().next().map(|byte| byte.to_ascii_lowercase());
    first(a) == first(b) && a.len().abs_diff(b.len()) <= 4
}

/// The zone that a name that is none was meant to be, if any is near.
pub(crate) fn nearest_zone(name: &str) -> Option<&'static str> {
    let names = || TZ_VARIANTS.iter().map(|zone| zone.name());
    let city = |zone: &str| {
        zone.rsplit('/')
            .next()
            .is_some_and(|city| city.eq_ignore_ascii_case(name))
    };
    names()
        .find(|zone| zone.eq_ignore_ascii_case(name))
        .or_else(|| names().find(|zone| city(zone)))
        .or_else(|| nearest(name, names().filter(|zone| is_alike(name, zone))))
}
