use std::ops::Range;

use tripline_grammar::ast::Span;

use crate::yaml::Scalar;

/// Where an expression stands: a part of a scalar in a file.
#[derive(Clone, Copy)]
pub(crate) struct Place<'c> {
    /// Index of the file.
    pub(crate) file: usize,
    /// The file's text.
    pub(crate) text: &'c str,
    pub(crate) scalar: &'c Scalar,
    /// Where the expression begins in the scalar's value.
    pub(crate) base: usize,
}

impl Place<'_> {
    /// The bytes of the file that a span of the expression stands for.
    pub(crate) fn range(&self, span: Span) -> Range<usize> {
        self.scalar.source_range(
            self.text,
            self.base + span.start as usize..self.base + span.end as usize,
        )
    }
}
