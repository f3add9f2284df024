//! What a condition needs to be true: tests of single fields.

use tripline_grammar::ast::{CompareOp, Kind};

use super::pattern;
use super::predicate::{
    Accepts, FALSE, Kinds, LIST, Limit, MISSING, NUMBER, OBJECT, Place, Point, Predicate, Span,
    TEXT, TRUE,
};
use crate::event::Value;
use crate::program::{Constant, Node, Test};

/// What must hold of an event for a condition to be true. It may hold of others, too.
#[derive(Debug, Clone)]
pub(super) enum Need {
    Test {
        predicate: Predicate,
        /// How often it holds: a guess below 1, and 1 for each event seen on which it held.
        rate: f32,
    },
    /// Each of them; if there is none, nothing is known.
    All(Vec<Need>),
    /// One of them; if there is none, the condition is never true.
    Any(Vec<Need>),
}

impl Need {
    /// What a condition needs to be true.
    pub(super) fn of(condition: &Node) -> Need {
        need(condition, true)
    }

    /// The need of what can be true of any event.
    pub(super) fn nothing() -> Need {
        Need::All(Vec::new())
    }

    fn never() -> Need {
        Need::Any(Vec::new())
    }

    pub(super) fn test(slot: usize, accepts: Accepts) -> Need {
        let predicate = Predicate { slot, accepts };
        Need::Test {
            rate: predicate.guess(),
            predicate,
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
            let Some((slot, span)) = need.span() else {
                merged.push(need);
                continue;
            };
            let same = merged
                .iter_mut()
                .find(|other| other.span().is_some_and(|(of, _)| of == slot));
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
            *same = Need::test(slot, Accepts::Span(both));
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

    fn span(&self) -> Option<(usize, Span)> {
        match self {
            Need::Test {
                predicate:
                    Predicate {
                        slot,
                        accepts: Accepts::Span(span),
                    },
                ..
            } => Some((*slot, *span)),
            _ => None,
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
    pub(super) fn is_likely(&self, slots: &[Value<'_>]) -> bool {
        match self {
            Need::All(needs) => needs.iter().all(|need| need.is_met(slots)),
            // The anchors are all that is needed.
            Need::Test { .. } | Need::Any(_) => true,
        }
    }

    /// Whether an event has what is needed; texts are not searched.
    pub(super) fn is_met(&self, slots: &[Value<'_>]) -> bool {
        match self {
            Need::Test { predicate, .. } => predicate.is_search() || predicate.holds(slots),
            Need::All(needs) => needs.iter().all(|need| need.is_met(slots)),
            Need::Any(needs) => needs.iter().any(|need| need.is_met(slots)),
        }
    }

    /// Counts the tests that hold of an event, and gives what it cost.
    pub(super) fn observe(&mut self, slots: &[Value<'_>]) -> usize {
        match self {
            Need::Test { predicate, rate } => {
                *rate += f32::from(u8::from(predicate.holds(slots)));
                predicate.cost(slots)
            }
            Need::All(needs) | Need::Any(needs) => {
                needs.iter_mut().map(|need| need.observe(slots)).sum()
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

/// What is needed for a condition to be true or, if `wanted` is false, to be false: not unknown.
fn need(node: &Node, wanted: bool) -> Need {
    match node {
        Node::Constant(Constant::Bool(bool)) if *bool == wanted => Need::nothing(),
        Node::Constant(Constant::Bool(_)) => Need::never(),
        Node::Slot(slot) => Need::test(*slot, Accepts::Kinds(of_bool(wanted))),
        Node::Not(operand) => need(operand, !wanted),
        Node::All(operands) | Node::Any(operands) => {
            let needs = operands.iter().map(|operand| need(operand, wanted));
            // `and` is false as soon as one operand is, as `or` is true.
            match matches!(node, Node::All(_)) == wanted {
                true => Need::all(needs),
                false => Need::any(needs),
            }
        }
        Node::Compare { op, left, right } => compare(*op, left, right, wanted),
        Node::Test {
            value,
            negated,
            test,
        } => of_test(value, test, wanted != *negated),
        _ => Need::nothing(),
    }
}

fn of_bool(bool: bool) -> Kinds {
    Kinds::of(&[if bool { TRUE } else { FALSE }])
}

fn known() -> Kinds {
    Kinds::of(&[MISSING]).others()
}

fn compare(op: CompareOp, left: &Node, right: &Node, wanted: bool) -> Need {
    let (op, slot, constant) = match (left, right) {
        (Node::Slot(slot), Node::Constant(constant)) => (op, *slot, constant),
        (Node::Constant(constant), Node::Slot(slot)) => (op.mirrored(), *slot, constant),
        _ => return Need::nothing(),
    };
    // Where a comparison is known, so is its opposite.
    let op = if wanted { op } else { op.opposite() };
    let span = |low, high, strict| {
        let limit = |at: Option<crate::number::Number>| at.map(|at| Limit { at, strict });
        Accepts::Span(Span {
            low: limit(low),
            high: limit(high),
        })
    };
    let accepts = match (op, constant) {
        (CompareOp::Equal, Constant::Number(number)) => Accepts::Point(Point::of(*number)),
        (CompareOp::Equal, Constant::Text(text)) => Accepts::Text(text.as_str().into()),
        (CompareOp::Equal, Constant::Bool(bool)) => Accepts::Kinds(of_bool(*bool)),
        (CompareOp::NotEqual, Constant::Bool(bool)) => {
            Accepts::Kinds(Kinds(known().0 & of_bool(*bool).others().0))
        }
        // A value of another type is different, too.
        (CompareOp::NotEqual, Constant::Number(_) | Constant::Text(_)) => Accepts::Kinds(known()),
        (CompareOp::Greater, Constant::Number(at)) => span(Some(*at), None, true),
        (CompareOp::GreaterEqual, Constant::Number(at)) => span(Some(*at), None, false),
        (CompareOp::Less, Constant::Number(at)) => span(None, Some(*at), true),
        (CompareOp::LessEqual, Constant::Number(at)) => span(None, Some(*at), false),
        (_, Constant::Text(_)) => Accepts::Kinds(Kinds::of(&[TEXT])),
        (_, Constant::Bool(_)) => return Need::never(),
    };
    Need::test(slot, accepts)
}

fn of_test(value: &Node, test: &Test, wanted: bool) -> Need {
    if let Test::Range { low, high } = test {
        let low = low.iter();
        let low = low.map(|low| compare(CompareOp::GreaterEqual, value, low, wanted));
        let high = high.iter();
        let high = high.map(|high| compare(CompareOp::LessEqual, value, high, wanted));
        let ends = low.chain(high);
        return match wanted {
            true => Need::all(ends),
            false => Need::any(ends),
        };
    }
    let Node::Slot(slot) = value else {
        return Need::nothing();
    };
    let kinds = |kinds: &[u8]| Need::test(*slot, Accepts::Kinds(Kinds::of(kinds)));
    match (test, wanted) {
        (Test::Is(kind), _) => {
            let kinds = Kinds::of(match kind {
                Kind::Missing => &[MISSING],
                Kind::Number => &[NUMBER],
                Kind::String => &[TEXT],
                Kind::Bool => &[TRUE, FALSE],
                Kind::List => &[LIST],
                Kind::Object => &[OBJECT],
            });
            let kinds = if wanted { kinds } else { kinds.others() };
            Need::test(*slot, Accepts::Kinds(kinds))
        }
        (Test::Members(members), true) => Need::test(*slot, Accepts::List(members.clone())),
        (Test::Members(_), false) => Need::test(*slot, Accepts::Kinds(known())),
        (Test::Contains(part), true) => of_part(*slot, Place::Anywhere, part),
        (Test::StartsWith(part), true) => of_part(*slot, Place::Start, part),
        (Test::EndsWith(part), true) => of_part(*slot, Place::End, part),
        (Test::Matches(regex), true) => pattern::need(*slot, regex.as_str()),
        // Text that has not the part, or an address that is in no network.
        (
            Test::Networks(_)
            | Test::Contains(_)
            | Test::StartsWith(_)
            | Test::EndsWith(_)
            | Test::Matches(_),
            _,
        ) => kinds(&[TEXT]),
        (Test::List { .. } | Test::Items(_) | Test::Range { .. }, _) => Need::nothing(),
    }
}

fn of_part(slot: usize, place: Place, part: &Node) -> Need {
    match part {
        Node::Constant(Constant::Text(text)) if !text.is_empty() => {
            Need::test(slot, Accepts::Part(place, text.as_bytes().into()))
        }
        _ => Need::test(slot, Accepts::Kinds(Kinds::of(&[TEXT]))),
    }
}
