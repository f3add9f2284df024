//! Silences: whether one covers a message of an alert and a key at a moment.

use chrono::{DateTime, NaiveDate, NaiveTime};
use chrono_tz::Tz;
use serde_json::{Map, Value};

use super::OracleSilence;
use super::clock::{local, start_of_day, zone};
use super::datum::Datum;

/// A silence whose times are read.
#[derive(Debug, Clone)]
pub(super) struct Silence {
    alert: Option<String>,
    key: Vec<(String, Value)>,
    from: i64,
    until: i64,
    daily: Option<(NaiveTime, NaiveTime)>,
    zone: Tz,
}

impl Silence {
    /// Reads the times of a silence.
    pub(super) fn new(silence: &OracleSilence) -> Result<Silence, String> {
        let zone = zone(silence.timezone.as_deref())?;
        let wrong = |text: &str| format!("{}: {text}", silence.name);
        let moment = |text: &String| {
            let day = NaiveDate::parse_from_str(text, "%Y-%m-%d").ok();
            let exact = DateTime::parse_from_rfc3339(text).ok();
            day.and_then(|day| start_of_day(day, zone))
                .or(exact.map(|exact| exact.timestamp_millis()))
                .ok_or_else(|| wrong(text))
        };
        let daily = silence.daily.as_ref().map(|text| {
            let (begin, end) = text.split_once('-')?;
            let time = |text| NaiveTime::parse_from_str(text, "%H:%M").ok();
            Some((time(begin)?, time(end)?))
        });
        let key = silence.key.iter().map(|(name, value)| {
            let value = Datum::of_json(Some(value)).to_key();
            Ok((name.clone(), value.ok_or_else(|| wrong(name))?))
        });
        Ok(Silence {
            alert: silence.alert.clone(),
            key: key.collect::<Result<_, String>>()?,
            from: silence.from.as_ref().map_or(Ok(i64::MIN), moment)?,
            until: moment(&silence.until)?,
            daily: daily
                .map(|daily| daily.ok_or_else(|| wrong("daily")))
                .transpose()?,
            zone,
        })
    }

    /// Whether it is about an alert at all.
    pub(super) fn is_about(&self, alert: &str) -> bool {
        self.alert
            .as_deref()
            .is_none_or(|pattern| match pattern.strip_suffix('*') {
                Some(prefix) => alert.starts_with(prefix),
                None => alert == pattern,
            })
    }

    /// Whether it covers a message about a key at a moment. It ends just before its last moment.
    pub(super) fn covers(&self, key: &Map<String, Value>, at: i64) -> bool {
        let of_day = self.daily.is_none_or(|(begin, end)| {
            let now = local(at, self.zone).time();
            match begin <= end {
                true => begin <= now && now < end,
                // Past midnight.
                false => begin <= now || now < end,
            }
        });
        let of_key = self
            .key
            .iter()
            .all(|(name, value)| key.get(name) == Some(value));
        of_day && of_key && (self.from..self.until).contains(&at)
    }
}
