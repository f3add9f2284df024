//! How long a window is, in which panes it is kept, and how far it is shifted.

use tripline_grammar::ast::{self, FrameKind};
use tripline_grammar::print_duration;

use super::{Resolved, Resolver};
use crate::diagnostic as codes;
use crate::window::Frame;

/// The longest window, in seconds: 31 days.
pub(crate) const MAX_WINDOW: u64 = 31 * 86_400;
/// The furthest that a window is shifted back, in seconds: a leap year.
pub(crate) const MAX_OFFSET: u64 = 366 * 86_400;
/// The most panes of a window.
pub(crate) const MAX_PANES: u64 = 1_440;

impl Resolver<'_, '_> {
    pub(super) fn frame(&mut self, written: &ast::Frame) -> Resolved<Frame> {
        let length = written.length.seconds;
        if !(1..=MAX_WINDOW).contains(&length) {
            let message = format!(
                "a window is from 1s to 31d long, not {}",
                print_duration(length)
            );
            let help = Some(format!(
                "write `{}`",
                if length == 0 { "1s" } else { "31d" }
            ));
            return Err(self.refuse(
                codes::WINDOW_OUT_OF_RANGE,
                written.length.span,
                message,
                "",
                help,
            ));
        }
        let frame = match (written.kind, written.every) {
            (FrameKind::Per, _) => Frame::per(millis(length)),
            (FrameKind::Over, None) => self.over(written.length)?,
            (FrameKind::Over, Some(every)) => self.every(length, every)?,
        };
        match written.offset {
            None => Ok(frame),
            Some(offset) => self.offset(frame, offset),
        }
    }

    fn over(&mut self, length: ast::Duration) -> Resolved<Frame> {
        let seconds = length.seconds;
        let panes = |seconds: u64| Frame::over(millis(seconds)).panes().unsigned_abs();
        if panes(seconds) <= MAX_PANES {
            return Ok(Frame::over(millis(seconds)));
        }
        let message = format!(
            "`{}` would be kept in {} panes, and {MAX_PANES} are the limit",
            print_duration(seconds),
            panes(seconds)
        );
        // Some multiple of a longer pane is never far, so the search is short.
        let near = (1..seconds)
            .flat_map(|step| [seconds - step, seconds + step])
            .find(|near| *near <= MAX_WINDOW && panes(*near) <= MAX_PANES)
            .unwrap_or(MAX_WINDOW);
        let every = nearest_pane(seconds, 1);
        let mut help = format!("write `{}`", print_duration(near));
        if every < seconds {
            help.push_str(&format!(
                ", or `every {}` for longer panes",
                print_duration(every)
            ));
        }
        Err(self.refuse(
            codes::WINDOW_OUT_OF_RANGE,
            length.span,
            message,
            "",
            Some(help),
        ))
    }

    fn every(&mut self, length: u64, every: ast::Duration) -> Resolved<Frame> {
        let pane = every.seconds;
        let (window, shown) = (print_duration(length), print_duration(pane));
        let (code, message) = if pane > length {
            let message = format!("a pane of {shown} is longer than the window of {window}");
            (codes::UNEVEN_PANE, message)
        } else if pane == 0 {
            let message = "a pane is at least 1s long".to_owned();
            (codes::UNEVEN_PANE, message)
        } else if !length.is_multiple_of(pane) {
            let message = format!("panes of {shown} do not fill a window of {window}");
            (codes::UNEVEN_PANE, message)
        } else if length / pane > MAX_PANES {
            let message = format!(
                "`{window}` would be kept in {} panes, and {MAX_PANES} are the limit",
                length / pane
            );
            (codes::WINDOW_OUT_OF_RANGE, message)
        } else {
            return Ok(Frame::over(millis(length)).every(millis(pane)));
        };
        let help = Some(format!(
            "write `every {}`",
            print_duration(nearest_pane(length, pane))
        ));
        Err(self.refuse(code, every.span, message, "", help))
    }

    fn offset(&mut self, frame: Frame, offset: ast::Duration) -> Resolved<Frame> {
        let pane = frame.pane.unsigned_abs() / 1_000;
        let seconds = offset.seconds;
        if seconds <= MAX_OFFSET && seconds.is_multiple_of(pane) {
            return Ok(frame.offset(millis(seconds)));
        }
        let (code, message) = if seconds > MAX_OFFSET {
            let message = format!(
                "an offset is at most {}, not {}",
                print_duration(MAX_OFFSET),
                print_duration(seconds)
            );
            (codes::WINDOW_OUT_OF_RANGE, message)
        } else {
            let of = if frame.is_tumbling() {
                "window"
            } else {
                "pane"
            };
            let message = format!(
                "{} is not a multiple of the {of}, which is {} long",
                print_duration(seconds),
                print_duration(pane)
            );
            (codes::UNEVEN_OFFSET, message)
        };
        let wanted = seconds.min(MAX_OFFSET);
        let below = wanted - wanted % pane;
        let near = if (wanted - below) * 2 < pane && below > 0 || below + pane > MAX_OFFSET {
            below
        } else {
            below + pane
        };
        let help = Some(format!("write `offset {}`", print_duration(near)));
        Err(self.refuse(code, offset.span, message, "", help))
    }
}

/// The length nearest to `wanted` of panes that fill a window and are not too many, all in seconds.
fn nearest_pane(length: u64, wanted: u64) -> u64 {
    // A window is at most 2,678,400 seconds long, so its divisors are soon found.
    (1..=length)
        .take_while(|divisor| divisor * divisor <= length)
        .filter(|divisor| length.is_multiple_of(*divisor))
        .flat_map(|divisor| [divisor, length / divisor])
        .filter(|pane| length / pane <= MAX_PANES)
        .min_by_key(|pane| (pane.abs_diff(wanted), *pane))
        .unwrap_or(length)
}

fn millis(seconds: u64) -> i64 {
    seconds as i64 * 1_000
}
