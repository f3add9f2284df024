//! Which of an episode's messages are sent: cooldown, repeat and silences.

use serde_json::Value;

use super::OracleTally;
use super::group::Progress;
use super::rule::Rule;

/// A firing episode. All times are in milliseconds since the epoch.
#[derive(Clone, Copy)]
pub(super) struct Episode {
    /// When it began.
    since: i64,
    /// Whether a `firing` of it was sent.
    sent: bool,
    /// Whether its first `firing` was withheld and waits for the end of the cooldown.
    waits: bool,
    /// The next deadline of `repeat`.
    repeat_at: Option<i64>,
    /// How many repeats were sent.
    repeats: u32,
    /// The progress at which the last repeat was sent.
    repeated_at: i64,
}

/// A message that is sent.
pub(super) struct Message {
    /// `firing` or `resolved`
    pub(super) status: &'static str,
    /// When its episode began.
    pub(super) since: i64,
    /// Which repeat it is, from 1.
    pub(super) repeat: Option<u32>,
    /// Whether the repeat with the same number is not sent after all.
    pub(super) replaces: bool,
    /// Why it was resolved, if not by its conditions.
    pub(super) reason: Option<&'static str>,
}

/// What was and will be sent about one key.
#[derive(Default)]
pub(super) struct Messages {
    /// When the last `firing` was sent, of whichever episode.
    last_sent: Option<i64>,
    /// What the evaluation in progress sends.
    pub(super) outgoing: Vec<Message>,
    /// What was not sent, and why.
    pub(super) tally: OracleTally,
}

impl Messages {
    /// Opens the episode that began at `since` and fires at `clock`.
    pub(super) fn enter(&mut self, rule: &Rule, key: &[Value], since: i64, clock: i64) -> Episode {
        let mut episode = Episode {
            since,
            sent: false,
            waits: self.cooled_at(rule).is_some_and(|end| clock < end),
            repeat_at: None,
            repeats: 0,
            repeated_at: i64::MIN,
        };
        match episode.waits {
            true => self.tally.withheld += 1,
            false => episode.sent = self.send_firing(rule, key, &episode, clock, None),
        }
        // Sent or silenced, `repeat` runs from here.
        episode.repeat_at = rule
            .repeat
            .filter(|_| !episode.waits)
            .map(|repeat| clock + repeat);
        episode
    }

    /// Sends what is due in an episode that goes on firing at `clock`.
    pub(super) fn go_on(
        &mut self,
        rule: &Rule,
        key: &[Value],
        mut episode: Episode,
        clock: i64,
        progress: Progress,
        by_timer: bool,
    ) -> Episode {
        let Some(deadline) = self.due(rule, episode, progress.over) else {
            return episode;
        };
        if clock < deadline {
            return episode;
        }
        if episode.waits && self.cooled_at(rule).is_none_or(|end| end <= clock) {
            episode.waits = false;
            episode.sent = self.send_firing(rule, key, &episode, clock, None);
            episode.repeat_at = rule.repeat.map(|repeat| clock + repeat);
            return episode;
        }
        let Some(repeat) = rule.repeat else {
            return episode;
        };
        // Of several deadlines that progress has passed at once, only the latest is sent: it takes the place
        // of the one before.
        let replaces = by_timer && episode.repeats > 0 && episode.repeated_at == progress.newest;
        let number = episode.repeats + u32::from(!replaces);
        if self.send_firing(rule, key, &episode, clock, Some(number)) {
            match replaces {
                true => self.tally.skipped_repeats += 1,
                false => self.tally.repeats += 1,
            }
            if let Some(message) = self.outgoing.last_mut() {
                message.replaces = replaces;
            }
            episode.sent = true;
            episode.repeats = number;
            episode.repeated_at = if by_timer { progress.newest } else { i64::MIN };
        }
        episode.repeat_at = Some(deadline + repeat);
        episode
    }

    /// Closes an episode at `clock`.
    pub(super) fn leave(
        &mut self,
        rule: &Rule,
        key: &[Value],
        episode: Episode,
        clock: i64,
        reason: Option<&'static str>,
    ) {
        if !episode.sent {
            return;
        }
        if rule.is_silenced(key, clock) {
            self.tally.silenced += 1;
            return;
        }
        self.outgoing.push(Message {
            status: "resolved",
            since: episode.since,
            repeat: None,
            replaces: false,
            reason,
        });
    }

    /// The next deadline of an episode: the end of a cooldown that it waits for, or a repeat.
    pub(super) fn due(&self, rule: &Rule, episode: Episode, over: bool) -> Option<i64> {
        let cooled = self.cooled_at(rule).filter(|_| episode.waits);
        let repeat = episode.repeat_at.filter(|_| !over);
        [cooled, repeat].into_iter().flatten().min()
    }

    /// Sends a per-event alert unless it falls into a cooldown or a silence.
    pub(super) fn lets_pass(&mut self, rule: &Rule, key: &[Value], at: i64) -> bool {
        if self.cooled_at(rule).is_some_and(|end| at < end) {
            self.tally.withheld += 1;
            return false;
        }
        if rule.is_silenced(key, at) {
            self.tally.silenced += 1;
            return false;
        }
        self.last_sent = Some(at);
        true
    }

    /// Until when what was sent about a key of a per-event alert is remembered; for ever without `by`.
    pub(super) fn stays_until(&self, rule: &Rule, newest: i64) -> Option<i64> {
        let forgotten = newest + rule.forget?;
        Some(self.cooled_at(rule).unwrap_or(forgotten).max(forgotten))
    }

    fn cooled_at(&self, rule: &Rule) -> Option<i64> {
        Some(self.last_sent? + rule.cooldown?)
    }

    fn send_firing(
        &mut self,
        rule: &Rule,
        key: &[Value],
        episode: &Episode,
        clock: i64,
        repeat: Option<u32>,
    ) -> bool {
        if rule.is_silenced(key, clock) {
            self.tally.silenced += 1;
            return false;
        }
        self.last_sent = Some(clock);
        self.outgoing.push(Message {
            status: "firing",
            since: episode.since,
            repeat,
            replaces: false,
            reason: None,
        });
        true
    }
}
