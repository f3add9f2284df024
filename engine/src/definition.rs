//! What is kept of a rule beside its states, so that its episodes can be ended once it is edited or gone.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::codec::{self, CodecError};
use crate::ids;
use crate::message::{episode_id, parts};
use crate::output::{Alert, AlertSeverity, EndReason, Status};
use crate::program::{AlertRule, Program};
use crate::state::{Firing, KeyState};
use crate::time::Time;

/// The part of an alert rule that a store keeps.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Definition {
    /// The rule's name.
    pub name: String,
    /// Names the state that belongs to the rule; see [`AlertRule::fingerprint`].
    pub fingerprint: [u8; 16],
    last_words: LastWords,
}

/// What a message says of a rule that is no more.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct LastWords {
    key: Vec<String>,
    severity: AlertSeverity,
    runbook: Option<String>,
    labels: BTreeMap<String, String>,
    shadow: bool,
}

impl Definition {
    /// Writes the definition but for its name.
    pub fn encode(&self) -> Vec<u8> {
        codec::encode_definition(&self.fingerprint, &self.last_words)
    }

    /// How bad the rule's alerts are.
    pub fn severity(&self) -> AlertSeverity {
        self.last_words.severity
    }

    /// Whether the rule only records its alerts.
    pub fn is_shadow(&self) -> bool {
        self.last_words.shadow
    }

    /// When the episode of a key of the rule began, if one goes on; `state` is what [`KeyState::encode`] wrote.
    ///
    /// # Errors
    ///
    /// If the bytes are no state of that rule.
    pub fn firing_since(&self, state: &[u8]) -> Result<Option<Time>, CodecError> {
        let state = codec::decode_state(&self.fingerprint, state)?;
        Ok(state.firing().map(|firing| firing.episode.since))
    }

    /// Reads what [`Definition::encode`] wrote for the rule of this name.
    ///
    /// # Errors
    ///
    /// If the bytes are none, or a newer version wrote them.
    pub fn decode(name: String, bytes: &[u8]) -> Result<Definition, CodecError> {
        let (fingerprint, last_words) = codec::decode_definition(bytes)?;
        Ok(Definition {
            name,
            fingerprint,
            last_words,
        })
    }
}

impl Program {
    /// What a store keeps of the alert rules, sorted by name.
    pub fn definitions(&self) -> Vec<Definition> {
        let rules = self.alerts.iter();
        rules.map(|rule| self.definition(rule)).collect()
    }

    /// What a store keeps of one of the alert rules.
    pub fn definition(&self, rule: &AlertRule) -> Definition {
        Definition {
            name: rule.name.clone(),
            fingerprint: rule.fingerprint,
            last_words: LastWords {
                key: self.groupings[rule.grouping].names().collect(),
                severity: rule.severity,
                runbook: rule.runbook.clone(),
                labels: rule.labels.clone(),
                shadow: rule.shadow,
            },
        }
    }

    /// Ends one key of a rule that was edited in what its state depends on, or is gone.
    ///
    /// `state` is what [`KeyState::encode`] wrote, and `at` is the progress of the input. Gives the
    /// message that resolves an episode of which somebody was told.
    ///
    /// # Errors
    ///
    /// If the bytes are no state of that rule.
    pub fn retire(
        &self,
        definition: &Definition,
        key: &str,
        state: &[u8],
        at: Time,
    ) -> Result<Option<Alert>, CodecError> {
        let state: KeyState = codec::decode_state(&definition.fingerprint, state)?;
        let Some(Firing { episode, .. }) = state.firing().filter(|firing| firing.sent) else {
            return Ok(None);
        };
        let last_words = &definition.last_words;
        let key_parts: Vec<_> = last_words.key.iter().cloned().zip(parts(key)).collect();
        let (name, severity, labels) = (&definition.name, last_words.severity, &last_words.labels);
        let mut silences = self.silences.iter();
        if silences.any(|one| one.covers(name, severity, labels, &key_parts, at)) {
            return Ok(None);
        }
        let is_left = self.alerts.iter().any(|rule| rule.name == definition.name);
        let id = episode_id(&definition.name, key, episode);
        Ok(Some(Alert {
            id: ids::hex(&id),
            notification: ids::hex(&ids::notification(&id, Status::Resolved, 0)),
            status: Status::Resolved,
            repeat: None,
            alert: definition.name.clone(),
            key: Some(key_parts),
            severity: last_words.severity,
            at,
            since: Some(episode.since),
            summary: None,
            description: None,
            runbook: last_words.runbook.clone(),
            labels: last_words.labels.clone(),
            values: Vec::new(),
            reason: Some(if is_left {
                EndReason::RuleChanged
            } else {
                EndReason::RuleRemoved
            }),
            shadow: last_words.shadow,
            source: None,
        }))
    }
}
