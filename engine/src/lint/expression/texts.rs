//! Comparisons of texts.

use tripline_grammar::ast::{Expr, ExprKind, Test};
use tripline_grammar::print;

use super::super::findings::Findings;
use super::super::rules::Rules;
use super::super::walk::{self, shown};
use super::super::{Family, Lint};
use crate::check::schema::Declared;
use crate::diagnostic::Severity;

pub(in crate::lint) const NUMBER_AS_TEXT: Lint = Lint::new(
    "W2141",
    "number-as-text",
    Severity::Warning,
    Family::Expression,
    numbers,
);
pub(in crate::lint) const CASE_MISMATCH: Lint = Lint::new(
    "W2142",
    "case-mismatch",
    Severity::Warning,
    Family::Expression,
    cases,
);
pub(in crate::lint) const PADDED_TEXT: Lint = Lint::new(
    "W2143",
    "padded-text",
    Severity::Warning,
    Family::Expression,
    padded,
);
pub(in crate::lint) const EMPTY_TEXT: Lint = Lint::new(
    "W2144",
    "empty-text",
    Severity::Warning,
    Family::Expression,
    empty,
);

/// Values and the literal texts that they are compared with.
fn compared(expr: &Expr) -> Vec<(&Expr, &Expr, &str)> {
    let text = |expr: &'_ Expr| matches!(&expr.kind, ExprKind::String(_));
    let pair = |value, literal: &'_ Expr| -> bool { text(literal) && !text(value) };
    let mut found = Vec::new();
    match &expr.kind {
        ExprKind::Compare { left, right, .. } => {
            if pair(left, right) {
                found.push((&**left, &**right));
            } else if pair(right, left) {
                found.push((&**right, &**left));
            }
        }
        ExprKind::Test { value, test, .. } => match test {
            Test::InList(items) => found.extend(
                items
                    .iter()
                    .filter(|item| pair(value, item))
                    .map(|item| (&**value, item)),
            ),
            Test::Contains(item) | Test::StartsWith(item) | Test::EndsWith(item)
                if pair(value, item) =>
            {
                found.push((&**value, &**item))
            }
            _ => {}
        },
        _ => {}
    }
    found
        .into_iter()
        .filter_map(|(value, literal)| match &literal.kind {
            ExprKind::String(text) => Some((value, literal, text.as_str())),
            _ => None,
        })
        .collect()
}

fn numbers(rules: &Rules<'_>, out: &mut Findings) {
    for alert in &rules.alerts {
        let view = rules.schema(&alert.on);
        for site in alert.conditions(rules) {
            walk::each(&site.expr, &mut |expr| {
                if !matches!(
                    &expr.kind,
                    ExprKind::Compare { .. }
                        | ExprKind::Test {
                            test: Test::InList(_),
                            ..
                        }
                ) {
                    return;
                }
                for (value, literal, text) in compared(expr) {
                    let Some(path) = walk::path(value) else {
                        continue;
                    };
                    let is_text = view.as_ref().and_then(|view| view.find(&path.segments));
                    let is_number =
                        !text.is_empty() && text.parse::<i64>().is_ok() && !text.starts_with('0');
                    if is_number && !matches!(is_text, Some(Declared::Text(_))) {
                        out.span(site, literal.span, format!("`{}` equals this only if it is text", shown(value)))
                            .help(format!("a number is never equal to text: write `{text}`, or declare the field as `string` in `schema`"));
                    }
                }
            });
        }
    }
}

fn cases(rules: &Rules<'_>, out: &mut Findings) {
    rules.each(|site, expr| {
        for (value, literal, text) in compared(expr) {
            let wrong = (walk::call(value, "lower").is_some()
                && text.chars().any(char::is_uppercase))
                || (walk::call(value, "upper").is_some() && text.chars().any(char::is_lowercase));
            if wrong {
                let fits = if walk::call(value, "lower").is_some() {
                    text.to_lowercase()
                } else {
                    text.to_uppercase()
                };
                let fits = print(&Expr {
                    kind: ExprKind::String(fits),
                    span: literal.span,
                });
                out.span(
                    site,
                    literal.span,
                    format!("`{}` never has letters of this case", shown(value)),
                )
                .help(format!("write `{fits}`"));
            }
        }
    });
}

fn padded(rules: &Rules<'_>, out: &mut Findings) {
    rules.each(|site, expr| {
        if matches!(
            &expr.kind,
            ExprKind::Test {
                test: Test::Contains(_),
                ..
            }
        ) {
            return;
        }
        for (value, literal, text) in compared(expr) {
            if !text.is_empty() && text.trim() != text && !text.trim().is_empty() {
                let trimmed = walk::call(value, "trim").is_some();
                let message = if trimmed {
                    "trimmed text never has blanks at its ends"
                } else {
                    "this text has blanks at its ends"
                };
                out.span(site, literal.span, message)
                    .help("leave the blanks out, or test with `contains` if they are meant");
            }
        }
    });
}

fn empty(rules: &Rules<'_>, out: &mut Findings) {
    rules.each(|site, expr| {
        let ExprKind::Test { test: Test::Contains(_) | Test::StartsWith(_) | Test::EndsWith(_), .. } = &expr.kind else { return };
        for (_, literal, text) in compared(expr) {
            if text.is_empty() {
                out.span(site, literal.span, "every text contains the empty one").help("to ask whether there is text, write `is string`, or compare with `!= \"\"`");
            }
        }
    });
}
