//! What a clause of a condition needs: tests of a value against constants, or its own truth.

use tripline_grammar::ast::{CompareOp, Kind};

use super::census::Census;
use super::need::Need;
use super::pattern;
use super::predicate::{
    Accepts, FALSE, Kinds, LIST, Limit, MISSING, NUMBER, OBJECT, Place, Point, Span, TEXT, TRUE,
};
use super::subject::Subject;
use crate::number::Number;
use crate::program::{Constant, Node, Test};

/// What is needed for a condition to be true or, if `wanted` is false, to be false: not unknown.
pub(super) fn need<'r>(node: &'r Node, wanted: bool, census: &mut Census<'r>) -> Need {
    match node {
        Node::Constant(Constant::Bool(bool)) if *bool == wanted => Need::nothing(),
        Node::Constant(Constant::Bool(_)) => Need::never(),
        Node::Slot(slot) => {
            Need::test(Subject::Slot(*slot as u32), Accepts::Kinds(of_bool(wanted)))
        }
        Node::Not(operand) => need(operand, !wanted, census),
        Node::All(operands) | Node::Any(operands) => {
            let needs = operands.iter().map(|operand| need(operand, wanted, census));
            // `and` is false as soon as one operand is, as `or` is true.
            match matches!(node, Node::All(_)) == wanted {
                true => Need::all(needs),
                false => Need::any(needs),
            }
        }
        Node::Compare { op, left, right } => {
            let bounds = compare(*op, left, right, wanted, census);
            exact_or(bounds, node, wanted, census)
        }
        Node::Test {
            value,
            negated,
            test,
        } => {
            let wanted = wanted != *negated;
            let needed = of_test(value, test, wanted, census);
            exact_or(needed, node, wanted, census)
        }
        _ => truth(node, wanted, census),
    }
}

/// What is needed of a value.
enum Needed {
    /// This and no more.
    Exactly(Need),
    /// This, of what can be told by looking a value up.
    AtLeast(Need),
}

use Needed::{AtLeast, Exactly};

/// What is needed of a value, and the truth of the whole clause if that is not the same.
fn exact_or<'r>(needed: Needed, node: &'r Node, wanted: bool, census: &mut Census<'r>) -> Need {
    match needed {
        Exactly(need) => need,
        AtLeast(need) => Need::all([need, truth(node, wanted, census)].into_iter()),
    }
}

/// The truth of a clause, or its falsehood, as far as other rules have the clause, too.
fn truth<'r>(node: &'r Node, wanted: bool, census: &mut Census<'r>) -> Need {
    match census.clause(node) {
        Some(subject) => Need::test(subject, Accepts::Kinds(of_bool(wanted))),
        None => Need::nothing(),
    }
}

fn of_bool(bool: bool) -> Kinds {
    Kinds::of(&[if bool { TRUE } else { FALSE }])
}

fn known() -> Kinds {
    Kinds::of(&[MISSING]).others()
}

fn compare<'r>(
    op: CompareOp,
    left: &'r Node,
    right: &'r Node,
    wanted: bool,
    census: &mut Census<'r>,
) -> Needed {
    let (op, value, constant) = match (left, right) {
        (value, Node::Constant(constant)) => (op, value, constant),
        (Node::Constant(constant), value) => (op.mirrored(), value, constant),
        _ => return AtLeast(Need::nothing()),
    };
    let Some(subject) = census.value(value) else {
        return AtLeast(Need::nothing());
    };
    // Where a comparison is known, so is its opposite.
    let op = if wanted { op } else { op.opposite() };
    let span = |low: Option<Number>, high: Option<Number>, strict| {
        let limit = |at: Option<Number>| at.map(|at| Limit { at, strict });
        Accepts::Span(Span {
            low: limit(low),
            high: limit(high),
        })
    };
    let exactly = |accepts| Exactly(Need::test(subject, accepts));
    let at_least = |kinds| AtLeast(Need::test(subject, Accepts::Kinds(kinds)));
    match (op, constant) {
        (CompareOp::Equal, Constant::Number(number)) => exactly(Accepts::Point(Point::of(*number))),
        (CompareOp::Equal, Constant::Text(text)) => exactly(Accepts::Text(text.as_str().into())),
        (CompareOp::Equal, Constant::Bool(bool)) => exactly(Accepts::Kinds(of_bool(*bool))),
        (CompareOp::NotEqual, Constant::Bool(bool)) => {
            exactly(Accepts::Kinds(Kinds(known().0 & of_bool(*bool).others().0)))
        }
        // A value of another type is different, too.
        (CompareOp::NotEqual, Constant::Number(_) | Constant::Text(_)) => at_least(known()),
        (CompareOp::Greater, Constant::Number(at)) => exactly(span(Some(*at), None, true)),
        (CompareOp::GreaterEqual, Constant::Number(at)) => exactly(span(Some(*at), None, false)),
        (CompareOp::Less, Constant::Number(at)) => exactly(span(None, Some(*at), true)),
        (CompareOp::LessEqual, Constant::Number(at)) => exactly(span(None, Some(*at), false)),
        (_, Constant::Text(_)) => at_least(Kinds::of(&[TEXT])),
        (_, Constant::Bool(_)) => Exactly(Need::never()),
    }
}

fn of_test<'r>(value: &'r Node, test: &'r Test, wanted: bool, census: &mut Census<'r>) -> Needed {
    if let Test::Range { low, high } = test {
        return of_range(value, [low.as_deref(), high.as_deref()], wanted, census);
    }
    if matches!(test, Test::List { .. } | Test::Items(_)) {
        return AtLeast(Need::nothing());
    }
    let Some(subject) = census.value(value) else {
        return AtLeast(Need::nothing());
    };
    let test_for = |accepts| Need::test(subject, accepts);
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
            Exactly(test_for(Accepts::Kinds(kinds)))
        }
        (Test::Members(members), true) => Exactly(test_for(Accepts::List(members.clone()))),
        (Test::Members(_), false) => AtLeast(test_for(Accepts::Kinds(known()))),
        (Test::Contains(part), true) => of_part(subject, Place::Anywhere, part),
        (Test::StartsWith(part), true) => of_part(subject, Place::Start, part),
        (Test::EndsWith(part), true) => of_part(subject, Place::End, part),
        (Test::Matches(regex), true) => AtLeast(pattern::need(subject, regex.as_str())),
        // Text that has not the part, or an address that is in no network.
        _ => AtLeast(test_for(Accepts::Kinds(Kinds::of(&[TEXT])))),
    }
}

fn of_range<'r>(
    value: &'r Node,
    ends: [Option<&'r Node>; 2],
    wanted: bool,
    census: &mut Census<'r>,
) -> Needed {
    let ops = [CompareOp::GreaterEqual, CompareOp::LessEqual];
    let mut is_exact = true;
    let ends = ops.into_iter().zip(ends).filter_map(|(op, end)| {
        Some(match compare(op, value, end?, wanted, census) {
            Exactly(need) => need,
            AtLeast(need) => {
                is_exact = false;
                need
            }
        })
    });
    let need = match wanted {
        true => Need::all(ends),
        false => Need::any(ends),
    };
    match is_exact {
        true => Exactly(need),
        false => AtLeast(need),
    }
}

fn of_part(subject: Subject, place: Place, part: &Node) -> Needed {
    match part {
        Node::Constant(Constant::Text(text)) if !text.is_empty() => Exactly(Need::test(
            subject,
            Accepts::Part(place, text.as_bytes().into()),
        )),
        _ => AtLeast(Need::test(subject, Accepts::Kinds(Kinds::of(&[TEXT])))),
    }
}
