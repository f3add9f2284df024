//! What was expected beside what came of it.

use serde_json::Value;

use super::{Expected, ExpectedRow, Moment, Resolves, RuleTest, TestRun, What};
use crate::program::Program;

/// Whether a test holds.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Verdict {
    /// What does not hold; nothing if the test passes.
    pub mismatches: Vec<Mismatch>,
}

/// Something that does not hold.
#[derive(Debug, Clone, PartialEq)]
pub enum Mismatch {
    /// What was expected did not happen: the expectation by its place, what of it, and why not.
    Missing {
        /// Which expectation.
        expected: usize,
        /// What did not happen as it says.
        what: What,
        /// How it differs from what happened, if something like it did.
        difference: Option<String>,
    },
    /// An alert fires that nobody expects: the moment by its place.
    Unexpected(usize),
    /// An alert resolves that is expected not to.
    Resolved {
        /// Which expectation.
        expected: usize,
        /// Which moment.
        moment: usize,
    },
    /// A row is not as expected: the expectation by its place, and how it differs.
    Row {
        /// Which expectation.
        expected: usize,
        /// How it differs from the row that is there; there is none without.
        difference: Option<String>,
    },
    /// An event is rejected: by its place, and why.
    Rejected(usize, String),
    /// No rule has anything to do with any event.
    Unconcerned,
}

impl RuleTest {
    /// Compares what is expected with what came of it.
    pub fn judge(&self, program: &Program, run: &TestRun) -> Verdict {
        let mut mismatches: Vec<Mismatch> = run
            .rejected
            .iter()
            .map(|(event, reason)| Mismatch::Rejected(*event, reason.clone()))
            .collect();
        if !run.concerned && run.rejected.is_empty() {
            mismatches.push(Mismatch::Unconcerned);
        }
        // Every message is of one expectation at most.
        let mut taken = vec![false; run.moments.len()];
        // What says most chooses first: what fits anything takes what is left.
        let mut order: Vec<(usize, &Expected)> = self.expect.iter().enumerate().collect();
        order.sort_by_key(|(_, one)| {
            let said = one.key.len() + one.values.len() + usize::from(one.severity.is_some());
            std::cmp::Reverse((one.fires.is_some(), said))
        });
        let mut found = vec![Vec::new(); self.expect.len()];
        for (index, expected) in order {
            self.judge_one(run, index, expected, &mut taken, &mut found[index]);
        }
        mismatches.extend(found.into_iter().flatten());
        let shadows: Vec<&str> = program
            .alerts()
            .filter(|rule| rule.shadow)
            .map(|rule| rule.name.as_str())
            .collect();
        for (index, moment) in run.moments.iter().enumerate() {
            // A shadow wakes nobody.
            let counts = moment.what == What::Fires && !shadows.contains(&moment.alert.as_str());
            if counts && !taken[index] {
                mismatches.push(Mismatch::Unexpected(index));
            }
        }
        for (index, expected) in self.rows.iter().enumerate() {
            mismatches.extend(judge_row(run, index, expected));
        }
        Verdict { mismatches }
    }

    fn judge_one(
        &self,
        run: &TestRun,
        index: usize,
        expected: &Expected,
        taken: &mut [bool],
        mismatches: &mut Vec<Mismatch>,
    ) {
        let missing = |what, difference| Mismatch::Missing {
            expected: index,
            what,
            difference,
        };
        for (what, at) in [
            (What::Pending, expected.pending),
            (What::Suppressed, expected.suppressed),
        ] {
            let Some(at) = at else {
                continue;
            };
            let is_it = |moment: &&Moment| fits(moment, expected, what) && moment.at == at;
            if !run.moments.iter().any(|moment| is_it(&moment)) {
                let mut like = run.moments.iter();
                let like = like.find(|moment| fits(moment, expected, what));
                let difference = like.map(|like| format!("at {}", self.offset(like.at)));
                mismatches.push(missing(what, difference));
            }
        }
        if !expected.expects_firing() {
            return;
        }
        let mut free = run.moments.iter().enumerate();
        let mut like = Vec::new();
        let fired = free.find(|(place, moment)| {
            if taken[*place] || !fits(moment, expected, What::Fires) {
                return false;
            }
            let difference = self.difference(expected, moment);
            let is_it = difference.is_empty();
            like.push((*place, difference));
            is_it
        });
        let Some((place, fired)) = fired else {
            let nearest = like.iter().min_by_key(|(_, difference)| difference.len());
            if let Some((place, _)) = nearest {
                // It is this one, only otherwise.
                taken[*place] = true;
            }
            let difference = nearest.map(|(_, difference)| difference.join(", "));
            mismatches.push(missing(What::Fires, difference));
            return;
        };
        taken[place] = true;
        let resolved = run
            .moments
            .iter()
            .position(|moment| moment.what == What::Resolves && moment.episode == fired.episode);
        match (expected.resolves, resolved) {
            (Resolves::Unsaid, _) | (Resolves::Never, None) => {}
            (Resolves::Never, Some(moment)) => mismatches.push(Mismatch::Resolved {
                expected: index,
                moment,
            }),
            (Resolves::At(at), Some(moment)) if run.moments[moment].at == at => {}
            (Resolves::At(_), resolved) => {
                let at = resolved.map(|moment| self.offset(run.moments[moment].at));
                mismatches.push(missing(What::Resolves, at.map(|at| format!("at {at}"))));
            }
        }
    }

