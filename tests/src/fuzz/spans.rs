//! Where the parts of an expression stand.

use tripline_grammar::ast::{Call, Expr, ExprKind, Path, Span, Test};

/// Checks that every part lies in the text, and in what it is a part of.
pub(super) fn check(text: &str, expr: &Expr) {
    Spans { text }.expr(expr, Span::new(0, text.len()));
}

/// Checks that a span lies in the text, on the boundaries of characters.
pub(super) fn lies_in(text: &str, span: Span) {
    let range = span.start as usize..span.end as usize;
    assert!(text.get(range).is_some(), "{span:?} is no part of {text:?}");
}

struct Spans<'t> {
    text: &'t str,
}

impl Spans<'_> {
    fn span(&self, span: Span, outer: Span) {
        lies_in(self.text, span);
        assert!(
            outer.start <= span.start && span.end <= outer.end,
            "{span:?} is not within {outer:?} of {:?}",
            self.text
        );
    }

    fn expr(&self, expr: &Expr, outer: Span) {
        self.span(expr.span, outer);
        let span = expr.span;
        match &expr.kind {
            ExprKind::Number(_) | ExprKind::String(_) | ExprKind::Bool(_) | ExprKind::Null => {}
            ExprKind::Path(path) => self.path(path, span),
            ExprKind::Call(call) => self.call(call, span),
            ExprKind::Negate(operand) | ExprKind::Not(operand) => self.expr(operand, span),
            ExprKind::Chain(chain) => {
                self.expr(&chain.first, span);
                assert!(!chain.rest.is_empty(), "{:?}", self.text);
                for link in &chain.rest {
                    self.span(link.op_span, span);
                    self.expr(&link.operand, span);
                }
            }
            ExprKind::Compare { left, right, .. } => {
                self.expr(left, span);
                self.expr(right, span);
            }
            ExprKind::Test { value, test, .. } => {
                self.expr(value, span);
                self.test(test, span);
            }
        }
    }

    fn test(&self, test: &Test, outer: Span) {
        match test {
            Test::InRange { low, high } => {
                assert!(low.is_some() || high.is_some(), "{:?}", self.text);
                for end in [low, high].into_iter().flatten() {
                    self.expr(end, outer);
                }
            }
            Test::InList(items) => items.iter().for_each(|item| self.expr(item, outer)),
            Test::InPath(path) => self.path(path, outer),
            Test::InCidr(call) => self.call(call, outer),
            Test::Contains(operand) | Test::StartsWith(operand) | Test::EndsWith(operand) => {
                self.expr(operand, outer);
            }
            Test::Matches { span, .. } => self.span(*span, outer),
            Test::Is(_) => {}
        }
    }

    fn path(&self, path: &Path, outer: Span) {
        assert!(!path.segments.is_empty(), "{:?}", self.text);
        self.span(path.span, outer);
    }

    fn call(&self, call: &Call, outer: Span) {
        self.span(call.name.span, outer);
        call.args.iter().for_each(|arg| self.expr(arg, outer));
        if let Some(filter) = &call.filter {
            self.expr(filter, outer);
        }
        if let Some(frame) = &call.frame {
            self.span(frame.span, outer);
            let durations = [Some(frame.length), frame.every, frame.offset];
            for duration in durations.into_iter().flatten() {
                self.span(duration.span, frame.span);
            }
        }
    }
}
