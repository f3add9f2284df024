//! How a window lies in time.

use crate::time::Time;

/// Lengths that a pane may have, in milliseconds, longest first.
const PANES: [i64; 17] = [
    86_400_000, 43_200_000, 21_600_000, 7_200_000, 3_600_000, 1_800_000, 900_000, 600_000, 300_000,
    120_000, 60_000, 30_000, 15_000, 10_000, 5_000, 2_000, 1_000,
];

/// How a window lies in time.
///
/// Pane number of a time x: floor(x / pane), from the Unix epoch. At time t the window holds the panes
/// from that of `t − offset − reach` to that of `t − offset`. So pane p enters it at `p · pane + offset` and leaves it
/// at `(p + 1) · pane + reach + offset`. A sliding window reaches back its length; a tumbling one is a
/// single pane and reaches back nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct Frame {
    /// Length of a pane, in milliseconds.
    pub(crate) pane: i64,
    /// How far back the window reaches beyond its newest pane, in milliseconds.
    reach: i64,
    /// Length of the window, in milliseconds.
    pub(crate) length: i64,
    /// How far the window is shifted back, in milliseconds: a multiple of the pane.
    pub(crate) offset: i64,
}

impl Frame {
    /// The trailing window of `length` milliseconds, kept in the panes that suit it.
    pub(crate) fn over(length: i64) -> Frame {
        let fits = |pane: &&i64| length % **pane == 0 && (**pane * 60 <= length || **pane == 1_000);
        let pane = PANES.iter().find(fits).copied().unwrap_or(1_000);
        Frame {
            pane,
            reach: length,
            length,
            offset: 0,
        }
    }

    /// The tumbling window of `length` milliseconds.
    pub(crate) fn per(length: i64) -> Frame {
        Frame {
            pane: length,
            reach: 0,
            length,
            offset: 0,
        }
    }

    /// The same window in other panes; `pane` divides its length.
    pub(crate) fn every(self, pane: i64) -> Frame {
        Frame { pane, ..self }
    }

    /// The same window shifted back; `offset` is a multiple of its pane.
    pub(crate) fn offset(self, offset: i64) -> Frame {
        Frame { offset, ..self }
    }

    pub(crate) fn is_tumbling(self) -> bool {
        self.reach == 0
    }

    /// How far back from the clock the window begins at most, but for the rest of a pane.
    pub(crate) fn span(self) -> i64 {
        self.length + self.offset
    }

    /// The number of the pane that holds `time`.
    pub(super) fn number(self, time: Time) -> i64 {
        time.0.div_euclid(self.pane)
    }

    /// The oldest pane that the window holds at `clock`.
    pub(super) fn oldest(self, clock: Time) -> i64 {
        (clock.0 - self.offset - self.reach).div_euclid(self.pane)
    }

    /// The newest pane that the window holds at `clock`.
    pub(super) fn newest(self, clock: Time) -> i64 {
        (clock.0 - self.offset).div_euclid(self.pane)
    }

    /// When the oldest pane begins that the window holds at `clock`.
    pub(crate) fn oldest_start(self, clock: Time) -> Time {
        Time(self.oldest(clock) * self.pane)
    }

    /// When the newest pane ends that the window holds at `clock`.
    pub(crate) fn newest_end(self, clock: Time) -> Time {
        Time((self.newest(clock) + 1) * self.pane)
    }

    /// How long a pane is, in milliseconds.
    pub(crate) fn pane_millis(self) -> i64 {
        self.pane
    }

    pub(super) fn enters(self, pane: i64) -> Time {
        Time(pane * self.pane + self.offset)
    }

    pub(super) fn leaves(self, pane: i64) -> Time {
        Time((pane + 1) * self.pane + self.reach + self.offset)
    }

    /// When the pane that holds `time` began.
    pub(crate) fn pane_start(self, time: Time) -> Time {
        Time(self.number(time) * self.pane)
    }

    /// When the pane that holds `clock` ends.
    pub(crate) fn pane_end(self, clock: Time) -> Time {
        Time((self.number(clock) + 1) * self.pane)
    }

