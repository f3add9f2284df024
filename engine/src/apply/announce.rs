//! Announcing: the messages and the trace of what an evaluation changed.

use super::told::Message;
use super::{Place, Repeated, Run};
use crate::event::Event;
use crate::ids;
use crate::message::{About, episode_id};
use crate::output::{Alert, EndReason, Status};
use crate::silence::Silence;
use crate::state::{Change, Firing, KeyState};
use crate::trace::{Reason, Stage, Trace};

impl<'p> Run<'p> {
    /// Tells what an evaluation changed, and sends the message that is due.
    pub(super) fn announce(
        &mut self,
        place: Place,
        state: &mut KeyState,
        change: Option<Change>,
        event: Option<&Event<'_>>,
    ) {
        if let Some(change) = change {
            self.announce_change(place, state, change, event);
        }
        if let Some(ordinal) = state.take_due(self.rule_of(place.alert), self.for_ever) {
            self.say_firing(place, state, ordinal, event);
        } else if change.is_some_and(|change| change.to == Stage::Firing) {
            let windows = state.readings(self.rule_of(place.alert));
            let key = self.cells[place.cell].key.key.clone();
            let about = About::key(self.rule_of(place.alert), &key, state, event, windows);
            self.record(&about, Stage::Firing, Stage::Firing, Reason::Cooldown);
        }
    }

    pub(super) fn announce_change(
        &mut self,
        place: Place,
        state: &KeyState,
        change: Change,
        event: Option<&Event<'_>>,
    ) {
        let rule = self.rule_of(place.alert);
        // The next episode's messages do not take the place of this one's.
        self.repeated.remove(&place);
        let windows = state.readings(rule);
        let key = self.cells[place.cell].key.key.clone();
        let about = About::key(rule, &key, state, event, windows);
        self.record(&about, change.from, change.to, change.reason);
        // Nobody was told of an episode whose beginning was silenced or withheld.
        if let Some(Firing { episode, .. }) = change.ended.filter(|firing| firing.sent)
            && self.may_send(&about, Stage::Inactive)
        {
            let id = episode_id(&rule.name, &key, episode);
            let forgotten = change.reason == Reason::Forgotten;
            let alert = Alert {
                since: Some(episode.since),
                reason: forgotten.then_some(EndReason::Forgotten),
                ..about.alert(self.program, id, Status::Resolved, 0)
            };
            self.tell(Some(place.cell), alert);
        }
    }

    fn say_firing(
        &mut self,
        place: Place,
        state: &mut KeyState,
        ordinal: u32,
        event: Option<&Event<'_>>,
    ) {
        let rule = self.rule_of(place.alert);
        let Some(Firing { episode, .. }) = state.firing() else {
            return;
        };
        let windows = state.readings(rule);
        let key = self.cells[place.cell].key.key.clone();
        let about = About::key(rule, &key, state, event, windows);
        let trace = self.told.trace.len();
        if ordinal > 0 {
            self.record(&about, Stage::Firing, Stage::Firing, Reason::Repeat);
        }
        if !self.may_send(&about, Stage::Firing) {
            return;
        }
        // Of several that are due at once only the latest is sent.
        let earlier = self.repeated.remove(&place);
        let ordinal = match earlier.filter(|earlier| earlier.moves == self.moves) {
            Some(earlier) => {
                self.told.alerts[earlier.alert] = None;
                self.told.trace[earlier.trace].fill_with(|| None);
                earlier.ordinal
            }
            None => ordinal,
        };
        if ordinal > 0 {
            let repeated = Repeated {
                moves: self.moves,
                ordinal,
                alert: self.told.alerts.len(),
                trace: trace..self.told.trace.len(),
            };
            self.repeated.insert(place, repeated);
        }
        let id = episode_id(&rule.name, &key, episode);
        let alert = Alert {
            since: Some(episode.since),
            ..about.alert(self.program, id, Status::Firing, ordinal)
        };
        let at = about.at;
        self.tell(Some(place.cell), alert);
        state.note_sent(ordinal, at);
    }

    /// A per-event alert with a cooldown: its state says when its key last fired.
    pub(super) fn fire_again(&mut self, place: Place, state: &mut KeyState, event: &Event<'_>) {
        let rule = self.rule_of(place.alert);
        let key = self.cells[place.cell].key.key.clone();
        let shown = (!self.is_global(rule)).then_some(&*key);
        let about = About::event(rule, shown, event);
        if !state.take_event(rule, event) {
            self.record(&about, Stage::Inactive, Stage::Inactive, Reason::Cooldown);
        } else {
            if self.fire(place.alert, shown, event, Some(place.cell)) {
                state.note_sent(0, event.time);
            }
        }
    }

    /// A per-event alert: it fires once; `cell` remembers it, if it has a cooldown. Tells whether the message was sent.
    pub(super) fn fire(
        &mut self,
        alert: u32,
        key: Option<&str>,
        event: &Event<'_>,
        cell: Option<usize>,
    ) -> bool {
        let rule = self.rule_of(alert);
        let about = About::event(rule, key, event);
        self.record(
            &about,
            Stage::Inactive,
            Stage::Firing,
            Reason::ConditionTrue,
        );
        let sent = self.may_send(&about, Stage::Firing);
        if sent {
            let id = ids::hash(&[rule.name.as_bytes(), event.id().as_bytes()]);
            let alert = about.alert(self.program, id, Status::Firing, 0);
            self.tell(cell, alert);
        }
        sent
    }

    fn tell(&mut self, state: Option<usize>, alert: Alert) {
        self.told.alerts.push(Some(Message {
            turn: self.turn(),
            state,
            alert,
        }));
    }

    /// Whether a message may be sent; a shadow's may, since it goes to the record only.
    fn may_send(&mut self, about: &About<'_>, stage: Stage) -> bool {
        if let Some(silence) = self.silence(about) {
            let silence = silence.name.clone();
            self.record_with(about, stage, stage, Reason::Silenced, Some(silence));
            return false;
        }
        if about.rule.shadow {
            self.record(about, stage, stage, Reason::Shadow);
        }
        true
    }

    /// The first silence, by name, that covers a message of this moment.
    fn silence(&self, about: &About<'_>) -> Option<&'p Silence> {
        let (silences, rule) = (&self.program.silences, about.rule);
        if silences.is_empty() {
            return None;
        }
        let key = about.named_key(self.program).unwrap_or_default();
        silences
            .iter()
            .find(|one| one.covers(&rule.name, rule.severity, &rule.labels, &key, about.at))
    }

    fn record(&mut self, about: &About<'_>, from: Stage, to: Stage, reason: Reason) {
        self.record_with(about, from, to, reason, None);
    }

    fn record_with(
        &mut self,
        about: &About<'_>,
        from: Stage,
        to: Stage,
        reason: Reason,
        silence: Option<String>,
    ) {
        if matches!(reason, Reason::Cooldown | Reason::Silenced) {
            self.told.counts.withheld += 1;
        }
        if self.wants_trace {
            let trace = Trace {
                alert: about.rule.name.clone(),
                key: about.named_key(self.program),
                at: about.at,
                from,
                to,
                reason,
                silence,
                values: about.evidence(),
            };
            self.told.trace.push(Some((self.turn(), trace)));
        }
    }
}
