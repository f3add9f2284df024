//! Makes small rule sets and event streams that seek out the corners of the language.
//!
//! A case is a function of its seed alone. The rules are well typed and stay within what the oracle covers;
//! the events are not and do not.

mod condition;
mod stream;

use std::fmt::Write;

use fastrand::Rng;

use crate::oracle::OracleRule;

/// Rules and the events to run them over.
#[derive(Debug, Clone)]
pub struct Case {
    /// The rules for the oracle.
    pub rules: Vec<OracleRule>,
    /// The same rules as a rule file.
    pub yaml: String,
    /// The lines of the input.
    pub lines: Vec<String>,
    /// Whether the timers left after the last event run, too.
    pub until_end: bool,
}

/// Makes the case of a seed.
pub fn case(seed: u64) -> Case {
    let mut rng = Rng::with_seed(seed);
    let mut names = vec!["a", "b", "B2", "b-1", "b_1", "zeta"];
    rng.shuffle(&mut names);
    names.truncate(rng.usize(1..=4));
    let rules: Vec<OracleRule> = names.into_iter().map(|name| rule(&mut rng, name)).collect();
    let yaml = yaml(&rules);
    let lines = stream::lines(&mut rng);
    Case {
        rules,
        yaml,
        lines,
        until_end: rng.bool(),
    }
}

/// Picks one of some choices.
fn pick<T: Copy>(rng: &mut Rng, choices: &[T]) -> T {
    choices[rng.usize(..choices.len())]
}

/// Whether something happens that happens so many times in a hundred.
fn chance(rng: &mut Rng, percent: u32) -> bool {
    rng.u32(..100) < percent
}

fn rule(rng: &mut Rng, name: &str) -> OracleRule {
    let on: &[&str] = pick(
        rng,
        &[
            &["a"],
            &["a"],
            &["a"],
            &["b"],
            &["a", "b"],
            &["a*"],
            &["ab*", "b"],
            &["*"],
            &[],
        ],
    );
    let by: &[(&str, &str)] = pick(
        rng,
        &[
            &[],
            &[("user", "user")],
            &[("user", "user")],
            &[("user", "user")],
            &[("u", "user ?? \"nobody\"")],
            &[("user", "user"), ("data.t", "data.t")],
            &[("flag", "data.b")],
        ],
    );
    let windows = pick(rng, &[0, 70, 100]);
    let mut conditions = condition::Conditions {
        rng,
        windows,
        seconds: Vec::new(),
    };
    let when = conditions.condition(2);
    let until = chance(conditions.rng, 35).then(|| match chance(conditions.rng, 20) {
        true => format!("not ({when})"),
        false => conditions.condition(1),
    });
    let longest = conditions.seconds.iter().max().copied().unwrap_or(0);
    let for_seconds =
        chance(rng, 35).then(|| pick(rng, &[1, 5, 10, 30, 60, 61, 120, 300, 600, 3_600]));
    // Room is left, since a key must not be forgotten while a window may hold its events.
    let forget_seconds = chance(rng, 30)
        .then(|| 2 * (longest + for_seconds.unwrap_or(0)) + pick(rng, &[1, 60, 300, 3_600]));
    OracleRule {
        name: name.to_owned(),
        on: on.iter().map(|&pattern| pattern.to_owned()).collect(),
        when,
        until,
        for_seconds,
        by: by
            .iter()
            .map(|&(name, text)| (name.to_owned(), text.to_owned()))
            .collect(),
        forget_seconds,
    }
}

/// Writes rules as a rule file.
pub fn yaml(rules: &[OracleRule]) -> String {
    let mut out = "alerts:\n".to_owned();
    for rule in rules {
        let on: Vec<String> = rule.on.iter().map(|pattern| quoted(pattern)).collect();
        let by = rule
            .by
            .iter()
            .map(|(name, text)| format!("{{{}: {}}}", quoted(name), quoted(text)));
        let by: Vec<String> = by.collect();
        let keys = [
            (
                "on",
                (!on.is_empty()).then(|| format!("[{}]", on.join(", "))),
            ),
            ("when", Some(quoted(&rule.when))),
            ("until", rule.until.as_deref().map(quoted)),
            ("for", rule.for_seconds.map(|seconds| format!("{seconds}s"))),
            (
                "by",
                (!by.is_empty()).then(|| format!("[{}]", by.join(", "))),
            ),
            (
                "forget",
                rule.forget_seconds.map(|seconds| format!("{seconds}s")),
            ),
        ];
        let _ = writeln!(out, "  {}:", rule.name);
        for (key, value) in keys {
            if let Some(value) = value {
                let _ = writeln!(out, "    {key}: {value}");
            }
        }
    }
    out
}

fn quoted(text: &str) -> String {
    format!("'{}'", text.replace('\'', "''"))
}