    /// When the first window that lies wholly after `birth` is over.
    pub(crate) fn first_full(self, birth: Time) -> Time {
        birth.plus(self.length + self.pane)
    }

    /// In how many panes the window lies, but for the one that it holds part of.
    pub(crate) fn panes(self) -> i64 {
        self.length / self.pane
    }

    /// The most panes that are kept at once: those of the window, and those that are yet to enter it.
    pub(crate) fn kept(self) -> i64 {
        (self.reach + self.offset) / self.pane + 1
    }

    /// The most panes that are yet to enter the window.
    pub(super) fn waiting(self) -> i64 {
        self.offset / self.pane
    }

    /// Longer panes that the window can be kept in, the likeliest first: those of the table, then the others.
    pub(crate) fn coarser(self) -> impl Iterator<Item = Frame> {
        let seconds = (1..=self.length / 1_000).map(|seconds| seconds * 1_000);
        let divides = move |pane: &i64| {
            *pane > self.pane && self.length % pane == 0 && self.offset % pane == 0
        };
        PANES
            .into_iter()
            .rev()
            .chain(seconds)
            .filter(move |pane| !self.is_tumbling() && divides(pane))
            .map(move |pane| self.every(pane))
    }
}

#[cfg(test)]
mod tests {
    use super::Frame;
    use crate::time::Time;

    #[test]
    fn the_pane_is_the_largest_that_divides_and_is_at_most_a_sixtieth() {
        let pane = |seconds: i64| Frame::over(seconds * 1_000).pane / 1_000;
        assert_eq!(pane(1), 1);
        assert_eq!(pane(300), 5);
        assert_eq!(pane(3_600), 60);
        assert_eq!(pane(7_200), 120);
        assert_eq!(pane(901), 1);
        assert_eq!(pane(86_400), 900);
        assert_eq!(pane(31 * 86_400), 43_200);
    }

    #[test]
    fn a_window_reaches_back_its_length_and_at_most_a_pane_more() {
        let frame = Frame::over(3_600_000);
        let pane = frame.number(Time(0));
        let leaves = frame.leaves(pane);
        assert_eq!(leaves, Time(3_660_000));
        assert!(frame.oldest(Time(leaves.0 - 1)) <= pane);
        assert!(frame.oldest(leaves) > pane);
        assert_eq!(frame.number(Time(-1)), -1);
    }

    #[test]
    fn panes_enter_and_leave_when_the_window_begins_and_ends_to_hold_them() {
        let frames = [
            Frame::over(60_000),
            Frame::over(60_000).every(30_000),
            Frame::over(60_000).every(60_000).offset(120_000),
            Frame::over(60_000).offset(3_600_000),
            Frame::per(60_000),
            Frame::per(60_000).offset(60_000),
        ];
        for frame in frames {
            for number in [-100, -1, 0, 7] {
                let (enters, leaves) = (frame.enters(number), frame.leaves(number));
                let holds = |millis| {
                    let clock = Time(millis);
                    (frame.oldest(clock)..=frame.newest(clock)).contains(&number)
                };
                assert!(!holds(enters.0 - 1) && holds(enters.0), "{frame:?}");
                assert!(holds(leaves.0 - 1) && !holds(leaves.0), "{frame:?}");
                // What is kept at any moment is what the state limit counts.
                let clock = Time(leaves.0 - 1);
                let held = frame.number(clock) - frame.oldest(clock) + 1;
                assert!(held <= frame.kept(), "{frame:?}");
            }
        }
    }

    #[test]
    fn coarser_panes_divide_the_window_and_its_offset() {
        let panes = |frame: Frame| -> Vec<i64> {
            frame.coarser().map(|frame| frame.pane / 1_000).collect()
        };
        let frame = Frame::over(90_000).offset(30_000);
        assert_eq!(panes(frame), [2, 5, 10, 15, 30, 2, 3, 5, 6, 10, 15, 30]);
        assert!(panes(Frame::per(90_000)).is_empty());
    }
}
