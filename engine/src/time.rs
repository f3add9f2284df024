//! Points in time: milliseconds since the Unix epoch, read from events and written to alerts.

use std::fmt;

use chrono::{DateTime, NaiveDate, NaiveDateTime, SecondsFormat};
use serde::{Deserialize, Serialize, Serializer};

/// A point in time in milliseconds since the Unix epoch, UTC.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Deserialize)]
#[serde(transparent)]
pub struct Time(pub i64);

impl Time {
    /// Later than every event and every timer.
    pub const MAX: Time = Time(i64::MAX);
    /// Earlier than every event and every timer.
    pub(crate) const MIN: Time = Time(i64::MIN);
    /// 1900-01-01, the earliest usable event time.
    const EARLIEST: Time = Time(-2_208_988_800_000);
    /// 2200-01-01, the first event time that is too late to be usable. A clock that is off by so much
    /// must not carry everyone's progress with it.
    const LATEST: Time = Time(7_258_118_400_000);

    /// Reads RFC 3339, or the same with a space and without a zone, which is UTC.
    ///
    /// Fractions are floored to milliseconds. `None` if the text is no time or not between the years
    /// 1900 and 2199.
    pub fn parse(text: &str) -> Option<Time> {
        if let Some(time) = parse_usual(text.as_bytes()) {
            return time.usable();
        }
        let millis = match DateTime::parse_from_rfc3339(text) {
            Ok(time) => time.timestamp_millis(),
            Err(_) => ["%Y-%m-%d %H:%M:%S%.f", "%Y-%m-%dT%H:%M:%S%.f"]
                .iter()
                .find_map(|format| NaiveDateTime::parse_from_str(text, format).ok())?
                .and_utc()
                .timestamp_millis(),
        };
        Time(millis).usable()
    }

    /// Reads an epoch number: below 1e11 seconds, below 1e14 milliseconds, else microseconds.
    pub fn from_epoch_integer(number: i64) -> Option<Time> {
        let millis = match number.unsigned_abs() {
            0..100_000_000_000 => number * 1_000,
            100_000_000_000..100_000_000_000_000 => number,
            _ => number.div_euclid(1_000),
        };
        Time(millis).usable()
    }

    /// Reads an epoch number with a fraction, as [`Time::from_epoch_integer`] does.
    pub fn from_epoch_double(number: f64) -> Option<Time> {
        let size = number.abs();
        let millis = if size < 1e11 {
            number * 1e3
        } else if size < 1e14 {
            number
        } else {
            number / 1e3
        };
        // 1545084650.987 s has no exact double: its product falls just short of …987 and flooring it
        // would lose a millisecond that the sender wrote.
        let nearest = millis.round();
        let floored = if (millis - nearest).abs() < 5e-4 {
            nearest
        } else {
            millis.floor()
        };
        if floored.is_finite() {
            Time(floored as i64).usable()
        } else {
            None
        }
    }

    fn usable(self) -> Option<Time> {
        (Self::EARLIEST..Self::LATEST)
            .contains(&self)
            .then_some(self)
    }

    /// Whether events, and the timers that follow from them, can come to this time.
    ///
    /// Of times that come from outside as numbers, the others are refused: sums of them may overflow.
    pub(crate) fn is_reachable(self) -> bool {
        // Durations in rules end at ten years, so few timers in a row reach no further than this.
        const MARGIN: i64 = 1_000 * 366 * 86_400_000;
        (Self::EARLIEST.0 - MARGIN..Self::LATEST.0 + MARGIN).contains(&self.0)
    }

    /// This time moved by `millis`, at most [`Time::MAX`].
    pub fn plus(self, millis: i64) -> Time {
        Time(self.0.saturating_add(millis))
    }
}

