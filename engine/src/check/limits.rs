//! The limit of what one key may keep.

use tripline_grammar::print_duration;

use super::reader::shown;
use crate::window::{Frame, Panes, Window};

/// The most bytes that the state of one key may take.
pub(crate) const MAX_STATE: i64 = 256 * 1024;

/// What is wrong with windows that can take too much state, and how to mend it.
pub(super) fn state(what: &str, windows: &[Window]) -> Option<(String, String)> {
    let bytes: i64 = windows.iter().map(Window::max_bytes).sum();
    let largest = windows.iter().max_by_key(|window| window.max_bytes())?;
    if bytes <= MAX_STATE {
        return None;
    }
    let message = format!(
        "one key of {what} can take {} KiB of state, and 256 are the limit",
        bytes.unsigned_abs().div_ceil(1024)
    );
    let others = bytes - largest.max_bytes();
    let fits = |frame: &Frame| others + Panes::max_bytes(largest.aggregate, *frame) <= MAX_STATE;
    let mend = match largest.frame.coarser().find(fits) {
        Some(frame) => format!("keep it in fewer panes: `{}`", written(frame)),
        None => "use fewer windows or shorter ones".to_owned(),
    };
    let help = format!("`{}` takes most of it: {mend}", shown(&largest.text));
    Some((message, help))
}

/// A sliding window with its pane, in the words of the language.
fn written(frame: Frame) -> String {
    let duration = |millis: i64| print_duration(millis.unsigned_abs() / 1_000);
    let mut text = format!(
        "over {} every {}",
        duration(frame.length),
        duration(frame.pane)
    );
    if frame.offset > 0 {
        text.push_str(&format!(" offset {}", duration(frame.offset)));
    }
    text
}
