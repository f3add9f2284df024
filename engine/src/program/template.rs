use std::fmt::Write;

use super::Node;
use crate::eval::Scope;
use crate::event::Datum;
use crate::number::Number;

/// A summary or description: text with expressions in it.
#[derive(Debug, Clone)]
pub(crate) struct Template(pub(crate) Vec<Part>);

/// A part of a template.
#[derive(Debug, Clone)]
pub(crate) enum Part {
    Text(String),
    /// An expression, with the number of decimals to show.
    Value {
        node: Node,
        decimals: Option<usize>,
    },
    /// A part of the key, which is known even where the event's fields are not.
    Key {
        index: usize,
        decimals: Option<usize>,
    },
}

impl Template {
    /// Fills in the values; an unknown one shows as `?`.
    pub(crate) fn fill(&self, scope: Scope<'_>, key: &[Datum<'_>]) -> String {
        let mut text = String::new();
        for part in &self.0 {
            match part {
                Part::Text(part) => text.push_str(part),
                Part::Value { node, decimals } => {
                    // Writing to a string cannot fail.
                    let _ = show(&mut text, scope.eval(node), *decimals);
                }
                Part::Key { index, decimals } => {
                    let datum = key.get(*index).cloned().unwrap_or(Datum::Unread);
                    let _ = show(&mut text, datum, *decimals);
                }
            }
        }
        text
    }
}

fn show(text: &mut String, datum: Datum<'_>, decimals: Option<usize>) -> std::fmt::Result {
    match (datum, decimals) {
        (Datum::Number(number), Some(decimals)) => write!(text, "{:.decimals$}", number.to_f64()),
        (Datum::Number(Number::Integer(integer)), None) => write!(text, "{integer}"),
        (Datum::Number(Number::Double(double)), None) => write!(text, "{double}"),
        (Datum::Bool(bool), _) => write!(text, "{bool}"),
        (Datum::Text(value), _) => write!(text, "{value}"),
        (Datum::List { .. }, _) => write!(text, "[list]"),
        (Datum::Object, _) => write!(text, "[object]"),
        (Datum::Unread | Datum::Empty, _) => write!(text, "?"),
    }
}
