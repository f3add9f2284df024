//! Expressions on lines of their own: each line is written canonically; line breaks and comments stay.

use tripline_grammar::ast::{Expr, ExprKind, Span, Test};
use tripline_grammar::{Comments, parse, print};

use super::{Edit, canonical, comments_in};
use crate::yaml::{Range, Scalar, Style};

/// The most parts of one expression that are looked at: each is tried in the whole.
const MOST_PARTS: usize = 200;

/// What makes the lines of an expression canonical.
pub(super) fn edits(text: &str, scalar: &Scalar) -> Vec<Edit> {
    let comments = comments_in(scalar);
    let Ok(expr) = parse(&scalar.value, comments) else {
        return Vec::new();
    };
    let Some(whole) = canonical(scalar) else {
        return Vec::new();
    };
    let mut lines = Lines {
        text,
        scalar,
        comments,
        whole,
        tried: 0,
        edits: Vec::new(),
    };
    lines.visit(&expr);
    match lines.tried > MOST_PARTS {
        true => Vec::new(),
        false => lines.edits,
    }
}

struct Lines<'t> {
    text: &'t str,
    scalar: &'t Scalar,
    comments: Comments,
    /// The canonical text of the expression.
    whole: String,
    tried: usize,
    edits: Vec<Edit>,
}

impl Lines<'_> {
    fn visit(&mut self, expr: &Expr) {
        let span = range(expr.span);
        let source = self.scalar.source_range(self.text, span.clone());
        if !self.text[source.clone()].contains(['\n', '\r']) {
            self.part(expr, span);
            return;
        }
        match &expr.kind {
            ExprKind::Chain(chain) => {
                self.visit(&chain.first);
                let mut end = chain.first.span.end;
                for link in &chain.rest {
                    self.gap(end, link.op_span.start);
                    self.gap(link.op_span.end, link.operand.span.start);
                    self.visit(&link.operand);
                    end = link.operand.span.end;
                }
            }
            ExprKind::Compare { left, right, .. } => {
                self.visit(left);
                self.visit(right);
            }
            ExprKind::Test { value, test, .. } => {
                self.visit(value);
                if let Test::InList(items) = test {
                    items.iter().for_each(|item| self.visit(item));
                }
            }
            ExprKind::Not(operand) | ExprKind::Negate(operand) => self.visit(operand),
            ExprKind::Call(call) => {
                call.args.iter().for_each(|arg| self.visit(arg));
                call.filter.iter().for_each(|filter| self.visit(filter));
            }
            _ => {}
        }
    }

    /// A part that stands on one line: without the parentheses that it does not need.
    fn part(&mut self, expr: &Expr, span: Range) {
        let written = &self.scalar.value[span.clone()];
        let printed = print(expr);
        if *written == printed || self.tried > MOST_PARTS {
            return;
        }
        self.tried += 1;
        let bracketed = format!("({printed})");
        for candidate in [printed, bracketed] {
            if candidate == *written {
                return;
            }
            let mut value = self.scalar.value.to_string();
            value.replace_range(span.clone(), &candidate);
            let same = parse(&value, self.comments).is_ok_and(|expr| print(&expr) == self.whole);
            if same {
                self.edits
                    .extend(in_place(self.text, self.scalar, span, candidate));
                return;
            }
        }
    }

    /// What stands beside an operator on its line is one space away.
    fn gap(&mut self, start: u32, end: u32) {
        let span = start as usize..end as usize;
        let source = self.scalar.source_range(self.text, span.clone());
        let is_blank = |text: &str| text.bytes().all(|byte| byte == b' ' || byte == b'\t');
        let written = &self.scalar.value[span.clone()];
        if !written.is_empty() && written != " " && is_blank(&self.text[source]) {
            self.edits
                .extend(in_place(self.text, self.scalar, span, " ".to_owned()));
        }
    }
}

/// Writes a part of a value anew where it stands; `None` if the part is not written as it is, or cannot be.
pub(super) fn in_place(text: &str, scalar: &Scalar, span: Range, new: String) -> Option<Edit> {
    let source = scalar.source_range(text, span.clone());
    let as_it_is = text[source.clone()] == scalar.value[span];
    let fits = match scalar.style {
        Style::Double => !new.contains(['"', '\\']),
        Style::Single => !new.contains('\''),
        Style::Plain | Style::Literal | Style::Folded => true,
    };
    (as_it_is && fits).then_some(Edit {
        range: source,
        text: new,
    })
}

fn range(span: Span) -> Range {
    span.start as usize..span.end as usize
}
