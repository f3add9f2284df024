//! Makes small rule sets and event streams that seek out the corners of the language.
//!
//! A case is a function of its seed alone. The rules are well typed and stay within what the oracle covers;
//! the events are not and do not.

mod condition;
mod features;
mod frame;
mod stream;
mod surroundings;
mod yaml;

use fastrand::Rng;

use crate::oracle::{OracleDefaults, OracleRule, OracleRules};

pub use features::Features;
pub use yaml::yaml;

/// Rules and the events to run them over.
#[derive(Debug, Clone)]
pub struct Case {
    /// The rules for the oracle.
    pub rules: OracleRules,
    /// The same rules as a rule file.
    pub yaml: String,
    /// The lines of the input.
    pub lines: Vec<String>,
    /// Whether the timers left after the last event run, too.
    pub until_end: bool,
}

/// Makes the case of a seed.
pub fn case(seed: u64, features: Features) -> Case {
    let mut rng = Rng::with_seed(seed);
    let mut names = vec!["a", "b", "B2", "b-1", "b_1", "zeta"];
    rng.shuffle(&mut names);
    names.truncate(rng.usize(1..=4));
    let mut rules = OracleRules::default();
    if features.defaults {
        rules.defaults = surroundings::defaults(&mut rng);
    }
    if features.lists {
        rules.lists = surroundings::lists();
    }
    for name in &names {
        // Rules often have windows in common with one before them.
        let like = chance(&mut rng, 50).then(|| rng.choice(&rules.alerts));
        let rule = rule(&mut rng, name, features, &rules.defaults, like.flatten());
        rules.alerts.push(rule);
    }
    let begin = stream::begin(&mut rng, features);
    if features.silences {
        rules.silences = surroundings::silences(&mut rng, &names, begin);
    }
    if features.rows {
        rules.aggregates = surroundings::aggregates(&mut rng, features.times);
    }
    let yaml = yaml(&rules);
    let lines = stream::lines(&mut rng, features, begin);
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

fn rule(
    rng: &mut Rng,
    name: &str,
    features: Features,
    defaults: &OracleDefaults,
    like: Option<&OracleRule>,
) -> OracleRule {
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
    let by = match features.times && chance(rng, 5) {
        true => &[("hour", "hour(\"Asia/Kolkata\")")],
        false => by,
    };
    let windows = pick(rng, &[0, 70, 100]);
    let mut conditions = condition::Conditions {
        rng,
        windows,
        seconds: Vec::new(),
        features,
        // The sketches of two rules are too many for one.
        sketch_panes: if like.is_some() { u64::MAX } else { 0 },
    };
    let when = conditions.condition(2);
    let when = match like {
        None => when,
        Some(OracleRule { when: other, .. }) => match conditions.rng.u32(..4) {
            0 => other.clone(),
            1 => format!("not ({other})"),
            2 => format!("({other}) and ({when})"),
            _ => format!("({when}) or ({other})"),
        },
    };
    let until = chance(conditions.rng, 35).then(|| match chance(conditions.rng, 20) {
        true => format!("not ({when})"),
        false => conditions.condition(1),
    });
    let longest = conditions.seconds.iter().max().copied().unwrap_or(0);
    let for_seconds =
        chance(rng, 35).then(|| pick(rng, &[1, 5, 10, 30, 60, 61, 120, 300, 600, 3_600]));
    let mut life = OracleRule::default();
    if features.life {
        life.cooldown_seconds = chance(rng, 55).then(|| pick(rng, &[5, 60, 300, 900, 3_600]));
        life.repeat_seconds = chance(rng, 25).then(|| pick(rng, &[60, 240, 600, 3_600]));
        life.shadow = chance(rng, 15);
        life.disabled = chance(rng, 4);
    }
    // A repeat within the cooldown is an error.
    let cooldown = life.cooldown_seconds.or(defaults.cooldown_seconds);
    let repeat = life.repeat_seconds.or(defaults.repeat_seconds);
    if repeat < cooldown && repeat.is_some() {
        life.repeat_seconds = cooldown;
    }
    let cooldown = cooldown.unwrap_or(0);
    // Room is left, since a key must not be forgotten while a window may hold its events.
    let least = 2 * (longest + for_seconds.unwrap_or(0)) + cooldown + 1;
    let forget_seconds = chance(rng, 30).then(|| least + pick(rng, &[0, 59, 299, 3_599]));
    let rule = OracleRule {
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
        ..life
    };
    match like {
        None => rule,
        Some(like) => OracleRule {
            on: like.on.clone(),
            by: like.by.clone(),
            forget_seconds: like.forget_seconds.filter(|seconds| *seconds >= least),
            ..rule
        },
    }
}
