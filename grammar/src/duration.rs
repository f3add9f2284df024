use crate::ast::{Duration, Span};
use crate::printer::print_duration;
use crate::{SyntaxError, SyntaxErrorKind};

/// The units, longest first, with their length in seconds.
pub(crate) const UNITS: [(&str, u64); 5] = [
    ("w", 604_800),
    ("d", 86_400),
    ("h", 3_600),
    ("m", 60),
    ("s", 1),
];

/// The most bytes that a duration can sensibly take.
const LONGEST: usize = 64;
const UNITS_HELP: &str = "the units are `s`, `m`, `h`, `d` and `w`, with whole numbers: `30s`, `5m`, `1h30m`, `7d`, `2w`";

/// Reads a duration that begins at byte `at` of the expression it stands in.
pub(crate) fn read(text: &str, at: usize) -> Result<Duration, SyntaxError> {
    let span = Span::new(at, at + text.len());
    let bad = |message: String| SyntaxError::new(SyntaxErrorKind::BadDuration, span, message);
    if text.is_empty() {
        return Err(bad("the duration is empty".to_owned()).with_help(UNITS_HELP));
    }
    // The messages show the text, so it must be short enough to be shown.
    if text.len() > LONGEST {
        let message = format!("this is not a duration: it is {} bytes long", text.len());
        return Err(bad(message).with_help(UNITS_HELP));
    }
    let mut seconds: u64 = 0;
    let mut shortest_so_far = u64::MAX;
    let mut in_order = true;
    let mut rest = text;
    while !rest.is_empty() {
        let digits = rest.len() - rest.trim_start_matches(|c: char| c.is_ascii_digit()).len();
        let (number, after) = rest.split_at(digits);
        if number.is_empty() {
            return Err(bad(format!("`{text}` is not a duration")).with_help(UNITS_HELP));
        }
        if after.is_empty() {
            return Err(
                bad(format!("the duration `{text}` has no unit at its end")).with_help(format!(
                    "write `{text}s` for seconds or `{text}m` for minutes; {UNITS_HELP}"
                )),
            );
        }
        // The whole run of letters is the unit, so that `5min` is refused as `min`, not as `in`.
        let letters = after.len() - after.trim_start_matches(|c: char| c.is_alphabetic()).len();
        let (unit, after) = after.split_at(letters);
        let Some(&(_, length)) = UNITS.iter().find(|(name, _)| *name == unit) else {
            let message = match unit {
                "" => format!("`{text}` is not a duration"),
                _ => format!("`{unit}` is not a unit of time"),
            };
            return Err(bad(message).with_help(UNITS_HELP));
        };
        let part = number
            .parse::<u64>()
            .ok()
            .and_then(|number| number.checked_mul(length));
        let Some(sum) = part.and_then(|part| seconds.checked_add(part)) else {
            return Err(bad(format!("the duration `{text}` is too long")));
        };
        seconds = sum;
        in_order &= length < shortest_so_far;
        shortest_so_far = length;
        rest = after;
    }
    if !in_order {
        return Err(
            bad(format!("the units of `{text}` are out of order")).with_help(format!(
                "write each unit once, the longest first: `{}`",
                print_duration(seconds)
            )),
        );
    }
    Ok(Duration { seconds, span })
}
