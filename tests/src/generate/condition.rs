//! Conditions: fields, windows, and what joins them.

use fastrand::Rng;

use super::{Features, chance, pick};

/// Makes conditions.
pub(super) struct Conditions<'r> {
    pub(super) rng: &'r mut Rng,
    /// How many simple conditions in a hundred are about windows.
    pub(super) windows: u32,
    /// The lengths of the windows so far.
    pub(super) seconds: Vec<u64>,
    /// What the conditions may use.
    pub(super) features: Features,
    /// How many panes of sketches the windows so far keep.
    pub(super) sketch_panes: u64,
}

const ABOUT_FUNCTIONS: [&str; 26] = [
    "lower(data.s) == \"ab\"",
    "upper(data.s) == \"AB\"",
    "trim(data.s) == \"Ab\"",
    "lower(trim(data.s)) in [\"ab\", \"5\"]",
    "len(data.s) > 2",
    "len(data.l) >= 2",
    "len(data.l) + data.x > 5",
    "abs(data.x) > 3",
    "abs(data.n) > 3",
    "round(data.x / 2) == 3",
    "round(-data.x / 2) == -2",
    "floor(data.x / 2) == 2",
    "ceil(data.x / 2) == 3",
    "min(data.x, data.y, 4) < 2",
    "max(data.x, data.y) > 4",
    "number(data.s) > 3",
    "number(data.s) is missing",
    "text(data.x) == \"5\"",
    "text(data.b) == \"true\"",
    "any(data.l, it > 3)",
    "any(data.l, it == data.x)",
    "all(data.l, it > 0)",
    "all(data.l, it is number)",
    "not any(data.l, it == 1)",
    "any(data.o, it.k == 1)",
    "default(data.x, 3) > 4",
];

const ABOUT_TIMES: [&str; 10] = [
    "hour() >= 1",
    "hour() % 2 == 0",
    "hour(\"Europe/Berlin\") in 1..5",
    "hour(\"Asia/Kolkata\") not in 6..9",
    "hour(\"America/New_York\") == 19",
    "weekday() >= 2",
    "weekday(\"Asia/Kolkata\") in [1, 3, 5]",
    "date() == \"2026-01-05\"",
    "date(\"America/New_York\") < \"2026-01-05\"",
    "date(\"Europe/Berlin\") in [\"2026-03-29\", \"2026-10-25\"]",
];

const ABOUT_LISTS: [&str; 8] = [
    "data.t in names",
    "data.t not in names",
    "data.x in numbers",
    "data.ip in offices",
    "data.ip not in offices",
    "data.ip in cidr(\"10.0.0.0/8\")",
    "data.ip not in cidr(\"2001:db8::/32\")",
    "data.ip in [\"10.1.0.0/16\", \"192.168.1.5\"]",
];

