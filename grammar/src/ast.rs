//! The syntax tree of an expression: what was written, with spans, and nothing resolved.
//!
//! A run of operators of one precedence level is one [`Chain`], so the depth of a tree is bounded by
//! the nesting of brackets and prefixes (at most [`crate::MAX_NESTING`]), never by the length of the text.

/// A byte range in the text of one expression.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub struct Span {
    /// Offset of the first byte.
    pub start: u32,
    /// Offset one past the last byte.
    pub end: u32,
}

impl Span {
    /// Makes the span from `start` up to, not including, `end`.
    pub fn new(start: usize, end: usize) -> Self {
        Span {
            start: start as u32,
            end: end as u32,
        }
    }
}

/// An expression and where it stands.
#[derive(Debug, Clone, PartialEq)]
pub struct Expr {
    /// What it is.
    pub kind: ExprKind,
    /// Where it stands.
    pub span: Span,
}

impl Expr {
    /// Copies the expression with every span set to zero, so that two can be compared by what they say.
    pub fn without_spans(&self) -> Expr {
        let kind = match &self.kind {
            ExprKind::Number(_) | ExprKind::String(_) | ExprKind::Bool(_) | ExprKind::Null => {
                self.kind.clone()
            }
            ExprKind::Path(path) => ExprKind::Path(path.without_span()),
            ExprKind::Call(call) => ExprKind::Call(call.without_spans()),
            ExprKind::Negate(operand) => ExprKind::Negate(Box::new(operand.without_spans())),
            ExprKind::Not(operand) => ExprKind::Not(Box::new(operand.without_spans())),
            ExprKind::Chain(chain) => ExprKind::Chain(Chain {
                first: Box::new(chain.first.without_spans()),
                rest: chain.rest.iter().map(Link::without_spans).collect(),
            }),
            ExprKind::Compare { op, left, right } => ExprKind::Compare {
                op: *op,
                left: Box::new(left.without_spans()),
                right: Box::new(right.without_spans()),
            },
            ExprKind::Test {
                value,
                negated,
                test,
            } => ExprKind::Test {
                value: Box::new(value.without_spans()),
                negated: *negated,
                test: test.without_spans(),
            },
        };
        Expr {
            kind,
            span: Span::default(),
        }
    }
}

impl Path {
    fn without_span(&self) -> Path {
        Path {
            segments: self.segments.clone(),
            span: Span::default(),
        }
    }
}

impl Call {
    fn without_spans(&self) -> Call {
        let bare = |duration: Duration| Duration {
            span: Span::default(),
            ..duration
        };
        Call {
            name: Name {
                text: self.name.text.clone(),
                span: Span::default(),
            },
            args: self.args.iter().map(Expr::without_spans).collect(),
            filter: self
                .filter
                .as_ref()
                .map(|filter| Box::new(filter.without_spans())),
            frame: self.frame.as_ref().map(|frame| {
                Box::new(Frame {
                    kind: frame.kind,
                    length: bare(frame.length),
                    every: frame.every.map(bare),
                    offset: frame.offset.map(bare),
                    span: Span::default(),
                })
            }),
        }
    }
}

impl Link {
    fn without_spans(&self) -> Link {
        Link {
            op: self.op,
            op_span: Span::default(),
            operand: self.operand.without_spans(),
        }
    }
}

impl Test {
    fn without_spans(&self) -> Test {
        let bare = |expr: &Expr| Box::new(expr.without_spans());
        match self {
            Test::InRange { low, high } => Test::InRange {
                low: low.as_deref().map(bare),
                high: high.as_deref().map(bare),
            },
            Test::InList(items) => Test::InList(items.iter().map(Expr::without_spans).collect()),
            Test::InPath(path) => Test::InPath(path.without_span()),
            Test::InCidr(call) => Test::InCidr(call.without_spans()),
            Test::Contains(text) => Test::Contains(bare(text)),
            Test::StartsWith(text) => Test::StartsWith(bare(text)),
            Test::EndsWith(text) => Test::EndsWith(bare(text)),
            Test::Matches { pattern, .. } => Test::Matches {
                pattern: pattern.clone(),
                span: Span::default(),
            },
            Test::Is(kind) => Test::Is(*kind),
        }
    }
}

/// The forms of an expression.
#[derive(Debug, Clone, PartialEq)]
pub enum ExprKind {
    /// `12`, `1.5`, `80%`
    Number(Number),
    /// `"text"` or `'text'`, unescaped.
    String(String),
    /// `true` or `false`
    Bool(bool),
    /// `null`, which is legal in a list only.
    Null,
    /// `data.temperature`
    Path(Path),
    /// A function or an aggregate; which of them is resolved by the checker.
    Call(Call),
    /// `-operand`
    Negate(Box<Expr>),
    /// `not operand`
    Not(Box<Expr>),
    /// Operands joined by operators of one precedence level.
    Chain(Chain),
    /// `left < right` and its kin.
    Compare {
        /// The comparison.
        op: CompareOp,
        /// The left operand.
        left: Box<Expr>,
        /// The right operand.
        right: Box<Expr>,
    },
    /// `value [not] in …`, `value contains …`, `value is missing` and their kin.
    Test {
        /// The operand to the left.
        value: Box<Expr>,
        /// Whether `not` stands before the test.
        negated: bool,
        /// What is tested.
        test: Test,
    },
}

/// A number as written.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Number {
    /// Digits alone that fit 64 bits.
    Integer(i64),
    /// Anything with a fraction or an exponent, or past 64 bits.
    Double(f64),
    /// The number before `%`: `80%` holds 80 and means 0.8.
    Percent(f64),
}

