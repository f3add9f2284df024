//! The lowering of comparisons and of the tests that begin with a word.

use pest::iterators::Pair;

use crate::ast::{CompareOp, Expr, ExprKind, Kind, Span, Test};
use crate::lower::{Lowering, placeholder, span_of};
use crate::parser::rules::Rule;
use crate::{MAX_LIST, SyntaxError, SyntaxErrorKind, literal};

impl Lowering<'_> {
    /// Lowers a `comparison`: a sum, alone or with one test.
    pub(crate) fn comparison(&mut self, pair: Pair<'_, Rule>) -> Expr {
        let span = span_of(&pair);
        let mut parts = pair.into_inner();
        let Some(sum) = parts.next() else {
            return placeholder(span);
        };
        let Some(test) = parts.next() else {
            return self.sum(sum);
        };
        if let Some(chained) = parts.next() {
            self.errors.push(self.chained(span, &sum, &test, chained));
            return placeholder(span);
        }
        let kind = match test.as_rule() {
            Rule::compare => self.compare(sum, test),
            _ => self.test(sum, test),
        };
        Expr { kind, span }
    }

    /// Makes the error for `0 < a < 5`.
    fn chained(
        &self,
        span: Span,
        left: &Pair<'_, Rule>,
        test: &Pair<'_, Rule>,
        chained: Pair<'_, Rule>,
    ) -> SyntaxError {
        let error = SyntaxError::new(
            SyntaxErrorKind::ChainedComparison,
            span,
            "comparisons do not chain",
        );
        let second = chained.into_inner().next();
        let ends = operator_and_operand(test.clone()).zip(second.and_then(operator_and_operand));
        let general = "join two comparisons with `and`, or put one of them in parentheses";
        let Some(((first_op, middle), (second_op, right))) = ends else {
            return error.with_help(general);
        };
        let [left, middle, right] = [left, &middle, &right].map(|pair| self.quote(pair));
        let (first_op, second_op) = (first_op.as_str(), second_op.as_str());
        let range = match (first_op, second_op) {
            ("<" | "<=", "<" | "<=") => format!("{middle} in {left}..{right}"),
            (">" | ">=", ">" | ">=") => format!("{middle} in {right}..{left}"),
            _ => return error.with_help(general),
        };
        error.with_help(format!(
            "write `{range}`, which includes both ends, or \
             `{left} {first_op} {middle} and {middle} {second_op} {right}`"
        ))
    }

    fn compare(&mut self, sum: Pair<'_, Rule>, compare: Pair<'_, Rule>) -> ExprKind {
        let mut parts = compare.into_inner();
        let (Some(op), Some(right)) = (parts.next(), parts.next()) else {
            return ExprKind::Null;
        };
        let op = match op.as_str() {
            "==" => CompareOp::Equal,
            "!=" => CompareOp::NotEqual,
            "<" => CompareOp::Less,
            "<=" => CompareOp::LessEqual,
            ">" => CompareOp::Greater,
            _ => CompareOp::GreaterEqual,
        };
        let (left_null, right_null) = (is_null(&sum), is_null(&right));
        if left_null || right_null {
            let null_span = span_of(if right_null { &right } else { &sum });
            let value = if right_null {
                self.quote(&sum)
            } else {
                self.quote(&right)
            };
            let help = match op {
                CompareOp::Equal => format!("write `{value} is missing`"),
                CompareOp::NotEqual => format!("write `{value} is not missing`"),
                _ => format!("test with `{value} is missing`"),
            };
            self.errors.push(
                SyntaxError::new(
                    SyntaxErrorKind::MisplacedNull,
                    null_span,
                    "a value cannot be compared with `null`",
                )
                .with_help(help),
            );
            return ExprKind::Null;
        }
        let left = Box::new(self.sum(sum));
        ExprKind::Compare {
            op,
            left,
            right: Box::new(self.sum(right)),
        }
    }

    /// Lowers the tests that begin with a word.
    fn test(&mut self, value: Pair<'_, Rule>, test: Pair<'_, Rule>) -> ExprKind {
        let value = Box::new(self.sum(value));
        let mut negated = false;
        let mut word = Rule::in_;
        for part in test.into_inner() {
            let test = match part.as_rule() {
                Rule::not => {
                    negated = true;
                    continue;
                }
                Rule::list => Some(Test::InList(self.list(part))),
                Rule::range => self.range(part),
                Rule::sum => {
                    let text = Box::new(self.sum(part));
                    Some(match word {
                        Rule::starts_with => Test::StartsWith(text),
                        Rule::ends_with => Test::EndsWith(text),
                        _ => Test::Contains(text),
                    })
                }
                Rule::string => Some(self.pattern(part)),
                Rule::kind => Some(Test::Is(kind(part.as_str()))),
                keyword => {
                    word = keyword;
                    continue;
                }
            };
            return match test {
                Some(test) => ExprKind::Test {
                    value,
                    negated,
                    test,
                },
                None => ExprKind::Null,
            };
        }
        ExprKind::Null
    }

    fn list(&mut self, pair: Pair<'_, Rule>) -> Vec<Expr> {
        let span = span_of(&pair);
        let mut items = Vec::new();
        for item in pair.into_inner().filter(|part| part.as_rule() == Rule::sum) {
            items.push(match is_null(&item) {
                true => Expr {
                    kind: ExprKind::Null,
                    span: span_of(&item),
                },
                false => self.sum(item),
            });
        }
        if items.len() > MAX_LIST {
            let message = format!(
                "the list has {} elements; the limit is {MAX_LIST}",
                items.len()
            );
            self.errors.push(
                SyntaxError::new(SyntaxErrorKind::TooLong, span, message)
                    .with_help("declare it under `lists:` and write its name after `in`"),
            );
        }
        items
    }

    /// Lowers what stands after `in` if that is no list literal.
    fn range(&mut self, pair: Pair<'_, Rule>) -> Option<Test> {
        let span = span_of(&pair);
        let (mut low, mut high, mut has_dots) = (None, None, false);
        for part in pair.into_inner() {
            match part.as_rule() {
                Rule::dots => has_dots = true,
                _ if has_dots => high = Some(part),
                _ => low = Some(part),
            }
        }
        if has_dots {
            let mut end = |part: Option<Pair<'_, Rule>>| part.map(|part| Box::new(self.sum(part)));
            return Some(Test::InRange {
                low: end(low),
                high: end(high),
            });
        }
        let only = low.and_then(only_child)?;
        match only.as_rule() {
            Rule::path => return Some(Test::InPath(self.path(only))),
            Rule::call if only.as_str().starts_with("cidr") => {
                let call = self.call(only);
                if call.name.text == "cidr" {
                    return Some(Test::InCidr(call));
                }
            }
            _ => {}
        }
        let quoted = self.slice(span);
        let inside = quoted
            .strip_prefix('(')
            .and_then(|text| text.strip_suffix(')'));
        let message = "`in` needs a range, a list, the name of a list or `cidr(…)`";
        self.errors.push(
            SyntaxError::new(SyntaxErrorKind::Unexpected, span, message).with_help(format!(
                "for one value write `== {quoted}`, for a list `in [{}]`, for text inside a text `contains`",
                inside.unwrap_or(quoted)
            )),
        );
        None
    }

    fn pattern(&mut self, pair: Pair<'_, Rule>) -> Test {
        let span = span_of(&pair);
        let pattern = literal::string(pair.as_str(), span.start as usize, &mut self.errors);
        Test::Matches { pattern, span }
    }
}

fn only_child(pair: Pair<'_, Rule>) -> Option<Pair<'_, Rule>> {
    let mut children = pair.clone().into_inner();
    let child = children.next()?;
    // A caller that needs one operand gets the whole sum when there are more, which matches nothing.
    if children.next().is_some() {
        Some(pair)
    } else {
        Some(child)
    }
}

/// Takes a `compare` apart; gives none for another test.
fn operator_and_operand(test: Pair<'_, Rule>) -> Option<(Pair<'_, Rule>, Pair<'_, Rule>)> {
    let is_compare = test.as_rule() == Rule::compare;
    let mut parts = test.into_inner();
    parts.next().zip(parts.next()).filter(|_| is_compare)
}

fn is_null(sum: &Pair<'_, Rule>) -> bool {
    sum.as_str().trim_end() == "null"
}

fn kind(word: &str) -> Kind {
    match word {
        "number" => Kind::Number,
        "string" => Kind::String,
        "bool" => Kind::Bool,
        "list" => Kind::List,
        "object" => Kind::Object,
        _ => Kind::Missing,
    }
}