impl Conditions<'_> {
    /// Makes a condition whose operators nest so deep.
    pub(super) fn condition(&mut self, depth: u32) -> String {
        if depth == 0 || chance(self.rng, 40) {
            return match chance(self.rng, self.windows) {
                true => self.about_windows(),
                false => self.about_fields(),
            };
        }
        match self.rng.u32(..10) {
            0..4 => format!("{} and {}", self.operand(depth), self.operand(depth)),
            4..8 => format!("{} or {}", self.operand(depth), self.operand(depth)),
            8 => {
                let (first, second) = (self.operand(depth), self.operand(depth));
                format!("{first} and {second} and {}", self.operand(depth))
            }
            _ => format!("not {}", self.operand(depth)),
        }
    }

    fn operand(&mut self, depth: u32) -> String {
        format!("({})", self.condition(depth - 1))
    }

    fn about_windows(&mut self) -> String {
        if self.features.aggregates && chance(self.rng, 30) && self.sketch_panes < 5 {
            return self.about_sketches();
        }
        let count = self.rng.u32(0..5);
        match self.rng.u32(..20) {
            0..3 => format!("{} == 0", self.window("count()")),
            3..8 => {
                let op = self.order();
                format!("{} {op} {count}", self.counting())
            }
            8 => format!("{} in 1..{}", self.counting(), 1 + count),
            9 => format!("{} in [0, 2, {count}]", self.counting()),
            10 => {
                let op = self.order();
                format!("{} {op} {}", self.counting(), self.counting())
            }
            11 | 12 => {
                let frame = self.frame();
                let op = self.order();
                let percent = pick(self.rng, &["25%", "50%", "100%"]);
                let part = self.counted();
                format!("count({part}) {frame} / count() {frame} {op} {percent}")
            }
            13 | 14 => {
                let op = self.order();
                let limit = pick(
                    self.rng,
                    &["0", "2", "5", "7.5", "9_007_199_254_740_993", "9.3e18"],
                );
                let sum = self.over_numbers("sum");
                format!("{sum} {op} {limit}")
            }
            15..18 => {
                let name = pick(self.rng, &["avg", "min", "max"]);
                let op = self.order();
                let limit = pick(self.rng, &["0", "2", "4.5", "5", "6"]);
                format!("{} {op} {limit}", self.over_numbers(name))
            }
            18 => {
                let name = pick(self.rng, &["avg", "min", "max"]);
                let test = pick(self.rng, &["is missing", "is not missing", "is number"]);
                format!("{} {test}", self.over_numbers(name))
            }
            _ => {
                let name = pick(self.rng, &["avg", "min", "max"]);
                let other = pick(self.rng, &["0", "5", "data.x"]);
                let op = self.order();
                format!("{} ?? {other} {op} 4", self.over_numbers(name))
            }
        }
    }

    fn counting(&mut self) -> String {
        let aggregate = match self.rng.u32(..5) {
            0..2 => "count()".to_owned(),
            _ => format!("count({})", self.counted()),
        };
        self.window(&aggregate)
    }

    fn counted(&mut self) -> &'static str {
        if chance_if(self.features != Features::CORE, self.rng, 20)
            && let Some(text) = self.beyond_core()
        {
            return text;
        }
        pick(
            self.rng,
            &[
                "data.x > 5",
                "data.x > 2",
                "data.b",
                "data.b == false",
                "not data.b",
                "data.t == \"x\"",
                "data.x is missing",
                "data.x > 3 or data.b",
                "data.x ?? 9 > 5",
                "eventType == \"a\"",
            ],
        )
    }

    fn over_numbers(&mut self, name: &str) -> String {
        let value = pick(
            self.rng,
            &[
                "data.x",
                "data.x",
                "data.n",
                "data.x - data.y",
                "data.x ?? 1",
            ],
        );
        let filter = match chance(self.rng, 30) {
            true => format!(" where {}", self.counted()),
            false => String::new(),
        };
        self.window(&format!("{name}({value}{filter})"))
    }

    fn window(&mut self, aggregate: &str) -> String {
        let frame = self.frame();
        format!("{aggregate} {frame}")
    }

    fn order(&mut self) -> &'static str {
        pick(self.rng, &[">", ">", ">=", "<", "<=", "==", "!="])
    }

    /// Picks a simple condition of the features that are on.
    fn beyond_core(&mut self) -> Option<&'static str> {
        let groups: [(bool, &[&'static str]); 3] = [
            (self.features.functions, &ABOUT_FUNCTIONS),
            (self.features.times, &ABOUT_TIMES),
            (self.features.lists, &ABOUT_LISTS),
        ];
        let on: Vec<_> = groups.into_iter().filter(|(on, _)| *on).collect();
        (!on.is_empty()).then(|| {
            let (_, texts) = on[self.rng.usize(..on.len())];
            pick(self.rng, texts)
        })
    }

    fn about_fields(&mut self) -> String {
        if chance_if(self.features != Features::CORE, self.rng, 30)
            && let Some(text) = self.beyond_core()
        {
            return text.to_owned();
        }
        let op = self.order();
        let limit = self.rng.i32(0..9);
        let fixed = pick(
            self.rng,
            &[
                "data.b",
                "data.b == true",
                "data.b != true",
                "data.t == \"x\"",
                "data.t != \"x\"",
                "data.t >= \"xy\"",
                "data.t in [\"x\", \"z\"]",
                "data.t not in [\"x\", null]",
                "data.t contains \"y\"",
                "data.t starts with \"x\"",
                "data.t not ends with \"y\"",
                "data.t matches '^x.?$'",
                "data.t not matches 'y'",
                "data.x is missing",
                "data.x is not missing",
                "data.x is number",
                "data.x is string",
                "data.b is bool",
                "data.l is list",
                "data is object",
                "data.x in [1, 5, 7.5]",
                "data.x not in [1, null]",
                "1 in data.l",
                "data.x in data.l",
                "data.l[0] > 1",
                "data.n == 9_007_199_254_740_993",
                "data.n > 9007199254740992.0",
                "data.n + 1 > 9_223_372_036_854_775_807",
                "data.n - data.x < 0",
                "-data.x < -3",
                "data.x / data.y > 1",
                "data.x % 3 == 1",
                "data.x * 2 + data.y >= 10",
                "event[\"over\"] == 1",
                "data[\"a-b\"] ?? data.x > 3",
                "user == \"u\"",
                "eventType == \"b\"",
            ],
        );
        match self.rng.u32(..20) {
            0..7 => format!("data.x {op} {limit}"),
            7 => format!("data.x in {limit}..{}", limit + 3),
            8 => format!("data.x not in {limit}.."),
            9 => format!("data.x in ..{limit}"),
            10 => format!("data.x ?? {limit} {op} 4"),
            11 => format!("data.x {op} data.y"),
            _ => fixed.to_owned(),
        }
    }
}

/// Whether something that is possible at all happens; what is not draws no number.
fn chance_if(possible: bool, rng: &mut Rng, percent: u32) -> bool {
    possible && chance(rng, percent)
}
