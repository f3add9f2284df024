//! A state as it will be if no event comes.

use super::KeyState;
use crate::program::AlertRule;
use crate::time::Time;

impl KeyState {
    /// The state with what has left its windows by `at` taken out of them; nothing is decided.
    pub(crate) fn aged(&self, rule: &AlertRule, at: Time) -> KeyState {
        let mut aged = self.clone();
        aged.life.clock = aged.life.clock.max(at);
        for (panes, window) in aged.windows.iter_mut().zip(&rule.windows) {
            panes.expire(window, aged.life.clock);
        }
        aged
    }
}
