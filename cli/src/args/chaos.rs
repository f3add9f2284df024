//! What `tripline test --chaos` does to the delivery of events.

use std::str::FromStr;

use tripline_engine::parse_duration;
use tripline_engine::rule_test::Disorder;

/// What `--chaos` alone stands for.
pub(crate) const USUAL: &str = "dup,split,crash";

/// The longest delay, in seconds: that of the longest window.
const LONGEST: u64 = 31 * 86_400;

/// How delivery is disturbed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Chaos {
    /// Events are delivered twice.
    pub(crate) dup: bool,
    /// Batches are of any size.
    pub(crate) split: bool,
    /// Batches are interrupted and evaluated again.
    pub(crate) crash: bool,
    /// Events overtake each other.
    pub(crate) disorder: Disorder,
}

impl Chaos {
    /// Whether anything is done to events in their order.
    pub(crate) fn keeps_order(self) -> bool {
        self.dup || self.split || self.crash
    }

    /// Whether the order is disturbed.
    pub(crate) fn disturbs_order(self) -> bool {
        self.disorder != Disorder::default()
    }
}

impl FromStr for Chaos {
    type Err = String;

    fn from_str(text: &str) -> Result<Chaos, String> {
        let mut chaos = Chaos::default();
        for word in text.split(',') {
            let (name, length) = match word.split_once('=') {
                Some((name @ ("reorder" | "late"), length)) => (name, Some(millis(name, length)?)),
                Some((name @ ("dup" | "split" | "crash"), _)) => {
                    return Err(format!("`{name}` takes no value"));
                }
                Some((name, _)) => (name, None),
                None => (word, None),
            };
            match (name, length) {
                ("dup", None) => chaos.dup = true,
                ("split", None) => chaos.split = true,
                ("crash", None) => chaos.crash = true,
                ("reorder", Some(length)) => chaos.disorder.reorder = length,
                ("late", Some(length)) => chaos.disorder.late = length,
                ("reorder" | "late", None) => {
                    return Err(format!("say by how much: `{name}=30s`"));
                }
                _ => {
                    return Err(format!(
                        "there is no `{name}`; there are dup, split, crash, reorder=30s and late=5m"
                    ));
                }
            }
        }
        Ok(chaos)
    }
}

fn millis(name: &str, length: &str) -> Result<i64, String> {
    let length = parse_duration(length).map_err(|error| match error.help {
        Some(help) => format!("{name}: {}; {help}", error.message),
        None => format!("{name}: {}", error.message),
    })?;
    match length.seconds {
        1..=LONGEST => Ok(length.seconds as i64 * 1_000),
        _ => Err(format!("{name}: a delay is from 1s to 31d")),
    }
}

#[cfg(test)]
mod tests {
    use super::{Chaos, USUAL};

    #[test]
    fn chaos_is_a_list_of_what_is_done() {
        let usual: Chaos = USUAL.parse().expect("it is one");
        assert!(usual.dup && usual.split && usual.crash && !usual.disturbs_order());
        let other: Chaos = "reorder=30s,late=1h30m".parse().expect("it is one");
        assert_eq!(
            (other.disorder.reorder, other.disorder.late),
            (30_000, 5_400_000)
        );
        assert!(!other.keeps_order());
        for wrong in [
            "",
            "dup,",
            "dupe",
            "dup=3s",
            "reorder",
            "late=",
            "late=5",
            "late=0s",
            "late=-1s",
            "reorder=32d",
            "late=99999999999999999999w",
            "dup;split",
            "DUP",
            "reorder=1s=2s",
        ] {
            assert!(wrong.parse::<Chaos>().is_err(), "{wrong}");
        }
    }
}
