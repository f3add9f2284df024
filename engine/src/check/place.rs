use std::ops::Range;

use tripline_grammar::ast::Span;

use crate::yaml::Scalar;

/// Where an expression stands: a part of a scalar in a file.
#[derive(Clone, Copy)]
pub(super) struct Place<'c> {
    /// Index of the file.
    pub(super) file: usize,
    /// The file's text.
    pub(super) text: &'c str,
    pub(super) scalar: &'c Scalar,
    /// Where the expression begins in the scalar's value.
    pub(super) base: usize,
}

impl Place<'_> {
    /// The bytes of the file that a span of the expression stands for.
    pub(super) fn range(&self, span: Span) -> Range<usize> {
        self.scalar.source_range(
            self.text,
            self.base + span.start as usize..self.base + span.end as usize,
        )
    }
}