/// A name and where it stands.
#[derive(Debug, Clone, PartialEq)]
pub struct Name {
    /// The name itself.
    pub text: String,
    /// Where it stands.
    pub span: Span,
}

/// A path into the event; `event["x"].y` and `x.y` are the same path.
#[derive(Debug, Clone, PartialEq)]
pub struct Path {
    /// At least one; the first is always a field.
    pub segments: Vec<Segment>,
    /// Where it stands.
    pub span: Span,
}

/// One step of a path.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Segment {
    /// `.name` or `["name"]`
    Field(String),
    /// `[0]`, counted from 0.
    Index(u32),
}

/// `name(args [where filter]) [over … | per …]`
#[derive(Debug, Clone, PartialEq)]
pub struct Call {
    /// The function or aggregate.
    pub name: Name,
    /// The arguments.
    pub args: Vec<Expr>,
    /// The condition after `where`.
    pub filter: Option<Box<Expr>>,
    /// The window.
    pub frame: Option<Box<Frame>>,
}

/// `over 5m every 10s offset 1d` or `per 1h offset 1d`
#[derive(Debug, Clone, PartialEq)]
pub struct Frame {
    /// Sliding or tumbling.
    pub kind: FrameKind,
    /// The window's length.
    pub length: Duration,
    /// The pane set by hand; only with `over`.
    pub every: Option<Duration>,
    /// How far back the window is shifted.
    pub offset: Option<Duration>,
    /// Where it stands, from `over` or `per` on.
    pub span: Span,
}

/// The two kinds of window.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum FrameKind {
    /// `over`: the trailing window.
    Over,
    /// `per`: the tumbling window.
    Per,
}

/// A length of time in whole seconds, such as `1h30m`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Duration {
    /// The length in seconds.
    pub seconds: u64,
    /// Where it stands.
    pub span: Span,
}

/// Operands of one precedence level, evaluated from left to right.
#[derive(Debug, Clone, PartialEq)]
pub struct Chain {
    /// The first operand.
    pub first: Box<Expr>,
    /// The others, at least one, each with the operator before it; all operators are of one level.
    pub rest: Vec<Link>,
}

/// An operator and the operand to its right.
#[derive(Debug, Clone, PartialEq)]
pub struct Link {
    /// The operator.
    pub op: ChainOp,
    /// Where the operator stands.
    pub op_span: Span,
    /// The operand to its right.
    pub operand: Expr,
}

/// The operators that chain, loosest level first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ChainOp {
    /// `or`
    Or,
    /// `and`
    And,
    /// `+`
    Add,
    /// `-`
    Subtract,
    /// `*`
    Multiply,
    /// `/`
    Divide,
    /// `%`
    Remainder,
    /// `??`
    Coalesce,
}

/// The comparisons.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum CompareOp {
    /// `==`
    Equal,
    /// `!=`
    NotEqual,
    /// `<`
    Less,
    /// `<=`
    LessEqual,
    /// `>`
    Greater,
    /// `>=`
    GreaterEqual,
}

impl CompareOp {
    /// As it is written.
    pub fn sign(self) -> &'static str {
        match self {
            CompareOp::Equal => "==",
            CompareOp::NotEqual => "!=",
            CompareOp::Less => "<",
            CompareOp::LessEqual => "<=",
            CompareOp::Greater => ">",
            CompareOp::GreaterEqual => ">=",
        }
    }

    /// The comparison with its sides exchanged.
    #[must_use]
    pub fn mirrored(self) -> CompareOp {
        match self {
            CompareOp::Equal | CompareOp::NotEqual => self,
            CompareOp::Less => CompareOp::Greater,
            CompareOp::LessEqual => CompareOp::GreaterEqual,
            CompareOp::Greater => CompareOp::Less,
            CompareOp::GreaterEqual => CompareOp::LessEqual,
        }
    }

    /// The comparison that is true where this one is false.
    #[must_use]
    pub fn opposite(self) -> CompareOp {
        match self {
            CompareOp::Equal => CompareOp::NotEqual,
            CompareOp::NotEqual => CompareOp::Equal,
            CompareOp::Less => CompareOp::GreaterEqual,
            CompareOp::LessEqual => CompareOp::Greater,
            CompareOp::Greater => CompareOp::LessEqual,
            CompareOp::GreaterEqual => CompareOp::Less,
        }
    }
}

/// What stands to the right of a value that is tested.
#[derive(Debug, Clone, PartialEq)]
pub enum Test {
    /// `in low..high`, both ends included; at least one is there.
    InRange {
        /// The low end.
        low: Option<Box<Expr>>,
        /// The high end.
        high: Option<Box<Expr>>,
    },
    /// `in [a, b]`; items are literals or expressions.
    InList(Vec<Expr>),
    /// `in name`: a declared list or a path to a list.
    InPath(Path),
    /// `in cidr("10.0.0.0/8")`
    InCidr(Call),
    /// `contains text`
    Contains(Box<Expr>),
    /// `starts with text`
    StartsWith(Box<Expr>),
    /// `ends with text`
    EndsWith(Box<Expr>),
    /// `matches "regex"`
    Matches {
        /// The regular expression.
        pattern: String,
        /// Where it stands, quotes included.
        span: Span,
    },
    /// `is missing`, `is number`, …
    Is(Kind),
}

/// What `is` can ask for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Kind {
    /// Unknown: absent, null or not computable.
    Missing,
    /// A JSON number.
    Number,
    /// A JSON string.
    String,
    /// `true` or `false`
    Bool,
    /// A JSON array.
    List,
    /// A JSON object.
    Object,
}