    /// How a message that an alert fires differs from what is expected.
    fn difference(&self, expected: &Expected, moment: &Moment) -> Vec<String> {
        let mut differences = Vec::new();
        if expected.fires.is_some_and(|at| at != moment.at) {
            differences.push(format!("at {}", self.offset(moment.at)));
        }
        if expected
            .severity
            .is_some_and(|severity| severity != moment.severity)
        {
            differences.push(format!("severity {}", moment.severity));
        }
        differences.extend(different(&expected.values, &moment.values));
        differences
    }

    /// A time as the test counts it: `+1m20s`.
    pub fn offset(&self, at: crate::time::Time) -> String {
        let millis = at.0 - self.start.0;
        let sign = if millis < 0 { '-' } else { '+' };
        let millis = millis.unsigned_abs();
        let mut text = match millis / 1_000 {
            0 if millis > 0 => String::new(),
            seconds => tripline_grammar::print_duration(seconds),
        };
        if text.is_empty() && millis == 0 {
            text.push_str("0s");
        }
        if !millis.is_multiple_of(1_000) {
            text += &format!("{}ms", millis % 1_000);
        }
        format!("{sign}{text}")
    }
}

/// Whether something that happened is what an expectation may mean.
fn fits(moment: &Moment, expected: &Expected, what: What) -> bool {
    let mut key = expected.key.iter();
    moment.what == what
        && moment.alert == expected.alert
        && key.all(|(name, value)| has(&moment.key, name, value))
}

fn has(values: &[(String, Value)], name: &str, value: &Value) -> bool {
    values
        .iter()
        .any(|(known, is)| known == name && same(is, value))
}

/// Whether two values are equal; numbers are by their value.
fn same(a: &Value, b: &Value) -> bool {
    match (a.as_f64(), b.as_f64()) {
        (Some(a), Some(b)) => a == b || (a - b).abs() <= 1e-9 * a.abs().max(b.abs()),
        _ => a == b,
    }
}

/// How values differ from those that are expected.
fn different(expected: &[(String, Value)], given: &[(String, Value)]) -> Vec<String> {
    let wrong = expected
        .iter()
        .filter(|(name, value)| !has(given, name, value));
    let said = wrong.map(|(name, value)| {
        let is = given.iter().find(|(known, _)| known == name);
        let is = is.map_or_else(|| "unknown".to_owned(), |(_, is)| is.to_string());
        format!("`{name}` is {is}, not {value}")
    });
    said.collect()
}

fn judge_row(run: &TestRun, index: usize, expected: &ExpectedRow) -> Option<Mismatch> {
    let mut nearest: Option<String> = None;
    for row in &run.rows {
        let mut key = expected.key.iter();
        let is_it = row.aggregate == expected.aggregate
            && key.all(|(name, value)| has(&row.key, name, value))
            && expected
                .window
                .is_none_or(|start| row.window.start == start);
        if !is_it {
            continue;
        }
        let mut values = row.values.clone();
        values.push(("events".to_owned(), row.events.into()));
        let differences = different(&expected.values, &values);
        if differences.is_empty() {
            return None;
        }
        nearest.get_or_insert_with(|| differences.join(", "));
    }
    Some(Mismatch::Row {
        expected: index,
        difference: nearest,
    })
}
