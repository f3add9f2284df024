//! Days and times of day in rule files, read strictly and in a zone.

use chrono::{DateTime, Duration, LocalResult, NaiveDate, NaiveDateTime, NaiveTime, TimeZone};
use chrono_tz::Tz;

use super::reader::shown;
use crate::functions;
use crate::time::Time;

/// What is wrong with a text, and how to mend it.
pub(crate) struct Wrong {
    pub(crate) message: String,
    pub(crate) help: Option<String>,
}

fn wrong(message: impl Into<String>, help: &str) -> Wrong {
    Wrong {
        message: message.into(),
        help: (!help.is_empty()).then(|| help.to_owned()),
    }
}

const FORMS: &str = "write a day such as `2026-11-01`, or a time such as `2026-11-01 22:00`, with or without a zone as in `2026-11-01T22:00:00Z`";

/// Reads a day, which is its first moment in the zone, or a time, which may have a zone of its own.
pub(crate) fn moment(text: &str, zone: Tz) -> Result<Time, Wrong> {
    let no_form = || wrong(format!("`{}` is no day or time", shown(text)), FORMS);
    let day = day(text.get(..10).ok_or_else(no_form)?, no_form)?;
    let rest = &text[10..];
    if rest.is_empty() {
        return Ok(first_of(day, zone));
    }
    let rest = rest.strip_prefix(['T', 't', ' ']).ok_or_else(no_form)?;
    let at = rest.find(['Z', 'z', '+', '-']).unwrap_or(rest.len());
    let (clock, offset) = rest.split_at(at);
    let local = day.and_time(time_of_day(clock.trim_end(), no_form)?);
    let offset = match offset {
        "" => None,
        "Z" | "z" => Some(0),
        offset => Some(minutes(offset).ok_or_else(no_form)?),
    };
    match offset {
        Some(minutes) => Ok(at_utc(local - Duration::minutes(minutes))),
        None => match zone.from_local_datetime(&local) {
            LocalResult::Single(time) | LocalResult::Ambiguous(time, _) => Ok(of(&time)),
            LocalResult::None => Err(wrong(
                format!(
                    "`{text}` does not exist in {}: its clocks skip it",
                    zone.name()
                ),
                "",
            )),
        },
    }
}

/// Reads the part of a day between two times of it, such as `22:00-04:00`.
pub(crate) fn part_of_day(text: &str) -> Result<(NaiveTime, NaiveTime), Wrong> {
    let no_form = || {
        wrong(
            format!("`{}` is no part of a day", shown(text)),
            "write `22:00-04:00`: from the one time of day up to the other, past midnight if need be",
        )
    };
    let (from, until) = text.split_once('-').ok_or_else(no_form)?;
    let from = time_of_day(from.trim(), no_form)?;
    let until = match until.trim() {
        "24:00" => NaiveTime::MIN,
        until => time_of_day(until, no_form)?,
    };
    if from == until {
        return Err(wrong(
            format!("`{text}` ends where it begins"),
            "leave `daily` out to cover whole days",
        ));
    }
    Ok((from, until))
}

/// Finds the zone of a name; `suggests` if the nearest one is to be looked for.
pub(crate) fn zone(name: &str, suggests: bool) -> Result<Tz, Wrong> {
    functions::zone(name).ok_or_else(|| {
        let near = Some(name)
            .filter(|_| suggests)
            .and_then(functions::nearest_zone);
        Wrong {
            message: format!("there is no time zone `{}`", shown(name)),
            help: Some(match near {
                Some(near) => format!("did you mean `{near}`?"),
                None => "name it as the IANA does: `Europe/Berlin`".to_owned(),
            }),
        }
    })
}

/// `YYYY-MM-DD`.
fn day(text: &str, no_form: impl Fn() -> Wrong) -> Result<NaiveDate, Wrong> {
    let has_form = text.bytes().enumerate().all(|(at, byte)| match at {
        4 | 7 => byte == b'-',
        _ => byte.is_ascii_digit(),
    });
    let part = |range: std::ops::Range<usize>| text.get(range).and_then(|part| part.parse().ok());
    let (Some(year), Some(month), Some(day), true) =
        (part(0..4), part(5..7), part(8..10), has_form)
    else {
        return Err(no_form());
    };
    NaiveDate::from_ymd_opt(year as i32, month, day)
        .ok_or_else(|| wrong(format!("`{text}` is no day of the calendar"), ""))
}

/// `H:MM`, `HH:MM`, `HH:MM:SS` or `HH:MM:SS.f`.
fn time_of_day(text: &str, no_form: impl Fn() -> Wrong) -> Result<NaiveTime, Wrong> {
    let number = |text: &str, lengths: std::ops::RangeInclusive<usize>| {
        let has_form = lengths.contains(&text.len()) && text.bytes().all(|b| b.is_ascii_digit());
        has_form.then(|| text.parse::<u32>().ok()).flatten()
    };
    let (whole, fraction) = match text.split_once('.') {
        Some((whole, fraction)) => {
            number(fraction, 1..=9).ok_or_else(&no_form)?;
            (whole, fraction)
        }
        None => (text, ""),
    };
    let mut parts = whole.split(':');
    let hour = parts.next().and_then(|part| number(part, 1..=2));
    let minute = parts.next().and_then(|part| number(part, 2..=2));
    let second = parts.next().map(|part| number(part, 2..=2));
    let (Some(hour), Some(minute), None) = (hour, minute, parts.next()) else {
        return Err(no_form());
    };
    let second = match second {
        Some(second) => second.ok_or_else(&no_form)?,
        None if fraction.is_empty() => 0,
        None => return Err(no_form()),
    };
    let millis = format!("{fraction:0<3}")[..3].parse().unwrap_or(0);
    NaiveTime::from_hms_milli_opt(hour, minute, second, millis)
        .ok_or_else(|| wrong(format!("`{text}` is no time of day"), ""))
}