/// Reads the form that nearly every event has, `2026-01-05T10:00:00.123Z`, which chrono takes eight times as
/// long for; the fraction may be absent. `None` for any other text, even if it is a time.
fn parse_usual(text: &[u8]) -> Option<Time> {
    let (seconds, rest) = text.split_first_chunk::<19>()?;
    let millis = match rest {
        b"Z" => 0,
        [b'.', fraction @ .., b'Z'] if (1..=9).contains(&fraction.len()) => {
            let digits = fraction.iter().chain(b"00").take(3);
            digits.copied().try_fold(0, add_digit)?
        }
        _ => return None,
    };
    let all_digits = |bytes: &[u8]| bytes.iter().all(u8::is_ascii_digit);
    if rest.len() > 4 && !all_digits(&rest[1..rest.len() - 1]) {
        return None;
    }
    let [
        y0,
        y1,
        y2,
        y3,
        b'-',
        m0,
        m1,
        b'-',
        d0,
        d1,
        b'T',
        h0,
        h1,
        b':',
        n0,
        n1,
        b':',
        s0,
        s1,
    ] = *seconds
    else {
        return None;
    };
    let two = |tens, ones| [tens, ones].into_iter().try_fold(0, add_digit);
    let year = two(y0, y1)? * 100 + two(y2, y3)?;
    let (month, day) = (two(m0, m1)?, two(d0, d1)?);
    let (hour, minute, second) = (two(h0, h1)?, two(n0, n1)?, two(s0, s1)?);
    if hour > 23 || minute > 59 || second > 59 {
        return None;
    }
    let date = NaiveDate::from_ymd_opt(year as i32, month as u32, day as u32)?;
    let days = i64::from(date.to_epoch_days());
    let seconds = (days * 24 + hour) * 3_600 + minute * 60 + second;
    Some(Time(seconds * 1_000 + millis))
}

fn add_digit(number: i64, digit: u8) -> Option<i64> {
    digit
        .is_ascii_digit()
        .then(|| number * 10 + i64::from(digit - b'0'))
}

impl fmt::Display for Time {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match DateTime::from_timestamp_millis(self.0) {
            Some(time) => f.write_str(&time.to_rfc3339_opts(SecondsFormat::Millis, true)),
            None => write!(f, "{} ms", self.0),
        }
    }
}

/// As RFC 3339 for people, as a number in stored state.
impl Serialize for Time {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        if serializer.is_human_readable() {
            serializer.collect_str(self)
        } else {
            serializer.serialize_i64(self.0)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Time;

    #[test]
    fn the_usual_form_is_read_as_chrono_reads_it() {
        let mut random = fastrand::Rng::with_seed(1);
        for _ in 0..50_000 {
            let mut text = b"2024-02-29T10:00:00.123Z".to_vec();
            match random.u32(0..4) {
                0 => drop(text.drain(19..23)),
                1 => drop(text.splice(20..23, [b'9', b'8', b'7', b'6', b'5', b'4'])),
                2 => drop(text.drain(21..23)),
                _ => {}
            }
            for _ in 0..random.u32(0..4) {
                let at = random.usize(0..text.len());
                text[at] = *random.choice(b"0123456789").unwrap();
            }
            if random.u32(0..8) == 0 {
                let at = random.usize(0..text.len());
                text[at] = *random.choice(b" tz+-:.a/").unwrap();
            }
            let text = String::from_utf8(text).unwrap();
            if let Some(time) = super::parse_usual(text.as_bytes()) {
                let read = chrono::DateTime::parse_from_rfc3339(&text).unwrap();
                assert_eq!(time.0, read.timestamp_millis(), "{text}");
            }
        }
        let usual = super::parse_usual(b"2026-01-05T10:00:00.5Z");
        assert_eq!(usual, Some(Time(1_767_607_200_500)));
    }

    #[test]
    fn reads_what_events_hold() {
        let at = |text| Time::parse(text).map(|time| time.to_string());
        assert_eq!(
            at("2013-12-02 21:15:00").as_deref(),
            Some("2013-12-02T21:15:00.000Z")
        );
        assert_eq!(
            at("2013-12-02T21:15:00.1239+01:00").as_deref(),
            Some("2013-12-02T20:15:00.123Z")
        );
        assert_eq!(
            at("1969-12-31T23:59:59.9999Z").as_deref(),
            Some("1969-12-31T23:59:59.999Z")
        );
        assert_eq!(at("9999-12-31T23:59:59Z"), None);
        assert_eq!(at("yesterday"), None);
        assert_eq!(
            Time::from_epoch_integer(1_545_084_650),
            Some(Time(1_545_084_650_000))
        );
        assert_eq!(
            Time::from_epoch_integer(1_545_084_650_987),
            Some(Time(1_545_084_650_987))
        );
        assert_eq!(
            Time::from_epoch_integer(1_545_084_650_987_999),
            Some(Time(1_545_084_650_987))
        );
        assert_eq!(
            Time::from_epoch_double(1_545_084_650.987),
            Some(Time(1_545_084_650_987))
        );
        assert_eq!(
            Time::from_epoch_double(1_545_084_650.987_999),
            Some(Time(1_545_084_650_987))
        );
        assert_eq!(
            Time::from_epoch_double(1_545_084_650.987_9),
            Some(Time(1_545_084_650_987))
        );
        assert_eq!(Time::from_epoch_double(f64::MAX), None);
    }
}
