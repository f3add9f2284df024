//! The functions of the rule language: one file for each, and one table of them all.
//!
//! A function says of itself what the checker, the evaluator and the language reference need. For all of
//! them an unknown argument gives an unknown value, *unread* if one of the unknown arguments is, else
//! *empty*; an argument of a wrong type, or one that the function has no value for, gives *unread*.

mod abs;
mod all;
mod any;
mod ceil;
mod cidr;
mod clock;
mod date;
mod default;
mod floor;
mod hour;
mod len;
mod lower;
mod max;
mod min;
mod number;
mod round;
#[cfg(test)]
mod tests;
mod text;
mod trim;
mod upper;
mod weekday;

pub(crate) use clock::{Clock, Reading, Tick, nearest_zone, zone};

use crate::check::Type;
use crate::event::Datum;

/// Every function, in the order in which the reference shows them.
pub(crate) const FUNCTIONS: &[Function] = &[
    lower::FUNCTION,
    upper::FUNCTION,
    trim::FUNCTION,
    len::FUNCTION,
    abs::FUNCTION,
    round::FUNCTION,
    floor::FUNCTION,
    ceil::FUNCTION,
    min::FUNCTION,
    max::FUNCTION,
    hour::FUNCTION,
    weekday::FUNCTION,
    date::FUNCTION,
    cidr::FUNCTION,
    default::FUNCTION,
    any::FUNCTION,
    all::FUNCTION,
    number::FUNCTION,
    text::FUNCTION,
];

/// Finds a function by its name.
pub(crate) fn function(name: &str) -> Option<&'static Function> {
    FUNCTIONS.iter().find(|function| function.name == name)
}

/// A function of the rule language.
#[derive(Debug)]
pub(crate) struct Function {
    pub(crate) name: &'static str,
    /// How it is written, such as `hour([zone])`.
    pub(crate) signature: &'static str,
    /// What it gives, in one sentence.
    pub(crate) summary: &'static str,
    pub(crate) takes: Takes,
    pub(crate) gives: Type,
    pub(crate) body: Body,
    pub(crate) examples: &'static [Example],
}

/// The arguments of a function.
#[derive(Debug)]
pub(crate) enum Takes {
    /// Exactly these.
    These(&'static [Parameter]),
    /// Two or more of one type.
    Several(Parameter),
    /// The name of a time zone, or nothing.
    Zone,
}

/// What an argument must be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Parameter {
    Text,
    Number,
    Condition,
    /// Text, or a list of the event.
    TextOrList,
    /// The path to a list of the event.
    List,
    Anything,
}

/// How a function gets its value.
#[derive(Debug)]
pub(crate) enum Body {
    /// From the known value of its one argument.
    One(for<'v> fn(Datum<'v>) -> Datum<'v>),
    /// From the known values of all its arguments.
    Many(for<'v> fn(Vec<Datum<'v>>) -> Datum<'v>),
    /// From the clock of the evaluation.
    Clock(Clock),
    /// From a condition on each item of a list; this value of it decides.
    Items(bool),
    /// It is another way to write `??`.
    Coalesce,
    /// It has none; it stands to the right of `in`.
    Network,
}

/// What a function gives for an event, as data for the reference and for a test.
#[derive(Debug)]
pub(crate) struct Example {
    pub(crate) expression: &'static str,
    /// The event: a JSON object.
    pub(crate) event: &'static str,
    /// The value as JSON, or `unknown`.
    pub(crate) result: &'static str,
}

/// Makes an example of an expression, an event and what comes out.
const fn example(expression: &'static str, event: &'static str, result: &'static str) -> Example {
    Example {
        expression,
        event,
        result,
    }
}

impl Function {
    /// The value for these arguments; an unknown one makes it unknown.
    pub(crate) fn call<'v>(&self, mut args: impl ExactSizeIterator<Item = Datum<'v>>) -> Datum<'v> {
        match self.body {
            Body::One(body) => match args.next() {
                Some(unknown @ (Datum::Unread | Datum::Empty)) => unknown,
                Some(known) => body(known),
                None => Datum::Unread,
            },
            Body::Many(body) => {
                let args: Vec<Datum<'v>> = args.collect();
                if args.iter().any(Datum::is_unknown) {
                    return Datum::unknown_of(&args);
                }
                body(args)
            }
            // The checker makes nodes of their own of these.
            Body::Clock(_) | Body::Items(_) | Body::Coalesce | Body::Network => Datum::Unread,
        }
    }

    /// How many arguments it takes, in words.
    pub(crate) fn arity(&self) -> &'static str {
        match self.takes {
            Takes::These([_]) => "one argument",
            Takes::These(_) => "two arguments",
            Takes::Several(_) => "two or more arguments",
            Takes::Zone => "a time zone or nothing",
        }
    }

    pub(crate) fn takes_so_many(&self, count: usize) -> bool {
        match self.takes {
            Takes::These(parameters) => count == parameters.len(),
            Takes::Several(_) => count >= 2,
            Takes::Zone => count <= 1,
        }
    }
}