/// The minutes of `+01:00` or `-05:30`.
fn minutes(offset: &str) -> Option<i64> {
    let sign = if offset.starts_with('-') { -1 } else { 1 };
    let (hours, minutes) = offset.get(1..)?.split_once(':')?;
    let number = |text: &str, limit: i64| {
        let has_form = text.len() == 2 && text.bytes().all(|byte| byte.is_ascii_digit());
        let number = text.parse::<i64>().ok().filter(|_| has_form)?;
        (number < limit).then_some(number)
    };
    Some(sign * (60 * number(hours, 24)? + number(minutes, 60)?))
}

/// The first moment of a day: midnight, or later where the clocks skip it.
fn first_of(day: NaiveDate, zone: Tz) -> Time {
    let midnight = day.and_time(NaiveTime::MIN);
    // The longest gap that a zone has made is a whole day.
    let times = (0..=25 * 60).map(|minutes| midnight + Duration::minutes(minutes));
    times
        .filter_map(|local| zone.from_local_datetime(&local).earliest())
        .map(|time| of(&time))
        .next()
        .unwrap_or_else(|| at_utc(midnight))
}

fn at_utc(local: NaiveDateTime) -> Time {
    Time(local.and_utc().timestamp_millis())
}

fn of(time: &DateTime<Tz>) -> Time {
    Time(time.timestamp_millis())
}

#[cfg(test)]
mod tests {
    use chrono_tz::Tz;

    use super::{moment, part_of_day, zone};

    fn at(text: &str, zone: Tz) -> Result<String, String> {
        let found = moment(text, zone).map_err(|wrong| wrong.message)?;
        Ok(found.to_string())
    }

    #[test]
    fn a_moment_without_a_zone_is_in_the_one_given() {
        let berlin = |text| at(text, Tz::Europe__Berlin).unwrap();
        assert_eq!(berlin("2026-11-01"), "2026-10-31T23:00:00.000Z");
        assert_eq!(berlin("2026-07-01 08:30"), "2026-07-01T06:30:00.000Z");
        assert_eq!(berlin("2026-07-01T08:30:15.25"), "2026-07-01T06:30:15.250Z");
        assert_eq!(berlin("2026-07-01T08:30:15Z"), "2026-07-01T08:30:15.000Z");
        assert_eq!(
            berlin("2026-07-01T08:30:15-05:30"),
            "2026-07-01T14:00:15.000Z"
        );
        assert_eq!(berlin("9999-12-31"), "9999-12-30T23:00:00.000Z");
        // The hour that comes twice is meant when it comes first.
        assert_eq!(berlin("2026-10-25 02:30"), "2026-10-25T00:30:00.000Z");
    }

    #[test]
    fn a_day_begins_where_its_clocks_do() {
        // Midnight was skipped there, and on Samoa the whole day.
        let sao_paulo = at("2018-11-04", Tz::America__Sao_Paulo);
        assert_eq!(sao_paulo.unwrap(), "2018-11-04T03:00:00.000Z");
        let apia = at("2011-12-30", Tz::Pacific__Apia);
        assert_eq!(apia.unwrap(), "2011-12-30T10:00:00.000Z");
    }

    #[test]
    fn what_does_not_exist_is_told_so() {
        let utc = |text| at(text, Tz::UTC).unwrap_err();
        assert_eq!(utc("2026-02-30"), "`2026-02-30` is no day of the calendar");
        assert_eq!(utc("2026-02-03 25:00"), "`25:00` is no time of day");
        assert_eq!(utc("2026-02-03T10:00:60Z"), "`10:00:60` is no time of day");
        assert_eq!(
            at("2026-03-29 02:30", Tz::Europe__Berlin).unwrap_err(),
            "`2026-03-29 02:30` does not exist in Europe/Berlin: its clocks skip it"
        );
        for text in [
            "",
            "soon",
            "2026-1-1",
            "2026-11-01x",
            "2026-11-01T",
            "2026-11-01T1",
            "2026-11-01T1:2",
            "2026-11-01T10:00.5",
            "2026-11-01T10:00:00+1",
            "2026-11-01T10:00:00+25:00",
            "+026-11-01",
            "2026-11-0é",
            "２０２６-11-01",
        ] {
            assert_eq!(utc(text), format!("`{text}` is no day or time"));
        }
    }

    #[test]
    fn a_part_of_a_day_has_two_ends() {
        let ends = |text| {
            let (from, until) = part_of_day(text).map_err(|wrong| wrong.message)?;
            Ok::<_, String>(format!("{from} {until}"))
        };
        assert_eq!(ends("22:00-04:00").unwrap(), "22:00:00 04:00:00");
        assert_eq!(ends("8:30 - 24:00").unwrap(), "08:30:00 00:00:00");
        for text in [
            "",
            "22:00",
            "22-4",
            "24:00-1:00",
            "1:00-25:00",
            "0:00-24:00",
            "a-b",
            "1:00-2:00-3:00",
        ] {
            assert!(ends(text).is_err(), "{text}");
        }
    }

    #[test]
    fn a_zone_is_found_by_its_name() {
        assert!(zone("Europe/Berlin", true).is_ok());
        let help = |name| zone(name, true).err().and_then(|wrong| wrong.help);
        assert_eq!(
            help("europe/berlin").unwrap(),
            "did you mean `Europe/Berlin`?"
        );
        assert_eq!(
            help("Europe/Berln").unwrap(),
            "did you mean `Europe/Berlin`?"
        );
    }
}
