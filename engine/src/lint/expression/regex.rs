//! Regular expressions that are needless, or match more than is meant.

use regex_syntax::hir::{Hir, HirKind, Look};
use tripline_grammar::ast::{Expr, ExprKind, Test};
use tripline_grammar::print;

use super::super::findings::Findings;
use super::super::rules::Rules;
use super::super::{Family, Lint};
use crate::diagnostic::Severity;

pub(in crate::lint) const NEEDLESS_REGEX: Lint = Lint::new(
    "W2151",
    "needless-regex",
    Severity::Warning,
    Family::Expression,
    needless,
);
pub(in crate::lint) const REGEX_OPEN_ENDS: Lint = Lint::new(
    "W2152",
    "regex-open-ends",
    Severity::Warning,
    Family::Expression,
    ends,
);
pub(in crate::lint) const REGEX_BARE_DOT: Lint = Lint::new(
    "W2153",
    "regex-bare-dot",
    Severity::Warning,
    Family::Expression,
    dots,
);
pub(in crate::lint) const REGEX_MATCHES_ALL: Lint = Lint::new(
    "W2154",
    "regex-matches-all",
    Severity::Warning,
    Family::Expression,
    all,
);

/// The patterns of a rule set, each with its test.
fn each(
    rules: &Rules<'_>,
    mut f: impl FnMut(&super::super::rules::Site<'_>, &Expr, &str, tripline_grammar::ast::Span),
) {
    rules.each(|site, expr| {
        if let ExprKind::Test {
            test: Test::Matches { pattern, span },
            ..
        } = &expr.kind
        {
            f(site, expr, pattern, *span);
        }
    });
}

/// The text that a pattern matches alone, with what it is tied to: the start, the end.
fn plain(pattern: &str) -> Option<(String, bool, bool)> {
    let hir: Hir = regex_syntax::parse(pattern).ok()?;
    let parts: Vec<&Hir> = match hir.kind() {
        HirKind::Concat(parts) => parts.iter().collect(),
        _ => vec![&hir],
    };
    let (mut start, mut end, mut text) = (false, false, None);
    for part in parts {
        match part.kind() {
            HirKind::Look(Look::Start) if text.is_none() => start = true,
            HirKind::Look(Look::End) => end = true,
            HirKind::Literal(literal) if text.is_none() && !end => {
                text = Some(String::from_utf8(literal.0.to_vec()).ok()?);
            }
            _ => return None,
        }
    }
    Some((text?, start, end))
}

fn needless(rules: &Rules<'_>, out: &mut Findings) {
    each(rules, |site, expr, pattern, _| {
        let ExprKind::Test { value, negated, .. } = &expr.kind else {
            return;
        };
        let Some((text, start, end)) = plain(pattern) else {
            return;
        };
        let literal = Expr {
            kind: ExprKind::String(text),
            span: expr.span,
        };
        let (value, literal) = (print(value), print(&literal));
        let not = if *negated { "not " } else { "" };
        let plain = match (start, end) {
            (false, false) => format!("{value} {not}contains {literal}"),
            (true, false) => format!("{value} {not}starts with {literal}"),
            (false, true) => format!("{value} {not}ends with {literal}"),
            (true, true) => format!("{value} {} {literal}", if *negated { "!=" } else { "==" }),
        };
        let finding = out
            .span(site, expr.span, "this needs no regular expression")
            .help(format!("write `{plain}`"));
        // A number equals no text, and matches no pattern for want of being text; the two differ under `not`.
        if !(start && end) {
            finding.replace(site, expr.span, &plain);
        }
    });
}

fn ends(rules: &Rules<'_>, out: &mut Findings) {
    each(rules, |site, _, pattern, span| {
        let inner = pattern.strip_prefix('^').unwrap_or(pattern);
        let open = |text: &str| text.starts_with(".*") && !text.starts_with(".*?");
        let tail = pattern.strip_suffix('$').unwrap_or(pattern);
        let trailing = tail.ends_with(".*") && !tail.ends_with("\\.*");
        if (open(inner) || trailing) && !inner.trim_matches(['.', '*', '$']).is_empty() {
            out.span(site, span, "`.*` at an end of a pattern says nothing").help("a pattern may match anywhere in the text: leave it out, and the `^` or `$` beside it");
        }
    });
}

fn dots(rules: &Rules<'_>, out: &mut Findings) {
    each(rules, |site, _, pattern, span| {
        let bytes = pattern.as_bytes();
        let is_word = |at: Option<&u8>| at.is_some_and(u8::is_ascii_alphanumeric);
        let quantified = |at: Option<&u8>| at.is_some_and(|byte| b"*+?{".contains(byte));
        let escaped = |at: usize| {
            bytes[..at]
                .iter()
                .rev()
                .take_while(|byte| **byte == b'\\')
                .count()
                % 2
                == 1
        };
        let bare = (1..bytes.len()).find(|&at| {
            bytes[at] == b'.'
                && !escaped(at)
                && is_word(bytes.get(at - 1))
                && !(at >= 2 && escaped(at - 1))
                && is_word(bytes.get(at + 1))
                && !quantified(bytes.get(at + 2))
        });
        if bare.is_some() && !pattern.contains('[') {
            out.span(site, span, "a `.` between letters matches any sign")
                .help("write `\\.` for a full stop");
        }
    });
}

fn all(rules: &Rules<'_>, out: &mut Findings) {
    each(rules, |site, expr, pattern, span| {
        let empty = regex_syntax::parse(pattern).is_ok_and(|hir| {
            hir.properties().minimum_len() == Some(0) && hir.properties().look_set().is_empty()
        });
        let whole = matches!(pattern, "^.*$" | "^.*" | ".*$" | "^" | "$" | "^.*?$");
        if empty || whole {
            let value = match &expr.kind {
                ExprKind::Test { value, .. } => print(value),
                _ => return,
            };
            out.span(site, span, "this pattern matches every text")
                .help(format!(
                    "write `{value} is string`, or say what is to be matched"
                ));
        }
    });
}
