//! What a condition needs to be true: tests of single values.

use super::predicate::{Accepts, Predicate, Span};
use super::subject::{Subject, Values};

/// What must hold of an event for a condition to be true. It may hold of others, too.
#[derive(Debug, Clone)]
pub(super) enum Need {
    Test {
        predicate: Predicate,
        /// How often it holds, and `share` beside: a guess below 1, and 1 for each event seen on which it held.
        rate: f32,
        /// The part of computing the value that falls to this rule, each event, whether it holds or not.
        share: f32,
    },
    /// Each of them; if there is none, nothing is known.
    All(Vec<Need>),
    /// One of them; if there is none, the condition is never true.
    Any(Vec<Need>),
}

impl Need {
    /// The need of what can be true of any event.
    pub(super) fn nothing() -> Need {
        Need::All(Vec::new())
    }

    /// The need of what is never true.
    pub(super) fn never() -> Need {
        Need::Any(Vec::new())
    }

    pub(super) fn test(subject: Subject, accepts: Accepts) -> Need {
        Need::of(Predicate { subject, accepts })
    }

    pub(super) fn of(predicate: Predicate) -> Need {
        let guess = predicate.guess();
        Need::shared(predicate, guess, 0.0)
    }

    /// The test of a value that is computed once for several rules.
    pub(super) fn shared(predicate: Predicate, guess: f32, share: f32) -> Need {
        Need::Test {
            predicate,
            rate: guess + share,
            share,
        }
    }

    pub(super) fn all(needs: impl Iterator<Item = Need>) -> Need {
        let mut all: Vec<Need> = Vec::new();
        for need in needs {
            match need {
                Need::All(needs) => all.extend(needs),
                Need::Any(needs) if needs.is_empty() => return Need::never(),
                need => all.push(need),
            }
        }
        let mut merged: Vec<Need> = Vec::with_capacity(all.len());
        for need in all {
            let Some((subject, span)) = need.span() else {
                merged.push(need);
                continue;
            };
            let same = merged
                .iter_mut()
                .find(|other| other.span().is_some_and(|(of, _)| of == subject));
            let Some(same) = same else {
                merged.push(need);
                continue;
            };
            let both = same
                .span()
                .map_or(span, |(_, other)| other.intersection(span));
            if both.is_empty() {
                return Need::never();
            }
            *same = Need::test(subject, Accepts::Span(both));
        }
        match merged.len() {
            1 => merged.swap_remove(0),
            _ => Need::All(merged),
        }
    }

    pub(super) fn any(needs: impl Iterator<Item = Need>) -> Need {
        let mut any = Vec::new();
        for need in needs {
            match need {
                Need::Any(needs) => any.extend(needs),
                Need::All(needs) if needs.is_empty() => return Need::nothing(),
                need => any.push(need),
            }
        }
        match any.len() {
            1 => any.swap_remove(0),
            _ => Need::Any(any),
        }
    }

    fn span(&self) -> Option<(Subject, Span)> {
        match self {
            Need::Test {
                predicate:
                    Predicate {
                        subject,
                        accepts: Accepts::Span(span),
                    },
                ..
            } => Some((*subject, *span)),
            _ => None,
        }
    }

    /// Puts needs in the place of its tests.
    pub(super) fn replace(self, by: &mut impl FnMut(Predicate) -> Need) -> Need {
        match self {
            Need::Test { predicate, .. } => by(predicate),
            Need::All(needs) => Need::all(needs.into_iter().map(|need| need.replace(by))),
            Need::Any(needs) => Need::any(needs.into_iter().map(|need| need.replace(by))),
        }
    }

    /// Gives what its tests are about.
    pub(super) fn subjects(&self, give: &mut impl FnMut(Subject)) {
        match self {
            Need::Test { predicate, .. } => give(predicate.subject),
            Need::All(needs) | Need::Any(needs) => {
                needs.iter().for_each(|need| need.subjects(give));
            }
        }
    }

    /// How often the best anchors of this hold.
    fn rate(&self) -> f32 {
        match self {
            Need::Test { rate, .. } => *rate,
            Need::All(needs) => needs.iter().map(Need::rate).fold(f32::INFINITY, f32::min),
            Need::Any(needs) => needs.iter().map(Need::rate).sum(),
        }
    }

    /// Gives the anchors: some tests of which one must hold, seldom true as far as is known.
    ///
    /// Gives false if there is none, since the condition may be true of any event.
    pub(super) fn anchors<'n>(&'n self, give: &mut impl FnMut(&'n Predicate)) -> bool {
        match self {
            Need::Test { predicate, .. } => {
                give(predicate);
                true
            }
            Need::All(needs) => needs
                .iter()
                .min_by(|a, b| a.rate().total_cmp(&b.rate()))
                .is_some_and(|best| best.anchors(give)),
            // Within `any` and `all` there is no other need that is nothing.
            Need::Any(needs) => needs.iter().all(|need| need.anchors(give)),
        }
    }

    /// Whether there is more than one way to choose anchors.
    pub(super) fn has_choice(&self) -> bool {
        match self {
            Need::Test { .. } => false,
            Need::All(needs) => !needs.is_empty(),
            Need::Any(needs) => needs.iter().any(Need::has_choice),
        }
    }

    /// Whether an event whose anchors hold has the rest of what is needed, as far as that is soon seen.
    pub(super) fn is_likely(&self, values: &Values<'_>) -> bool {
        match self {
            Need::All(needs) => needs.iter().all(|need| need.is_met(values)),
            // The anchors are all that is needed.
            Need::Test { .. } | Need::Any(_) => true,
        }
    }

    /// Whether an event has what is needed; texts are not searched, and nothing is computed.
    pub(super) fn is_met(&self, values: &Values<'_>) -> bool {
        match self {
            Need::Test { predicate, .. } => predicate.is_long() || predicate.holds(values),
            Need::All(needs) => needs.iter().all(|need| need.is_met(values)),
            Need::Any(needs) => needs.iter().any(|need| need.is_met(values)),
        }
    }

    /// Whether an event has all that is needed, whatever that takes.
    #[cfg(test)]
    pub(super) fn holds(&self, values: &Values<'_>) -> bool {
        match self {
            Need::Test { predicate, .. } => predicate.holds(values),
            Need::All(needs) => needs.iter().all(|need| need.holds(values)),
            Need::Any(needs) => needs.iter().any(|need| need.holds(values)),
        }
    }

    /// Counts the tests that hold of an event, and gives what it cost.
    pub(super) fn observe(&mut self, values: &Values<'_>) -> usize {
        match self {
            Need::Test {
                predicate,
                rate,
                share,
            } => {
                *rate += f32::from(u8::from(predicate.holds(values))) + *share;
                predicate.cost(values)
            }
            Need::All(needs) | Need::Any(needs) => {
                needs.iter_mut().map(|need| need.observe(values)).sum()
            }
        }
    }

    /// Halves what was seen, so that what is seen from now on counts more.
    pub(super) fn fade(&mut self) {
        match self {
            Need::Test { rate, .. } => *rate /= 2.0,
            Need::All(needs) | Need::Any(needs) => needs.iter_mut().for_each(Need::fade),
        }
    }
}
